"""What follows from a part: which turns, mirrors and distortions show a good part again, and which do not."""

from __future__ import annotations

import pytest

import domainaug as da
from domainaug._albumentations import A
from domainaug.errors import ProfileError
from domainaug.profile.part import SYMMETRIES, Lighting, Part, Response, every_degrees

FILE = """\
id: plant/nut
version: 1.0.0
title: Nuts
extends: manufacturing/metal-surface
part:
{part}
"""


def written(tmp_path, part):
    path = tmp_path / "nut.yaml"
    path.write_text(FILE.format(part=part), encoding="utf-8")
    return da.load_profile(path)


def codes(profile, *steps):
    report = profile.check(A.Compose(list(steps)), measured=False)
    return {finding.code for finding in report.findings if finding.severity == "error"}


class TestTurns:
    @pytest.mark.parametrize(
        ("symmetry", "every", "right"),
        [
            ("C6", 60.0, True),
            ("C6", 90.0, False),
            ("C4", 180.0, True),
            ("C2", 90.0, False),
            ("D3", 120.0, True),
            ("none", 180.0, False),
            ("round", 7.5, True),
            ("texture", 90.0, True),
        ],
    )
    def test_a_part_turns_by_what_maps_it_onto_itself(self, symmetry, every, right):
        from domainaug.transforms import SymmetryTurn

        profile = da.load_profile("manufacturing/metal-surface").with_part(Part(symmetry=symmetry))
        turned = codes(profile, SymmetryTurn(every=every, p=1.0))
        assert ("MFG203" not in turned and "MFG102" not in turned) == right

    def test_the_play_of_the_fixture_is_around_every_such_turn(self):
        from domainaug.transforms import SymmetryTurn

        profile = da.load_profile("manufacturing/metal-surface").with_part(Part(symmetry="C6"))
        play = A.Affine(rotate=(-4, 4), scale=1, shear=0, border_mode=4, p=1)
        assert codes(profile, SymmetryTurn(every=60, p=1.0), play) == set()
        assert "MFG203" in codes(profile, A.Affine(rotate=(-40, 40), scale=1, shear=0, border_mode=4, p=1))

    def test_a_brushed_sheet_never_turns_by_90(self):
        brushed = Part(symmetry="texture", grain_deg=0.0)
        profile = da.load_profile("manufacturing/metal-surface").with_part(brushed)
        assert "PRT102" in codes(profile, A.RandomRotate90(p=0.5))
        assert "PRT102" not in codes(profile, A.HorizontalFlip(p=0.5), A.VerticalFlip(p=0.5))

    @pytest.mark.parametrize(("symmetry", "turn"), [("C6", 180.0), ("C3", None), ("C4", 180.0), ("texture", 180.0)])
    def test_a_grain_leaves_half_turns(self, symmetry, turn):
        assert Part(symmetry=symmetry, grain_deg=30.0).turn_deg == turn


class TestMirrors:
    def test_a_screw_is_never_mirrored(self):
        profile = da.load_profile("manufacturing/metal-surface").with_part(Part(handed=True))
        assert "PRT103" in codes(profile, A.HorizontalFlip(p=0.5))
        assert not any("Flip" in type(step).__name__ for step in profile.compose(seed=1).transforms)
        assert profile.compose(seed=1).narrowed

    def test_a_part_with_three_mirror_lines_has_one_of_the_two_mirrors(self):
        three = Part(symmetry="D3", axis_deg=90.0)
        assert three.mirrors_onto_itself(90.0)
        assert three.mirrors_onto_itself(30.0)
        assert not three.mirrors_onto_itself(0.0)
        profile = da.load_profile("manufacturing/metal-surface").with_part(three)
        assert "PRT101" in codes(profile, A.VerticalFlip(p=0.5))
        assert codes(profile, A.HorizontalFlip(p=0.5)) == set()

    def test_light_from_one_side_warns_of_what_moves_it(self):
        lit = Part(lighting=Lighting("dark-field", azimuth_deg=90.0, elevation_deg=20.0))
        profile = da.load_profile("manufacturing/metal-surface").with_part(lit)
        report = profile.check(A.Compose([A.VerticalFlip(p=0.5)]), measured=False)
        assert {x.code for x in report.findings} == {"PRT104"}
        assert not profile.check(A.Compose([A.HorizontalFlip(p=0.5)]), measured=False).findings


class TestRecipe:
    def test_it_begins_with_what_maps_the_part_onto_itself(self):
        profile = da.load_profile("manufacturing/metal-surface").with_part(Part(symmetry="D6"))
        first = profile.compose(seed=0).transforms[0]
        assert (type(first).__name__, first.every, first.mirror) == ("SymmetryTurn", 60.0, True)
        assert profile.with_part(Part()).compose(seed=0).transforms[0] is not first
        assert "SymmetryTurn" not in str(profile.with_part(Part()).recipe)

    @pytest.mark.parametrize("symmetry", SYMMETRIES)
    def test_it_lies_inside_the_rules_whatever_the_symmetry(self, symmetry):
        profile = da.load_profile("manufacturing/metal-surface").with_part(Part(symmetry=symmetry))
        report = profile.check(profile.compose(seed=0), measured=False)
        assert [x.code for x in report.findings] == []


