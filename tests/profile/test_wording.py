"""Conditions and ranges read as a person would say them."""

from __future__ import annotations

import pytest

from domainaug.effects import Interval, effect
from domainaug.profile.wording import condition_in_words, range_in_words


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"sided": (True,)}, "sided"),
        ({"pitch": ()}, "pitch"),
        ({"sided": (False,)}, "not sided"),
        ({"symmetry": ("C4", "D2")}, "symmetry is C4 or D2"),
        ({"sided": (False,), "symmetry": ("C4",)}, "not sided and symmetry is C4"),
    ],
)
def test_conditions(condition, words):
    assert condition_in_words(condition) == words


@pytest.mark.parametrize(
    ("name", "interval", "words"),
    [
        ("mirror_horizontal", Interval(0, 1), "happens"),
        ("rotation", Interval(-45, 45), "-45 to 45 deg"),
        ("rotation", Interval(-180, 180), "without a bound"),
        ("noise", Interval(0, 0.028), "0 to 2.8 %"),
        ("contrast", Interval(0, float("inf")), "without a bound"),
        ("gamma", Interval(0.8, 1.25), "0.8 to 1.25"),
    ],
)
def test_ranges(name, interval, words):
    assert range_in_words(effect(name), interval) == words
