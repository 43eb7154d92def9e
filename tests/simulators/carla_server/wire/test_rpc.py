"""Calls come as rpclib's client sends them, and bad ones end their connection and nothing else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgpack
import pytest
from domainaug_simulators.carla_server.faults import Fault, Faults
from domainaug_simulators.carla_server.wire.rpc import Caller, Later, RpcServer

from domainaug.errors import DomainAugError

LATE = threading.Event()


def _answer(name: str, arguments: list[Any], caller: Caller) -> Any:
    if name == "late":
        return Later(lambda: LATE.wait(10) and "late")
    return [name, *arguments]


@pytest.fixture
def server() -> Iterator[RpcServer]:
    running = RpcServer("127.0.0.1", 0, _answer)
    running.start()
    yield running
    running.close()


def _connected(server: RpcServer) -> socket.socket:
    one = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    one.settimeout(10)
    return one


def _request(number: int, name: str, *arguments: object, wait: bool = True) -> bytes:
    return bytes(msgpack.packb([0, number, name, [[not wait], *arguments]]))


def _answers(one: socket.socket, count: int) -> list[Any]:
    unpacker, found = msgpack.Unpacker(raw=False), []
    while len(found) < count:
        data = one.recv(1 << 16)
        assert data, "the server hung up"
        unpacker.feed(data)
        found += list(unpacker)
    return found


def test_many_calls_in_one_segment_are_all_answered_in_order(server: RpcServer) -> None:
    with _connected(server) as one:
        one.sendall(b"".join(_request(number, "add", number, wait=number % 2 == 0) for number in range(50)))
        assert _answers(one, 50) == [[1, number, None, ["add", number]] for number in range(50)]


def test_a_call_may_come_byte_by_byte(server: RpcServer) -> None:
    with _connected(server) as one:
        for byte in _request(7, "slow", "x" * 30):
            one.sendall(bytes([byte]))
        assert _answers(one, 1) == [[1, 7, None, ["slow", "x" * 30]]]


def test_an_answer_that_waits_holds_up_no_other(server: RpcServer) -> None:
    LATE.clear()
    with _connected(server) as one:
        one.sendall(_request(1, "late") + _request(2, "now"))
        assert _answers(one, 1) == [[1, 2, None, ["now"]]]
        LATE.set()
        assert _answers(one, 1) == [[1, 1, None, "late"]]


@pytest.mark.parametrize(
    "message",
    [b"GET / HTTP/1.1\r\n\r\n", b"\xc1\xc1", msgpack.packb({"a": 1}), msgpack.packb([0, "x", 3, []]), b"\x00"],
)
def test_what_is_no_call_ends_its_connection_alone(server: RpcServer, message: bytes) -> None:
    with _connected(server) as good:
        with _connected(server) as bad:
            bad.sendall(message)
            assert bad.recv(100) == b""
        good.sendall(_request(1, "still"))
        assert _answers(good, 1) == [[1, 1, None, ["still"]]]


def test_a_client_that_leaves_is_told_of(server: RpcServer) -> None:
    gone = threading.Event()
    told: list[str] = []
    other = RpcServer("127.0.0.1", 0, _answer, lambda caller: (told.append(caller.name), gone.set()))
    other.start()
    try:
        _connected(other).close()
        assert gone.wait(10)
        assert told[0].startswith("127.0.0.1:")
    finally:
        other.close()


def test_a_port_that_is_taken_is_refused_with_what_to_do(server: RpcServer) -> None:
    with pytest.raises(DomainAugError, match=rf"127\.0\.0\.1:{server.port} cannot be listened on .*--port"):
        RpcServer("127.0.0.1", server.port, _answer)


@pytest.mark.parametrize("host", ["999.1.1.1", "192.0.2.77"])
def test_an_address_that_is_not_ours_is_refused(host: str) -> None:
    with pytest.raises(DomainAugError, match="cannot be listened on"):
        RpcServer(host, 0, _answer)


class TestFaults:
    """What goes wrong on purpose with calls."""

    @pytest.fixture
    def chaotic(self) -> Iterator[Callable[..., RpcServer]]:
        opened: list[RpcServer] = []

        def serve(*plan: Fault) -> RpcServer:
            faults = Faults(plan)
            running = RpcServer("127.0.0.1", 0, _answer, faults=faults, refuse=lambda name, arguments, says: says)
            faults.dying = lambda _: running.close()
            running.start()
            opened.append(running)
            return running

        yield serve
        for running in opened:
            running.close()

    def test_a_call_fails_and_the_next_does_not(self, chaotic: Callable[..., RpcServer]) -> None:
        with _connected(chaotic(Fault("fail", call="add", at=(2,), says="no"))) as one:
            one.sendall(b"".join(_request(number, "add", number) for number in (1, 2, 3)))
            assert [answer[3] for answer in _answers(one, 3)] == [["add", 1], "no", ["add", 3]]

    def test_a_call_that_hangs_for_a_while_holds_up_its_client_alone(self, chaotic: Callable[..., RpcServer]) -> None:
        server = chaotic(Fault("hang", call="slow", at=(1,), seconds=1.0))
        with _connected(server) as one, _connected(server) as other:
            begin = time.monotonic()
            one.sendall(_request(1, "slow") + _request(2, "add"))
            other.sendall(_request(1, "add"))
            assert _answers(other, 1) == [[1, 1, None, ["add"]]]
            assert _answers(one, 2) == [[1, 1, None, ["slow"]], [1, 2, None, ["add"]]]
            assert time.monotonic() - begin >= 1.0

    def test_who_waits_for_a_call_that_hangs_for_ever_can_leave(self, chaotic: Callable[..., RpcServer]) -> None:
        server = chaotic(Fault("hang", call="slow", at=(1,)))
        with _connected(server) as one:
            one.sendall(_request(1, "slow"))
            one.settimeout(0.3)
            with pytest.raises(TimeoutError):
                one.recv(1)
        end = time.monotonic() + 10
        while server.clients and time.monotonic() < end:
            time.sleep(0.02)
        assert server.clients == 0

    def test_a_server_dies_instead_of_answering(self, chaotic: Callable[..., RpcServer]) -> None:
        server = chaotic(Fault("die", call="add", at=(2,)))
        port = server.port
        with _connected(server) as one, _connected(server) as other:
            other.sendall(_request(1, "here"))
            assert _answers(other, 1) == [[1, 1, None, ["here"]]]
            one.sendall(_request(1, "add") + _request(2, "add"))
            assert _answers(one, 1) == [[1, 1, None, ["add"]]]
            assert one.recv(10) == b""
            assert other.recv(10) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=10)
