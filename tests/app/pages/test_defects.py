"""The page Defects, without a browser."""

import cv2
import numpy as np
import pytest
from PIL import Image

from domainaug import load_profile
from domainaug.manufacturing import KINDS

from .conftest import pictures, plate, png, words

pytest.importorskip("streamlit")
pytest.importorskip("skimage")


def texts(at):
    return [image.proto.imgs[0].alt for image in at.image]


@pytest.fixture
def plates(root):
    """Good plates and ten with a hole, as MVTec AD lays them out; the root is their folder."""
    for number in range(3):
        (root / "plates/train/good").mkdir(parents=True, exist_ok=True)
        Image.fromarray(plate(number)).save(root / f"plates/train/good/{number:03d}.png")
    for name in ("test/hole", "ground_truth/hole"):
        (root / "plates" / name).mkdir(parents=True)
    for number in range(10):
        shown, mask = plate(50 + number), np.zeros((96, 128), np.uint8)
        cv2.circle(mask, (30 + 7 * number, 48), 3 + number % 3, 255, -1)
        shown[mask > 0] //= 3
        Image.fromarray(shown).save(root / f"plates/test/hole/{number:03d}.png")
        Image.fromarray(mask).save(root / f"plates/ground_truth/hole/{number:03d}_mask.png")
    return {"from": "root", "folder": "plates", "item": "train/good/000.png", "part": "manufacturing/metal-surface",
            "d_bank": "plates"}  # fmt: skip


class TestFirstSight:
    def test_a_defect_is_there_and_accepted(self, open_defects, calm):
        at = calm(open_defects())
        assert "Accepted" in at.success[0].value
        assert len(pictures(at)) == 5

    def test_every_picture_has_a_text(self, open_defects, calm):
        assert all(len(text) > 10 for text in texts(calm(open_defects())))

    def test_each_number_stands_beside_its_threshold(self, open_defects, calm):
        table = calm(open_defects()).dataframe[0].value
        assert list(table["the gate asks"])[:2] == ["It lies on the part", "It can be seen"]
        assert table["needed"][1] == "at least 0.70"
        assert len(table) == 6

    def test_each_kind_can_be_drawn_or_is_refused(self, open_defects, calm):
        at = open_defects(sample="coins", part="manufacturing/aligned-assembly", d_part="masks")
        for name in KINDS:
            calm(at.selectbox(key="d_kind").set_value(name).run())
            assert ("Accepted" in words(at)) != ("Refused" in words(at)), name
            assert len(pictures(at)) == 5, name
            housed = "the seed chooses which" in words(at)
            assert housed == (name in ("burr", "missing", "misplaced")), name

    def test_what_the_picture_lacks_is_one_sentence(self, open_defects):
        at = open_defects(d_kind="missing", sample="brick")
        assert not at.exception
        assert "component is needed" in at.error[0].value.replace("\\", "")

    def test_an_address_that_asks_for_what_is_not_there_shows_the_usual(self, open_defects, calm):
        at = calm(
            open_defects(part="manufacturing/none", d_kind="hole", d_seed="x", d_across="900", d_crack_length_mm="-5")
        )
        assert at.session_state["d_kind"] == "crack"
        assert at.slider(key="d_across").value <= 100
        assert at.slider(key="d_crack_length_mm").value >= 1


