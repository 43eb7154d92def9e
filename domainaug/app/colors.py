"""Colors of charts: 3:1 or more against a white page and a dark one, and apart for those who see few colors."""

from __future__ import annotations

from typing import Final

__all__ = ["ACCEPTED", "COLORS", "GRAY", "LIMIT", "MARKED", "NEW_LIMIT", "REJECTED", "THERE"]

COLORS: Final = ("#2a9d8f", "#c77700")
"""Of what was there and of what was made."""

THERE: Final = COLORS[0]
ACCEPTED: Final = "#3b82b5"
REJECTED: Final = "#d9480f"
LIMIT: Final = "#d1495b"
NEW_LIMIT: Final = "#16a085"
MARKED: Final = "#ffb000"
GRAY: Final = "#7b878d"
