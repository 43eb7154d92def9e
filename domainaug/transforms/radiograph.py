"""What befalls the exposure of a radiograph's detector: dose, photon noise, scatter, a grid, the collimator's blades.

All of it happens to exposure, so every transform has to know how values follow it: `response="log"` or "linear",
`bright="dense"` where bones are white. The value range is the range of the detector; what is beyond it is read as its
end. In a plain Compose unsigned types span themselves, as elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug.declare.sets import about, up_to
from domainaug.effects import EFFECTS, Interval
from domainaug.functionals import LEVELS
from domainaug.generators import Frame, Generators
from domainaug.transforms.arguments import choice, distances, number, span
from domainaug.transforms.detector import Exposed, exposure_of, share_of
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import draw_key, governed
from domainaug.transforms.slicewise import needed_spacing

__all__ = ["Exposure", "GridLines", "QuantumNoise", "Scatter"]

Array = NDArray[Any]
Plane = NDArray[np.float32]

_TONE = ("brightness", "contrast", "gamma", "tone")
_NOISE = ("noise", "impulse_noise", "sharpening", "local_gain", "color_cast", "hue", "saturation", "channel_mixing")


class QuantumNoise(Exposed, A.ImageOnlyTransform):  # type: ignore[misc]
    """Counts photons: what a detector reads of `photons` where the exposure is full is Poisson distributed.

    Of the photons that arrive a detector counts a share, its detective quantum efficiency; the standard deviation of
    what it reads is the root of exposure / (photons x dqe). The picture counts as free of noise. 1 uGy is about 30 000
    photons a square millimeter in the beam RQA 5 of IEC 62220-1: 2.5 uGy on pixels of 0.14 mm are 1 470.

    Args:
        photons: That reach a pixel where the exposure is full; a number, or a range.
        dqe: Share of them that count, above 0 up to 1.
        response: How values follow exposure: "log" or "linear".
        decades: Powers of ten of exposure that the value range spans, of "log".
        bright: "dense" where bones are white, "exposed" where they are black.
        p: How often it happens.
    """

    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed((*_NOISE, *_TONE), "photons")

    def __init__(
        self,
        photons: float | Sequence[float] = (1e4, 1e5),
        dqe: float = 0.6,
        response: str = "log",
        decades: float = 2.0,
        bright: str = "dense",
        p: float = 0.5,
    ) -> None:
        super().__init__(response, decades, bright, p)
        self.photons = span(self, "photons", photons, above=0.0, most=1e9)
        self.dqe = number(self, "dqe", dqe, above=0.0, most=1.0)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw how many photons there are, and the key of the counts."""
        return {"photons": self.py_random.uniform(*self.photons), "key": draw_key(self.random_generator)}

    def exposed(self, exposure: Plane, params: Drawn, stream: int) -> Array:
        """Return counts over photons."""
        counted = params["photons"] * self.dqe
        return np.asarray(_poisson(exposure * counted, params["key"], stream) / counted)

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        return self._effects(self.photons)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did."""
        return self._effects((params["photons"], params["photons"]))

    def _effects(self, photons: tuple[float, float]) -> Generators:
        exposure = exposure_of(LEVELS, *self._how)
        return _noisy(*(self.spread(np.sqrt(exposure / (each * self.dqe))) for each in photons))


class Exposure(Exposed, A.ImageOnlyTransform):  # type: ignore[misc]
    """Changes the dose by a factor (mAs): the level follows it, and less of it adds the noise of photons that miss.

    At a share m of the dose every photon is kept with the probability m, so m exposure is read, and a variance of
    m (1 - m) exposure / photons comes on top of the noise of the picture, which shrinks with it: together they are
    Poisson's again. Above 1 nothing can be added, and noise grows less than it should.

    Args:
        factor: On the exposure, above 0; a number, or a range it is drawn from evenly in its logarithm.
        photons: That count (photons x dqe of `QuantumNoise`) in a pixel of the picture as it is, at full exposure.
        leveled: Whether the level is brought back, as the processing of digital systems does by the exposure index;
            only the noise then tells.
        response: How values follow exposure: "log" or "linear".
        decades: Powers of ten of exposure that the value range spans, of "log".
        bright: "dense" where bones are white, "exposed" where they are black.
        p: How often it happens.
    """

    neutral: ClassVar[Mapping[str, float]] = {"factor": 1.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        (*_TONE, *_NOISE, "pixelation", "loss_of_levels"), "factor"
    )

    def __init__(
        self,
        factor: float | Sequence[float] = (0.5, 2.0),
        photons: float = 1e4,
        leveled: bool = False,
        response: str = "log",
        decades: float = 2.0,
        bright: str = "dense",
        p: float = 0.5,
    ) -> None:
        super().__init__(response, decades, bright, p)
        self.factor = span(self, "factor", factor, above=0.0, most=1000.0)
        self.photons = number(self, "photons", photons, above=0.0, most=1e9)
        if not isinstance(leveled, bool):
            raise ValueError(f"Exposure: leveled: true or false is needed, got {leveled!r}")
        self.leveled = leveled

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the factor, and the key of the noise."""
        factor = float(np.exp(self.py_random.uniform(*np.log(self.factor))))
        return {"factor": factor, "key": draw_key(self.random_generator)}

    def exposed(self, exposure: Plane, params: Drawn, stream: int) -> Array:
        """Return the exposure times the factor, with the noise that is missing."""
        from domainaug.kernels.random import normals

        factor = params["factor"]
        level = 1.0 if self.leveled else factor
        made = exposure * np.float32(level)
        if factor < 1:
            missing = np.sqrt(exposure * np.float32((1 - factor) / (factor * self.photons))) * np.float32(level)
            made += missing * normals(exposure.shape, params["key"], stream)
        return made

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        return self._effects(self.factor)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did."""
        return self._effects((params["factor"], params["factor"]))

    def _effects(self, factors: tuple[float, float]) -> Generators:
        levels = (1.0,) if self.leveled else np.geomspace(*factors, 5)
        exposure = exposure_of(LEVELS, *self._how)
        spreads = [
            self.spread(np.sqrt(exposure * max(0.0, 1 - each) / (each * self.photons)))
            * (1.0 if self.leveled else shown)
            for each in factors
            for shown in (1.0, each if self.response == "linear" else 1.0)
        ]
        return _noisy(*spreads, curves=np.stack([self.curve(float(level)) for level in levels]))


class Scatter(Exposed, A.ImageOnlyTransform):  # type: ignore[misc]
    """Lays a veil of scattered photons over the picture: smooth, and as strong as the fraction says.

    Of the exposure a share, the scatter fraction, comes from around, spread by a Gaussian; the rest is primary. The
    detector's mean exposure stays, as automatic exposure control holds it, so what is small loses contrast by the
    fraction (Siewerdsen and Jaffray 2001, Med. Phys. 28:220: contrast goes with 1 - fraction), and what is dark in
    exposure is filled. Borders reflect.

    Args:
        fraction: Scattered share of the exposure, 0 up to below 1; about 0.3 behind a grid, 0.6 and more without one
            in a chest; a number, or a range.
        width_mm: Standard deviation of the spread in mm; a number, or a range.
        spacing: Millimeters from one pixel to the next, ([slices,] rows, columns); what the call says goes before.
        response: How values follow exposure: "log" or "linear".
        decades: Powers of ten of exposure that the value range spans, of "log".
        bright: "dense" where bones are white, "exposed" where they are black.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the spacing, or what values mean.
    """

    neutral: ClassVar[Mapping[str, float]] = {"fraction": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        (*_TONE, "local_gain", "inversion", "noise", "blur", "occlusion"), "fraction"
    )

    def __init__(
        self,
        fraction: float | Sequence[float] = (0.1, 0.5),
        width_mm: float | Sequence[float] = (20.0, 60.0),
        spacing: Sequence[float] | None = None,
        response: str = "log",
        decades: float = 2.0,
        bright: str = "dense",
        p: float = 0.5,
    ) -> None:
        super().__init__(response, decades, bright, p)
        self.fraction = span(self, "fraction", fraction, least=0.0, most=0.99)
        self.width_mm = span(self, "width_mm", width_mm, above=0.0)
        self.spacing = distances(self, spacing)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the fraction and the width."""
        return {
            "fraction": self.py_random.uniform(*self.fraction),
            "width": self.py_random.uniform(*self.width_mm),
            "spacing": needed_spacing(self, data, self.spacing),
        }

    def exposed(self, exposure: Plane, params: Drawn, stream: int) -> Array:
        """Return primary and scatter; a Gaussian with reflecting borders is a product of cosine transforms."""
        from scipy import fft

        waves = fft.dctn(exposure, norm="ortho")
        for axis, (size, distance) in enumerate(zip(exposure.shape, params["spacing"], strict=True)):
            frequency = np.arange(size) / (2 * size * distance)
            passed = np.exp(-2 * (np.pi * params["width"] * frequency) ** 2).astype(np.float32)
            waves *= passed[:, None] if axis == 0 else passed
        veil = np.maximum(fft.idctn(waves, norm="ortho"), 0)
        return np.asarray(exposure + np.float32(params["fraction"]) * (veil - exposure))

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does where the veil is no more than the mean exposure of levels that are all as frequent."""
        return self._effects(self.fraction[1], self.width_mm[1] / min(self.spacing or frame.spacing or (1.0,)))

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most; the veil depends on the picture."""
        made = self._effects(params["fraction"], params["width"] / min(params["spacing"]))
        return replace(made, exact=False)

    def _effects(self, fraction: float, width: float) -> Generators:
        exposure = exposure_of(LEVELS, *self._how)
        ends = [
            np.abs(share_of(exposure + fraction * (veil - exposure), *self._how) - LEVELS).max()
            for veil in (0.0, float(exposure.mean()))
        ]
        most = float(max(ends)) if fraction else 0.0
        steeper = 1 / (1 - fraction) if self.response == "log" else 1.0
        return Generators.bounds(
            tone=up_to(most),
            brightness=about(most),
            local_gain=up_to(most),
            contrast=Interval(max(0.0, 1 - fraction - 2 * most), steeper),
            gamma=Interval(max(0.2, 1 - 4 * most), 1 + 6 * most),
            inversion=up_to(0.2 if fraction > 0.5 else 0.0),
            color_cast=up_to(most),
            hue=about(min(180.0, 360 * most)),
            saturation=Interval(max(0.0, 1 - 4 * most), 1 + 4 * most),
            channel_mixing=up_to(2 * most),
            noise=up_to(0.02 * fraction),
            blur=up_to(width if fraction > 0.5 else 0.0),
            occlusion=up_to(0.1 if fraction > 0.5 else 0.0),
        )


