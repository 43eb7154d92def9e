"""How often a step breaks a rule: its parameters are drawn, without pixels, and the draws beyond are counted.

What a step declares is the ends of what it can do. How often it gets there is another matter: the corners of
a perspective are normal, a product of two draws seldom reaches its end, a choice of eight is not a range. So
where a rule is broken the step's parameters are drawn, each draw is read as the record of an image reads it,
and the draws are held against the limit. The pictures drawn for have the size of the frame and no content.
"""

from __future__ import annotations

import copy
import math
import random
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug._albumentations.leaves import draw
from domainaug._albumentations.streams import Streams
from domainaug.check.judge import Breach, Look, slack
from domainaug.declare import drawn
from domainaug.effects import EFFECTS, Effect, Interval
from domainaug.functionals import LEVELS, decompose, tone_effects
from domainaug.generators import Frame, Generators
from domainaug.turns import Islands

__all__ = ["share_of_draws", "witnessed"]

Array = NDArray[np.float64]
Ends = Mapping[str, Array]

_FEW, _MANY = 64, 200
_SEED = 20_07  # any number: the same pipeline is told the same percentages

_BY_SHARES = {
    "AdditiveNoise", "GaussNoise", "GridDistortion", "OpticalDistortion", "PixelDropout", "PlasmaShadow",
    "SaltAndPepper", "ThinPlateSpline",
}  # fmt: skip
"""What draws a field over the picture from numbers that do not count pixels: a small picture tells as much."""

_SMALL = 64  # px, the longer side of it
_TOO_DEAR = {"ElasticTransform", "PiecewiseAffine"}  # fields from pixels, up to seconds a draw


def witnessed(look: Look, found: Iterable[Breach], frame: Frame) -> Iterator[Breach]:
    """Yield the breaches of one step with how often each happens counted in draws of its parameters.

    A breach keeps its estimate, marked as one, where draws cannot be made or say no more than the declaration;
    and a count in which some draw is known only by its bounds is marked too. What no draw shows, though the
    step can do it, happens less often than once in as many draws. An effect that was held to happen too often
    and by count does not is left out.

    Args:
        look: The step; never changed, nor are the global random states.
        found: The rules it breaks.
        frame: The frame it was declared for.
    """
    found = list(found)
    draws = _Draws.of(look, frame) if any(breach.about for breach in found) else None
    for breach in found:
        counted = draws.count(breach) if draws is not None and breach.about else None
        if counted is None:
            yield breach
            continue
        share, about = counted
        probability = look.probability * share
        if not breach.too_often or probability > (breach.limit.p_max or 0.0):
            yield replace(breach, probability=probability, about=about)


def share_of_draws(look: Look, name: str, frame: Frame) -> float | None:
    """Return the share of draws in which a step shows an effect at all, or None when draws do not tell."""
    draws = _Draws.of(look, frame)
    row = EFFECTS[name]
    return None if draws is None else draws.share(row, row.still.widened(row.absent), 0.0)[0]


class _Even(random.Random):
    """Chance whose n-th number of a draw is spread evenly over draws: Latin hypercubes (McKay et al. 1979).

    Few draws then say what many would, and each by itself is as likely as ever.
    """

    def __init__(self, seed: int) -> None:
        self._orders: dict[tuple[int, int], list[int]] = {}
        self._shuffled = np.random.default_rng(seed)
        self.begin(0)
        super().__init__(seed)

    def begin(self, draw: int) -> None:
        """Go on with the draw of this number."""
        self._first, self._count = (0, _FEW) if draw < _FEW else (_FEW, _MANY - _FEW)
        self._draw, self._asked = draw - self._first, 0

    def random(self) -> float:
        """Return a number in [0, 1); everything else that can be asked for is made of these."""
        key = self._first, self._asked
        if key not in self._orders:
            self._orders[key] = self._shuffled.permutation(self._count).tolist()
        self._asked += 1
        return (self._orders[key][self._draw] + super().random()) / self._count


