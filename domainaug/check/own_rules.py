"""What the check finds besides the limits of a profile: its own codes (see `codes`)."""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from domainaug._albumentations import A
from domainaug.check.codes import own
from domainaug.check.finding import Finding
from domainaug.check.judge import Look, concerns, open_effects
from domainaug.check.wording import quantity
from domainaug.declare import Leaf
from domainaug.effects import EFFECTS
from domainaug.errors import nearest
from domainaug.generators import Frame
from domainaug.profile.model import Profile
from domainaug.profile.units import assumptions

__all__ = ["assumed", "on_content", "one_stream", "unknown_arguments", "unspoken", "unused_waivers", "value_range"]


def unknown_arguments(leaf: Leaf) -> Iterator[Finding]:
    """Yield arguments that albumentations ignored when the transform was made (DA101)."""
    given = getattr(leaf.transform, "invalid_args", None) or ()
    legal = [name for name in inspect.signature(type(leaf.transform)).parameters if name not in {"args", "kwargs"}]
    for name in given:
        close = nearest(str(name), legal)
        hint = f"did you mean {close!r}?" if close else "it has " + ", ".join(legal)
        yield own(
            "DA101",
            f"{type(leaf.transform).__name__} has no argument {str(name)!r}, which is ignored; {hint}",
            where=leaf.name,
            path=leaf.path,
        )


def unspoken(looks: Sequence[Look], profile: Profile, frame: Frame) -> Iterator[Finding]:
    """Yield effects that happen and that the profile says nothing about (DA102), each once."""
    spoken = {limit.effect.name for limit in profile.limits}
    told: set[str] = set()
    for look in looks:
        ranges = {**(look.seen.ranges if look.seen is not None else {}), **(look.declared or {})}
        for name, row in EFFECTS.items():
            if name in ranges and name not in spoken and name not in told and concerns(row, frame):
                told.add(name)
                found = f"{name} {quantity(row, ranges[name])}; {profile.id} has no limit for it"
                yield own("DA102", found, where=look.where, path=look.path, effect=name)


def on_content(look: Look, profile: Profile, frame: Frame) -> Iterator[Finding]:
    """Yield one finding for effects without a bound that stayed inside the limits where looked at (DA111)."""
    if look.seen is None:
        return
    bound = [
        name
        for name in open_effects(look)
        if concerns(EFFECTS[name], frame) and any(limit.allow != "any" for limit in profile.in_force(name))
    ]
    if not bound:
        return
    seen = [f"{name} {quantity(EFFECTS[name], look.seen.ranges[name])}" for name in bound if name in look.seen.ranges]
    told = "; seen on the pictures looked at: " + (", ".join(seen) if seen else "nothing")
    yield own("DA111", f"may do anything to {', '.join(bound)}{told}", where=look.where, path=look.path)


def one_stream(pipeline: Any, leaves: Sequence[Leaf]) -> Iterator[Finding]:
    """Yield the fault of a seeded Compose: all its steps draw the same numbers (DA106)."""
    if not isinstance(pipeline, A.Compose) or _is_ours(pipeline) or getattr(pipeline, "seed", None) is None:
        return
    if len(leaves) > 1:
        yield own(
            "DA106",
            f"{type(pipeline).__name__}(seed={pipeline.seed}) gives its {len(leaves)} steps one random stream",
        )


def _is_ours(pipeline: Any) -> bool:
    return any(cls.__module__.partition(".")[0] == "domainaug" for cls in type(pipeline).__mro__)


def value_range(pipeline: Any, leaves: Sequence[Leaf], frame: Frame) -> Iterator[Finding]:
    """Yield steps that cannot take the values or channels of the field's images (DA109, DA112).

    Each step that albumentations brings is run once, on a copy, on a small picture of the field's range.
    Our Pipeline takes such steps through [0, 1] and back, so there is nothing to find in it.
    """
    if _is_ours(pipeline):
        return
    fits = frame.low >= 0 and frame.high <= 255
    if fits and frame.channels in (1, 3):
        return
    picture = _small_picture(frame)
    kind = f"{frame.channels}-channel values of {frame.low:g} to {frame.high:g} {frame.unit}"
    clipped: list[Leaf] = []
    for leaf in leaves:
        if not isinstance(leaf.transform, A.ImageOnlyTransform) or not _is_stock(leaf.transform):
            continue
        out = _run(leaf.transform, picture)
        if out is None:
            yield own("DA112", f"cannot run on {kind}", where=leaf.name, path=leaf.path)
        elif not fits and out.size and out.min() >= 0 and out.max() <= 1:
            clipped.append(leaf)
    if clipped:
        names = ", ".join(
            f"{leaf.name} (step {'.'.join(map(str, leaf.path))})" if leaf.path else leaf.name for leaf in clipped
        )
        alone = clipped[0] if len(clipped) == 1 else None
        yield own(
            "DA109",
            f"{names}: {kind} are clipped to [0, 1]",
            where=alone.name if alone else "",
            path=alone.path if alone else (),
        )


def _is_stock(transform: Any) -> bool:
    return type(transform).__module__.partition(".")[0] == "albumentations"


def _small_picture(frame: Frame) -> np.ndarray[Any, Any]:
    random = np.random.default_rng(0)
    shape = (64, 64) if frame.channels == 1 else (64, 64, frame.channels)
    return random.uniform(frame.low, frame.high, shape).astype(np.float32)


def _run(transform: Any, picture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    try:
        probe = copy.deepcopy(transform)
        probe.p = 1.0
        probe.set_random_seed(0)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return np.asarray(probe(image=picture.copy())["image"])
    except Exception:
        return None


def assumed(looks: Sequence[Look], profile: Profile, frame: Frame) -> Iterator[Finding]:
    """Yield what limits were judged with that nobody told the check (DA110), each sentence once."""
    names = {name for look in looks for name in (*(look.declared or ()), *(look.seen.ranges if look.seen else ()))}
    told: dict[str, list[str]] = {}
    for limit in profile.limits:
        if limit.effect.name in names and limit in profile.in_force(limit.effect.name):
            sentence = assumptions(limit, frame)
            if sentence:
                told.setdefault(sentence.replace(limit.code, "{}"), []).append(limit.code)
    for sentence, codes in told.items():
        yield own("DA110", sentence.replace("{}", ", ".join(dict.fromkeys(codes))))


def unused_waivers(waivers: Mapping[str, str], used: set[str]) -> Iterator[Finding]:
    """Yield waivers of codes that nothing broke (DA107)."""
    for code, reason in waivers.items():
        if code not in used:
            yield own("DA107", f"the waiver of {code} ({reason}) is not used")
