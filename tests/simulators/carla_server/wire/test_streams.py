"""Streams: every reader is sent what comes, and a slow one loses the oldest without holding up anybody."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from domainaug_simulators.carla_server.faults import Fault, Faults
from domainaug_simulators.carla_server.wire.layouts import LAYOUTS, layout_of
from domainaug_simulators.carla_server.wire.streams import StreamServer

from domainaug.errors import UnknownName

LAYOUT = layout_of("0.9.16")


@pytest.fixture
def server() -> Iterator[StreamServer]:
    running = StreamServer("127.0.0.1", 0, LAYOUT)
    running.start()
    yield running
    running.close()


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def _reading(server: StreamServer, stream: int) -> socket.socket:
    one = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    one.settimeout(10)
    before = server.arrived(stream)
    one.sendall(struct.pack("<I", stream))
    _until(lambda: server.arrived(stream) > before)
    return one


def _exactly(one: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = one.recv(size - len(parts))
        assert part, "the server hung up"
        parts += part
    return bytes(parts)


def _message(one: socket.socket) -> bytes:
    return _exactly(one, *struct.unpack("<I", _exactly(one, 4)))


def test_every_reader_is_sent_every_message_of_its_stream(server: StreamServer) -> None:
    first, second = server.open(), server.open()
    readers = [_reading(server, first), _reading(server, first), _reading(server, second)]
    for number in range(20):
        server.publish(first, b"a%d" % number)
        server.publish(second, b"b%d" % number)
    for reader, letter in zip(readers, (b"a", b"a", b"b"), strict=True):
        assert [_message(reader) for _ in range(20)] == [letter + b"%d" % number for number in range(20)]
        reader.close()


def test_who_comes_late_is_sent_what_a_stream_begins_with(server: StreamServer) -> None:
    stream = server.open(lambda: b"now")
    with _reading(server, stream) as one:
        assert _message(one) == b"now"


def test_a_slow_reader_loses_the_oldest_and_never_holds_up_who_publishes(server: StreamServer) -> None:
    stream = server.open()
    big = bytes(1 << 20)
    with _reading(server, stream) as slow:
        begin = time.monotonic()
        for number in range(300):
            server.publish(stream, struct.pack("<I", number) + big)
        assert time.monotonic() - begin < 5
        numbers = []
        while not numbers or numbers[-1] != 299:
            numbers.append(struct.unpack_from("<I", _message(slow))[0])
        assert numbers == sorted(numbers)
        assert len(numbers) < 200  # what was lost lies in the middle: the newest came, whole
        assert numbers[-60:] == list(range(240, 300))


def test_a_reader_that_goes_is_forgotten(server: StreamServer) -> None:
    stream = server.open()
    _reading(server, stream).close()
    _until(lambda: server.readers == 0)
    assert not server.wanted(stream)


def test_who_is_on_the_way_is_waited_for_and_not_for_ever(server: StreamServer) -> None:
    stream = server.open()
    server.expect(stream)
    late = threading.Timer(0.2, lambda: readers.append(_reading(server, stream)))
    readers: list[socket.socket] = []
    late.start()
    server.gather(10.0)
    assert server.wanted(stream)
    late.join()
    readers[0].close()
    server.expect(stream)
    begin = time.monotonic()
    server.gather(0.2)
    server.gather(10.0)  # who did not come is not waited for again
    assert 0.15 < time.monotonic() - begin < 5
    server.expect(987)  # nor who names no stream
    server.gather(10.0)
    assert time.monotonic() - begin < 5


def test_a_stream_that_ends_hangs_up(server: StreamServer) -> None:
    stream = server.open()
    with _reading(server, stream) as one:
        server.shut(stream)
        assert one.recv(4) == b""
    server.publish(stream, b"nobody")  # and is no fault


@pytest.mark.parametrize("told", [b"", b"\x01", struct.pack("<I", 4096)])
def test_who_names_no_stream_is_hung_up_on(server: StreamServer, told: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as one:
        one.sendall(told)
        one.shutdown(socket.SHUT_WR)
        one.settimeout(10)
        assert one.recv(4) == b""


def test_a_token_leads_to_its_stream_at_the_address_that_was_called(server: StreamServer) -> None:
    token = server.token(5)
    assert len(token) == 24
    assert struct.unpack("<IHBB", token[:8]) == (5, server.port, 1, 0)


class TestLayouts:
    """Sizes as the debugging information of the wheel tells them."""

    @pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
    def test_structures_are_as_large_as_the_clients(self, layout: object) -> None:
        assert layout is not None
        sizes = {
            name: getattr(layout, name).size for name in ("header", "episode", "vehicle", "walker", "light", "token")
        }
        assert sizes == {"header": 48, "episode": 36, "vehicle": 30, "walker": 17, "light": 54, "token": 24}
        assert layout.actor.size + layout.special == 119

    def test_the_observer_is_no_sensor(self) -> None:
        for layout in LAYOUTS.values():
            assert layout.observer not in layout.sensors.values()
            assert len(set(layout.sensors.values())) == len(layout.sensors)

    @pytest.mark.parametrize("version", ["0.9.15", "0.10.0", ""])
    def test_another_version_is_refused(self, version: str) -> None:
        with pytest.raises(UnknownName, match="no client version is called"):
            layout_of(version)


class TestFaults:
    """What goes wrong on purpose on its way to a reader."""

    KIND = LAYOUT.sensors["sensor.other.gnss"]

    def _read(self, fault: Fault, count: int, sent: int = 4) -> list[int]:
        """Return the numbers of the messages that come."""
        running = StreamServer("127.0.0.1", 0, LAYOUT, Faults([fault]))
        running.start()
        try:
            stream = running.open()
            with _reading(running, stream) as one:
                for number in range(1, sent + 1):
                    running.publish(stream, struct.pack("<QQ", self.KIND, number))
                return [struct.unpack("<QQ", _message(one))[1] for _ in range(count)]
        finally:
            running.close()

    def test_a_message_is_dropped(self) -> None:
        assert self._read(Fault("drop", stream="sensor.other.gnss", at=(2,)), 3) == [1, 3, 4]

    def test_a_message_comes_twice(self) -> None:
        assert self._read(Fault("double", stream="sensor.other.*", at=(3,)), 5) == [1, 2, 3, 3, 4]

    def test_a_message_comes_after_the_next(self) -> None:
        assert self._read(Fault("reorder", stream="sensor.other.gnss", at=(1, 3)), 4) == [2, 1, 4, 3]

    def test_a_message_comes_late(self) -> None:
        assert self._read(Fault("delay", stream="sensor.other.gnss", at=(1,), seconds=0.3), 4) == [2, 3, 4, 1]

    def test_other_streams_are_spared(self) -> None:
        assert self._read(Fault("drop", stream="sensor.camera.*", every=1), 4) == [1, 2, 3, 4]

    def test_a_server_dies_in_the_middle_of_a_message(self) -> None:
        fault = Fault("die", stream="sensor.other.gnss", at=(2,))
        faults, died = Faults([fault]), []
        running = StreamServer("127.0.0.1", 0, LAYOUT, faults)
        faults.dying = died.append
        running.start()
        try:
            stream = running.open()
            with _reading(running, stream) as one:
                for number in range(1, 4):
                    running.publish(stream, struct.pack("<QQ", self.KIND, number))
                assert struct.unpack("<QQ", _message(one))[1] == 1
                assert len(_exactly(one, 10)) == 10
                running.close()
                assert one.recv(1) == b""  # half of it, and nothing after
            assert died == [fault]
        finally:
            running.close()
