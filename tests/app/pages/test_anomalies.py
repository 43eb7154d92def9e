"""The page Defects: the papers' anomalies, the numbers of real defects, parts and photographs of any sort."""

import re
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from domainaug import load_profile
from domainaug.app.samples import lay_out, samples_for
from domainaug.manufacturing import KINDS, Part, Site
from domainaug.manufacturing.gate import Gate
from domainaug.manufacturing.sources import ANOMALIES
from domainaug.preview.marring import Wish, tries_of
from domainaug.profile import list_profiles

from .conftest import pictures, plate, png, words

pytest.importorskip("streamlit")
pytest.importorskip("skimage")

PARTS = [name for name in list_profiles() if name.startswith("manufacturing/")]
COVERS = re.compile(r"Its mask is ([\d.e+-]+) mm long and covers ([\d.e+-]+) mm²")


def errors(at):
    assert not at.exception, [one.message for one in at.exception]
    return [one.value.replace("\\", "") for one in at.error]


class TestPapers:
    @pytest.mark.parametrize("name", ANOMALIES)
    def test_it_is_drawn_judged_and_told(self, open_defects, calm, name):
        at = calm(open_defects(d_kind=name))
        assert ("Accepted" in words(at)) != ("Refused" in words(at))
        assert len(pictures(at)) == 5
        asked = list(at.dataframe[0].value["the gate asks"])
        assert ("It has no seam" in asked) == (name == "nsa")
        length, area = map(float, COVERS.search(words(at)).groups())
        assert length > 0
        assert area > 0

    def test_the_number_of_its_size_is_mm_on_the_photograph(self, open_defects, calm):
        at = open_defects(d_kind="cutpaste")
        calm(at.slider(key="d_cutpaste_area_mm2").set_value(40.0).run())
        drawn = float(re.search(r"area ([\d.]+) mm²", words(at))[1])
        assert drawn == pytest.approx(40, rel=0.02)
        assert 0.5 * drawn < float(COVERS.search(words(at))[2]) <= 1.05 * drawn

    def test_the_page_shows_what_the_library_makes(self, open_defects, calm, root):
        Image.fromarray(plate(0)).save(root / "a.png")
        query = {
            "from": "root", "part": "manufacturing/metal-surface", "d_kind": "scar", "d_seed": "4", "d_across": "30",
            "d_down": "60", "d_pitch": "0.1", "d_scar_length_mm": "1.0", "d_scar_width_mm": "0.5",
        }  # fmt: skip
        at = calm(open_defects(**query))
        profile = load_profile("manufacturing/metal-surface")
        site = Site.of(plate(0), replace(profile.part or Part(), pixel_pitch_mm=0.1))
        wish = Wish("scar", {"length_mm": 1.0, "width_mm": 0.5}, 4, (0.6, 0.3))
        (tried,) = tries_of(wish, site, Gate.from_mapping(profile.gate), most=1)
        length, area = COVERS.search(words(at)).groups()
        seen = tried.verdict.measures
        assert (length, area) == (f"{seen.length_mm:.3g}", f"{seen.area_mm2:.3g}")

    def test_another_photograph_has_sizes_of_its_own(self, open_defects, calm, root):
        Image.fromarray(plate(0)).save(root / "a.png")
        Image.fromarray(plate(0, 24, 32)).save(root / "b.png")
        at = calm(open_defects(**{"from": "root", "item": "a.png", "d_kind": "cutpaste"}))
        large = at.slider(key="d_cutpaste_area_mm2")
        calm(large.set_value(large.max).run())
        calm(at.selectbox(key="item").set_value("b.png").run())
        assert at.slider(key="d_cutpaste_area_mm2").value <= at.slider(key="d_cutpaste_area_mm2").max < large.max

    def test_how_it_looks_is_turned(self, open_defects, calm):
        at = calm(open_defects(d_kind="nsa"))
        seen = {pictures(at)[1]}
        calm(at.slider(key="d_nsa_scale").set_value((2.0, 2.0)).run())
        seen.add(pictures(at)[1])
        calm(at.selectbox(key="d_nsa_blend").set_value("naive").run())
        seen.add(pictures(at)[1])
        at = calm(open_defects(d_kind="perlin"))
        seen.add(pictures(at)[1])
        calm(at.number_input(key="d_perlin_opacity").set_value(1.0).run())
        seen.add(pictures(at)[1])
        assert len(seen) == 5
        assert "noise is highest on the part" in words(at)

    def test_tries_calibration_and_what_is_taken_along(self, open_defects, calm, root):
        assert "try" in words(calm(open_defects("Tries", d_kind="perlin"))).lower()
        said = words(calm(open_defects("Take along", d_kind="cutpaste", d_seed="3")))
        assert "tries_of(Wish('cutpaste'" in said
        assert "--defects cutpaste:100" in said
        assert "from: cutpaste" in said
        at = open_defects("Lights", d_kind="scar")
        assert "needs a photograph" in errors(at)[0]

    def test_its_like_is_saved_and_is_a_part_then(self, open_defects, calm, root):
        at = open_defects("Take along", d_kind="perlin")
        at.text_input(key="d_own_name").set_value("own/plates").run()
        calm(at.button(key="d_own_save").click().run())
        assert load_profile(root / "profiles/plates.yaml").defects["perlin"]["from"] == "perlin"

    @pytest.mark.parametrize("query", [
        {"d_cutpaste_area_mm2": "9999"}, {"d_cutpaste_area_mm2": "nan"}, {"d_cutpaste_aspect": "9,1"},
        {"d_cutpaste_jitter": "7"}, {"d_cutpaste_jitter": "x"}, {"d_nsa_blend": "glue", "d_kind": "nsa"},
    ])  # fmt: skip
    def test_an_address_that_asks_for_what_is_none_shows_the_usual(self, open_defects, calm, query):
        at = calm(open_defects(**{"d_kind": "cutpaste", **query}))
        assert len(pictures(at)) == 5

    def test_what_has_no_room_is_one_sentence(self, open_defects):
        at = open_defects(d_kind="cutpaste", sample="coins", part="manufacturing/aligned-assembly", d_part="masks")
        at.slider(key="d_cutpaste_area_mm2").set_value(at.slider(key="d_cutpaste_area_mm2").max).run()
        (error,) = errors(at)
        assert "smaller sizes" in error


