"""What a finding looks like: the step it blames, run on a picture until it has done its worst."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug.check.finding import Finding
from domainaug.check.settle import remake
from domainaug.effects import EFFECTS
from domainaug.errors import DomainAugError, ImageError
from domainaug.generators import Frame

__all__ = ["Pictured", "pictured"]

Array = NDArray[Any]

_DRAWS = 16
_SEED = 1


@dataclass(frozen=True, slots=True, eq=False)
class Pictured:
    """What a finding looks like on one picture.

    Attributes:
        done: The picture as the step leaves it, in the draw that goes furthest; of the picture's type.
        far: How far the effect went in that draw, in its unit; None where nothing tells.
        mended: The same after the fix, in the draw that goes furthest then; None without a fix that clamps.
    """

    done: Array
    far: float | None
    mended: Array | None = None


def pictured(
    target: Any, finding: Finding, picture: Array, frame: Frame, *, draws: int = _DRAWS, seed: int = _SEED
) -> Pictured:
    """Return what a finding looks like: the worst of some draws of the step that it blames.

    Args:
        target: The Compose, transform or callable that was checked; never changed.
        finding: One of its report.
        picture: (H, W) or (H, W, C), values in the frame's range.
        frame: Gives the value range.
        draws: How many are looked through.
        seed: Of the draws, of a step of albumentations; a callable has its own chance.

    Raises:
        DomainAugError: The step is not there, or does not run on this picture.
    """
    if not isinstance(target, A.BaseCompose | A.BasicTransform):
        done, far = _furthest(_called(target, picture, frame, draws), finding.effect, picture)
        return Pictured(done, far)
    step = _step_at(target, finding.path)
    done, far = _furthest(_drawn(step, picture, frame, draws, seed), finding.effect, picture)
    fix = finding.fix
    mended = None
    if fix is not None and fix.action == "clamp" and fix.path == finding.path:
        tamed = remake(step, fix.parameter, fix.new)
        mended, _ = _furthest(_drawn(tamed, picture, frame, draws, seed), finding.effect, picture)
    return Pictured(done, far, mended)


def _step_at(target: Any, path: tuple[int, ...]) -> Any:
    """Return the step at a path, made to run always; the whole target as it is where there is no path."""
    node = target
    try:
        for index in path:
            node = node.transforms[index]
    except (AttributeError, IndexError):
        place = ".".join(map(str, path))
        raise DomainAugError(f"there is no step {place}: the finding is of another pipeline") from None
    try:
        step = copy.deepcopy(node)
    except Exception as fault:
        raise DomainAugError(
            f"{type(node).__name__} cannot be copied, so it cannot be shown: {_short(fault)}"
        ) from None
    if path or isinstance(step, A.BasicTransform):
        step.p = 1.0
    return step


def _drawn(step: Any, picture: Array, frame: Frame, draws: int, seed: int) -> Iterator[tuple[Array, Mapping[str, Any]]]:
    """Yield pictures and the effects that happened, a draw each."""
    from domainaug.pipeline import Pipeline

    steps = step.transforms if isinstance(step, A.Compose) else [step]
    try:
        pipeline = Pipeline(steps, seed=seed, value_range=(frame.low, frame.high))
        for _ in range(draws):
            out = pipeline(image=picture.copy())["image"]
            yield out, {**pipeline.record.get("faint", {}), **pipeline.record["effects"]}
    except Exception as fault:
        raise ImageError(
            f"{type(step).__name__} does not run on a picture of {_size(picture)}: {_short(fault)}"
        ) from None


def _called(target: Any, picture: Array, frame: Frame, draws: int) -> Iterator[tuple[Array, Mapping[str, Any]]]:
    """Yield pictures of a callable and the effects that are seen in them."""
    from domainaug.check.measured import Output, Probe, measure_draw
    from domainaug.check.measured.adapters import styles_for

    probe = Probe.of_picture(picture, frame)
    fault: Exception | None = None
    for style in styles_for(target, masks=False):
        try:
            for _ in range(draws):
                image = style.call(target, probe).image
                if image is None:
                    break
                yield image, measure_draw(probe, Output(image)).values
            else:
                return
        except Exception as error:  # another way to call it may do
            fault = fault or error
    why = f": {_short(fault)}" if fault is not None else ""
    raise ImageError(f"this callable does not run on a picture of {_size(picture)}{why}")


def _furthest(
    made: Iterator[tuple[Array, Mapping[str, Any]]], effect: str, before: Array
) -> tuple[Array, float | None]:
    """Return the draw that goes furthest in an effect, and how far; by pixels where the effect is not told."""
    best: tuple[tuple[float, float], Array, float | None] | None = None
    for image, effects in made:
        far = _value(effects.get(effect), effect)
        away = 0.0 if far is None else abs(far - EFFECTS[effect].neutral)
        score = away, _changed(before, image)
        if best is None or score > best[0]:
            best = score, image, far
    assert best is not None
    return best[1], best[2]


def _value(told: Any, effect: str) -> float | None:
    """Return one number of what a record tells of an effect: of a range, the end that is further from neutral."""
    if told is None or effect not in EFFECTS:
        return None
    ends = [float(end) for end in (told if isinstance(told, list | tuple) else [told]) if end is not None]
    finite = [end for end in ends if math.isfinite(end)]
    return max(finite, key=lambda end: abs(end - EFFECTS[effect].neutral), default=None)


def _changed(before: Array, after: Array) -> float:
    if before.shape != after.shape:
        return 0.0
    return float(np.abs(before.astype(np.float64) - after.astype(np.float64)).mean())


def _size(picture: Array) -> str:
    return " x ".join(map(str, picture.shape))


def _short(fault: BaseException) -> str:
    return " ".join(str(fault).split())[:160] or type(fault).__name__
