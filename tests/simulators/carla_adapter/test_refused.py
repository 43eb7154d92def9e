"""No server, a silent one, one that is no CARLA: one sentence with the remedy, within the timeout, and no output."""

from __future__ import annotations

import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from domainaug_simulators.carla_adapter import line
from domainaug_simulators.carla_adapter.faults import ServerLost
from domainaug_simulators.carla_adapter.line import Line
from domainaug_simulators.carla_adapter.servers import Server
from domainaug_simulators.carla_server.server import CarlaServer
from domainaug_simulators.carla_server.world.episode import Refused

from domainaug.errors import DomainAugError, MissingExtra

from .conftest import TEXT, Run, left_in


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


def test_a_server_of_another_version_is_named_with_what_to_install(run: Run, server: CarlaServer) -> None:
    layout = server.desk.layout
    told = {
        "0.9.13": "it numbers classes otherwise.*run a server of 0.9.16",
        "0.9.15": r"streams of another version crash it; `pip install carla==0\.9\.15`",
    }
    try:
        for version, says in told.items():
            server.desk.layout = replace(layout, version=version)
            with pytest.raises(DomainAugError, match=rf"CARLA {re.escape(version)}.*{says}"):
                run(server.port)
    finally:
        server.desk.layout = layout


def test_a_vehicle_that_the_server_lacks_is_named_with_those_like_it(run: Run, server: CarlaServer) -> None:
    with pytest.raises(DomainAugError, match=r"no vehicle 'vehicle\.tesla\.modely'; it has vehicle\.tesla\.model3, "):
        run(server.port, text=TEXT.replace("seed: 5", "seed: 5\n  ego: vehicle.tesla.modely"))


def test_where_others_stand_nobody_is_spawned(run: Run, server: CarlaServer, tmp_path: Path) -> None:
    with server.desk.lock:
        for place in server.desk.level.places.spawns:
            with suppress(Refused):
                server.desk.episode.spawn("vehicle.carlamotors.firetruck", {}, place)
    try:
        with pytest.raises(DomainAugError, match="finds no room where it begins; take another seed"):
            run(server.port, text=TEXT.replace("seed: 5", "seed: 5\n  traffic: driven"))
        assert not (tmp_path / "out").exists()
        assert set(left_in(server)) == {"vehicle.carlamotors.firetruck"}
        assert not server.desk.settings.synchronous
    finally:
        server.desk.fresh()


def test_without_the_wheel_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(sys, "version_info", (3, 11, 0))
    with pytest.raises(MissingExtra, match=r"domainaug\[carla\]"):
        line.need_client()


def test_a_server_whose_streams_cannot_be_reached_is_told_with_their_port() -> None:
    with CarlaServer("junction", port=0) as shut:
        port, listened = shut.streams.port, shut.streams._socket
        shut.streams._socket = Gone(port)  # type: ignore[assignment]
        listened.shutdown(socket.SHUT_RDWR)
        listened.close()
        told = Line(Server("127.0.0.1", shut.port), 1.5)
        try:
            with pytest.raises(
                ServerLost, match=rf"does not come within 1\.5 s .*streams .* usually is {shut.port + 1}"
            ):
                told.hello()
        finally:
            told.leave()


class Gone:
    """A port that was listened on."""

    def __init__(self, port: int) -> None:
        self.port = port

    def getsockname(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    def shutdown(self, how: int) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