class TestTurning:
    def test_length_width_place_and_seed_change_the_picture(self, open_defects, calm):
        at = open_defects()
        seen = {pictures(at)[1]}
        calm(at.slider(key="d_crack_length_mm").set_value(20.0).run())
        seen.add(pictures(at)[1])
        calm(at.slider(key="d_across").set_value(20).run())
        seen.add(pictures(at)[1])
        calm(at.number_input(key="d_seed").set_value(3).run())
        seen.add(pictures(at)[1])
        assert len(seen) == 4

    def test_who_opens_the_link_sees_the_same(self, open_defects, calm):
        query = {"d_kind": "scratch", "d_scratch_length_mm": "12.0", "d_across": "30", "d_down": "70", "d_seed": "2"}
        first, second = (pictures(calm(open_defects(**query))) for _ in range(2))
        assert first == second
        assert first != pictures(open_defects(d_kind="scratch"))

    def test_what_nobody_would_see_is_refused_with_the_reason(self, open_defects, calm):
        at = calm(open_defects(d_kind="dent"))
        assert "Nobody would see it" in at.warning[0].value
        assert "No" in list(at.dataframe[0].value["passed"])
        assert len(pictures(at)) == 5

    def test_a_place_beside_the_part_is_refused(self, open_defects, calm):
        at = calm(
            open_defects(
                sample="coins", part="manufacturing/aligned-assembly", d_part="masks", d_across="1", d_down="1"
            )
        )
        assert "It lies beside the part" in at.warning[0].value

    def test_on_a_part_with_an_outline_it_begins_on_it(self, open_defects, calm):
        at = calm(open_defects(sample="coins", part="manufacturing/aligned-assembly", d_part="masks", d_kind="pit"))
        assert "lies beside the part" not in words(at)

    def test_by_chance_there_is_no_place(self, open_defects, calm):
        at = calm(open_defects(d_where="chance"))
        assert not [one for one in at.slider if one.key == "d_across"]
        assert len(pictures(at)) == 5

    def test_the_pitch_makes_it_smaller_in_pixels(self, open_defects, calm):
        at = open_defects()
        before = pictures(at)
        calm(at.number_input(key="d_pitch").set_value(0.2).run())
        assert pictures(at) != before
        assert "102 x 102 mm" in words(at)

    def test_how_it_looks_is_from_and_to(self, open_defects, calm):
        at = open_defects()
        before = pictures(at)[1]
        calm(at.slider(key="d_crack_trap").set_value((0.0, 0.0)).run())
        assert pictures(at)[1] != before

    def test_another_part_has_its_own_light(self, open_defects, calm):
        at = calm(open_defects(part="manufacturing/casting-xray", sample="gravel", d_kind="pore"))
        assert at.session_state["d_light"] == "x-ray"
        calm(at.selectbox(key="part").set_value("manufacturing/glass").run())
        assert at.session_state["d_light"] == "dark-field"

    def test_light_can_come_from_a_side(self, open_defects, calm):
        at = open_defects(
            part="manufacturing/metal-surface", sample="gravel", d_kind="dent", d_dent_depth_share="0.05,0.05"
        )
        before = pictures(calm(at))
        calm(at.number_input(key="d_azimuth").set_value(180.0).run())
        assert pictures(at) != before


class TestTries:
    def test_they_go_on_until_one_is_accepted(self, open_defects, calm):
        at = calm(open_defects("Tries"))
        assert "the first is accepted" in words(at)
        assert len(pictures(at)) == 1

    def test_all_refused_says_what_a_run_does(self, open_defects, calm):
        at = calm(open_defects("Tries", d_kind="dent"))
        assert "refuses all of 8 tries" in words(at)
        assert "sets this picture aside" in words(at)
        assert len(pictures(at)) == 8


class TestLights:
    def test_three_lights_and_whether_it_can_be_seen(self, open_defects, calm):
        at = calm(open_defects("Lights", d_kind="scratch"))
        assert [text.split(" in ")[1].split(",")[0] for text in texts(at)] == ["bright field", "dark field", "dome"]
        assert "can be seen" in words(at)

    def test_a_kind_that_no_plate_has_is_one_sentence(self, open_defects):
        at = open_defects("Lights", d_kind="pore")
        assert not at.exception
        assert "needs a photograph" in at.error[0].value.replace("\\", "")


class TestBank:
    @pytest.fixture
    def bank(self, open_defects, plates, calm):
        at = open_defects("Bank", **plates)
        assert "Press Cut them out" in words(at)
        return calm(at.button(key="d_cut_out").click().run())

    def test_real_defects_are_shown_and_one_is_put_on(self, bank):
        assert "10 hole" in words(bank)
        assert sum("hole" in text and "mm²" in text for text in texts(bank)) == 10
        assert "Accepted" in words(bank)
        assert len(pictures(bank)) == 16  # ten of the bank, five of the one that is put on, and its try

    def test_another_one_and_another_blend(self, bank, calm):
        before = pictures(bank)[-5:]
        calm(bank.number_input(key="d_patch").set_value(5).run())
        other = pictures(bank)[-5:]
        calm(bank.segmented_control(key="d_blend").set_value("naive").run())
        assert before != other != pictures(bank)[-5:]
        assert "Defect 5 on this photograph" in words(bank)

    def test_another_scale_asks_again(self, bank, calm):
        calm(bank.number_input(key="d_pitch").set_value(0.05).run())
        assert "Press Cut them out" in words(bank)

    def test_a_folder_without_labels_is_one_sentence(self, open_defects, root):
        Image.fromarray(plate(0)).save(root / "a.png")
        at = open_defects("Bank")
        at.button(key="d_cut_out").click().run()
        assert not at.exception
        assert "no label" in at.error[0].value.replace("\\", "")
        assert str(root) not in at.error[0].value


