"""Samples that no wheel has: streets, a LiDAR from above, plates: rendered once by our simulators, with labels."""

from __future__ import annotations

import base64
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from domainaug.kernels.cache import user_cache
from domainaug.preview.scenes import Place, Shot, Studio
from domainaug.scenario import Scenario, Value
from domainaug.scenario.planning import variant_at

__all__ = ["Scene", "is_kept", "lidar", "plate", "put_scene", "sign", "street"]

_REVISION = "1"  # raised when the same scene is laid out otherwise
_SIZE: Mapping[str, Value] = {"width": 640, "height": 384}
_CLASSES = {7: "road", 8: "sidewalk", 11: "building", 17: "pole", 21: "vegetation", 23: "sky", 24: "person", 26: "car"}
_FEWEST = 60  # pixels that show a thing whose box is drawn
_EVERY = 160  # of the LiDAR's points, so that each can be seen
_METERS, _CELLS = 64.0, 512  # that a picture from above covers, and its pixels
_LOW, _HIGH = -2.2, 2.8  # meters from the LiDAR, of black and of white
_PITCH = 0.1  # mm from pixel to pixel of a plate
_DEFECTS: list[dict[str, Any]] = [
    {"kind": "scratch", "length_mm": 18, "at": [-8, 6]}, {"kind": "dent", "at": [10, -8], "diameter_mm": 5},
    {"kind": "pit", "at": [12, 12], "diameter_mm": 2},
]  # fmt: skip
_SIGN: tuple[str, int] = "junction", 20  # a street with a sign close by, and the number of Cityscapes' class

Shape = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """A sample that is rendered.

    Attributes:
        make: Writes it into an empty folder, as a data set that a layout reads.
        needs: Packages without which it cannot be rendered.
    """

    make: Callable[[Path], None]
    needs: tuple[str, ...] = ("numba", "domainaug_simulators")

    @property
    def possible(self) -> bool:
        """Whether everything it needs is installed."""
        return all(find_spec(name) is not None for name in self.needs)


def is_kept(name: str) -> bool:
    """Whether a rendered sample lies in the user's cache, so that it is there at once."""
    kept = _place(name)
    return kept is not None and kept.is_dir()


def put_scene(name: str, scene: Scene, place: Path) -> None:
    """Put a rendered sample into an empty folder; what was rendered before comes from the user's cache.

    Args:
        name: Of the sample.
        scene: It.
        place: The folder.
    """
    kept = _place(name)
    if kept is not None and kept.is_dir():
        shutil.copytree(kept, place, dirs_exist_ok=True)
        return
    scene.make(place)
    if kept is None:
        return
    with suppress(OSError):  # a full or a foreign disk: it is rendered anew another time
        kept.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=kept.parent))
        try:
            shutil.copytree(place, making, dirs_exist_ok=True)
            making.rename(kept)
        finally:
            shutil.rmtree(making, ignore_errors=True)  # another process was faster


def _place(name: str) -> Path | None:
    """Return where a rendered sample is kept, or None where there is no cache."""
    cache = user_cache()
    return None if cache is None else cache / "domainaug" / "samples" / f"{name}-{_REVISION}"


def street(weather: str, layout: str = "city", quality: str = "normal") -> Scene:
    """Return a street with its classes as masks, boxes around things, and points of a LiDAR, as LabelMe tells them.

    Args:
        weather: A preset.
        layout: One of `domainaug.preview.scenes.LAYOUTS`.
        quality: "draft", "normal" ...
    """

    def make(folder: Path) -> None:
        shot = _shot(layout, {**_SIZE, "weather": weather, "quality": quality})
        things = [one for one in shot.objects if one.get("box") is not None and one["pixels"] >= _FEWEST]
        shapes = [_mask(name, shot.classes == number) for number, name in _CLASSES.items() if _seen(shot, number)]
        shapes += [_shape("rectangle", one["class"], np.reshape(one["box"], (2, 2))) for one in things]
        shapes.append(_shape("points", "lidar", shot.points[::_EVERY, :2]))
        _write(folder, "street", shot.picture, shapes)

    return Scene(make)


