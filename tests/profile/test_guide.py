"""The profiles and the error in docs/profiles.md are what the package takes and says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domainaug.effects import EFFECTS
from domainaug.errors import UnknownName
from domainaug.profile import load_profile
from domainaug.profile.recipe import validate_recipe
from domainaug.profile.schema import ProfileFile
from domainaug.profile.units import LENGTHS, VALUES, convertible

GUIDE = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", GUIDE, re.DOTALL)
PROFILES = [text for kind, text in BLOCKS if kind == "yaml"]


@pytest.mark.parametrize("text", PROFILES, ids=[text.split()[1] for text in PROFILES])
def test_every_profile_of_the_guide_loads(desk, text):
    (desk.folder / "references.bib").write_text(next(text for kind, text in BLOCKS if kind == "bibtex"))
    validate_recipe(load_profile(desk.write(text, head="")))


def test_the_ten_lines_are_ten_lines():
    assert len(PROFILES[0].splitlines()) <= 10


def test_every_key_of_a_file_is_in_the_table():
    for name in ProfileFile.model_fields:
        assert f"`{name}`" in GUIDE, name


def test_the_table_of_units_is_right():
    assert all(f"`{name}`" in GUIDE for name in LENGTHS | VALUES)
    assert convertible(EFFECTS["shift"]) == ("share", "%", "px", "mm")
    assert convertible(EFFECTS["noise"]) == ("share", "%", "HU", "level")
    assert convertible(EFFECTS["blur"]) == ("px", "mm", "share", "%")
    assert convertible(EFFECTS["scale"]) == ("x", "%")


def test_the_error_shown_is_the_error_raised():
    said = str(UnknownName("effect", "rotatoin", EFFECTS))
    assert f"our-chest.yaml:7:14: {said}" in GUIDE
