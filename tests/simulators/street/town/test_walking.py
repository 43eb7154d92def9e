"""People keep to sidewalks and crossings, and cross when it is their turn."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street.town.plan import town_of
from domainaug_simulators.street.town.signals import CYCLE, Signals
from domainaug_simulators.street.town.walking import PERIOD, Stroll, crossings_busy, strolls_of, walks_of


@cache
def strolls() -> list[Stroll]:
    town = town_of("junction", 4)
    draw = np.random.Generator(np.random.Philox(key=[1, 1]))
    return strolls_of(town, walks_of(town), 60, draw, np.empty((0, 3)))


def test_most_who_are_tried_find_room() -> None:
    assert len(strolls()) > 40


def test_who_crosses_has_green_beside_them() -> None:
    town = town_of("junction", 4)
    assert town.signals is not None
    crossed = 0
    for stroll in strolls():
        for crossing in stroll.walk.crossings:
            for time in np.arange(0.0, PERIOD, 0.5):
                there = stroll.at(float(time))
                if there is not None and crossing.begin + 0.2 < there[0] < crossing.end - 0.2:
                    crossed += 1
                    assert town.signals.aspect(crossing.group, float(time)) == "green"
                    assert town.signals.aspect(1 - crossing.group, float(time)) == "red"
    assert crossed > 100


def test_who_is_on_a_crossing_is_in_the_table_that_vehicles_look_at() -> None:
    busy = np.diff(crossings_busy(strolls(), 4, 0.1), axis=1)
    for stroll in strolls():
        for crossing in stroll.walk.crossings:
            for k in range(0, busy.shape[1], 3):
                there = stroll.at(k * 0.1)
                if there is not None and crossing.begin < there[0] < crossing.end:
                    assert busy[crossing.arm, k]


def test_people_walk_on_what_is_below_them() -> None:
    town = town_of("junction", 4)
    for stroll in strolls()[:20]:
        for s in np.arange(0, stroll.walk.path.length, 1.0):
            if not any(abs(s - edge) < 0.5 for c in stroll.walk.crossings for edge in (c.begin, c.end)):
                (place,), _ = stroll.walk.path.at(s, stroll.aside)
                on_road = any(c.begin < s < c.end for c in stroll.walk.crossings)
                assert stroll.height(float(s)) == (0.0 if on_road else 0.14)
                if not on_road:
                    assert town.ground(*place) > 0.1, "nobody cuts a corner over the road"


def test_they_come_near_no_post() -> None:
    town = town_of("junction", 4)
    posts = np.array(town.obstacles)
    for stroll in strolls():
        points, _ = stroll.walk.path.at(np.arange(0, stroll.walk.path.length, 0.5), stroll.aside)
        away = np.linalg.norm(points[:, None] - posts[None, :, :2], axis=-1) - posts[:, 2]
        assert away.min() > 0.25


def test_everybody_comes_again_after_a_period_and_stops_gently() -> None:
    for stroll in strolls()[:20]:
        assert stroll.at(7.25) == stroll.at(7.25 + 3 * PERIOD)
        assert np.nanmax(np.abs(np.diff(stroll.reached, n=2))) / 0.25**2 < 6.0


def test_lights_never_let_both_roads_go() -> None:
    signals = Signals(11.0)
    for time in np.arange(0.0, 2 * CYCLE, 0.1):
        shown = {signals.aspect(group, float(time)) for group in (0, 1)}
        assert "red" in shown or "red_amber" in shown
        assert signals.aspect(0, float(time)) == signals.aspect(0, float(time) + CYCLE)


def test_a_crossing_that_takes_longer_than_green_is_not_begun() -> None:
    assert Signals().walk(1, 0.0, 60.0) is None
    begin = Signals().walk(0, 10.0, 6.0)
    assert begin == pytest.approx(CYCLE)
