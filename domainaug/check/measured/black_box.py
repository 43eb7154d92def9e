"""Measuring any callable: find out how to call it, screen many draws, look closely at the most telling ones."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured.adapters import Returned, Style, styles_for
from domainaug.check.measured.calling import Factory
from domainaug.check.measured.chart import Output, Probe, make_probe
from domainaug.check.measured.observation import Observation, Problem, summed_up
from domainaug.check.measured.one_draw import Measured, measure_draw
from domainaug.check.measured.randomness import copied, independent, is_albumentations, is_monai, seeded, undisturbed
from domainaug.check.measured.screening import Glance, farthest, glance, scaled
from domainaug.effects import EFFECTS
from domainaug.generators import Frame

__all__ = ["measure"]

_SCREENED, _ANALYZED = 300, 30
_LARGEST, _SMALLEST = 512, 96  # px a side of the probe
_POOL = 72  # outputs kept while screening; beyond it only the most telling stay
_FEWEST = 6
_LEAST = 2  # draws, however slow the callable is
_TRIALS, _PATIENCE = 32, 0.25  # calls, and seconds, that a way of calling gets to show a change


def measure(
    target: Any,
    *,
    frame: Frame,
    budget: float = 5.0,
    draws: int | None = None,
    most: int = _SCREENED,
    seed: int = 0,
    pictures: Sequence[NDArray[Any]] = (),
    masks: bool | None = None,
) -> Observation:
    """Measure what a callable does to images like `frame`.

    The callable is copied where it can be, and it and the global random states are left as they were.

    Args:
        target: An albumentations transform or Compose, or any callable that takes an image.
        frame: The image: size, channels and value range. Sides are brought between 96 and 512 pixels.
        budget: Seconds it may take: no call is begun that, by the mean of those before, would end later, but
            for two draws at least.
        draws: Draws to screen, whatever time they take; None for `most`, or as many as the budget allows.
        most: Draws to screen where the budget allows them.
        seed: Where the draws start; one seed gives the same draws of a callable that can be seeded or copied.
        pictures: Real pictures of the field, in the frame's value range, to look at besides the chart.
        masks: Whether the callable takes masks; None to find out, False to measure from pictures alone.
    """
    started = time.perf_counter()
    with undisturbed(target), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        box = _Box(target, seed, np.inf if draws is not None else started + budget)
        probe = make_probe(_sized(frame))
        style = box.find_style(probe, masks)
        if style is None:
            return Observation(
                problems=box.problems(), unreadable=box.why, seconds=time.perf_counter() - started, draws=box.calls
            )
        probe = box.fitted(probe)
        screen = _screen(box, probe, most if draws is None else draws, started + 0.6 * budget)
        seen = _look(screen, probe, box.until, _ANALYZED if draws is not None else min(_ANALYZED, max(12, most // 5)))
        extra = _on_pictures(box, pictures, probe)
    return _observation(box, screen, seen, extra, time.perf_counter() - started)


class _Box:
    """A callable under test: how it is called, and what went wrong."""

    def __init__(self, target: Any, seed: int, until: float) -> None:
        self.target, is_copy = copied(target)
        self.until, self.spent = until, 0.0
        self.firsts: dict[str, Returned] = {}
        self.style: Style | None = None
        self.seed, self.calls = seed, 0
        self.why: str | None = None
        self.faults: Counter[str] = Counter()
        self.messages: dict[str, str] = {}
        if not is_copy:
            self.fault("not-copied", "it cannot be copied; it was called itself, and its generators were put back")
        if is_albumentations(self.target):
            independent(self.target, seed)
            # Boxes and points are not handed over, so what prepares them has nothing to do.
            if getattr(self.target, "processors", None):
                self.target.processors = {}
        elif is_copy and is_monai(self.target):
            independent(self.target, seed)

    def fault(self, kind: str, message: str) -> None:
        self.faults[kind] += 1
        self.messages.setdefault(kind, message)

    def problems(self) -> tuple[Problem, ...]:
        return tuple(Problem(kind, self.messages[kind], count) for kind, count in self.faults.items())

    def find_style(self, probe: Probe, masks: bool | None) -> Style | None:
        """Try the styles in order until one gives a changed picture back, or else take the first that gives one.

        Some libraries pass through untouched what they do not know, and a callable that acts now and then
        passes anything through the other times; so a picture that came back as it was settles nothing but that
        other layouts of the same kind need no trial: they would only be taken along another axis.
        """
        refusals: list[BaseException] = []
        found: dict[str, Style] = {}
        settled: set[str] = set()
        for style in styles_for(self.target, masks=masks):
            if style.kind in settled or (settled and not self.has_time):
                continue
            try:
                verdict = self._tried(style, probe)
            except Factory as refusal:
                self.fault("factory", str(refusal))
                self.why = str(refusal)
                return None
            except (Exception, SystemExit) as refusal:  # the callable's own code may raise anything
                refusals.append(refusal)
                continue
            if verdict == "changed":
                self.style = style
                return style
            found.setdefault(verdict, style)
            if verdict in ("untouched", "refused at times"):
                settled.add(style.kind)
        for verdict in ("untouched", "refused at times", "odd"):
            if verdict in found:
                self.style = found[verdict]
                return self.style
        if "nothing" in found:
            self.fault("returns-nothing", "it returns None")
            self.why = "it returns None instead of a picture"
        else:
            first = refusals[0] if refusals else TypeError("it cannot be called")
            self.fault("raises", f"{type(first).__name__}: {_short(first)}")
            self.why = f"it raises {type(first).__name__}: {_short(first)}"
        return None

    def _tried(self, style: Style, probe: Probe) -> str:
        """Return what a style gives: "changed", "untouched", "odd" (no picture like the one given), "nothing" ...

        Raises:
            Exception: Whatever the first call raises; a later one makes it "refused at times".
        """
        until = time.perf_counter() + _PATIENCE
        for made in range(_TRIALS):
            try:
                returned = self._call(style, probe)
            except (Exception, SystemExit):  # the callable's own code may raise anything
                if made:
                    return "refused at times"
                raise
            self.firsts[style.name] = returned
            if returned.image is None:
                return "nothing"
            if not _is_picture(returned.image, probe):
                return "odd"
            if not _untouched(returned, probe):
                return "changed"
            if (made >= 2 and time.perf_counter() > until) or not self.has_time:
                break
        return "untouched"

    def _call(self, style: Style, probe: Probe) -> Returned:
        self.calls += 1
        seeded(int(np.random.SeedSequence([self.seed, self.calls]).generate_state(1)[0]))
        begun = time.perf_counter()
        try:
            return style.call(self.target, probe)
        finally:
            self.spent += time.perf_counter() - begun

    @property
    def has_time(self) -> bool:
        """Whether another call, as long as those before on average, would end within the budget."""
        return time.perf_counter() + self.spent / max(1, self.calls) <= self.until

    def attempt(self, probe: Probe) -> Returned | None:
        """Call once more; what goes wrong is noted, and None means nothing usable came back."""
        assert self.style is not None
        try:
            returned = self._call(self.style, probe)
        except (Exception, SystemExit) as error:  # the callable's own code may raise anything
            self.fault("raises", f"{type(error).__name__}: {_short(error)}")
            return None
        return self.sound(returned, probe)

    def sound(self, returned: Returned, probe: Probe) -> Returned | None:
        """Return an answer as it is where it can be looked at, else None; what is wrong with it is noted."""
        return returned if self._is_sound(returned, probe) else None

    def _is_sound(self, returned: Returned, probe: Probe) -> bool:
        image = returned.image
        if returned.changed_input:
            self.fault("changes-input", "it writes into the array it is given")
        if image is None:
            self.fault("returns-nothing", "it returns None")
            return False
        if image.ndim not in (2, 3) or image.dtype.kind not in "iufb":
            self.fault("other-rank", f"it returns an array of shape {image.shape}, type {image.dtype}")
            return False
        if image.ndim == 3 and image.shape[2] not in (1, probe.picture.shape[2]):
            self.fault("other-rank", f"it returns {image.shape[2]} channels for {probe.picture.shape[2]}")
            return False
        if min(image.shape[:2]) < 16:
            self.fault("other-rank", f"it returns a picture of {image.shape[0]} x {image.shape[1]} pixels")
            return False
        if image.dtype.kind == "f" and not np.isfinite(image).all():
            self.fault("not-finite", "it returns values that are not numbers")
            return False
        if returned.native and image.dtype != probe.dtype:
            self.fault("other-type", f"it is given {probe.dtype} and returns {image.dtype}")
        if returned.native:  # tensors are clipped by nobody; what light and noise do to them is read as effects
            self._note_range(image, probe)
        return True

    def _note_range(self, image: NDArray[Any], probe: Probe) -> None:
        slack = 0.02 * probe.frame.span
        low, high = float(image.min()), float(image.max())
        if low < probe.frame.low - slack or high > probe.frame.high + slack:
            legal = f"{probe.frame.low:g} to {probe.frame.high:g}"
            self.fault("out-of-range", f"it returns values of {low:.4g} to {high:.4g}; the range is {legal}")

    def fitted(self, probe: Probe) -> Probe:
        """Return a probe of the size that comes back, unless what comes back is a crop."""
        returned = self.attempt(probe) if self.has_time else None
        again = self.attempt(probe) if returned is not None and self.has_time else None
        if returned is None or again is None or returned.image is None or again.image is None:
            return probe
        shape = returned.image.shape[:2]
        if (
            shape == probe.picture.shape[:2]
            or shape != again.image.shape[:2]
            or not 64 <= min(shape) <= max(shape) <= 1024
        ):
            return probe
        read = measure_draw(probe, returned.output)
        if read.unreadable or _is_crop(read, probe, shape):
            return probe
        return make_probe(replace(probe.frame, height=shape[0], width=shape[1]))


@dataclass(slots=True)
class _Screen:
    """Draws made so far: a glance at each, and the outputs of the most telling ones."""

    glances: list[Glance] = field(default_factory=list)
    outputs: dict[int, Output] = field(default_factory=dict)
    labeled: bool = False

    def add(self, seen: Glance, output: Output) -> None:
        self.outputs[len(self.glances)] = output
        self.glances.append(seen)
        self.labeled = self.labeled or output.masks is not None
        if len(self.outputs) > _POOL:
            kept = list(self.outputs)
            points = scaled([self.glances[i] for i in kept])
            best = {kept[i] for i in farthest(points, _ANALYZED + 6)}
            self.outputs = {i: output for i, output in self.outputs.items() if i in best}


def _screen(box: _Box, probe: Probe, most: int, until: float) -> _Screen:
    """Make draws: `most` of them, or as many as there is time for when the callable has a budget."""
    screen = _Screen()
    first = box.firsts.get(box.style.name) if box.style is not None else None
    if not box.has_time and first is not None:
        _glanced(screen, box.sound(first, probe), probe)  # too slow to call once more for what is here already
    for made in range(len(screen.glances), most):
        late = box.until < np.inf and time.perf_counter() + box.spent / max(1, box.calls) > until
        if late and (made >= 4 or (made >= _LEAST and not box.has_time)):
            break
        _glanced(screen, box.attempt(probe), probe)
    return screen


def _glanced(screen: _Screen, returned: Returned | None, probe: Probe) -> None:
    if returned is not None and returned.image is not None:
        output = Output(returned.image.copy(), returned.masks)
        screen.add(glance(probe, output, probe.decode(returned.image)), output)


@dataclass(slots=True)
class _Seen:
    per_draw: list[Measured] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)


def _look(screen: _Screen, probe: Probe, deadline: float, most: int) -> _Seen:
    """Analyze the most telling draws, `most` of them or until the time is up."""
    seen = _Seen()
    if not screen.glances:
        return seen
    kept = list(screen.outputs)
    points = scaled([screen.glances[i] for i in kept])
    for place in farthest(points, most):
        if len(seen.per_draw) >= _FEWEST and time.perf_counter() > deadline:
            break
        seen.indices.append(kept[place])
        seen.per_draw.append(measure_draw(probe, screen.outputs[kept[place]]))
    return seen


def _on_pictures(box: _Box, pictures: Sequence[NDArray[Any]], probe: Probe) -> list[Measured]:
    found: list[Measured] = []
    for picture in pictures:
        shown = Probe.of_picture(picture, probe.frame, probe.dtype)
        for _ in range(3):
            if not box.has_time:
                return found
            returned = box.attempt(shown)
            if returned is not None and returned.image is not None:
                found.append(measure_draw(shown, returned.output))
    return found


def _observation(box: _Box, screen: _Screen, seen: _Seen, extra: list[Measured], seconds: float) -> Observation:
    destroyed = [m.unreadable for m in seen.per_draw if m.unreadable]
    if destroyed:
        box.faults["destroys"] += len(destroyed)
        box.messages.setdefault("destroys", destroyed[0])
    count = len(screen.glances)
    unreadable = None
    if not count:
        unreadable = "no draw gave a picture back"
    elif len(destroyed) == len(seen.per_draw):
        unreadable = destroyed[0]
    like: list[tuple[int, Any]] = []
    if seen.per_draw:
        points = scaled(screen.glances)
        apart = np.linalg.norm(points[:, None] - points[seen.indices][None], axis=2)
        like = [(int(apart[i].argmin()), screen.glances[i].geometry) for i in range(count)]
    ranges, counts, withheld = summed_up(seen.per_draw, like, extra)
    style = box.style.name if box.style is not None else ""
    return Observation(
        ranges=ranges,
        draws=count,
        analyzed=len(seen.per_draw),
        counts=counts,
        per_draw=tuple(seen.per_draw),
        silence=_silence(count),
        problems=box.problems(),
        unreadable=unreadable,
        seconds=seconds,
        style=style,
        labeled=screen.labeled,
        withheld=withheld,
        like=tuple(like),
    )


def _silence(count: int) -> str:
    """Return what not having seen something in so many draws means (95 %, the rule of three)."""
    if count < 4:
        return f"not seen in {count} draws: that says little"
    return f"not seen in {count} draws: < {300 / count:.2g} % of outputs"


def _sized(frame: Frame) -> Frame:
    factor = min(1.0, _LARGEST / max(frame.height, frame.width))
    height, width = (max(_SMALLEST, round(side * factor)) for side in (frame.height, frame.width))
    return replace(frame, height=height, width=width)


def _is_crop(read: Measured, probe: Probe, shape: tuple[int, ...]) -> bool:
    lost = read.values.get("field_of_view", 1.0) < 1 - EFFECTS["field_of_view"].absent
    padded = read.values.get("outside", 0.0) > EFFECTS["outside"].absent
    return (lost or padded) and abs(read.values.get("scale", 1.0) - 1) < 0.004 and shape != probe.picture.shape[:2]


def _is_picture(image: NDArray[Any], probe: Probe) -> bool:
    if image.dtype.kind not in "iufb":
        return False
    return image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (1, probe.picture.shape[2]))


def _untouched(returned: Returned, probe: Probe) -> bool:
    image, masks = returned.output.image, returned.masks
    if masks is not None and not all(map(np.array_equal, masks, probe.masks)):
        return False
    if image.shape[:2] != probe.picture.shape[:2] or not image.size:
        return False
    return float(np.abs(probe.decode(image) - probe.picture).max()) < 0.004


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else text[:197] + "..."
