"""The official client, unmodified, does what CARLA's documentation shows: each script in a process of its own."""

from __future__ import annotations

import math

import pytest
from domainaug_simulators.carla_server.server import CarlaServer

from .conftest import Script


def test_a_client_finds_version_maps_and_blueprints(script: Script) -> None:
    told = script("""
        tell(server=client.get_server_version(), own=client.get_client_version(), maps=client.get_available_maps(),
             name=world.get_map().name, spawns=len(world.get_map().get_spawn_points()),
             vehicles=len(library.filter("vehicle.*")), walkers=len(library.filter("walker.pedestrian.*")),
             four=len([x for x in library.filter("vehicle.*") if int(x.get_attribute("number_of_wheels")) == 4]),
             model3=len(library.filter("model3")), colors=library.find("vehicle.tesla.model3").get_attribute(
                 "color").recommended_values[:1],
             rgb=[str(library.find("sensor.camera.rgb").get_attribute(x)) for x in ("image_size_x", "fov")])
    """)
    assert told["server"] == told["own"] == "0.9.16"
    assert told["maps"] == [f"/Game/Carla/Maps/{name}" for name in ("city", "highway", "junction", "suburb")]
    assert told["name"] == "Carla/Maps/junction"
    assert told["spawns"] > 100
    assert (told["vehicles"], told["walkers"], told["four"], told["model3"]) == (41, 52, 34, 1)
    assert told["colors"] == ["255,255,255"]


def test_vehicles_are_spawned_driven_and_destroyed(script: Script) -> None:
    told = script("""
        synchronous(world)
        begin = world.get_map().get_spawn_points()[40]
        car = world.spawn_actor(library.find("vehicle.tesla.model3"), begin)
        twice = world.try_spawn_actor(library.find("vehicle.audi.tt"), begin)
        try:
            world.spawn_actor(library.find("vehicle.audi.tt"), begin)
        except RuntimeError as error:
            tell(error=str(error))
        world.tick()
        car.apply_control(carla.VehicleControl(throttle=0.6))
        frames = [world.tick() for _ in range(40)]
        before = car.get_transform()
        tell(gone=begin.location.distance(before.location), speed=car.get_velocity().length(), twice=twice is None,
             acceleration=car.get_acceleration().length(), frames=frames, throttle=car.get_control().throttle,
             gear=car.get_control().gear, box=car.bounding_box.extent.x, kind=car.type_id,
             role=car.attributes["role_name"], limit=car.get_speed_limit(),
             wheels=len(car.get_physics_control().wheels),
             listed=[a.id for a in world.get_actors().filter("vehicle.*")] == [car.id])
        car.set_transform(begin); world.tick()
        tell(back=begin.location.distance(car.get_location()))
        destroyed = car.destroy(); world.tick()
        tell(destroyed=destroyed, left=len(world.get_actors().filter("vehicle.*")), alive=car.is_alive)
    """)
    assert told["error"] == "Spawn failed because of collision at spawn position"
    assert told["twice"]
    assert 2 < told["gone"] < 15
    assert told["speed"] > 2
    assert told["acceleration"] > 1
    assert told["frames"] == list(range(told["frames"][0], told["frames"][0] + 40))
    assert told["throttle"] == pytest.approx(0.6)
    assert told["gear"] == 1
    assert told["box"] == pytest.approx(4.79 / 2)
    assert (told["kind"], told["role"], told["limit"], told["wheels"]) == ("vehicle.tesla.model3", "autopilot", 50.0, 4)
    assert told["listed"]
    assert told["back"] < 1.0
    assert told["destroyed"]
    assert told["left"] == 0
    assert not told["alive"]


