"""The plan of a training set: which part each item goes to, and how many copies each gets, with its arithmetic.

Groups (patients, parts, drives) are parted before anything is augmented, duplicates stay together, and only what is
trained on gets copies.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from domainaug.errors import DomainAugError, OutputError, UnreadableInput
from domainaug.layouts import layout_for
from domainaug.layouts.classes import classes_of
from domainaug.layouts.groups import groups_of, image_files, united
from domainaug.layouts.layout import Item, Layout
from domainaug.layouts.splits import SPLITS, own_splits
from domainaug.medical.zipped import unpacked
from domainaug.run.job import hashed
from domainaug.run.parting import check_apart, parted, quotas_of
from domainaug.run.summary import many

__all__ = ["Place", "SetPlan", "plan_for", "plan_set", "read_plan", "same_bytes"]

_FORMAT: Final = 1
_MOST_BYTES: Final = 1 << 28


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item goes.

    Attributes:
        key: That of the item.
        split: "train", "val" or "test".
        group: Number of its group, from 1; items of one number are never parted. A number tells nobody's name.
        classes: What it shows: names of classes and how many objects of each.
        copies: How many augmented copies it gets; 0 outside of train.
    """

    key: str
    split: str
    group: int
    classes: Mapping[str, int]
    copies: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the arithmetic.

    Attributes:
        name: A class, or "" for items without one.
        items: How many items of train show it.
        copies: How many copies they get in all.
        wanted: How many items and copies were wanted.
    """

    name: str
    items: int
    copies: int
    wanted: int

    @property
    def total(self) -> int:
        """Originals and copies."""
        return self.items + self.copies


@dataclass(frozen=True, slots=True)
class SetPlan:
    """A training set before it is made.

    Attributes:
        layout: Name of the layout of the source.
        places: Where each item goes, by key.
        split: "own", where the data set says it, or "new".
        copies: Copies that an item of the commonest class gets.
        cap: Copies that no item gets more of.
        group_cap: Copies that no group gets more of, or None.
        balanced: Whether rarer classes get more.
        seed: Fixes which group goes where.
    """

    layout: str
    places: tuple[Place, ...]
    split: str
    copies: int
    cap: int
    group_cap: int | None
    balanced: bool
    seed: int

    @property
    def quotas(self) -> dict[str, int]:
        """How many copies each item gets, by key."""
        return {place.key: place.copies for place in self.places}

    @property
    def total(self) -> int:
        """Copies in all."""
        return sum(place.copies for place in self.places)

    @property
    def digest(self) -> str:
        """What makes the quotas these quotas, 16 hex digits."""
        return hashlib.sha256(json.dumps(self.quotas, sort_keys=True).encode()).hexdigest()[:16]

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many items, groups and copies each part has."""
        return {
            part: {
                "items": sum(place.split == part for place in self.places),
                "groups": len({place.group for place in self.places if place.split == part}),
                "copies": sum(place.copies for place in self.places if place.split == part),
            }
            for part in SPLITS
        }

    def lines(self) -> tuple[Line, ...]:
        """Return the arithmetic, a class a line, the commonest first; an item counts for every class it shows."""
        items: Counter[str] = Counter()
        copies: Counter[str] = Counter()
        for place in self.places:
            for name in (place.classes or {"": 1}) if place.split == "train" else ():
                items[name] += 1
                copies[name] += place.copies
        goal = max((count for name, count in items.items() if name), default=0) * (1 + self.copies)
        even = self.balanced and goal
        wanted = {name: goal if even and name else count * (1 + self.copies) for name, count in items.items()}
        ordered = sorted(items.items(), key=lambda entry: (-entry[1], entry[0]))
        return tuple(Line(name, count, copies[name], wanted[name]) for name, count in ordered)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        how = {name: getattr(self, name) for name in ("layout", "split", "copies", "cap", "group_cap", "balanced")}
        lines = [{**asdict(line), "total": line.total} for line in self.lines()]
        places = [
            {"key": one.key, "split": one.split, "group": one.group, "classes": dict(one.classes), "copies": one.copies}
            for one in self.places
        ]
        return {"plan": _FORMAT, **how, "seed": self.seed, "parts": self.counts(), "classes": lines, "items": places}

    def save(self, path: Path) -> None:
        """Write it as JSON, whole or not at all.

        Raises:
            OutputError: It cannot be written.
        """
        from domainaug.run.publish import write_whole

        try:
            write_whole(path, (json.dumps(self.to_dict(), ensure_ascii=False, indent=1) + "\n").encode())
        except OSError as error:
            raise OutputError(f"{path}: the plan cannot be written: {error.strerror or error}") from error

    def __str__(self) -> str:
        parts = ", ".join(
            f"{many(count['items'], 'item')} of {many(count['groups'], 'group')} in {part}"
            for part, count in self.counts().items()
            if count["items"]
        )
        width = max((len(line.name) for line in self.lines()), default=0)
        told = [f"plan: {parts}; {many(self.total, 'copy')} of what is trained on"]
        for line in self.lines():
            short = f", {line.wanted} wanted" if line.total < line.wanted else ""
            name = line.name or "(no class)"
            sum_of = f"{many(line.items, 'item')} + {many(line.copies, 'copy')} = {line.total}"
            told.append(f"  {name:{max(width, 10)}}  {sum_of}{short}")
        return "\n".join(told)


