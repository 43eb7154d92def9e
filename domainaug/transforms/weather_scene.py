"""What weather on photographs has in common: light, how far away everything is, and where the camera was.

A call may say, beside the picture: `depth`, a map in meters along the optical axis (inf for the sky, 0 or NaN where
nothing is known) or a `Depth` of `domainaug.driving.depth`; `camera`, a `Pinhole`; and beside `images` of a video
`poses` or `speed` (m/s), and `rate` (pictures a second). What it does not say is guessed from the constructor, and the
record tells where depth is from.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug.driving.depth import Depth, depth_from_ground, depth_given
from domainaug.driving.pinhole import Pinhole
from domainaug.errors import ImageError
from domainaug.generators import Frame, Generators
from domainaug.transforms.arguments import Range, choice, number, share
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import Ranged

__all__ = ["Beside", "SceneWeather", "Shot"]

Array = NDArray[Any]
Light = NDArray[np.float32]

_SKY_PATH = 250.0
"""Meters over which fog thins out to a third above the ground: what the way to the sky leads through."""

_LONGEST = 40_000.0  # meters of air between the camera and the sky at the horizon
_BLENDED = 0.999  # the quantile of light that stands for air where no sky is in view


@dataclass(frozen=True, slots=True, repr=False)
class Beside:
    """What a call said beside the pictures.

    Attributes:
        depth: One map, or a map a picture, or a `Depth`, or None.
        camera: The calibration, or None.
        poses: (n, 4, 4) from optical axes to a world with z up, or None.
        speed: m/s ahead, used where there are no poses.
        rate: Pictures a second.
        time: Seconds of the first picture.
    """

    depth: Any = None
    camera: Pinhole | None = None
    poses: NDArray[np.float64] | None = None
    speed: float = 0.0
    rate: float = 10.0
    time: float = 0.0

    def __repr__(self) -> str:
        """Return what a record can hold."""
        return f"depth={self.source}, speed={self.speed:g}, rate={self.rate:g}"

    @property
    def source(self) -> str:
        """Where depth is from, as records name it."""
        if self.depth is not None:
            return self.depth.source if isinstance(self.depth, Depth) else "given"
        return "ground" if self.camera is not None else "ground under an assumed camera"

    @classmethod
    def of(cls, data: Mapping[str, Any], asking: str) -> Beside:
        """Return what a call says.

        Raises:
            ImageError: Something it says is not legal.
        """
        camera, poses = data.get("camera"), data.get("poses")
        if camera is not None and not isinstance(camera, Pinhole):
            raise ImageError(
                f"{asking}: camera is a Pinhole of domainaug.driving.pinhole, and not {type(camera).__name__}"
            )
        if poses is not None:
            poses = np.asarray(poses, np.float64)
            if poses.ndim == 2:
                poses = poses[None]
            if poses.shape[1:] != (4, 4) or not np.isfinite(poses).all():
                raise ImageError(f"{asking}: poses are (pictures, 4, 4) of finite numbers, got {poses.shape}")
        numbers = {}
        for name, least in (("speed", -60.0), ("rate", 0.1), ("time", 0.0)):
            value = data.get(name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < 1e6:
                raise ImageError(f"{asking}: {name} is a number from {least:g} up, got {value!r}")
            numbers[name] = float(value)
        return cls(data.get("depth"), camera, poses, **numbers)

    def map_of(self, index: int, asking: str) -> Any:
        """Return the depth beside picture `index`."""
        if self.depth is None or isinstance(self.depth, Depth):
            return self.depth
        if isinstance(self.depth, list | tuple):
            given: Any = self.depth
        else:
            given = np.asarray(self.depth)
            if given.ndim == 2 or (given.ndim == 3 and given.shape[2] == 1 and given.shape[0] != 1):
                return given
        if index >= len(given):
            raise ImageError(f"{asking}: {len(given)} depth maps lie beside more pictures; give one a picture, or one")
        return given[index]


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture, and what is known of it.

    Attributes:
        depth: How far away everything is, along the axis.
        camera: The calibration.
        pose: (4, 4) from optical axes to a world with z up, the road at 0.
        velocity: (3,) m/s of the camera in that world.
        time: Seconds.
        air: (channels,) light of the sky at the horizon.
    """

    depth: Depth
    camera: Pinhole
    pose: NDArray[np.float64]
    velocity: NDArray[np.float64]
    time: float
    air: Light

    def way(self) -> Light:
        """Return (height, width) meters of air before what is seen, before the sky as far as fog reaches up."""
        stretch = self.camera.stretch()
        meters = self.depth.meters * stretch
        sky = self.depth.sky
        if sky.any():
            rising = (self.camera.rays() @ self.camera.up.astype(np.float32)) / stretch
            through = np.minimum(_SKY_PATH / np.maximum(rising, _SKY_PATH / _LONGEST), _LONGEST)
            meters = np.where(sky, through, meters)
        return np.asarray(meters, np.float32)


