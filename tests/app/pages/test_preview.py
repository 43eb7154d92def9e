import base64
import io
import json
import shlex
import subprocess
import sys

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from domainaug import load_profile
from domainaug.app import samples

pytest.importorskip("streamlit")
pytest.importorskip("skimage")
pytest.importorskip("data_store")

CHEST = {"profile": "medical/chest-xray", "sample": "coins", "copies": "1"}  # a sample that is read at once
PART = {"profile": "manufacturing/aligned-assembly"}


def widget(kind, at, name):
    """The widget of a kind whose key begins so."""
    return next(one for one in getattr(at, kind) if str(one.key).startswith(name))


def words(at):
    """Everything a page says."""
    return "\n".join(str(one.value) for kind in ("title", "caption", "markdown", "code") for one in at.get(kind))


def pictures(at):
    return [image.proto.imgs[0].url for image in at.image]


def _pixels(address):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))))


def view(at, name):
    """Open a tab."""
    at.session_state["view"] = name
    return at.run()


class TestFirstSight:
    def test_a_profile_comes_with_a_sample_that_fits_it_and_copies(self, open_app, calm):
        at = calm(open_app(**PART))
        assert at.title[0].value == "Assembly in a fixture"
        assert "Coins" in words(at)
        assert sum("Copy " in caption.value for caption in at.caption) == 7

    def test_what_happened_is_said_below_each(self, open_app, calm):
        said = words(calm(open_app(**PART)))
        assert "scale" in said
        assert "303 x 384 uint8" in said

    @pytest.mark.parametrize(
        "profile", ["medical/ct-chest", "medical/brain-mri", "driving/night", "general/photo", "manufacturing/tile"]
    )
    def test_every_field_opens(self, open_app, calm, profile):
        at = calm(open_app(profile=profile, copies="2"))
        assert at.title[0].value == load_profile(profile).title

    def test_every_picture_has_a_text(self, open_app, calm):
        at = calm(open_app(**PART, copies="3"))
        texts = [image.proto.imgs[0].alt for image in at.image]
        assert len(texts) == 4
        assert all(len(text) > 8 for text in texts)

    def test_an_address_that_asks_for_what_is_not_there_shows_the_usual(self, open_app, calm):
        at = calm(open_app(profile="medical/no-such", sample="nothing", seed="x", show="?", copies="99"))
        assert at.title[0].value == "Frontal chest radiograph"
        assert at.session_state["sample"] == "chest-radiograph"
        assert "Sample: nothing is not there; the address may be old" in [one.value for one in at.toast]
        assert not calm(at.run()).toast

    def test_an_address_that_asks_for_what_is_there_is_not_remarked_on(self, open_app, calm):
        assert not calm(open_app(profile="medical/ct-chest", sample="ct-slice", copies="1")).toast


class TestChoosing:
    def test_another_field_shows_its_profiles_and_a_sample_of_it(self, open_app, calm, monkeypatch):
        monkeypatch.setattr(samples, "is_kept", lambda name: False)  # nothing was rendered yet
        at = open_app(**PART)
        calm(at.segmented_control(key="field").set_value("driving").run())
        assert at.selectbox(key="profile").options
        assert at.session_state["profile"].startswith("driving/")
        assert at.session_state["sample"] == "motorcycle"

    def test_series_are_called_by_what_they_are(self, open_app, calm, root):
        for name in ("CT_small.dcm", "MR_small.dcm"):
            pydicom.dcmread(get_testdata_file(name)).save_as(root / name)
        at = calm(open_app(profile="medical/ct", **{"from": "root"}))
        told = at.selectbox(key="item").options
        assert sorted(one.partition(" · ")[0] for one in told) == ["CT, 1 file", "MR, 1 file"]

    def test_another_seed_draws_other_copies(self, open_app, calm):
        at = open_app(**PART, copies="2")
        before = pictures(at)
        calm(at.number_input(key="seed").set_value(5).run())
        after = pictures(at)
        assert before[0] == after[0]
        assert before[1:] != after[1:]

    def test_at_strength_0_nothing_happens(self, open_app, calm):
        at = calm(open_app(**PART, copies="2", strength="0.0"))
        assert sum("left alone" in caption.value for caption in at.caption) == 2

    def test_changes_and_labels_are_ways_to_look(self, open_app, calm):
        at = open_app(**PART, copies="1")
        first = pictures(at)
        calm(at.toggle(key="labels").set_value(False).run())
        bare = pictures(at)
        calm(at.segmented_control(key="show").set_value("changes").run())
        changes = pictures(at)
        assert first[1] != bare[1] != changes[1]
        assert at.query_params["show"] == "changes"


