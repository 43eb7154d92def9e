"""No server, a silent one, one that is no CARLA: one sentence with the remedy, within the timeout, and no output."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from domainaug_simulators.carla_adapter import line
from domainaug_simulators.carla_server.server import CarlaServer

from domainaug.errors import DomainAugError, MissingExtra

from .conftest import TEXT, Run


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        found.listen(8)
        yield found


def test_nobody_listens(run: Run, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(DomainAugError, match=rf"nobody listens at 127\.0\.0\.1:{port} .*start CARLA there"):
            run(port)
    assert not (tmp_path / "out").exists()


def test_a_silent_server_is_given_up_within_its_time(run: Run, listening: socket.socket) -> None:
    began = time.monotonic()
    with pytest.raises(DomainAugError, match="did not say its version within 1 s"):
        run(listening.getsockname()[1], world={"timeout": 1})
    assert time.monotonic() - began < 20


def test_who_speaks_another_protocol_ends_the_clients_process_at_most(run: Run, listening: socket.socket) -> None:
    def answer() -> None:
        while True:
            try:
                who, _ = listening.accept()
            except OSError:
                return
            with who:
                who.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    threading.Thread(target=answer, daemon=True).start()
    with pytest.raises(DomainAugError, match=r"is no CARLA|did not say its version"):
        run(listening.getsockname()[1], world={"timeout": 1})
    listening.close()


def test_a_map_that_the_server_lacks_is_named_with_those_it_has(run: Run, server: CarlaServer) -> None:
    with pytest.raises(DomainAugError, match="no map 'Town99'; it has city, highway, junction, suburb"):
        run(server.port, text=TEXT.replace("map: junction", "map: Town99"))


def test_without_the_wheel_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(sys, "version_info", (3, 11, 0))
    with pytest.raises(MissingExtra, match=r"domainaug\[carla\]"):
        line.need_client()
