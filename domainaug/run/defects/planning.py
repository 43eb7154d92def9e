"""The plan of a run of defects: which picture gets which, before any pixel is read."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from domainaug.errors import DomainAugError, UnknownName, UnreadableInput
from domainaug.layouts import layout_for
from domainaug.layouts.layout import Item, Layout, SetAside
from domainaug.manufacturing.sources import BANK, read_settings
from domainaug.medical.zipped import unpacked
from domainaug.profile.model import Profile
from domainaug.run.defects.asking import DefectRequest, Wanted, read_wanted, refuse_double
from domainaug.run.defects.labeled import Labeled, survey
from domainaug.run.defects.making import DefectWork, cover_of
from domainaug.run.defects.sharing import Picture, Share, labels_of, shared_out, wanted_by_default
from domainaug.run.defects.writing import Output, names_of, output_named
from domainaug.run.job import Task
from domainaug.run.ledger import Ledger
from domainaug.run.plan import Plan, check_out, relative, remaining

__all__ = ["DefectPlan", "make_defect_plan"]


@dataclass(frozen=True, slots=True)
class DefectPlan:
    """A run of defects before its first pixel; what `domainaug.run.plan.Planned` asks for.

    Attributes:
        base: Source, output, layout, profile and seed.
        request: What was asked for.
        wanted: The classes, each with a count.
        labeled: What the source shows.
        bank: What real defects are cut from.
        pictures: Those that can get defects, by key.
        shares: Who gets what.
        output: How it is written.
        asked: Class to the count that was asked for; None where that was left open.
    """

    base: Plan
    request: DefectRequest
    wanted: tuple[Wanted, ...]
    labeled: Labeled
    bank: Labeled
    pictures: Mapping[str, Picture]
    shares: tuple[Share, ...]
    output: Output
    asked: Mapping[str, int | None]

    @property
    def out(self) -> Path:
        """Where pictures go."""
        return self.base.out

    @property
    def items(self) -> tuple[Item, ...]:
        """The pictures that get defects."""
        quotas = self.quotas
        return tuple(item for item in self.labeled.good if item.key in quotas)

    @property
    def quotas(self) -> Mapping[str, int]:
        """How many each of them gets, by key."""
        return Counter(share.key for share in self.shares)

    @property
    def copies(self) -> int:
        """The most that one of them gets."""
        return max(self.quotas.values(), default=0)

    @property
    def set_aside(self) -> tuple[SetAside, ...]:
        """What cannot be used, and why."""
        return self.base.set_aside

    @property
    def ignored(self) -> int:
        """Files in the source that are neither images nor labels."""
        return self.base.ignored

    @property
    def header(self) -> dict[str, Any]:
        """What makes this run this run, as the ledger holds it."""
        asked = self.request
        bank = None if asked.bank is None else relative(Path(asked.bank), self.out)
        told = {
            "classes": [[one.name, one.told()] for one in self.wanted],  # a list, for the order counts
            "good": asked.good,
            "group": asked.group,
            "lighting": asked.lighting,
            "cap": asked.cap,
            "tries": asked.tries,
            "output": self.output.name,
        }
        part = self.base.profile.part
        pitch = None if part is None else part.pixel_pitch_mm
        header = {**self.base.header, "defects": told, "bank": bank, "pitch_mm": pitch}
        identity = json.dumps({**header, "source": None, "profile_path": None, "bank": None}, sort_keys=True)
        return {**header, "run": hashlib.sha256(identity.encode()).hexdigest()[:16], "copies": self.copies}

    @property
    def identity(self) -> Mapping[str, str]:
        """Which entries of the header another start must share, and what they are in words."""
        return {**self.base.identity, "defects": "defects", "bank": "bank of defects"}

    @property
    def growing(self) -> tuple[str, ...]:
        """Nothing: another count shares pictures out anew."""
        return ()

    def tasks(self, done: Iterable[tuple[str, int]] = ()) -> list[Task]:
        """Return what is left to do, when these are done."""
        return remaining(self, done)

    def work(self, out: Path, *, memory_limit: int | None, timeout: float | None) -> DefectWork:
        """Return what travels to the workers, who make private folders in `out`."""
        by_key: dict[str, list[Share]] = {}
        for share in self.shares:
            by_key.setdefault(share.key, []).append(share)
        return DefectWork(
            profile=self.base.profile,
            layout=self.base.layout,
            bank=self.bank,
            wanted={one.name: one for one in self.wanted},
            shares={key: tuple(shares) for key, shares in by_key.items()},
            pictures=self.pictures,
            names=names_of(self.labeled.good),
            output=self.output,
            seed=self.base.seed,
            tries=self.request.tries,
            out=out,
            memory_limit=memory_limit,
            timeout=timeout,
        )

    def finish(self, folder: Path, ledger: Ledger) -> Iterable[Path]:
        """Write what describes the whole output into `folder`; return the files, relative to it."""
        return self.output.finish(folder, ((row.files[0].path, row.labels) for row in ledger.rows()))


def make_defect_plan(
    place: Path, out: Path, request: DefectRequest, *, profile: Profile, seed: int, layout: Layout | None
) -> DefectPlan:
    """Scan the source, and share out what is wanted; nothing is written.

    Args:
        place: The data set.
        out: The output folder.
        request: What is wanted.
        profile: What is known of the part, the gate and the limits.
        seed: Of the run.
        layout: How the source is laid out; found out where None.

    Raises:
        DomainAugError: Something of it is of no use; says what, and what is legal.
    """
    if seed < 0:
        raise DomainAugError(f"seed={seed}: a seed is a whole number from 0 up")
    if profile.abstract:
        raise DomainAugError(f"{profile.id} is only there to be extended; name a profile that extends it")
    cover_of(profile)
    check_out(place, out)
    folder = unpacked(place)
    layout = layout_for(folder) if layout is None else layout
    labeled = survey(layout, folder, good=request.good)
    if not labeled.good:
        told = f"fit {request.good!r}" if request.good else "show a good part, as far as names and masks say"
        raise UnreadableInput("no-good", f"no pictures here {told}; say which with --good 'PATTERN'", path=place)
    bank = labeled if request.bank is None else _surveyed(Path(request.bank))
    asked = read_wanted(request.classes, profile)
    pictures, aside = _pictures(labeled.good, request, profile)
    resolved = tuple(_resolved(one, profile, labeled, bank) for one in asked)
    refuse_double(resolved)
    wanted = tuple(_counted(one, len(pictures), labeled) for one in resolved)
    shares = shared_out(
        list(pictures.values()), {one.name: one.count or 0 for one in wanted}, seed=seed, cap=request.cap
    )
    base = Plan(place, out, layout, profile, 1, seed, 1.0, labeled.good, (*labeled.set_aside, *aside))
    counts = {one.name: one.count for one in resolved}
    output = output_named(request.output, layout.name)
    return DefectPlan(base, request, wanted, labeled, bank, pictures, shares, output, counts)


def _surveyed(place: Path) -> Labeled:
    folder = unpacked(place)
    return survey(layout_for(folder), folder)


def _resolved(wanted: Wanted, profile: Profile, labeled: Labeled, bank: Labeled) -> Wanted:
    """Return what is wanted with the names of classes as the bank has them; refuse what cannot be made.

    Raises:
        UnknownName: There is no such class, source or setting.
        DomainAugError: A setting is not legal, or nothing says how many mm a pixel is.
    """
    if profile.part is None or profile.part.pixel_pitch_mm is None:
        raise DomainAugError(
            f"{profile.id}: sizes of defects are in mm, and nothing says how many a pixel is; give the profile "
            "part: {pixel_pitch_mm: 0.1}, or --pitch 0.1"
        )
    settings = dict(wanted.settings)
    if wanted.source == BANK:
        settings["kind"] = bank.called(str(settings["kind"]))
    like = None if wanted.like is None else bank.called(wanted.like)
    try:
        read_settings(wanted.source, settings)
    except ValueError as error:
        raise DomainAugError(f"defects: {wanted.name}: {error}") from None
    with suppress(UnknownName):  # a class that is there keeps its own name
        wanted = replace(wanted, name=labeled.called(wanted.name))
    return replace(wanted, settings=settings, like=like)


def _counted(wanted: Wanted, good: int, labeled: Labeled) -> Wanted:
    if wanted.count is not None:
        return wanted
    return replace(wanted, count=wanted_by_default(good, len(labeled.classes.get(wanted.name, ()))))


def _pictures(
    good: Iterable[Item], request: DefectRequest, profile: Profile
) -> tuple[dict[str, Picture], tuple[SetAside, ...]]:
    """Return the pictures with their parts and lightings; those without are set aside."""
    items = tuple(good)
    groups: Mapping[str, str | None] = {item.key: item.group or item.key for item in items}
    if request.group is not None:
        groups = labels_of("group", request.group, items)
    lighting = profile.part.lighting.kind if profile.part is not None else "bright-field"
    lightings: Mapping[str, str | None] = dict.fromkeys(groups, lighting)
    if request.lighting is not None:
        lightings = labels_of("lighting", request.lighting, items)
    found: dict[str, Picture] = {}
    aside: list[SetAside] = []
    for item in items:
        group, lit = groups[item.key], lightings[item.key]
        if group and lit:
            found[item.key] = Picture(item.key, group, lit)
        else:
            name, said = ("group", request.group) if not group else ("lighting", request.lighting)
            aside.append(SetAside(item.key, f"no-{name}", f"{name}={said!r} tells nothing of it"))
    return found, tuple(aside)
