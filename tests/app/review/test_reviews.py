"""Reviews that sessions share: read once, read anew when copies come, a large run not at every look."""

import shutil
import threading
import time

import pytest

pytest.importorskip("streamlit")

from domainaug.app.review import reviews as module
from domainaug.app.review.reviews import _Reviews
from domainaug.errors import OutputError
from domainaug.review import Review
from domainaug.run import augment
from domainaug.run.job import File, Made
from domainaug.run.ledger import LEDGER, Ledger


@pytest.fixture
def out(tmp_path, save_image):
    for index in range(3):
        save_image(tmp_path / "source" / f"{index}.png", index)
    augment(tmp_path / "source", tmp_path / "out", profile="general/photo", copies=2, engine="serial")
    return tmp_path / "out"


@pytest.fixture
def save_image():
    import cv2
    import numpy as np

    def saved(path, seed):
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), np.random.default_rng(seed).integers(0, 255, (24, 24, 3), np.uint8))

    return saved


def add_copy(out, number):
    with Ledger(out / LEDGER, writable=True) as ledger:
        ledger.add(Made("late.png", number, out, (File(f"late{number}.png", "1" * 64, 9),), {}, None, "0" * 64, 0.1))


def test_it_is_read_once_by_however_many(out, monkeypatch):
    read = []
    monkeypatch.setattr(module, "Review", _counting(read))
    held, found = _Reviews(), []
    threads = [threading.Thread(target=lambda: found.append(held.of(out))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read) == 1
    assert all(one is found[0] for one in found)


def _counting(read, wait=0.0):
    class Counting(Review):
        def __init__(self, out):
            read.append(out)
            time.sleep(wait)
            super().__init__(out)

    return Counting


def test_copies_that_came_are_there_at_the_next_look(out, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0)
    held = _Reviews()
    assert len(held.of(out).candidates) == 6
    add_copy(out, 0)
    assert len(held.of(out).candidates) == 7


def test_a_run_that_takes_long_to_read_is_not_read_at_every_verdict(out, monkeypatch):
    read = []
    monkeypatch.setattr(module, "Review", _counting(read, 0.2))
    monkeypatch.setattr(module, "_PATIENCE", 1000)
    held = _Reviews()
    for number in range(4):
        review = held.of(out)
        add_copy(out, number)
        review.judge(review.queue("ada")[0].id, "accept", reviewer="ada")
    assert len(read) == 1
    assert held.of(out).state().judged == 4


def test_another_run_in_the_same_folder_is_another_review(out, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 1000)
    held = _Reviews()
    before = held.of(out)
    shutil.move(out, out.with_name("old"))
    with pytest.raises(OutputError, match="no ledger"):
        held.of(out)
    augment(out.parent / "source", out, profile="general/photo", copies=2, seed=9, engine="serial")
    after = held.of(out)
    assert after is not before
    assert {one.sha256 for one in after.candidates}.isdisjoint(one.sha256 for one in before.candidates)


def test_few_are_kept(out):
    held = _Reviews()
    for number in range(7):
        place = out.with_name(f"out{number}")
        shutil.copytree(out, place)
        held.of(place)
    assert len(held.opened) <= 4
    assert place in held.opened
