"""One exposure: from a patient in memory and the values of a variant to stored values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import DomainAugError
from domainaug.kernels.rays import RayVolume, integrals
from domainaug.scenario import Value
from domainaug_simulators.radiograph.blades import Field, whole_rows
from domainaug_simulators.radiograph.detector import Detector, processed, response, stored
from domainaug_simulators.radiograph.geometry import VIEWS, Geometry, Setup
from domainaug_simulators.radiograph.matter import densities
from domainaug_simulators.radiograph.scatter import GRIDS, height_of, scattered
from domainaug_simulators.radiograph.spectrum import beam_of
from domainaug_simulators.radiograph.worlds import Patient

__all__ = ["Exposure", "expose", "geometry_of", "mass_of", "window_of"]

Plane = NDArray[np.float32]

_THIN = 0.12
"""Share of the thickest part's water below which a ray passes skin and sleeves rather than the body."""

_NEAREST_MM = 100.0
"""The least distance from the focal spot to the patient."""


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """A radiograph.

    Attributes:
        values: (rows, columns) uint16.
        window: Center and width, in stored values, that show the patient.
        geometry: Where source and detector are.
        field: What the blades leave.
        facts: What a record tells of it: mean energy, scatter fraction, kerma ...
    """

    values: NDArray[np.uint16]
    window: tuple[float, float]
    geometry: Geometry
    field: Field
    facts: Mapping[str, Any]


def geometry_of(patient: Patient, values: Mapping[str, Value]) -> Geometry:
    """Return where source and detector are.

    Raises:
        DomainAugError: The patient would reach the focal spot.
    """
    number = {name: float(value) for name, value in values.items() if not isinstance(value, str)}
    primary = VIEWS[str(values["view"])] + number["turn"]
    given = Setup(
        primary=(primary + 180.0) % 360.0 - 180.0,
        secondary=number["tilt"],
        roll=number["roll"],
        source_to_detector=number["source_to_detector"],
        center=(0.0, 0.0, 0.0),
        offset=(number["shift_across"], number["shift_down"]),
        shape=(int(number["rows"]), int(number["columns"])),
        pitch=number["pitch"],
    )
    half = patient.reach(Geometry.of(given).toward)
    from_source = given.source_to_detector - number["air_gap"] - half
    if from_source - half < _NEAREST_MM:
        raise DomainAugError(
            f"the focal spot would be {from_source - half:.0f} mm from the patient, and {_NEAREST_MM:g} mm are the "
            "least: raise source_to_detector or lower air_gap"
        )
    x, y, z = patient.center.tolist()
    return Geometry.of(replace(given, source_to_center=from_source, center=(x, y, z)))


def mass_of(patient: Patient) -> RayVolume:
    """Return densities that integrate to g/cm² along rays in mm."""
    water, bone = densities(patient.hounsfield)
    return RayVolume.of((water * np.float32(0.1), bone * np.float32(0.1)), patient.grid.matrix)


def expose(patient: Patient, mass: RayVolume, values: Mapping[str, Value], key: int) -> Exposure:
    """Return a radiograph.

    Args:
        patient: Who is before the tube.
        mass: `mass_of` them.
        values: A value for every axis.
        key: Of the noise.

    Raises:
        DomainAugError: It cannot be taken: the patient reaches the tube, or the scan is too short for the view.
    """
    number = {name: float(value) for name, value in values.items() if not isinstance(value, str)}
    geometry = geometry_of(patient, values)
    field = _field(patient, geometry, number)
    paths = integrals(mass, geometry.rays)
    beam = beam_of(number["kvp"], number["aluminum"], number["copper"])
    first, second = beam.signal(paths[..., 0], paths[..., 1])
    opened = geometry.obliquity() * field.opening(geometry, number["focal_spot"])
    through, leaked = GRIDS[str(values["grid"])]
    primary, square = first * opened * np.float32(through), second * opened * np.float32(through)
    lit = field.lit(geometry.setup.shape)
    body = lit & (paths[..., 0] > _THIN * np.percentile(paths[..., 0], 95))
    veil = np.zeros_like(primary)
    if number["scatter"]:
        thickness = 10.0 * float(np.median(paths[..., 0][body])) if body.any() else 0.0
        height = height_of(thickness, number["air_gap"])
        veil = scattered(first * opened, opened, height, geometry.setup.pitch, beam.mean_energy)
        veil *= np.float32(leaked * number["scatter"])
    watched = _watched(lit, body)
    full = number["exposure"] / float((primary + veil)[watched].mean())  # kerma of the open beam, before a grid
    setup = geometry.setup
    detector = Detector(setup.pitch, number["efficiency"], number["scintillator"], number["electronic"])
    focus = number["focal_spot"] * (setup.source_to_detector / setup.source_to_center - 1) / np.sqrt(12.0)
    kerma = detector.read(
        (primary + veil) * np.float32(full), (square + veil) * np.float32(full), beam.photons_per_ugy * beam.swank,
        float(focus), key, noisy=values["noise"] == "on",
    )  # fmt: skip
    output = response(kerma, full, str(values["response"]))
    if values["processing"] == "shown" and values["response"] == "log":
        output = processed(output, setup.pitch, body)
    made = stored(output, int(number["bits"]), inverted=values["photometric"] == "MONOCHROME2")
    fraction = float(veil[watched].mean() / (primary + veil)[watched].mean())
    facts = {
        "mean_energy_kev": round(beam.mean_energy, 3),
        "half_value_layer_mm_al": round(beam.half_value_layer(), 3),
        "open_beam_ugy": float(f"{full:.6g}"),
        "scatter_fraction": round(fraction, 4),
        "magnification": round(geometry.magnification(setup.center), 6),
        "source_to_center_mm": round(setup.source_to_center, 3),
    }
    return Exposure(made, window_of(made, body), geometry, field, facts)


def _field(patient: Patient, geometry: Geometry, number: Mapping[str, float]) -> Field:
    rows = whole_rows(geometry, patient.grid.matrix, patient.grid.shape, patient.body)
    field = Field.of(geometry.setup.shape, number["field_width"], number["field_height"], rows)
    if field.is_empty:
        raise DomainAugError(
            "no row of this view passes the body within the scan's slices: the scan is too short for it; tilt less, "
            "move source and detector farther away, or open the field"
        )
    return field


def _watched(lit: NDArray[np.bool_], body: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where exposure is controlled: the patient in the middle of the field, or the field where there is none."""
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    middle = np.zeros_like(lit)
    height, width = len(rows), len(columns)
    middle[
        rows[0] + height // 4 : rows[-1] + 1 - height // 4, columns[0] + width // 4 : columns[-1] + 1 - width // 4
    ] = True
    for place in (middle & body, body, middle & lit, lit):
        if place.any():
            return place
    return lit


def window_of(values: NDArray[np.uint16], body: NDArray[np.bool_]) -> tuple[float, float]:
    """Return center and width, in stored values, that show what lies behind the patient."""
    low, high = np.percentile(values[body] if body.any() else values, [1.5, 99.7])
    width = max(float(high - low), 2.0)
    return round(float(low + high) / 2, 1), round(width * 1.04, 1)