def test_sensors_hang_on_vehicles_with_all_six_degrees_of_freedom(script: Script) -> None:
    told = script("""
        synchronous(world)
        car = world.spawn_actor(library.find("vehicle.tesla.model3"), world.get_map().get_spawn_points()[40])
        mount = carla.Transform(carla.Location(x=1.2, y=-0.4, z=1.6), carla.Rotation(pitch=-12, yaw=33, roll=5))
        gnss = world.spawn_actor(library.find("sensor.other.gnss"), mount, attach_to=car)
        imu = world.spawn_actor(library.find("sensor.other.imu"), mount, attach_to=car,
                                attachment_type=carla.AttachmentType.Rigid)
        places, turns = queue.Queue(), queue.Queue()
        gnss.listen(places.put); imu.listen(turns.put)
        car.apply_control(carla.VehicleControl(throttle=0.5, steer=0.2))
        for _ in range(20):
            frame = world.tick()
            place, turn = places.get(timeout=5), turns.get(timeout=5)
            assert place.frame == turn.frame == frame, (place.frame, turn.frame, frame)
        import numpy
        whole = numpy.array(car.get_transform().get_matrix()) @ numpy.array(mount.get_matrix())
        own = numpy.array(gnss.get_transform().get_matrix())
        globe = world.get_map().transform_to_geolocation(gnss.get_location())
        tell(apart=float(abs(whole - own).max()), parent=gnss.parent.id == car.id,
             heads=float(abs(numpy.array(place.transform.get_matrix()) - own).max()),
             globe=[place.latitude - globe.latitude, place.longitude - globe.longitude],
             gravity=turn.accelerometer.length(), turning=turn.gyroscope.length(), compass=turn.compass)
        gnss.stop(); gnss.destroy()
        count = len(world.get_actors().filter("sensor.*"))
        car.destroy(); world.tick()
        tell(sensors=len(world.get_actors().filter("sensor.*")))
    """)
    assert told["apart"] < 1e-3
    assert told["heads"] < 1e-3
    assert told["parent"]
    assert max(map(abs, told["globe"])) < 1e-7
    assert 9.7 < told["gravity"] < 15  # it turns
    assert told["turning"] > 0.05
    assert told["sensors"] == 0  # what hangs on a vehicle goes with it


def test_time_waits_in_synchronous_mode_and_runs_in_the_other(script: Script, server: CarlaServer) -> None:
    told = script("""
        original = world.get_settings()
        first = world.wait_for_tick(); second = world.wait_for_tick()
        tell(free=second.frame - first.frame, delta=second.timestamp.delta_seconds)
        synchronous(world, 0.1)
        before = world.get_snapshot().frame
        time.sleep(0.5)
        still = world.get_snapshot().frame
        ticked = world.tick()
        snapshot = world.get_snapshot()
        seen = []
        number = world.on_tick(lambda snapshot: seen.append(snapshot.frame))
        world.tick(); world.tick(); time.sleep(0.2)
        world.remove_on_tick(number)
        tell(waited=still - before, ticked=ticked - before, same=snapshot.frame == ticked,
             fixed=snapshot.timestamp.delta_seconds,
             seen=[frame - ticked for frame in seen])
        world.apply_settings(original)
        last = world.wait_for_tick().frame
        tell(again=world.get_settings().synchronous_mode, runs=world.wait_for_tick().frame > last)
    """)
    assert told["free"] >= 1
    assert 0 < told["delta"] <= 0.2
    assert (told["waited"], told["ticked"]) == (0, 1)
    assert told["same"]
    assert told["fixed"] == pytest.approx(0.1)
    assert told["seen"] == [1, 2]
    assert told["again"] is False
    assert told["runs"]
    assert not server.desk.settings.synchronous


def test_weather_is_set_and_told_back(script: Script, server: CarlaServer) -> None:
    told = script("""
        synchronous(world)
        names = [x for x in dir(world.get_weather()) if isinstance(getattr(world.get_weather(), x), float)]
        own = carla.WeatherParameters(cloudiness=80.0, precipitation=30.0, sun_altitude_angle=70.0, fog_density=20.0)
        for weather in (own, carla.WeatherParameters.WetCloudySunset):
            world.set_weather(weather); world.tick()
            assert world.get_weather() == weather
        tell(count=len(names))
    """)
    assert told["count"] == 14
    assert server.desk.episode.sky.sun_altitude_angle == pytest.approx(15.0)


