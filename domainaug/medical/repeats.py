"""Several volumes on one grid: one series scanned again and again, in time, by echo, by b-value.

Each is a volume by itself, and all show one patient lying still: what turns, bends or shifts one has to do the same to
the others, or what is measured across them, a perfusion curve, a decay, a diffusion tensor, is destroyed. So volumes
of one series on one grid share every draw, and have noise of their own, as scans have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from pydicom import dcmread

from domainaug.errors import UnreadableInput
from domainaug.medical.findings import SeriesFinding
from domainaug.medical.instance import PARTS, Instance, short_hash
from domainaug.medical.opening import border

__all__ = ["grid_of", "in_turns", "repetition", "together"]

_TOLD_BY = {
    "EchoTime": ("echoes", "echo time"),
    "EchoNumbers": ("echoes", "echo"),
    "DiffusionBValue": ("b-values", "b-value"),
    "DiffusionGradientOrientation": ("b-values", "direction of diffusion"),
    "InversionTime": ("inversion-times", "inversion time"),
}
_IN_TIME = ("4-d", "position in time")
_TIMES = ("TriggerTime", "AcquisitionDateTime", "AcquisitionTime", "ContentTime")
"""What may tell volumes apart that nothing else does, the surest first."""

_SAME = 0.01  # mm: as near as places of two volumes come that lie on one grid

Place = tuple[object, ...]


def in_turns(stack: Sequence[Instance]) -> list[list[Instance]]:
    """Split images that show every place equally often into volumes, by the time they were taken; else leave them.

    Args:
        stack: Images in slice order, some of them at one place.

    Returns:
        One volume for each turn, in slice order; `stack` alone where no time tells its images apart.
    """
    places: dict[Place, list[Instance]] = defaultdict(list)
    for one in stack:
        places[_rounded(one.position or ())].append(one)
    counts = {len(there) for there in places.values()}
    if counts in (set(), {1}) or len(counts) > 1 or stack[0].frames > 1:  # frames have dimensions for that
        return [list(stack)]
    try:
        times = [_times_of(one) for one in stack]
    except UnreadableInput:
        return [list(stack)]
    for column in range(len(_TIMES)):
        known = {id(one): time[column] for one, time in zip(stack, times, strict=True)}
        turns = [sorted(there, key=lambda one: known[id(one)]) for there in places.values()]
        if all(known.values()) and all(len({known[id(one)] for one in there}) == len(there) for there in turns):
            return [list(volume) for volume in zip(*turns, strict=True)]
    return [list(stack)]


def _times_of(one: Instance) -> tuple[tuple[float, ...], ...]:
    """Return when an image was taken, by each of `_TIMES`; () for what its header does not say."""
    if one.frames > 1:
        return ((),) * len(_TIMES)
    with border("damaged", "its header holds values of the wrong kind", one.path):
        header = dcmread(one.path, stop_before_pixels=True, specific_tags=list(_TIMES))
        return tuple(_number(str(header.get(name, ""))) for name in _TIMES)


def _number(text: str) -> tuple[float, ...]:
    try:
        return (float(text),)
    except ValueError:
        return ()


def repetition(stack: Sequence[Instance], siblings: Iterable[Sequence[Instance]]) -> Iterable[SeriesFinding]:
    """Yield what it means that other stacks of a series lie on the grid of this one, and what tells them apart."""
    if grid_of(stack) is None:
        return
    others = [other for other in siblings if _on_one_grid(stack, other)]
    if len(others) < 2:
        return
    found: dict[str, str] = {}
    for place, name in enumerate(PARTS):
        if len({other[0].parts[place] for other in others}) > 1:
            code, word = _TOLD_BY.get(name, _IN_TIME)
            found.setdefault(code, word)
    kinds = {other[0].image_type for other in others}
    if not found and len(kinds) < len(others):
        found[_IN_TIME[0]] = _IN_TIME[1]
    for code, word in found.items():
        yield SeriesFinding(
            code, f"{len(others)} volumes of its series lie on one grid and differ in {word}; they share every draw"
        )


def together(stacks: Sequence[Sequence[Instance]]) -> list[tuple[str, int] | None]:
    """Return for each stack the name that it shares with the others of its series on its grid, and its place there.

    Returns:
        None for a stack that is alone on its grid, or is no volume.
    """
    grids: dict[Place, list[int]] = defaultdict(list)
    for index, stack in enumerate(stacks):
        grid = grid_of(stack)
        if grid is not None:
            grids[grid].append(index)
    found: list[tuple[str, int] | None] = [None] * len(stacks)
    for members in grids.values():
        if len(members) > 1:
            uids = [sorted(one.sop_instance_uid for one in stacks[index]) for index in members]
            name = short_hash(stacks[members[0]][0].series_uid, *(uid for each in sorted(uids) for uid in each))
            for part, index in enumerate(members):
                found[index] = f"together-{name}", part
    return found


def grid_of(stack: Sequence[Instance]) -> Place | None:
    """Return what volumes on one grid of a series share; None for a single image, or one without a place."""
    first = stack[0]
    if len(stack) < 2 or first.position is None or first.orientation is None or first.spacing is None or first.in_time:
        return None
    places = tuple(_rounded(one.position or ()) for one in stack)
    axes = tuple(round(value, 3) + 0.0 for value in first.orientation)
    return first.series_uid, first.rows, first.columns, _rounded(first.spacing), axes, places


def _on_one_grid(one: Sequence[Instance], other: Sequence[Instance]) -> bool:
    """Return whether two stacks of a series lie on one grid; asked of every pair, so the usual case comes first."""
    first, second = one[0], other[0]
    if len(one) != len(other) or (first.rows, first.columns) != (second.rows, second.columns):
        return False
    same = all(here.position == there.position for here, there in zip(one, other, strict=True))
    if same and (first.orientation, first.spacing) == (second.orientation, second.spacing):
        return not second.in_time
    return grid_of(one) == grid_of(other)


def _rounded(numbers: Sequence[float]) -> Place:
    return tuple(round(number / _SAME) for number in numbers)
