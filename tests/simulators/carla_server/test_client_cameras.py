"""Cameras as the official client reads them: pictures, depth, classes, flow, normals, events."""

from __future__ import annotations

import pytest

from .conftest import Script


def test_cameras_show_what_is_there_all_in_the_same_frame(script: Script) -> None:
    """The pattern of CARLA's documentation: cameras on a car, queues, a tick, pictures of that frame."""
    told = script(
        """
        synchronous(world)
        points = world.get_map().get_spawn_points()
        car = world.spawn_actor(library.find("vehicle.tesla.model3"), points[30])
        way = points[30].get_forward_vector()
        ahead = world.spawn_actor(library.find("vehicle.carlamotors.european_hgv"), carla.Transform(
            points[30].location + carla.Location(x=14 * way.x, y=14 * way.y), points[30].rotation))
        queues, cameras = {}, []
        for kind in ("rgb", "depth", "semantic_segmentation", "instance_segmentation"):
            blueprint = library.find("sensor.camera." + kind)
            blueprint.set_attribute("image_size_x", "96"); blueprint.set_attribute("image_size_y", "60")
            blueprint.set_attribute("fov", "70")
            queues[kind] = queue.Queue()
            cameras.append(world.spawn_actor(blueprint, carla.Transform(carla.Location(x=1.5, z=1.6)), attach_to=car))
            cameras[-1].listen(queues[kind].put)
        client.set_timeout(120.0)
        for _ in range(2):
            frame = world.tick()
            images = {kind: one.get(timeout=100) for kind, one in queues.items()}
            assert {image.frame for image in images.values()} == {frame}
        import numpy
        bytes_of = lambda image: numpy.frombuffer(image.raw_data, numpy.uint8).reshape(60, 96, 4)
        rgb, depth, classes, things = (bytes_of(images[kind]) for kind in queues)
        meters = (depth[..., 2] + depth[..., 1] * 256.0 + depth[..., 0] * 65536.0) / (256 ** 3 - 1) * 1000
        own = things[..., 2].astype(int), things[..., 1].astype(int) + 256 * things[..., 0].astype(int)
        tell(size=[images["rgb"].width, images["rgb"].height, images["rgb"].fov], spread=float(rgb[..., :3].std()),
             alpha=int(rgb[..., 3].min()), truck=int(classes[30, 48, 2]), number=int(own[1][30, 48]) == ahead.id,
             share=float((own[1] == ahead.id).mean()), same=bool((own[0] == classes[..., 2]).all()),
             away=float(meters[30, 48]),
             gap=car.get_location().distance(ahead.get_location()) - 1.5 - ahead.bounding_box.extent.x,
             sky=float(meters[classes[..., 2] == 11].min()),
             objects=sorted({int(one) for one in numpy.unique(own[1]) if one >= 40000})[:3],
             known=[one.id & 65535 for one in world.get_environment_objects(carla.CityObjectLabel.Any)])
        path = sys.argv[0] + ".png"
        images["depth"].save_to_disk(path, carla.ColorConverter.LogarithmicDepth)
        import os
        tell(saved=os.path.getsize(path))
        world.set_weather(carla.WeatherParameters.ClearNight); frame = world.tick()
        night = bytes_of(queues["rgb"].get(timeout=100)).copy()
        again = [bytes_of(queues[kind].get(timeout=100)) for kind in list(queues)[1:]]
        tell(darker=float(night[..., :3].mean()) < float(rgb[..., :3].mean()),
             labels=all((a == b).all() for a, b in zip(again, (depth, classes, things))))
    """,
        seconds=280.0,
    )
    assert told["size"] == [96, 60, 70.0]
    assert told["spread"] > 10
    assert told["alpha"] == 255
    assert told["truck"] == 15
    assert told["number"]
    assert 0.03 < told["share"] < 0.5
    assert told["same"]
    assert told["away"] == pytest.approx(told["gap"], abs=0.4)
    assert told["sky"] == pytest.approx(1000.0)
    assert told["objects"]
    assert set(told["objects"]) <= set(told["known"])
    assert told["saved"] > 100
    assert told["darker"]
    assert told["labels"]


