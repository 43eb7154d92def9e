"""Bounding boxes: those of vehicles and of the town, projected into a camera and written as a table.

python examples/carla/boxes.py --port 2000 --out out/
"""

from __future__ import annotations

import argparse
import queue
from pathlib import Path

import carla
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

WIDTH, HEIGHT, VIEW = 480, 288, 80.0
EDGES = ((0, 1), (1, 3), (3, 2), (2, 0), (0, 4), (4, 5), (5, 1), (5, 7), (7, 6), (6, 4), (6, 2), (7, 3))


def intrinsics(width: int, height: int, view: float) -> NDArray[np.float64]:
    """Return the matrix of a camera without distortion; `view` is its horizontal angle in degrees."""
    focal = width / (2.0 * np.tan(np.radians(view) / 2.0))
    return np.array([[focal, 0.0, width / 2.0], [0.0, focal, height / 2.0], [0.0, 0.0, 1.0]])


def projected(
    corners: list[carla.Location], matrix: NDArray[np.float64], to_camera: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return where corners are in the picture, shape (8, 2); None where one is behind the camera.

    Unreal counts x forward, y right, z up; cameras count x right, y down, z forward.
    """
    places = np.array([[corner.x, corner.y, corner.z, 1.0] for corner in corners]) @ to_camera.T
    seen = places[:, [1, 2, 0]] * (1.0, -1.0, 1.0)
    if (seen[:, 2] < 0.1).any():
        return None
    flat: NDArray[np.float64] = seen @ matrix.T
    return flat[:, :2] / flat[:, 2:]


def drawn(picture: carla.Image, ego: carla.Actor, camera: carla.Actor) -> Image.Image:
    """Return a picture with the boxes of all vehicles but one's own, and print where they are."""
    shown = np.frombuffer(picture.raw_data, np.uint8).reshape(HEIGHT, WIDTH, 4)[:, :, 2::-1]
    drawing = Image.fromarray(np.ascontiguousarray(shown))
    pen = ImageDraw.Draw(drawing)
    matrix, to_camera = intrinsics(WIDTH, HEIGHT, VIEW), np.array(picture.transform.get_inverse_matrix())
    for vehicle in camera.get_world().get_actors().filter("vehicle.*"):
        if vehicle.id == ego.id:
            continue
        corners = projected(vehicle.bounding_box.get_world_vertices(vehicle.get_transform()), matrix, to_camera)
        if corners is None:
            continue
        for one, other in EDGES:
            pen.line([tuple(corners[one]), tuple(corners[other])], fill=(255, 60, 60))
        left, top = corners.min(axis=0).clip(0, (WIDTH, HEIGHT))
        right, bottom = corners.max(axis=0).clip(0, (WIDTH, HEIGHT))
        pen.rectangle([left, top, right, bottom], outline=(60, 255, 60))
        away = vehicle.get_location().distance(ego.get_location())
        print(f"{vehicle.type_id:32} {away:5.1f} m  x {left:5.1f} to {right:5.1f}, y {top:5.1f} to {bottom:5.1f}")
    return drawing


def placed(world: carla.World) -> list[carla.Actor]:
    """Return a car and others before it."""
    library, start = world.get_blueprint_library(), world.get_map().get_spawn_points()[30]
    cars = [world.spawn_actor(library.find("vehicle.tesla.model3"), start)]
    ahead, aside = start.get_forward_vector(), start.get_right_vector()
    for name, on, by in (("vehicle.audi.a2", 10, 0), ("vehicle.carlamotors.carlacola", 22, 0),
                         ("vehicle.bmw.grandtourer", 15, -3.5)):  # fmt: skip
        place = start.location + on * ahead + by * aside
        other = world.try_spawn_actor(library.find(name), carla.Transform(place, start.rotation))
        if other is not None:
            cars.append(other)
    return cars


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
    original = world.get_settings()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.1
    world.apply_settings(settings)
    actors: list[carla.Actor] = []
    try:
        actors += placed(world)
        ego = actors[0]
        blueprint = library.find("sensor.camera.rgb")
        for name, value in (("image_size_x", WIDTH), ("image_size_y", HEIGHT), ("fov", VIEW)):
            blueprint.set_attribute(name, str(value))
        camera = world.spawn_actor(blueprint, carla.Transform(carla.Location(x=1.2, z=1.6)), attach_to=ego)
        actors.append(camera)
        pictures: queue.Queue[carla.Image] = queue.Queue()
        camera.listen(pictures.put)
        frame = world.tick()
        while (picture := pictures.get(timeout=60.0)).frame < frame:
            pass

        drawn(picture, ego, camera).save(options.out / "boxes.png")
        for label in (carla.CityObjectLabel.Buildings, carla.CityObjectLabel.Poles):
            print(f"{label}: {len(world.get_level_bbs(label))} boxes in the town")
    finally:
        for actor in reversed(actors):
            if isinstance(actor, carla.Sensor):
                actor.stop()
            actor.destroy()
        world.apply_settings(original)


if __name__ == "__main__":
    main()
