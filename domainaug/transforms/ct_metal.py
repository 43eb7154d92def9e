"""Metal in a CT, in HU: implants, and the streaks that rays through metal draw over the slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug.declare.sets import up_to
from domainaug.effects import EFFECTS
from domainaug.generators import Frame, Generators
from domainaug.transforms.arguments import choices, distances, number, share, span
from domainaug.transforms.beam import METALS, Beam, beam_of
from domainaug.transforms.ct_artifacts import reconstructed
from domainaug.transforms.ct_noise import water_equivalent
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import draw_key, governed, spacing_of
from domainaug.transforms.slicewise import Plane, SliceWise, needed_spacing

__all__ = ["MetalStreaks"]


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
        ceiling: The highest HU the scanner writes; metal shows as that.
        kvp: Tube voltage in kV, 60 to 150; a number, or a range.
        spacing: Millimeters from one pixel to the next, ([slices,] rows, columns); what the call says goes before.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the spacing.
    """

    neutral: ClassVar[Mapping[str, float]] = {"strength": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        ("streaks", "noise", "local_gain", "tone", "brightness", "contrast", "impulse_noise"), "strength"
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
        """Return `params` with the rods: first and last slice, middle and radius of each, in mm."""
        stack = array if axes == 3 else array[None]
        placed = []
        for rod in params["rods"]:
            half = np.inf if params["slices_mm"] is None else rod["long"] / (2 * params["slices_mm"])
            middle = min(int(rod["height"] * len(stack)), len(stack) - 1)
            plane = stack[middle] if stack.ndim == 3 else stack[middle, ..., 0]
            body = np.flatnonzero(plane > -300)
            inside = body if len(body) else np.arange(plane.size)
            row, column = divmod(int(inside[int(rod["place"] * len(inside))]), plane.shape[1])
            placed.append((middle - half, middle + half, row, column, rod["diameter"] / 2))
        return {**params, "placed": placed}

    def plane(self, values: Plane, params: Drawn, stream: int) -> NDArray[Any]:
        """Return a slice with rods and streaks."""
        from domainaug.kernels.radon import project, views

        spacing, beam = params["spacing"], beam_of(params["kvp"])
        put = _rods(values.shape, spacing, [rod[2:] for rod in params["placed"] if rod[0] <= stream <= rod[1]])
        filled = np.maximum(put, (values >= self.threshold).astype(np.float32))
        if not filled.any():
            return values
        shown = values + put * (np.float32(self.ceiling) - np.minimum(values, np.float32(self.ceiling)))
        angles = views(int(1.2 * max(values.shape)) + 16)
        tissue = project(water_equivalent(values) * (1 - filled), spacing, angles)
        metal = project(filled * np.float32(beam.times_water[params["metal"]]), spacing, angles)
        error = self._error(beam, tissue, metal, params, stream) * np.float32(params["strength"])
        streaks = reconstructed(error, beam, values.shape, spacing, angles, values.shape)
        # Inside metal the scanner's scale ends, whatever the streaks say.
        return np.where(filled >= 0.5, np.minimum(shown, np.float32(self.ceiling)), shown + streaks)

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
        """Return what it can do: beside metal hardly anything is out of reach."""
        return self._effects(self.strength[1], self.objects[1], self.diameter_mm[1], frame, exact=True)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most; how much depends on the slice."""
        widest = max((rod["diameter"] for rod in params["rods"]), default=0.0)
        return self._effects(params["strength"], len(params["rods"]), widest, frame, exact=False)

    def _effects(self, strength: float, count: float, widest: float, frame: Frame, *, exact: bool) -> Generators:
        most = strength * 2000 / frame.span
        rows, columns = (self.spacing or frame.spacing or (1.0, 1.0))[-2:]
        covered = min(
            1.0,
            1.3
            * count
            * np.pi
            / 4
            * (widest + 2 * max(rows, columns)) ** 2
            / (rows * columns * frame.height * frame.width),
        )
        tones = {name: EFFECTS[name].anything for name in ("brightness", "contrast", "gamma", "tone", "local_gain")}
        made = Generators.bounds(
            tones,
            streaks=up_to(most),
            noise=up_to(most),
            impulse_noise=up_to(min(1.0, most)),
            foreign_content=up_to(covered + min(1.0, most)),
            occlusion=up_to(covered + min(1.0, most)),
            sharpening=EFFECTS["sharpening"].anything,
            inversion=EFFECTS["inversion"].anything,
            pixelation=EFFECTS["pixelation"].anything,
            content=True,
        )
        return replace(made, exact=exact)


def _rods(shape: tuple[int, ...], spacing: tuple[float, float], rods: Sequence[tuple[Any, ...]]) -> Plane:
    """Return the share of each pixel that rods of (row, column, radius in mm) cover."""
    covered = np.zeros(shape, np.float32)
    for row, column, radius in rods:
        down, right = ((np.arange(n) - at) * d for n, at, d in zip(shape, (row, column), spacing, strict=True))
        away = (radius - np.hypot(down[:, None], right)) / min(spacing) + 0.5
        np.maximum(covered, np.clip(away, 0, 1), out=covered, casting="same_kind")
    return covered
