"""What was found in a data set: a value, as text, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Final

from domainaug.exploring.fitting import Fit
from domainaug.layouts.layout import SetAside
from domainaug.run.summary import in_time, many

__all__ = ["ClassCount", "Exploration", "Groups", "Leak", "Likeness", "ObjectCount", "Spread", "Values"]

_SPANS: Final = MappingProxyType({"8 bit": (0.0, 255.0), "16 bit": (0.0, 65535.0), "HU": (-1024.0, 3072.0)})


@dataclass(frozen=True, slots=True)
class Spread:
    """How something is spread: its lowest, quartiles and highest."""

    lowest: float
    quarter: float
    median: float
    three_quarters: float
    highest: float

    def __str__(self) -> str:
        if self.lowest == self.highest:
            return _short(self.median)
        return f"{_short(self.median)} ({_short(self.lowest)} to {_short(self.highest)})"


def _short(value: float) -> str:
    return f"{value:.4g}" if abs(value) < 10_000 else f"{value:.0f}"


@dataclass(frozen=True, slots=True)
class Values:
    """The values of items whose histograms span the same.

    Attributes:
        scale: What they span: "8 bit", "16 bit", "HU", "0 to 1" or "own range".
        items: How many items.
        histogram: Share of values in each bar, the mean of the items.
        lowest: Of the lowest values.
        highest: Of the highest.
        mean: Of the means, as a share of the range.
        deviation: Of the standard deviations, likewise.
        dark: How many items have more than 1 % of their values at the low end of the range.
        bright: Likewise, at its high end.
    """

    scale: str
    items: int
    histogram: tuple[float, ...]
    lowest: Spread
    highest: Spread
    mean: Spread
    deviation: Spread
    dark: int
    bright: int

    @property
    def levels(self) -> tuple[float, ...]:
        """The value in the middle of each bar; of "own range" the share of it."""
        low, high = _SPANS.get(self.scale, (0.0, 1.0))
        step = (high - low) / len(self.histogram)
        return tuple(low + (number + 0.5) * step for number in range(len(self.histogram)))


@dataclass(frozen=True, slots=True)
class ClassCount:
    """A class.

    Attributes:
        name: Its name.
        items: How many items show it.
        groups: Of how many groups they are.
        objects: How many objects of it there are.
        parts: How many items of each part of the data set show it; empty where it has no parts.
    """

    name: str
    items: int
    groups: int
    objects: int
    parts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ObjectCount:
    """Labeled objects of one class.

    Attributes:
        name: Its name.
        objects: How many.
        items: In how many items.
        size: Pixels or voxels that they cover.
        width: Of their boxes, in pixels; None for structures of volumes.
        height: Likewise.
        share: Of the image that they cover.
    """

    name: str
    objects: int
    items: int
    size: Spread
    width: Spread | None
    height: Spread | None
    share: Spread


@dataclass(frozen=True, slots=True)
class Groups:
    """What must not be parted.

    Attributes:
        known: Whether the layout or a pattern tells groups; else every item stands for itself.
        count: How many there are.
        size: How many items each has.
        largest: Share of all items that the largest has.
    """

    known: bool
    count: int
    size: Spread
    largest: float


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two items that look nearly the same.

    Attributes:
        one: Key of the first.
        other: Key of the second.
        likeness: How alike, up to 1.
        parts: The parts of the data set that they are in, "" where it has none.
    """

    one: str
    other: str
    likeness: float
    parts: tuple[str, str] = ("", "")

    @property
    def leaks(self) -> bool:
        """Whether they are in two parts."""
        return self.parts[0] != self.parts[1]


@dataclass(frozen=True, slots=True)
class Leak:
    """What is trained on and tested on.

    Attributes:
        kind: "group", "same bytes" or "near duplicate".
        count: How many groups, sets or pairs.
        example: Keys in two parts, for one.
    """

    kind: str
    count: int
    example: tuple[str, str]

    def __str__(self) -> str:
        thing = "set" if self.kind == "same bytes" else self.kind
        told = f"{self.count} {thing}{'s' * (self.count != 1)}{' of the same bytes' * (thing == 'set')}"
        return f"{told} on both sides of the split, for one {' and '.join(self.example)}"


@dataclass(frozen=True, slots=True)
class Exploration:
    """What is in a data set.

    Attributes:
        name: Name of its folder.
        layout: How it is laid out.
        items: How many items were read.
        unreadable: What was not, and why.
        ignored: Files that are neither images nor labels.
        shapes: Sizes ("480 x 640", rows first) and how many items have them, the commonest first.
        channels: Samples a pixel, likewise.
        types: Types of values, likewise.
        spacing: Millimeters along each axis ("0.7 x 0.7"), likewise; empty where unknown.
        values: What values there are, by what they span.
        traits: What headers say of how images were taken, by trait.
        classes: The classes, the commonest first.
        objects: The labeled objects by class, the most frequent first.
        groups: What must not be parted.
        parts: How many items are in each part that the data set names.
        same: Sets of keys of items that are the same bytes.
        near: Pairs that look nearly the same, the most alike first.
        leaks: What is on both sides of the data set's own split.
        rare: Who is under-represented, a sentence each.
        fits: Profiles that may fit, the best first.
        seconds: How long it took.
    """

    name: str
    layout: str
    items: int
    unreadable: tuple[SetAside, ...]
    ignored: int
    shapes: Mapping[str, int]
    channels: Mapping[int, int]
    types: Mapping[str, int]
    spacing: Mapping[str, int]
    values: tuple[Values, ...]
    traits: Mapping[str, Mapping[str, int]]
    classes: tuple[ClassCount, ...]
    objects: tuple[ObjectCount, ...]
    groups: Groups
    parts: Mapping[str, int]
    same: tuple[tuple[str, ...], ...]
    near: tuple[Likeness, ...]
    leaks: tuple[Leak, ...]
    rare: tuple[str, ...]
    fits: tuple[Fit, ...]
    seconds: float

    @property
    def imbalance(self) -> float:
        """How many items of the commonest class there are for one of the rarest; 1 where there is one class."""
        counts = [one.items for one in self.classes]
        return max(counts) / min(counts) if counts else 1.0

    @property
    def alike(self) -> tuple[tuple[str, ...], ...]:
        """Sets of keys that have to stay together: duplicates and near duplicates."""
        return (*self.same, *((pair.one, pair.other) for pair in self.near))

    @property
    def ok(self) -> bool:
        """Whether everything can be read and nothing is on both sides of a split."""
        return not self.unreadable and not self.leaks

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        told = {**asdict(self), "fits": [fit.to_dict() for fit in self.fits], "imbalance": round(self.imbalance, 3)}
        told["channels"] = {str(count): items for count, items in self.channels.items()}
        told["unreadable"] = [{"key": one.key, "code": one.code, "reason": one.reason} for one in self.unreadable]
        told["values"] = [{**asdict(one), "histogram": [round(bar, 6) for bar in one.histogram]} for one in self.values]
        return {**told, "seconds": round(self.seconds, 3)}

    def __str__(self) -> str:
        from domainaug.exploring.wording import paragraphs

        first = f"{self.name}: {many(self.items, 'item')}, {self.layout}, looked at in {in_time(self.seconds)}"
        return "\n".join([first, *paragraphs(self)])