def test_batches_spawn_control_and_destroy(script: Script) -> None:
    told = script("""
        synchronous(world)
        command, points = carla.command, world.get_map().get_spawn_points()
        model = library.find("vehicle.tesla.model3")
        spawn = [command.SpawnActor(model, point).then(command.ApplyVehicleControl(
            command.FutureActor, carla.VehicleControl(throttle=1.0))) for point in (points[3], points[9], points[3])]
        first = client.apply_batch_sync(spawn, True)
        ids = [answer.actor_id for answer in first if not answer.error]
        for _ in range(10): world.tick()
        cars = world.get_actors(ids)
        tell(errors=[answer.error for answer in first], speeds=[car.get_velocity().length() for car in cars])
        answers = client.apply_batch_sync([command.ApplyTransform(ids[0], points[30]),
            command.ApplyTargetVelocity(ids[1], carla.Vector3D(0, 0, 0)), command.SetSimulatePhysics(ids[1], False),
            command.SetVehicleLightState(ids[0], carla.VehicleLightState.LowBeam), command.DestroyActor(999999)], True)
        tell(second=[answer.error for answer in answers], moved=cars[0].get_location().distance(points[30].location),
             lights=int(cars[0].get_light_state()), still=cars[1].get_velocity().length())
        client.apply_batch([command.DestroyActor(number) for number in ids]); world.tick()
        tell(left=len(world.get_actors().filter("vehicle.*")))
    """)
    assert told["errors"] == ["", "", "Spawn failed because of collision at spawn position"]
    assert all(speed > 1 for speed in told["speeds"])
    assert told["second"][:4] == [""] * 4
    assert "999999" in told["second"][4]
    assert told["moved"] < 2
    assert told["lights"] == 2
    assert told["still"] == 0
    assert told["left"] == 0


def test_traffic_lights_take_turns_and_hold_those_before_them(script: Script) -> None:
    told = script("""
        synchronous(world)
        lights = list(world.get_actors().filter("traffic.traffic_light"))
        states = lambda: sorted(str(light.state) for light in lights)
        seen = []
        for light in lights:
            light.set_green_time(2.0); light.set_yellow_time(1.0); light.set_red_time(0.5)
        for _ in range(160):
            world.tick()
            if not seen or seen[-1] != states(): seen.append(states())
        tell(turns=seen, groups=[len(light.get_group_traffic_lights()) for light in lights],
             stops=[len(light.get_stop_waypoints()) for light in lights], times=lights[0].get_green_time())
        light = lights[0]
        light.set_state(carla.TrafficLightState.Red); light.freeze(True)
        way = light.get_stop_waypoints()[0].transform
        landmark = [mark for mark in world.get_map().get_all_landmarks() if mark.id == light.get_opendrive_id()][0]
        place = light.get_transform().transform(light.trigger_volume.location)
        ahead = way.get_forward_vector()
        car = world.spawn_actor(library.find("vehicle.tesla.model3"), carla.Transform(carla.Location(
            way.location.x + 4 * ahead.x, way.location.y + 4 * ahead.y, 0.5), way.rotation))
        for _ in range(80): world.tick()
        tell(frozen=str(light.state), at=car.is_at_traffic_light(), state=str(car.get_traffic_light_state()),
             which=car.get_traffic_light().id == light.id if car.is_at_traffic_light() else None,
             mark=world.get_traffic_light(landmark).id == light.id)
        world.reset_all_traffic_lights()
    """)
    green, yellow, red = (["Green"] * 2 + ["Red"] * 2, ["Red"] * 2 + ["Yellow"] * 2, ["Red"] * 4)
    assert told["turns"][:5] == [green, yellow, red, green, yellow]
    assert told["groups"] == [4] * 4
    assert all(told["stops"])
    assert told["times"] == 2.0
    assert told["frozen"] == "Red"
    assert told["at"]
    assert told["state"] == "Red"
    assert told["which"]
    assert told["mark"]


