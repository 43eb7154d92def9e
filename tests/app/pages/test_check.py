"""Check: a saved pipeline or code under the root, what was found by effect, fixes at a click."""

import json
import os
import shlex

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from domainaug.cli import app as command_line

EFFECTS = ["Mirror horizontal", "Rotation", "Aspect", "Brightness", "Noise", "Occlusion"]
CODE = """\
import albumentations as A

train_transform = A.Compose([A.HorizontalFlip(p=0.5)])


def negative(image):
    return 255 - image
"""


def saved(*steps):
    full = [{"__class_fullname__": name, "p": 0.5, **given} for name, given in steps]
    return json.dumps({"transform": {"__class_fullname__": "Compose", "p": 1.0, "transforms": full}})


def headings(at):
    return [one.value for one in at.subheader]


def with_text(at, text):
    return at.text_area(key="check_text").set_value(text).run()


@pytest.fixture
def page(open_app):
    """The page on a chest radiograph's profile."""
    return open_app("check", field="medical", profile="medical/chest-xray")


def test_an_example_is_there_to_begin_with_and_findings_stand_by_effect(page):
    assert not page.exception
    assert headings(page) == EFFECTS
    assert page.error[0].value.startswith("5 errors and 1 warning")


def test_each_finding_says_why_and_who_says_so(page):
    words = " ".join(one.value for one in page.markdown)
    assert "reads as dextrocardia" in words
    assert "Rotation ±45 deg, beyond the limit in 55 % of outputs" in words


def test_each_finding_is_shown_with_a_text_for_those_who_cannot_see(page):
    pictures = [one.proto.imgs[0] for one in page.get("image")] or [one.proto.imgs[0] for one in page.get("imgs")]
    texts = [one.alt for one in pictures]
    assert any(text.startswith("On the chart: Mirror horizontal, HorizontalFlip") for text in texts)
    assert any(text.startswith("At its worst: Rotation") for text in texts)
    assert all(texts)


def shown(at):
    """The pictures on the page, as they were sent."""
    return [one.proto.imgs[0].url for one in at.get("imgs") or at.get("image")]


def test_a_picture_that_is_replaced_in_place_is_shown_anew(open_app, root):
    def save(level):
        (root / "own").mkdir(exist_ok=True)
        Image.fromarray(np.full((80, 80), level, np.uint8)).save(root / "own" / "film.png")

    save(60)
    at = open_app("check", profile="medical/chest-xray", **{"from": "root"}, folder="own")
    first = shown(at)
    assert first
    assert shown(at.run()) == first
    save(200)
    os.utime(root / "own" / "film.png", ns=(1, 1))
    assert shown(at.run()) != first


def test_one_fix_at_a_click_and_back_again(page):
    page.button(key="check_fix_0").click().run()
    assert headings(page) == EFFECTS[1:]
    page.button(key="check_undo").click().run()
    assert headings(page) == EFFECTS


def test_all_fixes_at_a_click(page, calm):
    at = calm(page.button(key="check_fix_all").click().run())
    assert headings(at) == []
    assert at.success[0].value.startswith("This pipeline stays inside")
    names = [
        one["__class_fullname__"] for one in json.loads(at.text_area(key="check_text").value)["transform"]["transforms"]
    ]
    assert names == ["Affine", "RandomBrightnessContrast", "GaussNoise"]


@pytest.mark.parametrize("number", range(len(EFFECTS)))
def test_each_fix_alone_takes_its_finding_away_and_none_of_the_others(page, number):
    at = page.button(key=f"check_fix_{number}").click().run()
    assert not at.exception
    left = [effect for effect in headings(at) if effect != "Contrast"]  # went with the noise before, now by itself
    assert left == [effect for effect in EFFECTS if effect != EFFECTS[number]]


