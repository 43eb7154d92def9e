"""A profile of one's own from what reviews showed: it extends the run's, and only tightens."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq

from domainaug.effects import EFFECTS
from domainaug.errors import DomainAugError, OutputError, ProfileError
from domainaug.profile import Evidence, Limit, Profile, cite, load_profile
from domainaug.profile.catalogue import in_catalogue
from domainaug.profile.part_rules import without_part
from domainaug.profile.units import VALUES
from domainaug.review.thresholds import Threshold
from domainaug.run.plan import relative
from domainaug.run.publish import temporary_beside

__all__ = ["Derived", "Provenance", "write_derived"]

_FIRST_CODE = 101
_UNBOUNDED = 1000.0  # stands for no bound of a factor: a file holds numbers only


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a derived profile comes from.

    Attributes:
        run: Id of the run that was reviewed.
        judged: Copies that were judged.
        rejected: How many of them were rejected.
        reviewers: Who judged.
        date: When the profile was made, as the caller says it.
    """

    run: str
    judged: int
    rejected: int
    reviewers: tuple[str, ...]
    date: str

    def __str__(self) -> str:
        who = ", ".join(self.reviewers)
        return f"review of run {self.run}, {self.judged} judged and {self.rejected} rejected, by {who}, {self.date}"


@dataclass(frozen=True, slots=True)
class Derived:
    """A profile that was written.

    Attributes:
        path: The file.
        profile: The profile, loaded from it.
        written: Limits it sets, in words.
        left_out: Limits it does not set, and why.
        narrowed: How the inherited recipe is narrowed to them.
    """

    path: Path
    profile: Profile
    written: tuple[str, ...]
    left_out: tuple[str, ...]
    narrowed: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data; without the path, which the caller knows."""
        told = {"id": self.profile.id, "extends": list(self.profile.parents[:1]), "written": list(self.written)}
        return {**told, "left_out": list(self.left_out), "narrowed": list(self.narrowed)}


def write_derived(
    path: Path | str,
    parent: Profile,
    thresholds: Sequence[Threshold],
    provenance: Provenance,
    *,
    name: str | None = None,
    span: float | None = None,
) -> Derived:
    """Write a profile that extends `parent` and sets the limits that a review showed, and load it.

    Args:
        path: A new YAML file.
        parent: The profile of the run, with its options.
        thresholds: The limits, as `tighten` found them; several on one effect hold together.
        provenance: What the file says of where it comes from.
        name: Its id; that of the parent with "-reviewed" by default.
        span: From the lowest to the highest value that pixels of the run can have, which limits in HU need.

    Raises:
        DomainAugError: No limit can be written; says why of each. Or the file is there already.
        OutputError: The file cannot be written.
        ProfileError: The recipe cannot be narrowed to a limit.
    """
    path = Path(path)
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise DomainAugError(f"{path.name}: a profile is a YAML file; give it a name that ends in .yaml")
    if path.exists():
        raise OutputError(f"{path}: there is such a file already; choose another name")
    if parent.path is None:
        raise DomainAugError(f"{parent.id} was made in memory; a profile extends one that is in a file")
    desk = _Desk(path, provenance, span)
    rules = list(desk.rules(parent, thresholds))
    entries = [entry for rule in rules for entry in rule.entries]
    left_out = tuple(f"{rule.words}: {rule.fault}" for rule in rules if rule.fault)
    if not entries:
        why = "; ".join(left_out) or "the verdicts show none"
        raise DomainAugError(f"{parent.id}: no limit can be set ({why})")
    document = {
        "id": name or f"{parent.id}-reviewed",
        "version": "1.0.0",
        "title": f"{parent.title}, tightened by review",
        "description": f"Limits moved by what a review showed: {provenance}.",
        "extends": parent.id if in_catalogue(parent.path) else relative(parent.path, path.parent),
        **_vouched(parent),
        "limits": entries,
    }
    profile, narrowed = _put(path, document)
    return Derived(path, profile, tuple(rule.words for rule in rules if not rule.fault), left_out, narrowed)


@dataclass(frozen=True, slots=True)
class _Rule:
    """What becomes of the limits on one effect: entries of the file, or why there are none."""

    words: str
    entries: tuple[dict[str, Any], ...] = ()
    fault: str = ""


class _CannotSay(Exception):
    """A limit that cannot be written in the words of its parent's rule."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """Writes rules: for one file, from one review."""

    path: Path
    provenance: Provenance
    span: float | None

    def rules(self, parent: Profile, thresholds: Sequence[Threshold]) -> Iterator[_Rule]:
        """Yield what becomes of the limits on each effect."""
        new, own = _FIRST_CODE, without_part(parent.limits)  # what follows from a part follows from it again
        for effect in dict.fromkeys(one.effect for one in thresholds):
            found = [one for one in thresholds if one.effect == effect]
            words, told = " and ".join(one.words for one in found), _told(found)
            binding = [limit for limit in parent.in_force(effect) if limit in own]
            if not binding:
                fresh = _fresh(parent, effect, f"REV{new}", told)
                new += 1
                yield _Rule(words, (self._entry(fresh, found, told),))
                continue
            codes = {limit.code for limit in binding}
            # A rule takes the place of all of its parent's with its code, also of those that hold under other options.
            siblings = [one for one in own if one.effect.name == effect and one.code in codes]
            try:
                entries = [self._entry(one, found if one in binding else (), told) for one in siblings]
            except _CannotSay as error:
                yield _Rule(words, fault=str(error))
            else:
                yield _Rule(words, tuple(entries))

    def _entry(self, limit: Limit, thresholds: Sequence[Threshold], told: str) -> dict[str, Any]:
        """Return a rule of the parent as an entry of the file, tightened to thresholds."""
        entry: dict[str, Any] = {"effect": limit.effect.name, "code": limit.code, **self._bound(limit, thresholds)}
        if limit.every_by or limit.every:
            entry["every"] = limit.every_by or f"{limit.every:g} deg"
        if limit.p_max is not None and entry.get("allow") != "never":
            entry["p_max"] = limit.p_max
        for key, condition in (("unless", limit.unless), ("when", limit.when)):
            if condition is not None:
                entry[key] = {name: list(values) for name, values in condition.items()}
        if limit.severity != "error":
            entry["severity"] = limit.severity
        entry["reason"] = limit.reason
        own = [{"strength": "opinion", "note": f"{self.provenance}: {told}"}] if thresholds else []
        inherited = [one for one in self._sources(limit.evidence) if len(one) > 1]
        entry["evidence"] = own + inherited or [{"strength": "opinion"}]
        against = [
            {key: value for key, value in one.items() if key != "strength"}
            for one in self._sources(limit.counter_evidence)
        ]
        return {**entry, **({"counter_evidence": against} if against else {})}

    def _bound(self, limit: Limit, thresholds: Sequence[Threshold]) -> dict[str, Any]:
        """Return the form of a limit and its ends, in the unit of the parent's rule."""
        row = limit.effect
        if limit.allow == "never" or (row.is_flag and thresholds):
            return {"allow": "never"}
        if not thresholds and limit.allow == "any":
            return {"allow": "any"}
        if thresholds and limit.every is not None:
            raise _CannotSay(f"{limit.code} holds around every {limit.every:g} deg, and the review counts from 0")
        factor = self._factor(limit) if thresholds else 1.0
        low = max([_end(limit.low, -math.inf), *(one.range[0] / factor for one in thresholds)])
        high = min([_end(limit.high, math.inf), *(one.range[1] / factor for one in thresholds)])
        unit = limit.unit or ("" if row.unit in ("share", "exponent") else row.unit)
        if row.lowest >= row.neutral:
            return {"max": _amount(high, unit)}
        if row.highest <= row.neutral:
            return {"min": _amount(low, unit)}
        outer = (max(low, row.lowest / factor), min(high, row.highest / factor))
        ends = CommentedSeq(_amount(end, unit) for end in outer)
        ends.fa.set_flow_style()
        return {"range": ends}

    def _factor(self, limit: Limit) -> float:
        """Return what one of the parent's unit is in the effect's, as far as that is the same for every picture."""
        row, unit = limit.effect, limit.unit
        if unit in ("", row.unit):
            return 1.0
        if unit == "%" and row.unit in ("share", "x"):
            return 0.01
        if unit in ("HU", "level") and row.name in VALUES:
            if self.span is None:
                raise _CannotSay(f"{limit.code} is in {unit}, and the value range is not the same for all copies")
            return 1 / self.span
        raise _CannotSay(f"{limit.code} is in {unit}, the review counts {row.unit} of pictures of any pixel spacing")

    def _sources(self, evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
        """Return what is cited, as entries; what a file in another folder cites and this one cannot is left out."""
        entries = []
        for one in evidence:
            if one.cite:
                try:
                    cite(one.cite, beside=self.path)
                except ProfileError:
                    continue
            told = {"cite": one.cite, "strength": one.strength, "note": one.note}
            entries.append({key: value for key, value in told.items() if value})
        return entries


def _fresh(parent: Profile, effect: str, code: str, told: str) -> Limit:
    """Return a rule for an effect that no rule binds: beside one that options lift, it holds under these options."""
    lifted = next((one for one in parent.limits if one.effect.name == effect and one.unless), None)
    when = None if lifted is None else {name: (parent.options[name],) for name in lifted.unless or ()}
    return Limit(EFFECTS[effect], code, "any", reason=f"A review rejected copies beyond this: {told}.", when=when)


def _end(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _amount(value: float, unit: str) -> str | float:
    value = float(f"{min(value, _UNBOUNDED):.12g}")
    return f"{value:.12g} {unit}" if unit else value


def _told(thresholds: Sequence[Threshold]) -> str:
    return "; ".join(f"{one.words}, beyond it {one.beyond} were rejected, within {one.within}" for one in thresholds)


def _vouched(parent: Profile) -> Mapping[str, Any]:
    """Return the options and waivers of the run that the parent's file does not have by itself."""
    assert parent.path is not None
    plain = load_profile(parent.path)
    options = {name: value for name, value in parent.options.items() if plain.options.get(name) != value}
    waivers = {code: why for code, why in parent.waivers.items() if code not in plain.waivers}
    return {**({"options": options} if options else {}), **({"waive": waivers} if waivers else {})}


def _put(path: Path, document: Mapping[str, Any]) -> tuple[Profile, tuple[str, ...]]:
    """Write the file, once what it says can be loaded and composed."""
    yaml, text = YAML(), io.StringIO()
    yaml.width = 110
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(dict(document), text)
    trial = temporary_beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        trial.write_text(text.getvalue(), encoding="utf-8")
        loaded = load_profile(trial)
        narrowed = loaded.compose(seed=0).narrowed if loaded.recipe else ()
        os.replace(trial, path)  # noqa: PTH105 - one name to inject faults at
    except OSError as error:
        if isinstance(error, DomainAugError):
            raise
        raise OutputError(f"{path}: the profile cannot be written: {error.strerror or error}") from error
    finally:
        trial.unlink(missing_ok=True)
    return load_profile(path), narrowed
