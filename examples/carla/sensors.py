"""Sensors on a car, all of one frame: a queue for each, a tick, and whatever belongs to that tick.

python examples/carla/sensors.py --port 2000 --out out/
"""

from __future__ import annotations

import argparse
import queue
from pathlib import Path

import carla

CAMERAS = {
    "rgb": carla.ColorConverter.Raw,
    "depth": carla.ColorConverter.LogarithmicDepth,
    "semantic_segmentation": carla.ColorConverter.CityScapesPalette,
    "instance_segmentation": carla.ColorConverter.Raw,
}


def of_frame(waiting: queue.Queue[carla.SensorData], frame: int) -> carla.SensorData:
    """Return what belongs to a frame; what is older is let go."""
    while (data := waiting.get(timeout=60.0)).frame < frame:
        pass
    assert data.frame == frame, f"frame {frame} is missing"
    return data


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=Path("out"))
    parser.add_argument("--frames", type=int, default=3)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    client = carla.Client(options.host, options.port)
    client.set_timeout(60.0)
    world = client.get_world()
    library = world.get_blueprint_library()
    original = world.get_settings()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.1
    world.apply_settings(settings)
    actors: list[carla.Actor] = []
    queues: dict[str, queue.Queue[carla.SensorData]] = {}

    def hang(name: str, blueprint: carla.ActorBlueprint, place: carla.Transform, car: carla.Actor) -> None:
        sensor = world.spawn_actor(blueprint, place, attach_to=car)
        actors.append(sensor)
        queues[name] = queue.Queue()
        sensor.listen(queues[name].put)

    try:
        car = world.spawn_actor(library.find("vehicle.tesla.model3"), world.get_map().get_spawn_points()[30])
        actors.append(car)
        for kind in CAMERAS:
            blueprint = library.find(f"sensor.camera.{kind}")
            for name, value in (("image_size_x", 320), ("image_size_y", 192), ("fov", 80)):
                blueprint.set_attribute(name, str(value))
            hang(kind, blueprint, carla.Transform(carla.Location(x=1.5, z=1.6)), car)
        for kind in ("gnss", "imu"):
            hang(kind, library.find(f"sensor.other.{kind}"), carla.Transform(), car)

        car.apply_control(carla.VehicleControl(throttle=0.5))
        first = None
        for number in range(options.frames):
            frame = world.tick()
            first = frame if first is None else first
            data = {name: of_frame(waiting, frame) for name, waiting in queues.items()}
            for kind, converter in CAMERAS.items():
                data[kind].save_to_disk(str(options.out / f"{kind}-{number}.png"), converter)
            print(
                f"frame +{frame - first}: {len(CAMERAS)} pictures, "
                f"{data['gnss'].latitude:.6f} N {data['gnss'].longitude:.6f} E, "
                f"{data['imu'].accelerometer.x:.1f} m/s2 forward"
            )
    finally:
        for actor in reversed(actors):
            if isinstance(actor, carla.Sensor):
                actor.stop()
            actor.destroy()
        world.apply_settings(original)
    print(f"{len(list(options.out.glob('*-*.png')))} files in {options.out.name}")


if __name__ == "__main__":
    main()
