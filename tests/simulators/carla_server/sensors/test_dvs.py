"""Event cameras tell every crossing of a threshold, when it happens and which way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("numba", reason="the packages of domainaug[street] are not installed")

from domainaug_simulators.carla_server.sensors.dvs import EVENT, EventCamera
from domainaug_simulators.carla_server.sensors.interface import Frame, Seen
from domainaug_simulators.carla_server.wire.layouts import layout_of
from domainaug_simulators.carla_server.world.frames import Box, Transform, Vector
from domainaug_simulators.carla_server.world.skies import CLEAR

USUAL = {
    "image_size_x": "3", "image_size_y": "1", "fov": "60", "positive_threshold": "10", "negative_threshold": "20",
    "sigma_positive_threshold": "0", "sigma_negative_threshold": "0", "refractory_period_ns": "0", "use_log": "false",
    "log_eps": "0.001",
}  # fmt: skip


@dataclass
class Eye:
    """Shows grays that were prepared, one row a frame."""

    grays: Iterator[Sequence[int]]
    attributes: dict[str, str]
    layout: Any = field(default_factory=lambda: layout_of("0.9.16"))
    asked: list[float | None] = field(default_factory=list)

    def picture(self, _world: Frame, _own: Seen, exposure: float | None = None) -> tuple[NDArray[np.uint8], float]:
        self.asked.append(exposure)
        row = np.array(next(self.grays), np.uint8)
        return np.repeat(row[None, :, None], 3, axis=2), 7.0


def events(*rows: Sequence[int], **attributes: str) -> tuple[list[Any], Eye]:
    """Return the events of each frame after the first, 100 ms apart; None where there is no message."""
    told = USUAL | attributes
    eye = Eye(iter(rows), told)
    camera = EventCamera(eye)  # type: ignore[arg-type]
    still = Vector()
    own = Seen(1, "sensor.camera.dvs", told, "", 0, Transform(), Box(still, still), still, still, still)
    out = []
    for number in range(len(rows)):
        body = camera.frame(Frame(1, number, number * 0.1, 0.1, CLEAR, {1: own}), own)
        head = 0 if body is None else len(body) % EVENT.itemsize or EVENT.itemsize
        assert head in (0, 12)
        out.append(None if body is None else np.frombuffer(body[12:], EVENT).tolist())
    assert out[0] is None
    return out[1:], eye


def test_brighter_and_darker_pixels_tell_each_step_at_its_time() -> None:
    (told,), _ = events([100, 100, 100], [125, 60, 100])
    assert told == [
        (0, 0, 40_000_000, True), (1, 0, 50_000_000, False), (0, 0, 80_000_000, True), (1, 0, 100_000_000, False),
    ]  # fmt: skip


def test_what_is_left_of_a_step_counts_in_the_next_frame() -> None:
    first, second = events([100, 100, 100], [125, 100, 100], [132, 100, 100])[0]
    assert len(first) == 2
    assert [one[:2] for one in second] == [(0, 0)]
    assert second[0][2] == pytest.approx(100_000_000 + 5 / 7 * 100_000_000, abs=2)


def test_frames_in_which_nothing_changes_enough_are_no_messages() -> None:
    told, _ = events([100, 100, 100], [100, 100, 100], [105, 95, 100])
    assert told == [None, None]


def test_a_pixel_rests_after_an_event() -> None:
    (told,), _ = events([0, 100, 100], [100, 100, 100], refractory_period_ns="35000000")
    assert [one[2] for one in told] == [10_000_000, 50_000_000, 90_000_000]


def test_thresholds_may_be_noisy_and_are_the_same_again() -> None:
    rows = [[0, 0, 0], [200, 200, 200]]
    first, second = (events(*rows, sigma_positive_threshold="2")[0][0] for _ in range(2))
    assert first == second
    assert len({one[2] for one in first if one[0] == 0} ^ {one[2] for one in first if one[0] == 1}) > 5


def test_brightness_is_logarithmic_unless_it_is_told_not_to_be() -> None:
    (told,), _ = events([10, 100, 100], [20, 110, 100], use_log="true", positive_threshold="0.3")
    assert [one[0] for one in told] == [0, 0]  # twice as bright is two steps of 0.3, ten percent none


def test_the_exposure_of_the_first_frame_is_kept() -> None:
    _, eye = events([0, 0, 0], [1, 1, 1], [2, 2, 2])
    assert eye.asked == [None, 7.0, 7.0]
