"""Frames that the street simulator wrote: a picture, what each of its pixels shows, boxes in two and three dimensions.

On disk a frame is `variants/ID/CAMERA/NUMBER.png` with `.cityscapes.png`, `.instance.png`, `.depth.png` and
`.objects.json` beside it, and `scene.json` in the folder of its variant.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError, UnreadableInput
from domainaug.layouts import images
from domainaug.layouts.sweeps import Sweep, read_sweeps

__all__ = ["Frame", "Thing", "check_frame", "read_frames"]

Array = NDArray[np.float64]

_CENTIMETERS: Final = 0.01
_CALIBRATION: Final = ("width", "height", "intrinsics", "world_to_camera")
_SLACK: Final = 0.3  # meters that a surface may lie outside its 3-D box: mirrors, handlebars, half a pixel far away
_INSIDE: Final = 0.9  # share of the pixels of a thing that lie in its box at least
_PIXELS: Final = 2.0  # that a visible box may reach beyond the projection of its 3-D box


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """A counted thing in a frame.

    Attributes:
        instance: Its number, that of its pixels.
        kind: "car", "pedestrian" ...
        box: Left, top, right, bottom edges around the pixels that show it, or None where none does.
        whole: Around all of it in the picture, what is hidden too.
        pixels: How many show it.
        occlusion: Share of it in the picture that others hide.
        truncation: Share of it that lies outside the picture.
        pose: (4, 4) from its axes (x forward, y left, z up, from the middle of its underside) to the camera's, or None.
        placed: (4, 4), the same to the world's, or None.
        size: Length, width, height in meters, or None.
        velocity: Meters per second in the world.
    """

    instance: int
    kind: str
    box: tuple[int, int, int, int] | None
    whole: tuple[float, float, float, float]
    pixels: int
    occlusion: float
    truncation: float
    pose: Array | None = None
    placed: Array | None = None
    size: tuple[float, float, float] | None = None
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def corners(self) -> Array | None:
        """(8, 3) corners of its 3-D box before the camera: x right, y down, z forward; None without one."""
        if self.pose is None or self.size is None:
            return None
        length, width, height = self.size
        own = np.array(
            [[x, y, z] for z in (0, height) for y in (-width / 2, width / 2) for x in (-length / 2, length / 2)]
        )
        return np.asarray(own @ self.pose[:3, :3].T + self.pose[:3, 3], np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A frame of a camera.

    Attributes:
        place: Its picture.
        variant: Which variant it is of.
        labels: What variants whose labels are alike share.
        camera: Name of the camera.
        number: From 0.
        time: Seconds.
        size: (height, width).
        intrinsics: (3, 3), for places whose first pixel has its middle at (0.5, 0.5).
        world_to_camera: (4, 4), to x right, y down, z forward.
        ego: Place in meters and heading in degrees of the vehicle.
        things: What is counted.
        weather: As `domainaug.driving.weather.Weather.to_dict` tells it.
        street: "city", "junction", "highway", "suburb", or "" where it is not told.
        sweeps: What LiDARs and radars of the same moment brought back.
    """

    place: Path
    variant: str
    labels: str
    camera: str
    number: int
    time: float
    size: tuple[int, int]
    intrinsics: Array
    world_to_camera: Array
    ego: tuple[float, float, float, float]
    things: tuple[Thing, ...]
    weather: Mapping[str, float] = field(default_factory=dict)
    street: str = ""
    sweeps: tuple[Sweep, ...] = ()

    @property
    def stem(self) -> str:
        """A name that no other frame of the scenario has."""
        return f"{self.variant}_{self.camera}_{self.number:06d}"

    def beside(self, ending: str) -> Path:
        """Return the file of its labels whose name ends so."""
        return self.place.with_suffix(f".{ending}")

    def picture(self) -> NDArray[np.uint8]:
        """Return (height, width, 3) RGB."""
        return np.asarray(images.read_image(self.place), np.uint8)

    def classes(self) -> NDArray[np.uint8]:
        """Return (height, width) Cityscapes' label ids."""
        return images.read_mask(self.beside("cityscapes.png")).astype(np.uint8)

    def instances(self) -> NDArray[np.uint16]:
        """Return (height, width) numbers of things, 0 for none."""
        return images.read_mask(self.beside("instance.png")).astype(np.uint16)

    def depth(self) -> Array:
        """Return (height, width) meters along the optical axis; 0 where it is the sky or too far."""
        return images.read_mask(self.beside("depth.png")).astype(np.float64) * _CENTIMETERS

    def project(self, points: Array) -> Array:
        """Return where (n, 3) points before the camera land, (n, 2)."""
        seen = points @ self.intrinsics.T
        return np.asarray(seen[:, :2] / seen[:, 2:], np.float64)


def read_frames(source: Path) -> tuple[Frame, ...]:
    """Return the frames of a rendered scenario, by variant, camera and number.

    Raises:
        UnreadableInput: There are none, or a file that tells of one is not as the simulator writes it.
    """
    found = []
    for scene in sorted(source.glob("variants/*/scene.json")):
        told = _told(scene)
        sweeps = read_sweeps(scene.parent)
        for path in sorted(scene.parent.glob("*/*.objects.json")):
            frame = _frame(path, scene.parent.name, told)
            found.append(replace(frame, sweeps=sweeps.get(frame.number, ())))
    if not found:
        message = "there are no frames here; name the folder that `domainaug simulate` wrote with the street simulator"
        raise UnreadableInput("no-frames", message, path=source)
    return tuple(found)