class TestBank:
    @pytest.fixture
    def bank(self, open_defects, root, calm):
        for name in ("train/good", "test/hole", "ground_truth/hole"):
            (root / "plates" / name).mkdir(parents=True)
        Image.fromarray(plate(0)).save(root / "plates/train/good/000.png")
        for number in range(3):
            shown, mask = plate(50 + number), np.zeros((96, 128), np.uint8)
            cv2.circle(mask, (30 + 17 * number, 48), 4, 255, -1)
            shown[mask > 0] //= 3
            Image.fromarray(shown).save(root / f"plates/test/hole/{number:03d}.png")
            Image.fromarray(mask).save(root / f"plates/ground_truth/hole/{number:03d}_mask.png")
        query = {"from": "root", "folder": "plates", "item": "train/good/000.png", "d_bank": "plates"}
        at = open_defects("Bank", part="manufacturing/metal-surface", **query)
        return calm(at.button(key="d_cut_out").click().run())

    def test_it_has_the_gates_numbers_its_tries_and_what_is_taken_along(self, bank):
        assert "It can be seen" in list(bank.dataframe[0].value["the gate asks"])
        assert "A run draws with other chances" in words(bank)
        assert "pasted(bank.patches[0], site, seed=0" in words(bank)
        assert "--defects bank/hole:100 --bank plates" in words(bank)

    def test_it_is_made_larger(self, bank, calm):
        area = float(COVERS.search(words(bank))[2])
        calm(bank.slider(key="d_scale").set_value(2.0).run())
        assert float(COVERS.search(words(bank))[2]) == pytest.approx(4 * area, rel=0.3)
        assert "scale=2" in words(bank)


