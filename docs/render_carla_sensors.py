"""Draw docs/images/carla-sensors.jpg, a frame of every sensor, with CARLA's official client.

domainaug serve-carla --town city --quality high
python docs/render_carla_sensors.py
"""

from __future__ import annotations

import argparse
import math
import os
import queue
from pathlib import Path

import carla
import cv2
import numpy as np

WIDTH, HEIGHT, VIEW = 480, 288, 80.0
BACK, FRONT, SIDE = -14.0, 46.0, 18.0  # meters, edges of the views from above
CAMERAS = ("rgb", "depth", "semantic_segmentation", "instance_segmentation", "normals", "optical_flow", "dvs")
PLACE = carla.Transform(carla.Location(x=1.3, z=1.7))
TOP = carla.Transform(carla.Location(z=2.3))
WEATHERS = {
    "rgb, noon": carla.WeatherParameters.ClearNoon,
    "rgb, hard rain at night": carla.WeatherParameters(
        cloudiness=90, precipitation=80, precipitation_deposits=80, wetness=100, sun_altitude_angle=-30, fog_density=3
    ),
    "rgb, fog in the evening": carla.WeatherParameters(cloudiness=30, sun_altitude_angle=12, fog_density=55),
}


class Stage:
    """A car in traffic, and what its sensors told of the last frame."""

    def __init__(self, world: carla.World) -> None:
        """Put everybody in place and begin to listen."""
        self.world, self.library = world, world.get_blueprint_library()
        self.actors: list[carla.Actor] = []
        self.queues: dict[str, queue.Queue[carla.SensorData]] = {}
        spawns = world.get_map().get_spawn_points()
        start = max(spawns, key=lambda point: self._room(point))
        self.car = self._brought("vehicle.tesla.model3", start, 8.0)
        lane, here = world.get_map().get_waypoint(start.location), start.location
        self._brought("vehicle.carlamotors.carlacola", lane.next(19.0)[0].transform, 6.0)
        self._brought("vehicle.diamondback.century", lane.next(9.0)[0].transform, 6.0)
        left = lane.get_left_lane()
        while left is not None and left.lane_id * lane.lane_id > 0:
            left = left.get_left_lane()
        if left is not None:
            for away, name in ((10.0, "vehicle.mini.cooper_s"), (24.0, "vehicle.volkswagen.t2")):
                self._brought(name, left.previous(away)[0].transform, 9.0)
        forward, right = start.get_forward_vector(), start.get_right_vector()
        for number, (ahead, aside) in enumerate(((9.5, 6.6), (13.0, 7.0), (21.0, 7.4))):
            place = here + ahead * forward + aside * right + carla.Location(z=1.2)
            walker = self._brought(f"walker.pedestrian.{number + 3:04d}", carla.Transform(place, start.rotation), 0.0)
            if walker is not None:
                walker.apply_control(carla.WalkerControl(forward * (1 if number % 2 else -1), 1.4))

    def _room(self, point: carla.Transform) -> float:
        way = self.world.get_map().get_waypoint(point.location).next_until_lane_end(5.0)
        return min(len(way), 16) - abs(len(way) - 24) * 0.05

    def _brought(self, name: str, place: carla.Transform, speed: float) -> carla.Actor | None:
        place.location.z = max(place.location.z, 0.3)
        blueprint = self.library.find(name)
        actor = self.world.try_spawn_actor(blueprint, place)
        if actor is not None:
            self.actors.append(actor)
            if speed:
                actor.enable_constant_velocity(carla.Vector3D(x=speed))
        return actor

    def hang(self, name: str, blueprint: str, place: carla.Transform, **attributes: float) -> None:
        """Hang a sensor on the car, and listen to it."""
        found = self.library.find(blueprint)
        for key, value in attributes.items():
            found.set_attribute(key, str(value))
        sensor = self.world.spawn_actor(found, place, attach_to=self.car)
        self.actors.append(sensor)
        self.queues[name] = queue.Queue()
        sensor.listen(self.queues[name].put)

    def frame(self) -> dict[str, carla.SensorData]:
        """Let a frame pass, and return what belongs to it; the event camera tells nothing of its first."""
        number, told = self.world.tick(), {}
        for name, waiting in sorted(self.queues.items(), key=lambda one: one[0] == "dvs"):
            try:
                while (data := waiting.get(timeout=1.0 if name == "dvs" else 120.0)).frame < number:
                    pass
                told[name] = data
            except queue.Empty:
                if name != "dvs":
                    raise
        return told

    def light(self, on: bool) -> None:
        """Switch the lamps of all vehicles."""
        state = carla.VehicleLightState
        for actor in self.actors:
            if isinstance(actor, carla.Vehicle):
                actor.set_light_state(state(state.Position | state.LowBeam) if on else state.NONE)


