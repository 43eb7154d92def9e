"""What wet, snow and night do to single surfaces."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street.materials import Glow, Material, Pattern
from domainaug_simulators.street.surfaces import ALBEDO, FLAT, LIGHT, NORMAL, ROUGH, Ground, Met, Surfaces, weathered

ASPHALT = Material((0.09, 0.09, 0.09), pattern=Pattern.ASPHALT, sizes=(3.5,), soak=0.9)


def met(material: Material, *, up: float = 1.0, points: int = 4000, glass: float = 0.0) -> tuple[Met, np.ndarray]:
    """Return points of one surface, 10 cm apart along x, across three lanes along y, and the table of materials."""
    rows = np.zeros((points, 16), np.float32)
    rows[:, ALBEDO : ALBEDO + 3], rows[:, ROUGH] = material.color, material.roughness
    normal = (np.sqrt(1 - up * up), 0, up)
    rows[:, NORMAL : NORMAL + 3] = rows[:, FLAT : FLAT + 3] = normal
    index = np.arange(points)
    place = np.stack([index // 100 * 0.1, index % 100 * 0.105, index * 0.0], axis=-1).astype(np.float32)
    marks = np.zeros((points, 5), np.float32)
    marks[:, 0], marks[:, 1], marks[:, 2], marks[:, 3] = place[:, 0], place[:, 1], 0.01, glass
    return Met(Surfaces(rows, place), marks), np.array([material.row()], np.float32)


def test_dry_days_change_nothing() -> None:
    before, table = met(ASPHALT)
    after = weathered(before, table, Ground())
    np.testing.assert_allclose(after.rows, before.dry.rows, rtol=1e-6)


def test_a_wet_road_is_darker_and_glossier_and_what_was_met_stays_dry() -> None:
    before, table = met(ASPHALT)
    copy = before.dry.rows.copy()
    after = weathered(before, table, Ground(wet=1.0))
    assert after.rows[:, ALBEDO].mean() < 0.7 * copy[:, ALBEDO].mean()
    assert after.rows[:, ROUGH].max() < 0.4
    np.testing.assert_array_equal(before.dry.rows, copy)


def test_water_gathers_on_level_ground_alone() -> None:
    level, table = met(ASPHALT)
    slope, _ = met(ASPHALT, up=0.9)
    ground = Ground(wet=1.0, puddles=1.0)
    assert (weathered(level, table, ground).rows[:, ROUGH] < 0.1).any()
    assert not (weathered(slope, table, ground).rows[:, ROUGH] < 0.1).any()


def test_more_puddles_cover_more() -> None:
    before, table = met(ASPHALT)
    shares = [
        float(weathered(before, table, Ground(1.0, puddles)).rows[:, 12].mean()) for puddles in (0.0, 0.3, 0.6, 1.0)
    ]
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert shares[-1] > 0.2


def test_snow_lies_on_what_faces_up() -> None:
    ground, plain = Ground(snow=1.0), Material((0.1, 0.1, 0.1))
    white = [float(weathered(*met(plain, up=up), ground).rows[:, ALBEDO].mean()) for up in (1.0, 0.6, 0.3, 0.0)]
    assert white == sorted(white, reverse=True)
    assert white[0] > 0.75
    assert white[-1] == pytest.approx(0.1)


def test_snow_on_plain_sheets_goes_along_with_them() -> None:
    """Vehicles drive, and a pattern that stayed with the world would crawl over them."""
    here, table = met(Material((0.02, 0.02, 0.02), cover=0.75), up=0.7)
    there = Met(Surfaces(here.dry.rows, here.dry.points + np.array([3.7, 1.3, 0], np.float32)), here.marks)
    one, other = (weathered(some, table, Ground(snow=0.8)).rows for some in (here, there))
    np.testing.assert_array_equal(one, other)
    assert one[:, ALBEDO].min() > 0.4  # a pane or a curved sheet is white too


def test_leaves_hold_snow_one_more_and_another_less() -> None:
    leaf = Material((0.05, 0.1, 0.02), pattern=Pattern.LEAVES, cover=0.75)
    white = weathered(*met(leaf, up=0.4), Ground(snow=0.8)).rows[:, ALBEDO]
    below = weathered(*met(leaf, up=-0.5), Ground(snow=0.8)).rows[:, ALBEDO]
    assert 0.15 < white.mean() < 0.7
    assert white.std() > 0.03
    assert below.max() == np.float32(0.05)


def test_wheels_clear_two_tracks_a_lane() -> None:
    rows = weathered(*met(ASPHALT), Ground(snow=0.75)).rows
    across = rows[:, ALBEDO].reshape(-1, 100).mean(axis=0)[:33]  # the first lane, from edge to edge
    dark = across < across.max() / 2
    begins = np.flatnonzero(np.diff(dark.astype(int)) == 1)
    assert len(begins) == 2
    assert across[[0, 16, 32]].min() > 2 * across[dark].max() * 0.8


def test_some_windows_are_lit_at_night_and_none_by_day() -> None:
    wall = Material(
        (0.5, 0.5, 0.5), pattern=Pattern.FACADE, sizes=(0.5, 0.5, 0.5, 0.5), light=(0.06, 0.05, 0.03), glow=Glow.WINDOWS
    )
    before, table = met(wall, up=0.0, glass=1.0)
    night, day = (weathered(before, table, Ground(night=night)).rows[:, LIGHT] for night in (1.0, 0.0))
    assert day.max() == 0
    assert 0.15 < (night > 0).mean() < 0.6
    lit = night[night > 0]
    assert lit.std() > 0.25 * lit.mean()  # no two windows are alike


def test_shops_show_goods_of_many_colors_and_are_dark_by_day() -> None:
    pane = Material(
        (0.03, 0.03, 0.03), pattern=Pattern.CURTAIN, sizes=(2.0, 2.9), light=(0.1, 0.1, 0.1), glow=Glow.WINDOWS
    )
    before, table = met(pane, up=0.0, glass=1.0)
    night, day = (weathered(before, table, Ground(night=night)).rows[:, LIGHT : LIGHT + 3] for night in (1.0, 0.0))
    assert day.max() == 0
    assert night.min() > 0
    goods = before.marks[:, 1] < 2.25  # above them is the wall alone
    share = night / night.sum(axis=-1, keepdims=True)
    assert share[goods].std(axis=0).min() > 0.015
    assert share[~goods].std(axis=0).max() < 1e-4


@pytest.mark.parametrize("glow", [Glow.ALWAYS, Glow.AT_NIGHT])
def test_lamps_know_the_hour(glow: Glow) -> None:
    before, table = met(Material((0.1, 0.1, 0.1), light=(2.0, 1.0, 0.5), glow=glow))
    night, day = (weathered(before, table, Ground(night=night)).rows[0, LIGHT] for night in (1.0, 0.0))
    assert night == 2.0
    assert day == (2.0 if glow is Glow.ALWAYS else 0.0)
