"""Simulated streets of 640 x 384 pixels: labels, frames by day and in night rain, another weather, two workers.

Nobody else does this work from wheels alone, so figures are held against seconds.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.harness import Case, Contender, Reach, Scale, Took

_LAYOUTS = ("city", "junction", "highway", "suburb")
_NEEDS = ("numba", "embreex")
_PLACES = count()  # names of cameras: shared, because frames are kept by them from one case to the next
_FRAMES = 8  # of the scenario that workers render


@lru_cache(maxsize=2)
def _street(layout: str, scale: Scale) -> tuple[Any, Any]:
    """Return the frames of a street, built, and its camera; a smaller one where it only has to run."""
    from domainaug_simulators.street.views import Views
    from domainaug_simulators.street.worlds import read_street

    street = read_street({"layout": layout if scale == "full" else "highway", "seed": 1, "traffic": 4})
    return Views(street), street.cameras[0]


def _variant(scale: Scale, **values: Any) -> Any:
    from domainaug_simulators.street.axes import AXES

    from domainaug.scenario import Variant

    size = {} if scale == "full" else {"width": 48, "height": 32, "density": 0.2}
    return Variant("0" * 16, {**{axis.name: axis.default for axis in AXES}, **size, **values}, key=7, labels="seen")


def _labels(layout: str) -> Callable[[Scale], Callable[[], Any]]:
    """Rays, classes, things, depth and boxes of one frame; the street is there, ready to be cast at."""

    def make(scale: Scale) -> Callable[[], Any]:
        from domainaug_simulators.street.labels import boxes_of, labels_of
        from domainaug_simulators.street.sampling import central

        views, mounted = _street(layout, scale)
        seen = views.at(mounted, _variant(scale), 0)

        def work() -> Any:
            labels = labels_of(seen.scene, seen.camera, central(seen.scene, seen.camera))
            return boxes_of(seen.scene, seen.camera, labels)

        return work

    return make


def _frame(layout: str, weather: str, quality: str = "normal") -> Callable[[Scale], Callable[[], Any]]:
    """One picture and its labels' files, of a street that nobody has looked at from there; the street is there."""

    def make(scale: Scale) -> Callable[[], Any]:
        from dataclasses import replace

        from domainaug_simulators.street.axes import weather_of

        views, mounted = _street(layout, scale)
        variant = _variant(scale, weather=weather, quality=quality)

        def work() -> Any:
            # another name of the same camera: what is kept of the first one's frame is of no use
            camera = replace(mounted, name=f"{mounted.name}-{next(_PLACES)}")
            return views.at(camera, variant, 0).shot(weather_of(variant.values), variant, (0, 0), None)

        return work

    return make


def _further(layout: str, weather: str) -> Callable[[Scale], Callable[[], Any]]:
    """One picture more of a frame that there is, in another weather."""

    def make(scale: Scale) -> Callable[[], Any]:
        from domainaug_simulators.street.axes import weather_of

        views, mounted = _street(layout, scale)
        variant = _variant(scale, weather=weather)
        seen = views.at(mounted, variant, 0)
        seen.shot(weather_of(variant.values), variant, (0, 0), None)
        return lambda: seen.shot(weather_of(variant.values), variant, (0, 0), None)

    return make


def _moment(layout: str) -> Callable[[Scale], Callable[[], Any]]:
    """The street a tenth of a second later: everybody moved, ready to be cast at."""

    def make(scale: Scale) -> Callable[[], Any]:
        views, mounted = _street(layout, scale)
        variant, frames = _variant(scale), count(1)
        views.at(mounted, variant, 0)
        return lambda: views.moment(variant, next(frames)).scene.rays

    return make


@cache
def _scratch() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="domainaug-benchmark-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _simulated(workers: int) -> Callable[[Scale], Callable[[], Any]]:
    """Frames of places along a street, rendered and written by workers; from the first that is there to the last."""

    def make(scale: Scale) -> Callable[[], Any]:
        from domainaug.run import simulate

        size = "" if scale == "full" else ", width: 48, height: 32, density: 0.2"
        places = _FRAMES * workers if scale == "full" else 3
        scenario = _scratch() / f"{scale}-{workers}.yaml"
        scenario.write_text(
            "id: bench\nsimulator: street\nworld: {layout: highway, seed: 1}\n"
            f"fixed: {{weather: noon{size}}}\nvary: {{along: {{from: 0.1, to: 0.9, steps: {places}}}}}\n"
            "sample: {method: grid}\n"
        )

        def work() -> Took:
            out, ends = _scratch() / "out", list[float]()
            shutil.rmtree(out, ignore_errors=True)
            simulate(scenario, out, workers=workers, progress=lambda _: ends.append(time.perf_counter()))
            done = ends[-places:]
            warm = done[workers - 1 :]  # the first frame of each worker waits for its start and for its street
            return Took((warm[-1] - warm[0]) / (len(warm) - 1))

        return work

    return make


def _ours(name: str, make: Callable[[Scale], Callable[[], Any]], note: str = "") -> Contender:
    return Contender(name, make, "ours", needs=_NEEDS, note=note)


def _case(name: str, work: str, ours: tuple[Contender, ...], *reach: Reach, **more: Any) -> Case:
    return Case(name, work, ours=ours, peers=(), limits=(), reach=reach, **more)


CASES = (
    _case(
        "street-labels",
        "simulated street: ids, depth and boxes of a frame of 640 x 384",
        tuple(_ours(layout, _labels(layout)) for layout in _LAYOUTS),
        *(Reach(within=0.08, ours=layout) for layout in _LAYOUTS),
    ),
    _case(
        "street-day",
        "simulated street: a frame at noon, normal quality, with its labels",
        (*(_ours(layout, _frame(layout, "noon")) for layout in _LAYOUTS),
         _ours("city, draft", _frame("city", "noon", "draft"))),
        *(Reach(within=1.0, ours=layout) for layout in _LAYOUTS),
    ),
    _case(
        "street-night-rain",
        "simulated street: a frame at night in rain, normal quality, with its labels",
        tuple(_ours(layout, _frame(layout, "rain-night")) for layout in ("city", "junction")),
        *(Reach(within=3.0, ours=layout) for layout in ("city", "junction")),
    ),
    _case(
        "street-further",
        "simulated street: a frame once more, in another weather",
        (_ours("noon", _further("city", "noon")), _ours("fog", _further("city", "fog-dense")),
         _ours("first frame", _frame("city", "noon"), "with labels, and what all weathers share")),
        Reach(0.6, "first frame", most=True),
    ),
    _case(
        "street-moment",
        "simulated street: everybody moved on, ready to be cast at; once for all cameras and weathers",
        tuple(_ours(layout, _moment(layout)) for layout in _LAYOUTS),
        Reach(within=1.0, ours="highway"),
    ),
    _case(
        "street-workers",
        "simulated street: a frame at noon, written with all its labels, once workers have started",
        (_ours("2 workers", _simulated(2)), _ours("1 worker", _simulated(1))),
        Reach(1.8, "1 worker"),
        clock="wall",
        rounds=2,
    ),
)  # fmt: skip
