"""What goes wrong on purpose goes wrong where the plan says, each time, and nowhere else."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

pytest.importorskip("msgpack", reason="the packages of domainaug[carla] are not installed")

from domainaug_simulators.carla_server.fault_plans import plan_of
from domainaug_simulators.carla_server.faults import Fault, Faults

from domainaug.errors import DomainAugError


def _struck(faults: Faults, name: str, count: int) -> list[int]:
    return [number for number in range(1, count + 1) if faults.of_message(name)]


def test_faults_befall_those_that_are_counted_out() -> None:
    faults = Faults([Fault("drop", stream="sensor.camera.*", at=(2, 5), every=4)])
    assert _struck(faults, "sensor.camera.rgb", 9) == [2, 4, 5, 8]
    assert _struck(faults, "sensor.other.gnss", 9) == []


def test_what_matches_is_counted_together_and_the_first_fault_strikes() -> None:
    faults = Faults([Fault("drop", stream="sensor.*", at=(3,)), Fault("double", stream="sensor.other.imu", at=(2,))])
    names = ["sensor.other.gnss", "sensor.other.imu", "sensor.other.imu"]
    assert [fault and fault.do for fault in map(faults.of_message, names)] == [None, None, "drop"]


def test_counting_may_begin_with_a_call() -> None:
    faults = Faults([Fault("drop", stream="observer", at=(1,), since="tick_cue")])
    assert _struck(faults, "observer", 50) == []
    assert faults.of_call("tick_cue") is None
    assert _struck(faults, "observer", 3) == [1]


def test_calls_and_messages_are_not_mistaken_for_each_other() -> None:
    faults = Faults([Fault("die", call="*", at=(1,)), Fault("die", stream="*", at=(1,))])
    assert faults.of_call("version") is not None
    assert faults.of_message("observer") is not None
    assert faults.of_call("version") is None


def test_what_is_corrupted_keeps_its_length_and_every_byte_outside_the_span() -> None:
    fault = Fault("corrupt", stream="observer", at=(1,), span=(1, 3))
    assert fault.corrupted(b"\x00\x01\x02\x03") == b"\x00\xfe\xfd\x03"
    assert Fault("corrupt", stream="observer", at=(1,)).corrupted(b"\x00\xff") == b"\xff\x00"
    assert fault.corrupted(b"\x00") == b"\x00"


def test_a_server_that_is_frozen_thaws_by_itself_or_is_left_when_it_is_over_with_who_waits() -> None:
    faults = Faults()
    faults.freeze(Fault("freeze", call="*", at=(1,), seconds=0.2))
    assert faults.frozen
    faults.thaw(lambda: False)
    assert not faults.frozen
    faults.freeze(Fault("freeze", call="*", at=(1,)))
    faults.thaw(lambda: True)
    assert faults.frozen


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"do": "drop", "at": (1,)}, "either messages (stream: NAME) or calls (call: NAME)"),
        ({"do": "drop", "call": "version", "at": (1,)}, "it befalls messages, not calls"),
        ({"do": "hang", "stream": "observer", "at": (1,)}, "it befalls calls, not messages"),
        ({"do": "drop", "stream": "observer"}, "at: or every: tells which"),
        ({"do": "drop", "stream": "observer", "at": (0,)}, "count from 1"),
        ({"do": "delay", "stream": "observer", "at": (1,)}, "seconds: tells how long"),
        ({"do": "hang", "call": "version", "at": (1,), "seconds": -1}, "from 0 to 3600"),
        (
            {"do": "sing", "stream": "observer", "at": (1,)},
            "there are drop, delay, double, reorder, corrupt, freeze",
        ),
        ({"do": "corrupt", "call": "version", "at": (1,)}, "it befalls messages, not calls"),
        ({"do": "corrupt", "stream": "observer", "at": (1,), "span": (8, 8)}, "span: tells which bytes"),
        ({"do": "drop", "stream": "observer", "at": (1,), "span": (0, 8)}, "span: tells which bytes"),
    ],
)
def test_faults_that_make_no_sense_are_refused(told: dict[str, object], says: str) -> None:
    with pytest.raises(DomainAugError, match=re.escape(says)):
        Fault(**told)  # type: ignore[arg-type]


def _plan(folder: Path, text: str) -> list[Fault]:
    path = folder / "plan.yaml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return plan_of(path)


def test_a_plan_is_read(tmp_path: Path) -> None:
    plan = _plan(tmp_path, """
        faults:
          - {do: delay, stream: sensor.camera.rgb, at: [3, 4], seconds: 0.5}
          - {do: fail, call: spawn_actor, at: 2, says: no room}
          - {do: corrupt, stream: "sensor.*", at: 2, span: [0, 8]}
          - {do: die, call: tick_cue, every: 20, back: 2}
    """)  # fmt: skip
    assert plan == [
        Fault("delay", stream="sensor.camera.rgb", at=(3, 4), seconds=0.5),
        Fault("fail", call="spawn_actor", at=(2,), says="no room"),
        Fault("corrupt", stream="sensor.*", at=(2,), span=(0, 8)),
        Fault("die", call="tick_cue", every=20, back=2),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("faults: {}", "plan.yaml:1:1: a plan is one list under `faults:`"),
        ("others: []", "a plan is one list under `faults:`"),
        ("faults: [drop]", "plan.yaml:1:10: a fault is a mapping"),
        ("faults: [{stream: observer, at: 1}]", "do: tells what goes wrong"),
        ("faults: [{do: drop, stream: observer, when: 1}]", "plan.yaml:1:39: when: 1 is not known here; known: do,"),
        ("faults: [{do: drop, stream: observer, at: 1.5}]", "at: 1.5 is not a whole number or a list of them"),
        ("faults: [{do: drop, stream: observer, at: []}]", "at: [] is not a whole number or a list of them"),
        ("faults: [{do: drop, stream: observer, every: yes}]", "every: 'yes' is not a whole number"),
        ("faults: [{do: delay, stream: observer, at: 1, seconds: soon}]", "seconds: 'soon' is not a number of seconds"),
        ("faults: [{do: corrupt, stream: observer, at: 1, span: 8}]", "span: 8 is not two whole numbers: [FIRST, END]"),
        ("faults: [{do: drop, stream: 7, at: 1}]", "stream: 7 is not a word"),
        ("faults: [{do: drop, call: tick_cue, at: 1}]", "plan.yaml:1:10: a fault that is to drop: it befalls messages"),
    ],
)
def test_a_plan_that_is_none_is_refused_where_it_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DomainAugError, match=re.escape(says)):
        _plan(tmp_path, text)


def test_the_plan_of_the_guide_is_one(tmp_path: Path) -> None:
    guide = Path(__file__).parents[3] / "docs" / "carla.md"
    if not guide.is_file():
        pytest.skip("the guide lies beside the tests only in the repository")
    (block,) = re.findall(r"```yaml\n(# plan.yaml.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    assert [fault.do for fault in _plan(tmp_path, block)] == ["drop", "delay", "corrupt", "fail", "freeze", "die"]
