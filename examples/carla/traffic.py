"""Ten cars of CARLA's TrafficManager on `domainaug serve-carla`: run it twice, and it prints the same places.

pip install carla, then python traffic.py [PORT].
"""

from __future__ import annotations

import sys

import carla


def main() -> None:
    """Drive for fifteen seconds, and tell where everybody is."""
    client = carla.Client("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
    client.set_timeout(30.0)
    world = client.load_world("junction")
    manager = client.get_trafficmanager(8000)
    manager.set_random_device_seed(7)
    manager.set_synchronous_mode(True)
    original, settings = world.get_settings(), world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
    world.apply_settings(settings)
    points = world.get_map().get_spawn_points()
    model = world.get_blueprint_library().find("vehicle.tesla.model3")
    cars = [world.spawn_actor(model, points[7 * number]) for number in range(10)]
    try:
        for car in cars:
            car.set_autopilot(True, manager.get_port())
        for _ in range(300):
            world.tick()
        for car in cars:
            place = car.get_location()
            print(f"{place.x:9.3f} {place.y:9.3f}  {car.get_velocity().length():5.2f} m/s")
    finally:
        world.apply_settings(original)
        manager.set_synchronous_mode(False)
        manager.shut_down()
        for car in cars:
            car.destroy()


if __name__ == "__main__":
    main()
