"""A tour of the official client's classes: each method is answered as CARLA answers it, or refused in a sentence."""

from __future__ import annotations

from typing import Any

from .conftest import Script

TOUR = """
told = {}
def see(name, run):
    try:
        told[name] = run()
    except Exception as error:
        told[name] = f"{type(error).__name__}: {error}"
def ticked(count, then=lambda: None):
    for _ in range(count): world.tick()
    return then()
synchronous(world)
map, points = world.get_map(), world.get_map().get_spawn_points()
car = world.spawn_actor(library.find("vehicle.tesla.model3"), points[40])
walker = world.spawn_actor(library.filter("walker.pedestrian.*")[0],
                           carla.Transform(world.get_random_location_from_navigation()))
world.tick()
"""


def _seen(script: Script, body: str) -> dict[str, Any]:
    return script(TOUR + body + "\ntell(**told)\n")


def test_of_the_world_and_its_map(script: Script) -> None:
    told = _seen(script, """
see("topology", lambda: len(map.get_topology()))
see("waypoints", lambda: len(map.generate_waypoints(5.0)))
see("landmarks", lambda: sorted(mark.id for mark in map.get_all_landmarks()))
see("geolocation", lambda: abs(map.transform_to_geolocation(carla.Location()).latitude) < 1e-9)
see("names", lambda: len(world.get_names_of_all_objects()) == len(world.get_environment_objects()))
see("boxes", lambda: [len(world.get_level_bbs(kind)) > 0 for kind in (
    carla.CityObjectLabel.Buildings, carla.CityObjectLabel.Poles, carla.CityObjectLabel.Roads)])
see("layers", lambda: (world.load_map_layer(carla.MapLayer.Buildings), world.unload_map_layer(carla.MapLayer.All)))
see("ray", lambda: [str(one.label) for one in world.cast_ray(
    points[0].location + carla.Location(z=5), points[0].location - carla.Location(z=5))])
see("drawing", lambda: (world.debug.draw_line(carla.Location(), carla.Location(z=3)),
                        world.debug.draw_string(carla.Location(), "x"), world.debug.draw_point(carla.Location())))
see("spectator", lambda: (world.get_spectator().set_transform(carla.Transform(carla.Location(z=50), carla.Rotation(
    pitch=-90))), ticked(1, lambda: world.get_spectator().get_transform().location.z))[1])
see("gravity", lambda: (world.set_imui_sensor_gravity(9.0), round(world.get_imui_sensor_gravity(), 3))[1])
see("snapshot", lambda: world.get_snapshot().find(car.id).get_transform().location.distance(car.get_location()) < 0.01)
see("nobody", lambda: [world.get_actor(99999), len(world.get_actors([car.id, 99999]))])
see("texture", lambda: world.apply_color_texture_to_object(
    "x", carla.MaterialParameter.Diffuse, carla.TextureColor(4, 4)))
see("recorder", lambda: client.start_recorder("a.log"))
see("replay", lambda: client.replay_file("a.log", 0, 1, 0, False))
see("stop", lambda: (client.stop_recorder(), client.stop_replayer(True)))
see("no map", lambda: client.load_world("Town10HD_Opt"))
see("no town", lambda: client.generate_opendrive_world("<x/>"))
see("no blueprint", lambda: str(library.find("vehicle.nobody.x")))
see("no attribute", lambda: library.find("vehicle.tesla.model3").set_attribute("wings", "2"))
""")  # fmt: skip
    assert told["topology"] > 10
    assert told["waypoints"] > 100
    assert told["landmarks"] == ["200", "201", "202", "203"]
    assert told["geolocation"]
    assert told["names"]
    assert told["boxes"] == [True] * 3
    assert told["layers"] == [None, None]
    assert told["ray"] == ["Roads"]
    assert told["drawing"] == [None] * 3
    assert told["spectator"] == 50.0
    assert told["gravity"] == 9.0
    assert told["snapshot"]
    assert told["nobody"] == [None, 1]
    assert told["texture"] == "RuntimeError: textures cannot be set: the street simulator paints by rules"
    assert told["recorder"].startswith("RuntimeError: the recorder is not served: save positions in the script")
    assert told["replay"] == told["recorder"]
    assert told["stop"] == [None, None]
    assert told["no map"] == "RuntimeError: no map is called 'Town10HD_Opt'; known: city, highway, junction, suburb"
    assert told["no town"].startswith("RuntimeError: map: it begins with <x>")
    assert told["no blueprint"] == "IndexError: blueprint 'vehicle.nobody.x' not found"
    assert told["no attribute"] == "IndexError: attribute 'wings' not found"


