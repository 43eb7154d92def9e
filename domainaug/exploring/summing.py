"""What was measured of the items of a data set, summed up."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from domainaug.exploring.alike import near_pairs
from domainaug.exploring.fitting import Facts, fitting
from domainaug.exploring.measuring import Measured
from domainaug.exploring.report import ClassCount, Exploration, Groups, Leak, Likeness, ObjectCount, Spread, Values
from domainaug.layouts.classes import Classes
from domainaug.layouts.layout import Item, SetAside
from domainaug.run.summary import many

__all__ = ["Found", "summed"]

_CLIPPED: Final = 0.01
_RARE_CLASS: Final = 0.1  # of the commonest
_RARE_TRAIT: Final = 0.05  # of all
_MOST_TRAITS: Final = 12  # values of a trait that are worth a sentence each
_MOST_PAIRS: Final = 10_000
_GOOD_ALONE: Final = ("mvtec-ad", "visa")  # made so that only good parts are trained on
_STRAY: Final = 16  # pixels of all masks together, below which a value of theirs marks nothing


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that a report is made of.

    Attributes:
        name: Of the source's folder.
        layout: Name of the layout.
        items: Those that were read.
        measured: What was measured of each, by key.
        classes: What each shows, by key.
        groups: The number of the group of each, by key.
        known: Whether anything tells groups.
        parts: The part that the data set says each is of, by key; empty where it says none.
        same: Sets of keys of items that are the same bytes.
        near: From which likeness on two are near duplicates; None compares nothing.
    """

    name: str
    layout: str
    items: tuple[Item, ...]
    measured: Mapping[str, Measured]
    classes: Mapping[str, Classes]
    groups: Mapping[str, int]
    known: bool
    parts: Mapping[str, str]
    same: tuple[tuple[str, ...], ...]
    near: float | None


def summed(found: Found, unreadable: tuple[SetAside, ...], ignored: int, began: float) -> Exploration:
    """Return the report.

    Args:
        found: What was measured.
        unreadable: What could not be.
        ignored: Files that are neither images nor labels.
        began: When this began, of `time.monotonic`.
    """
    measured = [found.measured[item.key] for item in found.items]
    near = _near(found)
    classes = _classes(found)
    traits = _traits(measured)
    groups = _groups(found)
    return Exploration(
        name=found.name,
        layout=found.layout,
        items=len(found.items),
        unreadable=unreadable,
        ignored=ignored,
        shapes=_most(_times(one.shape) for one in measured),
        channels=_most(one.channels for one in measured),
        types=_most(one.dtype for one in measured),
        spacing=_most(_times(one.spacing) for one in measured if one.spacing is not None),
        values=_values(measured),
        traits=traits,
        classes=classes,
        objects=_objects(found),
        groups=groups,
        parts=_most(found.parts.values()),
        same=found.same,
        near=near,
        leaks=tuple(_leaks(found, near)),
        rare=tuple(_rare(classes, traits, groups, untrained=found.layout not in _GOOD_ALONE)),
        fits=fitting(_facts(found, measured)) if measured else (),
        seconds=time.monotonic() - began,
    )


def spread(values: Iterable[float]) -> Spread:
    """Return how values are spread; zeros for none."""
    held = list(values)
    return Spread(*np.quantile(held, (0, 0.25, 0.5, 0.75, 1)).tolist()) if held else Spread(0, 0, 0, 0, 0)