def test_people_walk_by_command_and_by_their_controllers(script: Script) -> None:
    """The pattern of CARLA's own traffic example: places from the navigation, a controller each, a target."""
    told = script("""
        synchronous(world)
        world.set_pedestrians_seed(3)
        spots = [world.get_random_location_from_navigation() for _ in range(8)]
        command, people = carla.command, library.filter("walker.pedestrian.*")
        walkers = [a.actor_id for a in client.apply_batch_sync([command.SpawnActor(people[i], carla.Transform(
            spot + carla.Location(z=1.0))) for i, spot in enumerate(spots)], True) if not a.error]
        controllers = [a.actor_id for a in client.apply_batch_sync([command.SpawnActor(
            library.find("controller.ai.walker"), carla.Transform(), number) for number in walkers], True)]
        world.tick()
        begin = {number: world.get_actor(number).get_location() for number in walkers}
        for number in controllers:
            controller = world.get_actor(number)
            controller.start()
            controller.go_to_location(world.get_random_location_from_navigation())
            controller.set_max_speed(1.4)
        for _ in range(100): world.tick()
        ways = [world.get_actor(number).get_location().distance(begin[number]) for number in walkers]
        heights = [world.get_actor(number).get_location().z for number in walkers]
        speeds = [world.get_actor(number).get_velocity().length() for number in walkers]
        tell(ways=ways, heights=heights, speeds=speeds)
        for number in controllers: world.get_actor(number).stop()
        client.apply_batch_sync([command.DestroyActor(number) for number in walkers + controllers], True)
        spot = world.get_random_location_from_navigation()
        own = world.spawn_actor(people[0], carla.Transform(spot + carla.Location(z=1.0)))
        own.apply_control(carla.WalkerControl(direction=carla.Vector3D(0, 1, 0), speed=2.0))
        world.tick(); before = own.get_location()
        for _ in range(10): world.tick()
        after = own.get_location()
        tell(commanded=[after.x - before.x, after.y - before.y], yaw=own.get_transform().rotation.yaw)
    """)
    assert len(told["ways"]) >= 6
    assert sum(way > 3 for way in told["ways"]) >= len(told["ways"]) - 1  # one may have met another
    assert all(0.9 < z < 1.1 for z in told["heights"])
    assert max(told["speeds"]) == pytest.approx(1.4, abs=0.1)
    assert told["commanded"] == pytest.approx([0.0, 1.0], abs=1e-3)
    assert told["yaw"] == pytest.approx(90.0)


def test_collisions_lane_invasions_and_obstacles_are_told(script: Script) -> None:
    told = script("""
        synchronous(world)
        points = world.get_map().get_spawn_points()
        begin = points[0]
        ahead = begin.get_forward_vector()
        hit, crossed, near = [], [], []
        car = world.spawn_actor(library.find("vehicle.tesla.model3"), points[30])
        way = points[30].get_forward_vector()
        other = world.spawn_actor(library.find("vehicle.audi.a2"), carla.Transform(
            points[30].location + carla.Location(x=18 * way.x, y=18 * way.y), points[30].rotation))
        touch = world.spawn_actor(library.find("sensor.other.collision"), carla.Transform(), attach_to=car)
        lanes = world.spawn_actor(library.find("sensor.other.lane_invasion"), carla.Transform(), attach_to=car)
        look = world.spawn_actor(library.find("sensor.other.obstacle"), carla.Transform(carla.Location(x=2.5, z=0.8)),
                                 attach_to=car)
        touch.listen(hit.append); lanes.listen(crossed.append); look.listen(near.append)
        car.apply_control(carla.VehicleControl(throttle=1.0))
        for _ in range(80): world.tick()
        time.sleep(0.3)
        tell(hit=[hit[0].other_actor.id == other.id, hit[0].actor.id == car.id, hit[0].normal_impulse.length()],
             apart=car.get_location().distance(other.get_location()), speed=car.get_velocity().length(),
             near=[near[0].other_actor.id == other.id, near[0].distance, min(one.distance for one in near)])
        other.destroy()
        car.apply_control(carla.VehicleControl(throttle=0.5, steer=0.25))
        hit.clear()
        for _ in range(120): world.tick()
        time.sleep(0.3)
        tell(crossed=[str(mark.type) for event in crossed for mark in event.crossed_lane_markings],
             static=hit[0].other_actor.type_id if hit else None)
    """)
    assert told["hit"][:2] == [True, True]
    assert told["hit"][2] > 1000  # newton seconds
    assert 4.0 < told["apart"] < 5.5
    assert told["speed"] == 0
    assert told["near"][0]
    assert told["near"][1] <= 5.0
    assert told["near"][2] < 1.5
    assert told["crossed"]
    assert told["static"].startswith("static.")