def test_of_vehicles(script: Script) -> None:
    told = _seen(script, """
see("kind", lambda: [car.type_id, list(car.semantic_tags), car.is_active, str(car.actor_state)])
see("corners", lambda: len(car.bounding_box.get_world_vertices(car.get_transform())))
see("still", lambda: [one.length() for one in (
    car.get_velocity(), car.get_acceleration(), car.get_angular_velocity())])
see("limit", lambda: [car.get_speed_limit(), str(car.get_traffic_light_state()), car.is_at_traffic_light()])
see("wheels", lambda: [len(car.get_physics_control().wheels), car.get_wheel_steer_angle(
    carla.VehicleWheelLocation.FL_Wheel), str(car.get_failure_state())])
see("constant", lambda: (car.enable_constant_velocity(carla.Vector3D(5, 0, 0)), ticked(
    1, lambda: round(car.get_velocity().length(), 3)), car.disable_constant_velocity())[1])
see("ackermann", lambda: (car.apply_ackermann_control(carla.VehicleAckermannControl(speed=4.0)), ticked(
    60, lambda: round(car.get_velocity().length(), 1)))[1])
see("settings", lambda: car.apply_ackermann_controller_settings(car.get_ackermann_controller_settings()))
see("brake", lambda: (car.apply_control(carla.VehicleControl(brake=1.0)), ticked(
    60, lambda: round(car.get_velocity().length(), 3)))[1])
see("reverse", lambda: (car.apply_control(carla.VehicleControl(throttle=0.5, reverse=True)), ticked(
    30, lambda: [car.get_control().reverse, car.get_transform().inverse_transform_vector(car.get_velocity()).x < -0.5
                 if hasattr(carla.Transform, "inverse_transform_vector") else
                 (lambda v, f: v.x * f.x + v.y * f.y)(car.get_velocity(), car.get_transform().get_forward_vector())
                 < -0.5]))[1])
see("lights", lambda: (car.set_light_state(carla.VehicleLightState.HighBeam), ticked(
    1, lambda: [str(car.get_light_state()), world.get_vehicles_light_states()[car.id]]))[1])
see("pushed", lambda: (car.add_impulse(carla.Vector3D()), car.add_force(carla.Vector3D()), car.add_torque(
    carla.Vector3D()), car.set_target_velocity(carla.Vector3D()), car.set_enable_gravity(True),
    car.set_collisions(True)))
see("parts", lambda: [car.get_bone_names(), car.get_component_names(), car.get_socket_names()])
see("telemetry", lambda: car.get_telemetry_data())
""")  # fmt: skip
    assert told["kind"] == ["vehicle.tesla.model3", [14], True, "Active"]
    assert told["corners"] == 8
    assert told["still"] == [0.0, 0.0, 0.0]
    assert told["limit"] == [50.0, "Green", False]
    assert told["wheels"] == [4, 0.0, "NONE"]
    assert told["constant"] == 5.0
    assert told["ackermann"] == 4.0
    assert told["settings"] is None
    assert told["brake"] == 0.0
    assert told["reverse"] == [True, True]
    assert told["lights"] == ["HighBeam", 4]
    assert told["pushed"] == [None] * 6
    assert told["parts"] == [[], [], []]
    assert told["telemetry"].startswith("RuntimeError: get_telemetry_data is not served by domainaug")


