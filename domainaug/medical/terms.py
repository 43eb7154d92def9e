"""What a user asks of derived files, beyond the rules that they follow anyway."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BY_THE_RULES", "Terms"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the user asks of derived files.

    Attributes:
        allow: Codes of findings that are accepted.
        private: Private creators whose elements are kept, although nobody knows whether they are still true.
        study_salt: Copies lie in a study of their own, named by a hash of their source's and this; in that of their
            source if None.
    """

    allow: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()
    study_salt: str | None = None


BY_THE_RULES = Terms()