class TestCalibration:
    @pytest.fixture
    def calibrated(self, open_defects, plates, calm):
        at = open_defects("Calibration", d_kind="pit", **plates)
        return calm(at.button(key="d_measure").click().run())

    def test_real_ones_are_counted_and_drawn_beside_synthetic_ones(self, calibrated):
        assert next(one.value for one in calibrated.metric) == "10"
        assert "40 of kind pit" in words(calibrated)
        charts = calibrated.get("vega_lite_chart")
        assert len(charts) >= 4

    def test_the_thresholds_are_saved_and_are_a_part_then(self, calibrated, calm, root):
        saving = next(one for one in calibrated.button if "thresholds" in one.label)
        calm(saving.click().run())
        saved = load_profile(root / "profiles/calibrated.yaml")
        assert saved.defects["hole"]["gate"]["contrast"] > 0.7
        assert "profiles/calibrated.yaml" in words(calibrated)
        calibrated.run()
        calm(calibrated.selectbox(key="part").set_value("profiles/calibrated.yaml").run())
        calibrated.session_state["d_view"] = "Defect"
        calm(calibrated.run())
        assert "It looks like the real ones" in list(calibrated.dataframe[0].value["the gate asks"])

    def test_a_name_outside_the_root_is_one_sentence(self, calibrated, root):
        calibrated.text_input(key="d_calibrated_name").set_value("../calibrated.yaml")
        next(one for one in calibrated.button if "thresholds" in one.label).click().run()
        assert not calibrated.exception
        assert "outside the folder" in calibrated.error[0].value
        assert not (root.parent / "calibrated.yaml").exists()


class TestTakingAlong:
    def test_python_command_and_link(self, open_defects, calm):
        said = words(calm(open_defects("Take along", d_kind="pit", d_seed="3")))
        assert "tries_of(Wish('pit'" in said
        assert "--defects pit:100 --pitch 0.1 --seed 3" in said
        assert "d_kind=pit" in said

    def test_a_part_that_is_newer_than_the_last_look_is_found(self, open_defects, calm, root):
        calm(open_defects())
        text = "id: own/new\nversion: 1.0.0\ntitle: The newest\nextends: manufacturing/metal-surface\n"
        (root / "new.yaml").write_text(text)
        assert calm(open_defects(part="new.yaml")).session_state["part"] == "new.yaml"

    def test_its_like_is_saved_under_the_root_and_is_a_part_then(self, open_defects, calm, root):
        at = open_defects("Take along", d_kind="pit")
        at.text_input(key="d_own_name").set_value("own/plates").run()
        calm(at.button(key="d_own_save").click().run())
        saved = load_profile(root / "profiles/plates.yaml")
        assert saved.defects["pit"]["from"] == "pit"
        assert "is among the parts" in words(at)
        calm(at.run())
        assert "profiles/plates.yaml" in at.selectbox(key="part").options
        at.button(key="d_own_save").click().run()
        assert "is there already" in at.error[0].value
        calm(at.selectbox(key="part").set_value("profiles/plates.yaml").run())
        assert "--profile profiles/plates.yaml --defects pit:100 --seed 0" in words(at)
        assert "extends: plates.yaml" in words(at)
        assert str(root) not in words(at)

    @pytest.mark.parametrize("name", ["../plates", "Own", ""])
    def test_a_name_that_is_none_is_one_sentence(self, open_defects, root, name):
        at = open_defects("Take along")
        at.text_input(key="d_own_name").set_value(name).run()
        assert not at.exception
        assert "is no name of a profile" in at.error[0].value
        assert list(root.iterdir()) == []


class TestUploads:
    def test_a_photograph_of_ones_own(self, open_defects, calm):
        at = calm(open_defects(**{"from": "upload"}))
        assert "Choose a photograph" in words(at)
        calm(at.file_uploader(key="upload").upload("part.png", png(plate(1)), "image/png").run())
        assert "96 x 128 pixels" in words(at)

    @pytest.mark.parametrize("content", [b"", b"no picture at all", png(plate(1))[:80]])
    def test_what_is_no_picture_is_one_sentence(self, open_defects, content):
        at = open_defects(**{"from": "upload"})
        at.file_uploader(key="upload").upload("part.png", content, "image/png").run()
        assert not at.exception
        assert len(at.error) == 1
        assert "/tmp" not in at.error[0].value.replace("\\", "")

    def test_a_volume_is_no_photograph(self, open_defects, root):
        nibabel = pytest.importorskip("nibabel")
        nibabel.save(nibabel.Nifti1Image(np.zeros((8, 9, 4), np.int16), np.eye(4)), root / "volume.nii.gz")
        at = open_defects(**{"from": "root"})
        assert not at.exception
        assert "photograph" in at.error[0].value.replace("\\", "")


class TestOwnParts:
    def test_a_yaml_file_that_is_none_is_not_offered(self, open_defects, calm, root):
        (root / "broken.yaml").write_text("id: [", encoding="utf-8")
        (root / "other.yaml").write_text("a: 1", encoding="utf-8")
        offered = calm(open_defects()).selectbox(key="part").options
        assert not [one for one in offered if one.endswith(".yaml")]