class SceneWeather(Ranged, A.ImageOnlyTransform):  # type: ignore[misc]
    """Weather that depends on distance: a new one has `draw`, `lit` and `most`, and `neutral` names its strength.

    Args:
        view: Horizontal field of view of the camera, degrees, where the call gives no `camera`.
        mounted: Meters of the camera above the road, likewise.
        pitch: Degrees that it looks up, likewise.
        encoding: How values stand for light: "srgb", as in photographs, or "linear".
        p: How often it happens.
    """

    def __init__(self, view: float, mounted: float, pitch: float, encoding: str, p: float) -> None:
        super().__init__(p=share(self, "p", p))
        self.view = number(self, "view", view, least=1.0, most=170.0)
        self.mounted = number(self, "mounted", mounted, least=0.1, most=10.0)
        self.pitch = number(self, "pitch", pitch, least=-45.0, most=45.0)
        self.encoding = choice(self, "encoding", encoding, ("srgb", "linear"))

    # -- what a transform says -------------------------------------------------------------------------

    @abstractmethod
    def lit(self, light: Light, shot: Shot, params: Drawn) -> Light:
        """Return light (height, width, channels) in this weather.

        Args:
            light: Shares of what the sensor holds, decoded; not written to.
            shot: What is known of the picture.
            params: What was drawn.
        """

    @abstractmethod
    def most(self, ends: Range) -> Generators:
        """Return what it does at most to a picture where its strength lies between two ends."""

    @property
    def ends(self) -> Range:
        """Between which it is drawn how strong it is."""
        ends: Range = getattr(self, next(iter(self.neutral)))
        return ends

    def strength(self, params: Drawn) -> float:
        """Return how strong one draw is."""
        return float(params[next(iter(self.neutral))])

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        return self.most(self.ends)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most."""
        return replace(self.most((self.strength(params),) * 2), exact=False)

    # -- albumentations --------------------------------------------------------------------------------

    def get_params_dependent_on_data(self, params: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw, and keep what the call says beside the pictures."""
        drawn = super().get_params_dependent_on_data(params, data)
        beside = Beside.of(data, type(self).__name__)
        return {**drawn, "beside": beside, "depth_from": beside.source}

    def apply(self, img: Array, **params: Any) -> Array:
        """Return a picture in this weather."""
        return self._changed(img, 0, params, None)

    def apply_to_images(self, images: Array, **params: Any) -> Array:
        """Return pictures of a video, one after another in time; the light of the air is that of the first."""
        out: list[Array] = []
        air: Light | None = None
        for index, picture in enumerate(images):
            if air is None:
                air = self._air(picture, index, params)
            out.append(self._changed(picture, index, params, air))
        return np.stack(out)

    def apply_to_volume(self, volume: Array, **params: Any) -> Array:
        """Return the slices of a volume, each as a picture by itself."""
        return np.stack([self.apply(one, **params) for one in volume])

    def _air(self, picture: Array, index: int, params: Drawn) -> Light:
        light = self._decoded(picture, params)
        return _air_of(light, self._depth(picture, index, params).sky)

    def _camera(self, picture: Array, params: Drawn) -> Pinhole:
        rows, columns = picture.shape[:2]
        told: Pinhole | None = params["beside"].camera
        if told is not None:
            return told.for_size(rows, columns, type(self).__name__)
        return Pinhole.of_view(columns, rows, self.view, mounted=self.mounted, pitch=self.pitch)

    def _depth(self, picture: Array, index: int, params: Drawn) -> Depth:
        where = f"{type(self).__name__}: depth"
        given = params["beside"].map_of(index, type(self).__name__)
        if isinstance(given, Depth):
            if given.meters.shape != picture.shape[:2]:
                raise ImageError(f"{where}: it has the shape {given.meters.shape}, and the picture {picture.shape[:2]}")
            return given
        if given is None:
            return depth_from_ground(self._camera(picture, params), picture)
        return depth_given(given, picture, where)

    def _changed(self, picture: Array, index: int, params: Drawn, air: Light | None) -> Array:
        light = self._decoded(picture, params)
        depth, camera, beside = self._depth(picture, index, params), self._camera(picture, params), params["beside"]
        after = index / beside.rate
        pose, velocity = camera.pose(beside.speed * (beside.time + after)), np.array([beside.speed, 0.0, 0.0])
        if beside.poses is not None:
            pose, velocity = _moved(beside.poses, index, beside.rate, type(self).__name__)
        shot = Shot(
            depth, camera, pose, velocity, beside.time + after, _air_of(light, depth.sky) if air is None else air
        )
        return self._encoded(self.lit(light, shot, params), picture, params)

    # -- light -----------------------------------------------------------------------------------------

    def _decoded(self, picture: Array, params: Drawn) -> Light:
        low, high = params["value_range"]
        flat = picture if picture.ndim == 3 else picture[..., None]
        if flat.dtype == np.uint8 and self.encoding == "srgb":
            return _table(low, high)[flat]
        shares = np.clip((flat.astype(np.float32) - low) / (high - low), 0.0, 1.0)
        if self.encoding == "linear":
            return np.asarray(shares, np.float32)
        return np.asarray(np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4), np.float32)

    def _encoded(self, light: Light, picture: Array, params: Drawn) -> Array:
        low, high = params["value_range"]
        shares = np.clip(light, 0.0, 1.0)
        if self.encoding == "srgb":
            shares = np.where(
                shares <= 0.0031308, shares * 12.92, 1.055 * np.maximum(shares, 1e-9) ** (1 / 2.4) - 0.055
            )
        values = (low + shares * (high - low)).reshape(picture.shape)
        return np.asarray(values if picture.dtype.kind == "f" else np.rint(values)).astype(picture.dtype)


