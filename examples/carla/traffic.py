"""Traffic: CARLA's TrafficManager drives ten cars; the same seed takes them to the same places.

python examples/carla/traffic.py --port 2000 --seed 7
"""

from __future__ import annotations

import argparse
import hashlib

import carla

MODELS = ("vehicle.tesla.model3", "vehicle.audi.a2", "vehicle.mini.cooper_s")


def spawned(client: carla.Client, world: carla.World, manager: carla.TrafficManager) -> list[carla.Vehicle]:
    """Return ten cars that the manager drives, spawned in one batch."""
    library, points, command = world.get_blueprint_library(), world.get_map().get_spawn_points(), carla.command
    batch = [
        command.SpawnActor(library.find(MODELS[number % len(MODELS)]), points[7 * number]).then(
            command.SetAutopilot(command.FutureActor, True, manager.get_port())
        )
        for number in range(10)
    ]
    answers = client.apply_batch_sync(batch, True)
    for answer in answers:
        if answer.error:
            print(answer.error)
    return [world.get_actor(answer.actor_id) for answer in answers if not answer.error]


def driven(world: carla.World, cars: list[carla.Vehicle], seconds: int) -> list[float]:
    """Return how many meters each car has gone."""
    way, here = [0.0] * len(cars), [car.get_location() for car in cars]
    for _ in range(20 * seconds):
        world.tick()
        for number, car in enumerate(cars):
            there = car.get_location()
            way[number] += there.distance(here[number])
            here[number] = there
    return way


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2000)
    parser.add_argument("--tm-port", type=int, default=8000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=15)
    options = parser.parse_args()

    client = carla.Client(options.host, options.port)
    client.set_timeout(30.0)
    # A map that was just loaded is the same each time: its traffic lights begin anew.
    world = client.load_world(client.get_world().get_map().name)
    manager = client.get_trafficmanager(options.tm_port)
    manager.set_synchronous_mode(True)
    manager.set_random_device_seed(options.seed)
    manager.set_global_distance_to_leading_vehicle(2.5)
    original, settings = world.get_settings(), world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
    world.apply_settings(settings)
    cars: list[carla.Vehicle] = []
    try:
        cars = spawned(client, world, manager)
        manager.ignore_lights_percentage(cars[0], 100.0)
        manager.vehicle_percentage_speed_difference(cars[1], 30.0)
        way = driven(world, cars, options.seconds)
        places = [car.get_location() for car in cars]
        for number, place in enumerate(places):
            print(f"car {number}: {way[number]:6.1f} m, now at {place.x:8.3f} {place.y:8.3f}")
        told = ";".join(f"{place.x:.3f},{place.y:.3f}" for place in places)
        print(f"seed {options.seed}: {hashlib.sha256(told.encode()).hexdigest()[:16]}")
    finally:
        client.apply_batch_sync([carla.command.DestroyActor(car.id) for car in cars], True)
        manager.set_synchronous_mode(False)
        world.apply_settings(original)
        manager.shut_down()


if __name__ == "__main__":
    main()
