"""What is to be done: the source scanned, the run's identity, and what an earlier start has finished already."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, cast

from domainaug._version import __version__
from domainaug.errors import DomainAugError, OutputError, UnreadableInput
from domainaug.layouts import layout_for
from domainaug.layouts.layout import Item, Layout, SetAside
from domainaug.medical.zipped import unpacked
from domainaug.profile import load_profile
from domainaug.profile.model import Profile
from domainaug.run.job import TEMPORARY, Job, Task, Work, hashed, source_digest
from domainaug.run.ledger import LEDGER, Ledger, Row
from domainaug.run.sets import SetPlan, plan_for
from domainaug.run.tailoring import check_codes, for_profile, unfit, with_format, with_study_terms
from domainaug.run.versions import versions

__all__ = [
    "LOCK",
    "SIMULATION",
    "Plan",
    "Planned",
    "Standing",
    "check_out",
    "check_same_run",
    "copies_for_finish",
    "copies_of",
    "make_plan",
    "relative",
    "remaining",
    "standing",
    "with_allowed",
    "with_quality",
]

LOCK = ".lock"
"""The file that keeps a second run out of an output folder."""

SIMULATION = "simulation"
"""What the ledger of a rendered scenario calls its layout."""

_IDENTITY = {
    "source": "source",
    "layout": "layout",
    "jpeg_quality": "JPEG quality",
    "allow": "allowed findings",
    "plan": "plan of the set",
    "defects": "defects",
    "format": "format",
    "private": "private creators",
    "study_salt": "salt of new studies",
    "profile": "profile",
    "profile_version": "profile version",
    "options": "options",
    "waivers": "waivers",
    "seed": "seed",
    "strength": "strength",
    "profile_digest": "content of the profile",
    "versions": "versions",
}
_RESOLVED = ("profile", "profile_version", "options", "waivers")  # what the digest of a profile follows from
_DIGITS = 12  # of a digest, for people


class Planned(Protocol):
    """A run before its first pixel, whatever makes its pixels: a `Plan`, or that of a scenario."""

    @property
    def out(self) -> Path:
        """Where copies go."""

    @property
    def items(self) -> tuple[Item, ...]:
        """What copies are made of."""

    @property
    def copies(self) -> int:
        """How many copies of each item."""

    @property
    def set_aside(self) -> tuple[SetAside, ...]:
        """What no copy is made of, and why."""

    @property
    def ignored(self) -> int:
        """Files in the source that are neither images nor labels."""

    @property
    def header(self) -> dict[str, Any]:
        """What makes this run this run, as the ledger holds it."""

    @property
    def identity(self) -> Mapping[str, str]:
        """Which entries of the header another start must share, and what they are in words."""

    @property
    def growing(self) -> tuple[str, ...]:
        """Which entries of the header a later start may raise."""

    def tasks(self, done: Iterable[tuple[str, int]] = ()) -> list[Task]:
        """Return what is left to do, when these copies are done."""

    def work(self, out: Path, *, memory_limit: int | None, timeout: float | None) -> Work:
        """Return what travels to the workers, who make private folders in `out`."""

    def finish(self, folder: Path, ledger: Ledger) -> Iterable[Path]:
        """Write what describes the whole output into `folder`; return the files, relative to it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A run before its first pixel.

    Attributes:
        source: Where items come from: a folder, a zip file, a file.
        out: Where copies go.
        layout: Reads and writes them.
        profile: The limits and the recipe.
        copies: How many copies of each item.
        seed: Seed of the run.
        strength: Share of the recipe's ranges that is used.
        items: What can be read, as far as headers say.
        set_aside: What cannot.
        ignored: Files in the source that are neither images nor labels.
        set_plan: How many copies each item gets, at most `copies`; None gives each as many.
    """

    source: Path
    out: Path
    layout: Layout
    profile: Profile
    copies: int
    seed: int
    strength: float
    items: tuple[Item, ...]
    set_aside: tuple[SetAside, ...]
    ignored: int = 0
    set_plan: SetPlan | None = None

    @property
    def quotas(self) -> Mapping[str, int] | None:
        """How many copies each item gets, by key, if not as many as any other."""
        return None if self.set_plan is None else self.set_plan.quotas

    @property
    def header(self) -> dict[str, Any]:
        """What makes this run this run, as the ledger holds it."""
        catalogue = _in_catalogue(self.profile)
        header = {
            "source": relative(self.source, self.out),
            "layout": self.layout.name,
            "jpeg_quality": getattr(self.layout, "jpeg_quality", None),
            "allow": sorted(getattr(self.layout, "allow", ())),
            "format": getattr(self.layout, "format", None),
            "private": sorted(getattr(self.layout, "private", ())),
            "study_salt": getattr(self.layout, "study_salt", None),
            "profile": self.profile.id,
            "profile_version": self.profile.version,
            "profile_digest": self.profile.digest,
            "options": {name: _plain(value) for name, value in sorted(self.profile.options.items())},
            "waivers": dict(sorted(self.profile.waivers.items())),
            "seed": self.seed,
            "strength": self.strength,
            "versions": versions(),
        }
        planned = {} if self.set_plan is None else {"plan": self.set_plan.digest}
        # Without the source: the manifest carries this, and must not depend on where folders lie.
        identity = json.dumps({**header, **planned, "source": None}, sort_keys=True).encode()
        return {
            **header,
            "plan": planned.get("plan"),
            "defects": None,
            "run": hashlib.sha256(identity).hexdigest()[:16],
            "profile_path": None if catalogue or self.profile.path is None else relative(self.profile.path, self.out),
            "copies": self.copies,
        }

    @property
    def identity(self) -> Mapping[str, str]:
        """Which entries of the header another start must share, and what they are in words."""
        return _IDENTITY

    @property
    def growing(self) -> tuple[str, ...]:
        """Which entries of the header a later start may raise."""
        return ("copies",)

    def tasks(self, done: Iterable[tuple[str, int]] = ()) -> list[Task]:
        """Return what is left to do, when these copies are done."""
        return remaining(self, done)

    def work(self, out: Path, *, memory_limit: int | None, timeout: float | None) -> Work:
        """Return what travels to the workers, who make private folders in `out`."""
        return Job(
            profile=self.profile,
            layout=self.layout,
            seed=self.seed,
            strength=self.strength,
            out=out,
            version=__version__,
            memory_limit=memory_limit,
            timeout=timeout,
        )

    def finish(self, folder: Path, ledger: Ledger) -> Iterable[Path]:
        """Write what describes the whole output into `folder`; return the files, relative to it."""
        return self.layout.finish(unpacked(self.source), folder, copies_for_finish(ledger))


def remaining(plan: Planned, done: Iterable[tuple[str, int]]) -> list[Task]:
    """Return what is left of a plan to do, when these copies are done."""
    finished, number = set(done), copies_of(plan)
    tasks = []
    for item in plan.items:
        copies = tuple(copy for copy in range(number(item.key)) if (item.key, copy) not in finished)
        if copies:
            tasks.append(Task(item, copies))
    return tasks


def copies_of(plan: Planned) -> Callable[[str], int]:
    """Return what tells how many copies the item of a key gets."""
    quotas: Mapping[str, int] | None = getattr(plan, "quotas", None)
    return (lambda key: plan.copies) if quotas is None else (lambda key: quotas.get(key, 0))


def copies_for_finish(ledger: Ledger) -> dict[str, list[Mapping[str, Any]]]:
    """Return what `Layout.finish` is given: every copy by key, in order."""
    items: dict[str, list[Mapping[str, Any]]] = {}
    for row in ledger.rows():
        entry = {"copy": row.copy, "files": [file.path for file in row.files], "labels": row.labels}
        items.setdefault(row.key, []).append({**entry, "record": row.record})
    return items


@dataclass(frozen=True, slots=True)
class Standing:
    """What an earlier start left.

    Attributes:
        done: Copies whose files are as the ledger says, from sources that are as they were.
        broken: Copies whose files are missing or altered, or whose source has changed: made again, or taken back
            when their source cannot be read any more.
    """

    done: frozenset[tuple[str, int]]
    broken: frozenset[tuple[str, int]]


def make_plan(
    source: Path | str,
    out: Path | str,
    *,
    profile: Profile | Path | str,
    copies: int,
    seed: int,
    strength: float,
    options: Mapping[str, Any] | None,
    layout: Layout | None,
    jpeg_quality: int | None = None,
    allow: Collection[str] = (),
    file_format: str | None = None,
    keep_private: Collection[str] = (),
    new_study: str | None = None,
    plan: SetPlan | Path | str | None = None,
) -> Plan:
    """Scan the source and settle what will be done; nothing is written.

    Raises:
        DomainAugError: An argument, the profile, the source or the output folder is of no use; says which and why.
    """
    if copies < 1:
        raise DomainAugError(f"copies={copies}: at least one copy is made of each item")
    if seed < 0:
        raise DomainAugError(f"seed={seed}: a seed is a whole number from 0 up")
    if not 0 <= strength <= 1:
        raise DomainAugError(f"strength={strength:g}: a strength lies between 0 (left alone) and 1 (the recipe)")
    source, out = Path(source), Path(out)
    if not isinstance(profile, Profile):
        profile = load_profile(profile, options=options)
    elif options:
        raise DomainAugError("options belong to the profile: give them to load_profile, or name the profile here")
    if profile.abstract:
        raise DomainAugError(f"{profile.id} is only there to be extended; name a profile that extends it")
    if not profile.recipe:
        how = "write one or extend a profile that has one"
        raise DomainAugError(f"{profile.id} has no recipe: nothing would change; {how}")
    place = unpacked(source)
    layout = with_allowed(with_quality(layout_for(place) if layout is None else layout, jpeg_quality), allow)
    layout = for_profile(with_study_terms(with_format(layout, file_format), keep_private, new_study), profile)
    check_out(source, out)
    found = layout.scan(place)
    if not found.items and not found.set_aside:
        raise UnreadableInput("no-layout", "nothing to augment was found here", path=source)
    fitting, others = _for_profile(found.items, profile, getattr(layout, "allow", ()))
    aside = (*found.set_aside, *others)
    planned = None if plan is None else plan_for(plan, (item.key for item in found.items), source)
    if planned is not None:
        copies = max(planned.quotas.values(), default=0)
        aside = tuple(one for one in aside if planned.quotas.get(one.key, 1))  # what gets no copy lacks none
    return Plan(source, out, layout, profile, copies, seed, float(strength), fitting, aside, found.ignored, planned)


def with_quality(layout: Layout, jpeg_quality: int | None) -> Layout:
    """Return a layout that writes what came as JPEG as JPEG of this quality; itself for None.

    Raises:
        DomainAugError: The quality is none, or the layout writes no JPEG.
    """
    if jpeg_quality is None:
        return layout
    if jpeg_quality not in range(1, 101):
        raise DomainAugError(f"jpeg_quality={jpeg_quality!r}: a quality is a whole number from 1 to 100, or None")
    if not hasattr(layout, "jpeg_quality"):
        raise DomainAugError(f"jpeg_quality={jpeg_quality}: {layout.name} writes no JPEG; leave the quality out")
    changed: Layout = replace(cast(Any, layout), jpeg_quality=jpeg_quality)
    return changed


def with_allowed(layout: Layout, allow: Collection[str]) -> Layout:
    """Return a layout that accepts findings that it would set a stack aside for; itself for none.

    Raises:
        UnknownName: No such finding sets a stack aside.
        DomainAugError: The layout knows no findings.
    """
    if not allow:
        return layout
    if not hasattr(layout, "allow"):
        raise DomainAugError(f"allow={', '.join(allow)}: {layout.name} has no findings to allow; DICOM studies have")
    if hasattr(layout, "refusing"):
        check_codes(layout, allow)
        own: Layout = replace(cast(Any, layout), allow=frozenset(allow))
        return own
    from domainaug.medical.findings import code_called

    changed: Layout = replace(cast(Any, layout), allow=frozenset(map(code_called, allow)))
    return changed


def _for_profile(
    items: Iterable[Item], profile: Profile, allow: Collection[str]
) -> tuple[tuple[Item, ...], tuple[SetAside, ...]]:
    """Part the items whose modality and unit are the profile's, or unknown, from others."""
    fitting: list[Item] = []
    others: list[SetAside] = []
    for item in items:
        code, reason = unfit(item, profile, allow)
        if code:
            place = getattr(item, "place", "")  # which files, told without their names
            others.append(SetAside(item.key, code, f"{place}{': ' if place else ''}{reason}"))
        else:
            fitting.append(item)
    return tuple(fitting), tuple(others)