class _Draws:
    """Draws of one step, made as they are asked for."""

    def __init__(self, look: Look, frame: Frame, probe: A.BasicTransform) -> None:
        self._look, self._frame, self._probe = look, frame, probe
        self._chance = _Even(_SEED)
        probe.set_random_state(Streams((_SEED,)).at(look.path).generator, self._chance)
        self._picture = _picture(probe, frame)
        self._made: list[Generators] = []
        self._ends: dict[int, Ends] = {}

    @classmethod
    def of(cls, look: Look, frame: Frame) -> _Draws | None:
        """Make the first draw, on a copy with a random stream of its own; None where draws tell nothing."""
        step = look.transform
        if not isinstance(step, A.BasicTransform) or isinstance(step, A.Transform3D):
            return None
        if look.content or look.declared is None or type(step).__name__ in _TOO_DEAR:
            return None
        try:
            draws = cls(look, frame, copy.deepcopy(step))
            draws._draw(1)
        except Exception:  # it needs a label, a picture, a step that can be copied: the estimate has to do
            return None
        first = draws._made[0]
        tells = first.exact or any(
            interval != look.declared.get(name) for name, interval in first.present(frame).items()
        )
        return draws if tells else None

    def count(self, breach: Breach) -> tuple[float, bool] | None:
        """Return the share of draws beyond a limit, and whether it is only about so; None where drawing fails."""
        row = breach.effect
        allowed, by = breach.allowed, slack(row, breach.allowed, declared=True)
        if breach.too_often:
            allowed, by = row.still.widened(row.absent), 0.0
        try:
            # what no draw speaks of may be something that draws do not tell
            return self.share(row, allowed, by) if row.name in self._read(_FEW) else None
        except Exception:
            return None

    def share(self, row: Effect, allowed: Interval, by: float) -> tuple[float, bool]:
        """Return the share of draws beyond `allowed` by more than `by`, and whether it is only about so."""
        share, about = self._share(_FEW, row, allowed, by)
        if share == 0:  # rare, and worth another look
            share, about = self._share(_MANY, row, allowed, by)
        return share or 0.5 / _MANY, about

    @staticmethod
    def _share_apart(row: Effect, allowed: Interval, low: Array, high: Array) -> tuple[float, bool]:
        """Return the same for a limit with gaps: a draw is one angle, or beyond where its angles do not all fit."""
        shows = (np.abs(low - row.neutral) > row.absent) | (np.abs(high - row.neutral) > row.absent)
        fits = [Interval(*ends) in allowed for ends in zip(low.tolist(), high.tolist(), strict=True)]
        return float((shows & ~np.array(fits)).mean()), bool((high > low).any())

    def _share(self, count: int, row: Effect, allowed: Interval, by: float) -> tuple[float, bool]:
        low, high = self._read(count).get(row.name, np.full((count, 2), row.neutral)).T
        if isinstance(allowed, Islands):
            return self._share_apart(row, allowed.widened(by), low, high)
        below = (low < allowed.low - by) & (np.abs(low - row.neutral) > row.absent)
        above = (high > allowed.high + by) & (np.abs(high - row.neutral) > row.absent)
        outside = np.maximum(allowed.low - low, 0) * below + np.maximum(high - allowed.high, 0) * above
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.where((high > low) & np.isfinite(high - low), outside / (high - low), 1.0)
        shares = np.where(below | above, np.minimum(part, 1.0), 0.0)
        exact = all(one.exact for one in self._made[:count])
        return float(shares.mean()), not exact or bool(((shares > 0) & (shares < 1)).any())

    def _read(self, count: int) -> Ends:
        if count not in self._ends:
            self._draw(count)
            self._ends[count] = _read(self._made[:count], self._frame)
        return self._ends[count]

    def _draw(self, count: int) -> None:
        data = {
            "image": self._picture,
            "value_range": (self._frame.low, self._frame.high),
            "spacing": self._frame.spacing,
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            while len(self._made) < count:
                self._chance.begin(len(self._made))
                made = drawn(self._probe, draw(self._probe, data), self._frame, top=1.0)
                if made is None:
                    raise ValueError("nobody can read its draws")
                self._made.append(made)


def _picture(probe: A.BasicTransform, frame: Frame) -> NDArray[np.float32]:
    """Return zeros that take the room of a single one, in the size of the frame."""
    side = max(frame.height, frame.width)
    shrink = min(1.0, _SMALL / side) if type(probe).__name__ in _BY_SHARES else 1.0
    shape = tuple(max(1, math.ceil(length * shrink)) for length in (frame.height, frame.width))
    return np.broadcast_to(np.zeros((), np.float32), shape if frame.channels == 1 else (*shape, frame.channels))


def _read(draws: Sequence[Generators], frame: Frame) -> Ends:
    """Return the ends (n, 2) of each effect over draws: what `Generators.effects` says of each, read all at once."""
    if any(len(one.maps) > 1 or len(one.curves) > 1 for one in draws):
        ranges = [one.effects(frame) for one in draws]
        names = {name for one in ranges for name in one}
        return {name: _ends([one.get(name, EFFECTS[name].still) for one in ranges]) for name in names}
    maps, curves = (np.concatenate([getattr(one, kind) for one in draws]) for kind in ("maps", "curves"))
    read = {} if (maps == np.eye(3)).all() else decompose(maps, aspect=frame.aspect)
    if not (curves == LEVELS).all():
        read |= tone_effects(curves)
    found = {name: np.stack([column, column], axis=1) for name, column in read.items()}
    for name in {name for one in draws for name in one.ranges}:
        row = EFFECTS[name]
        told = [one.ranges.get(name, row.still) for one in draws]
        if name in found:
            told = [row.then(Interval(*ends), more) for ends, more in zip(found[name], told, strict=True)]
        found[name] = _ends(told)
    return found


def _ends(intervals: Iterable[Interval]) -> Array:
    return np.array([(one.low, one.high) for one in intervals])