def test_the_level_tells_its_boxes_and_what_rays_meet(script: Script) -> None:
    told = script("""
        boxes = world.get_level_bbs(carla.CityObjectLabel.Buildings)
        every = world.get_environment_objects(carla.CityObjectLabel.Any)
        spawn = world.get_map().get_spawn_points()[0].location
        down = world.ground_projection(carla.Location(spawn.x, spawn.y, 5.0), 10.0)
        side = world.project_point(carla.Location(spawn.x, spawn.y, 1.5), carla.Vector3D(0, 1, 0), 60.0)
        world.enable_environment_objects({every[0].id}, False)
        spectator = world.get_spectator()
        spectator.set_transform(carla.Transform(carla.Location(1, 2, 30), carla.Rotation(-90, 20, 0)))
        world.wait_for_tick(); world.wait_for_tick()
        tell(houses=len(boxes), kinds=sorted({str(one.type) for one in every}), ground=down.location.z,
             label=str(down.label), side=str(side.label), spectator=spectator.get_transform().rotation.pitch)
    """)
    assert told["houses"] > 20
    assert {"Buildings", "Poles", "Roads", "Sidewalks"} <= set(told["kinds"])
    assert told["ground"] == pytest.approx(0.0, abs=1e-5)
    assert told["label"] == "Roads"
    assert told["side"] != "NONE"
    assert told["spectator"] == pytest.approx(-90.0)


def test_another_map_is_loaded_even_while_a_traffic_manager_drives(script: Script) -> None:
    told = script(
        """
        names = []
        manager = client.get_trafficmanager(int(sys.argv[2]))
        car = world.spawn_actor(library.find("vehicle.tesla.model3"), world.get_map().get_spawn_points()[0])
        car.set_autopilot(True, manager.get_port())
        for _ in range(5): world.wait_for_tick()
        for name in ("suburb", "junction"):
            world = client.load_world(name)
            names.append((world.get_map().name, world.get_snapshot().frame > 0,
                          len(world.get_actors().filter("vehicle.*"))))
        brought = client.generate_opendrive_world(world.get_map().to_opendrive())
        names.append((brought.get_map().name, True, len(brought.get_actors().filter("traffic.*"))))
        try:
            client.load_world("Town03")
        except RuntimeError as error:
            tell(error=str(error))
        client.load_world("junction")
        tell(names=names)
    """,
        "8411",
    )
    assert told["names"] == [
        ["Carla/Maps/suburb", True, 0], ["Carla/Maps/junction", True, 0], ["Carla/Maps/OpenDriveMap", True, 4],
    ]  # fmt: skip
    assert "no map is called 'Town03'" in told["error"]


TRAFFIC = """
    port = int(sys.argv[2])
    world = client.load_world("junction")
    manager = client.get_trafficmanager(port)
    manager.set_random_device_seed(7)
    manager.set_synchronous_mode(True)
    synchronous(world)
    library = world.get_blueprint_library()
    points, model = world.get_map().get_spawn_points(), library.find("vehicle.tesla.model3")
    cars = [world.spawn_actor(model, points[7 * number]) for number in range(10)]
    hits = []
    collision = library.find("sensor.other.collision")
    touch = [world.spawn_actor(collision, carla.Transform(), attach_to=car) for car in cars]
    for sensor in touch: sensor.listen(lambda event: hits.append(event.other_actor.type_id))
    for car in cars: car.set_autopilot(True, port)
    world.tick()
    begin, gone, ran = [car.get_location() for car in cars], [0.0] * 10, 0
    for _ in range(400):
        world.tick()
        for number, car in enumerate(cars):
            here = car.get_location()
            gone[number] += here.distance(begin[number]); begin[number] = here
    settings = world.get_settings(); settings.synchronous_mode = False; world.apply_settings(settings)
    manager.set_synchronous_mode(False); manager.shut_down()
    tell(ends=[[round(place.x, 3), round(place.y, 3)] for place in begin], gone=gone, hits=hits)
"""


def test_the_traffic_manager_drives_ten_cars_twice_the_same(script: Script) -> None:
    first, second = script(TRAFFIC, "8421"), script(TRAFFIC, "8431")
    assert first["ends"] == second["ends"]
    assert sum(way > 40 for way in first["gone"]) >= 7  # the others wait at red
    assert first["hits"] == []