class TestFile:
    def test_a_part_is_read_with_everything_it_says(self, tmp_path):
        profile = written(
            tmp_path,
            "  pixel_pitch_mm: 0.05\n  symmetry: C6\n  grain_deg: 90\n  period_mm: [0.5, 1]\n"
            "  lighting: {kind: dark-field, azimuth_deg: 45, elevation_deg: 15}\n"
            "  response: {curve: gamma, gamma: 1.8}\n  foreground: {by: masks, folder: parts}\n"
            "  transform_is_a_defect: [shift]\n",
        )
        assert profile.part is not None
        assert (profile.frame.spacing, profile.options["symmetry"]) == ((0.05, 0.05), "C6")
        assert profile.part.lighting == Lighting("dark-field", 45, 15)
        assert profile.part.foreground.folder == tmp_path / "parts"
        assert {"PRT102", "PRT104", "PRT105", "PRT106"} <= {limit.code for limit in profile.limits}

    def test_a_child_changes_what_it_says_and_keeps_the_rest(self, tmp_path):
        written(tmp_path, "  symmetry: C6\n  handed: true\n")
        child = tmp_path / "child.yaml"
        child.write_text(
            "id: plant/child\nversion: 1.0.0\ntitle: Child\nextends: nut.yaml\npart: {symmetry: C3}\n", encoding="utf-8"
        )
        part = da.load_profile(child).part
        assert part == Part(symmetry="C3", handed=True)

    @pytest.mark.parametrize(
        ("part", "told"),
        [
            ("  symmetry: C44\n", "symmetry: expected none, C2 to C12"),
            ("  symetry: C4\n", "did you mean 'symmetry'"),
            ("  transform_is_a_defect: [flip]\n", "no effect is called 'flip'"),
            ("  lighting: {kind: darkfield}\n", "did you mean 'dark-field'"),
            ("  foreground: {by: threshold}\n", "needs threshold"),
            ("  pixel_pitch_mm: 0\n", "pixel_pitch_mm: expected a number above 0"),
        ],
    )
    def test_a_mistake_is_located_and_says_what_is_legal(self, tmp_path, part, told):
        with pytest.raises(ProfileError, match=r"nut.yaml:\d+:\d+: ") as error:
            written(tmp_path, part)
        assert told in str(error.value)

    def test_a_part_changes_the_digest_and_no_part_does_not(self):
        plain = da.load_profile("manufacturing/metal-surface")
        assert plain.with_part(Part()).digest != plain.digest
        assert plain.part is None


class TestEvery:
    BASE = (
        "id: a/b\nversion: 1.0.0\ntitle: T\nlimits:\n"
        "  - {{effect: {effect}, code: AB101, {rule}, reason: R., evidence: [{{strength: opinion}}]}}\n"
    )

    @pytest.mark.parametrize(
        ("effect", "rule", "told"),
        [
            ("scale", "range: [0.9, 1.1], every: 60 deg", "scale does not come round"),
            ("rotation", "max: 5 deg, every: 50 deg", "goes into 360 deg"),
            ("rotation", "allow: never, every: 60 deg", "with max or range"),
            ("rotation", "max: 5 deg, every: symmetry", "every"),
        ],
    )
    def test_it_is_for_angles_that_come_round(self, tmp_path, effect, rule, told):
        path = tmp_path / "b.yaml"
        path.write_text(self.BASE.format(effect=effect, rule=rule), encoding="utf-8")
        with pytest.raises(ProfileError, match=told):
            da.load_profile(path)

    def test_a_child_may_not_add_turns_without_a_word(self, tmp_path):
        (tmp_path / "b.yaml").write_text(self.BASE.format(effect="rotation", rule="max: 5 deg"), encoding="utf-8")
        child = tmp_path / "c.yaml"
        rule = "{effect: rotation, code: AB101, max: 5 deg, every: 90 deg, reason: R., evidence: [{strength: opinion}]}"
        child.write_text(f"id: a/c\nversion: 1.0.0\ntitle: T\nextends: b.yaml\nlimits:\n  - {rule}\n", encoding="utf-8")
        with pytest.raises(ProfileError, match="loosens rotation"):
            da.load_profile(child)

    @pytest.mark.parametrize(("symmetry", "every"), [("none", None), ("C6", 60.0), ("D1", None), ("D12", 30.0)])
    def test_degrees_of_a_symmetry(self, symmetry, every):
        assert every_degrees(symmetry) == every


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Lighting("brightfield"), "lighting: one of bright-field, dark-field"),  # type: ignore[arg-type]
        (lambda: Response("sRGB"), "response: one of srgb, gamma"),  # type: ignore[arg-type]
        (lambda: Part(symmetry="C99"), "symmetry: one of none, C2"),
        (lambda: Part(pixel_pitch_mm=-1), "pixel_pitch_mm: millimeters above 0"),
    ],
)
def test_words_and_sizes_that_are_none_are_refused_where_they_are_said(make, told):
    with pytest.raises(ValueError, match=told):
        make()
