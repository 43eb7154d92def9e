"""Where something was taken away, the surface goes on."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.manufacturing.refill import refill


def surface(shape=(120, 120), seed=0):
    random = np.random.default_rng(seed)
    stripes = 0.4 + 0.08 * np.sin(np.arange(shape[1]) * 2 * np.pi / 12)
    ramp = np.linspace(0, 0.15, shape[0])[:, None]
    return (stripes + ramp + random.normal(0, 0.004, shape)).astype(np.float32)


def hole(shape=(120, 120)):
    mask = np.zeros(shape, bool)
    mask[48:72, 45:75] = True
    return mask


class TestRefill:
    @pytest.mark.parametrize("channels", [0, 3])
    def test_texture_and_level_go_on(self, channels):
        light = surface()
        light = np.stack([light] * channels, axis=2) if channels else light
        blocked = light.copy()
        blocked[hole()] = 0.95
        filled = refill(blocked, hole())
        assert np.abs(filled - light)[hole()].mean() < 0.03
        assert np.array_equal(filled[~hole()], light[~hole()])

    def test_nothing_is_taken_from_what_is_to_be_avoided(self):
        light, avoid = surface(), np.zeros((120, 120), bool)
        avoid[:, 80:], avoid[:44, :] = True, True
        light[avoid] = 0.9
        light[hole()] = 0.95
        assert refill(light, hole(), avoid)[hole()].max() < 0.75

    def test_where_no_neighbor_fits_it_is_drawn_in(self):
        light = surface((30, 40))
        mask = np.zeros((30, 40), bool)
        mask[5:25, 5:35] = True
        light[mask] = 0.0
        filled = refill(light, mask)
        assert 0.3 < filled[mask].mean() < 0.65
        assert filled[mask].std() > 0.01

    def test_without_a_hole_nothing_changes(self):
        light = surface()
        assert refill(light, np.zeros_like(hole())) is light
