"""The cost of a picture is told by its parts."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.cost import cost_of
from domainaug_simulators.street.materials import Material, Palette
from domainaug_simulators.street.mesh import box
from domainaug_simulators.street.render import QUALITIES, Light
from domainaug_simulators.street.scene import Scene, Thing
from domainaug_simulators.street.sky import sky_of


def test_a_frame_is_its_rays_its_preparation_and_its_light() -> None:
    palette = Palette()
    scene = Scene.of([Thing(box((1, 1, 1), palette.number(Material((0.5, 0.5, 0.5)))).at(4, 0, 0), 3)], palette)
    cost = cost_of(scene, Camera((0, 0, 1), width=32, height=24), Light(sky_of(40, 0)), QUALITIES["draft"], rounds=2)
    assert min(cost.rays, cost.prepared, cost.light, cost.further) >= 0
    assert cost.frame == pytest.approx(cost.rays + cost.prepared + cost.light)
    assert np.isfinite(cost.frame)


def test_no_rounds_are_refused() -> None:
    palette = Palette()
    scene = Scene.of([Thing(box((1, 1, 1), palette.number(Material((0.5, 0.5, 0.5)))), 3)], palette)
    with pytest.raises(ValueError, match="rounds=0"):
        cost_of(scene, Camera((0, 0, 3)), Light(sky_of(40, 0)), QUALITIES["draft"], rounds=0)
