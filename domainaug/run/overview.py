"""What runs there are below a folder, and how far each is: told by their ledgers, without reading what they made."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from domainaug.errors import OutputError
from domainaug.run.ledger import LEDGER, Ledger
from domainaug.run.plan import LOCK, SIMULATION

__all__ = ["Aside", "Overview", "find_runs", "overview", "trace_of"]

_RECENT = 60.0  # seconds since the last row: of a run that goes on where nobody tells who holds a lock
_LOCKS = Path("/proc/locks")
_MOST_LOOKED_AT = 50_000

Standing = Literal["running", "stopped", "finished"]


@dataclass(frozen=True, slots=True)
class Aside:
    """Inputs or copies that were set aside for one reason.

    Attributes:
        code: The reason's code.
        count: How many.
        reason: What is said of the first of them.
    """

    code: str
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class Overview:
    """One run.

    Attributes:
        out: Its folder.
        run: Its id.
        kind: "augmented" or "rendered".
        what: Id of the profile, or simulator and scenario.
        standing: "running", "stopped" before its end (the same command goes on), or "finished".
        made: Copies that are in place.
        planned: Copies in all; None for runs of older versions.
        set_aside: What was set aside in the last start, the most frequent reason first.
        narrowed: Where the recipe was narrowed to the limits of its profile, a sentence each.
        judged: Copies that somebody accepted or rejected.
        rejected: How many somebody rejected.
        seconds: Processor time of the copies.
        written: When the last row was written, seconds since 1970.
    """

    out: Path
    run: str
    kind: Literal["augmented", "rendered"]
    what: str
    standing: Standing
    made: int
    planned: int | None
    set_aside: tuple[Aside, ...]
    narrowed: tuple[str, ...]
    judged: int
    rejected: int
    seconds: float
    written: float

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        if self.standing == "finished" or not self.planned:
            return 1.0
        return min(1.0, self.made / self.planned)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data; without the folder, which the caller knows."""
        aside = [{"code": one.code, "count": one.count, "reason": one.reason} for one in self.set_aside]
        counts = {"made": self.made, "planned": self.planned, "judged": self.judged, "rejected": self.rejected}
        told = {"run": self.run, "kind": self.kind, "what": self.what, "standing": self.standing}
        return {**told, **counts, "set_aside": aside, "narrowed": list(self.narrowed)}


def find_runs(folder: Path | str) -> Iterator[Path]:
    """Yield the folders below a folder, itself included, that hold a run; by name, hidden ones left out."""
    looked = 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if LEDGER in files:
            folders.clear()  # what a run made holds no other
            yield Path(place)
        looked += 1 + len(files)
        if looked > _MOST_LOOKED_AT:
            return


def trace_of(out: Path | str) -> tuple[object, ...]:
    """Return what changes when the overview of a run does, without reading its ledger: for who looks again and again.

    Raises:
        OutputError: There is no ledger.
    """
    path = Path(out) / LEDGER
    traces: list[object] = [(Path(out) / LOCK).exists() and _held(Path(out))]
    for place in (path, path.with_name(f"{path.name}-wal")):
        try:
            state = place.stat()
        except OSError:
            if place == path:
                raise OutputError(f"{path}: there is no ledger here; name the output folder of a run") from None
            continue
        traces += [state.st_ino, state.st_size, state.st_mtime_ns]
    return tuple(traces)


def overview(out: Path | str) -> Overview:
    """Return how far a run is.

    Raises:
        OutputError: There is no ledger, or it is damaged.
    """
    out = Path(out)
    path = out / LEDGER
    try:
        with Ledger(path, checked=False) as ledger:
            header = ledger.header
            made, seconds = ledger.count()
            aside = _counted(ledger)
            judged, rejected = ledger.judged()
    except sqlite3.Error as error:
        raise OutputError(f"{path}: the ledger cannot be read ({error}); try again") from error
    rendered = header.get("layout") == SIMULATION
    scenario = header.get("scenario", {})
    planned = header.get("planned")
    return Overview(
        out=out,
        run=str(header.get("run", "")),
        kind="rendered" if rendered else "augmented",
        what=f"{header.get('simulator')}: {scenario.get('id')}" if rendered else str(header.get("profile", "")),
        standing=_standing(out, made, aside, planned, int(header.get("copies", 1))),
        made=made,
        planned=planned,
        set_aside=tuple(one for one, _ in aside),
        narrowed=tuple(header.get("narrowed") or ()),
        judged=judged,
        rejected=rejected,
        seconds=seconds,
        written=_written(path),
    )


def _counted(ledger: Ledger) -> list[tuple[Aside, int]]:
    """Return what was set aside by reason, and how many of each are whole items."""
    by_code: dict[str, list[Any]] = {}
    for one in ledger.set_aside():
        by_code.setdefault(one.code, []).append(one)
    found = [
        (Aside(code, len(some), some[0].reason), sum(one.copy is None for one in some))
        for code, some in by_code.items()
    ]
    return sorted(found, key=lambda one: (-one[0].count, one[0].code))


def _standing(out: Path, made: int, aside: list[tuple[Aside, int]], planned: int | None, copies: int) -> Standing:
    if (out / LOCK).exists() and _held(out):
        return "running"
    settled = made + sum(one.count + whole * (copies - 1) for one, whole in aside)
    return "stopped" if planned is not None and settled < planned else "finished"


def _held(out: Path) -> bool:
    """Whether somebody holds the lock of a run; asking the lock itself could keep a run from starting."""
    try:
        inode = (out / LOCK).stat().st_ino
        rows = [line.split() for line in _LOCKS.read_text().splitlines()]
    except OSError:
        return time.time() - _written(out / LEDGER) < _RECENT
    return any(len(row) > 5 and row[5].rpartition(":")[2] == str(inode) for row in rows)


def _written(path: Path) -> float:
    places = (path, path.with_name(f"{path.name}-wal"))
    return max((place.stat().st_mtime for place in places if place.exists()), default=0.0)
