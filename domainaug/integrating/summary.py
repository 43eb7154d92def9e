"""What became of a training set, or would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from domainaug.layouts.layout import SetAside
from domainaug.run.summary import in_bytes, in_time, many

__all__ = ["Part", "SetSummary"]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the set.

    Attributes:
        originals: Items of the source.
        copies: Augmented copies.
        groups: Patients, parts or drives.
        classes: How many originals and copies show each class.
    """

    originals: int
    copies: int
    groups: int
    classes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SetSummary:
    """What became of a training set.

    Attributes:
        train: Its folder.
        split: "own", where the data set says the parts, or "new".
        parts: What is in each part, by name.
        rejected: Copies that a reviewer rejected, and are left out.
        held_out: Copies of what is tested or validated on, or with something cut from there in them; left out.
        unreviewed: Copies that nobody looked at; left out where only accepted ones are wanted.
        set_aside: Items of the source that cannot be read, and are left out.
        files: How many files the set has.
        bytes: Their lengths in all.
        placed: How many files were put in place now, by how: "reflink", "hard link" or "copy".
        removed: Files of an earlier start that do not belong to it any more.
        seconds: How long it took.
        dry_run: Whether nothing was written.
    """

    train: Path
    split: str
    parts: Mapping[str, Part]
    rejected: int
    held_out: int
    unreviewed: int
    set_aside: tuple[SetAside, ...]
    files: int
    bytes: int
    placed: Mapping[str, int]
    removed: int
    seconds: float
    dry_run: bool

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        told = asdict(self)
        aside = [{"key": one.key, "code": one.code, "reason": one.reason} for one in self.set_aside]
        return {**told, "train": str(self.train), "set_aside": aside, "seconds": round(self.seconds, 3)}

    def __str__(self) -> str:
        lines = []
        for name, part in self.parts.items():
            if part.originals:
                whose = f"{many(part.originals, 'original')} and {many(part.copies, 'copy')}"
                lines.append(f"{name:6} {whose} of {many(part.groups, 'group')}")
        left = [
            f"{count} {why}"
            for count, why in (
                (self.rejected, "rejected"),
                (self.held_out, "of what is not trained on"),
                (len(self.set_aside), "that cannot be read"),
            )
            if count
        ]
        if left:
            lines.append(f"left out: {', '.join(left)}")
        how = ", ".join(f"{count} by {name}" for name, count in self.placed.items() if count) or "none now"
        done = "dry run, nothing written" if self.dry_run else f"placed {how}; {self.removed} removed"
        size = f"{many(self.files, 'file')}, {in_bytes(self.bytes)}"
        return "\n".join([*lines, f"{size}; {done}, in {in_time(self.seconds)}"])
