"""The commonest mistakes, and exactly what a person is told: place, what was got, what is right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domainaug.errors import ProfileError
from domainaug.profile import load_profile
from domainaug.profile.recipe import validate_recipe

GOOD = """\
id: my/own
version: 1.0.0
title: My own
frame: {size: [512, 512], channels: 1}
options:
  sided:
    default: true
    meaning: Labels say left and right.
  symmetry: {default: none, meaning: How the part repeats., choices: [none, C4]}
limits:
  - effect: mirror_horizontal
    code: MY101
    allow: never
    when: sided
    reason: Left is left.
    evidence: [{strength: opinion}]
  - effect: rotation
    code: MY102
    max: 10 deg
    reason: Tilt.
    evidence: [{strength: opinion, note: by eye}]
  - effect: scale
    code: MY103
    range: [0.9, 1.1]
    p_max: 0.5
    reason: Size.
    evidence: [{strength: opinion}]
recipe:
  - Affine: {rotate: [-5, 5], p: 0.7}
  - OneOf:
      p: 0.3
      transforms:
        - GaussNoise: {std_range: [0.004, 0.015]}
"""

MISTAKES = {
    "effect misspelled": (
        ("effect: rotation", "effect: rotatoin"),
        "17:13: no effect is called 'rotatoin'; did you mean 'rotation'?",
    ),
    "key misspelled": (
        ("reason: Tilt.", "raeson: Tilt."),
        "20:5: no key is called 'raeson' here; did you mean 'reason'?",
    ),
    "top key misspelled": (("recipe:", "recipes:"), "28:1: no key is called 'recipes' here; did you mean 'recipe'?"),
    "no reason": (
        ("    reason: Tilt.\n", ""),
        "17:5: 'reason' is missing; expected text: why, in the words of the field",
    ),
    "no evidence": (
        ("    evidence: [{strength: opinion, note: by eye}]\n", ""),
        "18:11: MY102 has no evidence; cite a source, or say that it is yours: evidence: [{strength: opinion}]",
    ),
    "unit misspelled": (
        ("max: 10 deg", "max: 10 degrees"),
        "19:10: max: no unit is called 'degrees'; did you mean 10 deg?",
    ),
    "wrong unit": (
        ("max: 10 deg", "max: 10 mm"),
        "19:10: rotation is measured in deg, mm does not convert to it; legal: deg",
    ),
    "max of a factor": (
        ("range: [0.9, 1.1]", "max: 1.1"),
        "24:10: max: scale is a factor around 1; write for example range: [0.85, 1.15]",
    ),
    "range around zero": (
        ("range: [0.9, 1.1]", "range: [-0.1, 0.1]"),
        "24:12: range: scale goes from 0 to inf x, got -0.1 to 0.1",
    ),
    "range without neutral": (
        ("range: [0.9, 1.1]", "range: [1.1, 1.2]"),
        "24:12: range: 1.1 to 1.2 x leaves out 1, which is an image left alone; legal units: x, %",
    ),
    "range upside down": (
        ("range: [0.9, 1.1]", "range: [1.1, 0.9]"),
        "24:12: range: the low end 1.1 lies above the high end 0.9",
    ),
    "two bounds": (
        ("max: 10 deg", "max: 10 deg\n    allow: any"),
        "18:11: MY102 needs exactly one of allow, max, min and range, got allow and max",
    ),
    "no bound": (
        ("    max: 10 deg\n", ""),
        "18:11: MY102 needs exactly one of allow, max, min and range, got none of them",
    ),
    "allow misspelled": (
        ("allow: never", "allow: nver"),
        "13:12: allow: expected never or any, got 'nver'; did you mean 'never'?",
    ),
    "max of a flag": (
        ("allow: never", "max: 1"),
        "13:5: mirror_horizontal happens or does not: write allow: never, or allow: any (with p_max for how often)",
    ),
    "option misspelled": (("when: sided", "when: side"), "14:11: no option is called 'side'; did you mean 'sided'?"),
    "no such choice": (
        ("when: sided", "when: {symmetry: [C3]}"),
        "14:22: when: symmetry is never 'C3'; its choices are none, C4",
    ),
    "code in small letters": (
        ("code: MY102", "code: my102"),
        "18:11: code: expected two to four capitals and three digits, such as MED101, got 'my102'",
    ),
    "p_max above one": (
        ("p_max: 0.5", "p_max: 50"),
        "25:12: p_max: expected more than 0 and at most 1 (or 100 %), got 50",
    ),
    "version as a number": (
        ("version: 1.0.0", "version: 1.0"),
        "2:10: version: expected three numbers such as 1.0.0, got 1.0; write all three numbers",
    ),
    "a citation nobody has": (
        ("{strength: opinion, note: by eye}", "{cite: nobody-1999-nothing, strength: strong}"),
        "21:23: no reference is called 'nobody-1999-nothing'; add it to a references.bib beside the profile",
    ),
    "strong without a source": (
        ("{strength: opinion, note: by eye}", "{strength: strong}"),
        "21:16: strong evidence needs a source: add cite, or say strength: opinion",
    ),
    "loosening nothing": (
        ("reason: Tilt.", "reason: Tilt.\n    loosens: I like it."),
        "21:5: `loosens` needs a parent to loosen; this profile extends none",
    ),
    "two transforms in a step": (
        ("  - Affine: {rotate: [-5, 5], p: 0.7}", "  - Affine: {rotate: [-5, 5]}\n    Rotate: {p: 0.7}"),
        "29:5: a step names one transform, got 2 (Affine, Rotate); indent the parameters below it, "
        "or start each with a dash",
    ),
    "a tab for indentation": (("    code: MY102", "\tcode: MY102"), "18:1: is not YAML"),
    "no such profile to extend": (
        ("title: My own", "title: My own\nextends: medical/chest-xry"),
        "4:10: extends: no profile is called 'medical/chest-xry'; did you mean 'medical/chest-xray'?",
    ),
    "percent left out": (
        ("effect: rotation\n    code: MY102\n    max: 10 deg", "effect: shift\n    code: MY102\n    max: 5"),
        "19:10: max: 5 for shift is 5 times the whole; did you mean 5 %?",
    ),
    "unknown code waived": (
        ("recipe:", "waive: {MY105: it is fine}\nrecipe:"),
        "28:9: no rule is called 'MY105'; known: MY101, MY102, MY103",
    ),
}


@pytest.mark.parametrize(("change", "told"), MISTAKES.values(), ids=MISTAKES)
def test_what_a_person_is_told(tmp_path: Path, change: tuple[str, str], told: str):
    assert GOOD.count(change[0]) == 1
    path = tmp_path / "own.yaml"
    path.write_text(GOOD.replace(*change), encoding="utf-8")
    with pytest.raises(ProfileError) as caught:
        load_profile(path)
    message = str(caught.value).removeprefix(f"{path}:")
    assert message.startswith(told) if told.endswith("YAML") else message == told


RECIPE_MISTAKES = {
    "transform misspelled": (
        "Affine:",
        "Afine:",
        "29:5: recipe: no transform is called 'Afine'; did you mean 'Affine'?",
    ),
    "parameter misspelled": (
        "rotate: [",
        "rotat: [",
        "29:14: recipe: Affine has no parameter called 'rotat'; did you mean 'rotate'?",
    ),
    "value out of range": (
        "p: 0.7",
        "p: 7",
        "29:31: recipe: Affine: p: Input should be less than or equal to 1, got 7",
    ),
    "nested transform misspelled": (
        "GaussNoise",
        "GaussNois",
        "33:11: recipe: no transform is called 'GaussNois'; did you mean 'GaussNoise'?",
    ),
    "code in a profile": (
        "Affine: {rotate: [-5, 5], p: 0.7}",
        "Lambda: {}",
        "29:5: recipe: Lambda is not for recipes: a profile holds no code",
    ),
    "an import path": (
        "Affine: {rotate: [-5, 5], p: 0.7}",
        "os.system: {}",
        "29:5: recipe: no transform is called 'os.system'",
    ),
}


@pytest.mark.parametrize(("old", "new", "told"), RECIPE_MISTAKES.values(), ids=RECIPE_MISTAKES)
def test_what_a_person_is_told_of_a_recipe(tmp_path: Path, old: str, new: str, told: str):
    path = tmp_path / "own.yaml"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    profile = load_profile(path)
    with pytest.raises(ProfileError) as caught:
        validate_recipe(profile)
    assert str(caught.value).removeprefix(f"{path}:").startswith(told)


def test_the_profile_they_are_made_in_is_right(tmp_path: Path):
    path = tmp_path / "own.yaml"
    path.write_text(GOOD, encoding="utf-8")
    validate_recipe(load_profile(path))


_WORDS = sorted(set(re.findall(r"[\w.]+|[\[\]{}:,-]", GOOD)))
_SNIPPETS = st.one_of(st.sampled_from([*_WORDS, "\n", "  "]), st.text(max_size=6), st.integers().map(str))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_mutation_is_a_profile_or_a_located_error(tmp_path: Path, data: st.DataObject):
    text = GOOD
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        stop = min(len(text), start + data.draw(st.integers(0, 12)))
        text = text[:start] + data.draw(_SNIPPETS) + text[stop:]
    path = tmp_path / "own.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    fault = None
    try:
        assert load_profile(path).id
    except ProfileError as error:
        fault = error
    if fault is not None:
        assert fault.line is not None
        assert str(fault).startswith(f"{path}:{fault.line}")
        assert "\n" not in str(fault)
