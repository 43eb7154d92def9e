"""What LiDARs and radars of the street simulator wrote: clouds with a class and a thing for each point, detections.

On disk a turn of a LiDAR is `variants/ID/SENSOR/NUMBER.npz`, what its pulses meet in clear air `.truth.npz`, and what
both mean `.turn.json`; a radar has `.npz` and `.radar.json`.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError, UnreadableInput

__all__ = ["Solid", "Sweep", "check_sweep", "read_sweeps", "ridden"]

Array = NDArray[np.float64]

_SLACK: Final = 0.05  # meters that a point may lie outside the box of its thing, beside the noise of its range
_NOISE: Final = 6.0  # standard deviations of that noise
_ASTRIDE: Final = 1.0  # meters between the middles of a cycle and of who rides it, at most
_LIDAR, _RADAR = ".turn.json", ".radar.json"
_ARRAYS: Final = {
    "lidar": ("points", "ring", "time", "semantic", "instance", "echo", "pulse"),
    "radar": ("range", "azimuth", "altitude", "velocity", "semantic", "instance"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """A counted thing that a LiDAR meets in clear air.

    Attributes:
        instance: Its number, that of its points, and of its pixels.
        kind: "car", "pedestrian" ...
        pose: (4, 4) from its axes (x forward, y left, z up, from the middle of its underside) to the sensor's.
        placed: (4, 4), the same to the world's.
        size: Length, width, height in meters.
        velocity: Meters per second in the world.
        points: How many pulses meet it in clear air.
    """

    instance: int
    kind: str
    pose: Array
    placed: Array
    size: tuple[float, float, float]
    velocity: tuple[float, float, float]
    points: int

    def holds(self, points: NDArray[Any], slack: float) -> NDArray[np.bool_]:
        """Return whether (n, 3) points in the sensor's axes lie in its box, or within `slack` meters of it."""
        own = (np.asarray(points, np.float64) - self.pose[:3, 3]) @ self.pose[:3, :3]
        length, width, height = self.size
        low = np.array([-length / 2, -width / 2, 0.0]) - slack
        high = np.array([length / 2, width / 2, height]) + slack
        return np.asarray(((own >= low) & (own <= high)).all(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """One turn of a LiDAR, or one look of a radar.

    Attributes:
        place: The file of its arrays.
        kind: "lidar" or "radar".
        variant: Which variant it is of.
        sensor: Name of the sensor.
        number: That of the frame it goes with.
        time: Seconds.
        to_world: (4, 4) from the sensor's axes (x forward, y left, z up) to the world's.
        ego: Place in meters and heading in degrees of the vehicle.
        velocity: Of the vehicle in the world, meters per second.
        noise: Standard deviation of a range in meters; 0 for radars.
        solids: What the LiDAR meets in clear air; none for radars.
    """

    place: Path
    kind: str
    variant: str
    sensor: str
    number: int
    time: float
    to_world: Array
    ego: tuple[float, float, float, float]
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0)
    noise: float = 0.0
    solids: tuple[Solid, ...] = ()

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return what the sensor brought back in this variant's weather.

        A LiDAR has `points` (n, 4), x, y, z in meters and intensity from 0 to 1; `ring`, `time` since the turn began,
        `semantic` (CARLA's classes), `instance`, `echo` (1 a surface, 2 fog, 3 a drop or a flake), and `pulse`. A radar
        has `range`, `azimuth`, `altitude`, `velocity`, `semantic` and `instance`.

        Raises:
            UnreadableInput: It is not as the simulator writes it.
        """
        found = _arrays(self.place)
        missing = [name for name in _ARRAYS[self.kind] if name not in found]
        if missing:
            raise UnreadableInput("bad-points", f"this is no {self.kind}: it lacks {missing[0]}", path=self.place)
        if len({len(found[name]) for name in _ARRAYS[self.kind]}) > 1:
            raise UnreadableInput("bad-points", "its arrays are not equally long", path=self.place)
        return found

    def counts(self) -> dict[int, int]:
        """Return how many points of each thing there are in this variant's weather."""
        numbers, counts = np.unique(self.arrays()["instance"], return_counts=True)
        return {int(number): int(count) for number, count in zip(numbers, counts, strict=True) if number}


@lru_cache(maxsize=4)
def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UnreadableInput("bad-points", f"this cannot be read as arrays: {error}", path=path) from None


def read_sweeps(folder: Path) -> dict[int, tuple[Sweep, ...]]:
    """Return the sweeps of a variant by the number of their frame, LiDARs first, by name.

    Args:
        folder: That of the variant.

    Raises:
        UnreadableInput: A file that tells of one is not as the simulator writes it.
    """
    found: dict[int, list[Sweep]] = {}
    for ending, kind in ((_LIDAR, "lidar"), (_RADAR, "radar")):
        for path in sorted(folder.glob(f"*/*{ending}")):
            sweep = _sweep(path, folder.name, ending, kind)
            found.setdefault(sweep.number, []).append(sweep)
    return {number: tuple(sweeps) for number, sweeps in found.items()}


def _sweep(path: Path, variant: str, ending: str, kind: str) -> Sweep:
    name = path.name.removesuffix(ending)
    try:
        told = json.loads(path.read_bytes())
        ego = told["ego"]
        x, y, z = map(float, ego["place_m"])
        vx, vy, vz = map(float, ego["velocity_mps"])
        return Sweep(
            place=path.with_name(f"{name}.npz"),
            kind=kind,
            variant=variant,
            sensor=path.parent.name,
            number=int(name),
            time=float(told["time_s"]),
            to_world=_pose(told["sensor_to_world"]),
            ego=(x, y, z, float(ego["yaw_deg"])),
            velocity=(vx, vy, vz),
            noise=float(told.get("noise_m", 0.0)),
            solids=tuple(_solid(each) for each in told.get("objects", ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableInput("bad-label", f"this does not tell of a {kind}: {error!r}", path=path) from None


def _solid(told: Mapping[str, Any]) -> Solid:
    box = told["box_3d"]
    length, width, height = map(float, box["size_lwh_m"])
    one, two, three = map(float, box["velocity_mps"])
    return Solid(
        instance=int(told["instance"]),
        kind=str(told["class"]),
        pose=_pose(box["pose_to_sensor"]),
        placed=_pose(box["pose_to_world"]),
        size=(length, width, height),
        velocity=(one, two, three),
        points=int(told["points"]),
    )


def _pose(values: Any) -> Array:
    return np.array(values, np.float64).reshape(4, 4)


def ridden(rider: Solid, solids: Sequence[Solid]) -> str:
    """Return what a rider rides: "motorcycle", "bicycle", or "" where the LiDAR meets neither below."""
    for solid in solids:
        near = float(np.linalg.norm(solid.placed[:2, 3] - rider.placed[:2, 3])) < _ASTRIDE
        if near and solid.kind in ("bicycle", "motorcycle"):
            return solid.kind
    return ""


def check_sweep(sweep: Sweep) -> int:
    """Hold the points of a LiDAR against the boxes of things, and return how many points were held.

    Each point of a thing lies in its 3-D box, or within 5 cm and six standard deviations of its range's noise.

    Raises:
        LabelError: One does not, or its thing has no box; says which, in which turn.
        UnreadableInput: The cloud is not as the simulator writes it.
    """
    if sweep.kind != "lidar":
        return 0
    arrays = sweep.arrays()
    instance, points = arrays["instance"], arrays["points"][:, :3]
    where = f"{sweep.variant}_{sweep.sensor}_{sweep.number:06d}"
    solids = {solid.instance: solid for solid in sweep.solids}
    order = np.argsort(instance, kind="stable")
    numbers, starts = np.unique(instance[order], return_index=True)
    held = 0
    for number, mine in zip(numbers.tolist(), np.split(order, starts[1:]), strict=True):
        if not number:
            continue
        if number not in solids:
            raise LabelError(f"{where}: points are of thing {number}, which has no box")
        slack = _SLACK + _NOISE * sweep.noise
        out = np.flatnonzero(~solids[number].holds(points[mine], slack))
        if len(out):
            raise LabelError(
                f"{where}: {len(out)} of the {len(mine)} points of thing {number} lie more than {slack:.2f} m outside "
                "its 3-D box"
            )
        held += len(mine)
    return held
