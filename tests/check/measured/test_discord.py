"""A picture that goes elsewhere than its labels: what the picture shows, and how far the two are apart."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.check.measured import Output, measure, measure_draw
from domainaug.effects import EFFECTS, Interval
from domainaug.generators import Frame

PLACE = {"rotation", "scale", "shift", "field_of_view", "outside", "duplicated"}


def turned(picture, degrees, size=1.0, flags=cv2.INTER_LINEAR):
    matrix = cv2.getRotationMatrix2D((127.5, 127.5), degrees, size)
    return cv2.warpAffine(picture, matrix, (256, 256), flags=flags)


def seen(probe, picture, masks=None):
    return measure_draw(probe, Output(np.ascontiguousarray(picture), masks or probe.masks))


def mean_distance(matrix):
    """How far an affine map (2, 3) moves a pixel of the 256-pixel frame that stays in it, on average."""
    y, x = np.mgrid[:256, :256].astype(float)
    u, v = (matrix[k, 0] * x + matrix[k, 1] * y + matrix[k, 2] for k in (0, 1))
    stays = (u > -0.5) & (u < 255.5) & (v > -0.5) & (v < 255.5)
    return float(np.hypot(u - x, v - y)[stays].mean())


def test_a_mirror_without_its_labels(probe):
    found = seen(probe, probe.image[:, ::-1])
    assert set(found.present()) == {"mirror_horizontal", "misregistration"}
    assert found.values["misregistration"] == pytest.approx(128, abs=0.1)  # |255 - 2 x| on average


@pytest.mark.parametrize("degrees", [1, 2, 5, 20, -45])
def test_a_turn_without_its_labels(probe, degrees):
    found = seen(probe, turned(probe.image, degrees))
    assert found.values["rotation"] == pytest.approx(degrees, abs=0.05)
    apart = mean_distance(cv2.getRotationMatrix2D((127.5, 127.5), degrees, 1))
    assert found.values["misregistration"] == pytest.approx(apart, rel=0.02)
    assert set(found.present()) <= PLACE | {"misregistration"}


@pytest.mark.parametrize("pixels", [4, 5, 12, 40])
def test_a_shift_without_its_labels(probe, pixels):
    found = seen(probe, np.roll(probe.image, pixels, axis=1))
    assert found.values["misregistration"] == pytest.approx(pixels, abs=0.05)
    assert found.values["shift"] == pytest.approx(pixels / 256, abs=0.0005)
    assert set(found.present()) <= PLACE | {"misregistration"}


def test_labels_that_move_without_their_picture(probe):
    masks = tuple(turned(mask, 20, flags=cv2.INTER_NEAREST) for mask in probe.masks)
    found = seen(probe, probe.image, masks)
    assert set(found.present()) == {"misregistration"}
    assert found.values["misregistration"] == pytest.approx(32, abs=1)


def test_labels_that_turn_the_other_way(probe):
    masks = tuple(turned(mask, -10, flags=cv2.INTER_NEAREST) for mask in probe.masks)
    found = seen(probe, turned(probe.image, 10), masks)
    assert found.values["rotation"] == pytest.approx(10, abs=0.05)
    assert found.values["misregistration"] == pytest.approx(
        mean_distance(cv2.getRotationMatrix2D((127.5, 127.5), 20, 1)), rel=0.05
    )


def test_a_dark_mirror_without_its_labels_shows_both(probe):
    found = seen(probe, (probe.image[:, ::-1] * 0.6).astype(np.uint8))
    assert found.values["mirror_horizontal"] == 1
    assert found.values["contrast"] == pytest.approx(0.6, abs=0.02)
    assert "inversion" not in found.present()


def test_a_blurred_mirror_without_its_labels(probe):
    found = seen(probe, cv2.GaussianBlur(np.ascontiguousarray(probe.image[:, ::-1]), (0, 0), 8))
    assert found.values["mirror_horizontal"] == 1
    assert found.values["blur"] == pytest.approx(8, rel=0.03)
    assert found.values["misregistration"] == pytest.approx(128, abs=0.1)


def test_parts_moved_without_their_labels_are_no_change_of_light(probe):
    shuffle = A.RandomGridShuffle((6, 6), p=1)
    shuffle.set_random_seed(3)
    found = seen(probe, shuffle(image=probe.image)["image"])
    assert found.unreadable is not None
    assert "labels" in found.unreadable
    assert found.withheld == frozenset(EFFECTS)


STRONG = [
    A.InvertImg(p=1),
    A.Solarize((0.4, 0.4), p=1),
    A.CLAHE((4, 4), p=1),
    A.Equalize(p=1),
    A.Posterize((2, 2), p=1),
    A.GaussNoise((0.4, 0.4), p=1),
    A.SaltAndPepper((0.2, 0.2), p=1),
    A.CoarseDropout((8, 8), (0.15, 0.15), (0.15, 0.15), p=1),
    A.GridDropout(0.5, p=1),
    A.GaussianBlur(0, sigma_limit=(4, 4), p=1),
    A.Defocus((8, 8), p=1),
    A.RandomSnow(p=1),
    A.RandomFog(p=1),
    A.ImageCompression(quality_range=(5, 5), p=1),
    A.ChannelShuffle(p=1),
]


@pytest.mark.parametrize(
    "move", [A.NoOp(p=1), A.HorizontalFlip(p=1), A.Rotate((20, 20), p=1)], ids=["in place", "mirrored", "turned"]
)
@pytest.mark.parametrize("change", STRONG, ids=lambda step: type(step).__name__)
def test_what_makes_a_picture_unlike_itself_moves_nothing(see, change, move):
    found = see(move, change)
    assert found.unreadable is None
    assert not found.astray
    assert "misregistration" not in found.present()
    assert found.values["mirror_horizontal"] == isinstance(move, A.HorizontalFlip)
    assert abs(found.values["rotation"]) == pytest.approx(20 * isinstance(move, A.Rotate), abs=0.05)


def test_a_callable_that_mirrors_pictures_alone():
    found = measure(lambda image, mask: (image[:, ::-1], mask), frame=Frame(256, 256, 1), draws=12)
    assert set(found.ranges) == {"mirror_horizontal", "misregistration"}
    assert found.counts["mirror_horizontal"] == 12
    assert found.beyond("mirror_horizontal", Interval(0, 0)) == (12, 12)


def test_a_callable_that_turns_pictures_alone_shows_its_range():
    def turn(image, mask):
        matrix = cv2.getRotationMatrix2D((63.5, 63.5), np.random.uniform(-8, 8), 1)
        return cv2.warpAffine(image, matrix, (128, 128)), mask

    found = measure(turn, frame=Frame(128, 128, 1), draws=40)
    assert found.ranges["rotation"].low < -6.5
    assert found.ranges["rotation"].high > 6.5
    assert set(found.ranges) <= PLACE | {"misregistration", "local_gain"}  # under 1.3 degrees it is not told
    outside, judged = found.beyond("rotation", Interval(-4, 4))
    assert judged == 40
    assert 10 <= outside <= 30
