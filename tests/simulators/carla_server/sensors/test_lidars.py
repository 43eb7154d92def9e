"""LiDARs of the official client meet what is there, in CARLA's axes."""

from __future__ import annotations

import pytest

from ..conftest import Script


@pytest.mark.slow
def test_points_lie_on_what_is_there(script: Script) -> None:
    told = script(
        """
        import numpy
        synchronous(world)
        client.set_timeout(120.0)
        points = world.get_map().get_spawn_points()
        start = points[30]; way, side = start.get_forward_vector(), start.get_right_vector()
        car = world.spawn_actor(library.find("vehicle.tesla.model3"), start)
        ahead = world.spawn_actor(library.find("vehicle.audi.a2"), carla.Transform(
            start.location + 12 * way - 3.5 * side, start.rotation))
        queues = {}
        sensors = []
        for kind in ("ray_cast", "ray_cast_semantic"):
            blueprint = library.find("sensor.lidar." + kind)
            for name, value in (("channels", 16), ("range", 60), ("points_per_second", 160000),
                                ("rotation_frequency", 20), ("upper_fov", 5), ("lower_fov", -25)):
                blueprint.set_attribute(name, str(value))
            sensors.append(world.spawn_actor(blueprint, carla.Transform(carla.Location(z=2.2)), attach_to=car))
            queues[kind] = queue.Queue()
            sensors[-1].listen(queues[kind].put)
        for _ in range(2):
            frame = world.tick()
            clouds = {kind: one.get(timeout=100) for kind, one in queues.items()}
            assert {one.frame for one in clouds.values()} == {frame}
        plain, named = clouds["ray_cast"], clouds["ray_cast_semantic"]
        rows = numpy.frombuffer(plain.raw_data, numpy.float32).reshape(-1, 4)
        kind = numpy.dtype([("at", "f4", 3), ("cosine", "f4"), ("id", "u4"), ("tag", "u4")])
        every = numpy.frombuffer(named.raw_data, kind)
        its = every[every["id"] == ahead.id]
        matrix = numpy.array(sensors[1].get_transform().get_matrix())
        inward = numpy.array(ahead.get_transform().get_inverse_matrix())
        own = (inward @ matrix @ numpy.c_[its["at"], numpy.ones(len(its))].T).T[:, :3]
        box = ahead.bounding_box
        out = numpy.abs(own - [box.location.x, box.location.y, box.location.z]) - [
            box.extent.x, box.extent.y, box.extent.z]
        road = every["at"][every["tag"] == 1]
        tell(channels=[plain.channels, named.channels], counts=[sum(plain.get_point_count(i) for i in range(16)) ==
             len(plain) == len(rows), sum(named.get_point_count(i) for i in range(16)) == len(named) == len(every)],
             first=named.get_point_count(0) < named.get_point_count(15), share=len(rows) / len(every), its=len(its),
             left=float(its["at"][:, 1].mean()), out=float(out.max()), tags=sorted(set(every["tag"].tolist())),
             car=sorted(set(its["tag"].tolist())), ground=[float(abs(road[:, 2] + 2.2).max()), len(road)],
             fading=float(abs(rows[:, 3] - numpy.exp(-0.004 * numpy.linalg.norm(rows[:, :3], axis=1))).max()),
             cosine=[float(every["cosine"].min()), float(every["cosine"].max())],
             reach=float(numpy.linalg.norm(every["at"], axis=1).max()))
    """,
        seconds=280.0,
    )
    assert told["channels"] == [16, 16]
    assert told["counts"] == [True, True]
    assert told["first"]  # the highest laser meets the least
    assert 0.4 < told["share"] < 0.7  # 45 % are dropped, and more where they are weak
    assert told["its"] > 20
    assert told["left"] == pytest.approx(-3.5, abs=0.8)  # y is to the right
    assert told["out"] < 0.05
    assert told["car"] == [14]
    assert {1, 3} <= set(told["tags"])
    assert told["ground"][0] < 0.1
    assert told["ground"][1] > 500
    assert told["fading"] < 1e-5
    assert 0 <= told["cosine"][0] <= told["cosine"][1] <= 1.0001
    assert told["reach"] <= 60.001


def test_a_lidar_that_is_none_is_refused(script: Script) -> None:
    told = script("""
        blueprint = library.find("sensor.lidar.ray_cast"); blueprint.set_attribute("channels", "0")
        try:
            world.spawn_actor(blueprint, carla.Transform())
        except RuntimeError as error:
            tell(error=str(error))
    """)
    assert "a LiDAR of 0 channels" in told["error"]