@lru_cache(maxsize=4)
def _table(low: float, high: float) -> Light:
    """Return the light of each of 256 levels."""
    shares = np.clip((np.arange(256) - low) / (high - low), 0.0, 1.0)
    light = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return np.asarray(light, np.float32)


def _air_of(light: Light, sky: NDArray[np.bool_]) -> Light:
    """Return the light of the air, (channels,): that of the sky near the horizon, grayed as fog is, or the brightest.

    A fog's own light comes from all of the sky and the ground: a third of the color stays.
    """
    flat = light.reshape(-1, light.shape[2])
    rows = np.flatnonzero(sky.any(axis=1))
    if len(rows) and sky.mean() > 0.002:
        low = sky & (np.arange(len(sky)) >= np.quantile(np.nonzero(sky)[0], 0.5))[:, None]
        color = np.median(light[low], axis=0)
    else:
        color = np.quantile(flat, _BLENDED, axis=0) * 0.9
    return np.asarray(0.3 * color + 0.7 * color.mean(), np.float32)


def _moved(
    poses: NDArray[np.float64], index: int, rate: float, asking: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the pose of a picture, and the velocity there."""
    if index >= len(poses):
        raise ImageError(f"{asking}: {len(poses)} poses lie beside more pictures; give one a picture")
    first, last = max(index - 1, 0), min(index + 1, len(poses) - 1)
    velocity = (poses[last, :3, 3] - poses[first, :3, 3]) * rate / max(last - first, 1)
    return poses[index], velocity
