from __future__ import annotations

import pytest

from domainaug.errors import UnknownName
from domainaug.scenario import Constraint

POINT = {"view": "PA", "kvp": 90.0, "turn": -4.0}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("kvp > 80", True),
        ("80 < kvp <= 90", True),
        ("80 < kvp < 90", False),
        ("view == 'PA' and kvp >= 100", False),
        ("view == 'lateral' or kvp < 100", True),
        ("not (turn < 0)", False),
        ("view in ['PA', 'AP']", True),
        ("view not in ['PA', 'AP']", False),
        ("kvp / 2 - 5 * 3 + turn == 26", True),
        ("-turn == 4", True),
        ("1 / (turn + 4) > 0", False),
    ],
)
def test_conditions_say_what_they_say(text, holds):
    legal = {"view": "PA", "kvp": 1.0, "turn": 1.0}
    assert Constraint.of(text, legal).holds(POINT) is holds


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')", "kvp.real", "kvp[0]", "(lambda: 1)()", "[x for x in view]", "f'{kvp}'", "kvp ** 9",
        "kvp % 2",
        "kvp := 3", "kvp if turn else 1", "{}", "b'x' == view", "True.x", "", "kvp >", "view + 1 > 2", "view > 3",
        "1 == 'PA'", "not " * 60 + "1",
        "-" * 60 + "1", "kvp > 1" * 200, "(" * 300 + "1",
    ],
)  # fmt: skip
def test_nothing_else_is_in_the_language(text):
    with pytest.raises(ValueError):
        Constraint.of(text, POINT)


def test_unknown_axes_come_with_the_nearest_right_one():
    with pytest.raises(UnknownName, match="did you mean 'kvp'"):
        Constraint.of("kpv > 3", POINT)


def test_the_axes_it_speaks_of_are_known():
    assert Constraint.of("kvp > 80 and turn < 0 and kvp < 100", POINT).names == ("kvp", "turn")
