"""The clerk settles everything once, in order, in batches, and nothing after an error."""

from __future__ import annotations

import threading

import pytest

from domainaug.layouts.layout import SetAside
from domainaug.run.clerk import Clerk


def outcomes(count: int) -> list[SetAside]:
    return [SetAside(f"{number:04d}.png", "code", "reason") for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 7, 300])
def test_everything_is_settled_once_and_in_order_when_it_ends(count):
    batches: list[list[SetAside]] = []
    with Clerk(lambda batch: batches.append(list(batch))) as clerk:
        for outcome in outcomes(count):
            clerk.take(outcome)
    assert [outcome for batch in batches for outcome in batch] == outcomes(count)
    assert clerk.settled() == outcomes(count)
    assert clerk.settled() == []


def test_what_comes_while_it_works_is_settled_together():
    begun, go_on, batches = threading.Event(), threading.Event(), []

    def slow(batch):
        batches.append(list(batch))
        begun.set()
        assert go_on.wait(30)

    first, *rest = outcomes(41)
    with Clerk(slow) as clerk:
        clerk.take(first)
        assert begun.wait(30)
        for outcome in rest:
            clerk.take(outcome)
        assert clerk.settled() == []  # not before it is done
        go_on.set()
    assert batches == [[first], rest]


def test_it_works_in_a_thread_of_its_own_which_is_gone_afterwards():
    seen = []
    with Clerk(lambda batch: seen.append(threading.current_thread())) as clerk:
        clerk.take(outcomes(1)[0])
    assert seen[0] is not threading.main_thread()
    assert not seen[0].is_alive()


def test_after_an_error_nothing_more_is_settled_nobody_waits_and_the_error_is_told_after_what_went_well():
    settled = []

    def refuse(batch):
        if settled:
            raise OSError(28, "No space left on device")
        settled.extend(batch)

    many = outcomes(500)  # more than may wait
    with Clerk(refuse) as clerk:
        for outcome in many:
            clerk.take(outcome)
    assert settled == many[: len(settled)]
    assert clerk.settled() == settled
    for _ in range(2):
        with pytest.raises(OSError, match="No space"):
            clerk.settled()


def test_what_was_taken_is_settled_even_when_whoever_brought_it_fails():
    settled = []

    def stopped():
        with Clerk(settled.extend) as clerk:
            clerk.take(outcomes(1)[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert settled == outcomes(1)