class TestLinks:
    def test_the_address_tells_the_profile_unless_it_is_the_first(self, open_app, calm):
        at = open_app(**PART, copies="1")
        assert at.query_params["profile"] == "manufacturing/aligned-assembly"
        calm(at.segmented_control(key="field").set_value("medical").run())
        assert at.session_state["profile"] == "medical/chest-xray"
        assert "profile" not in at.query_params

    def test_who_opens_the_link_sees_the_same(self, open_app, calm):
        first = open_app(**PART, copies="1")
        slider = widget("slider", first, "knob_manufacturing/aligned-assembly_1.contrast_limit")
        slider.set_value((-0.25, -0.2)).run()
        first.segmented_control(key="show").set_value("changes").run()
        query = {key: value[0] if isinstance(value, list) else value for key, value in first.query_params.items()}
        second = calm(open_app(**{**query, "copies": "1"}))
        assert pictures(second) == pictures(first)

    def test_the_tab_is_part_of_it_and_one_that_is_not_there_is_the_first(self, open_app, calm):
        at = calm(open_app(profile="manufacturing/tile", copies="1", view="Values"))
        assert "at row " in words(at)
        assert "Values" in at.query_params["view"]
        at = calm(open_app(profile="manufacturing/tile", copies="1", view="Planes"))
        assert len(pictures(at)) == 2
        assert "view" not in at.query_params


class TestTurning:
    def test_a_slider_is_bounded_and_changes_the_pictures(self, open_app, calm):
        at = open_app(**PART, copies="2")
        before = pictures(at)
        slider = widget("slider", at, "knob_manufacturing/aligned-assembly_1.contrast_limit")
        assert (slider.min, slider.max) == (-0.25, 0.3)
        calm(slider.set_value((-0.25, -0.2)).run())
        assert pictures(at)[1:] != before[1:]
        assert at.query_params["turn"] == "1.contrast_limit:-0.25,-0.2"

    def test_at_the_end_it_says_why_one_cannot_go_further(self, open_app, calm):
        at = open_app(**CHEST)
        slider = widget("slider", at, "knob_medical/chest-xray_0.rotate")
        assert "MED102" not in words(at)
        calm(slider.set_value((-4, 10)).run())
        said = words(at)
        assert "MED102" in said
        assert "Positioning tilts a standing patient" in said
        assert "45 deg" in said  # who does otherwise
        assert "normal draws with a deviation" in said  # who says so

    def test_at_both_ends_it_says_so_once_and_goes_on(self, open_app, calm):
        at = calm(open_app(**CHEST, turn="0.rotate:-10,10;0.scale:0.85,1.15"))
        assert sum("Positioning tilts a standing patient" in caption.value for caption in at.caption) == 1
        assert widget("slider", at, "knob_medical/chest-xray_3.0.std_range")

    def test_a_step_can_be_left_out_and_everything_put_back(self, open_app, calm):
        at = open_app(**PART, copies="1")
        toggle = next(one for one in at.toggle if one.label == "Use this step")
        calm(toggle.set_value(False).run())
        assert at.query_params["turn"] == "!0"
        calm(at.button(key="turn_back").click().run())
        assert "turn" not in at.query_params
        assert next(one for one in at.toggle if one.label == "Use this step").value is True

    def test_what_an_address_turns_is_turned_and_held_to_the_ends(self, open_app, calm):
        at = calm(open_app(**CHEST, turn="0.rotate:-90,3;9.x:1;!2;bad"))
        assert widget("slider", at, "knob_medical/chest-xray_0.rotate").value == (-10, 3)
        assert "left out" in " ".join(one.label for one in at.expander)

    @pytest.mark.parametrize("tab", ["Copies", "Values", "Limits"])
    def test_steps_that_go_too_far_together_are_told_on_every_tab(self, open_app, calm, tab):
        at = calm(open_app(**CHEST, turn="1.0.gamma_limit:75,120", view=tab))
        (told,) = [one.value for one in at.caption if "Narrowed" in one.value]
        assert "MED110" in told
        assert "Illumination" in told

    def test_another_profile_starts_from_its_own_recipe(self, open_app, calm):
        at = open_app(**CHEST, turn="0.rotate:-9,9")
        calm(at.selectbox(key="profile").set_value("medical/mammography").run())
        assert "turn" not in at.query_params


