"""Augmenting the studies of a PACS, one at a time: fetched whole, augmented as a folder is, and stored where asked.

OUT/study-<16 hex digits>/source    what was fetched; there only when all of it is
OUT/study-<16 hex digits>/copies    a run like any other: its files, its ledger, its manifest
OUT/study-<16 hex digits>/sent.json where its files were stored, and which manifest they were of
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from domainaug.errors import OutputError, RemoteError, UnreadableInput
from domainaug.medical.dicomweb import Address, Archive
from domainaug.medical.instance import short_hash
from domainaug.run.augmenting import augment
from domainaug.run.job import TEMPORARY, hashed
from domainaug.run.ledger import LEDGER, MANIFEST, Ledger
from domainaug.run.publish import write_whole
from domainaug.run.summary import RunSummary

__all__ = ["RemoteSummary", "StudyDone", "augment_remote", "store"]

_SENT: Final = "sent.json"


@dataclass(frozen=True, slots=True)
class StudyDone:
    """What became of one study.

    Attributes:
        key: Name of its folder; it tells nobody anything.
        fetched: Instances fetched now; 0 where they were there.
        summary: Of the run; None where nothing was run.
        sent: Files stored now.
        reason: Why the study was set aside, or "".
    """

    key: str
    fetched: int = 0
    summary: RunSummary | None = None
    sent: int = 0
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.key}: " + (
            self.reason or f"{self.fetched} fetched, {self.summary or 'stored before'}, {self.sent} sent"
        )


@dataclass(frozen=True, slots=True)
class RemoteSummary:
    """What became of all of them.

    Attributes:
        studies: One entry a study, in the order of their UIDs.
        dry_run: Whether they were only counted.
    """

    studies: tuple[StudyDone, ...]
    dry_run: bool = False

    @property
    def exit_code(self) -> int:
        """130 interrupted, 1 something was set aside, 0 all well."""
        codes = {study.summary.exit_code for study in self.studies if study.summary is not None}
        codes |= {1 for study in self.studies if study.reason}
        return max(codes, default=0)

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as JSON-able data."""
        return {
            "dry_run": self.dry_run,
            "studies": [
                {
                    "key": one.key,
                    "fetched": one.fetched,
                    "sent": one.sent,
                    "reason": one.reason,
                    "run": None if one.summary is None else one.summary.to_dict(),
                }
                for one in self.studies
            ],
        }

    def __str__(self) -> str:
        if self.dry_run:
            return f"dry run: {len(self.studies)} studies match; nothing fetched, nothing written"
        aside = sum(bool(one.reason) for one in self.studies)
        made = sum(one.summary.done for one in self.studies if one.summary is not None)
        sent = sum(one.sent for one in self.studies)
        return f"{len(self.studies)} studies: {made} copies made, {sent} files sent, {aside} studies set aside"


def augment_remote(
    source: str,
    out: Path | str,
    *,
    to: str | None = None,
    discard: bool = False,
    dry_run: bool = False,
    told: Callable[[StudyDone], None] | None = None,
    **given: Any,
) -> RemoteSummary:
    """Augment every study that an address means, one after the other; the same call again goes on where it stopped.

    Args:
        source: dicomweb://HOST[:PORT]/ROOT, with /studies/UID for one study or ?Keyword=value for those that match.
        out: A new folder, or that of the same run.
        to: Address of the archive that the derived series are stored in, or None.
        discard: Remove what was fetched of a study, and the derived images, once they are stored and nothing was set
            aside; the ledger stays.
        dry_run: Only count the studies.
        told: Called after each study.
        **given: As for `augment`.

    Raises:
        RemoteError: The servers cannot be reached when studies are looked for, or no study matches. What goes wrong
            with one study is its `reason`, and the next one is fetched.
        DomainAugError: As `augment`.
    """
    if discard and to is None:
        raise OutputError("without an archive to store them in, discarding the images would leave nothing")
    archive, target = Archive(Address.of(source)), None if to is None else Archive(Address.of(to))
    studies = archive.studies()
    if not studies:
        raise RemoteError(f"{archive.address.host}: no study matches")
    keys = {f"study-{short_hash(study)}": study for study in studies}
    if dry_run:
        return RemoteSummary(tuple(map(StudyDone, keys)), dry_run=True)
    done: list[StudyDone] = []
    for key, study in keys.items():
        done.append(_one(archive, target, study, Path(out) / key, discard, given))
        if told is not None:
            told(done[-1])
        if done[-1].summary is not None and done[-1].summary.interrupted:
            break
    return RemoteSummary(tuple(done))


def _one(
    archive: Archive, target: Archive | None, study: str, place: Path, discard: bool, given: dict[str, Any]
) -> StudyDone:
    asked = short_hash(*(f"{name}={given[name]}" for name in sorted(given) if name != "progress"))
    note = place / _SENT
    if _note(note).get("discarded") == asked:
        return StudyDone(place.name)
    fetched, summary = 0, None
    try:
        fetched = _fetch(archive, study, place / "source")
        summary = augment(place / "source", place / "copies", **given)
        sent = 0 if target is None or summary.interrupted else store(place / "copies", target, note=note)
    except RemoteError as error:  # the next study may fare better
        return StudyDone(place.name, fetched, summary, reason=str(error))
    except UnreadableInput as error:  # a study of reports alone
        return StudyDone(place.name, fetched, reason=str(error).removeprefix(f"{error.path}: "))
    if discard and summary.exit_code == 0:  # what was set aside may be mended, and is fetched no second time
        _discard(place)
        _write_note(note, {**_note(note), "discarded": asked})
    return StudyDone(place.name, fetched, summary, sent)


def _fetch(archive: Archive, study: str, folder: Path) -> int:
    """Fetch a study unless it is there; it appears whole or not at all."""
    if folder.is_dir():
        return 0
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        for left in folder.parent.glob(f"{TEMPORARY}source-*"):
            shutil.rmtree(left, ignore_errors=True)
        private = Path(tempfile.mkdtemp(prefix=f"{TEMPORARY}source-", dir=folder.parent))
        try:
            count = archive.fetch(study, private)
            os.replace(private, folder)  # noqa: PTH105 - as in publish.py
        except BaseException:
            shutil.rmtree(private, ignore_errors=True)
            raise
    except RemoteError:
        raise
    except OSError as error:
        raise OutputError(f"{folder.parent}: the output cannot be written: {error.strerror or error}") from error
    return count


def store(out: Path, archive: Archive, *, note: Path | None = None) -> int:
    """Store the derived images of a run in an archive, and return how many; 0 where these were stored there before.

    Args:
        out: The output folder of a run.
        archive: Where to.
        note: The file that says what was stored where; in the output folder by default.

    Raises:
        RemoteError: The server cannot be reached, or does not take them all.
    """
    note = note or out / _SENT
    with Ledger(out / LEDGER) as ledger:
        files = [out / file.path for row in ledger.rows() for file in row.files if file.path.endswith(".dcm")]
    manifest = hashed(out / MANIFEST)[0]
    if _note(note).get(archive.address.url) == manifest:
        return 0
    count = archive.send(files)
    _write_note(note, {**_note(note), archive.address.url: manifest})
    return count


def _discard(place: Path) -> None:
    shutil.rmtree(place / "source", ignore_errors=True)
    for path in (place / "copies").rglob("*.dcm"):
        path.unlink(missing_ok=True)


def _note(path: Path) -> dict[str, str]:
    """Read what was noted; nothing, where there is nothing or somebody spoiled it: then files are stored again."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_note(path: Path, note: dict[str, str]) -> None:
    write_whole(path, json.dumps(note, indent=1, sort_keys=True).encode())
