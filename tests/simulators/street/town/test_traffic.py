"""Vehicles keep their distance, obey lights, and follow their lanes."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street.materials import Palette
from domainaug_simulators.street.town.casting import Cast, cast_of
from domainaug_simulators.street.town.driving import DT, STATE
from domainaug_simulators.street.town.plan import LAYOUTS, Layout, town_of
from domainaug_simulators.street.town.routes import routes_of

_ON, _TRIP, _S, _V = (STATE.index(name) for name in ("on", "trip", "s", "speed"))
town = cache(town_of)


@cache
def cast(layout: Layout, seed: int, density: float) -> Cast:
    return cast_of(town(layout, 4), Palette(), seed, density, 0.5, 0.0)


def states(who: Cast, seconds: float) -> np.ndarray:
    """(steps, vehicles, columns) of the traffic."""
    return np.stack([who.traffic._state(k) for k in range(round(seconds / DT))])


@pytest.mark.slow
@pytest.mark.parametrize("density", [1.0, 3.0])
@pytest.mark.parametrize("layout", ["city", "junction"])
def test_nobody_passes_a_stop_line_on_red(layout: Layout, density: float) -> None:
    who, place = cast(layout, 1, density), town(layout, 4)
    told, traffic = states(who, 120.0), who.traffic
    passed = 0
    assert place.signals is not None
    for i in range(told.shape[1]):
        for k in range(len(told) - 1):
            now, then = told[k, i], told[k + 1, i]
            if now[_ON] == 0 or then[_ON] == 0 or now[_TRIP] != then[_TRIP]:
                continue
            route = traffic.routes[traffic._trips[i, int(now[_TRIP]) % 32]]
            if now[_S] <= route.stop < then[_S]:
                passed += 1
                assert place.signals.aspect(route.group, k * DT) in ("green", "amber"), (i, k * DT)
    assert passed > 20


@pytest.mark.slow
@pytest.mark.parametrize("density", [1.0, 3.0])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_speeds_and_accelerations_are_those_of_people_who_drive(layout: Layout, density: float) -> None:
    told = states(cast(layout, 0, density), 60.0)
    on = (told[1:, :, _ON] > 0) & (told[:-1, :, _ON] > 0) & (told[1:, :, _TRIP] == told[:-1, :, _TRIP])
    change = np.where(on, np.diff(told[..., _V], axis=0) / DT, 0.0)
    assert change.max() <= 1.6 + 1e-9
    assert change.min() >= -6.0
    assert np.percentile(change[on], 1) > -3.0
    assert told[..., _V].min() >= 0
    assert told[..., _V].max() < (34 if layout == "highway" else 12)
    assert told[told[..., _ON] > 0][:, _V].mean() > (10 if layout == "highway" else 0.5)


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_headings_follow_the_way_and_turns_are_gentle(layout: Layout) -> None:
    traffic = cast(layout, 0, 1.0).traffic
    before = None
    for time in np.arange(0.0, 20.0, 0.1):
        now = traffic.at(float(time))
        for old, new in zip(before or [], now, strict=False):
            if old is None or new is None or new.driven < old.driven or new.driven - old.driven > 4:
                continue
            went = np.subtract(new.place, old.place)
            if np.linalg.norm(went) > 0.2:
                turned = np.arctan2(went[1], went[0]) - new.yaw
                assert abs((turned + np.pi) % (2 * np.pi) - np.pi) < 0.12
                swing = abs((new.yaw - old.yaw + np.pi) % (2 * np.pi) - np.pi) / 0.1
                assert swing * new.speed < 4.5, "m/s2 to the side"
        before = now


def test_nobody_in_a_junction_passes_on_red_for_a_while() -> None:
    who, place = cast("junction", 1, 1.0), town("junction", 4)
    told, traffic = states(who, 40.0), who.traffic
    lines = np.array([[traffic.routes[r].stop for r in row] for row in traffic._trips])
    which = told[..., _TRIP].astype(int) % 32
    stop = lines[np.arange(told.shape[1])[None], which]
    over = (told[:-1, :, _S] <= stop[:-1]) & (told[1:, :, _S] > stop[1:]) & (told[:-1, :, _TRIP] == told[1:, :, _TRIP])
    over &= (told[:-1, :, _ON] > 0) & (told[1:, :, _ON] > 0)
    assert over.sum() > 5
    assert place.signals is not None
    for k, i in zip(*np.nonzero(over), strict=True):
        group = traffic.routes[traffic._trips[i, which[k, i]]].group
        assert place.signals.aspect(group, k * DT) in ("green", "amber")


def test_traffic_crosses_turns_and_indicates() -> None:
    traffic = cast("junction", 1, 1.0).traffic
    turns, done = set(), set()
    for time in np.arange(0.0, 120.0, 0.5):
        for i, moving in enumerate(traffic.at(float(time))):
            if moving is not None:
                route = traffic.routes[traffic._trips[i, int(traffic._state(int(time / DT + 1e-6))[i, _TRIP]) % 32]]
                turns.add(moving.turn)
                if moving.driven > route.clear:
                    done.add((route.group, route.turn))
    assert turns == {-1, 0, 1}
    assert {(0, 0), (1, 0)} < done
    assert len(done) >= 5


@pytest.mark.parametrize("layout", LAYOUTS)
def test_lanes_of_routes_are_those_of_the_map(layout: Layout) -> None:
    from domainaug_simulators.street.town.opendrive import opendrive_of
    from domainaug_simulators.street.town.opendrive_reading import read_opendrive

    place = town(layout, 4)
    middles = []
    for road in read_opendrive(opendrive_of(place)).values():
        for lane, middle in road.lanes:
            if lane.kind in ("driving", "cycling"):
                middles.append(road.at(np.arange(0, road.length, 0.2), middle)[0])
    mapped = np.concatenate(middles)
    for route in routes_of(place):
        points, _ = route.path.at(np.linspace(0, route.path.length, 60))
        away = np.linalg.norm(points[:, None] - mapped[None], axis=-1).min(axis=1)
        assert away.max() < 0.25


def test_the_vehicle_with_the_sensors_is_always_there() -> None:
    traffic = cast("junction", 1, 1.0).traffic
    for time in np.arange(0.0, 200.0, 3.7):
        assert traffic.at(float(time))[0] is not None
