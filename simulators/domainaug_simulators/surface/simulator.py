"""The surface simulator as scenarios see it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.effects import Interval
from domainaug.errors import DomainAugError
from domainaug.generators import Frame
from domainaug.manufacturing import Defect
from domainaug.manufacturing.measures import contrast_of
from domainaug.scenario import Axis, Rendered, Value, Variant
from domainaug.scenario.trials import Trial
from domainaug_simulators.surface.axes import AXES
from domainaug_simulators.surface.defects import Wanted, chart_site, draw
from domainaug_simulators.surface.finishes import COLORS, finished
from domainaug_simulators.surface.labels import Label, Window, label_of, window_of
from domainaug_simulators.surface.lights import patches_of
from domainaug_simulators.surface.parts import Part, Seen
from domainaug_simulators.surface.picture import exposure_of, radiance, retouched
from domainaug_simulators.surface.skin import Skin
from domainaug_simulators.surface.station import Station
from domainaug_simulators.surface.worlds import PartWorld, read_world

__all__ = ["SurfaceSimulator"]

_LIST = [{"kind": "scratch", "length_mm": 4}, {"kind": "dent", "at": [3, 3], "diameter_mm": 3}]
_SMALL = {"rows": 32, "columns": 32, "pitch": 0.4}
_TRIALS = (
    Trial("plane", {"width": 12, "height": 12, "detail": 0.1, "defects": _LIST}, _SMALL),
    Trial("cylinder", {"shape": "cylinder", "diameter": 10, "length": 12, "detail": 0.1}, _SMALL | {"light": "dome"}),
)


@dataclass(frozen=True, slots=True)
class SurfaceSimulator:
    """Renders parts with defects of known sizes under controlled light, with masks by their own surface."""

    name: str = "surface"
    axes: tuple[Axis, ...] = field(default=AXES, repr=False)
    trials: tuple[Trial, ...] = field(default=_TRIALS, repr=False)
    packages: tuple[str, ...] = ("mitsuba", "trimesh")

    def survey(self, world: Mapping[str, Any], folder: Path) -> _World:
        """Look at what a scenario says of its part; see `domainaug.scenario.Simulator`."""
        return _World(read_world(world, folder))


@dataclass(frozen=True, slots=True)
class _World:
    """What travels to the workers."""

    part: PartWorld

    @property
    def digest(self) -> str:
        return self.part.digest

    @property
    def sources(self) -> tuple[Path, ...]:
        return self.part.sources

    @property
    def notes(self) -> tuple[str, ...]:
        return self.part.notes

    @property
    def idle(self) -> Mapping[str, str]:
        return {}

    @property
    def pictures(self) -> int:
        return 2

    def check(self, variant: Variant) -> None:
        """Refuse what cannot be drawn, lit or seen."""
        values = variant.values
        station = Station.of(self.part.part(), values)
        patches_of(station.light, station.view.distance)
        _drawn(self.part, values)
        if values["renderer"] == "mitsuba":
            from domainaug_simulators.surface.mitsuba_line import need_mitsuba

            need_mitsuba()

    def frame(self, values: Mapping[str, Value]) -> Frame:
        pitch = float(values["pitch"])
        channels = 3 if values["channels"] == "color" else 1
        return Frame(int(values["rows"]), int(values["columns"]), channels, spacing=(pitch, pitch), part=True)

    def effects(self, values: Mapping[str, Value]) -> Mapping[str, Interval]:
        """Return what a reader of the picture would call the part's pose, that of the defaults being neutral."""
        number = {name: float(value) for name, value in values.items() if not isinstance(value, str)}
        pitch = number["pitch"]
        shift = max(
            abs(number["shift_across"]) / (number["columns"] * pitch),
            abs(number["shift_down"]) / (number["rows"] * pitch),
        )
        told = {"rotation": number["spin"], "shift": shift}
        return {name: Interval(value, value) for name, value in told.items()}

    def load(self) -> _Stage:
        return _Stage(self.part, self.part.part())


