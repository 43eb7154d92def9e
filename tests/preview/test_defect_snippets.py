import shlex

import numpy as np
import pytest
from PIL import Image

from domainaug import load_profile
from domainaug.errors import ProfileError
from domainaug.manufacturing import Foreground, Gate, Lighting, Part, Site
from domainaug.manufacturing.sources import source
from domainaug.preview.defect_snippets import defect_command, defect_profile, defect_python, patch_python, spread_sizes
from domainaug.preview.marring import Wish, pasted, tries_of
from domainaug.preview.own import save_profile
from domainaug.run.defects.asking import read_wanted
from domainaug.run.defects.banking import bank_of

PART = Part(pixel_pitch_mm=0.1, lighting=Lighting("dome"))
SIZES = {"diameter_mm": 1.2, "cluster": 1.0}


@pytest.fixture
def photograph():
    return np.random.default_rng(0).normal(120, 2, (96, 96)).round().astype(np.uint8)


@pytest.mark.parametrize("place", [None, (0.3, 0.6)])
@pytest.mark.parametrize("gate", [{}, {"contrast": 0.5}])
def test_the_lines_draw_the_same_defect(photograph, place, gate):
    wish = Wish("pit", SIZES, 4, place)
    found = {"photograph": photograph}
    exec(defect_python(wish, PART, gate), found)
    expected = tries_of(wish, Site.of(photograph, PART))[-1].made
    np.testing.assert_array_equal(found["picture"], expected.picture)
    np.testing.assert_array_equal(found["mask"], expected.mask)


@pytest.mark.parametrize(("name", "sizes"), [
    ("cutpaste", {"area_mm2": 1.5, "aspect": (0.5, 2.0)}), ("scar", {"length_mm": 3.0, "jitter": 0.5}),
    ("nsa", {"width_mm": 2.0, "blend": "ratio"}), ("perlin", {"grain_mm": 1.0, "share": (0.02, 0.05), "opacity": 0.9}),
])  # fmt: skip
@pytest.mark.parametrize("place", [None, (0.4, 0.6)])
def test_the_lines_and_the_profile_make_the_papers_anomalies(photograph, tmp_path, name, sizes, place):
    wish, found = Wish(name, sizes, 2, place), {"photograph": photograph}
    exec(defect_python(wish, PART, {"contrast": 0.1}), found)
    expected = tries_of(wish, Site.of(photograph, PART), Gate(contrast=0.1))[-1].made
    np.testing.assert_array_equal(found["picture"], expected.picture)
    assert found["mask"].any()
    parent = load_profile("manufacturing/tile")
    saved = save_profile(defect_profile(parent, PART, wish, "own/t", called="patch"), tmp_path / "t.yaml")
    (wanted,) = read_wanted("patch:3", saved)
    assert (wanted.source, wanted.places) == (name, ())
    made = source(wanted.source, wanted.settings).make(1, Site.of(photograph, PART))
    assert made.mask.any()
    assert f"{name}:5" in defect_command("manufacturing/tile", name, 0.1, count=5)


def test_the_lines_of_a_real_defect_put_on_the_same(photograph, tmp_path):
    for number in range(2):
        shown, mask = photograph.copy(), np.zeros(photograph.shape, np.uint8)
        mask[30:40, 20 + 9 * number : 32 + 9 * number] = 255
        shown[mask > 0] //= 3
        for folder, picture in (("images", shown), ("masks", mask)):
            (tmp_path / folder).mkdir(exist_ok=True)
            Image.fromarray(picture).save(tmp_path / folder / f"{number}.png")
    found = {"photograph": photograph}
    told = {"seed": 3, "place": (0.6, 0.5), "blend": "naive", "scale": 1.5}
    exec(patch_python(str(tmp_path), 1, PART, {}, **told), found)
    bank, _ = bank_of(tmp_path, PART)
    expected = pasted(bank.patches[1], Site.of(photograph, PART), **told).made
    np.testing.assert_array_equal(found["picture"], expected.picture)
    assert found["mask"].sum() > 1.5 * bank.patches[1].mask.sum()
    words = shlex.split(defect_command("manufacturing/tile", "hole", 0.1, bank="plates"))
    assert words[words.index("--defects") + 1] == "bank/hole:100"
    assert words[words.index("--bank") + 1] == "plates"


def test_what_the_photograph_has_to_be_told_with_is_named():
    by_labels = Part(pixel_pitch_mm=0.1, foreground=Foreground("masks"))
    assert "mask=part_mask)" in defect_python(Wish("pit"), by_labels, {})
    assert "part, components=boxes)" in defect_python(Wish("missing"), PART, {})


def test_the_command_is_one_that_is_there():
    words = shlex.split(defect_command("manufacturing/tile", "pit", 0.1, source="my parts", count=20, seed=3))
    assert words[:3] == ["domainaug", "augment", "my parts"]
    assert words[words.index("--defects") + 1] == "pit:20"
    assert words[words.index("--pitch") + 1] == "0.1"
    assert "--pitch" not in defect_command("own.yaml", "pit", 0.1, written=True)


def test_a_profile_says_how_runs_make_its_like(tmp_path):
    parent = load_profile("manufacturing/tile")
    part = Part(0.25, "texture", lighting=Lighting("dark-field", 40.0), foreground=Foreground("otsu", brighter=False))
    wish = Wish("crack", {"length_mm": 8.0, "heading_deg": 90.0, "trap": (0.1, 0.2)}, 4, (0.3, 0.6))
    saved = save_profile(defect_profile(parent, part, wish, "own/tiles", called="glaze crack"), tmp_path / "t.yaml")
    assert saved.part.pixel_pitch_mm == 0.25
    assert saved.part.lighting == part.lighting
    assert saved.part.foreground.by == "otsu"
    assert not saved.part.foreground.brighter
    (wanted,) = read_wanted("glaze crack:7", saved)
    assert wanted.source == "crack"
    assert wanted.count == 7
    assert wanted.settings["length_mm"] == [6.0, 10.0]
    assert wanted.settings["trap"] == [0.1, 0.2]
    assert wanted.places == ((0.3, 0.6),)


def test_what_is_as_in_the_parent_is_left_to_it():
    parent = load_profile("manufacturing/tile")
    text = defect_profile(parent, parent.part, Wish("pit", {}, 0), "own/tiles")
    assert "part" not in text
    assert "places" not in text
    assert "!!" not in text


@pytest.mark.parametrize(("name", "called"), [("Own Tiles", ""), ("own/tiles", "../crack"), ("", "")])
def test_names_that_are_none_are_refused(name, called):
    with pytest.raises(ProfileError, match="is no name of"):
        defect_profile(load_profile("manufacturing/tile"), PART, Wish("pit"), name, called=called)


def test_numbers_are_spread_and_ranges_stay():
    sizes = {"length_mm": 8.0, "heading_deg": 10.0, "trap": (0.1, 0.2)}
    assert spread_sizes(sizes, 0.5) == {
        "length_mm": [4.0, 12.0],
        "heading_deg": {"uniform": [145.0, 235.0]},  # 10 and 190 are one direction
        "trap": [0.1, 0.2],
    }
    assert spread_sizes({"length_mm": 8.0}, 0) == {"length_mm": 8.0}