class TestQuestions:
    def test_an_answer_changes_what_is_allowed(self, open_app, calm):
        at = open_app(profile="manufacturing/pcb", copies="1")
        wide = widget("slider", at, "knob_manufacturing/pcb_0.rotate").max
        calm(at.toggle(key="o_template_compared").set_value(True).run())
        assert widget("slider", at, "knob_manufacturing/pcb_0.rotate").max < wide

    def test_a_pitch_is_a_number(self, open_app, calm):
        at = open_app(profile="manufacturing/pcb", copies="1")
        calm(at.number_input(key="o_pixel_pitch_mm").set_value(0.1).run())
        assert view(at, "Take along")
        assert "pixel_pitch_mm=0.1" in words(at)


class TestVolumes:
    @pytest.fixture
    def brain(self, open_app):
        pytest.importorskip("nibabel")
        return open_app(profile="medical/brain-mri", copies="2")

    def test_slices_are_gone_through(self, brain, calm):
        before = pictures(calm(brain))
        calm(brain.slider(key="slice_24").set_value(3).run())
        assert pictures(brain)[0] != before[0]

    def test_three_planes_of_original_and_copy_and_the_value_where_they_meet(self, brain, calm):
        calm(view(brain, "Planes"))
        assert len(pictures(brain)) == 6
        assert "at slice 12, row 48, column 64" in words(brain)
        calm(brain.slider(key="slice_24").set_value(5).run())
        assert "at slice 5" in words(brain)

    def test_hounsfield_values_at_a_point_under_a_window(self, open_app, calm):
        at = calm(view(open_app(profile="medical/ct-chest", copies="2"), "Values"))
        assert "904 HU at row 64, column 64" in words(at)
        before = pictures(at)
        calm(at.segmented_control(key="window").set_value("lung").run())
        assert pictures(at) != before
        assert "904 HU" in words(at)


class TestHeader:
    def test_derived_beside_source_without_who_was_imaged(self, open_app, calm, root):
        dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        dataset.PatientName = "Secret^Name"
        dataset.save_as(root / "a.dcm")
        at = view(open_app(**{"profile": "medical/ct-chest", "from": "root", "copies": "2"}), "Header")
        table = calm(at).dataframe[0].value
        row = table.set_index("element").loc["ImageType"]
        assert row["in the derived image"].startswith("DERIVED")
        assert row["is"] == "changed"
        assert "Secret" not in table.to_string()
        calm(at.toggle(key="header_all").set_value(True).run())
        assert len(at.dataframe[0].value) > len(table)
        calm(at.toggle(key="header_who").set_value(True).run())
        assert "Secret" in at.dataframe[0].value.to_string()

    def test_no_name_of_a_patient_is_anywhere_on_the_page(self, open_app, calm, root):
        dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        dataset.PatientName, dataset.PatientID = "Secret^Name", "Secret-4711"
        dataset.save_as(root / "a.dcm")
        at = open_app(**{"profile": "medical/ct-chest", "from": "root", "copies": "1"})
        for name in ("Copies", "Values", "Header", "Limits", "Take along"):
            calm(view(at, name))
            assert "Secret" not in words(at)
            assert "Secret" not in str([widget.options for widget in at.selectbox])


