"""A profile is its file on top of what it extends, with options and waivers applied."""

from __future__ import annotations

import json
import pickle

import pytest

from domainaug.errors import ProfileError, UnknownName
from domainaug.profile import load_profile

PARENT = """\
id: my/parent
version: 1.0.0
title: Parent
abstract: true
applies_to: {dicom: {Modality: [CT], BodyPartExamined: [CHEST]}, note: x}
frame: {size: [512, 256], channels: 1, spacing_mm: [1.0, 0.5], volume: true}
value_range: {low: -1024, high: 3071, unit: HU, fill: -1000}
options:
  sided: {default: true, meaning: Labels say left and right.}
  symmetry: {default: none, meaning: How it repeats., choices: [none, C4]}
  pixel_pitch_mm: {default: null, meaning: Millimeters a pixel.}
limits:
  - {effect: mirror_horizontal, code: PA101, allow: never, when: sided, reason: R., evidence: [{strength: opinion}]}
  - {effect: rotation, code: PA102, max: 10 deg, unless: {symmetry: [C4]}, reason: R., evidence: [{strength: opinion}]}
  - {effect: local_warp, code: PA103, max: 5 mm, reason: R., evidence: [{strength: opinion}]}
waive: {PA103: not measured here}
recipe:
  - HorizontalFlip: {p: 0.5}
"""


@pytest.fixture
def parent(desk):
    desk.write(PARENT, "parent.yaml", head="")
    return desk


class TestExtending:
    def test_everything_is_inherited_but_what_names_the_file(self, parent):
        child = parent.load("extends: parent.yaml\n")
        above = load_profile(parent.folder / "parent.yaml")
        assert (child.id, child.title, child.abstract, child.parents) == ("my/own", "My own", False, ("my/parent",))
        for name in ("limits", "recipe", "applies_to", "frame", "value_range", "options", "option_help", "waivers"):
            assert getattr(child, name) == getattr(above, name), name

    def test_a_child_changes_parts(self, parent):
        child = parent.load(
            "extends: parent.yaml\napplies_to: {dicom: {Modality: [PT]}}\nframe: {spacing_mm: 2}\n"
            "value_range: {fill: 0}\noptions: {sided: false}\nrecipe: []\n"
        )
        assert child.applies_to == {"dicom": {"Modality": ["PT"], "BodyPartExamined": ["CHEST"]}, "note": "x"}
        assert (child.frame.height, child.frame.width, child.frame.spacing) == (512, 256, (2.0, 2.0))
        assert (child.value_range.low, child.value_range.fill) == (-1024, 0)
        assert child.options["sided"] is False
        assert child.recipe == ()

    def test_the_frame_has_the_value_range(self, parent):
        frame = parent.load("extends: parent.yaml\n").frame
        assert (frame.low, frame.high, frame.unit, frame.volume) == (-1024, 3071, "HU", True)

    def test_a_circle_is_an_error_with_a_place(self, desk):
        desk.write("extends: b.yaml\n", "a.yaml")
        desk.write("extends: c.yaml\n", "b.yaml")
        desk.write("extends: a.yaml\n", "c.yaml")
        with pytest.raises(ProfileError, match="extends itself") as caught:
            load_profile(desk.folder / "a.yaml")
        assert caught.value.line == 4

    def test_itself_is_a_circle_too(self, desk):
        with pytest.raises(ProfileError, match="extends itself"):
            desk.load("extends: own.yaml\n")

    def test_a_missing_parent_is_named(self, desk):
        with pytest.raises(ProfileError, match=r"own\.yaml:4:10: extends gone\.yaml, and there is no such file"):
            desk.load("extends: gone.yaml\n")

    def test_a_chain_has_an_end(self, desk):
        desk.write("", "p0.yaml")
        for i in range(1, 20):
            desk.write(f"extends: p{i - 1}.yaml\n", f"p{i}.yaml")
        with pytest.raises(ProfileError, match="more than 16"):
            load_profile(desk.folder / "p19.yaml")

    def test_a_users_ten_lines_extend_the_catalogue(self, desk):
        text = (
            "extends: medical/chest-xray\n"
            "options: {laterality_free: true}\n"
            "limits:\n"
            "  - effect: rotation\n"
            "    code: OUR102\n"
            "    max: 3 deg\n"
            "    reason: Our technicians align every film.\n"
        )
        full = text + "    evidence: [{strength: opinion}]\n"
        profile = desk.load(full)
        assert len((desk.folder / "own.yaml").read_text().splitlines()) <= 11
        assert [x.code for x in profile.in_force("rotation")] == ["OUR102"]
        assert profile.in_force("mirror_horizontal") == ()
        assert profile.recipe == load_profile("medical/chest-xray").recipe
        with pytest.raises(ProfileError, match="OUR102 has no evidence"):
            desk.load(text)


