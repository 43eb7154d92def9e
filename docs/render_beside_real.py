"""Draws a sheet of your real defects beside drawn and pasted ones, to see what betrays them.

    python docs/render_beside_real.py DATA sheet.png --pitch 0.1 --as MT_Crack=crack --as MT_Fray=stain,hides=0.9

DATA is a data set of pictures and masks in folders by class (a layout of docs/augmenting.md); pictures without marks
are the good parts that defects are put on. Sizes, tones, places and the thresholds of the gate come from the real ones.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path, PurePosixPath
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from domainaug.layouts import layout_for
from domainaug.manufacturing import (
    Calibration,
    DefectBank,
    Empirical,
    Lighting,
    Part,
    Site,
    accepted,
    calibrate,
    draw_defect,
    kind,
    learn_tones,
    measure,
    patches_of,
)

SHOWN, SIDE, CAPTION, GAP = 112, 168, 20, 4  # pixels of a picture that are shown, and of the tile they fill
TRIES = 60  # good parts and seeds looked at for a tile

Array = NDArray[Any]
Labeled = list[tuple[Array, Array]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A data set.

    Attributes:
        classes: Pictures with their masks, by class.
        good: Pictures without marks.
    """

    classes: dict[str, Labeled]
    good: list[Array]


def read(source: Path) -> Seen:
    """Return what a data set shows; a class is the folder that a picture is in."""
    layout = layout_for(source)
    classes: dict[str, Labeled] = defaultdict(list)
    good = []
    for item in layout.scan(source).items:
        sample = layout.read(item)
        assert sample.image is not None
        if sample.mask is None or not sample.mask.any():
            good.append(sample.image)
        else:
            classes[PurePosixPath(item.key).parent.name].append((sample.image, sample.mask > 0))
    return Seen(dict(sorted(classes.items())), good)


def alike(asked: str, masks: list[Array], tones: Empirical, pitch: float) -> list[Any]:
    """Return a kind of defect with the sizes of each real one: long ones are thin, so sizes go together."""
    name, *told = asked.split(",")
    said = {field: float(value) for field, value in (one.split("=") for one in told)}
    takes = {field.name for field in fields(cast(Any, kind(name)))}
    found = []
    for one in (one for mask in masks for one in measure(mask, pitch)):
        tight = max(one.width_mm - 2 * pitch, 0.5 * one.width_mm)  # masks are drawn a little too wide
        known: dict[str, Any] = {
            "length_mm": one.length_mm,
            "width_mm": tight,
            "heading_deg": one.heading_deg,
            "diameter_mm": one.length_mm,
            "elongation": float(np.clip(one.elongation, 1.0, 4.0)),
            "cluster": 1,
            "dark": _darker(tones),
            "trap": _darker(tones),
        }
        if name in ("stain", "discoloration"):
            known["diameter_mm"] = float(2 * np.sqrt(one.area_mm2 / np.pi))
        found.append(kind(name, **{**{field: value for field, value in known.items() if field in takes}, **said}))
    return found


def _darker(tones: Empirical) -> Empirical:
    return Empirical(tuple(min(one, 0.9) for one in tones.values))


def tiles(make: Callable[[int, Array], Any], good: list[Array], count: int, seed: int) -> Iterator[tuple[Array, Array]]:
    """Yield pictures with their masks: one on each good part, as far as the gate lets them through."""
    random, made = np.random.default_rng(seed), 0
    for number in range(TRIES):
        drawn = make(seed * 1000 + number, good[int(random.integers(len(good)))])
        if drawn is not None:
            yield drawn.picture, drawn.mask
            made += 1
        if made == count:
            return


def tile(picture: Array, mask: Array) -> Image.Image:
    """Return the largest thing that is marked with what is around, as far as the picture goes."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    left, top, wide, tall, _ = stats[1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())].tolist()
    side = min(max(SHOWN, round(1.3 * max(wide, tall))), *picture.shape[:2])
    first = [
        int(np.clip(middle - side // 2, 0, size - side))
        for middle, size in zip((top + tall // 2, left + wide // 2), picture.shape, strict=False)
    ]
    window = picture[first[0] : first[0] + side, first[1] : first[1] + side]
    shown = cv2.resize(window, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC if side < SIDE else cv2.INTER_AREA)
    return Image.fromarray(shown).convert("RGB")


def strip(name: str, shown: list[tuple[Array, Array]], wide: int) -> Image.Image:
    """Return tiles in a row under a caption."""
    made = Image.new("RGB", (wide, CAPTION + SIDE + GAP), "white")
    ImageDraw.Draw(made).text((2, 4), name, fill="#222222")
    for number, one in enumerate(shown):
        made.paste(tile(*one), (number * (SIDE + GAP), CAPTION))
    return made


def rows_of(name: str, real: Labeled, seen: Seen, part: Part, as_kind: str | None, count: int) -> Iterator[Any]:
    """Yield the rows of a class: real, drawn, pasted."""
    pitch = part.pixel_pitch_mm or 1.0
    step = max(1, len(real) // count)
    yield f"{name}: real", real[::step][:count]
    calibration: Calibration = calibrate(real, pitch)
    gate = replace(calibration.gate, seam=2.0)
    if as_kind is not None:
        kinds = alike(as_kind, [mask for _, mask in real], learn_tones(real, part), pitch)

        def draw(seed: int, picture: Array) -> Any:
            site = Site.of(picture, part, places=calibration.sizes.places)
            return draw_defect(kinds[seed * 7919 % len(kinds)], site, seed, gate=gate).drawn

        yield f"{name}: drawn as {as_kind.split(',')[0]}", list(tiles(draw, seen.good, count, 1))
    patches = [one for picture, mask in real for one in patches_of(picture, mask, part, kind=name)]
    if patches:
        bank = DefectBank.of(patches)

        def put(seed: int, picture: Array) -> Any:
            site = Site.of(picture, part)
            return accepted(lambda own: bank.drawn(site, np.random.default_rng(own)), site, seed, gate=gate).drawn

        yield f"{name}: real ones pasted on good parts", list(tiles(put, seen.good, count, 2))


def main() -> None:
    """Draw the sheet."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("data", type=Path)
    asked.add_argument("sheet", type=Path)
    asked.add_argument("--pitch", type=float, required=True, help="millimeters a pixel")
    asked.add_argument("--as", dest="kinds", action="append", default=[], metavar="CLASS=KIND,SIZE=..")
    asked.add_argument("--lighting", default="bright-field")
    asked.add_argument("--azimuth", type=float, help="where the light comes from, degrees counter-clockwise from right")
    asked.add_argument("--count", type=int, default=8, help="tiles in a row")
    told = asked.parse_args()
    kinds = dict(one.split("=", 1) for one in told.kinds)
    part = Part(pixel_pitch_mm=told.pitch, lighting=Lighting(told.lighting, azimuth_deg=told.azimuth))
    seen = read(told.data)
    wide = told.count * (SIDE + GAP) - GAP
    strips = [
        strip(caption, shown, wide)
        for name, real in seen.classes.items()
        for caption, shown in rows_of(name, real, seen, part, kinds.get(name), told.count)
    ]
    sheet = Image.new("RGB", (wide, sum(one.height for one in strips)), "white")
    top = 0
    for one in strips:
        sheet.paste(one, (0, top))
        top += one.height
    sheet.save(told.sheet)


if __name__ == "__main__":
    main()
