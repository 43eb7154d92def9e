"""Amounts are a number and a unit, and nothing else."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domainaug.profile.quantities import UNITS, Quantity, parse_quantity


@pytest.mark.parametrize(
    ("written", "value", "unit"),
    [
        ("10 deg", 10, "deg"),
        ("5 %", 5, "%"),
        ("5%", 5, "%"),
        ("-1 px", -1, "px"),
        ("+7.5 mm", 7.5, "mm"),
        (".5 mm", 0.5, "mm"),
        ("30 HU", 30, "HU"),
        ("1e1 level", 10, "level"),
        (0.2, 0.2, ""),
        (3, 3, ""),
        ("0.2", 0.2, ""),
    ],
)
def test_amounts(written, value, unit):
    assert parse_quantity(written) == Quantity(value, unit)


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("10 degrees", "did you mean 10 deg"),
        ("5 percent", "did you mean 5 %"),
        ("3 pixels", "did you mean 3 px"),
        ("3 PX", "did you mean 3 px"),
        ("0.2 rad", "turns are written in deg"),
        ("4 furlongs", "known: deg, %"),
        ("ten deg", "expected an amount"),
        ("deg", "expected an amount"),
        ("10 deg 5", "no unit is called 'deg 5'"),
        ("1,5 mm", "no unit is called ',5 mm'"),
        ("--1", "expected an amount"),
        (True, "expected an amount"),
        (None, "expected an amount"),
        (float("nan"), "finite"),
        (float("inf"), "finite"),
    ],
)
def test_what_is_no_amount_says_what_is_legal(written, hint):
    with pytest.raises(ValueError, match=hint):
        parse_quantity(written)


@given(st.floats(-1e6, 1e6), st.sampled_from(UNITS))
def test_what_is_written_is_read_back(value, unit):
    read = parse_quantity(f"{value:.6f} {unit}")
    assert read.unit == unit
    assert read.value == pytest.approx(value, abs=1e-6)


@given(st.text(max_size=60))
def test_any_text_is_an_amount_or_a_value_error(text):
    with contextlib.suppress(ValueError):
        assert parse_quantity(text).unit in ("", *UNITS)
