"""Nobody drives or walks through anybody else."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from domainaug_simulators.street.actors import Actors
from domainaug_simulators.street.scene import Body
from domainaug_simulators.street.town.plan import Layout, town_of
from domainaug_simulators.street.town.tags import Tag
from numpy.typing import NDArray


def _outline(body: Body) -> NDArray[np.float64]:
    """The four corners of a body on the ground, (4, 2)."""
    x, y = body.size[0] / 2, body.size[1] / 2
    own = np.array([[x, y, 0, 1], [x, -y, 0, 1], [-x, -y, 0, 1], [-x, y, 0, 1]])
    return (own @ body.pose.T)[:, :2]


def _apart(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    """Whether a line along an edge of either parts two rectangles."""
    for edges in (a, b):
        for begin, end in zip(edges, np.roll(edges, -1, axis=0), strict=True):
            across = np.array([begin[1] - end[1], end[0] - begin[0]])
            if (a @ across).max() < (b @ across).min() or (b @ across).max() < (a @ across).min():
                return True
    return False


@pytest.mark.parametrize(("layout", "seed"), [("junction", 0), ("junction", 1), ("suburb", 2)])
def test_no_two_bodies_overlap_over_ten_seconds(layout: Layout, seed: int) -> None:
    actors = Actors.of(town_of(layout, 4), seed, 1.0, 0.5)
    for time in (0.0, 2.5, 5.0, 7.5, 10.0):
        things = [(thing, _outline(thing.body)) for thing in actors.at(time) if thing.body is not None]
        assert len(things) > 20
        for (one, a), (other, b) in combinations(things, 2):
            seated = Tag.RIDER in (one.tag, other.tag) and abs(one.instance - other.instance) == 1
            if not seated and np.abs(a[0] - b[0]).max() < 16:
                assert _apart(a, b), (time, one.instance, other.instance)
