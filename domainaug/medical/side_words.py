"""Words and codes for left and right, in names, headers and labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from domainaug.medical.deeds import Code

__all__ = ["OPPOSITE_CODES", "Side", "names_sides", "side_in", "side_of_codes", "swapped_name"]

Side = Literal["left", "right", ""]

_CODES: Mapping[tuple[str, str], Side] = {
    ("7771000", "SCT"): "left",
    ("24028007", "SCT"): "right",
    ("G-A101", "SRT"): "left",
    ("G-A100", "SRT"): "right",
}

OPPOSITE_CODES: Mapping[tuple[str, str], Code] = {
    ("7771000", "SCT"): Code("24028007", "SCT", "Right"),
    ("24028007", "SCT"): Code("7771000", "SCT", "Left"),
    ("G-A101", "SRT"): Code("G-A100", "SRT", "Right"),
    ("G-A100", "SRT"): Code("G-A101", "SRT", "Left"),
}
"""Value and scheme of a code for one side, to the code for the other (PS3.16 CID 244)."""

_WORDS = {"left": "right", "right": "left", "lt": "rt", "rt": "lt", "sin": "dex", "dex": "sin", "l": "r", "r": "l"}
_WORD = re.compile(r"(?<![A-Za-z0-9])(left|right|lt|rt|sin|dex|l|r)(?![A-Za-z0-9])", re.IGNORECASE)
_SIDES: Mapping[str, Side] = {
    **dict.fromkeys(("left", "lt", "sin", "l"), "left"),
    **dict.fromkeys(("right", "rt", "dex", "r"), "right"),
}


def _split(name: str) -> str:
    """Put a space where small letters meet a capital: "KidneyLeft" holds a word."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "\0", name)


def names_sides(name: str) -> bool:
    """Return whether a name speaks of a side, or of both."""
    return _WORD.search(_split(name)) is not None


def side_in(name: str) -> Side:
    """Return the side that a name speaks of, in words or as a letter by itself: "Kidney_L", "left lung"."""
    found = {_SIDES[word.lower()] for word in _WORD.findall(_split(name))}
    return found.pop() if len(found) == 1 else ""


def side_of_codes(codes: Iterable[Code | None]) -> Side:
    """Return the side that modifiers name; "" for none, or both."""
    found = {_CODES[code.value, code.scheme] for code in codes if code and (code.value, code.scheme) in _CODES}
    return found.pop() if len(found) == 1 else ""


def swapped_name(name: str) -> str:
    """Return a name with left and right exchanged, written as before: "Kidney_L" becomes "Kidney_R"."""

    def other(found: re.Match[str]) -> str:
        word = found.group()
        new = _WORDS[word.lower()]
        return new.upper() if word.isupper() else new.capitalize() if word[0].isupper() else new

    return _WORD.sub(other, _split(name)).replace("\0", "")
