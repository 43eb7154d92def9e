"""Draws docs/images/photograph-weather.jpg: one picture by day and its depth, and what the transforms make of it.

python docs/render_photograph_weather.py

The picture comes from the street simulator, so that it is ours to show; the transforms know no more of it than they
would know of a photograph with a depth map.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.film import Film, developed
from domainaug_simulators.street.labels import labels_of
from domainaug_simulators.street.render import QUALITIES, Light, radiance_of
from domainaug_simulators.street.sampling import central
from domainaug_simulators.street.scene import Scene, Thing
from domainaug_simulators.street.sky import sky_of
from domainaug_simulators.street.town.plan import town_of
from domainaug_simulators.street.town.vehicles import KINDS, vehicle
from PIL import Image, ImageDraw, ImageFont

from domainaug.driving.pinhole import Pinhole
from domainaug.transforms import Fog, LensDrops, NightLike, RainInAir, SnowInAir, SunGlare, WetRoad

WIDTH, HEIGHT, VIEW = 640, 360, 75.0
OUT = Path(__file__).parent / "images" / "photograph-weather.jpg"


def photograph() -> tuple[np.ndarray, np.ndarray]:
    """Return a street by day, and depth in meters, inf for the sky."""
    town = town_of("city", 1)
    things, draw, road = [*town.things, *town.lit(0.0)], np.random.default_rng(4), town.roads[0]
    middle = [m for lane, m in road.lanes if lane.kind == "driving" and lane.forward][-1]
    start = town.ahead[0] + 5
    for number, (lane, across) in enumerate(road.lanes):
        if lane.kind not in ("driving", "parking"):
            continue
        for along in start + np.arange(9 + 3 * number, 120, 7 if lane.kind == "parking" else 27):
            (place,), (heading,) = road.at(along, across)
            facing = heading + (0 if (lane.forward if lane.kind == "driving" else across < 0) else np.pi)
            body = vehicle(KINDS[draw.integers(4)], town.palette, draw)
            things.append(Thing(body.mesh.at(place[0], place[1], 0, facing), 14, len(things) % 60_000 + 1))
    (place,), (heading,) = road.at(start, middle)
    camera = Camera((place[0], place[1], 1.5), float(np.degrees(heading)), 0.0, 0.0, WIDTH, HEIGHT, VIEW)
    scene = Scene.of(things, town.palette)
    light = Light(sky_of(45, 60, clouds=0.3))
    shown = developed(radiance_of(scene, camera, light, QUALITIES["normal"]), Film(), np.random.default_rng(0))
    return shown, labels_of(scene, camera, central(scene, camera)).depth.astype(np.float32)


def main() -> None:
    """Draw them."""
    image, depth = photograph()
    depth[depth > 1000] = np.inf
    camera = Pinhole.of_view(WIDTH, HEIGHT, VIEW)
    near = np.where(np.isinf(depth), 0, 255 * np.clip(3 / depth, 0, 1) ** 0.6)
    panels = [("as taken", image), ("its depth", np.repeat(near.astype(np.uint8)[..., None], 3, axis=2))]
    for title, *steps in (
        ("Fog(600)", Fog(600.0, p=1)),
        ("Fog(150)", Fog(150.0, p=1)),
        ("Fog(50)", Fog(50.0, p=1)),
        ("RainInAir(20), 8 m/s", WetRoad(0.9, p=1), RainInAir(20.0, 10.0, 3.0, world=1, p=1)),
        ("SnowInAir(1.5), 8 m/s", SnowInAir(1.5, 8.0, 2.0, world=1, p=1)),
        ("WetRoad(1)", WetRoad(1.0, p=1)),
        ("NightLike(0.5)", NightLike(0.5, p=1)),
        ("NightLike(1)", NightLike(1.0, p=1)),
        ("SunGlare(1.5)", SunGlare(1.5, 12.0, (-3.0, -3.0), p=1)),
        ("LensDrops(0.06)", LensDrops(0.06, p=1)),
    ):
        made = image
        for step in steps:
            step.set_random_seed(3)
            made = step(image=made, depth=depth, camera=camera, speed=8.0)["image"]
        panels.append((title, made))
    sheet = Image.new("RGB", (3 * WIDTH, 4 * HEIGHT))
    font = ImageFont.load_default(22)
    for index, (title, made) in enumerate(panels):
        panel = Image.fromarray(made)
        drawn = ImageDraw.Draw(panel)
        drawn.rectangle((0, 0, 14 + drawn.textlength(title, font=font), 34), fill=(0, 0, 0))
        drawn.text((7, 4), title, fill=(255, 255, 255), font=font)
        sheet.paste(panel, (index % 3 * WIDTH, index // 3 * HEIGHT))
    sheet.resize((3 * WIDTH * 3 // 4, 4 * HEIGHT * 3 // 4), Image.Resampling.LANCZOS).save(OUT, quality=85)


if __name__ == "__main__":
    main()
