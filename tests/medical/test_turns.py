"""Items one after another, work on them side by side."""

import threading

import pytest

from domainaug.medical.turns import in_turn


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_items_are_made_in_order_and_each_is_worked_on_once(threads):
    made, done = [], []

    def items():
        for index in range(50):
            made.append(index)
            yield index

    in_turn(items(), done.append, threads)
    assert made == list(range(50))
    assert sorted(done) == made


def test_one_is_worked_on_while_another_one_is_made():
    at_work, met = threading.Event(), []

    def items():
        yield 0
        met.append(at_work.wait(10))
        yield 1

    in_turn(items(), lambda index: at_work.set(), 2)
    assert met == [True]


@pytest.mark.parametrize("threads", [1, 3])
def test_what_an_item_raises_is_raised_and_nothing_is_begun_after_it(threads):
    def items():
        yield from range(3)
        raise KeyError("the fourth")

    done = []
    with pytest.raises(KeyError, match="the fourth"):
        in_turn(zip(items(), range(9), strict=True), done.append, threads)
    assert sorted(done) == [(0, 0), (1, 1), (2, 2)]


def test_work_that_fails_ends_it():
    begun = []

    def work(index):
        begun.append(index)
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        in_turn(range(100), work, 2)
    assert len(begun) <= 2