@pytest.mark.parametrize("profile", ["medical/chest-xray", "own.yaml"])
def test_the_command_finds_and_mends_what_the_page_does(open_app, root, monkeypatch, profile):
    (root / "own.yaml").write_text("id: own/films\nversion: 1.0.0\ntitle: Films of ours\nextends: medical/chest-xray\n")
    at = open_app("check", profile=profile)
    at.toggle(key="o_laterality_free").set_value(True).run()
    assert "Mirror horizontal" not in headings(at), "vouched for"
    monkeypatch.chdir(root)
    (root / "pipeline.json").write_text(at.text_area(key="check_text").value)
    words = shlex.split(next(one.value for one in at.code if one.value.startswith("domainaug check")))
    found = CliRunner().invoke(command_line, [*words[1:-1], "--json"])
    assert words[-1] == "--fix"
    effects = [one["effect"].replace("_", " ").capitalize() for one in json.loads(found.stdout)["findings"]]
    assert effects == headings(at)
    assert CliRunner().invoke(command_line, words[1:]).exit_code == 0
    at.button(key="check_fix_all").click().run()
    assert json.loads((root / "pipeline.json").read_text()) == json.loads(at.text_area(key="check_text").value)


def test_a_pipeline_of_ones_own(page):
    at = with_text(page, saved(("VerticalFlip", {})))
    assert headings(at) == ["Mirror vertical"]
    assert with_text(at, saved(("Affine", {"rotate": [-3, 3]}))).success


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "broken JSON in line 1"),
        ("- [", "broken YAML"),
        ('{"a": 1}', "no \\_\\_class\\_fullname\\_\\_"),
        (saved(("HorizontalFlap", {})), "HorizontalFlip"),
        (saved(("Affine", {"rotate": "much"})), "refuses it"),
    ],
)
def test_what_is_no_pipeline_is_told_in_a_sentence(page, text, says):
    at = with_text(page, text)
    assert not at.exception
    assert says.replace("\\", "") in at.error[0].value.replace("\\", "")


def test_nothing_pasted_is_asked_for(page, calm):
    assert "Paste a saved pipeline" in calm(with_text(page, " ")).info[0].value


def test_an_upload_takes_the_place_of_the_text(page):
    text = saved(("VerticalFlip", {}))
    at = page.file_uploader(key="check_upload").upload("mine.json", text.encode()).run()
    assert not at.exception
    assert headings(at) == ["Mirror vertical"]


@pytest.mark.parametrize(("name", "content", "says"), [("a.json", b"\xff\xfe", "not UTF-8"), ("a.json", b"", "empty")])
def test_a_bad_upload_is_told(page, name, content, says):
    at = page.file_uploader(key="check_upload").upload(name, content, "application/json").run()
    assert not at.exception
    assert any(says in one.value for one in at.error)


def test_without_code_under_the_root_there_is_nothing_to_choose(open_app, calm):
    assert "no Python file" in calm(open_app("check", pipeline="code")).info[0].value


@pytest.mark.slow
def test_code_is_checked_in_a_process_of_its_own_and_mended(open_app, root, calm):
    (root / "train.py").write_text(CODE)
    at = calm(open_app("check", pipeline="code", profile="medical/chest-xray"))
    assert at.selectbox(key="name").value == "train_transform"
    assert headings(at) == []
    at = at.button(key="check_run").click().run()
    assert not at.exception
    assert headings(at) == ["Mirror horizontal"]
    at = at.button(key="check_take").click().run()
    assert at.segmented_control(key="pipeline").value == "saved"
    assert at.success


@pytest.mark.slow
def test_code_is_held_against_a_profile_of_ones_own(open_app, root, calm):
    (root / "train.py").write_text(CODE)
    (root / "own.yaml").write_text("id: own/films\nversion: 1.0.0\ntitle: Films of ours\nextends: medical/chest-xray\n")
    at = open_app("check", pipeline="code", profile="own.yaml").button(key="check_run").click().run()
    assert headings(at) == ["Mirror horizontal"]
    calm(at.button(key="check_take").click().run())
    assert at.segmented_control(key="pipeline").value == "saved"


@pytest.mark.slow
def test_code_that_fails_is_told_in_a_sentence(open_app, root):
    (root / "train.py").write_text("pipeline = A.Compose([])\n")
    at = open_app("check", pipeline="code").button(key="check_run").click().run()
    assert not at.exception
    assert "importing" in at.error[0].value
    assert str(root) not in at.error[0].value