def plan_set(
    source: Path | str,
    *,
    split: str = "auto",
    test: float = 0.2,
    val: float = 0.0,
    copies: int = 1,
    balance: bool = False,
    cap: int | None = None,
    group_cap: int | None = None,
    group: str | None = None,
    seed: int = 0,
    alike: Iterable[Sequence[str]] = (),
    layout: Layout | None = None,
) -> SetPlan:
    """Part a data set by its groups, and reckon how many copies each item of train gets.

    Args:
        source: A data set in any layout.
        split: "own" takes the data set's own parts, "new" makes others, "auto" takes its own where it says them.
        test: Share of items to test on, for a new split.
        val: Share of items to validate on, for a new split.
        copies: Copies of an item of the commonest class.
        balance: Give items of rarer classes more copies, until every class comes to as many as the commonest.
        cap: Copies that no item gets more of; `copies` times ten by default where it is balanced.
        group_cap: Copies that no group gets more of: one patient is not to fill the set.
        group: What tells the group: an expression for keys with one group, or "table.csv:column" with keys in `image`.
        seed: Fixes which group goes where.
        alike: Sets of keys that are near duplicates, which stay together.
        layout: How the source is laid out; found out by default.

    Raises:
        DomainAugError: An argument is of no use, there are fewer groups than parts, or the data set's own parts
            share a group or a picture; says which.
        UnreadableInput: There is no data set.
    """
    _check(split, test, val, copies, cap, group_cap)
    place = unpacked(Path(source))
    layout = layout_for(place) if layout is None else layout
    items = layout.scan(place).items
    if not items:
        raise UnreadableInput("no-layout", "nothing that can be read was found here", path=source)
    twins = (*same_bytes(items), *alike)
    groups = united(groups_of(layout, items, group), twins)
    classes = classes_of(layout, place, items)
    told = own_splits(layout, place, items) if split != "new" else {}
    if split == "own" and not told:
        raise DomainAugError("split own: the data set names no parts; split new parts it by groups")
    if told:
        parts = {item.key: told.get(item.key, "train") for item in items}
        check_apart(parts, groups)
    else:
        parts = parted(groups, classes, {"train": 1 - test - val, "val": val, "test": test}, seed)
    most = (copies * 10 if balance else copies) if cap is None else cap
    trained = {key: classes[key] for key, part in parts.items() if part == "train"}
    quotas = quotas_of(trained, groups, copies, balanced=balance, cap=most, group_cap=group_cap)
    places = [Place(key, parts[key], groups[key], classes[key], quotas.get(key, 0)) for key in sorted(parts)]
    return SetPlan(layout.name, tuple(places), "own" if told else "new", copies, most, group_cap, balance, seed)


