"""What is measured lies inside what is declared: for every transform, gently, by default and strongly.

Two independent roads to the same numbers: rows read a transform's parameters, the meter sees only pictures and
coordinate masks. A row may claim too much, never too little.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from domainaug._albumentations import A
from domainaug.check.measured import Output, Probe, make_probe, measure_draw
from domainaug.declare import declare
from domainaug.effects import EFFECTS
from domainaug.generators import Frame

sys.path.insert(0, str(Path(__file__).parent))
from instances import INSTANCES, SIZE, UNMEASURED, label

pytestmark = pytest.mark.slow

FRAME = Frame(SIZE, SIZE, 3)
MEASURED = [transform for transform in INSTANCES if type(transform).__name__ not in UNMEASURED]

DEAR = {"PiecewiseAffine": 5, "Superpixels": 10, "Morphological": 10, "GlassBlur": 10, "RandomFog": 10, "Downscale": 15}
"""Draws a push of the transforms that take longest; 30 of all others."""

HOLES = frozenset(
    ("CoarseDropout", "Erasing", "GridDropout", "XYMasking", "TimeMasking", "FrequencyMasking", "ChannelDropout")
)
"""A hole over the chart's discs is read as a change of tone: of these, only where things are and what is hidden."""

UNDER_HOLES = frozenset(
    (
        *("mirror_horizontal", "mirror_vertical", "rotation", "scale", "aspect", "shear", "shift", "perspective"),
        *("local_warp", "permutation", "outside", "duplicated", "occlusion"),
    )
)

METER = {
    "field_of_view": 0.03,  # counted in cells of 4 pixels, partly seen ones as a whole
    "outside": 0.005,
    "duplicated": 0.015,  # a reflected border is counted with the pixel it is reflected at
}
"""How far off the meter itself may be, beyond the threshold at which an effect counts as present."""

CANVAS = frozenset(("Affine-6", "Pad-2", "PadIfNeeded-1", "PadIfNeeded-0", "Pad-1"))
"""The output is larger than the picture and the picture not in its middle: the field of view is not compared."""


@pytest.fixture(scope="module")
def probe() -> Probe:
    return make_probe(FRAME, dtype="uint8")


def outside_of_declared(transform: A.BasicTransform, probe: Probe, draws: int, seed: int) -> list[str]:
    """Return a line for each effect that was seen where its row does not allow it."""
    declared = declare(transform, FRAME)
    assert declared is not None
    allowed = declared.effects(FRAME)
    holes = type(transform).__name__ in HOLES
    alone = A.Compose([transform], seed=seed)
    worst: dict[str, tuple[float, float]] = {}
    for _ in range(draws):
        out = alone(image=probe.image, masks=list(probe.masks))
        seen = measure_draw(probe, Output(out["image"], tuple(out["masks"])))
        for name, value in seen.present().items():
            if (holes and name not in UNDER_HOLES) or (name == "field_of_view" and label(transform) in CANVAS):
                continue
            slack = EFFECTS[name].absent + METER.get(name, 0.0)
            beyond = (
                max(
                    allowed.get(name, EFFECTS[name].still).low - value,
                    value - allowed.get(name, EFFECTS[name].still).high,
                )
                - slack
            )
            if beyond > max(1e-9, worst.get(name, (0.0, 0.0))[0]):
                worst[name] = (beyond, value)
    return [f"{name} was {value:.4g}, declared {allowed.get(name)}" for name, (_, value) in worst.items()]


@pytest.mark.parametrize("transform", MEASURED, ids=label)
def test_thirty_draws_lie_inside(transform, probe):
    draws = DEAR.get(type(transform).__name__, 30)
    assert outside_of_declared(transform, probe, draws, seed=1) == []


@pytest.mark.nightly
@pytest.mark.parametrize("transform", MEASURED, ids=label)
def test_two_hundred_draws_lie_inside(transform, probe):
    assert outside_of_declared(transform, probe, 200, seed=2) == []