def test_flow_is_where_depth_and_the_motion_of_the_camera_put_each_pixel(script: Script) -> None:
    """An oracle of its own: the client's depth, lifted into the world, seen from where the camera was before."""
    told = script(
        """
        import numpy
        synchronous(world)
        W, H = 96, 64
        begin = world.get_map().get_spawn_points()[40]
        begin.location.z = 1.6
        queues, cameras = {}, []
        for kind in ("optical_flow", "depth"):
            blueprint = library.find("sensor.camera." + kind)
            for name, value in (("image_size_x", W), ("image_size_y", H), ("fov", 80)):
                blueprint.set_attribute(name, str(value))
            queues[kind] = queue.Queue()
            cameras.append(world.spawn_actor(blueprint, begin))
            cameras[-1].listen(queues[kind].put)
        client.set_timeout(120.0)
        poses = []
        for turn, pitch, roll, ahead in ((0, 0, 0, 0.0), (1.5, -1, 0.5, 0.7)):
            here = carla.Transform(begin.location + ahead * begin.get_forward_vector(), carla.Rotation(
                begin.rotation.pitch + pitch, begin.rotation.yaw + turn, begin.rotation.roll + roll))
            for camera in cameras: camera.set_transform(here)
            world.tick()
            images = {kind: one.get(timeout=100) for kind, one in queues.items()}
            poses.append(images["depth"].transform)
            flow = numpy.frombuffer(images["optical_flow"].raw_data, numpy.float32).reshape(H, W, 2)
            if not ahead: tell(first=float(abs(flow).max()))
        bgra = numpy.frombuffer(images["depth"].raw_data, numpy.uint8).reshape(H, W, 4).astype(float)
        depth = (bgra[..., 2] + bgra[..., 1] * 256 + bgra[..., 0] * 65536) / (256 ** 3 - 1) * 1000
        focal = W / 2 / math.tan(math.radians(40))
        columns, rows = numpy.meshgrid(numpy.arange(W) + 0.5, numpy.arange(H) + 0.5)
        own = numpy.stack([depth, (columns - W / 2) / focal * depth, -(rows - H / 2) / focal * depth,
                           numpy.ones_like(depth)])
        now = numpy.array(poses[1].get_matrix()) @ own.reshape(4, -1)
        x, y, z, _ = numpy.array(poses[0].get_inverse_matrix()) @ now
        was = numpy.stack([W / 2 + focal * y / x, H / 2 - focal * z / x], -1).reshape(H, W, 2)
        moved = numpy.stack([columns, rows], -1) - was
        told = flow * [W / 2, -H / 2]
        near = depth < 200
        coded = images["optical_flow"].get_color_coded_flow()
        colors = numpy.frombuffer(coded.raw_data, numpy.uint8).reshape(H, W, 4)
        tell(apart=float(abs(told - moved)[near].max()), most=float(abs(moved[near]).max()), near=float(near.mean()),
             size=[coded.width, coded.height], colors=len(numpy.unique(colors[near][:, :3], axis=0)),
             sky=float(abs(told[~near] - told[~near].mean(axis=0)).max()) if (~near).any() else 0.0)
    """,
        seconds=280.0,
    )
    assert told["first"] == 0  # there is no frame before it
    assert told["near"] > 0.3
    assert told["most"] > 3
    assert told["apart"] < 0.05
    assert told["size"] == [96, 64]
    assert told["colors"] > 50


def test_normals_and_events_are_read_by_the_client(script: Script) -> None:
    told = script(
        """
        import numpy
        synchronous(world)
        begin = world.get_map().get_spawn_points()[40]
        begin.location.z = 1.6
        queues, cameras = {}, []
        for kind in ("normals", "semantic_segmentation", "dvs"):
            blueprint = library.find("sensor.camera." + kind)
            for name, value in (("image_size_x", 96), ("image_size_y", 64), ("fov", 80)):
                blueprint.set_attribute(name, str(value))
            queues[kind] = queue.Queue()
            cameras.append(world.spawn_actor(blueprint, begin))
            cameras[-1].listen(queues[kind].put)
        client.set_timeout(120.0)
        begun = world.get_snapshot().timestamp.elapsed_seconds
        for ahead in (0.0, 0.4):
            here = carla.Transform(begin.location + ahead * begin.get_forward_vector(), begin.rotation)
            for camera in cameras: camera.set_transform(here)
            world.tick()
            pictures = [queues[kind].get(timeout=100) for kind in ("normals", "semantic_segmentation")]
        events = queues["dvs"].get(timeout=100)
        normals, classes = (numpy.frombuffer(image.raw_data, numpy.uint8).reshape(64, 96, 4) for image in pictures)
        road = normals[classes[..., 2] == 1]
        x, y, t, up = (numpy.array(getattr(events, "to_array_" + name)()) for name in ("x", "y", "t", "pol"))
        raw = numpy.frombuffer(events.raw_data, [("x", "<u2"), ("y", "<u2"), ("t", "<i8"), ("pol", "?")])
        shown = events.to_image()
        tell(road=[int(one) for one in numpy.median(road, axis=0)], sky=normals[classes[..., 2] == 11][0].tolist(),
             frame=events.frame == pictures[0].frame, count=len(events), inside=bool((x < 96).all() and (y < 64).all()),
             ordered=bool((numpy.diff(t) >= 0).all()), signs=sorted({int(one) for one in up}),
             since=[float(t.min()) / 1e9 - events.timestamp, float(t.max()) / 1e9 - events.timestamp],
             same=bool((raw["x"] == x).all() and (raw["t"] == t).all()), shown=[len(shown), str(type(shown[0]))],
             size=[events.width, events.height, round(events.fov)])
    """,
        seconds=280.0,
    )
    assert told["road"] == [255, 128, 128, 255]  # upward is blue
    assert told["sky"] == [128, 128, 128, 255]
    assert told["frame"]
    assert told["count"] > 100
    assert told["inside"]
    assert told["ordered"]
    assert told["signs"] in ([0, 1], [-1, 1])
    assert told["since"][0] >= -0.05 - 1e-6  # between the frame before and this one
    assert told["since"][1] <= 1e-6
    assert told["same"]
    assert told["shown"] == [64 * 96, "<class 'carla.libcarla.Color'>"]
    assert told["size"] == [96, 64, 80]