def same_bytes(items: Iterable[Item]) -> tuple[tuple[str, ...], ...]:
    """Return sets of keys whose images are the same bytes, in order; only files of one size are read."""
    by_size: dict[tuple[int, ...], list[Item]] = defaultdict(list)
    for item in items:
        try:
            by_size[tuple(sorted(path.stat().st_size for path in image_files(item)))].append(item)
        except OSError:
            continue  # reading it says why
    by_content: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for several in by_size.values():
        for item in several if len(several) > 1 else ():
            try:
                by_content[tuple(sorted(hashed(path)[0] for path in image_files(item)))].append(item.key)
            except OSError:
                continue
    return tuple(sorted(tuple(sorted(keys)) for keys in by_content.values() if len(keys) > 1))


def plan_for(plan: SetPlan | Path | str, keys: Iterable[str], source: Path) -> SetPlan:
    """Return a plan, read if it is a file, that knows every item of a source.

    Raises:
        UnreadableInput: The file is no plan.
        DomainAugError: There are items that it does not know; names one.
    """
    planned = plan if isinstance(plan, SetPlan) else read_plan(plan)
    new = sorted(set(keys) - planned.quotas.keys())
    if new:
        raise DomainAugError(f"{source}: the plan does not know {len(new)} items ({new[0]} ...); make the plan anew")
    return planned


def read_plan(path: Path | str) -> SetPlan:
    """Read what `SetPlan.save` wrote.

    Raises:
        UnreadableInput: It is missing, or no plan; says what is wrong.
    """
    path = Path(path)
    if not path.is_file():
        raise UnreadableInput("missing", "there is no such plan; write one with `domainaug explore --plan`", path=path)
    if path.stat().st_size > _MOST_BYTES:
        raise UnreadableInput("too-large", "the plan is larger than 256 MiB", path=path)
    try:
        told = json.loads(path.read_bytes())
        if told["plan"] != _FORMAT:
            raise ValueError(f"it has format {told['plan']!r}, and this version reads {_FORMAT}")
        places = tuple(_place(one) for one in told["items"])
        keys = [one.key for one in places]
        if len(set(keys)) < len(keys):
            raise ValueError("it names an item twice")
        check_apart({one.key: one.split for one in places}, {one.key: one.group for one in places})
        how = {name: told[name] for name in ("layout", "split", "copies", "cap", "group_cap", "balanced", "seed")}
        return SetPlan(places=places, **how)
    except (KeyError, TypeError, RecursionError) as error:
        why = f"it has no {error.args[0]!r}" if isinstance(error, KeyError) else "it is built otherwise"
        remedy = "`domainaug explore SOURCE --plan FILE` writes one"
        raise UnreadableInput("not-a-plan", f"this is no plan of a set: {why}; {remedy}", path=path) from None
    except ValueError as error:
        raise UnreadableInput("not-a-plan", f"this is no plan of a set: {error}", path=path) from None


def _place(told: Mapping[str, Any]) -> Place:
    key, split, group, copies = told["key"], told["split"], told["group"], told["copies"]
    if not isinstance(key, str) or split not in SPLITS or type(group) is not int or type(copies) is not int:
        raise ValueError(f"the entry of {key!r} needs a text, a part ({', '.join(SPLITS)}) and two whole numbers")
    if copies < 0 or (copies and split != "train"):
        raise ValueError(f"{key!r} is in {split} and gets {copies} copies; only what is in train gets some")
    return Place(key, split, group, {str(name): int(count) for name, count in told["classes"].items()}, copies)


def _check(split: str, test: float, val: float, copies: int, cap: int | None, group_cap: int | None) -> None:
    if split not in ("auto", "own", "new"):
        raise DomainAugError(f"split={split!r}: a split is 'auto', 'own' (that of the data set) or 'new'")
    if not (0 <= test < 1 and 0 <= val < 1 and test + val < 1):
        raise DomainAugError(f"test={test:g}, val={val:g}: shares lie from 0 up, and leave something to train on")
    if copies < 0:
        raise DomainAugError(f"copies={copies}: copies are counted from 0 up")
    for name, value in (("cap", cap), ("group_cap", group_cap)):
        if value is not None and value < 0:
            raise DomainAugError(f"{name}={value}: a cap is a whole number from 0 up")
