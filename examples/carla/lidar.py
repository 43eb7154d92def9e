"""A LiDAR on a car: the points of a turn by class, and a picture from above.

python examples/carla/lidar.py --port 2000 --out out/
"""

from __future__ import annotations

import argparse
import queue
from pathlib import Path

import carla
import numpy as np
from numpy.typing import NDArray
from PIL import Image

POINT = np.dtype([("x", "f4"), ("y", "f4"), ("z", "f4"), ("cosine", "f4"), ("id", "u4"), ("tag", "u4")])
COLORS = {1: (128, 64, 128), 2: (244, 35, 232), 3: (110, 110, 120), 6: (190, 190, 153), 14: (80, 130, 255),
          15: (80, 130, 255), 24: (230, 230, 120)}  # fmt: skip
REACH, PIXEL = 40.0, 0.125  # meters


def from_above(points: NDArray[np.void]) -> Image.Image:
    """Return points from above, the car's nose up; higher ones over lower ones."""
    size = int(2 * REACH / PIXEL)
    picture = np.full((size, size, 3), 18, np.uint8)
    points = points[np.argsort(points["z"])]
    rows = ((REACH - points["x"]) / PIXEL).astype(int)
    columns = ((REACH + points["y"]) / PIXEL).astype(int)  # y is to the right
    inside = (rows >= 0) & (rows < size) & (columns >= 0) & (columns < size)
    colors = np.array([COLORS.get(int(tag), (230, 120, 60)) for tag in points["tag"]], np.uint8)
    picture[rows[inside], columns[inside]] = colors[inside]
    return Image.fromarray(picture)


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=Path("out"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    client = carla.Client(options.host, options.port)
    client.set_timeout(60.0)
    world = client.get_world()
    library = world.get_blueprint_library()
    original, settings = world.get_settings(), world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.1  # a turn a frame
    world.apply_settings(settings)
    actors: list[carla.Actor] = []
    try:
        start = world.get_map().get_spawn_points()[30]
        actors.append(world.spawn_actor(library.find("vehicle.tesla.model3"), start))
        for on, by in ((12.0, -3.5), (18.0, 0.0)):
            place = start.location + on * start.get_forward_vector() + by * start.get_right_vector()
            other = world.try_spawn_actor(library.find("vehicle.audi.a2"), carla.Transform(place, start.rotation))
            actors += [other] if other is not None else []
        blueprint = library.find("sensor.lidar.ray_cast_semantic")
        for name, value in (("channels", 64), ("range", 80), ("points_per_second", 1_300_000),
                            ("rotation_frequency", 10), ("upper_fov", 5), ("lower_fov", -25)):  # fmt: skip
            blueprint.set_attribute(name, str(value))
        lidar = world.spawn_actor(blueprint, carla.Transform(carla.Location(z=2.2)), attach_to=actors[0])
        actors.append(lidar)
        clouds: queue.Queue[carla.SemanticLidarMeasurement] = queue.Queue()
        lidar.listen(clouds.put)
        frame = world.tick()
        while (cloud := clouds.get(timeout=60.0)).frame < frame:
            pass
        cloud.save_to_disk(str(options.out / "lidar.ply"))
        points = np.frombuffer(cloud.raw_data, POINT)
        from_above(points).save(options.out / "lidar.png")
        print(f"{len(points)} points of {cloud.channels} channels")
        for other in actors[1:-1]:
            its = points[points["id"] == other.id]
            print(f"{other.type_id} {other.id}: {len(its)} points, the nearest {its['x'].min():.1f} m ahead")
    finally:
        for actor in reversed(actors):
            if isinstance(actor, carla.Sensor):
                actor.stop()
            actor.destroy()
        world.apply_settings(original)


if __name__ == "__main__":
    main()
