"""A chart, and ways to look at what was done to it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.check.measured import Measured, Output, Probe, make_probe, measure_draw
from domainaug.generators import Frame

See = Callable[..., Measured]


@pytest.fixture(scope="session")
def probe() -> Probe:
    """The color chart, 256 pixels a side."""
    return make_probe(Frame(256, 256, 3))


@pytest.fixture(scope="session")
def see(probe: Probe) -> See:
    """Apply albumentations transforms in order, once each, and measure; without `masks`, from the picture alone."""

    def look(*steps: A.BasicTransform, masks: bool = True, seed: int = 0) -> Measured:
        image, labels = probe.image.copy(), [mask.copy() for mask in probe.masks]
        for number, step in enumerate(steps):
            step.set_random_seed(seed + 101 * number)
            done = step(image=image, masks=labels)
            image, labels = done["image"], done["masks"]
        return measure_draw(probe, Output(image, (labels[0], labels[1]) if masks else None))

    return look


@pytest.fixture(scope="session")
def see_picture(probe: Probe) -> See:
    """Apply a function of the picture's shares (h, w, c) and measure from the picture alone."""

    def look(change: Callable[[np.ndarray], np.ndarray], on: Probe = probe) -> Measured:
        shares = np.clip(change(on.picture.copy()), 0, 1)
        values = np.rint(shares * on.frame.span + on.frame.low) if on.dtype.kind in "iu" else shares
        return measure_draw(on, Output(values.astype(on.dtype)))

    return look