def test_of_people_and_lights(script: Script) -> None:
    told = _seen(script, """
see("walk", lambda: (walker.apply_control(carla.WalkerControl(carla.Vector3D(1, 0, 0), 1.5)), ticked(
    10, lambda: round(walker.get_velocity().length(), 3)))[1])
see("bones", lambda: len(walker.get_bones().bone_transforms))
led = world.spawn_actor(library.find("controller.ai.walker"), carla.Transform(), walker); world.tick()
see("led", lambda: (led.start(), led.go_to_location(world.get_random_location_from_navigation()), led.set_max_speed(
    1.7), ticked(30, lambda: round(walker.get_velocity().length(), 1)), led.stop())[3])
light = world.get_actors().filter("traffic.traffic_light")[0]
stop = light.get_stop_waypoints()[0]
inside = stop.next_until_lane_end(1.0)[-1].next(2.0)[0]
see("times", lambda: [light.get_green_time(), light.get_yellow_time(), light.get_red_time(), light.is_frozen()])
see("state", lambda: (light.set_state(carla.TrafficLightState.Green), light.freeze(True), ticked(
    100, lambda: str(light.get_state())))[2])
see("of the map", lambda: world.get_traffic_light_from_opendrive_id(light.get_opendrive_id()).id == light.id)
before = stop.previous(10.0)[0]
see("ahead", lambda: light.id in [one.id for one in world.get_traffic_lights_from_waypoint(before, 50.0)])
see("sign", lambda: [mark.id for mark in before.get_landmarks(30.0)] == [light.get_opendrive_id()])
see("of the junction", lambda: sorted(
    one.get_opendrive_id() for one in world.get_traffic_lights_in_junction(inside.get_junction().id)))
see("heads", lambda: [len(light.get_light_boxes()), len(light.get_affected_lane_waypoints()) > 0])
see("together", lambda: (light.reset_group(), world.reset_all_traffic_lights(), world.freeze_all_traffic_lights(False)))
""")  # fmt: skip
    assert told["walk"] == 1.5
    assert told["bones"] == 0
    assert told["led"] == 1.7
    assert told["times"] == [10.0, 3.0, 2.0, False]
    assert told["state"] == "Green"
    assert told["of the map"]
    assert told["ahead"]
    assert told["sign"]
    assert told["of the junction"] == ["200", "201", "202", "203"]
    assert told["heads"] == [1, True]
    assert told["together"] == [None] * 3


def test_of_batches_every_command_of_the_client(script: Script) -> None:
    told = _seen(script, """
command = carla.command
see("errors", lambda: [one.error for one in client.apply_batch_sync([
    command.ApplyVehicleControl(car, carla.VehicleControl()),
    command.ApplyVehicleAckermannControl(car, carla.VehicleAckermannControl()),
    command.ApplyWalkerControl(walker, carla.WalkerControl()),
    command.ApplyVehiclePhysicsControl(car, car.get_physics_control()),
    command.ApplyTransform(car, points[5]), command.ApplyWalkerState(walker, walker.get_transform(), 1.0),
    command.ApplyTargetVelocity(car, carla.Vector3D()), command.ApplyTargetAngularVelocity(car, carla.Vector3D()),
    command.ApplyImpulse(car, carla.Vector3D()), command.ApplyForce(car, carla.Vector3D()),
    command.ApplyAngularImpulse(car, carla.Vector3D()), command.ApplyTorque(car, carla.Vector3D()),
    command.SetSimulatePhysics(car, True), command.SetEnableGravity(car, True),
    command.SetAutopilot(car, False, 8561), command.SetVehicleLightState(car, carla.VehicleLightState.NONE),
    command.DestroyActor(walker)], True)])
see("moved", lambda: car.get_location().distance(points[5].location) < 1.0)
""")  # fmt: skip
    assert told["errors"] == [""] * 17
    assert told["moved"]