class TestTakingAlong:
    def test_python_command_and_link(self, open_app, calm):
        at = calm(view(open_app(**PART, seed="3", copies="2"), "Take along"))
        said = words(at)
        assert "da.load_profile('manufacturing/aligned-assembly')" in said
        assert "--copies 2 --seed 3" in said
        assert "profile=manufacturing%2Faligned-assembly" in said

    def test_what_was_turned_is_saved_under_the_root(self, open_app, calm, root):
        at = view(open_app(**CHEST, turn="0.rotate:-8,8"), "Take along")
        at.text_input(key="own_name").set_value("own/films").run()
        calm(at.button(key="own_save").click().run())
        assert "profiles/films.yaml" in at.success[0].value.replace("\\", "")
        saved = load_profile(root / "profiles" / "films.yaml")
        assert saved.recipe[0]["Affine"]["rotate"] == [-8, 8]
        assert "--profile profiles/films.yaml --copies 1" in at.code[-1].value  # what to run now
        at.button(key="own_save").click().run()
        assert "is there already" in at.error[0].value.replace("\\", "")
        assert str(root) not in at.error[0].value

    def test_what_was_saved_can_be_chosen(self, open_app, calm, root):
        (root / "profiles").mkdir()
        text = "id: own/films\nversion: 1.0.0\ntitle: Films of ours\nextends: medical/chest-xray\n"
        (root / "profiles" / "films.yaml").write_text(text)
        (root / "other.yaml").write_text("key: value\n")
        scenario = "id: films\nsimulator: radiograph\nfixed: {view: PA}\nlimits: medical/chest-xray\n"
        (root / "scenario.yaml").write_text(scenario)
        at = calm(open_app(profile="profiles/films.yaml", copies="1"))
        assert at.title[0].value == "Films of ours"
        assert at.session_state["sample"] == "chest-radiograph"
        assert at.session_state["field"] == "own"
        assert at.selectbox(key="profile").options == ["profiles/films.yaml"]
        assert "--profile profiles/films.yaml" in words(calm(view(at, "Take along")))

    def test_one_that_is_newer_than_the_last_look_is_found(self, open_app, calm, root):
        calm(open_app(**CHEST))
        text = "id: own/new\nversion: 1.0.0\ntitle: The newest\nextends: medical/chest-xray\n"
        (root / "new.yaml").write_text(text)
        assert calm(open_app(profile="new.yaml", copies="1")).title[0].value == "The newest"

    def test_one_that_cannot_be_used_is_a_sentence(self, open_app, root):
        (root / "mine.yaml").write_text("id: own/mine\nversion: 1.0.0\ntitle: x\nextends: medical/no-such\n")
        at = open_app(profile="mine.yaml")
        assert not at.exception
        assert "mine.yaml:4" in at.error[0].value.replace("\\", "")
        assert str(root) not in at.error[0].value

    @pytest.mark.parametrize("name", ["../films", "Own Films", ""])
    def test_a_name_that_is_none_is_one_sentence(self, open_app, root, name):
        at = view(open_app(**PART, copies="1"), "Take along")
        at.text_input(key="own_name").set_value(name).run()
        assert not at.exception
        assert "no name of a profile" in at.error[0].value.replace("\\", "")
        assert list(root.iterdir()) == []

    def test_a_rule_is_told_with_who_says_so(self, open_app, calm):
        at = calm(view(open_app(**CHEST, rule="MED102"), "Limits"))
        said = words(at)
        assert "**MED102** allows \\-10 to 10 deg." in said
        assert "**Against**" in said
        calm(at.selectbox(key="rule").set_value("MED101").run())
        assert "**MED101** does not allow mirror horizontal." in words(at)

    def test_every_rule_is_listed(self, open_app, calm):
        at = calm(view(open_app(**PART, copies="1"), "Limits"))
        table = at.dataframe[0].value
        assert set(table["code"]) == {limit.code for limit in load_profile(PART["profile"]).limits}