class GridLines(Exposed, A.ImageOnlyTransform):  # type: ignore[misc]
    """Leaves the shadow of an anti-scatter grid: lines across the picture, and their moire where pixels are too coarse.

    Lead strips of N lines/cm shade the detector by a wave of N / 10 cycles/mm. A pixel sees its mean over its width,
    which weakens it by sinc(frequency x width), and sampling folds what is above half a cycle a pixel back (Lin et al.
    2006, J. Digit. Imaging 19:351). The mean exposure stays.

    Args:
        residual: Height of the wave before pixels blur it, as a share of the exposure, once software has suppressed
            what it can; a number, or a range.
        lines_per_cm: Of the grid; a number, or a range.
        angle: Degrees by which lines lean from the columns, at most, to either side; of "columns".
        along: "columns": lines run up and down; "rows": across.
        spacing: Millimeters from one pixel to the next, ([slices,] rows, columns); what the call says goes before.
        response: How values follow exposure: "log" or "linear".
        decades: Powers of ten of exposure that the value range spans, of "log".
        bright: "dense" where bones are white, "exposed" where they are black.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the spacing, or what values mean.
    """

    neutral: ClassVar[Mapping[str, float]] = {"residual": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        ("streaks", "noise", "local_gain", "sharpening", *_TONE, "impulse_noise", "pixelation"), "residual"
    )

    def __init__(
        self,
        residual: float | Sequence[float] = (0.01, 0.05),
        lines_per_cm: float | Sequence[float] = (30.0, 80.0),
        angle: float = 1.0,
        along: str = "columns",
        spacing: Sequence[float] | None = None,
        response: str = "log",
        decades: float = 2.0,
        bright: str = "dense",
        p: float = 0.5,
    ) -> None:
        super().__init__(response, decades, bright, p)
        self.residual = span(self, "residual", residual, least=0.0, most=0.99)
        self.lines_per_cm = span(self, "lines_per_cm", lines_per_cm, above=0.0)
        self.angle = number(self, "angle", angle, least=0.0, most=90.0)
        self.along = choice(self, "along", along, ("columns", "rows"))
        self.spacing = distances(self, spacing)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the height, the lines, how they lean and where they begin."""
        return {
            "residual": self.py_random.uniform(*self.residual),
            "lines": self.py_random.uniform(*self.lines_per_cm),
            "angle": self.py_random.uniform(-self.angle, self.angle),
            "phase": self.py_random.uniform(0, 2 * np.pi),
            "spacing": needed_spacing(self, data, self.spacing),
        }

    def exposed(self, exposure: Plane, params: Drawn, stream: int) -> Array:
        """Return the exposure under the lines."""
        turn = np.radians(params["angle"] + (90.0 if self.along == "rows" else 0.0))
        waves = params["lines"] / 10 * np.array([np.sin(turn), np.cos(turn)]) * params["spacing"]  # cycles a pixel
        height = params["residual"] * float(np.prod(np.sinc(waves)))
        down, right = (2 * np.pi * each * np.arange(n) for each, n in zip(waves, exposure.shape, strict=True))
        lines = np.cos(down[:, None] + right + params["phase"])
        return np.asarray(exposure * (1 + height * lines).astype(np.float32))

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        return self._effects(self.residual[1])

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most, before pixels blurred it."""
        return replace(self._effects(params["residual"]), exact=False)

    def _effects(self, residual: float) -> Generators:
        made = np.stack([self.curve(1 - residual), self.curve(1 + residual)])
        most = float(np.abs(made - LEVELS).max())
        return Generators.bounds(
            streaks=up_to(most),
            noise=up_to(most),
            local_gain=up_to(most),
            tone=up_to(0.5 * most),
            brightness=about(0.5 * most),
            contrast=Interval(1 - 0.5 * most, 1 + 0.5 * most),
            impulse_noise=up_to(0.05 if most > 0.05 else 0.0),
            sharpening=up_to(4 * most),
            pixelation=EFFECTS["pixelation"].anything if most > 0.1 else EFFECTS["pixelation"].still,
        )


