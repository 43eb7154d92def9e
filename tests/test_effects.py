"""The vocabulary: a closed list, each row with a unit, a neutral value and a way to combine."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domainaug.effects import EFFECTS, Combine, Interval, Needs, applicable, effect
from domainaug.errors import UnknownName

DOCUMENT = Path(__file__).parents[1] / "docs" / "effects.md"

inside = st.floats(0, 1)


def intervals(low: float = 0.0, high: float = 1.0) -> st.SearchStrategy[Interval]:
    return st.tuples(st.floats(low, high), st.floats(low, high)).map(lambda ends: Interval(min(ends), max(ends)))


def test_the_names_that_profiles_and_users_rely_on_are_there():
    promised = """mirror_horizontal mirror_vertical rotation scale aspect shear shift perspective local_warp permutation
        field_of_view brightness contrast gamma tone inversion local_gain color_cast hue saturation noise impulse_noise
        blur motion_blur sharpening compression occlusion foreign_content misregistration mirror_left_right tilt"""
    assert set(promised.split()) <= set(EFFECTS)


@pytest.mark.parametrize("row", EFFECTS.values(), ids=lambda row: row.name)
def test_every_row_is_whole(row):
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", row.name)
    assert row.lowest <= row.neutral <= row.highest
    assert row.absent > 0
    assert not row.meaning[0].islower()
    assert row.meaning.endswith(".")
    assert not row.is_present(row.neutral)


@pytest.mark.parametrize("row", [row for row in EFFECTS.values() if row.is_flag], ids=lambda row: row.name)
def test_a_flag_happens_or_does_not(row):
    assert (row.lowest, row.highest, row.neutral, row.combine) == (0, 1, 0, Combine.EITHER)


def test_a_wrong_name_gets_the_nearest_right_one():
    with pytest.raises(UnknownName, match=r"no effect is called 'roation'; did you mean 'rotation'\?"):
        effect("roation")


def test_gray_images_have_no_color_and_slices_no_tilt():
    names = {row.name for row in applicable(color=False, volume=False)}
    assert "hue" not in names
    assert "tilt" not in names
    assert "rotation" in names
    assert {row.name for row in applicable(color=True, volume=True, scene=True, part=True)} == set(EFFECTS)


def test_only_parts_get_defects():
    rest = {row.name for row in applicable(color=True, volume=True, scene=True)}
    assert set(EFFECTS) - rest == {"drawn_defect"}


def test_only_scenes_have_weather_in_physical_units():
    weather = {"visibility", "rain", "snowfall", "snow_cover", "sun_altitude"}
    assert {row.name for row in applicable(color=True, volume=True, part=True)} == set(EFFECTS) - weather


@pytest.mark.parametrize(
    ("name", "first", "second", "both"),
    [
        ("rotation", (-5, 5), (-7, 7), (-12, 12)),
        ("rotation", (-150, 150), (-90, 90), (-180, 180)),
        ("scale", (0.9, 1.1), (0.9, 1.1), (0.81, 1.21)),
        ("noise", (0.03, 0.03), (0.04, 0.04), (0.05, 0.05)),
        ("occlusion", (0.0, 0.3), (0.0, 0.3), (0.0, 0.6)),
        ("outside", (0.2, 0.2), (0.1, 0.1), (0.2, 0.3)),
        ("occlusion", (0.0, 0.8), (0.0, 0.8), (0.0, 1.0)),
        ("sharpening", (0.0, 0.5), (0.0, 0.5), (0.0, 1.25)),
        ("compression", (0.1, 0.2), (0.0, 0.4), (0.1, 0.4)),
        ("permutation", (0, 1), (0, 0), (0, 1)),
        ("contrast", (0.0, math.inf), (0.0, 1.0), (0.0, math.inf)),
        ("visibility", (100.0, 200.0), (100.0, 100.0), (50.0, 66.68)),
        ("visibility", (0.0, 1.0), (5.0, 5.0), (0.0, 0.8333)),
        ("rain", (1.0, 2.0), (3.0, 4.0), (4.0, 6.0)),
        ("snow_cover", (0.5, 0.5), (0.7, 0.7), (0.7, 1.0)),
        ("sun_altitude", (-12.0, 30.0), (5.0, 5.0), (-12.0, 5.0)),
    ],
)
def test_two_in_a_row(name, first, second, both):
    combined = EFFECTS[name].then(Interval(*first), Interval(*second))
    assert (combined.low, combined.high) == pytest.approx(both, rel=1e-3)


@given(intervals(), intervals())
def test_a_neutral_step_changes_nothing_and_no_result_leaves_what_can_be(one, other):
    for row in EFFECTS.values():
        start = Interval(max(one.low, row.lowest), max(min(one.high, row.highest), row.lowest))
        kept = row.then(start, row.still)
        assert kept.low == pytest.approx(start.low)
        assert kept.high == pytest.approx(start.high)
        assert row.then(start, other) in row.anything


@given(intervals(), intervals(), inside, inside)
def test_what_is_inside_both_stays_inside_the_combination(one, other, at, by):
    a, b = one.low + at * (one.high - one.low), other.low + by * (other.high - other.low)
    for row in EFFECTS.values():
        if row.lowest <= min(a, b) and max(a, b) <= row.highest:
            both = row.then(one, other)
            exact = row.then(Interval(a, a), Interval(b, b))
            assert both.low - 1e-9 <= exact.low
            assert exact.high <= both.high + 1e-9


def test_an_interval_is_never_upside_down():
    with pytest.raises(ValueError, match="low <= high"):
        Interval(1.0, 0.0)
    assert Interval.of([3.0, -1.0, 2.0]) == Interval(-1.0, 3.0)
    assert Interval(0, 1) in Interval(-1, 1)
    assert 2.0 not in Interval(-1, 1)
    assert Interval(0, 1).hull(Interval(3, 4)) == Interval(0, 4)


def test_the_document_lists_every_effect_as_the_code_has_it():
    rows = {}
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            rows[cells[0].strip("`")] = cells[1:]
    assert list(rows) == list(EFFECTS)
    for name, (unit, neutral, combine, absent, meaning) in rows.items():
        row = EFFECTS[name]
        assert unit == row.unit, name
        assert float(neutral) == row.neutral, name
        assert combine == row.combine.value, name
        assert float(absent) == row.absent, name
        assert meaning.startswith(row.meaning), name
        for needs, word in (
            (Needs.COLOR, "Color."),
            (Needs.VOLUME, "Volumes."),
            (Needs.LABELS, "Labels."),
            (Needs.SCENE, "Scenes."),
        ):
            assert (word in meaning[len(row.meaning) :]) == (row.needs is needs), name