def _values(measured: Sequence[Measured]) -> tuple[Values, ...]:
    by_scale: dict[str, list[Measured]] = defaultdict(list)
    for one in measured:
        by_scale[one.scale].append(one)
    return tuple(
        Values(
            scale=scale,
            items=len(several),
            histogram=tuple(np.mean([one.histogram for one in several], axis=0).tolist()),
            lowest=spread(one.lowest for one in several),
            highest=spread(one.highest for one in several),
            mean=spread(round(one.mean, 4) for one in several),
            deviation=spread(round(one.deviation, 4) for one in several),
            dark=sum(one.dark > _CLIPPED for one in several),
            bright=sum(one.bright > _CLIPPED for one in several),
        )
        for scale, several in sorted(by_scale.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    )


def _classes(found: Found) -> tuple[ClassCount, ...]:
    keys: dict[str, list[str]] = defaultdict(list)
    objects: Counter[str] = Counter()
    for item in found.items:
        shown = found.classes.get(item.key) or _structures(found, item.key)
        for name, count in shown.items():
            keys[name].append(item.key)
            objects[name] += count
    ordered = sorted(keys, key=lambda name: (-len(keys[name]), name))
    return tuple(
        ClassCount(
            name=name,
            items=len(keys[name]),
            groups=len({found.groups[key] for key in keys[name]}),
            objects=objects[name],
            parts=_most(found.parts[key] for key in keys[name] if key in found.parts),
        )
        for name in ordered
    )


def _structures(found: Found, key: str) -> Classes:
    """Return what labels of a study or a volume name: nothing but reading them tells."""
    if found.layout not in ("dicom-study", "nifti"):
        return {}
    return Counter(thing.name for thing in found.measured[key].things)


def _objects(found: Found) -> tuple[ObjectCount, ...]:
    things: dict[str, list[tuple[str, Any]]] = defaultdict(list)
    for item in found.items:
        for thing in found.measured[item.key].things:
            things[thing.name].append((item.key, thing))
    told = []
    for name, several in _without_strays(things).items():
        boxes = [thing.extent for _, thing in several if thing.extent is not None]
        share = spread(thing.size / max(int(np.prod(found.measured[key].shape)), 1) for key, thing in several)
        told.append(
            ObjectCount(
                name=name,
                objects=len(several),
                items=len({key for key, _ in several}),
                size=spread(thing.size for _, thing in several),
                width=spread(box[0] for box in boxes) if boxes else None,
                height=spread(box[1] for box in boxes) if boxes else None,
                share=share,
            )
        )
    return tuple(sorted(told, key=lambda one: (-one.objects, one.name)))


def _without_strays(things: Mapping[str, list[tuple[str, Any]]]) -> dict[str, list[tuple[str, Any]]]:
    """Put values of masks that mark next to nothing, as lossy compression leaves them, under one name."""
    strays = [
        name
        for name, several in things.items()
        if name.startswith("label ") and sum(thing.size for _, thing in several) < _STRAY
    ]
    if len(strays) < 2:
        return dict(things)
    kept = {name: several for name, several in things.items() if name not in strays}
    return {**kept, f"{len(strays)} stray values of masks": [one for name in strays for one in things[name]]}


def _groups(found: Found) -> Groups:
    sizes = Counter(found.groups[item.key] for item in found.items)
    largest = max(sizes.values(), default=0) / max(len(found.items), 1)
    return Groups(found.known, len(sizes), spread(sizes.values()), largest)


def _near(found: Found) -> tuple[Likeness, ...]:
    """Return near duplicates that are not the same bytes; volumes are compared by their middle slices."""
    if found.near is None:
        return ()
    keys = [item.key for item in found.items]
    set_of = {key: number for number, several in enumerate(found.same) for key in several}
    pairs = []
    for one, other, likeness in near_pairs([found.measured[key].look for key in keys], found.near):
        first, second = keys[one], keys[other]
        if first in set_of and set_of[first] == set_of.get(second):
            continue
        parts = (found.parts.get(first, ""), found.parts.get(second, ""))
        pairs.append(Likeness(first, second, round(likeness, 4), parts))
    return tuple(sorted(pairs, key=lambda pair: (-pair.likeness, pair.one, pair.other)))[:_MOST_PAIRS]


def _leaks(found: Found, near: Sequence[Likeness]) -> Iterator[Leak]:
    """Yield what is on both sides of the data set's own split."""
    members: dict[int, list[str]] = defaultdict(list)
    for item in found.items:
        members[found.groups[item.key]].append(item.key)
    for kind, sets in (("group", members.values()), ("same bytes", found.same)):
        torn = [pair for several in sets if (pair := _torn(found.parts, several)) is not None]
        if torn:
            yield Leak(kind, len(torn), torn[0])
    pairs = [pair for pair in near if pair.leaks and all(pair.parts)]
    if pairs:
        yield Leak("near duplicate", len(pairs), (pairs[0].one, pairs[0].other))


def _torn(parts: Mapping[str, str], keys: Iterable[str]) -> tuple[str, str] | None:
    told = [(key, parts[key]) for key in keys if key in parts]
    other = next((key for key, part in told if part != told[0][1]), None)
    return None if other is None else (told[0][0], other)


def _rare(
    classes: Sequence[ClassCount], traits: Mapping[str, Mapping[str, int]], groups: Groups, *, untrained: bool
) -> Iterator[str]:
    most = max((one.items for one in classes), default=0)
    parts = {part for one in classes for part in one.parts}
    for one in classes:
        if one.items < _RARE_CLASS * most:
            yield f"{one.name} has {many(one.items, 'item')}, {one.items / most:.0%} of what the commonest class has"
        if groups.known and one.groups == 1 and one.items > 1 and groups.count > 1:
            yield f"all {one.items} items of {one.name} are of one group: no split can test it"
        if untrained and "train" in parts and "train" not in one.parts:
            yield f"{one.name} is not in train at all"
    for trait, counts in traits.items():
        total = sum(counts.values())
        if len(counts) <= _MOST_TRAITS:
            for value, count in counts.items():
                if count < _RARE_TRAIT * total:
                    yield f"{trait} {value} has {many(count, 'item')}, {count / total:.1%} of all"


def _traits(measured: Sequence[Measured]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in measured:
        for trait, value in one.traits.items():
            counts[trait][value] += 1
    return {trait: dict(values.most_common()) for trait, values in sorted(counts.items())}


def _facts(found: Found, measured: Sequence[Measured]) -> Facts:
    modalities = Counter(str(item.detail["modality"]) for item in found.items if item.detail.get("modality"))
    medical = found.layout in ("dicom-study", "nifti")
    names = {found.name} | {name for shown in found.classes.values() for name in shown}
    if not medical:
        names |= {re.sub(r"[^/]*$", "", item.key) for item in found.items}
    return Facts(
        layout=found.layout,
        modalities=modalities,
        body_parts=Counter(one.traits["body part"] for one in measured if "body part" in one.traits),
        channels=Counter(one.channels for one in measured),
        volumes=sum(len(one.shape) == 3 for one in measured),
        in_hu=sum(one.scale == "HU" for one in measured),
        lowest=float(np.median([one.lowest for one in measured])),
        mean=float(np.median([one.mean for one in measured])),
        names=frozenset(names),
        items=len(measured),
    )


def _times(lengths: Sequence[float]) -> str:
    return " x ".join(f"{length:.4g}" if isinstance(length, float) else str(length) for length in lengths)


def _most(things: Iterable[Any]) -> dict[Any, int]:
    return dict(sorted(Counter(things).items(), key=lambda entry: (-entry[1], str(entry[0]))))