def _poisson(expected: Array, key: int, stream: int) -> Array:
    """Return counts that depend on the key, the stream and the expected counts alone."""
    bits = np.random.Philox(key=np.array([key, stream], np.uint64))
    return np.random.Generator(bits).poisson(expected).astype(np.float32)


def _noisy(*spreads: Array, curves: Array | None = None) -> Generators:
    """Return what noise does whose standard deviation depends on the level, as shares of the range at `LEVELS`."""
    seen = [each[(LEVELS > 0.1) & (LEVELS < 0.9)] for each in spreads]
    most, least = max(float(each.max()) for each in seen), min(float(each.min()) for each in seen)
    spread = np.stack(spreads).max(axis=0)
    tones = LEVELS[None] if curves is None else curves
    # Noise that meets the end of the range, or a logarithm, moves the mean.
    moved = np.concatenate([tones, np.clip(tones + 0.5 * spread, 0, 1), np.clip(tones - 0.5 * spread, 0, 1)])
    strong = min(1.0, 4 * most)
    ended = max(int(at_end.sum(axis=1).max()) for at_end in (tones >= 1 - 1e-9, tones <= 1e-9))
    flat = (ended - 1) / len(LEVELS)  # share of the levels that the detector's end takes
    return Generators.tonal(
        moved,
        # Counts are whole, and what is beyond the detector's end is all alike.
        loss_of_levels=up_to(2.0 if flat > 0.02 or most > 0.04 else 0.0),
        pixelation=Interval(1.0, 1.0 + 10 * max(0.0, flat)),
        noise=Interval(0.5 * least if most < 0.1 else 0.0, 1.2 * most),
        impulse_noise=up_to(strong if most > 0.04 else 0.0),
        local_gain=up_to(most),
        sharpening=up_to(strong if most > 0.02 else 0.0),
        color_cast=up_to(0.5 * most),
        hue=about(min(180.0, 300 * most)),
        saturation=Interval(max(0.0, 1 - 4 * most), 1 + 4 * most),
        channel_mixing=up_to(2 * most),
    )
