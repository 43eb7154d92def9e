"""Near duplicates: found whatever was done to the file, told from other parts on the same fixture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from domainaug.exploring.alike import ALIKE, near_pairs
from domainaug.exploring.measuring import LOOK, look_of


def fixture_parts(count: int, seed: int = 0) -> list[np.ndarray]:
    """Parts that are the same but for their grain, a little light and a little place."""
    rng = np.random.default_rng(seed)
    part = cv2.resize(rng.random((10, 10)), (200, 200), interpolation=cv2.INTER_CUBIC) * 160 + 40
    made = []
    for _ in range(count):
        grain = cv2.GaussianBlur(rng.normal(0, 60, part.shape), (0, 0), 3)
        shift = np.float32([[1, 0, rng.normal(0, 0.5)], [0, 1, rng.normal(0, 0.5)]])
        shown = cv2.warpAffine(part * (1 + rng.normal(0, 0.03)) + grain, shift, part.shape[::-1], borderMode=1)
        made.append(np.clip(shown, 0, 255).astype(np.uint8))
    return made


ALTERED = {
    "JPEG": lambda p: cv2.imdecode(cv2.imencode(".jpg", p, [1, 50])[1], cv2.IMREAD_UNCHANGED),
    "half": lambda p: cv2.resize(p, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "noise": lambda p: np.clip(p + np.random.default_rng(9).normal(0, 5, p.shape), 0, 255).astype(np.uint8),
    "blur": lambda p: cv2.GaussianBlur(p, (0, 0), 1.2),
    "color": lambda p: np.dstack([p, p, p]),
    "16 bit": lambda p: p.astype(np.uint16) * 257,
}


@pytest.mark.parametrize("deed", ALTERED)
def test_a_part_is_found_again_among_others_whatever_was_done_to_the_file(deed):
    parts = fixture_parts(40)
    looks = [look_of(part) for part in (*parts, ALTERED[deed](parts[7]))]
    assert [pair[:2] for pair in near_pairs(looks)] == [(7, 40)]


def test_two_pictures_alone_are_told_apart_or_together():
    one, other = fixture_parts(1, 1)[0], fixture_parts(1, 2)[0]
    assert near_pairs([look_of(one), look_of(other)]) == ()
    assert [pair[:2] for pair in near_pairs([look_of(one), look_of(ALTERED["half"](one))])] == [(0, 1)]


def test_pictures_of_nothing_are_like_nothing():
    flat = [np.full((40, 40), level, np.uint8) for level in (0, 90, 255)]
    assert near_pairs([look_of(one) for one in flat]) == ()


def test_many_are_compared_in_blocks_as_few_are(monkeypatch):
    looks = [look_of(part) for part in fixture_parts(30)]
    looks += looks[3:6]
    whole = near_pairs(looks)
    monkeypatch.setattr("domainaug.exploring.alike._BLOCK", 7)
    assert np.array(near_pairs(looks)) == pytest.approx(np.array(whole), abs=1e-5)
    assert [pair[:2] for pair in whole] == [(3, 30), (4, 31), (5, 32)]


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_have_no_pair(count):
    assert near_pairs([look_of(np.zeros((9, 9), np.uint8))] * count) == ()


def test_a_look_is_small_and_stretched():
    look = np.frombuffer(look_of(fixture_parts(1)[0]), np.uint8)
    assert (look.size, look.min(), look.max()) == (LOOK * LOOK, 0, 255)
    assert 0.9 < ALIKE < 1