def check_out(source: Path | None, out: Path) -> None:
    """Refuse an output folder that lies in the source (None: there is none), holds it, or holds what is not ours.

    Raises:
        OutputError: It does; says what was found.
    """
    if source is not None:
        _check_apart(source.resolve(), out)
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: this is a file; the output is a folder")
    try:
        strangers = sorted(path.name for path in out.iterdir() if not _ours(path)) if out.is_dir() else []
    except OSError as error:
        raise OutputError(f"{out}: the output folder cannot be read: {error.strerror}") from error
    if strangers and not (out / LEDGER).is_file():
        shown = ", ".join(strangers[:3]) + (" ..." if len(strangers) > 3 else "")
        raise OutputError(f"{out}: the folder holds other things ({shown}) and no ledger; choose a new or empty one")


def _check_apart(source: Path, out: Path) -> None:
    real_out = out.resolve()
    if source.is_dir() and real_out.is_relative_to(source):
        raise OutputError(f"{out}: the output lies inside the source and would be read as input; choose another folder")
    if source.is_relative_to(real_out):
        raise OutputError(f"{out}: the output holds the source; choose another folder")


def _ours(path: Path) -> bool:
    return path.name == LOCK or path.name.startswith(TEMPORARY)


def check_same_run(plan: Planned, ledger: Ledger) -> None:
    """Refuse to go on with another run's output.

    Raises:
        OutputError: Something differs; says what, was and is.
    """
    was, now = ledger.header, plan.header
    explained = any(was.get(name) != now.get(name) for name in _RESOLVED)
    differs = [
        f"{words} was {_shown(was.get(name), now[name])}, is {_shown(now[name], was.get(name))}"
        for name, words in plan.identity.items()
        if was.get(name) != now[name] and not (name == "profile_digest" and explained)
    ]
    if int(was.get("copies", 0)) > plan.copies:
        differs.append(f"copies were {was['copies']}, are {plan.copies}")
    if differs:
        raise OutputError(f"{plan.out}: the folder belongs to another run: {'; '.join(differs)}; use a new folder")
    keys = {item.key for item in plan.items} | {aside.key for aside in plan.set_aside}
    gone = sorted({row.key for row in ledger.rows()} - keys)
    if gone:
        raise OutputError(
            f"{plan.out}: {len(gone)} items of the earlier start are gone from the source ({gone[0]} ...); "
            "bring them back or use a new folder"
        )


