"""How dark real defects are: a share of the light around, whatever the camera's curve."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.errors import LabelError
from domainaug.manufacturing import Part, Response, Site, kind, learn_tones
from domainaug.manufacturing.relight import Relight
from domainaug.manufacturing.response import to_values


def photograph(share, response, ground=0.3):
    light = np.full((80, 90), ground, np.float32)
    light[30:42, 40:60] *= share
    mask = np.zeros((80, 90), np.uint8)
    mask[29:43, 39:61] = 255  # drawn a pixel too wide, as people do
    return to_values(light, np.zeros(1, np.uint8), response, (0.0, 255.0)), mask


@pytest.mark.parametrize("curve", ["srgb", "linear"])
@pytest.mark.parametrize("share", [0.3, 0.8, 1.5])
def test_the_share_of_light_is_found(curve, share):
    response = Response(curve)
    tones = learn_tones([photograph(share, response)] * 3, Part(response=response))
    assert tones.ends == pytest.approx((share, share), rel=0.04)
    color = [(np.repeat(picture[..., None], 3, axis=2), mask) for picture, mask in [photograph(share, response)]]
    assert learn_tones(color, Part(response=response)).ends[0] == pytest.approx(share, rel=0.04)


def test_each_defect_counts_once_and_specks_do_not():
    picture, mask = photograph(0.5, Response())
    mask[5, 5] = 255
    assert len(learn_tones([(picture, mask)] * 2, Part()).values) == 2


def test_a_pit_that_is_drawn_with_a_tone_has_it():
    random = np.random.default_rng(0)
    site = Site.of((90 + random.normal(0, 1, (120, 120))).astype(np.uint8), Part(pixel_pitch_mm=0.1))
    pit = kind("pit", diameter_mm=2.5, cluster=1, dark=0.4, depth_share=0.0, mottled=0.0, ragged=0.05, elongation=1.0)
    drawn = Relight(noise=False).draw(pit.draw(3, site), site)
    assert learn_tones([(drawn.picture, drawn.mask)], site.part).ends[0] == pytest.approx(0.4, abs=0.08)


def test_what_says_nothing_is_refused():
    picture, mask = photograph(0.5, Response())
    with pytest.raises(LabelError, match="no tone to learn"):
        learn_tones([(picture, np.zeros_like(mask))], Part())
    with pytest.raises(LabelError, match="they have to be alike"):
        learn_tones([(picture, mask[:-1])], Part())