def pixels(image: carla.Image) -> np.ndarray:
    """Return blue, green and red."""
    return np.frombuffer(image.raw_data, np.uint8).reshape(image.height, image.width, 4)[..., :3].copy()


def converted(image: carla.Image, converter: carla.ColorConverter) -> np.ndarray:
    """Return an image in colors of the client's own."""
    image.convert(converter)
    return pixels(image)


def numbered(image: carla.Image) -> np.ndarray:
    """Return a color for each thing; what has no number is dark."""
    told = pixels(image).astype(np.int64)
    number = told[..., 1] + 256 * told[..., 0]
    hue = (number * 97 % 180).astype(np.uint8)
    shown = np.dstack([hue, np.full_like(hue, 150), np.where(number > 0, 130 + number * 53 % 110, 30).astype(np.uint8)])
    return cv2.cvtColor(shown, cv2.COLOR_HSV2BGR)


def flowing(flow: carla.OpticalFlowImage) -> np.ndarray:
    """Return the client's colors of a flow, brightened."""
    coded = np.frombuffer(flow.get_color_coded_flow().raw_data, np.uint8).reshape(flow.height, flow.width, 4)[..., :3]
    return np.clip(coded.astype(np.float32) * 1.6, 0, 255).astype(np.uint8)


def events(told: carla.DVSEventArray) -> np.ndarray:
    """Return events: blue for brighter, red for darker."""
    out = np.full((told.height, told.width, 3), 18, np.uint8)
    raw = np.frombuffer(told.raw_data, [("x", "<u2"), ("y", "<u2"), ("t", "<i8"), ("pol", "?")])
    out[raw["y"], raw["x"]] = np.where(raw["pol"][:, None], (255, 190, 70), (70, 80, 255))
    return out


