"""Street lamps burn when it is dark, unless a client has switched them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from domainaug_simulators.carla_server.world.episode import Episode
from domainaug_simulators.carla_server.world.lamps import LampState, StreetLamps
from domainaug_simulators.carla_server.world.levels import level_named
from domainaug_simulators.carla_server.world.skies import Sky

DAY, NIGHT = Sky(sun_altitude_angle=45.0), Sky(sun_altitude_angle=-30.0)
LEVEL = level_named("junction")


def burning(lamps: StreetLamps, sky: Sky) -> list[bool]:
    return [lamp.active for lamp in lamps.now(sky)]


def test_every_lamp_hangs_over_a_street_and_has_a_number_of_its_own() -> None:
    assert len({lamp.id for lamp in LEVEL.lamps}) == len(LEVEL.lamps) > 10
    known = {one.id: one.box for one in LEVEL.standing}
    for lamp in LEVEL.lamps:
        assert 5 < lamp.place.z < 10
        assert lamp.intensity > 100
        box = known[lamp.id]
        assert abs(lamp.place.x - box.center.x) < 4
        assert abs(lamp.place.y - box.center.y) < 4


def test_dusk_switches_those_that_nobody_has_switched() -> None:
    lamps = StreetLamps(LEVEL.lamps)
    assert not any(burning(lamps, DAY))
    assert all(burning(lamps, NIGHT))
    first, second = lamps.now(NIGHT)[:2]
    lamps.change([replace(first, active=False), replace(second, color=(9, 8, 7))])
    assert burning(lamps, NIGHT)[:3] == [False, True, True]
    assert burning(lamps, DAY)[:3] == [False, True, False]  # what was set stays
    assert lamps.now(DAY)[1].color == (9, 8, 7)
    lamps.follow_dusk(NIGHT, True)
    assert all(burning(lamps, NIGHT))
    assert lamps.touched == ()


def test_without_dusk_they_stay_as_they_are() -> None:
    lamps = StreetLamps(LEVEL.lamps)
    lamps.follow_dusk(NIGHT, False)
    assert all(burning(lamps, DAY))


def test_lamps_that_there_are_none_of_are_passed_over_and_none_is_moved() -> None:
    lamps = StreetLamps(LEVEL.lamps)
    lamps.change([LampState(7, LEVEL.lamps[0].place, 1.0, (0, 0, 0))])
    assert lamps.touched == ()
    moved = LEVEL.lamps[1].place
    lamps.change([replace(LEVEL.lamps[0], place=moved)])
    assert lamps.touched[0].place == LEVEL.lamps[0].place


def test_pictures_have_the_lamps_that_burn_in_their_colors() -> None:
    pytest.importorskip("numba", reason="the packages of domainaug[street] are not installed")
    from domainaug_simulators.carla_server.sensors.stage import Stage
    from domainaug_simulators.street.town.paints import Paints

    episode = Episode(LEVEL, 1, sky=NIGHT)
    stage = Stage(LEVEL)
    before = stage.scene(episode.frame(1, 0.05))
    first, second = episode.lamps.now(NIGHT)[:2]
    episode.lamps.change([replace(first, active=False), replace(second, color=(0, 255, 0), intensity=3000.0)])
    after = stage.scene(episode.frame(2, 0.05))
    assert len(after.lamps) == len(before.lamps) - 1
    green = [row[6:9].tolist() for row in after.lamps.rows if row[6] == 0]
    assert green == [[0.0, 3.0, 0.0]]
    glass = stage._palette.number(Paints.lamp_glass)
    shown = {number for number in (first.id, second.id) if glass in after.mesh.material[after.instance == number]}
    assert shown == set()
    assert glass in before.mesh.material[before.instance == first.id]
    assert (after.instance == before.instance).all()  # labels are the same
