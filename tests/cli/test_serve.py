"""`domainaug serve-carla` says where it listens, and refuses in a sentence."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest
from typer.testing import CliRunner

from domainaug.cli import app
from domainaug.errors import DomainAugError, MissingExtra, UnknownName
from domainaug.scenario import servers

COMMAND = [sys.executable, "-m", "domainaug", "serve-carla"]


@pytest.mark.slow
def test_it_serves_until_it_is_interrupted() -> None:
    pytest.importorskip("msgpack", reason="the packages of domainaug[carla] are not installed")
    with subprocess.Popen([*COMMAND, "--town", "suburb", "--port", "0"], stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stderr is not None
            line = next(told for told in running.stderr if not told.startswith("compiling the kernels"))
            assert line.startswith("serving suburb to clients of CARLA 0.9.16 on 127.0.0.1, ports ")
            socket.create_connection(("127.0.0.1", int(line.split()[-3])), timeout=10).close()
        finally:
            running.send_signal(signal.SIGINT)
        assert running.wait(timeout=30) == 130


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--town", "Town03"], "no map is called 'Town03'; known: city, highway, junction, suburb"),
        (["--client", "0.9.15"], "no client version is called '0.9.15'"),
        (["--quality", "fine"], "no quality is called 'fine'; known: draft, high, normal"),
        (["--host", "192.0.2.7", "--port", "0", "--allow-others"], "192.0.2.7:0 cannot be listened on"),
        (["--host", "192.0.2.7"], "add --allow-others to let them"),
        (["--host", "no such host"], "add --allow-others to let them"),
        (["--faults", "nowhere.yaml"], "nowhere.yaml: there is no such plan of faults"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(options: list[str], says: str) -> None:
    pytest.importorskip("msgpack", reason="the packages of domainaug[carla] are not installed")
    done = CliRunner().invoke(app, ["serve-carla", *options])
    assert isinstance(done.exception, DomainAugError)
    assert says in str(done.exception)


def test_a_port_that_is_taken_is_one_sentence_and_exit_2() -> None:
    pytest.importorskip("msgpack", reason="the packages of domainaug[carla] are not installed")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*COMMAND, "--town", "suburb", "--port", str(port)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: 127.0.0.1:{port} cannot be listened on")
    assert done.stderr.count("\n") == 1


def test_others_are_let_in_only_where_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[str] = []
    monkeypatch.setattr(servers, "server_named", lambda name: lambda *told: served.append(told[1]))
    for options in (["localhost"], ["::1"], ["0.0.0.0"], ["0.0.0.0", "--allow-others"]):
        CliRunner().invoke(app, ["serve-carla", "--host", *options])
    assert served == ["localhost", "::1", "0.0.0.0"]


def test_a_server_is_found_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [EntryPoint("toy", "math:sqrt", servers.GROUP), EntryPoint("carla", "no.such.module:serve", servers.GROUP)]
    monkeypatch.setattr(servers, "entry_points", lambda group: points)
    assert servers.server_named("toy")(9) == 3
    with pytest.raises(MissingExtra, match=r'pip install "domainaug\[carla\]"'):
        servers.server_named("carla")
    with pytest.raises(UnknownName, match="no server is called 'boat'"):
        servers.server_named("boat")