def from_above(points: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Return points (n, 2), x ahead and y right of the sensor, seen from above, the car heading to the right."""
    meter = 2 * WIDTH / (FRONT - BACK)
    out = np.full((2 * HEIGHT, 2 * WIDTH, 3), 20, np.uint8)
    at = np.rint(np.column_stack([points[:, 0] - BACK, points[:, 1] + SIDE]) * meter).astype(int)
    middle = (round(-BACK * meter), round(SIDE * meter))
    for radius in (10, 20, 30, 40):
        cv2.circle(out, middle, round(radius * meter), (55, 55, 55), 2, cv2.LINE_AA)
    for (x, y), color in zip(at.tolist(), colors.tolist(), strict=True):
        if 0 <= x < 2 * WIDTH and 0 <= y < 2 * HEIGHT:
            cv2.circle(out, (x, y), 2, color, -1, cv2.LINE_AA)
    length, width = round(2.4 * meter), round(1.0 * meter)
    corners = (middle[0] - length, middle[1] - width), (middle[0] + length, middle[1] + width)
    cv2.rectangle(out, *corners, (120, 120, 120), -1)
    return cv2.resize(out, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def lidar(told: carla.LidarMeasurement) -> np.ndarray:
    """Return points by their intensity."""
    raw = np.frombuffer(told.raw_data, np.float32).reshape(-1, 4)
    shade = np.rint(np.clip((raw[:, 3] - 0.75) / 0.25, 0, 1) * 255).astype(np.uint8)
    return from_above(raw[:, :2], cv2.applyColorMap(shade[:, None], cv2.COLORMAP_VIRIDIS)[:, 0])


def classes(told: carla.SemanticLidarMeasurement, palette: np.ndarray) -> np.ndarray:
    """Return points by their classes."""
    raw = np.frombuffer(told.raw_data, [("place", "<f4", 3), ("cos", "<f4"), ("object", "<u4"), ("tag", "<u4")])
    return from_above(raw["place"][:, :2], palette[np.minimum(raw["tag"], len(palette) - 1)])


def radar(told: carla.RadarMeasurement, picture: np.ndarray) -> np.ndarray:
    """Return the echoes before the picture: white for what keeps its distance, blue what goes, red what comes."""
    out, focal = (picture * 0.45).astype(np.uint8), WIDTH / 2 / math.tan(math.radians(VIEW) / 2)
    for echo in told:
        x = WIDTH / 2 + focal * math.tan(echo.azimuth)
        y = HEIGHT / 2 - focal * math.tan(echo.altitude) / math.cos(echo.azimuth)
        share = max(-1.0, min(1.0, echo.velocity / 10.0))
        color = (255, 255 - 200 * max(share, 0), 255 - 220 * max(share, 0)) if share > 0 else (
            255 + 220 * share, 255 + 200 * share, 255)  # fmt: skip
        cv2.circle(out, (round(x), round(y)), 2, color, -1, cv2.LINE_AA)
    return out


def titled(tile: np.ndarray, text: str) -> np.ndarray:
    """Return a tile with its title."""
    out = tile.copy()
    (wide, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)
    cv2.rectangle(out, (0, HEIGHT - 22), (wide + 12, HEIGHT), (20, 20, 20), -1)
    cv2.putText(out, text, (6, HEIGHT - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (240, 240, 240), 1, cv2.LINE_AA)
    return out


def drawn(stage: Stage) -> list[np.ndarray]:
    """Return all tiles."""
    size = {"image_size_x": WIDTH, "image_size_y": HEIGHT, "fov": VIEW}
    for name in CAMERAS:
        stage.hang(name, f"sensor.camera.{name}", PLACE, **size)
    turn = {"channels": 64, "range": 60, "points_per_second": 1_600_000, "rotation_frequency": 20, "upper_fov": 8}
    stage.hang("lidar", "sensor.lidar.ray_cast", TOP, **turn)
    stage.hang("classes", "sensor.lidar.ray_cast_semantic", TOP, **turn)
    cone = {"horizontal_fov": 70, "vertical_fov": 30, "points_per_second": 40_000, "range": 80}
    stage.hang("radar", "sensor.other.radar", PLACE, **cone)
    pictures, told = {}, {}
    for title, weather in WEATHERS.items():
        stage.world.set_weather(weather)
        stage.light(weather.sun_altitude_angle < 0)
        for _ in range(3):
            now = stage.frame()
        pictures[title] = pixels(now["rgb"])
        told = told or now
    plain = pixels(told["semantic_segmentation"])[..., 2]
    colored = converted(told["semantic_segmentation"], carla.ColorConverter.CityScapesPalette)
    palette = np.full((40, 3), 90, np.uint8)
    for tag in np.unique(plain):
        palette[tag] = colored[plain == tag][0]
    tiles = {
        **pictures,
        "depth": converted(told["depth"], carla.ColorConverter.LogarithmicDepth),
        "semantic_segmentation": colored,
        "instance_segmentation": numbered(told["instance_segmentation"]),
        "normals": pixels(told["normals"]),
        "optical_flow": flowing(told["optical_flow"]),
        "dvs": events(told["dvs"]),
        "lidar.ray_cast": lidar(told["lidar"]),
        "lidar.ray_cast_semantic": classes(told["classes"], palette),
        "radar": radar(told["radar"], pictures["rgb, noon"]),
    }
    return [titled(tile, title) for title, tile in tiles.items()]


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "images" / "carla-sensors.jpg")
    options = parser.parse_args()
    client = carla.Client("127.0.0.1", options.port)
    client.set_timeout(120.0)
    world = client.get_world()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
    world.apply_settings(settings)
    stage = Stage(world)
    tiles = drawn(stage)
    for actor in reversed(stage.actors):
        actor.destroy()
    settings.synchronous_mode = False
    world.apply_settings(settings)
    sheet = np.vstack([np.hstack(tiles[row : row + 3]) for row in range(0, len(tiles), 3)])
    cv2.imwrite(str(options.out), sheet, [cv2.IMWRITE_JPEG_QUALITY, 84])
    os._exit(0)  # threads of a client that still listens end badly with Python


if __name__ == "__main__":
    main()