def standing(plan: Planned, ledger: Ledger) -> Standing:
    """Hold every finished copy against its files and its source, by their digests."""
    items = {item.key: item for item in plan.items}
    everything = list(ledger.rows())
    rows = [row for row in everything if row.key in items]
    with ThreadPoolExecutor(max_workers=4) as threads:  # hashing lets go of the interpreter lock
        digests = dict(zip(items, threads.map(_digest, items.values()), strict=True)) if rows else {}
        sound = threads.map(lambda row: _is_sound(row, plan.out, digests[row.key]), rows)
        verdicts = [((row.key, row.copy), good) for row, good in zip(rows, sound, strict=True)]
    return Standing(
        done=frozenset(place for place, good in verdicts if good),
        broken=frozenset(place for place, good in verdicts if not good)
        | {(row.key, row.copy) for row in everything if row.key not in items},
    )


def _digest(item: Item) -> str:
    try:
        return source_digest(item)
    except UnreadableInput:
        return ""


def _is_sound(row: Row, out: Path, source_sha256: str) -> bool:
    if row.source_sha256 != source_sha256:
        return False
    try:
        return all(hashed(out / file.path) == (file.sha256, file.size) for file in row.files)
    except OSError:
        return False


def _in_catalogue(profile: Profile) -> bool:
    try:
        same = load_profile(profile.id, options=profile.options or None, waivers=profile.waivers or None)
        return same.digest == profile.digest
    except DomainAugError:
        return False


def relative(path: Path, start: Path) -> str:
    """Return a path from a folder, so that both can be moved together; the path itself on another drive."""
    try:
        return Path(os.path.relpath(path.resolve(), start.resolve())).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)


def _shown(value: Any, other: Any) -> str:
    if isinstance(value, dict) and isinstance(other, dict):
        value = {name: value.get(name) for name in sorted({*value, *other}) if value.get(name) != other.get(name)}
    if isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value):
        return value[:_DIGITS]
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."