def test_what_is_not_served_is_refused_in_a_sentence_and_logged_once(
    script: Script, server: CarlaServer, caplog: pytest.LogCaptureFixture
) -> None:
    told = script("""
        errors = []
        car = world.spawn_actor(library.find("vehicle.tesla.model3"), world.get_map().get_spawn_points()[0])
        for _ in range(2):
            for run in (lambda: client.start_recorder("x.log"), car.get_telemetry_data):
                try:
                    run()
                except RuntimeError as error:
                    errors.append(str(error))
        tell(errors=errors, still=client.get_server_version())
    """)
    assert len(told["errors"]) == 4
    assert "recorder is not served" in told["errors"][0]
    assert "get_telemetry_data is not served" in told["errors"][1]
    assert told["still"] == "0.9.16"
    assert sum("get_telemetry_data" in record.message for record in caplog.records) <= 1


def test_a_client_that_dies_leaves_no_sockets_and_no_port_behind(script: Script, server: CarlaServer) -> None:
    import time

    for _ in range(2):
        told = script("""
            import os
            car = world.spawn_actor(library.find("vehicle.tesla.model3"), world.get_map().get_spawn_points()[0])
            gnss = world.spawn_actor(library.find("sensor.other.gnss"), carla.Transform(), attach_to=car)
            gnss.listen(lambda one: None)
            manager = client.get_trafficmanager(8441)
            tell(port=manager.get_port())
            car.destroy()
            sys.stdout.flush()
            os._exit(0)
        """)
        assert told["port"] == 8441
    end = time.monotonic() + 10
    while (server.rpc.clients or server.streams.readers or server.desk.managers) and time.monotonic() < end:
        time.sleep(0.05)
    assert (server.rpc.clients, server.streams.readers, server.desk.managers) == (0, 0, {})


def test_two_clients_see_one_world(script: Script) -> None:
    told = script("""
        second = carla.Client("127.0.0.1", PORT); second.set_timeout(20.0)
        other = second.get_world()
        car = world.spawn_actor(library.find("vehicle.tesla.model3"), world.get_map().get_spawn_points()[0])
        other.wait_for_tick(); other.wait_for_tick()
        found = other.get_actor(car.id)
        tell(same=found.type_id == car.type_id, apart=found.get_location().distance(car.get_location()))
    """)
    assert told["same"]
    assert math.isfinite(told["apart"])
    assert told["apart"] < 1.0


def test_street_lamps_are_switched_by_the_light_manager(script: Script) -> None:
    told = script("""
        synchronous(world)
        second = carla.Client("127.0.0.1", PORT); second.set_timeout(20.0)
        others = second.get_world().get_lightmanager()
        street = carla.LightGroup.Street
        manager = world.get_lightmanager()
        def ticked():
            world.tick(); world.tick(); time.sleep(0.3)  # changes are sent with a tick, and told with the next
        on = lambda lights: len(lights.get_turned_on_lights(street))
        ticked()
        count = len(manager.get_all_lights())
        tell(count=count, noon=on(manager))
        world.set_weather(carla.WeatherParameters.ClearNight); ticked()
        tell(night=on(manager) == count)
        lamps = manager.get_all_lights(street)
        manager.turn_off(lamps[:3])
        manager.set_color([lamps[4]], carla.Color(10, 200, 30)); manager.set_intensity([lamps[4]], 250.0)
        ticked()
        other = {light.id: light for light in others.get_all_lights(street)}[lamps[4].id]
        tell(off=[on(manager) - count, on(others) - count], intensity=other.intensity,
             color=[other.color.r, other.color.g, other.color.b])
        manager.set_intensity([lamps[4]], -1.0); ticked()  # refused, and the client does not wait for the answer
        tell(still={light.id: light for light in others.get_all_lights(street)}[lamps[4].id].intensity)
        manager.set_day_night_cycle(False)
        world.set_weather(carla.WeatherParameters.ClearNoon); ticked()
        tell(kept=on(others) - count)
        manager.set_day_night_cycle(True); ticked()
        tell(day=on(others))
    """)
    assert told["count"] > 10
    assert told["noon"] == 0
    assert told["night"]
    assert told["off"] == [-3, -3]
    assert told["intensity"] == told["still"] == 250.0
    assert told["color"] == [10, 200, 30]
    assert told["kept"] == -3
    assert told["day"] == 0
