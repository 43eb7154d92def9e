"""What one call drew and did, small enough to keep for every output."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np

from domainaug._albumentations import A
from domainaug.effects import EFFECTS, MOVING, EffectRanges, Interval
from domainaug.generators import Frame, Generators, present, read_together
from domainaug.pipeline.clock import Draw

__all__ = ["Applied", "Log", "moves", "small"]

_SETTINGS = frozenset(("shape", "interpolation", "mask_interpolation", "fill", "fill_mask", "border_mode"))
_FEW = 16  # arrays up to this size are told whole
_ROUNDING = 1e-6  # what lies nearer to neutral is how numbers are rounded, and moves nothing
_FAINTEST = 0.01  # of what counts: less changes hardly a pixel of 12 bits, and may be how curves are sampled


@dataclass(frozen=True, slots=True)
class Applied:
    """One step that was applied.

    Attributes:
        leaf: The transform.
        path: Where it sits.
        params: What it drew.
        frame: The picture it worked on.
        moves: Whether its kind moves pixels; told when nobody declares what it does.
        top: The brightest value of what it was given: 1 for shares of the range.
    """

    leaf: Any
    path: tuple[int, ...]
    params: Mapping[str, Any]
    frame: Frame
    moves: bool
    top: float


@dataclass(slots=True)
class Log:
    """Everything noted during a call; turned into a record when somebody asks.

    Attributes:
        draw: What the chance of the call depended on.
        applied: The steps, in order.
        value_range: What values meant, or None.
        fill: The value outside the picture, or None.
        clipped: Values of the input outside the range, clipped before a pixel transform.
        saturated: Values at an end of the range that were not there before.
        quantized: Transforms that took a finer picture through eight bits.
        vanished: What labels are gone, by target.
        cut: What labels the frame cut, by target.
        added: How many labels steps put beside those that came in, by target.
        relabeled: What the call now says of a picture without labels, by name.
    """

    draw: Draw
    applied: list[Applied] = field(default_factory=list)
    value_range: tuple[float, float] | None = None
    fill: float | None = None
    clipped: int = 0
    saturated: int = 0
    quantized: list[str] = field(default_factory=list)
    vanished: dict[str, list[Any]] = field(default_factory=dict)
    cut: dict[str, list[Any]] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    relabeled: dict[str, Any] = field(default_factory=dict)

    def as_record(self) -> dict[str, Any]:
        """Return the record: dicts, lists, strings, numbers, None, fit for JSON.

        "effects" are those that count; "faint" holds, where there are any, those that happened and lie below
        what counts. Content "moved" however little it did.
        """
        drawn = [_drawn(applied) for applied in self.applied]
        whole = Generators.nothing()
        for did in drawn:
            whole = whole if did is None else whole.then(did)
        own = [(did or Generators.nothing(), applied.frame) for did, applied in zip(drawn, self.applied, strict=True)]
        *alone, together = read_together([*own, (whole, self.applied[0].frame if self.applied else None)])
        counts = present(together)
        faint = {name: far for name, far in _away(together, _FAINTEST).items() if name not in counts}
        steps = [_step(*each) for each in zip(self.applied, drawn, alone, strict=True)]
        unknown = [step["transform"] for step, did in zip(steps, drawn, strict=True) if did is None]
        record: dict[str, Any] = {
            "seed": self.draw.seed,
            "key": self.draw.key,
            "copy": self.draw.copy,
            "steps": steps,
            "effects": _told(counts),
            "exact": all(step["exact"] for step in steps),
            "moved": any(map(_moved, self.applied, drawn, alone)),
            "value_range": None if self.value_range is None else list(self.value_range),
            "fill": self.fill,
            "clipped": self.clipped,
            "saturated": self.saturated,
            "labels": {"vanished": small(self.vanished), "clipped": small(self.cut)},
        }
        if self.added:
            record["labels"]["added"] = small(self.added)
        if self.relabeled:
            record["labels"]["relabeled"] = small(self.relabeled)
        if self.draw.key is None:
            record["worker"], record["count"] = list(self.draw.worker), self.draw.count
        if faint:
            record["faint"] = _told(faint)
        if unknown:
            record["undeclared"] = unknown
        if self.quantized:
            record["quantized"] = self.quantized
        return record


def _drawn(applied: Applied) -> Generators | None:
    from domainaug.declare import drawn

    if not isinstance(applied.leaf, A.BasicTransform):
        return None
    return drawn(applied.leaf, applied.params, applied.frame, top=applied.top)


def moves(applied: Applied) -> bool:
    """Return whether content left its place in a step, however little."""
    did = _drawn(applied)
    (effects,) = read_together([(did or Generators.nothing(), applied.frame)])
    return _moved(applied, did, effects)


def _moved(applied: Applied, did: Generators | None, effects: EffectRanges) -> bool:
    """Whether content left its place, however little; told by the kind of a step where nobody declares it."""
    return applied.moves if did is None else bool(MOVING.intersection(_away(effects)))


def _step(applied: Applied, did: Generators | None, effects: EffectRanges) -> dict[str, Any]:
    return {
        "transform": type(applied.leaf).__name__,
        "path": list(applied.path),
        "params": {str(name): small(value) for name, value in applied.params.items() if name not in _SETTINGS},
        "effects": {} if did is None else _told(present(effects)),
        "exact": did is not None and did.exact,
    }


def _away(ranges: EffectRanges, share: float = 0.0) -> dict[str, Interval]:
    """The effects that are or may be away from neutral, by more than a share of what counts."""
    away = {}
    for name, interval in ranges.items():
        row = EFFECTS[name]
        if max(row.neutral - interval.low, interval.high - row.neutral) > max(_ROUNDING, share * row.absent):
            away[name] = interval
    return away


def _told(ranges: EffectRanges) -> dict[str, Any]:
    return {name: _ends(name, interval) for name, interval in ranges.items()}


def _ends(name: str, interval: Interval) -> Any:
    """A number where both ends are one, else both; an end without a bound is None."""
    low, high = (round(end, 6) if np.isfinite(end) else None for end in (interval.low, interval.high))
    if EFFECTS[name].is_flag and interval.low == interval.high:
        return int(interval.low)
    return low if low == high and low is not None else [low, high]


def small(value: Any) -> Any:
    """Return `value` as JSON can hold it; large arrays are told by shape, type and hash."""
    if isinstance(value, np.ndarray):
        if value.size <= _FEW and value.dtype.kind in "buif":
            return small(value.tolist())
        digest = hashlib.sha256(np.ascontiguousarray(value).view(np.uint8).data if value.size else b"").hexdigest()
        return {"shape": list(value.shape), "dtype": str(value.dtype), "sha256": digest}
    if isinstance(value, np.generic):
        return small(value.item())
    if isinstance(value, Mapping):
        return {str(key): small(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        if len(value) > 4 * _FEW:
            return {"count": len(value), "sha256": hashlib.sha256(repr(value).encode()).hexdigest()}
        return [small(entry) for entry in value]
    if isinstance(value, Enum):
        return small(value.value)
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else type(value).__name__
