"""What pictures cost: CPU seconds of each part of a frame, for the benchmark page."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.render import Light, Quality, prepare
from domainaug_simulators.street.sampling import central
from domainaug_simulators.street.scene import Scene

__all__ = ["Cost", "cost_of"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds, the median of some rounds.

    Attributes:
        rays: One ray a pixel: what labels are made of.
        prepared: What all weathers of a view share, those rays not counted.
        light: The first picture of a view.
        further: Another picture of the same view in the same light: what a further weather pays for.
    """

    rays: float
    prepared: float
    light: float
    further: float

    @property
    def frame(self) -> float:
        """All of one picture."""
        return self.rays + self.prepared + self.light


def cost_of(scene: Scene, camera: Camera, light: Light, quality: Quality, *, rounds: int = 5) -> Cost:
    """Return what a picture costs.

    Args:
        scene: What there is.
        camera: What looks at it.
        light: Light and weather.
        quality: How much work to do.
        rounds: How often to measure; one round more comes before, to compile.

    Raises:
        ValueError: There are no rounds.
    """
    if rounds < 1:
        raise ValueError(f"rounds={rounds}: there must be 1 or more")
    found = [_once(scene, camera, light, quality) for _ in range(rounds + 1)][1:]
    return Cost(*(median(parts) for parts in zip(*found, strict=True)))


def _once(scene: Scene, camera: Camera, light: Light, quality: Quality) -> tuple[float, float, float, float]:
    rays, first = _timed(lambda: central(scene, camera))
    prepared, view = _timed(lambda: prepare(scene, camera, quality, first))
    lit, _ = _timed(lambda: view.radiance(light))
    further, _ = _timed(lambda: view.radiance(light))
    return rays, prepared, lit, further


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    began = time.process_time()
    made = work()
    return time.process_time() - began, made