def _told(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        raise UnreadableInput("not-json", "this is not JSON", path=path) from None


def _frame(path: Path, variant: str, scene: Mapping[str, Any]) -> Frame:
    told = _told(path)
    calibration = told.get("camera") if isinstance(told, Mapping) else None
    missing = [name for name in _CALIBRATION if name not in (calibration or {})]
    if missing:
        what = f"this does not tell of a frame: the calibration of its camera has no {' and no '.join(missing)}"
        raise UnreadableInput("bad-label", what, path=path)
    try:
        camera, ego = told["camera"], told["ego"]
        name = path.name.removesuffix(".objects.json")
        return Frame(
            place=path.with_name(f"{name}.png"),
            variant=variant,
            labels=str(scene["labels_id"]),
            camera=path.parent.name,
            number=int(name),
            time=float(told["time_s"]),
            size=(int(camera["height"]), int(camera["width"])),
            intrinsics=np.array(camera["intrinsics"], np.float64).reshape(3, 3),
            world_to_camera=np.array(camera["world_to_camera"], np.float64).reshape(4, 4),
            ego=_four([*ego["place_m"], ego["yaw_deg"]]),
            things=tuple(_thing(each) for each in told["objects"]),
            weather=dict(scene["weather"]),
            street=str(scene.get("layout", "")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableInput("bad-label", f"this does not tell of a frame: {error!r}", path=path) from None


def _thing(told: Mapping[str, Any]) -> Thing:
    solid = told.get("box_3d")
    box = told["box"]
    return Thing(
        instance=int(told["instance"]),
        kind=str(told["class"]),
        box=None if box is None else (int(box[0]), int(box[1]), int(box[2]), int(box[3])),
        whole=_four(told["amodal_box"]),
        pixels=int(told["pixels"]),
        occlusion=float(told["occlusion"]),
        truncation=float(told["truncation"]),
        pose=None if solid is None else np.array(solid["pose_to_camera"], np.float64).reshape(4, 4),
        placed=None if solid is None else np.array(solid["pose_to_world"], np.float64).reshape(4, 4),
        size=None if solid is None else _three(solid["size_lwh_m"]),
        velocity=(0.0, 0.0, 0.0) if solid is None else _three(solid["velocity_mps"]),
    )


def _three(values: Any) -> tuple[float, float, float]:
    first, second, third = map(float, values)
    return first, second, third


def _four(values: Any) -> tuple[float, float, float, float]:
    first, second, third, fourth = map(float, values)
    return first, second, third, fourth


def check_frame(frame: Frame) -> int:
    """Hold the labels of a frame against each other, and return how many things were held.

    The pixels of a thing are as many as it says and lie in its box, which touches them on each side; what they show
    lies in its 3-D box, by their depth; and that box projects around them.

    Raises:
        LabelError: Something contradicts; says what, of which thing, in which frame.
    """
    instances, depth = frame.instances(), frame.depth()
    if instances.shape != frame.size or depth.shape != frame.size:
        raise LabelError(f"{frame.stem}: its labels are {instances.shape[::-1]}, its camera says {frame.size[::-1]}")
    counts = np.bincount(instances.ravel(), minlength=1)
    known = {thing.instance for thing in frame.things}
    strays = [int(number) for number in np.flatnonzero(counts) if number and number not in known]
    if strays:
        raise LabelError(f"{frame.stem}: pixels show thing {strays[0]}, which has no box")
    for thing in frame.things:
        _check_pixels(frame, thing, instances)
        if thing.pixels:
            _check_solid(frame, thing, instances, depth)
    return len(frame.things)


def _check_pixels(frame: Frame, thing: Thing, instances: NDArray[np.uint16]) -> None:
    rows, columns = np.nonzero(instances == thing.instance)
    if len(rows) != thing.pixels:
        raise LabelError(f"{frame.stem}: {len(rows)} pixels show thing {thing.instance}, and it says {thing.pixels}")
    if not len(rows):
        return
    around = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    if thing.box is None or around != thing.box:
        told = tuple(int(v) for v in around)
        raise LabelError(f"{frame.stem}: the pixels of thing {thing.instance} lie in {told}, its box is {thing.box}")


def _check_solid(frame: Frame, thing: Thing, instances: NDArray[np.uint16], depth: Array) -> None:
    corners = thing.corners
    if corners is None or thing.pose is None or thing.size is None or thing.box is None:
        return
    rows, columns = np.nonzero((instances == thing.instance) & (depth > 0))
    rays = np.column_stack([columns + 0.5, rows + 0.5, np.ones(len(rows))]) @ np.linalg.inv(frame.intrinsics).T
    points = rays * depth[rows, columns][:, None]
    own = (points - thing.pose[:3, 3]) @ thing.pose[:3, :3]
    length, width, height = thing.size
    slack = _SLACK + 0.005 * float(depth[rows, columns].max(initial=0.0))
    low, high = np.array([-length / 2, -width / 2, 0.0]) - slack, np.array([length / 2, width / 2, height]) + slack
    inside = ((own > low) & (own < high)).all(axis=1)
    if len(inside) and inside.mean() < _INSIDE:
        raise LabelError(
            f"{frame.stem}: {inside.mean():.0%} of the pixels of thing {thing.instance} lie in its 3-D box by their "
            f"depth, and {_INSIDE:.0%} should"
        )
    if corners[:, 2].min() > 0:
        landed = frame.project(corners)
        around = (*landed.min(axis=0).tolist(), *landed.max(axis=0).tolist())
        beyond = max(
            around[0] - thing.box[0], around[1] - thing.box[1], thing.box[2] - around[2], thing.box[3] - around[3]
        )
        if beyond > _PIXELS + slack * frame.intrinsics[0, 0] / corners[:, 2].min():
            raise LabelError(
                f"{frame.stem}: the box of thing {thing.instance} reaches {beyond:.1f} pixels beyond where its 3-D box "
                "lands"
            )
