"""Patches that are turned and scaled, down to a single pixel."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.manufacturing.pasting.patch import Patch


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (3, 1), (1, 3, 3), (2, 2)])
@pytest.mark.parametrize("pitch", [0.05, 0.1, 0.4])
def test_a_patch_one_pixel_wide_can_be_turned(shape, pitch):
    patch = Patch("scar", np.full(shape, 0.5, np.float32), np.ones(shape[:2], np.bool_), 0.1, (0.5, 0.5))
    turned = patch.turned(33.0, pitch_mm=pitch)
    assert turned.mask.any()
    assert turned.light.shape[:2] == turned.mask.shape
    assert turned.light[turned.mask] == pytest.approx(0.5, abs=1e-5)
