"""Rows of the transforms that bend the picture: intervals set from what hundreds of draws were seen to do."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import numpy as np

from domainaug._albumentations import A
from domainaug.declare.geometry import CONSTANT
from domainaug.declare.registry import row
from domainaug.declare.sets import about, up_to
from domainaug.effects import EFFECTS, Interval
from domainaug.generators import Frame, Generators

__all__ = ["bent"]


def bent(size: float, *, fills: bool, tail: bool = False) -> Generators:
    """Return what a random warp of local size `size` (share of the side) can do: mostly the warp itself.

    The best affine map of a random warp is not the identity; how far it can be off follows the warp's size.
    """
    size = float(size)
    outside = {("outside" if fills else "duplicated"): up_to(min(6 * size, 1.0))}
    if fills:
        outside["duplicated"] = up_to(min(2 * size, 1.0))
    return Generators(
        ranges={
            "local_warp": up_to(size),
            "rotation": about(min(120 * size, 180.0)),
            "shear": about(min(200 * size, 90.0)),
            "scale": Interval(max(1 - 3 * size, 0.05), 1 + 4 * size),
            "aspect": Interval(np.exp(-4 * size), np.exp(4 * size)),
            "shift": up_to(size),
            "perspective": up_to(1.5 * size),
            "field_of_view": Interval(max(1 - 4 * size, 0.0), 1.0),
            "blur": up_to(0.7),
            "tone": up_to(min(0.15 * size, 0.05)),
            **outside,
        },
        tail=tail,
        resamples=True,
    )


@row("ElasticTransform")
def _elastic(transform: A.ElasticTransform, frame: Frame) -> Generators:
    # Gaussian noise smoothed by sigma keeps 1 / (2 sqrt(pi) sigma) of its deviation; alpha scales it.
    # The approximate kind is smoothed by a 17-pixel kernel whatever the sigma.
    sigma = min(float(transform.sigma), 5.0) if transform.approximate else float(transform.sigma)
    deviation = transform.alpha / max(2 * sqrt(pi) * sigma, 1.0)
    return bent(4.5 * deviation / frame.side, fills=transform.border_mode == CONSTANT, tail=True)


@row("GridDistortion")
def _grid_distortion(transform: A.GridDistortion, frame: Frame) -> Generators:
    limit = max(abs(end) for end in transform.distort_limit)
    size = 0.45 * limit if transform.normalized else limit
    return bent(size, fills=transform.border_mode == CONSTANT)


@row("OpticalDistortion")
def _optical(transform: A.OpticalDistortion, frame: Frame) -> Generators:
    limit = max(abs(end) for end in transform.distort_limit)
    return bent((0.25 if transform.mode == "camera" else 0.5) * limit, fills=transform.border_mode == CONSTANT)


@row("ThinPlateSpline")
def _thin_plate(transform: A.ThinPlateSpline, frame: Frame) -> Generators:
    strength = max(transform.scale_range)
    loose = {
        name: EFFECTS[name].anything for name in ("scale", "aspect", "shear", "shift", "perspective", "field_of_view")
    }
    made = bent(1.3 * strength, fills=transform.border_mode == CONSTANT, tail=True)
    return made.with_ranges(
        **loose,
        rotation=about(min(180 * strength, 180.0)),
        outside=up_to(1.0),
        duplicated=up_to(1.0),
        permutation=up_to(1.0),
    )


@row("PiecewiseAffine")
def _piecewise_affine(transform: A.PiecewiseAffine, frame: Frame) -> Generators:
    scale = max(transform.scale) / (frame.side if transform.absolute_scale else 1.0)
    made = bent(max(0.1, 4.5 * scale), fills=transform.border_mode == CONSTANT, tail=True)
    return made.with_ranges(field_of_view=Interval(0.2, 1.0), scale=Interval(0.7, 1.8 + 4 * scale))


@row("GridElasticDeform")
def _grid_elastic(transform: A.GridElasticDeform, frame: Frame) -> Generators:
    made = bent(1.5 * transform.magnitude / frame.side, fills=True)
    return made.with_ranges(permutation=up_to(1.0))


@row("Perspective")
def _perspective(transform: A.Perspective, frame: Frame) -> Generators:
    strength = max(transform.scale)
    known = strength < 0.12  # beyond, two corners may all but meet
    loose = 1 - 4.5 * strength
    fills = transform.border_mode == CONSTANT
    outside = {"outside" if fills else "duplicated": up_to(1.0 if transform.fit_output else 0.02)}
    zoom_in = 1 / loose if known else EFFECTS["scale"].highest
    return Generators(
        ranges={
            "perspective": up_to(2.6 * strength / loose) if known else EFFECTS["perspective"].anything,
            "scale": Interval(0.3 if transform.fit_output else 1 - strength, zoom_in),
            "rotation": about(min(110 * strength, 180.0)),
            "shear": about(min(240 * strength, 90.0)),
            "aspect": Interval(max(1 - 4 * strength, 0.1), 1 / max(1 - 4 * strength, 0.1)),
            "shift": up_to(4.5 * strength),
            "field_of_view": Interval(max(1 - 9 * strength, 0.0), 1.0),
            "blur": up_to(0.7),
            **outside,
        },
        tail=True,
        resamples=True,
    )


@row("RandomGridShuffle")
def _shuffle(transform: A.RandomGridShuffle, frame: Frame) -> Generators:
    return Generators.bounds(permutation=1.0)


@row("Morphological")
def _morphological(transform: A.Morphological, frame: Frame) -> Generators:
    size = float(max(transform.scale))
    return Generators.bounds(
        content=True,
        morphology=up_to(size),
        tone=EFFECTS["tone"].anything,
        brightness=EFFECTS["brightness"].anything,
        contrast=EFFECTS["contrast"].anything,
        gamma=EFFECTS["gamma"].anything,
        blur=EFFECTS["blur"].anything,
        local_gain=up_to(0.5),
        shift=up_to(size / 2 / frame.side),
        field_of_view=Interval(1 - 4 * size / frame.side, 1.0),
        misregistration=up_to(size),
        motion_blur=up_to(1.5 * size + 1),
    )


@row("Mosaic", "OverlayElements")
def _pasted(transform: Any, frame: Frame) -> Generators:
    anything = ("scale", "aspect", "shift", "field_of_view") if isinstance(transform, A.Mosaic) else ()
    loose: dict[str, Interval | float] = {name: EFFECTS[name].anything for name in anything}
    return Generators.bounds(
        loose,
        content=True,
        foreign_content=1.0,
        occlusion=1.0,
        outside=1.0,
    )
