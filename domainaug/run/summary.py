"""What a run came to, and what it would come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domainaug.layouts.layout import SetAside

__all__ = ["Estimate", "Progress", "RunSummary", "in_bytes", "in_time", "many"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes:
        done: Copies that are in place, set aside, or were there already.
        total: Copies in all.
        set_aside: How many of them were set aside.
    """

    done: int
    total: int
    set_aside: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would take, from making a few copies for real.

    Attributes:
        measured: How many items it was measured on.
        bytes: Disk that the outputs will take.
        seconds: Time it will take.
    """

    measured: int
    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run came to.

    Attributes:
        out: The output folder.
        items: Items in the source that can be read, as far as their headers say.
        copies: Copies of each.
        done: Copies made now.
        skipped: Copies that were there already.
        repaired: Of those made now, how many replace files that were missing or altered.
        set_aside: What could not be augmented, and why, by key.
        interrupted: Whether the run was stopped before its end.
        seconds: How long it took.
        estimate: For a dry run, what the run would take.
        narrowed: Sentences on where the recipe was narrowed to the profile's own limits.
        soft_masks: Items whose mask is anti-aliased and was read as two-valued.
        ignored: Files in the source that are neither images nor labels.
        planned: Copies in all, where a plan of the set tells how many each item gets.
    """

    out: Path
    items: int
    copies: int
    done: int = 0
    skipped: int = 0
    repaired: int = 0
    set_aside: tuple[SetAside, ...] = ()
    interrupted: bool = False
    seconds: float = 0.0
    estimate: Estimate | None = None
    narrowed: tuple[str, ...] = ()
    soft_masks: int = 0
    ignored: int = 0
    planned: int | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth knowing and no fault, a sentence each."""
        soft = _counted(self.soft_masks, "mask is anti-aliased and was", "masks are anti-aliased and were")
        others = _counted(self.ignored, "file is no image and was", "files are no images and were")
        return (
            *self.narrowed,
            *(f"{count} left out" for count in others),
            *(f"{count} read as two-valued" for count in soft),
        )

    @property
    def reasons(self) -> Mapping[str, int]:
        """How much was set aside for each reason, by code, the most frequent first."""
        return dict(Counter(aside.code for aside in sorted(self.set_aside, key=lambda each: each.code)).most_common())

    @property
    def exit_code(self) -> int:
        """0 all well, 1 something was set aside, 130 interrupted."""
        if self.interrupted:
            return 130
        return 1 if self.set_aside else 0

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as JSON-able data."""
        return {
            "items": self.items,
            "copies": self.copies,
            **({} if self.planned is None else {"planned": self.planned}),
            "done": self.done,
            "skipped": self.skipped,
            "repaired": self.repaired,
            "set_aside": [
                {"key": aside.key, "copy": aside.copy, "code": aside.code, "reason": aside.reason}
                for aside in self.set_aside
            ],
            "reasons": dict(self.reasons),
            "interrupted": self.interrupted,
            "narrowed": list(self.narrowed),
            "soft_masks": self.soft_masks,
            "ignored": self.ignored,
            "seconds": round(self.seconds, 3),
            "estimate": None
            if self.estimate is None
            else {
                "measured": self.estimate.measured,
                "bytes": self.estimate.bytes,
                "seconds": round(self.estimate.seconds, 3),
            },
        }

    def __str__(self) -> str:
        if self.estimate is not None:
            size, seconds = in_bytes(self.estimate.bytes), in_time(self.estimate.seconds)
            each = f"{many(self.items, 'item')} x {many(self.copies, 'copy')}"
            if self.planned is not None:
                each = f"{many(self.items, 'item')}, {many(self.planned, 'copy')} by the plan"
            counts = f"{each}, {self.skipped} there already"
            taken = f"an estimate from {self.estimate.measured} of them: {size} and {seconds}"
            return f"dry run: {counts}; {taken}; {self._aside}; nothing written"
        repaired = f" ({self.repaired} of them repaired)" if self.repaired else ""
        counts = f"{self.done} done{repaired}, {self.skipped} skipped, {self._aside}"
        return f"{counts} in {in_time(self.seconds)}" + ("; interrupted, run again to go on" * self.interrupted)

    @property
    def _aside(self) -> str:
        reasons = ", ".join(f"{count} {code}" for code, count in self.reasons.items())
        return f"{len(self.set_aside)} set aside" + (f" ({reasons})" if reasons else "")


def many(count: int, what: str) -> str:
    """Return a count for people: "1 copy", "2 copies"."""
    if count == 1:
        return f"1 {what}"
    return f"{count} {what.removesuffix('y')}ies" if what.endswith("y") else f"{count} {what}s"


def _counted(count: int, one: str, many: str) -> tuple[str, ...]:
    return (f"{count} {one if count == 1 else many}",) if count else ()


def in_bytes(count: float) -> str:
    """Return a size for people: "3.4 MB"."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def in_time(seconds: float) -> str:
    """Return a duration for people: "1 h 05 min"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
