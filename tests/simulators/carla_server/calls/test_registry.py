"""Every call answers in its form, whatever goes wrong."""

from __future__ import annotations

import logging
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from domainaug_simulators.carla_server.calls import registry
from domainaug_simulators.carla_server.server import CarlaServer
from domainaug_simulators.carla_server.wire.rpc import Caller

from domainaug.errors import DomainAugError

ME = Caller("test")


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(registry, "CALLS", {})

    def refuse(*_: Any) -> None:
        raise DomainAugError("no room")

    registry.call("double")(lambda desk, value: 2 * value)
    registry.call("refuse")(refuse)
    registry.call("do", form="nothing")(lambda desk: None)
    registry.call("fail", form="nothing")(refuse)
    registry.call("raw", form="raw")(lambda desk: "as it is")
    registry.call("who", caller=True)(lambda desk, caller: caller.name)
    return SimpleNamespace(lock=threading.RLock(), unknown=set(), layout=SimpleNamespace(version="0.9.16"))


@pytest.mark.parametrize(
    ("name", "arguments", "answer"),
    [
        ("double", [4], [[1, 8]]),
        ("refuse", [], [[0, ["no room"]]]),
        ("do", [], [[False]]),
        ("fail", [], [[True, ["no room"]]]),
        ("raw", [], "as it is"),
        ("who", [], [[1, "test"]]),
        ("double", [], [[0, ["double: its arguments are not those of CARLA 0.9.16"]]]),
        ("double", [{}], [[0, ["double: its arguments are not those of CARLA 0.9.16"]]]),
    ],
)
def test_an_answer_has_the_form_that_the_client_reads(desk: Any, name: str, arguments: list[Any], answer: Any) -> None:
    assert registry.answered(desk, name, arguments, ME) == answer


def test_an_unknown_call_is_an_error_each_time_and_a_line_once(desk: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        answers = [registry.answered(desk, "fly", [], ME) for _ in range(3)]
    assert answers == [[[0, ["fly is not served by domainaug; docs/carla.md lists what is"]]]] * 3
    assert len(caplog.records) == 1


def test_whatever_arguments_come_the_server_stays_up(server: CarlaServer) -> None:
    wrong: list[list[Any]] = [[], [None], [-1], ["x"], [10**30], [1, 2, 3, 4, 5, 6, 7, 8, 9], [[]], [{}], [1, None],
                              [1, [[float("nan")] * 3, [0, 0, 0]]], [[[1, [1]]]]]  # fmt: skip
    for name in sorted(registry.CALLS):
        if name in ("tick_cue", "load_new_episode", "copy_opendrive_to_file"):
            continue
        for arguments in wrong:
            answer = registry.answered(server.desk, name, arguments, ME)
            assert isinstance(answer, list), name
    server.desk.fresh()
    assert registry.answered(server.desk, "tick_cue", [], ME)[0][0] == 1
