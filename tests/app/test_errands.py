"""Work that outlives a page: begun once, told how far, stopped in good order, there for who comes back."""

import threading

import pytest

pytest.importorskip("streamlit")

from domainaug.app import errands as module
from domainaug.app.errands import _Errands, begin, errand_of
from domainaug.errors import DomainAugError
from domainaug.run.summary import Progress

SOON = 60


@pytest.fixture(autouse=True)
def held(monkeypatch):
    """Errands of this test alone."""
    errands = _Errands()
    monkeypatch.setattr(module, "_errands", lambda: errands)
    return errands


@pytest.fixture
def slow():
    """Work that goes on until it is let go, and whether it was left in good order."""

    class Slow:
        def __init__(self):
            self.begun, self.go, self.left, self.times = threading.Event(), threading.Event(), False, 0

        def __call__(self, tell):
            self.times += 1
            try:
                for number in range(10_000):
                    tell(Progress(number, 10_000, 0))
                    self.begun.set()
                    if self.go.wait(0.01):
                        return "done"
                raise AssertionError("nobody let it go")
            finally:
                self.left = True

    return Slow()


def test_the_same_is_begun_once_and_watched_by_both(slow):
    one, other = begin("a", slow), begin("a", slow)
    assert one is other
    assert slow.begun.wait(SOON)
    assert errand_of("a").goes_on
    slow.go.set()
    assert one.coming.result(SOON) == "done"
    assert slow.times == 1
    assert one.progress.total == 10_000


def test_what_came_of_it_is_there_for_who_comes_back_and_done_anew_for_who_asks(slow):
    slow.go.set()
    first = begin("a", slow)
    first.coming.result(SOON)
    assert errand_of("a") is first
    assert begin("a", slow) is not first
    assert errand_of("b") is None


def test_it_is_stopped_where_it_tells_how_far_it_is(slow):
    errand = begin("a", slow)
    assert slow.begun.wait(SOON)
    errand.stop()
    with pytest.raises(DomainAugError, match="it was stopped"):
        errand.coming.result(SOON)
    assert slow.left


def test_what_goes_wrong_is_told_to_who_watches():
    def wrong(tell):
        raise DomainAugError("the disk is full")

    with pytest.raises(DomainAugError, match="the disk is full"):
        begin("a", wrong).coming.result(SOON)


def test_the_end_of_the_server_leaves_things_in_good_order(slow, held):
    errand = begin("a", slow)
    assert slow.begun.wait(SOON)
    held.end()
    assert not errand.goes_on
    assert slow.left


def test_few_results_are_kept_and_not_for_long(monkeypatch):
    for number in range(20):
        begin(number, lambda tell: "done").coming.result(SOON)
    assert errand_of(19) is not None
    assert errand_of(0) is None
    monkeypatch.setattr(module, "_KEPT", -1.0)
    assert errand_of(19) is None
