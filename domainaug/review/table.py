"""Verdicts as a table: to hand on, and to bring in what was judged elsewhere."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from domainaug.errors import DomainAugError, UnknownName, UnreadableInput
from domainaug.review.reviewing import Review
from domainaug.review.verdicts import ANSWERS, Verdict
from domainaug.run.publish import write_whole

__all__ = ["COLUMNS", "read_table", "write_table"]

COLUMNS = ("id", "verdict", "reasons", "note", "reviewer", "at")
"""Of a table; `reasons` are codes with semicolons between them, `at` is ISO 8601."""

_NEEDED = ("id", "verdict")
_MOST = 64 << 20  # bytes


def write_table(review: Review, path: Path | str) -> int:
    """Write every verdict that counts as CSV, and return how many there are.

    Copies are named by their ids: no path of a patient's file is in it.

    Raises:
        OutputError: The file cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for one in review.judged():
        for said in one.verdicts:
            row = (one.candidate.id, said.answer, ";".join(said.reasons), said.note, said.reviewer, said.at)
            writer.writerow([_harmless(text) for text in row])
            count += 1
    write_whole(Path(path), text.getvalue().encode())
    return count


def read_table(review: Review, path: Path | str, *, reviewer: str = "") -> tuple[Verdict, ...]:
    """Return the verdicts of a table, which are not written yet; those that are known already are left out.

    Args:
        review: What they are on.
        path: A CSV file with at least the columns `id` (also a path in the output) and `verdict`.
        reviewer: Whose they are, where the table does not say.

    Raises:
        UnreadableInput: The file is no such table.
        DomainAugError: A row is no verdict; says which and why.
    """
    path = Path(path)
    known = {
        (said.key, said.copy, said.reviewer): (said.answer, said.reasons, said.note)
        for one in review.judged()
        for said in one.verdicts
    }
    found = []
    for number, row in enumerate(_rows(path), 2):
        answer = (row.get("verdict") or "").strip()
        if not answer:
            continue  # a copy of a contact sheet that nobody judged
        try:
            verdict = _verdict(review, row, answer, reviewer)
        except DomainAugError as error:
            raise DomainAugError(f"{path.name}:{number}: {error}") from None
        if known.get((verdict.key, verdict.copy, verdict.reviewer)) != (verdict.answer, verdict.reasons, verdict.note):
            found.append(verdict)
    return tuple(found)


def _verdict(review: Review, row: dict[str, str], answer: str, reviewer: str) -> Verdict:
    if answer not in ANSWERS:
        raise UnknownName("verdict", answer, ANSWERS)
    return review.verdict(
        (row.get("id") or "").strip(),
        answer,  # type: ignore[arg-type]
        reviewer=(row.get("reviewer") or "").strip() or reviewer,
        reasons=tuple(code.strip() for code in (row.get("reasons") or "").split(";") if code.strip()),
        note=_plain(row.get("note") or ""),
        at=(row.get("at") or "").strip() or None,
    )


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        if path.stat().st_size > _MOST:
            raise UnreadableInput("too-large", f"a table of verdicts has at most {_MOST >> 20} MiB", path=path)
        text = path.read_text(encoding="utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        columns = reader.fieldnames or ()
        missing = [name for name in _NEEDED if name not in columns]
        if missing:
            wanted = ", ".join(COLUMNS)
            raise UnreadableInput("no-table", f"no column is called {' or '.join(missing)}; {wanted} are", path=path)
        return list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise UnreadableInput("no-table", f"the table cannot be read: {why}", path=path) from None


def _harmless(text: str) -> str:
    """Keep a spreadsheet from reading a note as a formula."""
    return f"'{text}" if text[:1] in "=+-@\t" and text else text


def _plain(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:2] in "=+-@\t" and text[1:] else text
