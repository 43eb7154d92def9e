"""Who would stand in somebody else is left out, for all of a clip."""

from __future__ import annotations

import pytest
from domainaug_simulators.carla_adapter.client.cast import Spot, who_is_away

EGO = Spot(0, 0, 0, 0)
CAR = (4.5, 1.9)


def spot(x: float, y: float, yaw: float = 0.0) -> Spot:
    return Spot(x, y, 0.0, yaw)


@pytest.mark.parametrize(
    ("where", "away"),
    [
        (spot(3, 0), {0}),
        (spot(8, 0), set()),
        (spot(0, 3.5), set()),  # the next lane
        (spot(3.9, 0, 90), {0}),  # across its way
        (spot(3.0, 2.9, 45), {0}),
        (spot(-40, 1), set()),
    ],
)
def test_nobody_stands_in_the_ego_vehicle(where, away):
    assert who_is_away([(EGO, [where])], [CAR]) == away


def test_of_two_the_later_gives_way_in_all_frames():
    apart, together = [spot(20, 0), spot(30, 0)], [spot(26, 0), spot(29, 0)]
    assert who_is_away([(EGO, apart), (EGO, together)], [CAR, CAR]) == {1}


def test_who_is_away_is_in_nobodys_way():
    spots = [spot(2, 0), spot(6.5, 0)]
    assert who_is_away([(EGO, spots)], [CAR, CAR]) == {0}