class TestPhotographs:
    """Every kind on photographs as they should not be: drawn, refused, or one sentence."""

    @pytest.mark.parametrize(("name", "pixels"), [
        ("tiny", plate(1)[:8, :8]), ("dot", plate(1)[:1, :1]), ("black", np.zeros((64, 64), np.uint8)),
        ("uneven", np.broadcast_to(np.linspace(0, 255, 128), (96, 128)).round().astype(np.uint8)),
        ("deep", plate(1)[:64, :64].astype(np.uint16) * 257),
    ])  # fmt: skip
    @pytest.mark.slow
    def test_an_upload(self, open_defects, name, pixels):
        at = open_defects(**{"from": "upload"})
        at.file_uploader(key="upload").upload(f"{name}.png", png(pixels), "image/png").run()
        for kind in (*KINDS, *ANOMALIES):
            at.selectbox(key="d_kind").set_value(kind).run()
            assert_whole(at, kind)

    def test_deep_gray_is_judged_as_shallow_gray_is(self, open_defects, calm):
        said = []
        for pixels in (plate(1), plate(1).astype(np.uint16) * 257):
            at = open_defects(**{"from": "upload", "d_kind": "pit"})
            calm(at.file_uploader(key="upload").upload("a.png", png(pixels), "image/png").run())
            said.append(list(at.dataframe[0].value["measured"]))
        assert said[0] == said[1]

    def test_a_foreground_that_covers_nothing_is_one_sentence(self, open_defects):
        at = open_defects(sample="brick", d_part="threshold", d_cut="1.0")
        (error,) = errors(at)
        assert "part" in error

    @pytest.mark.parametrize("pitch", ["0.0001", "1000"])
    def test_any_pitch_is_drawn_or_one_sentence(self, open_defects, pitch):
        at = open_defects(d_pitch=pitch)
        for kind in ("crack", "scratch", "cutpaste", "perlin"):
            at.selectbox(key="d_kind").set_value(kind).run()
            assert_whole(at, kind)

    def test_a_part_without_a_pitch_begins_with_the_usual_one(self, open_defects, calm, root):
        profile = load_profile("manufacturing/metal-surface")
        assert profile.part is None or profile.part.pixel_pitch_mm is None
        at = calm(open_defects(part=profile.id, sample="gravel"))
        assert at.number_input(key="d_pitch").value == 0.1


def assert_whole(at, kind):
    """Hold that a kind is drawn with a mask that marks something, or that one sentence says why not."""
    told = errors(at)
    if told:
        assert len(told) == 1, (kind, told)
        assert "fault of domainaug" not in told[0], (kind, told)
        return
    assert ("Accepted" in words(at)) != ("Refused" in words(at)), kind
    drawn = COVERS.search(words(at))
    assert drawn, kind
    assert float(drawn[2]) > 0 or "Its mask marks nothing" in words(at), (kind, drawn[0])


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_every_kind_of_every_part_is_opened(open_defects, part, tmp_path):
    lay_out(samples_for(part)[0], tmp_path)  # what has to be rendered is, and kept: else another stands in for it
    at = open_defects(part=part, d_part="masks")
    assert at.session_state["sample"] == samples_for(part)[0].name
    drawn = 0
    for kind in (*KINDS, *ANOMALIES):
        at.selectbox(key="d_kind").set_value(kind).run()
        told = errors(at)
        if told:
            assert kind in ("missing", "misplaced", "burr", "cutpaste", "nsa", "scar"), (kind, told)
            assert len(told) == 1
            continue
        drawn += 1
        assert float(COVERS.search(words(at))[2]) > 0, kind
        assert len(pictures(at)) == 5, kind
    assert drawn >= len(KINDS)
