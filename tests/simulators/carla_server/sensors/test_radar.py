"""The radar of the official client tells how fast what it meets goes away."""

from __future__ import annotations

import pytest

from ..conftest import Script


@pytest.mark.slow
def test_detections_lie_in_the_cone_and_tell_speeds(script: Script) -> None:
    told = script(
        """
        import numpy
        synchronous(world)
        client.set_timeout(120.0)
        start = world.get_map().get_spawn_points()[30]; way = start.get_forward_vector()
        car = world.spawn_actor(library.find("vehicle.tesla.model3"), start)
        ahead = world.spawn_actor(library.find("vehicle.audi.a2"), carla.Transform(
            start.location + 14 * way, start.rotation))
        blueprint = library.find("sensor.other.radar")
        for name, value in (("horizontal_fov", 40), ("vertical_fov", 20), ("points_per_second", 40000), ("range", 60)):
            blueprint.set_attribute(name, str(value))
        radar = world.spawn_actor(blueprint, carla.Transform(carla.Location(x=2.6, z=0.8)), attach_to=car)
        came = queue.Queue()
        radar.listen(came.put)
        def told_of():
            frame = world.tick(); one = came.get(timeout=100)
            assert one.frame == frame
            return numpy.frombuffer(one.raw_data, numpy.float32).reshape(-1, 4).copy(), one
        stands, _ = told_of()
        ahead.enable_constant_velocity(carla.Vector3D(5, 0, 0))
        for _ in range(3): rows, one = told_of()
        near = abs(rows[:, 1]) < 0.03
        its = rows[near & (abs(rows[:, 2]) < 0.02)]
        tell(still=float(abs(stands[:, 0]).max()), speeds=sorted(its[:, 0].tolist()), count=len(rows),
             gap=ahead.get_location().distance(car.get_location()) - 2.6 - ahead.bounding_box.extent.x,
             away=float(its[:, 3].min()), widest=[float(abs(rows[:, 1]).max()), float(abs(rows[:, 2]).max())],
             same=[one[0].depth == float(rows[0, 3]), one[0].velocity == float(rows[0, 0])])
    """,
        seconds=280.0,
    )
    assert told["still"] == 0
    assert told["speeds"][0] > 4.5  # positive for what goes away
    assert told["speeds"][-1] == pytest.approx(5.0, abs=0.1)
    assert told["count"] > 500
    assert told["away"] == pytest.approx(told["gap"], abs=0.4)
    assert 0.25 < told["widest"][0] < 0.35
    assert 0.12 < told["widest"][1] < 0.18
    assert told["same"] == [True, True]
