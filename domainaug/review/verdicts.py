"""Verdicts: what people said of the copies of a run, in tables of their own in its ledger.

Every verdict is a row, written at once and never changed but by undo, so that several reviewers in several processes,
and a run that goes on meanwhile, lose nothing. The last word of a reviewer on a copy counts. A verdict is on the bytes
that were looked at: of a copy that was made anew with other bytes, nobody has said anything yet.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from domainaug.errors import DomainAugError, OutputError, UnknownName
from domainaug.review.reasons import reason
from domainaug.run.ledger import LEDGER

__all__ = ["ANSWERS", "Answer", "Plan", "Verdict", "Verdicts", "rejected"]

Answer = Literal["accept", "reject", "skip"]
ANSWERS: tuple[str, ...] = get_args(Answer)

_WAIT = 30.0  # seconds for another process to finish its row
_LONGEST = {"reviewer": 80, "note": 2000}
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS verdicts (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL, copy INTEGER NOT NULL, sha256 TEXT NOT NULL,
        reviewer TEXT NOT NULL, answer TEXT NOT NULL, reasons TEXT NOT NULL, note TEXT NOT NULL,
        at TEXT NOT NULL, undone INTEGER NOT NULL DEFAULT 0
    )""",
    "CREATE INDEX IF NOT EXISTS verdicts_by_copy ON verdicts (key, copy, reviewer, number)",
    """CREATE TABLE IF NOT EXISTS review_plans (
        number INTEGER PRIMARY KEY AUTOINCREMENT, plan TEXT NOT NULL, late INTEGER NOT NULL
    )""",
)
_COUNTING = """
SELECT number, key, copy, sha256, reviewer, answer, reasons, note, at FROM verdicts
WHERE number IN (SELECT max(number) FROM verdicts WHERE NOT undone GROUP BY key, copy, reviewer) ORDER BY number
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one reviewer said of one copy.

    Attributes:
        key: Key of the item.
        copy: Number of the copy.
        sha256: Digest of the file that was looked at.
        reviewer: Who said it.
        answer: "accept", "reject" or "skip".
        reasons: Codes of reasons.
        note: In the reviewer's own words.
        at: When, as ISO 8601 in UTC.
        number: Place in the order of all verdicts of the run; 0 before it is written.
    """

    key: str
    copy: int
    sha256: str
    reviewer: str
    answer: Answer
    reasons: tuple[str, ...] = ()
    note: str = ""
    at: str = ""
    number: int = 0

    def __post_init__(self) -> None:
        if self.answer not in ANSWERS:
            raise UnknownName("verdict", str(self.answer), ANSWERS)
        for name, longest in _LONGEST.items():
            text = getattr(self, name)
            if len(text) > longest or "\0" in text:
                raise DomainAugError(f"{name}: {len(text)} characters or a NUL among them; at most {longest} are taken")
        if not self.reviewer.strip():
            raise DomainAugError("a verdict needs a reviewer: say who judges, a name or initials")
        for code in self.reasons:
            reason(code)
        if self.reasons and self.answer != "reject":
            raise DomainAugError(f"reasons are for copies that are rejected; {self.answer} takes none")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a review is to prove.

    Attributes:
        rate: The share of bad copies to rule out.
        confidence: How sure.
        accepted: How many bad ones in the sample still prove it.
        seed: Fixes the sample.
        late: Verdicts on it that were known when it was made; with any, what it proves was not settled beforehand.
    """

    rate: float = 0.02
    confidence: float = 0.95
    accepted: int = 0
    seed: int = 0
    late: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {"rate": self.rate, "confidence": self.confidence, "accepted": self.accepted, "seed": self.seed}


class Verdicts:
    """The verdicts of one run. Each call opens the ledger, does one thing and closes it, from any thread."""

    def __init__(self, out: Path | str) -> None:
        """Take the output folder of a run.

        Raises:
            OutputError: There is no ledger in it.
        """
        self.path = Path(out) / LEDGER
        if not self.path.is_file():
            raise OutputError(f"{self.path}: there is no ledger here; name the output folder of a run")

    def add(self, *verdicts: Verdict) -> None:
        """Write verdicts; all of them or none.

        Raises:
            OutputError: The ledger cannot be written.
        """
        values = [
            (one.key, one.copy, one.sha256, one.reviewer, one.answer, json.dumps(one.reasons), one.note, one.at)
            for one in verdicts
        ]
        with self._writing() as db:
            db.executemany(
                "INSERT INTO verdicts (key, copy, sha256, reviewer, answer, reasons, note, at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )

    def undo(self, reviewer: str) -> Verdict | None:
        """Take back the last verdict of a reviewer that is not taken back yet, and return it; None without one."""
        with self._writing() as db:
            row = db.execute(
                "SELECT number, key, copy, sha256, reviewer, answer, reasons, note, at FROM verdicts "
                "WHERE reviewer = ? AND NOT undone ORDER BY number DESC LIMIT 1",
                (reviewer,),
            ).fetchone()
            if row is not None:
                db.execute("UPDATE verdicts SET undone = 1 WHERE number = ?", row[:1])
        return None if row is None else _verdict(row)

    def counting(self) -> tuple[Verdict, ...]:
        """Return the last word of every reviewer on every copy, in the order they were said."""
        with self._reading() as db:
            rows = db.execute(_COUNTING).fetchall() if _has(db, "verdicts") else []
        return tuple(_verdict(row) for row in rows)

    def copies(self) -> int:
        """Return how many copies there are to judge."""
        with self._reading() as db:
            return int(db.execute("SELECT count(*) FROM copies").fetchone()[0])

    def plan(self) -> Plan | None:
        """Return what the review is to prove; None where nobody has said."""
        with self._reading() as db:
            known = _has(db, "review_plans")
            row = db.execute("SELECT plan, late FROM review_plans ORDER BY number DESC LIMIT 1") if known else None
            found = row.fetchone() if row else None
        return None if found is None else Plan(**json.loads(found[0]), late=found[1])

    def set_plan(self, plan: Plan) -> None:
        """Write what the review is to prove."""
        with self._writing() as db:
            values = (json.dumps(plan.to_dict()), plan.late)
            db.execute("INSERT INTO review_plans (plan, late) VALUES (?, ?)", values)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        # Whoever may write also mends what a killed process left half-written.
        with self._open("rw" if os.access(self.path, os.W_OK) else "ro") as db:
            yield db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._open("rw") as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                for statement in _SCHEMA:
                    db.execute(statement)
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    @contextmanager
    def _open(self, mode: str) -> Iterator[sqlite3.Connection]:
        try:
            address = f"{self.path.resolve().as_uri()}?mode={mode}"
            db = sqlite3.connect(address, uri=True, isolation_level=None, timeout=_WAIT)
            try:
                db.execute("PRAGMA synchronous = FULL")  # a verdict is work that nobody wants to do twice
                yield db
            finally:
                db.close()
        except sqlite3.Error as error:
            how = "see that the folder can be written and that no other program holds it, and try again"
            raise OutputError(f"{self.path}: the ledger cannot be used ({error}); {how}") from error


def _has(db: sqlite3.Connection, table: str) -> bool:
    found = db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,))
    return found.fetchone() is not None


def _verdict(row: Collection[Any]) -> Verdict:
    number, key, copy, sha256, reviewer, answer, reasons, note, at = row
    return Verdict(key, copy, sha256, reviewer, answer, tuple(json.loads(reasons)), note, at, number)


def rejected(out: Path | str) -> frozenset[tuple[str, int]]:
    """Return the copies of a run that a reviewer rejected, as (key, copy): what does not belong into a training set.

    One reviewer who rejects a copy is enough. A verdict on bytes that were replaced since does not count.

    Args:
        out: The output folder of a run.

    Raises:
        OutputError: There is no ledger in it.
    """
    verdicts = Verdicts(out)
    against = [one for one in verdicts.counting() if one.answer == "reject"]
    if not against:
        return frozenset()
    with verdicts._reading() as db:
        first = "SELECT sha256 FROM files WHERE key = ? AND copy = ? ORDER BY place LIMIT 1"
        found = [(one, db.execute(first, (one.key, one.copy)).fetchone()) for one in against]
    return frozenset((one.key, one.copy) for one, row in found if row is not None and row[0] == one.sha256)
