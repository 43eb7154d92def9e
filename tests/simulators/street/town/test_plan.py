"""Towns are the same for the same seed, stand beside the road and not on it, and stay small enough to be rendered."""

from __future__ import annotations

import numpy as np
import pytest
from domainaug_simulators.street.scene import Thing
from domainaug_simulators.street.town.plan import LAYOUTS, Town, town_of
from domainaug_simulators.street.town.tags import Tag

SOLID = (Tag.BUILDING, Tag.POLE, Tag.VEGETATION, Tag.WALL, Tag.FENCE, Tag.STATIC, Tag.TRAFFIC_SIGN, Tag.GUARD_RAIL)
CLEARANCE = 2.2
"""Meters above the road that stay free: arms of lamps and crowns of trees may reach over it higher up."""


@pytest.fixture(scope="module", params=LAYOUTS)
def town(request: pytest.FixtureRequest) -> Town:
    return town_of(request.param, 4)


def _low(thing: Thing) -> np.ndarray:
    """The corners of a thing that are low enough to be driven into, (n, 2)."""
    flat = thing.mesh.corners.reshape(-1, 3)
    return flat[(flat[:, 2] > 0.0) & (flat[:, 2] < CLEARANCE)][:, :2]


def test_a_town_can_be_rendered(town: Town) -> None:
    faces = sum(len(thing.mesh) for thing in town.things)
    table = town.palette.table()
    assert 5_000 < faces < 320_000
    for thing in town.things:
        assert np.isfinite(thing.mesh.corners).all()
        np.testing.assert_allclose(np.linalg.norm(thing.mesh.normals, axis=-1), 1, atol=1e-3)
        assert thing.mesh.material.min(initial=0) >= 0
        assert thing.mesh.material.max(initial=0) < len(table)


def test_nothing_stands_on_a_driving_lane(town: Town) -> None:
    low = np.concatenate([_low(thing) for thing in town.things if thing.tag in SOLID])
    for road in town.roads:
        steps = np.arange(0.0, road.length, 1.0)
        for lane, middle in road.lanes:
            if lane.kind != "driving":
                continue
            places, headings = road.at(steps, middle)
            for (x, y), heading in zip(places, headings, strict=True):
                along = (low - [x, y]) @ [np.cos(heading), np.sin(heading)]
                aside = (low - [x, y]) @ [-np.sin(heading), np.cos(heading)]
                there = (np.abs(along) < 0.5) & (np.abs(aside) < lane.width / 2 - 0.1)
                assert not there.any(), (town.layout, x, y)


def test_markings_lie_above_the_asphalt(town: Town) -> None:
    lines = [thing.mesh.corners[..., 2] for thing in town.things if thing.tag == Tag.ROAD_LINE]
    assert lines
    assert all(z.min() > 0.005 for z in lines)


def test_the_same_seed_makes_the_same_town(town: Town) -> None:
    again = town_of(town.layout, town.seed)
    assert len(town.things) == len(again.things)
    for a, b in zip(town.things, again.things, strict=True):
        assert a.tag == b.tag
        np.testing.assert_array_equal(a.mesh.corners, b.mesh.corners)
        np.testing.assert_array_equal(a.mesh.material, b.mesh.material)
    np.testing.assert_array_equal(town.palette.table(), again.palette.table())


def test_another_seed_makes_another_town() -> None:
    first, second = (sum(len(thing.mesh) for thing in town_of("suburb", seed).things) for seed in (1, 2))
    assert first != second


def test_nobody_parks_in_roadworks_and_at_bus_stops() -> None:
    from domainaug_simulators.street.actors import Actors

    town = town_of("city", 1)
    assert len(town.closed) == 3
    assert len(town.stands) == 2
    actors = Actors.of(town, 0, 3.0, 0.3)
    parked = [thing.body.pose[:2, 3] for thing in actors.still if thing.tag == Tag.CAR and thing.body is not None]
    assert len(parked) > 20
    for t, begin, end in town.closed:
        assert not any(abs(y - t) < 1.0 and begin - 2.0 < x < end + 2.0 for x, y in parked)


def test_who_waits_for_the_bus_stands_on_the_sidewalk() -> None:
    town = town_of("city", 1)
    right, left = town.roads[0].width
    walk = next(lane.width for lane, _ in town.roads[0].lanes if lane.kind == "sidewalk")
    assert len(town.stops) == 6
    for _, y, _ in town.stops:
        assert left - walk < y < left or right < y < right + walk


def test_lights_hang_at_every_arm_and_show_what_the_signals_say() -> None:
    town = town_of("junction", 1)
    assert town.signals is not None
    assert sorted(head.group for head in town.heads) == [0, 0, 1, 1]
    shown = {town.signals.aspect(0, time): town.lit(time) for time in (0.0, 10.0, 24.0, 36.0, 50.0)}
    assert len(shown) >= 2
    meshes = [tuple(int(m) for m in things[0].mesh.material) for things in shown.values()]
    assert len(set(meshes)) == len(meshes), "another aspect, other lamps that burn"
