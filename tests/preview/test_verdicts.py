from dataclasses import replace

import pytest

from domainaug.manufacturing.gate import Gate, RealDefects, Refusal, Verdict
from domainaug.manufacturing.measures import Measures
from domainaug.preview.verdicts import criteria_of, reason_of, summary_of

GOOD = Measures(1.0, 1.5, 1.1, 0.01, 0.98, 0.9, 5.0, 0.5, 2.5, -1.0)


def judged(**changes):
    gate, measures = Gate(), replace(GOOD, **changes)
    return Verdict(measures, gate.refusals(measures)), gate


def test_each_number_stands_beside_its_threshold():
    told = [(one.measured, one.limit, one.passed) for one in criteria_of(*judged())]
    assert told[0] == ("100 % of the mask", "at least 90 %", True)
    assert told[1] == ("1.50 times the texture around", "at least 0.70", True)
    assert told[2] == ("1.10 times as steep along its rim", "at most 2.00", True)
    assert told[3] == ("1 % of the change is beside the mask", "at most 10 %", True)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("on_part", 0.5, "off-part"),
        ("contrast", 0.2, "invisible"),
        ("seam", 3.0, "seam"),
        ("outside", 0.4, "outside"),
        ("mask_changed", 0.1, "mask-unchanged"),
        ("change_marked", 0.1, "mask-misses"),
    ],
)
def test_what_fails_is_what_the_gate_refused(name, value, code):
    verdict, gate = judged(**{name: value})
    assert verdict.codes == (code,)
    assert sum(not one.passed for one in criteria_of(verdict, gate)) == 1
    assert summary_of(verdict).startswith("Refused. ")
    assert reason_of(verdict.refusals[0]) in summary_of(verdict)


def test_sizes_and_likeness_are_told_where_the_gate_asks_for_them():
    gate = Gate(length_mm=(1, 2), area_mm2=(1, 9), real=RealDefects(*(dict.fromkeys(_FEATURES, 1.0),) * 2, 8))
    verdict = Verdict(GOOD, gate.refusals(GOOD), gate.real.distance(GOOD))
    told = {one.asks: one for one in criteria_of(verdict, gate)}
    assert not told["Its length is of the class"].passed
    assert told["Its length is of the class"].limit == "1 to 2 mm"
    assert told["Its area is of the class"].passed
    assert told["It looks like the real ones"].measured.endswith("deviations off")


_FEATURES = ("log_area", "log_elongation", "log_contrast", "sign")


def test_without_room_there_is_nothing_to_measure():
    verdict = Verdict(GOOD, (Refusal("no-room", 0.0, 1.0),))
    assert criteria_of(verdict, Gate()) == ()
    assert "no room" in summary_of(verdict)


def test_accepted_says_why():
    assert summary_of(judged()[0]).startswith("Accepted")


def test_a_code_without_words_is_told_as_it_is():
    assert reason_of(Refusal("odd", 1, 2)) == "odd"
