"""Which images make one stack, in which order, and what is wrong with it.

A series is not a stack: localizers, echoes, b-values and repeated acquisitions share one. Images are split
until what is left could be a stack; then the positions say whether it is one. Readers that skip this are
silently wrong: a missing slice stretches the others, a tilted gantry is straightened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.medical.findings import IN_VOLUMES, SeriesFinding, kinship, notes
from domainaug.medical.instance import Instance
from domainaug.medical.repeats import in_turns, repetition

__all__ = ["SAME_PLACE", "SPACING_TOLERANCE", "StackGeometry", "judge", "split"]

Vector = NDArray[np.float64]

SPACING_TOLERANCE = 1e-3
"""Largest departure of a step from the median one, as a share of it."""

SAME_PLACE = 1e-3
"""Millimeters that two slices at one place may lie apart."""

TILT_TOLERANCE = 5e-3
"""Largest sideways part of a step, as a share of the step (0.3 degrees)."""

DRIFT_TOLERANCE = 0.2
"""Pixels that any slice may lie beside the normal through the first: small steps add up in a long stack."""

_AXIS_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class StackGeometry:
    """Where a stack lies in the patient; millimeters and unit vectors, in DICOM's axes (left, back, up).

    Attributes:
        spacing: Between rows and between columns.
        slice_spacing: Between slices; None for a single one.
        origin: Middle of the first pixel of the first slice.
        row: Direction in which columns count up.
        column: Direction in which rows count up.
        normal: Direction in which slices count up.
    """

    spacing: tuple[float, float]
    slice_spacing: float | None
    origin: tuple[float, float, float]
    row: tuple[float, float, float]
    column: tuple[float, float, float]
    normal: tuple[float, float, float]


def split(instances: Iterable[Instance]) -> list[list[Instance]]:
    """Return the stacks that `instances` make up, each in slice order; in an order that files do not decide."""
    groups: dict[tuple[Any, ...], list[Instance]] = defaultdict(list)
    for instance in sorted(instances, key=lambda x: (x.series_uid, x.sop_instance_uid, x.frame)):
        spacing = instance.spacing and tuple(round(value, 4) for value in instance.spacing)
        groups[
            instance.series_uid,
            instance.study_uid,
            instance.patient,
            instance.sop_class_uid,
            instance.rows,
            instance.columns,
            str(spacing),
            instance.photometric,
            instance.sop_instance_uid if instance.in_time else "",
            instance.image_type,
            instance.parts,
            instance.position is None or instance.orientation is None,
        ].append(instance)
    stacks: list[list[Instance]] = []
    for _, group in sorted(groups.items(), key=lambda pair: str(pair[0])):
        for parallel in _by_orientation(group):
            stacks.extend(_by_acquisition(parallel))
    return stacks


def judge(
    stack: Sequence[Instance], siblings: Sequence[Sequence[Instance]] = ()
) -> tuple[StackGeometry | None, tuple[SeriesFinding, ...]]:
    """Return where a stack lies and everything found about it.

    Args:
        stack: Images in slice order, as `split` gives them.
        siblings: The stacks that its series was split into, itself among them.
    """
    findings = [*kinship(stack, siblings), *repetition(stack, siblings), *notes(stack)]
    first = stack[0]
    if first.modality not in IN_VOLUMES:
        return None, tuple(findings)
    if first.position is None or first.orientation is None or first.spacing is None:
        findings.append(SeriesFinding("no-geometry", "position, orientation or spacing is missing: not a stack"))
        return None, tuple(findings)
    row, column, normal = _axes(first)
    steps = np.diff(np.array([instance.position for instance in stack], dtype=float), axis=0)
    slice_spacing = None
    if len(steps):
        slice_spacing = _spacing(steps @ normal)
        findings.extend(_step_findings(steps, normal, min(first.spacing)))
    geometry = StackGeometry(
        first.spacing, slice_spacing, first.position, _triple(row), _triple(column), _triple(normal)
    )
    return geometry, tuple(findings)


def _spacing(along: Vector) -> float:
    """Return how far slices are apart: steps that are even but for roundings add up to where the last slice lies."""
    median = float(np.median(along))
    even = np.abs(along - median).max() <= SPACING_TOLERANCE * median
    return float(along.mean()) if even else median


def _axes(instance: Instance) -> tuple[Vector, Vector, Vector]:
    row, column = np.array(instance.orientation[:3]), np.array(instance.orientation[3:])  # type: ignore[index]
    return row, column, np.cross(row, column)


def _triple(vector: Vector) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])


def _height(instance: Instance) -> float:
    """Return where a slice lies along the normal of its plane.

    Asked of every slice, and twice: arrays of three numbers would take ten times as long as the numbers.
    """
    (x, y, z), (a, b, c, d, e, f) = instance.position, instance.orientation  # type: ignore[misc]
    return float(x * (b * f - c * e) + y * (c * d - a * f) + z * (a * e - b * d))


def _by_orientation(group: list[Instance]) -> list[list[Instance]]:
    if group[0].position is None or group[0].orientation is None or group[0].in_time:
        return [group]
    parallel: list[list[Instance]] = []
    for instance in group:
        axes = np.array(instance.orientation)
        for stack in parallel:
            if np.abs(axes - np.array(stack[0].orientation)).max() <= _AXIS_TOLERANCE:
                stack.append(instance)
                break
        else:
            parallel.append([instance])
    return [sorted(stack, key=lambda x: (_height(x), x.sop_instance_uid, x.frame)) for stack in parallel]


def _by_acquisition(stack: list[Instance]) -> list[list[Instance]]:
    """Split where positions repeat: by Acquisition Number, else by object, else by time; many scanners count slices."""
    if stack[0].position is None or stack[0].orientation is None or not _repeats(stack):
        return [stack]
    for told_apart in (_acquisition_of, _object_of):
        parts: dict[str, list[Instance]] = defaultdict(list)
        for instance in stack:
            parts[told_apart(instance)].append(instance)
        if len(parts) > 1 and not any(_repeats(part) for part in parts.values()):
            return [parts[number] for number in sorted(parts)]
    return in_turns(stack)


def _acquisition_of(instance: Instance) -> str:
    return instance.acquisition


def _object_of(frame: Instance) -> str:
    return frame.sop_instance_uid if frame.frames > 1 else ""


def _repeats(stack: Sequence[Instance]) -> bool:
    heights = np.array([_height(instance) for instance in stack])
    return bool(np.any(np.diff(heights) < SAME_PLACE))


def _step_findings(steps: Vector, normal: Vector, pixel: float) -> Iterable[SeriesFinding]:
    along = steps @ normal
    if np.any(along < SAME_PLACE):
        pairs = _listed(np.flatnonzero(along < SAME_PLACE))
        yield SeriesFinding("duplicate-position", f"two slices lie at one position, after slice {pairs}", refuses=True)
        return
    yield from _spacing_findings(along)
    leaning = steps / along[:, None] - normal
    mean = leaning.mean(axis=0)
    if np.abs(leaning - mean).max() > TILT_TOLERANCE:
        message = "slices are shifted against each other within their plane"
        yield SeriesFinding("shifted-slices", message, refuses=True)
        return
    beside = np.linalg.norm(np.cumsum(steps - along[:, None] * normal, axis=0), axis=1).max()
    if np.linalg.norm(mean) > TILT_TOLERANCE or beside > DRIFT_TOLERANCE * pixel:
        degrees = float(np.degrees(np.arctan(np.linalg.norm(mean))))
        leans = f"{degrees:.1f}" if degrees >= 1 else f"{degrees:.2f}"
        message = f"the stack leans {leans} degrees out of the normal of its slices (tilted gantry)"
        yield SeriesFinding("gantry-tilt", message, refuses=True)


def _spacing_findings(along: Vector) -> Iterable[SeriesFinding]:
    """Tell steps over places where whole slices are missing from those that are uneven."""
    median = float(np.median(along))
    times = np.rint(along / median)
    uneven = np.abs(along - median) > SPACING_TOLERANCE * median
    missing = uneven & (times > 1) & (np.abs(along - times * median) <= _NEARLY * median)
    if missing.any():
        largest = float(along[missing].max())
        message = (
            f"slices are {median:.4g} mm apart, but {largest:.4g} mm after slice {_listed(np.flatnonzero(missing))}"
        )
        yield SeriesFinding("missing-slice", message, refuses=True)
    uneven &= ~missing
    if uneven.any():
        low, high = float(along[uneven].min()), float(along[uneven].max())
        apart = f"{low:.4g}" if high - low < SAME_PLACE else f"{low:.4g} to {high:.4g}"
        message = f"slices are {median:.4g} mm apart, but {apart} mm after slice {_listed(np.flatnonzero(uneven))}"
        yield SeriesFinding("uneven-spacing", message, refuses=True)


_NEARLY = 0.1
"""Of a step: how far a gap may be off whole slices, for these to count as missing."""


def _listed(indices: NDArray[np.intp]) -> str:
    shown = ", ".join(str(index + 1) for index in indices[:8])
    return f"{shown} and {len(indices) - 8} more" if len(indices) > 8 else shown
