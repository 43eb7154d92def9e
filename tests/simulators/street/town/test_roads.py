"""Who walks over a junction steps down where sidewalk ends, and up where it begins again."""

from __future__ import annotations

import numpy as np
import pytest
from domainaug_simulators.street.materials import Palette
from domainaug_simulators.street.mesh import Mesh
from domainaug_simulators.street.rays import rays_of
from domainaug_simulators.street.town.plan import town_of
from domainaug_simulators.street.town.roads import Junction, junction_things


@pytest.mark.parametrize("heading", [0.0, 0.7])
def test_crossed_says_what_the_surfaces_say(heading: float) -> None:
    junction = Junction((4.0, -3.0), heading, (-6.6, 9.9), (-3.3, 3.5), 3.6)
    mesh = Mesh.joined(thing.mesh for thing in junction_things(junction, Palette()))
    draw = np.random.default_rng(0)
    own = draw.uniform([-7.0, -10.1], [6.8, 13.4], (2000, 2))  # about its asphalt and its corners
    turn = np.array([[np.cos(heading), np.sin(heading)], [-np.sin(heading), np.cos(heading)]])
    places = np.array(junction.middle) + own @ turn
    origins = np.concatenate([places, np.full((2000, 1), 5.0)], axis=1).astype(np.float32)
    down = np.broadcast_to(np.array([0, 0, -1], np.float32), origins.shape)
    hits = rays_of(mesh.corners).first(origins, np.ascontiguousarray(down))
    low = hits.distance > 4.99
    told = np.array([junction.crossed(float(x), float(y)) for x, y in places])
    assert 200 < (~told).sum() < 1000
    assert (low != told).mean() < 0.02  # corners are cut into eight straight pieces


def test_people_stand_on_what_is_below_them() -> None:
    town = town_of("junction", 4)
    (middle,) = (junction.middle for junction in town.junctions)
    sidewalk = next(t for lane, t in town.roads[0].lanes if lane.kind == "sidewalk")
    assert town.ground(middle[0], sidewalk) == 0.0
    assert town.ground(middle[0] - 30.0, sidewalk) > 0.1
