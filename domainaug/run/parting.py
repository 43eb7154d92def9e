"""Parting groups between training and test, and how many copies each item of train gets."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Final

from domainaug.errors import DomainAugError
from domainaug.layouts.classes import Classes
from domainaug.run.summary import many

__all__ = ["check_apart", "parted", "quotas_of"]

_EXAMPLES: Final = 2


def check_apart(parts: Mapping[str, str], groups: Mapping[str, int]) -> None:
    """Refuse parts that share a group.

    Raises:
        DomainAugError: They do; names examples.
    """
    by_group: dict[int, dict[str, str]] = defaultdict(dict)
    for key, part in sorted(parts.items()):
        by_group[groups[key]].setdefault(part, key)
    torn = [found for found in by_group.values() if len(found) > 1]
    if torn:
        shown = "; ".join(
            " and ".join(f"{key} ({part})" for part, key in sorted(found.items())) for found in torn[:_EXAMPLES]
        )
        raise DomainAugError(
            f"{len(torn)} groups or duplicates are on both sides of the split, for one {shown}; "
            "a new split keeps them together"
        )


def parted(
    groups: Mapping[str, int], classes: Mapping[str, Classes], shares: Mapping[str, float], seed: int
) -> dict[str, str]:
    """Part groups so that each part gets its share of every class, as far as groups allow.

    The rarest class goes first, and its largest groups before others; each goes where it fits and most of its rarest
    class is missing (iterative stratification: Sechidis et al., "On the Stratification of Multi-Label Data", ECML
    2011, with groups in place of samples).
    """
    wanted = [part for part, share in shares.items() if share > 0]
    members: dict[int, list[str]] = defaultdict(list)
    for key, number in groups.items():
        members[number].append(key)
    if len(members) < len(wanted):
        raise DomainAugError(
            f"there {'is' if len(members) == 1 else 'are'} {many(len(members), 'group')}, and "
            f"{len(wanted)} parts ({', '.join(wanted)}) need one each; "
            "set test and val to 0, or bring more patients, parts or drives"
        )
    shown = {
        number: Counter(name for key in keys for name in classes[key] or ("",)) for number, keys in members.items()
    }
    totals = sum(shown.values(), Counter())
    missing = {part: {name: shares[part] * count for name, count in totals.items()} for part in wanted}

    def order(number: int) -> tuple[int, int, str]:
        rarest = min(totals[name] for name in shown[number])
        return rarest, -len(members[number]), hashlib.sha256(f"{seed}:{min(members[number])}".encode()).hexdigest()

    parts: dict[str, str] = {}
    empty = set(wanted)
    room = {part: shares[part] * len(groups) for part in wanted}
    for left, number in zip(range(len(members), 0, -1), sorted(members, key=order), strict=True):
        rarest, size = min(shown[number], key=lambda name: (totals[name], name)), len(members[number])
        open_to = sorted(empty) if len(empty) >= left else wanted  # every part gets a group
        needs = {
            part: _need(missing[part][rarest], shares[part] * totals[rarest], shown[number][rarest], room[part], size)
            for part in open_to
        }
        part = max(open_to, key=lambda one: (needs[one], shares[one]))
        empty.discard(part)
        room[part] -= size
        for name, count in shown[number].items():
            missing[part][name] -= count
        parts.update(dict.fromkeys(members[number], part))
    return parts


def _need(lacking: float, target: float, count: int, room: float, size: int) -> tuple[float, float, float]:
    """Return how much a part needs a group: shares of it that fit, by class and in all, then what is missing there."""
    return min(lacking, count) / count, min(room, size) / size, lacking / target


def quotas_of(
    classes: Mapping[str, Classes],
    groups: Mapping[str, int],
    copies: int,
    *,
    balanced: bool,
    cap: int,
    group_cap: int | None,
) -> dict[str, int]:
    """Return how many copies each item of train gets, by key.

    Balanced, an item gets what the rarest of its classes needs: as many as bring n items of it to as many as the
    commonest class comes to, the remainder one each to the first of them. An item of no class gets `copies`.
    """
    items = Counter(name for shown in classes.values() for name in shown)
    goal = max(items.values(), default=0) * (1 + copies)
    quotas: dict[str, int] = {}
    turn: Counter[str] = Counter()
    for key in sorted(classes):
        wanted = copies
        if balanced and classes[key]:
            rarest = min(classes[key], key=lambda name: (items[name], name))
            base, rest = divmod(goal - items[rarest], items[rarest])
            wanted = base + (turn[rarest] < rest)
            turn[rarest] += 1
        quotas[key] = min(max(wanted, 0), cap)
    return quotas if group_cap is None else _within(quotas, groups, group_cap)


def _within(quotas: Mapping[str, int], groups: Mapping[str, int], most: int) -> dict[str, int]:
    """Scale the quotas of groups that have more than `most` down, the largest remainders first."""
    members: dict[int, list[str]] = defaultdict(list)
    for key in sorted(quotas):
        members[groups[key]].append(key)
    held = dict(quotas)
    for keys in members.values():
        total = sum(quotas[key] for key in keys)
        if total <= most:
            continue
        exact = {key: quotas[key] * most / total for key in keys}
        held.update({key: math.floor(share) for key, share in exact.items()})
        left = most - sum(held[key] for key in keys)
        for key in sorted(keys, key=lambda one: (held[one] - exact[one], one))[:left]:
            held[key] += 1
    return held