class TestOptions:
    def test_options_switch_rules(self, parent):
        profile = parent.load("extends: parent.yaml\n")
        assert [x.code for x in profile.in_force("mirror_horizontal")] == ["PA101"]
        assert profile.with_options(sided=False).in_force("mirror_horizontal") == ()
        assert profile.with_options(symmetry="C4").in_force("rotation") == ()
        assert profile.options["sided"] is True, "the profile itself is unchanged"

    def test_loading_takes_options_and_waivers(self, parent):
        path = parent.write("extends: parent.yaml\n")
        profile = load_profile(path, options={"sided": False}, waivers={"PA102": "parts are turned anyway"})
        assert profile.options["sided"] is False
        assert profile.waivers == {"PA103": "not measured here", "PA102": "parts are turned anyway"}

    @pytest.mark.parametrize(
        ("options", "kind", "told"),
        [
            ({"sidde": True}, UnknownName, "did you mean 'sided'"),
            ({"sided": "no"}, ProfileError, "takes true or false, got 'no'"),
            ({"sided": 1}, ProfileError, "takes true or false, got 1"),
            ({"sided": None}, ProfileError, "takes true or false"),
            ({"symmetry": "C44"}, ProfileError, "did you mean C4"),
            ({"symmetry": ["C4"]}, ProfileError, "is never"),
            ({"pixel_pitch_mm": -1}, ProfileError, "above 0"),
        ],
    )
    def test_what_an_option_cannot_be(self, parent, options, kind, told):
        profile = parent.load("extends: parent.yaml\n")
        with pytest.raises(kind, match=told):
            profile.with_options(**options)

    def test_a_child_cannot_set_what_there_is_not(self, parent):
        with pytest.raises(ProfileError, match=r"'sidde'; did you mean 'sided'.*to make one, write sidde: \{default"):
            parent.load("extends: parent.yaml\noptions: {sidde: true}\n")

    def test_the_pixel_pitch_becomes_the_spacing(self, parent):
        profile = parent.load("extends: parent.yaml\n")
        assert profile.frame.spacing == (1.0, 0.5)
        assert profile.with_options(pixel_pitch_mm=0.02).frame.spacing == (0.02, 0.02)


class TestWaivers:
    def test_a_waiver_needs_a_code_and_a_reason(self, parent):
        profile = parent.load("extends: parent.yaml\n")
        with pytest.raises(UnknownName, match="did you mean 'PA101'"):
            profile.with_waivers({"PA1O1": "why"})
        with pytest.raises(ProfileError, match="gives its reason"):
            profile.with_waivers({"PA101": " "})

    def test_codes_of_the_check_can_be_waived(self, parent):
        profile = parent.load("extends: parent.yaml\nwaive: {DA106: seeds are not ours}\n")
        assert profile.waivers["DA106"] == "seeds are not ours"
        loaded = load_profile("medical/chest-xray", waivers={"DA106": "seeds are not ours"})
        assert loaded.waivers == {"DA106": "seeds are not ours"}
        with pytest.raises(UnknownName, match="no rule is called 'DA10'"):
            load_profile("medical/chest-xray", waivers={"DA10": "a slip"})


class TestDigest:
    def test_it_follows_what_the_profile_says_and_nothing_else(self, parent):
        first = parent.load("extends: parent.yaml\n", "a.yaml")
        again = parent.load("# a comment\nextends:   parent.yaml\n", "b.yaml")
        assert len(first.digest) == 64
        assert first.digest == again.digest

    def test_it_changes_with_everything_that_counts(self, parent, rule):
        profile = parent.load("extends: parent.yaml\n")
        others = [
            profile.with_options(sided=False),
            profile.with_options(symmetry="C4"),
            profile.with_waivers({"PA101": "x"}),
            parent.load("extends: parent.yaml\nlimits:\n" + rule("shear", "max: 1 deg"), "c.yaml"),
            parent.load("extends: parent.yaml\nrecipe: []\n", "d.yaml"),
            parent.load("extends: parent.yaml\nframe: {channels: 3}\n", "e.yaml"),
        ]
        assert len({profile.digest, *(other.digest for other in others)}) == len(others) + 1

    def test_setting_an_option_to_what_it_is_changes_nothing(self, parent):
        profile = parent.load("extends: parent.yaml\n")
        assert profile.with_options(sided=True) == profile


def test_profiles_travel_to_worker_processes(parent):
    profile = parent.load("extends: parent.yaml\n")
    there = pickle.loads(pickle.dumps(profile))
    assert there == profile
    assert there.digest == profile.digest
    json.dumps(there.recipe)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("frame: {size: [0, 5]}", "size: expected"),
        ("frame: {spacing_mm: 0}", "spacing_mm: expected"),
        ("frame: {spacing_mm: [1, 2, 3]}", "spacing_mm: expected"),
        ("frame: {channels: 0}", "channels: expected"),
        ("value_range: {low: 1}", "both low and high"),
        ("value_range: {low: 2, high: 1}", "low must be below high"),
        ("options: {a: {default: x, meaning: M., choices: [y]}}", "none of the choices"),
        ("options: {a: {default: 1}}", "'meaning' is missing"),
        ("recipe: [Affine]", "expected a list of transform"),
        ("recipe: [{Affine: 3}]", "a mapping of parameters"),
        ("recipe: [{OneOf: {p: 1}}]", "OneOf needs `transforms`"),
        ("recipe: [{Affine: {transforms: []}}]", "Affine holds no transforms"),
        ("recipe: [{OneOf: {transforms: [{}]}}]", r"got 0 \(none\)"),
        ("recipe: [{OneOf: {transforms: [x]}}]", "a step is written"),
    ],
)
def test_parts_that_make_no_sense_have_a_place(desk, text, told):
    with pytest.raises(ProfileError, match=told) as caught:
        desk.load(text + "\n")
    assert caught.value.line == 4
