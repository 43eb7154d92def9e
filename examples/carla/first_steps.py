"""First steps with CARLA's client: a world, a car, a ride, and everything put back as it was.

domainaug serve-carla --town junction
python examples/carla/first_steps.py --port 2000
"""

from __future__ import annotations

import argparse

import carla


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2000)
    options = parser.parse_args()

    client = carla.Client(options.host, options.port)
    client.set_timeout(20.0)
    world = client.get_world()
    print(f"client {client.get_client_version()}, server {client.get_server_version()}, {world.get_map().name}")

    original = world.get_settings()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
    world.apply_settings(settings)
    car = None
    try:
        blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
        blueprint.set_attribute("color", "200,30,30")
        start = world.get_map().get_spawn_points()[30]
        car = world.spawn_actor(blueprint, start)
        world.tick()

        spectator = world.get_spectator()
        behind = start.location - 8 * start.get_forward_vector() + carla.Location(z=4)
        spectator.set_transform(carla.Transform(behind, carla.Rotation(pitch=-15, yaw=start.rotation.yaw)))

        car.apply_control(carla.VehicleControl(throttle=0.7))
        for second in range(1, 4):
            for _ in range(20):
                world.tick()
            kmh = 3.6 * car.get_velocity().length()
            print(f"{second} s: {car.get_location().distance(start.location):5.1f} m on, {kmh:4.1f} km/h")

        car.apply_control(carla.VehicleControl(brake=1.0))
        ticks = 0
        while car.get_velocity().length() > 0.1 and ticks < 200:
            world.tick()
            ticks += 1
        print(f"stopped after {0.05 * ticks:.2f} s of braking")

        ahead = world.get_map().get_waypoint(car.get_location()).next(5.0)[0]
        car.set_simulate_physics(False)
        car.set_transform(carla.Transform(ahead.transform.location + carla.Location(z=0.1), ahead.transform.rotation))
        world.tick()
        print(f"moved 5 m along lane {ahead.lane_id} of road {ahead.road_id}")
    finally:
        if car is not None:
            car.destroy()
        world.apply_settings(original)
    world.wait_for_tick()
    print(f"vehicles left: {len(world.get_actors().filter('vehicle.*'))}")


if __name__ == "__main__":
    main()
