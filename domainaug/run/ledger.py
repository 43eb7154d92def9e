"""The ledger: one SQLite file in the output that knows every finished file and how it was made.

A row is written when its files are complete and in place. Nothing in it is an absolute path; the source is
held relative to the output, and only in the ledger, not in `manifest.jsonl`.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domainaug.errors import OutputError
from domainaug.layouts.layout import SetAside
from domainaug.run.job import File, Made
from domainaug.run.publish import temporary_beside, write_whole

__all__ = ["LEDGER", "MANIFEST", "Ledger", "Row"]

LEDGER = "ledger.sqlite"
MANIFEST = "manifest.jsonl"

_FORMAT = 1
_WAIT = 30.0  # seconds for a reviewer to finish a row
_WHOLE = -1  # `copy` of what concerns an item as a whole
_SCHEMA = """
CREATE TABLE header (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE copies (
    key TEXT NOT NULL, copy INTEGER NOT NULL, source_sha256 TEXT NOT NULL,
    record TEXT NOT NULL, labels TEXT NOT NULL, seconds REAL NOT NULL,
    PRIMARY KEY (key, copy)
) WITHOUT ROWID;
CREATE TABLE files (
    path TEXT PRIMARY KEY, key TEXT NOT NULL, copy INTEGER NOT NULL, place INTEGER NOT NULL,
    sha256 TEXT NOT NULL, size INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX files_by_copy ON files (key, copy, place);
CREATE TABLE set_aside (
    key TEXT NOT NULL, copy INTEGER NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (key, copy)
) WITHOUT ROWID;
"""
_JUDGED = """
SELECT count(*), total(bad) FROM (
    SELECT max(answer = 'reject') AS bad FROM verdicts
    JOIN files ON files.key = verdicts.key AND files.copy = verdicts.copy AND place = 0
        AND files.sha256 = verdicts.sha256
    WHERE number IN (SELECT max(number) FROM verdicts WHERE NOT undone GROUP BY key, copy, reviewer)
        AND answer != 'skip'
    GROUP BY verdicts.key, verdicts.copy
)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One finished copy.

    Attributes:
        key: Key of the item; "" for the files that describe the whole output.
        copy: Number of the copy.
        source_sha256: Digest of what it was made from.
        record: The pipeline's record.
        labels: What a `Labeled` layout said of it.
        files: Its files, image first.
    """

    key: str
    copy: int
    source_sha256: str
    record: Mapping[str, Any]
    labels: Any
    files: tuple[File, ...]


class Ledger:
    """An open ledger; a context manager. One thread at a time uses it, not always the same one."""

    def __init__(self, path: Path, *, writable: bool = False, checked: bool = True) -> None:
        """Open a ledger that is there.

        Args:
            path: The SQLite file.
            writable: Whether rows will be written.
            checked: Whether all of it is read to see that it is whole; a glance every other second does without.

        Raises:
            OutputError: It is missing, damaged, or of a later format.
        """
        self.path = path
        if not path.is_file():
            raise OutputError(f"{path}: there is no ledger here; name the output folder of a run")
        try:
            self._db = self._opened("rw" if writable else "ro")
            self._check(whole=checked)
            if writable:
                self._log_ahead()
                self._db.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.Error as error:
            raise OutputError(f"{path}: the ledger is damaged ({error}); start again in a new folder") from error

    def _opened(self, mode: str) -> sqlite3.Connection:
        address = f"{self.path.resolve().as_uri()}?mode={mode}"
        db = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, timeout=_WAIT)
        try:
            db.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:  # a reviewer was killed amid a row, which only a writer can take back
            db.close()
            if mode == "rw" or not os.access(self.path, os.W_OK):
                raise
            return self._opened("rw")
        return db

    def _log_ahead(self) -> None:
        """Write ahead, so that nobody who reads waits; reviewers may be writing at this very moment."""
        end = time.monotonic() + _WAIT
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)
            else:
                return

    def _check(self, *, whole: bool) -> None:
        verdict = self._db.execute("PRAGMA quick_check(1)").fetchone()[0] if whole else "ok"
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if found != _FORMAT:
            raise OutputError(f"{self.path}: this ledger has format {found}; this version reads {_FORMAT}")

    @classmethod
    def create(cls, path: Path, header: Mapping[str, Any]) -> Ledger:
        """Make a new ledger, which appears whole or not at all, and open it."""
        name = temporary_beside(path)
        name.unlink(missing_ok=True)
        db = sqlite3.connect(name)
        with db:
            db.executescript(_SCHEMA)
            db.execute(f"PRAGMA user_version = {_FORMAT}")
            db.executemany("INSERT INTO header VALUES (?, ?)", [(key, _text(value)) for key, value in header.items()])
        db.close()
        os.replace(name, path)  # noqa: PTH105 - one name to inject faults at
        return cls(path, writable=True)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @property
    def header(self) -> dict[str, Any]:
        """What the run is: profile, seed, options, versions ..."""
        rows = self._db.execute("SELECT name, value FROM header ORDER BY name")
        return {name: json.loads(value) for name, value in rows}

    def rows(self) -> Iterator[Row]:
        """Yield every finished copy, by key and copy."""
        copies = self._db.execute("SELECT key, copy, source_sha256, record, labels FROM copies ORDER BY key, copy")
        for key, copy, source, record, labels in copies:
            told = None if labels == "null" else json.loads(labels)
            yield Row(key, copy, source, json.loads(record), told, self.files(key, copy))

    def files(self, key: str, copy: int) -> tuple[File, ...]:
        """Return the files of a copy, image first."""
        found = self._db.execute(
            "SELECT path, sha256, size FROM files WHERE key = ? AND copy = ? ORDER BY place", (key, copy)
        )
        return tuple(File(*row) for row in found)

    def whole_files(self) -> tuple[File, ...]:
        """Return the files that describe the whole output."""
        return self.files("", _WHOLE)

    def set_aside(self) -> tuple[SetAside, ...]:
        """Return what was set aside in the last run, by key and copy."""
        rows = self._db.execute("SELECT key, code, reason, copy FROM set_aside ORDER BY key, copy")
        return tuple(SetAside(key, code, reason, None if copy == _WHOLE else copy) for key, code, reason, copy in rows)

    def count(self) -> tuple[int, float]:
        """Return how many copies are finished, and the seconds they took together."""
        number, seconds = self._db.execute("SELECT count(*), total(seconds) FROM copies").fetchone()
        return int(number), float(seconds)

    def judged(self) -> tuple[int, int]:
        """Return how many copies reviewers accepted or rejected, and how many of these one of them rejected."""
        if self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'verdicts'").fetchone() is None:
            return 0, 0
        number, bad = self._db.execute(_JUDGED).fetchone()
        return int(number), int(bad)

    def add(self, *copies: Made) -> None:
        """Write the rows of copies whose files are in place; all of them or none."""
        with self._transaction():
            for made in copies:
                self._db.execute("DELETE FROM files WHERE key = ? AND copy = ?", (made.key, made.copy))
                self._db.execute(
                    "INSERT OR REPLACE INTO copies VALUES (?, ?, ?, ?, ?, ?)",
                    (made.key, made.copy, made.source_sha256, _text(made.record), _text(made.labels), made.seconds),
                )
                self._add_files(made.key, made.copy, made.files)

    def add_whole(self, files: Iterable[File]) -> None:
        """Write down the files that describe the whole output."""
        with self._transaction():
            self._db.execute("DELETE FROM files WHERE key = '' AND copy = ?", (_WHOLE,))
            self._add_files("", _WHOLE, files)

    def _add_files(self, key: str, copy: int, files: Iterable[File]) -> None:
        values = [(file.path, key, copy, place, file.sha256, file.size) for place, file in enumerate(files)]
        self._db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", values)

    def add_set_aside(self, aside: SetAside) -> None:
        """Write down what was set aside, and why."""
        copy = _WHOLE if aside.copy is None else aside.copy
        row = (aside.key, copy, aside.code, aside.reason)
        self._db.execute("INSERT OR REPLACE INTO set_aside VALUES (?, ?, ?, ?)", row)

    def forget(self, key: str, copy: int) -> None:
        """Remove the row of a copy whose files are not as they were."""
        with self._transaction():
            self._db.execute("DELETE FROM files WHERE key = ? AND copy = ?", (key, copy))
            self._db.execute("DELETE FROM copies WHERE key = ? AND copy = ?", (key, copy))

    def forget_set_aside(self) -> None:
        """Forget what was set aside: every start tries again."""
        self._db.execute("DELETE FROM set_aside")

    def set_header(self, name: str, value: Any) -> None:
        """Change one entry of the header (how many copies were asked for)."""
        self._db.execute("INSERT OR REPLACE INTO header VALUES (?, ?)", (name, _text(value)))

    def export(self) -> None:
        """Write `manifest.jsonl`: the header, then a line a copy, then a line for each thing set aside."""
        lines: list[dict[str, Any]] = [
            {"run": {name: value for name, value in self.header.items() if name not in _PRIVATE}}
        ]
        for row in self.rows():
            files = [{"path": file.path, "sha256": file.sha256, "size": file.size} for file in row.files]
            made = {"key": row.key, "copy": row.copy, "files": files, "source_sha256": row.source_sha256}
            lines.append({**made, "record": row.record})
        for aside in self.set_aside():
            what = {"key": aside.key, **({} if aside.copy is None else {"copy": aside.copy})}
            lines.append({"set_aside": {**what, "code": aside.code, "reason": aside.reason}})
        text = "".join(_text(line) + "\n" for line in lines)
        write_whole(self.path.with_name(MANIFEST), text.encode())

    def settle(self) -> None:
        """Fold the write-ahead log back, so that the ledger is one file again; not while a reviewer has it open."""
        with suppress(sqlite3.OperationalError):
            self._db.execute("PRAGMA journal_mode = DELETE")

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


_PRIVATE = frozenset({"bank", "source", "profile_path", "folder", "world_told"})


class _Transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, default=str)
