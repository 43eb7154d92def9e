"""Measurements are taken by their frame: what is lost, late, doubled, skipped, wrong or crowded has a name."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from domainaug_simulators.carla_adapter.client.mailbox import FrameMissing, Mailbox


@dataclass
class Data:
    frame: int
    good: bool = True


def soon(seconds: float = 0.02) -> Callable[[], float]:
    end = time.monotonic() + seconds
    return lambda: end


def kinds(box: Mailbox) -> list[str]:
    return [event.kind for event in box.told()]


def test_a_frame_is_taken_as_soon_as_it_comes():
    box = Mailbox("front")
    threading.Timer(0.05, box.put, [Data(7)]).start()
    assert box.take(7, soon(5)).frame == 7
    assert kinds(box) == []


def test_frames_that_nobody_asked_for_are_dropped_without_a_word():
    box = Mailbox("front")
    for frame in (5, 6, 7):
        box.put(Data(frame))
    assert box.take(7, soon()).frame == 7
    assert kinds(box) == []


def test_a_frame_that_does_not_come_is_lost_and_late_when_it_does():
    box = Mailbox("front")
    with pytest.raises(FrameMissing, match="frame 7 of front is lost"):
        box.take(7, soon())
    box.put(Data(7))
    box.put(Data(8))
    assert box.take(8, soon()).frame == 8
    assert kinds(box) == ["lost", "late"]


def test_a_frame_that_comes_twice_is_told_once_more():
    box = Mailbox("front")
    box.put(Data(7))
    box.take(7, soon())
    box.put(Data(7))
    box.put(Data(8))
    box.take(8, soon())
    assert kinds(box) == ["doubled"]


def test_a_later_frame_says_that_the_one_before_was_skipped_and_stays():
    box = Mailbox("front")
    box.put(Data(8))
    with pytest.raises(FrameMissing, match="skipped: frame 8 came"):
        box.take(7, soon(5))
    assert box.take(8, soon()).frame == 8


def test_what_is_not_as_asked_for_is_wrong():
    box = Mailbox("front", lambda data: "" if data.good else "it has 3 bytes")
    box.put(Data(7, good=False))
    with pytest.raises(FrameMissing, match="wrong: it has 3 bytes"):
        box.take(7, soon())


def test_a_box_holds_few_and_lets_the_oldest_go():
    box = Mailbox("front", most=2)
    for frame in range(5):
        box.put(Data(frame))
    assert kinds(box) == ["crowded"] * 3
    assert box.take(4, soon()).frame == 4
