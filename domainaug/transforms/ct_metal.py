"""Metal in a CT, in HU: implants, and the streaks that rays through metal draw over the slice."""

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
from domainaug.transforms.arguments import choices, distances, number, share, span
from domainaug.transforms.beam import METALS, Beam, beam_of
from domainaug.transforms.ct_artifacts import reconstructed
from domainaug.transforms.ct_noise import KERNELS, water_equivalent
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import draw_key, governed, spacing_of
from domainaug.transforms.slicewise import Plane, SliceWise, needed_spacing

__all__ = ["MetalStreaks", "softened"]

_AIR = -300.0  # HU up to which a voxel is not of the body


class MetalStreaks(SliceWise, A.ImageOnlyTransform):  # type: ignore[misc]
    """Puts metal into the body and adds the streaks that it, and metal already there, draws over the slice.

    Rays through metal arrive hardened and few. They are followed through the slice, metal and tissue apart; a
    polychromatic beam and the noise of the photons that are left say what the detector reads; a scanner's correction
    for water makes its line integrals; what they are off by is reconstructed and added (De Man et al. 1999, IEEE Trans.
    Nucl. Sci. 46:691; in this form Zhang and Yu 2018, IEEE Trans. Med. Imaging 37:1370). Rays without metal are right,
    so without metal nothing happens. Left out: scatter, and motion.

    Args:
        objects: How many round rods are put in, across the slices; a number, or a range. 0: only the streaks of
            metal that is there.
        diameter_mm: Of a rod; a number, or a range.
        length_mm: Of a rod across the slices of a volume, where the distance of slices is known; else it goes through.
        metal: "titanium" or "iron" (steel), or both, one of which is drawn.
        strength: Share of the error that the scanner's correction of metal artifacts left; a number, or a range.
        photons: That reach an element of the detector in a view with nothing in between, at most.
        threshold: HU from which on what is there counts as metal; enamel has up to 3000.
        ceiling: The highest HU the scanner writes, as which a rod shows.
        kvp: Tube voltage in kV, 60 to 150; a number, or a range.
        spacing: Millimeters from one pixel to the next, ([slices,] rows, columns); what the call says goes before.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the spacing.
    """

    neutral: ClassVar[Mapping[str, float]] = {"strength": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        (
            *("streaks", "noise", "local_gain", "tone", "brightness", "contrast", "gamma", "impulse_noise"),
            *("foreign_content", "occlusion", "sharpening", "inversion", "pixelation"),
        ),
        "strength",
    )

    def __init__(
        self,
        objects: float | Sequence[float] = (1, 3),
        diameter_mm: float | Sequence[float] = (3.0, 10.0),
        length_mm: float | Sequence[float] = (20.0, 60.0),
        metal: str | Sequence[str] = METALS,
        strength: float | Sequence[float] = (0.3, 1.0),
        photons: float = 3e5,
        threshold: float = 3000.0,
        ceiling: float = 3071.0,
        kvp: float | Sequence[float] = 120.0,
        spacing: Sequence[float] | None = None,
        p: float = 0.5,
    ) -> None:
        super().__init__(p=share(self, "p", p))
        self.objects = span(self, "objects", objects, least=0, most=20)
        self.diameter_mm = span(self, "diameter_mm", diameter_mm, above=0.0)
        self.length_mm = span(self, "length_mm", length_mm, above=0.0)
        self.metal = choices(self, "metal", metal, METALS)
        self.strength = span(self, "strength", strength, least=0.0, most=1.0)
        self.photons = number(self, "photons", photons, least=100.0)
        self.threshold = number(self, "threshold", threshold, above=1000.0)
        self.ceiling = number(self, "ceiling", ceiling, above=1000.0)
        self.kvp = span(self, "kvp", kvp, least=60.0, most=150.0)
        self.spacing = distances(self, spacing)

    def get_params_dependent_on_data(self, params: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the rods: where among the pixels of the body, how wide, which share of the slices; and the rest."""
        even = self.py_random.uniform
        spatial = spacing_of(data, self.spacing, 3)
        rods = tuple(
            {
                "place": even(0, 1),
                "diameter": even(*self.diameter_mm),
                "height": even(0, 1),
                "long": even(*self.length_mm),
            }
            for _ in range(round(even(*self.objects)))
        )
        return {
            "rods": rods,
            "metal": self.metal[int(self.py_random.random() * len(self.metal))],
            "strength": even(*self.strength),
            "kvp": float(round(even(*self.kvp))),
            "spacing": needed_spacing(self, data, self.spacing),
            "slices_mm": None if spatial is None else spatial[0],
            "key": draw_key(self.random_generator),
        }

    def prepared(self, params: dict[str, Any], array: NDArray[Any], axes: int) -> dict[str, Any]:
        """Return `params` with the rods: first and last slice, row and column of the middle, and radius in mm."""
        stack = array if axes == 3 else array[None]
        placed = []
        for rod in params["rods"]:
            half = np.inf if params["slices_mm"] is None else rod["long"] / (2 * params["slices_mm"])
            middle = min(int(rod["height"] * len(stack)), len(stack) - 1)
            plane = stack[middle] if stack.ndim == 3 else stack[middle, ..., 0]
            inside = np.flatnonzero(_body(plane))
            row, column = divmod(int(inside[int(rod["place"] * len(inside))]), plane.shape[1])
            placed.append((middle - half, middle + half, row, column, rod["diameter"] / 2))
        return {**params, "placed": placed}

    def plane(self, values: Plane, params: Drawn, stream: int) -> NDArray[Any]:
        """Return a slice with rods and streaks."""
        from domainaug.kernels.radon import project, views

        spacing, beam = params["spacing"], beam_of(params["kvp"])
        put = _rods(values.shape, spacing, [rod[2:] for rod in params["placed"] if rod[0] <= stream <= rod[1]])
        there = values >= self.threshold
        filled = np.maximum(put, there.astype(np.float32))
        if not filled.any():
            return values
        solid = np.float32(beam.times_water[params["metal"]])
        angles = views(int(1.2 * max(values.shape)) + 16)
        density = water_equivalent(values)
        metal = project(filled * solid, spacing, angles)
        tissue = project(density * (1 - filled), spacing, angles, within=metal > 0)
        error = self._error(beam, tissue, metal, params, stream) * np.float32(params["strength"])
        made = values + reconstructed(error, beam, values.shape, spacing, angles, values.shape)
        # What is put in is as soft as the kernel makes it; what is there already is.
        made += 1000 * (softened(put * solid, spacing) - put * density)
        # Inside metal the scanner's scale ends, whatever the streaks say.
        return np.where(there, values, np.minimum(made, np.float32(self.ceiling)))

    def _error(self, beam: Beam, tissue: Plane, metal: Plane, params: Drawn, stream: int) -> Plane:
        """Return by how much line integrals are off where rays pass metal."""
        from domainaug.kernels.random import normals

        hit = metal > 0
        through, path = tissue[hit], metal[hit]
        left = np.exp(-beam.measured({"water": through, params["metal"]: path}))
        without = np.exp(-beam.measured({"water": through}))
        count = np.float32(self.photons) * left
        # The variance of a count is the count; that of the tissue alone is in the slice already.
        spread = np.sqrt(count * np.maximum(0, 1 - left / without))
        noisy = np.maximum(count + spread * normals(count.shape, params["key"], stream), 1)
        error = np.zeros_like(tissue)
        read = beam.corrected(-np.log(noisy / np.float32(self.photons)))
        error[hit] = read - np.float32(beam.effective) * (through + path)
        return error

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it can do at most: streaks of 2000 HU beside metal, where nothing is corrected."""
        return self._effects(self.strength[1], self.objects[1] * self.diameter_mm[1] ** 2, self.spacing, frame)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most; how much depends on the slice."""
        squares = sum(rod["diameter"] ** 2 for rod in params["rods"])
        return replace(self._effects(params["strength"], squares, params["spacing"], frame), exact=False)

    def _effects(self, strength: float, squares: float, spacing: tuple[float, ...] | None, frame: Frame) -> Generators:
        """Return bounds; `squares` is the sum of the squares of diameters, in mm²."""
        most = strength * 2000 / frame.span
        rows, columns = (spacing or frame.spacing or (1.0, 1.0))[-2:]
        put = min(1.0, np.pi / 4 * squares / (rows * columns * frame.height * frame.width))
        strong = min(1.0, most) if most > 0.6 else 0.0  # what strong streaks run over looks like something else
        return Generators.bounds(
            streaks=up_to(most),
            noise=up_to(0.3 * most),
            local_gain=up_to(0.3 * most),
            tone=up_to(min(1.0, 0.3 * most)),
            brightness=about(min(1.0, 0.3 * most)),
            contrast=Interval(max(0.0, 1 - 0.6 * most), 1 + 0.6 * most),
            gamma=Interval(max(0.2, 1 - 0.7 * most), 1 + 0.7 * most),
            impulse_noise=up_to(strong),
            foreign_content=up_to(min(1.0, put + strong)),
            occlusion=up_to(strong),
            sharpening=up_to(10 * most),
            inversion=up_to(strong),
            pixelation=Interval(1.0, 1 + 20 * strong),
        )


def _body(plane: NDArray[Any]) -> NDArray[np.bool_]:
    """Return the largest piece that is no air, which the table is not; all where there is none."""
    from scipy import ndimage

    pieces, count = ndimage.label(plane > _AIR)
    if not count:
        return np.ones(plane.shape, np.bool_)
    return np.asarray(pieces == 1 + np.bincount(pieces.ravel())[1:].argmax(), np.bool_)


def softened(picture: Plane, spacing: tuple[float, float]) -> Plane:
    """Return a picture as reconstruction with the standard kernel shows it."""
    from scipy import fft

    size = [fft.next_fast_len(n + 32, real=True) for n in picture.shape]  # with room for what would come around
    down, right = np.fft.fftfreq(size[0], spacing[0])[:, None], np.fft.rfftfreq(size[1], spacing[1])
    window = KERNELS["standard"](np.hypot(down, right)).astype(np.float32)
    soft = fft.irfft2(fft.rfft2(picture, size) * window, size)[: picture.shape[0], : picture.shape[1]]
    return np.asarray(soft, np.float32)


def _rods(shape: tuple[int, ...], spacing: tuple[float, float], rods: Sequence[tuple[Any, ...]]) -> Plane:
    """Return the share of each pixel that rods of (row, column, radius in mm) cover."""
    covered = np.zeros(shape, np.float32)
    for row, column, radius in rods:
        down, right = ((np.arange(n) - at) * d for n, at, d in zip(shape, (row, column), spacing, strict=True))
        away = (radius - np.hypot(down[:, None], right)) / min(spacing) + 0.5
        np.maximum(covered, np.clip(away, 0, 1), out=covered, casting="same_kind")
    return covered
