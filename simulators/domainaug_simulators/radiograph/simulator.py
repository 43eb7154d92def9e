"""The radiograph simulator as scenarios see it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.effects import Interval
from domainaug.generators import Frame
from domainaug.kernels.rays import RayVolume
from domainaug.scenario import Axis, Rendered, Value, Variant
from domainaug_simulators.radiograph.axes import AXES
from domainaug_simulators.radiograph.dicom import Kept, kept_of, to_dicom
from domainaug_simulators.radiograph.exposing import Exposure, expose, mass_of
from domainaug_simulators.radiograph.shadows import Shadow, shadow_of
from domainaug_simulators.radiograph.worlds import Patient, PhantomPatient, ScannedPatient, read_patient

__all__ = ["RadiographSimulator"]

_PER_MM = 100
"""Gray levels of a thickness map for a millimeter."""


@dataclass(frozen=True, slots=True)
class RadiographSimulator:
    """Projects a CT series, or the procedural thorax, to radiographs."""

    name: str = "radiograph"
    axes: tuple[Axis, ...] = field(default=AXES, repr=False)

    def survey(self, world: Mapping[str, Any], folder: Path) -> _World:
        """Look at what a scenario says of its patient; see `domainaug.scenario.Simulator`."""
        return _World(read_patient(world, folder))


@dataclass(frozen=True, slots=True)
class _World:
    """What travels to the workers."""

    patient: PhantomPatient | ScannedPatient

    @property
    def digest(self) -> str:
        return self.patient.digest

    @property
    def sources(self) -> tuple[Path, ...]:
        return self.patient.sources

    @property
    def notes(self) -> tuple[str, ...]:
        if isinstance(self.patient, PhantomPatient):
            return ("the phantom is drawn, and made to try things out, not to train on",)
        return tuple(finding.message for finding in self.patient.series.findings)

    @property
    def idle(self) -> Mapping[str, str]:
        return {}

    @property
    def pictures(self) -> int:
        return 1

    def check(self, variant: Variant) -> None:
        """Nothing: any pose before the tube gives a picture."""

    def frame(self, values: Mapping[str, Value]) -> Frame:
        pitch, bits = float(values["pitch"]), int(values["bits"])
        return Frame(int(values["rows"]), int(values["columns"]), spacing=(pitch, pitch), high=float(2**bits - 1))

    def effects(self, values: Mapping[str, Value]) -> Mapping[str, Interval]:
        """Return what a reader of the picture would call its pose and its field, the axes' defaults being neutral."""
        number = {name: float(value) for name, value in values.items() if not isinstance(value, str)}
        shift = max(
            abs(number["shift_across"]) / (number["columns"] * number["pitch"]),
            abs(number["shift_down"]) / (number["rows"] * number["pitch"]),
        )
        seen = number["field_width"] * number["field_height"]
        told = {"rotation": number["roll"], "shift": shift, "outside": 1 - seen, "field_of_view": seen}
        return {name: Interval(value, value) for name, value in told.items()}

    def load(self) -> _Stage:
        patient = self.patient.load()
        return _Stage(patient, mass_of(patient), kept_of(patient.series, self.digest))


