"""Nobody drives or walks through anybody else, and everybody is where the time says."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street.actors import Actors
from domainaug_simulators.street.mesh import turned
from domainaug_simulators.street.scene import Body, Thing
from domainaug_simulators.street.town.paints import Paints
from domainaug_simulators.street.town.plan import LAYOUTS, Layout, Town, town_of
from domainaug_simulators.street.town.tags import Tag
from numpy.typing import NDArray

town = cache(town_of)


def _outline(body: Body) -> NDArray[np.float64]:
    """The four corners of a body on the ground, (4, 2)."""
    x, y = body.size[0] / 2, body.size[1] / 2
    own = np.array([[x, y, 0, 1], [x, -y, 0, 1], [-x, -y, 0, 1], [-x, y, 0, 1]])
    return (own @ body.pose.T)[:, :2]


def _apart(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    """Whether a line along an edge of either parts two rectangles."""
    for ring in (a, b):
        for axis in (ring[1] - ring[0], ring[2] - ring[1]):
            one, other = a @ axis, b @ axis
            if one.max() < other.min() or other.max() < one.min():
                return True
    return False


def _meetings(things: list[Thing], ego: Body) -> list[tuple[int, int]]:
    """Pairs whose boxes overlap; the vehicle with the sensors has the number 0. Riders sit on what they ride."""
    bodies = [(0, 0, ego), *((thing.instance, thing.tag, thing.body) for thing in things if thing.body is not None)]
    outlines = [_outline(body) for _, _, body in bodies]
    middles = np.array([ring.mean(axis=0) for ring in outlines])
    near = np.abs(middles[:, None] - middles[None]).max(axis=-1) < 14
    out = []
    for i, k in zip(*np.nonzero(np.triu(near, 1)), strict=True):
        (one, tag, _), (other, other_tag, _) = bodies[i], bodies[k]
        seated = Tag.RIDER in (tag, other_tag) and abs(one - other) == 1
        if not seated and not _apart(outlines[i], outlines[k]):
            out.append((one, other))
    return out


def _ego_body(actors: Actors, time: float) -> Body:
    ego = actors.ego(time)
    return Body(turned(ego.yaw, ego.place), (4.7, 1.9, 1.5), ego.velocity)


@pytest.mark.slow
@pytest.mark.parametrize("density", [1.0, 3.0])
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_two_boxes_overlap_at_any_time(layout: Layout, seed: int, density: float) -> None:
    actors = Actors.of(town(layout, 4), seed, density, 0.5)
    for time in (0.0, 3.3, 7.1, 16.0, 26.5, 44.4, 71.7):
        things = actors.at(time)
        assert sum(thing.body is not None for thing in things) > 15
        assert _meetings(things, _ego_body(actors, time)) == [], time


@pytest.mark.parametrize("layout", ["junction", "suburb"])
def test_nobody_stands_in_anybody_at_the_start(layout: Layout) -> None:
    for along in (0.0, 1.0):
        actors = Actors.of(town(layout, 4), 2, 2.0, along)
        assert _meetings(actors.at(0.0), _ego_body(actors, 0.0)) == []


@pytest.mark.slow
@pytest.mark.parametrize("aside", [-1.5, 1.5])
def test_who_drives_beside_its_lane_meets_nobody_either(aside: float) -> None:
    actors = Actors.of(town("city", 1), 0, 2.0, 0.3, aside)
    for time in (0.0, 4.0, 8.0):
        assert [pair for pair in _meetings(actors.at(time), _ego_body(actors, time)) if pair[0] == 0] == []


@pytest.mark.slow
def test_any_order_of_asking_gives_the_same_poses() -> None:
    def told(times: list[float]) -> dict[float, list[tuple[int, bytes]]]:
        actors = Actors.of(town("junction", 4), 1, 1.0, 0.3)
        return {time: [(thing.instance, thing.mesh.corners.tobytes()) for thing in actors.at(time)] for time in times}

    forward, backward = told([0.0, 0.35, 12.0, 31.7]), told([31.7, 12.0, 0.35, 0.0])
    assert forward == backward
    assert forward[0.0] != forward[0.35]


@pytest.mark.slow
def test_numbers_stay_with_who_bears_them_and_the_town_stays_as_it_is() -> None:
    place = town("junction", 4)
    before = len(place.palette.table())
    actors = Actors.of(place, 1, 1.0, 0.3)
    last: dict[int, Thing] = {}
    for time in np.arange(0, 3, 0.5):
        now = {thing.instance: thing for thing in actors.at(float(time)) if thing.instance}
        assert max(now) <= actors.count
        for number, thing in now.items():
            if number in last:
                assert thing.tag == last[number].tag
                assert thing.body is not None
                moved = np.linalg.norm(thing.body.pose[:2, 3] - last[number].body.pose[:2, 3])  # type: ignore[union-attr]
                assert moved < 0.5 * 13
        last = now
    assert len(place.palette.table()) == before


def test_velocities_are_how_boxes_move() -> None:
    actors = Actors.of(town("city", 1), 0, 1.0, 0.3)
    a, b = ({t.instance: t.body for t in actors.at(time) if t.body} for time in (5.0, 5.1))
    moving = [n for n in a if n in b and np.linalg.norm(a[n].velocity) > 3]
    assert len(moving) > 5
    for n in moving:
        went = (b[n].pose[:2, 3] - a[n].pose[:2, 3]) / 0.1
        np.testing.assert_allclose(went, a[n].velocity[:2], atol=0.6)


def test_without_traffic_the_vehicle_with_the_sensors_drives_alone() -> None:
    actors = Actors.of(town("city", 1), 0, 0.0, 0.0)
    assert [thing for thing in actors.at(3.0) if thing.instance] == []
    way = [actors.ego(float(t)).place[0] for t in np.arange(0, 4, 0.5)]
    assert all(after >= before for before, after in pairwise(way))
    assert way[-1] - way[0] > 15


@pytest.mark.slow
def test_wheels_roll_and_lights_are_switched_by_who_brakes_and_turns() -> None:
    actors = Actors.of(town("junction", 4), 0, 2.0, 0.3)
    lit = {name: actors.palette.number(getattr(Paints, name)) for name in ("brake_light", "turning_light")}
    seen = dict.fromkeys(lit, 0)
    for time in np.arange(0.0, 40.0, 4.3):
        for thing, moving in _with_moving(actors, float(time)):
            shines = {name: bool((thing.mesh.material == number).any()) for name, number in lit.items()}
            assert shines["brake_light"] == moving.brakes
            assert shines["turning_light"] == (moving.turn != 0)
            for name in lit:
                seen[name] += shines[name]
    assert all(count > 3 for count in seen.values()), seen


def _with_moving(actors: Actors, time: float) -> list[tuple[Thing, object]]:
    from domainaug_simulators.street.town.casting import Cars

    things = {thing.instance: thing for thing in actors.at(time)}
    first = 1 + len(actors.still)
    moving = actors.cast.traffic.at(time)[1:]
    return [
        (things[first + 2 * i], one)
        for i, (ride, one) in enumerate(zip(actors.cast.rides, moving, strict=True))
        if one is not None and isinstance(ride, Cars)
    ]


def test_who_is_parked_has_no_light() -> None:
    place: Town = town("city", 1)
    actors = Actors.of(place, 0, 1.0, 0.3)
    parked = [thing for thing in actors.still if thing.tag == Tag.CAR]
    assert len(parked) > 20
    lit = [actors.palette.number(paint) for paint in (Paints.headlight, Paints.taillight)]
    assert not any(np.isin(thing.mesh.material, lit).any() or thing.lamps for thing in parked)
