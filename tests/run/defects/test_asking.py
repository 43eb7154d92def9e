"""What is asked for: in a line, in a mapping, in a file, and in the profile."""

from __future__ import annotations

import pytest

from domainaug.errors import DomainAugError, UnknownName
from domainaug.profile import load_profile
from domainaug.run.defects.asking import DefectRequest, read_wanted


@pytest.fixture(scope="module")
def metal():
    return load_profile("manufacturing/metal-surface")


def test_a_line_names_kinds_sources_and_counts(metal):
    found = read_wanted("scratch:200, bank/blowhole:50,perlin:10,pit/porosity,dent", metal)
    assert [(one.name, one.source, one.count) for one in found] == [
        ("scratch", "scratch", 200),
        ("blowhole", "bank", 50),
        ("perlin", "perlin", 10),
        ("porosity", "pit", None),
        ("dent", "dent", None),
    ]
    assert found[1].settings == {"kind": "blowhole"}


def test_a_file_says_sizes_thresholds_and_places(metal, tmp_path):
    path = tmp_path / "defects.yaml"
    path.write_text(
        "fine: {from: scratch, count: 3, width_mm: {normal: [0.1, 0.02, 0.05, 0.2]}, gate: {contrast: 1}}\n"
        "dent: 5\npit: {places: [[0.5, 0.25]], like: hole}\n",
        encoding="utf-8",
    )
    fine, dent, pit = read_wanted(path, metal)
    assert (fine.source, fine.count, fine.gate) == ("scratch", 3, {"contrast": 1})
    assert fine.settings == {"width_mm": {"normal": [0.1, 0.02, 0.05, 0.2]}}
    assert (dent.source, dent.count) == ("dent", 5)
    assert (pit.places, pit.like) == (((0.5, 0.25),), "hole")


def test_what_is_told_is_read_back(metal):
    asked = {"fine": {"from": "scratch", "count": 3, "length_mm": [2, 9], "places": [[0.5, 0.5]], "like": "hole"}}
    (first,) = read_wanted(asked, metal)
    assert read_wanted({first.name: first.told()}, metal) == (first,)


def test_a_profile_says_how_its_classes_are_made(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(
        "id: plant/own\nversion: 1.0.0\ntitle: Own\nextends: manufacturing/metal-surface\n"
        "defects:\n  gouge: {from: scratch, length_mm: [3, 4]}\n",
        encoding="utf-8",
    )
    own = load_profile(path)
    (gouge,) = read_wanted("gouge:7", own)
    assert (gouge.source, gouge.count, gouge.settings) == ("scratch", 7, {"length_mm": [3, 4]})
    (other,) = read_wanted({"gouge": {"from": "dent", "count": 1}}, own)
    assert other.settings == {}, "settings of a scratch are none of a dent's"
    assert own.digest != load_profile("manufacturing/metal-surface").digest


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("scratchh:3", "did you mean 'scratch'"),
        ("scratch:many", "'many' is no count"),
        ("scratch:0", "a count from 1"),
        ("bank:50", "bank/blowhole:50"),
        ("scratch:1,scratch:2", "asked for twice"),
        ("dent/../x:1", "cannot be the name of a class"),
        ("dent/good:1", "cannot be the name of a class"),
        ("", "none is asked for"),
        ({"dent": "five"}, "a count or a mapping"),
        ({"dent": {"places": [[2, 0]]}}, "from 0 to 1"),
        ({"dent": {"gate": {"contrst": 1}}}, "did you mean 'contrast'"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(metal, said, why):
    with pytest.raises(DomainAugError, match=why):
        read_wanted(said, metal)


def test_a_file_that_is_none_is_named(metal, tmp_path):
    with pytest.raises(DomainAugError, match=r"gone\.yaml: the file of defects cannot be read"):
        read_wanted(tmp_path / "gone.yaml", metal)
    (tmp_path / "bad.yaml").write_text("- scratch\n", encoding="utf-8")
    with pytest.raises(DomainAugError, match=r"bad\.yaml: a mapping"):
        read_wanted(str(tmp_path / "bad.yaml"), metal)


def test_a_cap_and_tries_are_whole_numbers_from_one():
    with pytest.raises(DomainAugError, match="cap=0"):
        DefectRequest("dent:1", cap=0)
    with pytest.raises(DomainAugError, match="tries=101"):
        DefectRequest("dent:1", tries=101)
    with pytest.raises(UnknownName):
        read_wanted("nothing-like-it:1", load_profile("manufacturing/metal-surface"))
