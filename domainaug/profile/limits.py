"""From the rules of a file to limits: names looked up, amounts read, and what makes no sense refused."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from domainaug.effects import EFFECTS, Effect
from domainaug.errors import ProfileError, UnknownName
from domainaug.generators import Frame
from domainaug.profile.citations import cite
from domainaug.profile.model import Evidence, Limit
from domainaug.profile.options import read_condition
from domainaug.profile.part import SYMMETRY, every_degrees
from domainaug.profile.quantities import Quantity, parse_quantity
from domainaug.profile.reading import Document, Spot
from domainaug.profile.schema import Amount, EvidenceEntry, LimitEntry
from domainaug.profile.units import convertible, to_effect_unit

__all__ = ["read_limits"]


def read_limits(
    document: Document,
    entries: list[LimitEntry],
    *,
    origin: str,
    options: Mapping[str, Any],
    choices: Mapping[str, tuple[Any, ...]],
    frame: Frame,
) -> Iterator[Limit]:
    """Yield the limits of a file, one for each effect of each rule.

    Args:
        document: Where the rules were written.
        entries: The rules, in shape.
        origin: The profile's id.
        options: Every option there is, the parents' included, with its value.
        choices: The values an option can have, where it says so.
        frame: For amounts whose conversion needs one.

    Raises:
        ProfileError: With line and column.
    """
    seen: set[tuple[str, str, str]] = set()
    for index, entry in enumerate(entries):
        line, _ = document.mark(("limits", index))
        spot = Spot(document, ("limits", index))
        when = read_condition(spot, "when", entry.when, options, choices)
        unless = read_condition(spot, "unless", entry.unless, options, choices)
        evidence = _evidence(spot, entry)
        against = tuple(_source(spot, ("counter_evidence", i), e) for i, e in enumerate(entry.counter_evidence))
        for name in _effect_names(spot, entry):
            signature = (name, entry.code, repr((when, unless)))
            if signature in seen:
                raise spot.fault(f"{entry.code} limits {name} twice under the same conditions", "code")
            seen.add(signature)
            low, high, unit = _ends(spot, entry, EFFECTS[name], frame)
            every, every_by = _every(spot, entry, EFFECTS[name], options)
            yield Limit(
                effect=EFFECTS[name],
                code=entry.code,
                allow=entry.allow or "range",
                reason=" ".join(entry.reason.split()),
                low=low,
                high=high,
                unit=unit,
                every=every,
                every_by=every_by,
                p_max=_p_max(spot, entry),
                unless=unless,
                when=when,
                severity=entry.severity,
                evidence=evidence,
                counter_evidence=against,
                origin=f"{origin}:{line}",
                loosens=" ".join((entry.loosens or "").split()),
            )


def _effect_names(spot: Spot, entry: LimitEntry) -> list[str]:
    names = [entry.effect] if isinstance(entry.effect, str) else entry.effect
    if not names:
        raise spot.fault("effect: the list is empty; name at least one effect", "effect")
    for position, name in enumerate(names):
        where = ("effect",) if isinstance(entry.effect, str) else ("effect", position)
        if name not in EFFECTS:
            raise spot.fault(str(UnknownName("effect", name, EFFECTS)), *where)
        if name in names[:position]:
            raise spot.fault(f"{name} is named twice", *where)
    return names


def _evidence(spot: Spot, entry: LimitEntry) -> tuple[Evidence, ...]:
    if not entry.evidence:
        raise spot.fault(
            f"{entry.code} has no evidence; cite a source, or say that it is yours: evidence: [{{strength: opinion}}]",
            "code",
        )
    found = []
    for index, item in enumerate(entry.evidence):
        if item.strength is None:
            raise spot.fault("evidence says how strong it is: strength: strong, moderate or opinion", "evidence", index)
        found.append(_source(spot, ("evidence", index), item))
    return tuple(found)


def _source(spot: Spot, where: tuple[str, int], item: EvidenceEntry) -> Evidence:
    strength = item.strength or ("moderate" if item.cite else "opinion")
    if not item.cite and strength != "opinion":
        raise spot.fault(f"{strength} evidence needs a source: add cite, or say strength: opinion", *where)
    if item.cite:
        try:
            cite(item.cite, beside=spot.document.path)
        except ProfileError as error:
            if error.path is not None:
                raise
            raise spot.fault(str(error), *where, "cite") from None
    return Evidence(item.cite, strength, " ".join(item.note.split()))


def _p_max(spot: Spot, entry: LimitEntry) -> float | None:
    if entry.p_max is None:
        return None
    if entry.allow == "never":
        raise spot.fault("p_max says how often; with allow: never there is nothing to count", "p_max", key=True)
    amount = _quantity(spot, entry.p_max, "p_max")
    if amount.unit not in ("", "share", "%"):
        raise spot.fault(f"p_max: expected a share such as 0.1 or 10 %, got {entry.p_max!r}", "p_max")
    share = amount.value / 100 if amount.unit == "%" else amount.value
    if not 0 < share <= 1:
        raise spot.fault(f"p_max: expected more than 0 and at most 1 (or 100 %), got {entry.p_max!r}", "p_max")
    return share


def _every(spot: Spot, entry: LimitEntry, row: Effect, options: Mapping[str, Any]) -> tuple[float | None, str]:
    """Return the angle around whose multiples a range holds, and the option that says it; (None, "") without one."""
    if entry.every is None:
        return None, ""
    if entry.allow is not None:
        raise spot.fault("every: a range holds around each turn; write it with max or range, not allow", "every")
    if (row.lowest, row.highest) != (-180.0, 180.0):
        raise spot.fault(f"every: {row.name} does not come round; only turns do, such as rotation", "every")
    if entry.every == SYMMETRY and SYMMETRY in options:
        return every_degrees(str(options[SYMMETRY])), SYMMETRY
    angle = _quantity(spot, entry.every, "every")
    turns = 360 / angle.value if angle.value > 0 else 0.0
    if angle.unit not in ("", "deg") or turns < 1 or abs(turns - round(turns)) > 1e-6:
        message = f"every: expected an angle that goes into 360 deg, such as 60 deg, or symmetry; got {entry.every!r}"
        raise spot.fault(message, "every")
    return 360 / round(turns), ""


def _quantity(spot: Spot, written: Amount, *where: str | int) -> Quantity:
    try:
        return parse_quantity(written)
    except ValueError as error:
        raise spot.fault(f"{where[0]}: {error}", *where) from None


def _ends(spot: Spot, entry: LimitEntry, row: Effect, frame: Frame) -> tuple[float | None, float | None, str]:
    """Return low, high and unit; None for an end that is the effect's own."""
    forms = [key for key in ("allow", "max", "min", "range") if getattr(entry, key) is not None]
    if len(forms) != 1:
        got = " and ".join(forms) if forms else "none of them"
        raise spot.fault(f"{entry.code} needs exactly one of allow, max, min and range, got {got}", "code")
    form = forms[0]
    if form == "allow":
        return None, None, ""
    if row.is_flag:
        message = f"{row.name} happens or does not: write allow: never, or allow: any (with p_max for how often)"
        raise spot.fault(message, form, key=True)
    low, high = _written_ends(spot, entry, row, form)
    unit = low.unit if low is not None and low.unit else high.unit if high is not None else ""
    for end in (low, high):
        if end is not None and end.value != 0 and end.unit != unit:
            raise spot.fault(f"{form}: both ends need the same unit, got {low} and {high}", form)
    low_value, high_value = (None if end is None else end.value for end in (low, high))
    _check_ends(spot, row, form, (low_value, high_value, unit), frame)
    return low_value, high_value, unit