def _drawn(world: PartWorld, values: Mapping[str, Value]) -> tuple[Defect, ...]:
    """Return the defects of a variant, on its chart.

    They do not depend on the finish, so that labels do not; what is tinted is tinted against the part's color.

    Raises:
        DomainAugError: One does not fit.
    """
    color = world.color or COLORS[str(values["finish"])]
    site = chart_site(world.texels, world.detail, color)
    added = Wanted.of(values)
    return tuple(draw(one, site) for one in (*world.defects, *((added,) if added else ())))


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """What variants share that differ only in light, finish and camera noise."""

    seen: Seen
    windows: tuple[Window | None, ...]
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Stage:
    """A part below the camera."""

    world: PartWorld
    part: Part
    _scenes: dict[tuple[str, int], _Scene] = field(default_factory=dict)
    _skins: dict[tuple[Value, ...], Skin] = field(default_factory=dict)

    def render(self, variant: Variant, number: int, folder: Path) -> Rendered:
        """Write the part with its defects, the clean one, masks and labels."""
        values = variant.values
        station = Station.of(self.part, values)
        defects = _drawn(self.world, values)
        scene = self._scene(station, defects, variant.labels)
        image, clean, exposure = self._pictures(station, defects, scene, values, variant.key)
        contrast = {one.number: _contrast(image, clean, one) for one in scene.labels if one.box is not None}
        _refuse_invisible(scene.labels, contrast, float(values["least_contrast"]))
        paths = [_png(folder, "image.png", image), _png(folder, "clean.png", clean), *_labels(folder, scene.labels)]
        record = {
            "labels_id": variant.labels,
            "exposure": float(f"{exposure:.6g}"),
            "contrast": {str(number): found for number, found in contrast.items()},
            "labels": {"vanished": [one.number for one in scene.labels if one.box is None]},
        }
        return Rendered(tuple(paths), record)

    def _scene(self, station: Station, defects: tuple[Defect, ...], labels: str) -> _Scene:
        known = self._scenes.get((labels, station.samples))
        if known is not None:
            return known
        view, fine = station.view, station.samples
        seen = self.part.seen(view, station.pose, (0, 0, view.rows, view.columns), fine)
        if not seen[..., 11].any():
            raise DomainAugError(
                "the camera sees nothing of the part: it is turned away, or lies beside the picture; look at tilt, "
                "shift and pitch, and of a mesh at which side of its faces is outside"
            )
        shape = self.world.texels
        windows = tuple(window_of(seen, fine, defect, shape, self.world.detail) for defect in defects)
        made = tuple(
            label_of(number, defect, self.part, view, station.pose, window, (*shape, self.world.detail))
            for number, (defect, window) in enumerate(zip(defects, windows, strict=True), 1)
        )
        scene = _Scene(seen, windows, made)
        self._scenes.clear()  # variants of one scene mostly follow each other
        self._scenes[(labels, station.samples)] = scene
        return scene

    def _skin(self, values: Mapping[str, Value]) -> Skin:
        key = (values["finish"], values["finish_seed"], values["grain"])
        if key not in self._skins:
            self._skins.clear()
            self._skins[key] = finished(
                str(key[0]), self.world.texels, self.world.detail, seed=int(key[1]), grain_deg=float(key[2]),
                color=self.world.color, relief=self.world.embossed(),
            )  # fmt: skip
        return self._skins[key]

    def _pictures(
        self, station: Station, defects: tuple[Defect, ...], scene: _Scene, values: Mapping[str, Value], key: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8], float]:
        """Return the part with defects, the clean one, and the exposure."""
        skin = self._skin(values)
        exposure = exposure_of(station, skin)
        marred = skin.with_defects(defects) if defects else skin
        if values["renderer"] == "mitsuba":
            from domainaug_simulators.surface.mitsuba_line import rendered

            light = rendered(station, (skin, marred), 8 * station.samples**2, key)
        else:
            clean = radiance(station, skin, scene.seen, station.samples)
            windows = [window for window in scene.windows if window is not None]
            light = clean, retouched(station, marred, clean, scene.seen, windows)
        factor = np.float32(exposure * station.intensity)
        seen = [station.camera.through_lens(one[..., :3] * factor) for one in light]
        if values["channels"] == "gray":
            seen = [np.asarray(one.mean(axis=2), np.float32) for one in seen]
        clean_values, image = (station.camera.values(one, key) for one in seen)
        return image, clean_values, exposure


def _contrast(image: NDArray[np.uint8], clean: NDArray[np.uint8], label: Label) -> float:
    """Return how visible a defect is, as `domainaug.manufacturing` measures it."""
    gray = [one.astype(np.float32) if one.ndim == 2 else one.astype(np.float32).mean(axis=2) for one in (image, clean)]
    found, _ = contrast_of(gray[0] - gray[1], gray[1], label.mask)
    return round(found, 3)


def _refuse_invisible(labels: tuple[Label, ...], contrast: Mapping[int, float], least: float) -> None:
    """Refuse a picture whose labels mark what nobody sees.

    Raises:
        DomainAugError: A defect has less contrast than is asked for.
    """
    for one in labels:
        found = contrast.get(one.number, 0.0)
        if found < least:
            where = "is not seen by the camera" if one.box is None else f"has a contrast of {found:.3g} in this light"
            raise DomainAugError(
                f"defect {one.number}, a {one.defect.kind}, {where}, and {least:g} is the least: "
                "light it otherwise, or lower least_contrast"
            )


def _labels(folder: Path, labels: tuple[Label, ...]) -> list[Path]:
    """Write a mask of all defects, one of each, and what they are."""
    paths = [_json(folder, "labels.json", {"defects": [one.to_dict() for one in labels]})]
    if not labels:
        return paths
    union = np.any([one.mask for one in labels], axis=0)
    paths.append(_png(folder, "mask.png", union.astype(np.uint8) * np.uint8(255)))
    for one in labels:
        if one.box is not None:
            paths.append(_png(folder, f"mask-{one.number:03d}.png", one.mask.astype(np.uint8) * np.uint8(255)))
    return paths


def _json(folder: Path, name: str, content: Mapping[str, Any]) -> Path:
    (folder / name).write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return Path(name)


def _png(folder: Path, name: str, picture: NDArray[Any]) -> Path:
    import cv2

    shown = picture if picture.ndim == 2 else np.ascontiguousarray(picture[..., ::-1])
    done, content = cv2.imencode(".png", shown)
    assert done
    (folder / name).write_bytes(content.tobytes())
    return Path(name)