def sign() -> Scene:
    """Return a traffic sign, cut out of a street with some room around it, and its mask."""

    def make(folder: Path) -> None:
        layout, number = _SIGN
        shot = _shot(layout, {"width": 1280, "height": 768, "quality": "normal"})
        rows, columns = np.nonzero(_largest(shot.classes == number))
        middle = (int(rows.min() + rows.max()) // 2, int(columns.min() + columns.max()) // 2)
        half = round(0.75 * max(np.ptp(rows), np.ptp(columns)))
        limits = shot.classes.shape
        top, left = (min(max(at - half, 0), most - 2 * half) for at, most in zip(middle, limits, strict=True))
        cut = slice(top, top + 2 * half), slice(left, left + 2 * half)
        _write(folder, "sign", shot.picture[cut], [_mask("traffic sign", _largest(shot.classes == number)[cut])])

    return Scene(make)


def lidar() -> Scene:
    """Return what a LiDAR sees, from above: gray by height, 64 m across, with the outlines of vehicles and people."""

    def make(folder: Path) -> None:
        with tempfile.TemporaryDirectory(prefix="domainaug-sample-") as name:
            own = Path(name)
            _render(Place(layout="city").scenario(), {"width": 64, "height": 48, "quality": "draft"}, own)
            cloud = np.load(own / "top" / "000000.npz")["points"]
            things = json.loads((own / "top" / "000000.turn.json").read_text(encoding="utf-8"))["objects"]
        shapes = [_shape("polygon", one["class"], _footprint(one["box_3d"])) for one in things if one["points"] > 0]
        whole = [one for one in shapes if np.all((np.array(one["points"]) > 0) & (np.array(one["points"]) < _CELLS))]
        _write(folder, "lidar", _from_above(cloud), whole)

    return Scene(make)


def plate(finish: str) -> Scene:
    """Return a plate of 51 mm with a scratch, a dent and pits, in a bright field, and the mask of each.

    Args:
        finish: "brushed", "painted", "plastic" or "cast".
    """

    def make(folder: Path) -> None:
        world = {"width": 52, "height": 52, "detail": _PITCH, "defects": _DEFECTS}
        told = {
            "id": "plate", "simulator": "surface", "seed": 0, "fixed": {}, "vary": [], "method": "grid",
            "constraints": [], "limits": None,
        }  # fmt: skip
        values: dict[str, Value] = {
            "rows": _CELLS, "columns": _CELLS, "pitch": _PITCH, "finish": finish, "lens": "telecentric",
            "channels": "gray" if finish == "brushed" else "color",
        }  # fmt: skip
        for part in ("images", "masks"):
            (folder / part).mkdir()
        with tempfile.TemporaryDirectory(prefix="domainaug-sample-") as name:
            _render(Scenario.of_told(told, world, Path(), 1), values, Path(name))
            shutil.copyfile(Path(name, "image.png"), folder / "images" / "plate.png")
            shutil.copyfile(Path(name, "mask.png"), folder / "masks" / "plate.png")

    return Scene(make)


def _shot(layout: str, values: Mapping[str, Value]) -> Shot:
    return Studio(Place(layout=layout)).shot(values)


def _render(scenario: Scenario, values: Mapping[str, Value], folder: Path) -> None:
    world = scenario.surveyed()
    world.load().render(variant_at(scenario, world, values), 1, folder)


def _seen(shot: Shot, number: int) -> bool:
    return int((shot.classes == number).sum()) >= _FEWEST


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    import cv2

    _, numbers, found, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    return np.asarray(numbers == 1 + int(np.argmax(found[1:, cv2.CC_STAT_AREA])))


def _from_above(cloud: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the highest point in each cell: forward is up, left is left, and the LiDAR is in the middle."""
    places = _pixels(cloud[:, :2]).astype(np.int64)
    inside = np.all((places >= 0) & (places < _CELLS), axis=1)
    gray = np.clip((cloud[:, 2] - _LOW) / (_HIGH - _LOW), 0.12, 1.0)
    picture = np.zeros((_CELLS, _CELLS), np.float32)
    np.maximum.at(picture, (places[inside, 1], places[inside, 0]), gray[inside])
    return np.asarray(np.round(255 * picture), np.uint8)


def _pixels(meters: NDArray[Any]) -> NDArray[np.float64]:
    """Return where places before (x) and left of (y) the LiDAR lie in a picture from above, across and down."""
    return np.asarray(_CELLS / 2 - np.asarray(meters, np.float64)[:, ::-1] * (_CELLS / _METERS))


def _footprint(box: Mapping[str, Any]) -> NDArray[np.float64]:
    length, width, _ = box["size_lwh_m"]
    corners = np.array([(x, y, 0.0, 1.0) for x, y in ((1, 1), (1, -1), (-1, -1), (-1, 1))])
    corners[:, :2] *= (length / 2, width / 2)
    return _pixels((corners @ np.array(box["pose_to_sensor"]).T)[:, :2])


def _shape(kind: str, name: str, points: NDArray[Any]) -> Shape:
    told = np.round(np.asarray(points, np.float64), 2).tolist()
    return {"label": name, "points": told, "group_id": None, "flags": {}, "shape_type": kind}


def _mask(name: str, mask: NDArray[np.bool_]) -> Shape:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left, bottom, right = rows[0], columns[0], rows[-1], columns[-1]
    stream = io.BytesIO()
    Image.fromarray(mask[top : bottom + 1, left : right + 1].astype(np.uint8) * 255).save(stream, "PNG")
    found = _shape("mask", name, np.array([[left, top], [right, bottom]]))
    return found | {"mask": base64.b64encode(stream.getvalue()).decode("ascii")}


def _write(folder: Path, name: str, picture: NDArray[np.uint8], shapes: Iterable[Shape]) -> None:
    Image.fromarray(picture).save(folder / f"{name}.png")
    told = {
        "version": "5.5.0", "flags": {}, "shapes": list(shapes), "imagePath": f"{name}.png", "imageData": None,
        "imageHeight": picture.shape[0], "imageWidth": picture.shape[1],
    }  # fmt: skip
    (folder / f"{name}.json").write_text(json.dumps(told), encoding="utf-8")
