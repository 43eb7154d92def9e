"""Any kind on any picture: a picture and a true mask come back, or one sentence says what is lacking."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.errors import DomainAugError
from domainaug.manufacturing import KINDS, Foreground, Gate, Lighting, Part, Relight, Response, Site, kind

KINDS_OF_LIGHT = ("bright-field", "dark-field", "back-light", "dome", "x-ray", "structured")


def picture(random):
    """Return noise, a flat picture or one of two values, of any type and size from 2 pixels a side."""
    height, width = (int(side) for side in 2 ** random.uniform(1, 8, 2))
    channels = ((), (1,), (3,))[int(random.integers(3))]
    base = random.random((height, width, *channels))
    base = (base, np.full_like(base, random.random()), (base > 0.5).astype(float))[int(random.integers(3))]
    dtype = (np.uint8, np.uint16, np.float32)[int(random.integers(3))]
    return base.astype(dtype) if dtype == np.float32 else (base * np.iinfo(dtype).max).astype(dtype)


def part(random):
    """Return a part of any pitch, light and response."""
    azimuth = None if random.random() < 0.5 else float(random.uniform(0, 360))
    return Part(
        float(10 ** random.uniform(-2, 1)),
        lighting=Lighting(random.choice(KINDS_OF_LIGHT), azimuth, float(random.uniform(1, 90))),
        response=Response(random.choice(["srgb", "gamma", "linear", "log"]), inverted=bool(random.random() < 0.3)),
        foreground=Foreground(random.choice(["none", "otsu", "threshold"]), threshold=0.4),
    )


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("seed", range(12))
def test_it_is_drawn_or_refused_with_a_sentence(name, seed):
    random = np.random.default_rng([seed, len(name), ord(name[0])])
    image = picture(random)
    corners = random.integers(0, 60, (3, 2))
    boxes = [(int(a), int(b), int(a + 9), int(b + 12)) for a, b in corners]
    told = ""
    try:
        site = Site.of(image, part(random), components=boxes)
        drawn = Relight().draw(kind(name).draw(seed, site), site)
    except DomainAugError as error:
        told = str(error)
    if told:
        assert "\n" not in told
        return
    assert (drawn.picture.dtype, drawn.picture.shape) == (image.dtype, image.shape)
    assert np.isfinite(drawn.picture).all()
    assert drawn.mask.shape == image.shape[:2]
    measures = Gate().judge(drawn, site).measures
    assert np.isfinite([measures.contrast, measures.seam, measures.outside, measures.on_part]).all()
