"""Artifacts of a CT, in HU: rings and beam hardening. Each is made where it arises, in the projections.

Reconstruction is linear, so what is wrong in the projections is reconstructed by itself and added; the slice is never
resampled. Rays are parallel and in the plane of the slice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug.declare.sets import about, up_to
from domainaug.effects import Interval
from domainaug.generators import Frame, Generators
from domainaug.transforms.arguments import choice, distances, number, share, span
from domainaug.transforms.beam import Beam, beam_of
from domainaug.transforms.ct_noise import KERNELS, coarser, water_equivalent
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import governed
from domainaug.transforms.slicewise import Plane, SliceWise, needed_spacing

__all__ = ["BeamHardening", "Rings", "reconstructed"]

Array = NDArray[np.float64]

_CALIBRATION = 120.0  # kV for which HU of rings are reckoned
_NEAREST, _FURTHEST = 0.02, 0.7  # where elements are off, as shares of half the diagonal
_BONE = (150.0, 350.0)  # HU from which, and above which all, of a voxel counts as bone
_SMOOTH_SIDE = 256  # pixels along the longer side on which hardening, which is smooth, is reconstructed


class Rings(SliceWise, A.ImageOnlyTransform):  # type: ignore[misc]
    """Adds rings about the axis of rotation: detector elements whose gain is off read a little too much or too little.

    An element that reads 1 + g times the signal puts -log(1 + g) into every view at its distance from the axis; what
    filtered back-projection makes of it is a ring (Shepp and Stein 1977, in: Reconstruction Tomography in Diagnostic
    Radiology and Nuclear Medicine). Turned once around, either side of the axis is read by another element, so a faulty
    one counts by half. All slices of a volume have the same rings, as those read by one row of detectors do; arcs of
    spiral scans are left out.

    Args:
        gain_error: |g| of an element, whose sign is drawn, as a share; a number, or a range.
        elements: How many are off; a number, or a range.
        element_mm: Width of an element where the axis is.
        center_mm: How far the axis may lie from the middle of the picture, along either axis of it.
        kernel: "smooth", "standard" or "sharp", the reconstruction's kernel.
        spacing: Millimeters from one pixel to the next, ([slices,] rows, columns); what the call says goes before.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the spacing.
    """

    neutral: ClassVar[Mapping[str, float]] = {"gain_error": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        ("streaks", "noise", "local_gain", "sharpening", "brightness", "tone", "impulse_noise", "foreign_content"),
        "gain_error",
    )

    def __init__(
        self,
        gain_error: float | Sequence[float] = (0.002, 0.01),
        elements: float | Sequence[float] = (1, 4),
        element_mm: float = 0.6,
        center_mm: float = 2.0,
        kernel: str = "standard",
        spacing: Sequence[float] | None = None,
        p: float = 0.5,
    ) -> None:
        super().__init__(p=share(self, "p", p))
        self.gain_error = span(self, "gain_error", gain_error, least=0.0, most=0.5)
        self.elements = span(self, "elements", elements, least=1, most=100)
        self.element_mm = number(self, "element_mm", element_mm, above=0.0)
        self.center_mm = number(self, "center_mm", center_mm, least=0.0)
        self.kernel = choice(self, "kernel", kernel, tuple(KERNELS))
        self.spacing = distances(self, spacing)

    def get_params_dependent_on_data(self, params: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw which elements are off, as shares of the half diagonal, by how much, and where the axis is."""
        even = self.py_random.uniform
        count = round(even(*self.elements))
        return {
            "spacing": needed_spacing(self, data, self.spacing),
            "elements": tuple((even(_NEAREST, _FURTHEST), even(*self.gain_error) * self._sign()) for _ in range(count)),
            "center": (even(-self.center_mm, self.center_mm), even(-self.center_mm, self.center_mm)),
        }

    def _sign(self) -> int:
        return 1 if self.py_random.random() < 0.5 else -1

    def prepared(self, params: dict[str, Any], array: NDArray[Any], axes: int) -> dict[str, Any]:
        """Return `params` with the rings, which are those of every plane."""
        shape, spacing = array.shape[axes - 2 : axes], params["spacing"]
        down, right = (
            (np.arange(n) - (n - 1) / 2) * d - off for n, d, off in zip(shape, spacing, params["center"], strict=True)
        )
        far = np.hypot(down[:, None], right)
        reach = float(far.max())
        half = _half_diagonal(shape, spacing)
        elements = [(at * half, gain) for at, gain in params["elements"]]
        step = min(*spacing, self.element_mm) / 4
        radii = np.arange(0.0, reach + step, step)
        return {**params, "field": np.interp(far, radii, self._profile(elements, step, len(radii))).astype(np.float32)}

    def _profile(self, elements: Sequence[tuple[float, float]], step: float, count: int) -> Array:
        """Return HU at `count` distances from the axis, `step` mm apart."""
        from domainaug.kernels.radon import filtered

        places = np.arange(-count, count + 1) * step
        error = np.zeros(len(places))
        for at, gain in elements:
            # The share of each place that the element covers; either side of the axis has half.
            covered = np.clip((self.element_mm / 2 + step / 2 - np.abs(places - at)) / step, 0.0, 1.0)
            error -= covered * (np.log1p(gain) / 2)
        read = (error + error[::-1])[None].astype(np.float32)
        made = filtered(read, step, KERNELS[self.kernel])[0].astype(np.float64)
        angles = (np.arange(4 * count) + 0.5) * (np.pi / (8 * count))
        known, radii = made[count:], np.arange(count) * step
        total = np.zeros(count)
        for turn in np.cos(angles):
            total += np.interp(radii * turn, radii, known[:count])
        return total * (np.pi / len(angles)) * (1000 / beam_of(_CALIBRATION).effective)

    def plane(self, values: Plane, params: Drawn, stream: int) -> NDArray[Any]:
        """Return a slice with rings."""
        return np.asarray(values + params["field"])

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        nearest = _NEAREST * _half_diagonal((frame.height, frame.width), self.spacing or frame.spacing or (0.7, 0.7))
        return _striped(self._highest(self.gain_error[1], self.elements[1], nearest) / frame.span)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most: as if the strongest were the nearest."""
        half = _half_diagonal((frame.height, frame.width), params["spacing"])
        nearest = min(at for at, _ in params["elements"]) * half
        gain = max(abs(gain) for _, gain in params["elements"])
        high = self._highest(gain, len(params["elements"]), nearest) / frame.span
        return replace(_striped(high), exact=False)

    def _highest(self, gain: float, count: float, nearest: float) -> float:
        """Return HU of a ring at `nearest` mm from the axis; of several, two may touch."""
        step = self.element_mm / 4
        made = self._profile([(nearest, -gain)], step, int((nearest + 4 * self.element_mm) / step))
        return float(np.abs(made).max()) * (2 if count > 1 else 1)


class BeamHardening(SliceWise, A.ImageOnlyTransform):  # type: ignore[misc]
    """Adds what hardening of the beam leaves: a darker middle (cupping), and dark bands between bones.

    Soft photons are absorbed first, so a long path attenuates less than a short one promises. Rays are followed through
    the slice, soft tissue and bone apart; a polychromatic beam says what the detector reads (Kramers' spectrum, NIST
    attenuation, see `domainaug.transforms.beam`); the error is reconstructed and added. What is read rises with the
    path, so it can be undone (Brooks and Di Chiro 1976, Phys. Med. Biol. 21:390; Joseph and Spital 1978, J. Comput.
    Assist. Tomogr. 2:100). HU are those of a scanner calibrated on 200 mm of water: there water stays at 0 on average,
    the rim brighter, the middle darker.

    Args:
        water: Share of the hardening in water that the scanner did not correct; a number, or a range.
        bone: Share of the hardening in bone, which a correction for water leaves whole, that is added; likewise.
        kvp: Tube voltage in kV, 60 to 150; a number, or a range.
        spacing: Millimeters from one pixel to the next, ([slices,] rows, columns); what the call says goes before.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the spacing.
    """

    neutral: ClassVar[Mapping[str, float]] = {"water": 0.0, "bone": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        ("local_gain", "tone", "brightness", "contrast", "gamma", "inversion", "streaks"), "water", "bone"
    )

    def __init__(
        self,
        water: float | Sequence[float] = (0.0, 0.5),
        bone: float | Sequence[float] = (0.0, 0.5),
        kvp: float | Sequence[float] = 120.0,
        spacing: Sequence[float] | None = None,
        p: float = 0.5,
    ) -> None:
        super().__init__(p=share(self, "p", p))
        self.water = span(self, "water", water, least=0.0, most=1.0)
        self.bone = span(self, "bone", bone, least=0.0, most=1.0)
        self.kvp = span(self, "kvp", kvp, least=60.0, most=150.0)
        self.spacing = distances(self, spacing)

    def get_params_dependent_on_data(self, params: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the shares and the voltage, in whole kV."""
        even = self.py_random.uniform
        return {
            "water": even(*self.water),
            "bone": even(*self.bone),
            "kvp": float(round(even(*self.kvp))),
            "spacing": needed_spacing(self, data, self.spacing),
        }

    def plane(self, values: Plane, params: Drawn, stream: int) -> NDArray[Any]:
        """Return a slice with what hardening does to it."""
        from domainaug.kernels.radon import project, views

        if not (params["water"] or params["bone"]):
            return values
        beam = beam_of(params["kvp"])
        density, spacing = coarser(water_equivalent(values), params["spacing"], _SMOOTH_SIDE)
        bony = np.clip((density * 1000 - 1000 - _BONE[0]) / (_BONE[1] - _BONE[0]), 0, 1).astype(np.float32)
        angles = views(int(1.2 * max(density.shape)) + 16)
        soft, bone = (project(part, spacing, angles) for part in (density * (1 - bony), density * bony))
        error = hardening(beam, soft, bone, params["water"], params["bone"])
        return np.asarray(values + reconstructed(error, beam, density.shape, spacing, angles, values.shape))

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        off = max(self._off(self.water[1], self.bone[1], kvp, frame) for kvp in np.linspace(*self.kvp, 5))
        return _cupped(1.05 * off, bool(self.bone[1]))  # between these voltages a little more is possible

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most; how much depends on the slice."""
        off = self._off(params["water"], params["bone"], params["kvp"], frame)
        return replace(_cupped(off, bool(params["bone"])), exact=False)

    def _off(self, water: float, bone: float, kvp: float, frame: Frame) -> float:
        """Return by how much of the range tissue is off, as far as it shows beyond single bones.

        Half again what paths of 20 to 500 mm of water are off by on average, and half of what 20 to 150 mm of bone in
        200 mm of water are.
        """
        beam = beam_of(float(round(kvp)))
        soft, bony = np.arange(20.0, 500.0, 5.0), np.arange(20.0, 150.0, 5.0)
        in_water = hardening(beam, *_paths(soft, 0 * soft), water, 0.0) / (beam.effective * soft)
        in_bone = hardening(beam, *_paths(200 + 0 * bony, bony), 0.0, bone) / (beam.effective * bony)
        seen = 0.5 * float(np.abs(in_bone).max()) if frame.high > _BONE[0] else 0.0
        return 1000 * (1.5 * float(np.abs(in_water).max()) + seen) / frame.span


def _paths(soft: Array, bone: Array) -> tuple[Plane, Plane]:
    return soft.astype(np.float32), bone.astype(np.float32)


def _half_diagonal(shape: Sequence[int], spacing: Sequence[float]) -> float:
    return float(np.hypot(shape[0] * spacing[-2], shape[1] * spacing[-1])) / 2


def hardening(beam: Beam, soft: Plane, bone: Plane, water_share: float, bone_share: float) -> Plane:
    """Return by how much line integrals are off that hold hardening in these shares.

    Args:
        beam: The beam.
        soft: Path through soft tissue, in mm of water that attenuates alike.
        bone: Path through bone, likewise.
        water_share: Of the hardening as if all were water.
        bone_share: Of what is left of the hardening in bone after a full correction for water.
    """
    whole = soft + bone
    ideal = np.float32(beam.effective) * whole
    error = np.zeros_like(ideal)
    if water_share:
        error += np.float32(water_share) * (beam.measured({"water": whole}) - ideal)
    if bone_share:
        error += np.float32(bone_share) * (beam.corrected(beam.measured({"water": soft, "bone": bone})) - ideal)
    return error


def reconstructed(
    error: Plane, beam: Beam, shape: Sequence[int], spacing: Sequence[float], angles: Array, size: tuple[int, ...]
) -> Plane:
    """Return the HU that errors of line integrals make, grown to `size`."""
    import cv2

    from domainaug.kernels.radon import back_project, filtered

    made = back_project(filtered(error, min(spacing), KERNELS["standard"]), shape, spacing, angles)
    if tuple(shape) != tuple(size):
        made = np.asarray(cv2.resize(made, size[::-1], interpolation=cv2.INTER_LINEAR), np.float32).reshape(size)
    return made * np.float32(1000 / beam.effective)


def _striped(most: float) -> Generators:
    """Return what rings of this height do at most."""
    return Generators.bounds(
        streaks=up_to(most),
        noise=up_to(most),
        local_gain=up_to(most),
        impulse_noise=up_to(0.05 if most > 0.3 else 0.0),
        foreign_content=up_to(min(1.0, most) if most > 0.3 else 0.0),
        sharpening=up_to(4 * most),
        tone=up_to(min(1.0, 0.5 * most)),
        brightness=about(min(1.0, 0.5 * most)),
    )


def _cupped(most: float, banded: bool) -> Generators:
    """Return what hardening that is off by so much of the range does at most."""
    return Generators.bounds(
        local_gain=up_to(most),
        tone=up_to(min(1.0, most)),
        brightness=about(min(1.0, most)),
        contrast=Interval(max(0.0, 1 - 2 * most), 1 + 2 * most),
        gamma=Interval(max(0.2, 1 - 3 * most), 1 + 4 * most),
        streaks=up_to(most if banded else 0.0),
    )
