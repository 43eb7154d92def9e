"""Half a minute with a server says what of it works."""

from __future__ import annotations

import socket

import pytest
from domainaug_simulators.carla_adapter.probe import probed
from domainaug_simulators.carla_server.server import CarlaServer
from typer.testing import CliRunner

from domainaug.cli import app
from domainaug.errors import DomainAugError

from .conftest import left_in


@pytest.mark.slow
def test_a_server_is_looked_at_and_left_as_it_was_found(server: CarlaServer) -> None:
    server.desk.fresh()
    found = {check.what: check for check in probed(f"127.0.0.1:{server.port}")}
    for what in ("versions", "world", "sensor.camera.rgb", "sensor.camera.depth",
                 "sensor.camera.instance_segmentation", "sensor.other.gnss", "sensor.other.imu", "weather", "geometry",
                 "left as found"):  # fmt: skip
        assert found[what].state == "ok", found[what]
    assert "server 0.9.16, client 0.9.16" in found["versions"].detail
    assert left_in(server) == []
    assert not server.desk.settings.synchronous


def test_without_a_server_the_first_line_says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        done = CliRunner().invoke(app, ["doctor", "--carla", f"127.0.0.1:{port}", "--json"])
    assert done.exit_code == 1
    assert "nobody listens" in done.output


def test_an_address_is_host_and_port() -> None:
    with pytest.raises(DomainAugError, match="write HOST:PORT"):
        probed("127.0.0.1:carla")
