"""An exploration in words, a line for each thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from domainaug.run.summary import many

if TYPE_CHECKING:
    from domainaug.exploring.report import Exploration

__all__ = ["paragraphs", "sizes_told"]

_LISTED: Final = 8


def paragraphs(found: Exploration) -> Iterator[str]:
    """Yield the lines of a report, without its first."""
    yield f"sizes      {sizes_told(found.shapes)}"
    yield f"channels   {_counted(found.channels)}; {_counted(found.types)}"
    if found.spacing:
        yield f"spacing    {_counted(found.spacing)} mm"
    for one in found.values:
        yield f"values     {one.scale}: {one.lowest} up to {one.highest}, mean {one.mean} of the range"
        if one.dark or one.bright:
            yield f"clipped    {many(one.dark, 'item')} at the dark end, {one.bright} at the bright end (more than 1 %)"
    for trait, counts in found.traits.items():
        yield f"{trait:10} {_counted(counts)}"
    if found.parts:
        yield f"parts      {_counted(found.parts)}"
    yield from _labels(found)
    yield from _together(found)
    for leak in found.leaks:
        yield f"LEAK       {leak}"
    for sentence in found.rare:
        yield f"rare       {sentence}"
    if found.unreadable:
        reasons = Counter(one.code for one in found.unreadable)
        yield f"unreadable {len(found.unreadable)}: {_counted(dict(reasons.most_common()))}"
    if found.ignored:
        yield f"left out   {many(found.ignored, 'file')}: neither images nor labels"
    yield from _fits(found)


def sizes_told(shapes: Mapping[str, int]) -> str:
    """Return the sizes, or between which they lie where there are many."""
    if len(shapes) <= _LISTED:
        return _counted(shapes)
    axes = zip(*(map(int, shape.split(" x ")) for shape in shapes), strict=False)
    spans = [f"{min(axis)}" if min(axis) == max(axis) else f"{min(axis)} to {max(axis)}" for axis in axes]
    return f"{len(shapes)} different ones, {' x '.join(spans)}"


def _labels(found: Exploration) -> Iterator[str]:
    width = max((len(one.name) for one in found.classes[:_LISTED]), default=0)
    for one in found.classes[:_LISTED]:
        groups = f" of {many(one.groups, 'group')}" if found.groups.known else ""
        objects = f", {many(one.objects, 'object')}" if one.objects != one.items else ""
        yield f"class      {one.name:{width}}  {many(one.items, 'item')}{groups}{objects}"
    if len(found.classes) > _LISTED:
        yield f"class      ... and {len(found.classes) - _LISTED} more"
    if len(found.classes) > 1:
        yield f"imbalance  {found.imbalance:.3g} items of the commonest class for one of the rarest"
    for thing in found.objects[:_LISTED]:
        box = "" if thing.width is None else f", boxes {thing.width} wide and {thing.height} high"
        yield f"objects    {thing.name}: {thing.objects} in {many(thing.items, 'item')}, {thing.size} pixels{box}"


def _together(found: Exploration) -> Iterator[str]:
    groups = found.groups
    if groups.known:
        yield f"groups     {groups.count}, of {groups.size} items; the largest has {groups.largest:.0%} of all"
    else:
        yield "groups     none are known: every item stands for itself; --group tells them from names or a table"
    if found.same:
        yield f"same       {many(len(found.same), 'set')} of the same bytes, for one {' and '.join(found.same[0][:2])}"
    if found.near:
        pair = found.near[0]
        yield f"alike      {many(len(found.near), 'pair')}, for one {pair.one} and {pair.other} ({pair.likeness:.3f})"


def _fits(found: Exploration) -> Iterator[str]:
    if not found.fits:
        yield "profile    nothing tells which fits; see `domainaug profiles`"
    for fit in found.fits[:3]:
        against = f"; but {'; '.join(fit.against)}" if fit.against else ""
        yield f"profile    {fit.profile}: {'; '.join(fit.reasons)}{against}"


def _counted(counts: Mapping[Any, int]) -> str:
    told = [f"{name} ({count})" for name, count in list(counts.items())[:_LISTED]]
    return ", ".join(told) + (f" ... {len(counts) - _LISTED} more" if len(counts) > _LISTED else "")