@dataclass(frozen=True, slots=True, eq=False)
class _Stage:
    """A patient before the tube."""

    patient: Patient
    mass: RayVolume
    kept: Kept

    def render(self, variant: Variant, number: int, folder: Path) -> Rendered:
        """Write the picture, and its labels where the patient has any."""
        values = variant.values
        made = expose(self.patient, self.mass, values, variant.key)
        paths = [self._picture(made, variant, number, folder)]
        record = {"geometry": _told(made), "facts": dict(made.facts), "labels_id": variant.labels}
        if values["format"] == "png":
            paths.append(_json(folder, "image.json", {**record, "id": variant.id, "values": dict(values)}))
        if self.patient.solids or self.patient.spots:
            labels, files = self._labels(made, folder)
            paths += files
            record["labels"] = {"vanished": [one["segment"] for one in labels["segments"] if one["box"] is None]}
        return Rendered(tuple(paths), record)

    def _picture(self, made: Exposure, variant: Variant, number: int, folder: Path) -> Path:
        if variant.values["format"] == "dicom":
            (folder / "image.dcm").write_bytes(to_dicom(made, variant.values, self.kept, number, variant.id))
            return Path("image.dcm")
        shown = made.values
        bits = int(variant.values["bits"])
        _png(folder / "image.png", shown.astype(np.uint8) if bits == 8 else shown << np.uint16(16 - bits))
        return Path("image.png")

    def _labels(self, made: Exposure, folder: Path) -> tuple[dict[str, Any], list[Path]]:
        """Write a mask and a thickness map a segment, and all boxes and points in one file."""
        lit = made.field.lit(made.geometry.setup.shape)
        told: dict[str, Any] = {"thickness_levels_per_mm": _PER_MM, "segments": [], "landmarks": []}
        paths: list[Path] = []
        for solid in self.patient.solids:
            shadow = shadow_of(solid, made.geometry, lit)
            name = self.patient.names.get(solid.number)
            told["segments"].append({**shadow.to_dict(), **({"name": name} if name else {})})
            paths += _written(shadow, folder)
        for spot in self.patient.spots:
            ((x, y),) = made.geometry.project([spot.place]).tolist()
            rows, columns = lit.shape
            inside = -0.5 <= x < columns - 0.5 and -0.5 <= y < rows - 0.5
            seen = bool(inside and lit[min(max(round(y), 0), rows - 1), min(max(round(x), 0), columns - 1)])
            point = {"number": spot.number, "x": round(x, 4), "y": round(y, 4), "seen": seen}
            told["landmarks"].append({**point, **({"name": spot.name} if spot.name else {})})
        return told, [_json(folder, "labels.json", told), *paths]


def _written(shadow: Shadow, folder: Path) -> list[Path]:
    if shadow.box is None:
        return []
    mask = Path(f"mask-{shadow.number:03d}.png")
    thickness = Path(f"thickness-{shadow.number:03d}.png")
    _png(folder / mask, (shadow.thickness > 0).astype(np.uint8) * np.uint8(255))
    levels = np.rint(np.minimum(shadow.thickness * _PER_MM, 65535))
    _png(folder / thickness, levels.astype(np.uint16))
    return [mask, thickness]


def _told(made: Exposure) -> dict[str, Any]:
    """Return the geometry for programs: places in the patient's mm, and the map from there to (column, row)."""
    geometry = made.geometry
    setup = geometry.setup
    rows, columns = setup.shape
    turn = np.stack([geometry.across, geometry.down, geometry.toward])
    focal = setup.source_to_detector / setup.pitch
    along, beneath = (offset / setup.pitch for offset in setup.offset)
    camera = np.array([[focal, 0, (columns - 1) / 2 - along], [0, focal, (rows - 1) / 2 - beneath], [0, 0, 1]])
    matrix = camera @ np.concatenate([turn, (-turn @ geometry.source)[:, None]], axis=1)
    return {
        "source_mm": _rounded(geometry.source),
        "detector_middle_mm": _rounded(geometry.middle),
        "across": _rounded(geometry.across),
        "down": _rounded(geometry.down),
        "patient_orientation": list(geometry.orientation()),
        "projection_matrix": [_rounded(row) for row in matrix],
        "field": [round(edge, 3) for edge in (made.field.left, made.field.top, made.field.right, made.field.bottom)],
        "window": list(made.window),
    }


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.9g}") for value in values.tolist()]


def _json(folder: Path, name: str, content: Mapping[str, Any]) -> Path:
    (folder / name).write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return Path(name)


def _png(path: Path, picture: NDArray[Any]) -> None:
    import cv2

    done, content = cv2.imencode(".png", picture)
    assert done
    path.write_bytes(content.tobytes())
