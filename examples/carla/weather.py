"""Weather: CARLA's presets and numbers of one's own, each with a picture from the same place.

python examples/carla/weather.py --port 2000 --out out/
"""

from __future__ import annotations

import argparse
import queue
from pathlib import Path

import carla

WEATHERS = {
    "clear-noon": carla.WeatherParameters.ClearNoon,
    "wet-sunset": carla.WeatherParameters.WetSunset,
    "hard-rain": carla.WeatherParameters.HardRainNoon,
    "fog": carla.WeatherParameters(cloudiness=90.0, fog_density=60.0, fog_distance=5.0, sun_altitude_angle=35.0),
    "night": carla.WeatherParameters(sun_altitude_angle=-30.0, wetness=30.0),
}


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
    before, original = world.get_weather(), world.get_settings()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.1
    world.apply_settings(settings)
    camera = None
    try:
        blueprint = library.find("sensor.camera.rgb")
        for name, value in (("image_size_x", 320), ("image_size_y", 192), ("fov", 80)):
            blueprint.set_attribute(name, str(value))
        start = world.get_map().get_spawn_points()[30]
        camera = world.spawn_actor(blueprint, carla.Transform(start.location + carla.Location(z=1.6), start.rotation))
        pictures: queue.Queue[carla.Image] = queue.Queue()
        camera.listen(pictures.put)
        for name, weather in WEATHERS.items():
            world.set_weather(weather)
            world.tick()  # the weather is there with the next frame
            while not pictures.empty():
                pictures.get()
            frame = world.tick()
            while (picture := pictures.get(timeout=60.0)).frame < frame:
                pass
            picture.save_to_disk(str(options.out / f"weather-{name}.png"))
            values = bytes(picture.raw_data)
            level = sum(values[1::4]) / (picture.width * picture.height)
            told = world.get_weather()
            print(
                f"{name:10}  sun {told.sun_altitude_angle:5.1f}, rain {told.precipitation:5.1f}, "
                f"fog {told.fog_density:4.1f}: mean green {level:5.1f}"
            )
    finally:
        if camera is not None:
            camera.stop()
            camera.destroy()
        world.set_weather(before)
        world.apply_settings(original)


if __name__ == "__main__":
    main()
