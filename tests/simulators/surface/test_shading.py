"""What a surface sends to the camera: energy that is kept, slopes that glint, light that falls off."""

from __future__ import annotations

import numpy as np
import pytest
from domainaug_simulators.surface.lights import Light, patches_of, samples_of
from domainaug_simulators.surface.shading import shade
from domainaug_simulators.surface.skin import Finish, Skin

MATTE = Finish((0.5, 0.4, 0.3), (0.0, 0.0, 0.0), 0.0)
METAL = Finish((0.0, 0.0, 0.0), (0.8, 0.8, 0.8), 1.0)


def sent(finish, light, slopes=(0.0, 0.0), rough=(0.15, 0.15), turn=0.0, eye=300.0):
    """Return the light of one place in the middle, (3,)."""
    skin = Skin.of(np.zeros((4, 4), np.float32), np.ones((4, 4), np.float32), rough, turn, 1.0, finish)
    skin.texels[..., :2] = slopes
    seen = np.zeros((1, 1, 12), np.float32)
    seen[0, 0, 3], seen[0, 0, 8], seen[0, 0, 11] = 1, 1, 1
    patches, around = patches_of(light, eye)
    out = np.zeros((1, 1, 4), np.float32)
    shade(seen, skin.texels, 1.0, finish.numbers, samples_of(patches, min(rough)), np.array([around, 0.0]), eye, 1, out)
    return out[0, 0, :3]


def test_matter_gives_back_what_a_panel_sends_by_lambert():
    light = Light("bright-field", 0, 40, 400, 20)
    solid = 20**2 / 400**2  # of the panel, from far away
    assert sent(MATTE, light) == pytest.approx(
        np.array([0.5, 0.4, 0.3]) * solid * np.sin(np.radians(40)) / np.pi, rel=2e-3
    )


def test_matter_under_a_dome_gives_back_its_color_but_for_the_hole():
    hole = np.tan(np.radians(7.0)) ** 2 * np.pi / np.pi  # its solid angle, straight above, over pi
    assert sent(MATTE, Light("dome")) == pytest.approx(np.array([0.5, 0.4, 0.3]) * (1 - hole), rel=5e-3)


def test_smooth_metal_under_a_dome_shows_the_hole_and_turned_metal_the_dome():
    level, turned = (sent(METAL, Light("dome"), (slope, 0.0), (0.02, 0.02))[0] for slope in (0.0, 0.2))
    assert level < 0.2 < 0.75 < turned < 0.81


@pytest.mark.parametrize("azimuth", [0.0, 90.0, 200.0])
def test_a_facet_that_faces_half_way_to_the_light_glints(azimuth):
    light = Light("bright-field", azimuth, 50, 300, 20)
    half = np.tan(np.radians((90 - 50) / 2))
    toward = -half * np.cos(np.radians(azimuth)), -half * np.sin(np.radians(azimuth))  # it sinks toward the light
    away = -toward[0], -toward[1]
    level = sent(METAL, light)[0]
    assert sent(METAL, light, toward)[0] > 3 * level > 30 * sent(METAL, light, away)[0] > 0


def test_grain_spreads_light_across_itself():
    light = Light("bright-field", 0, 60, 300, 20)
    across = sent(METAL, light, rough=(0.05, 0.2), turn=90)  # the light stands across the grain
    along = sent(METAL, light, rough=(0.05, 0.2), turn=0)
    assert across[0] > 8 * along[0]


def test_many_patches_and_few_fat_ones_agree():
    light = Light("bright-field", 30, 65, 150, 60)
    (panel,), _ = patches_of(light, 300.0)
    skin = Skin.of(np.zeros((4, 4), np.float32), np.ones((4, 4), np.float32), (0.1, 0.1), 0, 1.0, METAL)
    seen = np.zeros((1, 1, 12), np.float32)
    seen[0, 0, 3], seen[0, 0, 8], seen[0, 0, 11] = 1, 1, 1
    made = []
    for parts in (samples_of([panel], 0.1), np.array([one.numbers for one in panel.split(40, 40)])):
        out = np.zeros((1, 1, 4), np.float32)
        shade(seen, skin.texels, 1.0, METAL.numbers, parts, np.zeros(2), 300.0, 1, out)
        made.append(out[0, 0, 0])
    assert made[0] == pytest.approx(made[1], rel=0.02)


def test_slopes_finer_than_a_texel_make_it_rougher():
    from domainaug.manufacturing import Defect

    fine = np.zeros((8, 8), np.float32)
    fine[:, ::2] = 0.1  # ridges below a texel
    one, none = np.ones((8, 8), np.float32), np.zeros((8, 8), np.float32)
    defect = Defect("ridges", (1, 1), 1.0, fine, one, none, one, np.ones((2, 2), np.bool_), fine=4)
    skin = Skin.of(np.zeros((4, 4), np.float32), np.ones((4, 4), np.float32), (0.1, 0.1), 0, 1.0, METAL)
    marred = skin.with_defects((defect,))
    inside = marred.texels[1:3, 1:3]
    assert np.abs(inside[..., 0]).max() < 0.35
    assert inside[..., 2].max() > 0.01 + 0.01
    assert inside[..., 3] == pytest.approx(0.01, abs=1e-4)
    assert np.array_equal(marred.texels[0], skin.texels[0])


def test_lights_stand_where_they_are_said_to():
    (panel,), _ = patches_of(Light("bright-field", 90, 30, 100, 10), 300.0)
    assert panel.middle == pytest.approx([0, 100 * np.cos(np.pi / 6), 50])
    facing = np.cross(panel.along, panel.across)
    assert facing / np.linalg.norm(facing) == pytest.approx(-panel.middle / 100)
    assert panel.area == pytest.approx(100)
    ring, _ = patches_of(Light("ring", 0, 45, 100, 10), 300.0)
    assert sum(one.area for one in ring) == pytest.approx(2 * np.pi * 100 * np.sqrt(0.5) * 10, rel=1e-6)
    assert sum(one.middle for one in ring)[:2] == pytest.approx([0, 0], abs=1e-9)
    assert sum(part.area for part in panel.split(3, 5)) == pytest.approx(panel.area)
