import cv2
import numpy as np
import pytest

from domainaug.demo import pictures
from domainaug.demo.material import coin_mask
from domainaug.demo.words import effects_in_words


def test_bytes_are_shown_as_they_are():
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(pictures.shown(image, pictures.window_of(image)), image)


def test_other_values_are_shown_in_the_window_of_their_original():
    hu = np.linspace(-1000, 1000, 10000).reshape(100, 100)
    shown = pictures.shown(hu, (-1000.0, 1000.0))
    assert (shown[0, 0], shown[-1, -1]) == (0, 255)
    assert np.array_equal(pictures.shown(hu, (-1000.0, 1000.0), inverted=True), 255 - shown)


def test_what_became_lighter_is_orange_and_what_became_darker_is_blue():
    before = np.full((8, 8), 128, np.uint8)
    after = before.copy()
    after[0, 0], after[7, 7] = 255, 0
    seen = pictures.difference(before, after).astype(int)
    assert seen[0, 0, 0] > seen[0, 0, 2] + 100
    assert seen[7, 7, 2] > seen[7, 7, 0] + 100
    assert np.all(seen[3, 3] == 236)


def test_a_difference_of_sizes_is_shown_on_the_original():
    assert pictures.difference(np.zeros((8, 8), np.uint8), np.zeros((4, 6, 3), np.uint8)).shape == (8, 8, 3)


def test_the_border_of_every_label_is_drawn(tmp_path):
    mask = np.zeros((40, 40), np.uint8)
    mask[5:15, 5:15], mask[25:35, 25:35] = 1, 2
    cv2.imwrite(str(tmp_path / "m.png"), mask)
    drawn = pictures.outlined(np.zeros((40, 40), np.uint8), tmp_path / "m.png")
    assert tuple(drawn[5, 10]) == tuple(drawn[25, 30]) == (255, 176, 0)
    assert tuple(drawn[10, 10]) == (0, 0, 0)


def test_coins_are_found_one_by_one():
    yy, xx = np.mgrid[:120, :200]
    image = np.full((120, 200), 40, np.uint8)
    for x in (50, 150):
        image[(yy - 60) ** 2 + (xx - x) ** 2 < 20**2] = 160
    mask = coin_mask(image)
    assert set(np.unique(mask)) == {0, 1, 2}
    assert abs(int((mask == 1).sum()) - 1257) < 200


@pytest.mark.parametrize(
    ("effects", "words"),
    [
        ({"rotation": -3.12, "outside": 0.1}, "rotation -3.1 deg"),
        ({"mirror_horizontal": 1, "contrast": 1.084}, "mirror horizontal, contrast x 1.08"),
        ({"noise": 0.0123, "blur": [0.0, 1.2]}, "noise 1.2 %, blur up to 1.2 px"),
        ({"contrast": [0.7, 1.1]}, "contrast up to x 0.70"),
        ({"brightness": [-0.1, None]}, "brightness unbounded"),
        ({}, "nothing large enough to see"),
    ],
)
def test_effects_are_told_as_a_person_would(effects, words):
    assert effects_in_words({"effects": effects}).replace("\N{NO-BREAK SPACE}", " ") == words
