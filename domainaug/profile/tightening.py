"""A child's limits over its parent's: it may tighten; to loosen it says why.

Two rules are *counterparts* when they limit the same effect and have the same code, or, where the codes
differ, the same `when`. A child's rule takes the place of its counterparts. A rule with a code and a `when`
of its own is one more rule beside the parent's.
"""

from __future__ import annotations

from collections.abc import Sequence

from domainaug.effects import EFFECTS
from domainaug.errors import ProfileError
from domainaug.generators import Frame
from domainaug.profile.model import Condition, Limit, fulfils
from domainaug.profile.reading import Document
from domainaug.profile.units import bounds
from domainaug.profile.wording import limit_in_words

__all__ = ["looser_in", "merge_limits"]


def merge_limits(
    document: Document, own: Sequence[tuple[int, Limit]], inherited: Sequence[Limit], frame: Frame
) -> tuple[Limit, ...]:
    """Return the parent's limits with the child's in place of their counterparts, in the order of the effects.

    Args:
        document: The child's file, for the place of faults.
        own: The child's limits, each with the position of its rule in the file.
        inherited: The parent's limits.
        frame: The child's, for limits in mm or HU.

    Raises:
        ProfileError: A rule allows more than its parent's without saying why, or says why and does not.
    """
    replaced: set[int] = set()
    for index, limit in own:
        same_effect = [i for i, parent in enumerate(inherited) if parent.effect == limit.effect]
        counterparts = [i for i in same_effect if _are_counterparts(limit, inherited[i], inherited)]
        looser = [(i, words) for i in counterparts for words in looser_in(limit, inherited[i], frame)]
        if not counterparts:
            idle = next((i for i in same_effect if _is_idle_beside(limit, inherited[i], frame)), None)
            if idle is not None:
                looser = [(idle, "its interval is not inside")]
                counterparts = [idle]
        if looser and not limit.loosens:
            parent, words = inherited[looser[0][0]], looser[0][1]
            raise _loosening(document, index, limit, parent, words)
        if limit.loosens and not looser:
            message = f"{limit.code} has `loosens` but allows no more of {limit.effect.name} than the parent; remove it"
            raise document.fault(message, "limits", index, "loosens", key=True)
        replaced.update(counterparts)
    kept = [limit for i, limit in enumerate(inherited) if i not in replaced]
    order = {name: place for place, name in enumerate(EFFECTS)}
    return tuple(sorted((*kept, *(limit for _, limit in own)), key=lambda limit: order[limit.effect.name]))


def _are_counterparts(child: Limit, parent: Limit, inherited: Sequence[Limit]) -> bool:
    same_code = [p for p in inherited if p.effect == child.effect and p.code == child.code]
    if same_code:
        return parent.code == child.code
    return _same(child.when, parent.when)


def _same(one: Condition | None, other: Condition | None) -> bool:
    return dict(one or {}) == dict(other or {})


def _is_idle_beside(child: Limit, parent: Limit, frame: Frame) -> bool:
    """Whether a rule of its own says nothing that an unconditional parent's does not say more strictly."""
    if parent.when is not None or parent.unless is not None:
        return False
    inside = bounds(parent, frame) in bounds(child, frame)
    rarer = child.p_max is not None and (parent.p_max is None or child.p_max < parent.p_max)
    return inside and not rarer


def looser_in(child: Limit, parent: Limit, frame: Frame) -> list[str]:
    """Return in what `child` allows more than `parent`, in words; nothing when it is as tight.

    Args:
        child: The rule that would take the place of `parent`.
        parent: The rule it is held against, of the same effect.
        frame: For limits in mm or HU.
    """
    looser: list[str] = []
    if parent.allow == "any" and parent.p_max is None:
        return looser  # nothing is milder than what forbids nothing
    if bounds(child, frame) not in bounds(parent, frame).widened(1e-12):
        looser.append("its interval is not inside")
    if child.every_by != parent.every_by and not _inside_anyway(child):
        looser.append("its `every` holds around other turns than that of")
    if parent.p_max is not None and child.allow != "never" and (child.p_max is None or child.p_max > parent.p_max):
        how = "says nothing" if child.p_max is None else f"says {child.p_max:g}"
        looser.append(f"p_max {how} where the parent has {parent.p_max:g}:")
    if child.severity == "warning" and parent.severity == "error":
        looser.append("a warning is milder than the error of")
    if not _implied(parent.when, child.when):
        looser.append("its `when` holds less often than that of")
    if child.unless is not None and not _implied(child.unless, parent.unless, other_missing=False):
        looser.append("its `unless` lifts it more often than that of")
    return looser


def _inside_anyway(child: Limit) -> bool:
    """Whether a rule holds around 0 alone, and so is inside one that may hold around more."""
    return child.every is None and not child.every_by


def _implied(condition: Condition | None, by: Condition | None, *, other_missing: bool = True) -> bool:
    """Return whether `by` is fulfilled whenever `condition` is.

    Args:
        condition: What is known to be fulfilled; None is always.
        by: What should follow.
        other_missing: The answer where `by` is None.
    """
    if by is None:
        return other_missing
    if condition is None:
        return False
    for name, wanted in by.items():
        values = condition.get(name)
        if values is None:
            return False
        if not wanted:
            implied = bool(values) and all(values)
            if values and not implied:
                return False
        elif not values or not all(fulfils(value, wanted) for value in values):
            return False
    return True


def _loosening(document: Document, index: int, child: Limit, parent: Limit, words: str) -> ProfileError:
    where = next(
        (
            key
            for key, hint in (("unless", "`unless`"), ("when", "`when`"), ("p_max", "p_max"), ("severity", "warning"))
            if hint in words and ("limits", index, key) in document.values
        ),
        next((k for k in ("allow", "max", "min", "range") if ("limits", index, k) in document.values), "code"),
    )
    message = (
        f"{child.code} loosens {child.effect.name}: {words} {parent.code} ({parent.origin}, {limit_in_words(parent)}); "
        f"tighten it, or say why with `loosens: ...`"
    )
    return document.fault(message, "limits", index, where)
