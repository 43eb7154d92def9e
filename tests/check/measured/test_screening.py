"""The quick look finds what is worth a careful one."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.check.measured import Output
from domainaug.check.measured.screening import farthest, glance, scaled


def look(probe, image, masks=None):
    return glance(probe, Output(image, masks), probe.decode(image))


@pytest.mark.parametrize("turn", range(8))
def test_mirrors_and_quarter_turns_are_told_apart(probe, turn):
    mirrored = probe.image[:, ::-1] if turn >= 4 else probe.image
    assert look(probe, np.ascontiguousarray(np.rot90(mirrored, turn % 4))).turn == turn


def test_an_inverted_picture_is_not_taken_for_a_mirrored_one(probe):
    assert look(probe, 255 - probe.image).turn == 0


def test_labels_give_the_exact_geometry_at_a_glance(probe):
    done = A.Rotate((6, 6), p=1)(image=probe.image, masks=list(probe.masks))
    seen = look(probe, done["image"], tuple(done["masks"]))
    assert seen.geometry["rotation"] == pytest.approx(6, abs=0.1)


def test_warped_labels_leave_geometry_to_the_careful_look(probe):
    done = A.ThinPlateSpline(p=1)(image=probe.image, masks=list(probe.masks))
    assert look(probe, done["image"], tuple(done["masks"])).geometry is None


def test_the_odd_one_out_is_always_chosen(probe):
    rng = np.random.default_rng(0)
    glances = []
    for number in range(60):
        image = np.clip(probe.image + rng.normal(0, 4, probe.image.shape), 0, 255).astype(np.uint8)
        glances.append(look(probe, image[:, ::-1].copy() if number == 37 else image))
    assert 37 in farthest(scaled(glances), 10)


def test_the_extremes_are_chosen(probe):
    shades = np.linspace(-60, 60, 40)
    order = np.random.default_rng(2).permutation(40)
    glances = [look(probe, np.clip(probe.image + shades[i], 0, 255).astype(np.uint8)) for i in order]
    chosen = {int(order[i]) for i in farthest(scaled(glances), 8)}
    assert {0, 39} <= chosen


def test_draws_that_are_the_same_again_are_looked_at_once(probe):
    glances = [look(probe, probe.image) for _ in range(20)]
    assert len(farthest(scaled(glances), 10)) == 1
