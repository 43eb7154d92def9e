"""Everyone is timed in turns, medians are compared, and who cannot take part is named with the reason."""

import itertools

import pytest

from benchmarks import harness
from benchmarks.harness import Case, Contender, Reach, Took, judge, measure
from benchmarks.table import document


@pytest.fixture
def clock(monkeypatch):
    """A clock that only moves when somebody works."""

    class Clock:
        now = 0.0

        def __call__(self):
            return self.now

    made = Clock()
    monkeypatch.setattr(harness, "_CLOCKS", {"cpu": made, "wall": made})
    return made


def worker(clock, log, name, *durations, **options):
    """Somebody whose calls take these seconds in turn."""
    each = itertools.cycle(durations)

    def work():
        log.append(name)
        clock.now += next(each)

    return Contender(name, lambda scale: work, **options)


def case(ours, *peers, limits=(), reach=(), **options):
    return Case("a-case", "some work", (ours,), peers, limits, reach, **options)


def test_contenders_take_turns(clock):
    log = []
    a, b, c = (worker(clock, log, name, 1) for name in "ABC")
    measure(case(a, b, limits=(c,)), 3)
    assert "".join(log[-9:]) == "ABCABCABC"


def test_the_median_counts(clock):
    outcome = measure(case(worker(clock, [], "ours", 2, 2, 50, 2, 3)), 3)
    assert outcome.ours.seconds == [2, 50, 2] or sorted(outcome.ours.seconds) == [2, 3, 50]
    assert outcome.ours.median in (2, 3)


def test_short_work_is_done_many_times_a_round(clock):
    log = []
    outcome = measure(case(worker(clock, log, "ours", 0.001)), 2)
    assert outcome.ours.median == pytest.approx(0.001)
    assert len(log) == 2 + 2 * 20


def test_slow_contenders_are_timed_less_often_and_warmed_up_on_something_tiny(clock):
    scales = []

    def make(scale):
        scales.append(scale)
        return lambda: setattr(clock, "now", clock.now + 40)

    slow = Contender("slow", make, rounds=1)
    outcome = measure(case(worker(clock, [], "ours", 1), slow), 5)
    assert scales == ["tiny", "full"]
    assert [len(each.seconds) for each in outcome.timings] == [5, 1]


def test_work_may_look_at_the_clock_itself(clock):
    assert measure(case(Contender("ours", lambda scale: lambda: Took(7))), 2).ours.seconds == [7, 7]


def test_who_is_not_installed_or_fails_is_named_with_the_reason(clock):
    def fails(scale):
        raise TypeError("no uint16 | here")

    said = []
    outcome = measure(
        case(
            worker(clock, [], "ours", 1),
            Contender("absent", fails, needs=("no_such_module_anywhere",)),
            Contender("failing", fails),
            reach=(Reach(2, "failing"),),
        ),
        1,
        say=said.append,
    )
    assert [each.why_not for each in outcome.timings] == [
        "",
        "not measured: no_such_module_anywhere is not installed",
        "fails: TypeError: no uint16 | here",
    ]
    assert len(said) == 2
    (verdict,) = judge(outcome)
    assert (verdict.times, verdict.reached) == (None, None)


def test_figures_are_held_against_what_was_to_be_reached(clock):
    outcome = measure(
        case(
            worker(clock, [], "ours", 2, kind="ours"),
            worker(clock, [], "near", 6),
            worker(clock, [], "far", 20),
            worker(clock, [], "by my hand", 4, kind="by hand"),
            limits=(worker(clock, [], "limit", 1, kind="limit"),),
            reach=(
                Reach(3),
                Reach(11, "far"),
                Reach(2, "best by hand"),
                Reach(1.5, "limit", most=True),
                Reach(2, "limit", most=True),
                Reach(within=4),
                Reach(within=1, ours="ours"),
                Reach(within=1, ours="nobody"),
            ),
        ),
        1,
    )
    found = [(each.other, each.times, each.reached) for each in judge(outcome)]
    assert found == [
        ("near", 3, True),
        ("far", 10, False),
        ("by my hand", 2, True),
        ("limit", 2, False),
        ("limit", 2, True),
        ("", 0.5, True),
        ("", 2, False),
        ("best peer", None, None),
    ]


def test_the_page_says_everything(clock):
    outcome = measure(
        case(
            worker(clock, [], "ours", 0.002, kind="ours"),
            worker(clock, [], "peer", 0.4, note="does less"),
            Contender("absent", lambda scale: None, needs=("no_such_module_anywhere",)),
            limits=(worker(clock, [], "copy", 0.001, kind="limit"),),
            reach=(Reach(100), Reach(1.5, "copy", most=True)),
            cannot={"other": "has no noise"},
        ),
        3,
    )
    page = document([outcome], ["a processor, 2 cores"], ["numpy 2"], 3)
    assert "* a processor, 2 cores\n* numpy 2\n* up to 3 rounds" in page
    summary = next(line for line in page.splitlines() if line.startswith("| some work |"))
    assert summary == (
        "| some work | 2 ms | peer 400 ms | 200 | 2.0 | ≥ 100 x faster than best peer; ≤ 1.5 x copy "
        "| yes, 200 x; **no**, 2.0 x |"
    )
    assert "| **ours** | 2 ms | 2 ms | 3 | 1.0 |  |" in page
    assert "| peer | 400 ms | 400 ms | 3 | 200 | does less |" in page
    assert "| absent | | | | | not measured: no_such_module_anywhere is not installed |" in page
    assert "| other | | | | | cannot: has no noise |" in page
    assert "| copy | 1 ms | 1 ms | 3 | 0.5 | limit |" in page