class TestUnderTheRoot:
    @pytest.fixture
    def filled(self, root):
        for name in ("images", "masks"):
            (root / "set" / name).mkdir(parents=True)
        picture = np.tile(np.arange(64, dtype=np.uint8) * 3, (48, 1))
        mask = np.zeros((48, 64), np.uint8)
        mask[10:30, 20:40] = 1
        for stem in ("a", "b"):
            Image.fromarray(picture).save(root / "set" / "images" / f"{stem}.png")
            Image.fromarray(mask).save(root / "set" / "masks" / f"{stem}.png")
        return root

    def test_a_data_set_and_one_of_its_items(self, open_app, calm, filled):
        at = calm(open_app(**PART, **{"from": "root", "folder": "set", "item": "images/b.png", "copies": "2"}))
        assert at.session_state["item"] == "images/b.png"
        assert at.toggle(key="labels").value is True
        assert len(pictures(at)) == 3

    def test_a_file_that_was_put_in_since_is_among_them(self, open_app, calm, filled):
        plain = {**PART, "from": "root", "folder": "set/images", "copies": "1"}
        assert "c.png" not in calm(open_app(**plain)).selectbox(key="item").options
        Image.new("RGB", (48, 40)).save(filled / "set" / "images" / "c.png")
        at = calm(open_app(**plain, item="c.png"))
        assert (at.session_state["item"], at.toast[:]) == ("c.png", [])

    def test_the_command_names_it(self, open_app, calm, filled):
        at = open_app(**PART, **{"from": "root", "folder": "set", "copies": "2"})
        assert "domainaug augment set out/" in words(calm(view(at, "Take along")))

    @pytest.mark.parametrize("folder", ["set", "."])
    def test_the_lines_and_the_command_give_what_is_shown(self, open_app, calm, root, folder, monkeypatch):
        place = root if folder == "." else root / folder
        (place / "images").mkdir(parents=True)
        ramp = np.tile(np.arange(64, dtype=np.uint8) * 3, (48, 1))
        for stem in ("a", "b"):
            Image.fromarray(ramp if stem == "a" else ramp[::-1, ::-1]).save(place / "images" / f"{stem}.png")
        asked = {"from": "root", "folder": folder, "item": "images/b.png", "copies": "2", "seed": "6"}
        at = calm(open_app(**PART, **asked, turn="0.rotate:-5,5"))
        at = view(at, "Take along")
        calm(at.button(key="own_save").click().run())
        at = calm(open_app(profile="profiles/aligned-assembly.yaml", **asked))
        shown = [_pixels(url)[::6, ::6] for url in pictures(at)[1:]]  # 48 x 64 is shown six times as large
        lines, command = [code.value for code in calm(view(at, "Take along")).code][:2]
        monkeypatch.chdir(root)
        keep = "import numpy; [numpy.save(f'../{one.copy}.npy', one.sample.image) for one in copies]"
        subprocess.run([sys.executable, "-c", f"{lines}\n{keep}"], check=True)
        subprocess.run([sys.executable, "-m", *shlex.split(command)], check=True, capture_output=True)
        out = root.parent / "out" if folder == "." else root / "out"
        for copy in range(2):
            assert np.array_equal(np.load(root.parent / f"{copy}.npy"), shown[copy])
            written = np.asarray(Image.open(out / "images" / f"b_aug{copy:03d}.png"))
            assert np.array_equal(written, shown[copy])

    def test_one_that_extends_ones_own_tells_no_path(self, open_app, calm, root):
        (root / "profiles").mkdir()
        text = "id: own/films\nversion: 1.0.0\ntitle: Films of ours\nextends: medical/chest-xray\n"
        (root / "profiles" / "films.yaml").write_text(text)
        at = calm(view(open_app(profile="profiles/films.yaml", copies="1"), "Take along"))
        assert "extends: films.yaml" in words(at)
        assert str(root) not in words(at)

    def test_an_empty_root_says_so(self, open_app, calm):
        at = calm(open_app(**PART, **{"from": "root"}))
        assert "Choose an image to look at" in words(at)

    def test_why_nothing_in_a_folder_can_be_augmented_is_said(self, open_app, calm, root):
        Image.new("L", (16, 16)).save(root / "a.png")
        (root / "a.txt").write_text("car 1 2 3\n")
        said = words(calm(open_app(**PART, **{"from": "root"}))).replace("\\", "")
        assert "Nothing in this folder can be augmented: it has a label file a.txt" in said

    def test_nothing_above_the_root_can_be_asked_for(self, open_app, calm, filled, tmp_path):
        Image.new("L", (8, 8)).save(tmp_path / "secret.png")
        at = calm(open_app(**PART, **{"from": "root", "folder": ".."}))
        assert at.session_state["folder"] == "."
        assert "secret" not in words(at)

    def test_a_link_that_leads_out_of_the_root_is_not_followed(self, open_app, calm, filled, root, tmp_path):
        Image.new("RGB", (20, 12), (90, 120, 60)).save(tmp_path / "above.png")
        folder = next(path.parent for path in root.rglob("*.png"))
        (folder / "leads_out.png").symlink_to(tmp_path / "above.png")
        at = calm(open_app(**{"from": "root", "folder": folder.relative_to(root).as_posix()}))
        assert at.selectbox("item").options
        assert not [name for name in at.selectbox("item").options if "leads_out" in name]

    @pytest.mark.parametrize(("profile", "said"), [("medical/chest-xray", "it is CT"), ("medical/ct-chest", None)])
    def test_what_a_run_would_set_aside_is_told_as_such(self, open_app, calm, root, profile, said):
        pydicom.dcmread(get_testdata_file("CT_small.dcm")).save_as(root / "a.dcm")
        at = calm(open_app(**{"profile": profile, "from": "root", "copies": "1"}))
        assert [said in one.value for one in at.warning] == ([True] if said else [])

    def test_a_file_that_was_replaced_is_read_again(self, open_app, calm, root):
        for height in (12, 20):
            Image.new("RGB", (20, height), (90, 120, 60)).save(root / "a.png")
            at = calm(open_app(profile="manufacturing/pcb", **{"from": "root"}))
            assert any(f"{height} x 20" in one.value for one in at.caption)

    def test_a_broken_file_is_one_sentence(self, open_app, root):
        (root / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
        at = open_app(**PART, **{"from": "root"})
        assert not at.exception
        assert "a.png" in at.error[0].value.replace("\\", "")
        assert str(root) not in at.error[0].value

    def test_a_file_name_draws_nothing(self, open_app, calm, root):
        Image.new("L", (32, 32), 90).save(root / "![x](evil).png")
        at = calm(open_app(**PART, **{"from": "root", "copies": "1"}))
        assert "![x]" not in words(at)

    def test_points_and_polygons_are_drawn(self, open_app, calm, root):
        Image.new("L", (64, 48), 90).save(root / "a.png")
        shapes = [{"label": "x", "shape_type": "point", "points": [[20, 20]]}]
        told = {"version": "5.0.0", "flags": {}, "shapes": shapes, "imagePath": "a.png", "imageData": None}
        (root / "a.json").write_text(json.dumps({**told, "imageHeight": 48, "imageWidth": 64}))
        at = calm(open_app(**PART, **{"from": "root", "copies": "1"}))
        marked = pictures(at)
        calm(at.toggle(key="labels").set_value(False).run())
        assert pictures(at)[0] != marked[0]


def png(**changes):
    import io

    stream = io.BytesIO()
    Image.fromarray(np.tile(np.arange(64, dtype=np.uint8) * 3, (48, 1))).save(stream, "PNG", **changes)
    return stream.getvalue()


class TestUploads:
    @pytest.fixture
    def uploading(self, open_app):
        return open_app(**PART, **{"from": "upload", "copies": "1"})

    def test_until_one_comes_it_waits(self, uploading, calm):
        assert "Choose an image to look at" in words(calm(uploading))

    def test_a_picture(self, uploading, calm):
        calm(uploading.file_uploader(key="upload").upload("part.png", png(), "image/png").run())
        assert len(pictures(uploading)) == 2
        assert "48 x 64 uint8" in words(uploading)

    def test_a_picture_and_its_mask(self, uploading, calm):
        mask = np.zeros((48, 64), np.uint8)
        mask[10:30, 20:40] = 1
        import io

        stream = io.BytesIO()
        Image.fromarray(mask).save(stream, "PNG")
        box = uploading.file_uploader(key="upload").upload("part.png", png(), "image/png")
        calm(box.upload("part_mask.png", stream.getvalue(), "image/png").run())
        assert uploading.toggle(key="labels").value is True

    @pytest.mark.parametrize(
        ("name", "content", "told"),
        [
            ("a.png", b"", "empty"),
            ("a.png", b"no picture at all", "upload"),
            ("a.png", png()[:60], "upload"),
            ("a.dcm", b"DICM", "upload"),
            ("a.nii.gz", b"\x1f\x8b\x08\x00", "upload"),
        ],
    )
    def test_what_is_no_image_is_one_sentence(self, uploading, name, content, told):
        uploading.file_uploader(key="upload").upload(name, content).run()
        assert not uploading.exception
        assert len(uploading.error) == 1
        said = uploading.error[0].value
        assert "fault of domainaug" not in said
        assert "/tmp" not in said.replace("\\", "")
