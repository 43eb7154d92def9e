"""BDD100K: `images/100k/train/` and `labels/det_20/det_train.json`, with the weather, hour and scene of each frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from domainaug.layouts.exports.files import copied, put_json
from domainaug.layouts.frames import Frame, Thing

__all__ = ["attributes_of", "write"]

_SCENES: Final = {"city": "city street", "junction": "city street", "highway": "highway", "suburb": "residential"}
_TWILIGHT: Final = (-8.0, 5.0)  # degrees of the sun's height that are called dawn or dusk
_HIDDEN: Final = 0.1  # share from which a thing is called occluded or truncated


def write(frames: Sequence[Frame], out: Path) -> None:
    """Write the frames."""
    told = []
    for frame in frames:
        copied(frame.place, out / "images" / "100k" / "train" / f"{frame.stem}.png")
        told.append(
            {
                "name": f"{frame.stem}.png",
                "videoName": f"{frame.variant}_{frame.camera}",
                "frameIndex": frame.number,
                "timestamp": round(frame.time * 1000),
                "attributes": attributes_of(frame.weather, frame.street),
                "labels": [_label(frame, thing) for thing in frame.things if thing.box is not None],
            }
        )
    put_json(out / "labels" / "det_20" / "det_train.json", told)


def attributes_of(weather: Mapping[str, float], street: str) -> dict[str, str]:
    """Return what BDD100K calls a weather, an hour and a place; its words are few, and the strongest one is said."""
    sun = weather["sun_altitude"]
    low, high = _TWILIGHT
    if weather["snowfall"] > 0 or weather["snow_cover"] > 0.2:
        sky = "snowy"
    elif weather["rain"] > 0:
        sky = "rainy"
    elif weather["visibility"] < 1000:
        sky = "foggy"
    elif weather["clouds"] > 0.8:
        sky = "overcast"
    else:
        sky = "partly cloudy" if weather["clouds"] > 0.3 else "clear"
    hour = "night" if sun < low else "dawn/dusk" if sun < high else "daytime"
    return {"weather": sky, "timeofday": hour, "scene": _SCENES.get(street, "undefined")}


def _label(frame: Frame, thing: Thing) -> dict[str, Any]:
    assert thing.box is not None
    left, top, right, bottom = thing.box
    hidden = {"occluded": thing.occlusion > _HIDDEN, "truncated": thing.truncation > _HIDDEN}
    return {
        "id": f"{frame.variant}-{thing.instance}",
        "category": thing.kind,
        "attributes": {**hidden, "trafficLightColor": "NA"},
        "box2d": {"x1": left, "y1": top, "x2": right - 1, "y2": bottom - 1},  # the last pixel, not the edge behind it
    }