def _written_ends(spot: Spot, entry: LimitEntry, row: Effect, form: str) -> tuple[Quantity | None, Quantity | None]:
    if form == "range":
        assert entry.range is not None
        low, high = (_quantity(spot, end, "range", i) for i, end in enumerate(entry.range))
        return low, high
    written = getattr(entry, form)
    amount = _quantity(spot, written, form)
    if form == "min":
        if row.highest > row.neutral:
            raise spot.fault(f"min: {row.name} can go both ways from {row.neutral:g}; write range: [low, high]", form)
        return amount, None
    if row.lowest >= row.neutral:
        return None, amount
    if row.neutral != 0:
        example = "range: [0.85, 1.15]" if row.highest > row.neutral else "min: 90 %"
        raise spot.fault(f"max: {row.name} is a factor around {row.neutral:g}; write for example {example}", form)
    if amount.value < 0:
        raise spot.fault(f"max: the largest size either way, so not below 0; got {written!r}", form)
    return Quantity(-amount.value, amount.unit), amount


def _check_ends(spot: Spot, row: Effect, form: str, ends: tuple[float | None, float | None, str], frame: Frame) -> None:
    unit = ends[2]
    in_own: list[float] = []
    for value, outermost in ((ends[0], row.lowest), (ends[1], row.highest)):
        try:
            in_own.append(outermost if value is None else to_effect_unit(value, unit, row, frame))
        except ProfileError as error:
            raise spot.fault(str(error), form) from None
    low, high = in_own
    if unit == "" and row.unit == "share" and max(abs(x) for x in in_own if math.isfinite(x)) > 1:
        largest = max((x for x in ends[:2] if x is not None), key=abs)
        message = f"{form}: {largest:g} for {row.name} is {largest:g} times the whole; did you mean {largest:g} %?"
        raise spot.fault(message, form)
    if low > high:
        raise spot.fault(f"{form}: the low end {low:g} lies above the high end {high:g}", form)
    if low < row.lowest - 1e-9 or high > row.highest + 1e-9:
        legal = f"{row.lowest:g} to {row.highest:g} {row.unit}"
        raise spot.fault(f"{form}: {row.name} goes from {legal}, got {low:g} to {high:g}", form)
    if not low <= row.neutral <= high:
        message = (
            f"{form}: {low:g} to {high:g} {row.unit} leaves out {row.neutral:g}, "
            f"which is an image left alone; legal units: {', '.join(convertible(row))}"
        )
        raise spot.fault(message, form)
