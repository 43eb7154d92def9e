"""Whatever goes wrong on the server, a variant comes whole or is set aside with a reason, within its deadline.

Each case has a server of its own, in a process that may die.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from domainaug.layouts.frames import Frame, check_frame, read_frames
from domainaug.run.simulating import SimulationSummary

from .conftest import TEXT, Run

Serve = Callable[[str], int]
ONE = TEXT.replace("weather: [noon, snow]", "weather: [noon, overcast, low-sun]").replace("vehicles: 8", "vehicles: 2")
SMALL = ONE.replace("{width: 160, height: 96}", "{width: 64, height: 48}").replace("timeout: 6", "timeout: 4")


def command(plan: Path | None, port: int) -> list[str]:
    told = [] if plan is None else ["--faults", str(plan)]
    return [sys.executable, "-m", "domainaug", "serve-carla", "--town", "junction", "--port", str(port), *told]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a server with a plan of faults, and returns its port."""
    servers: list[subprocess.Popen[str]] = []

    def started(plan: str) -> int:
        (tmp_path / "plan.yaml").write_text(f"faults:\n  - {plan}\n", encoding="utf-8")
        server = subprocess.Popen(command(tmp_path / "plan.yaml", 0), stderr=subprocess.PIPE, text=True)
        servers.append(server)
        assert server.stderr is not None
        line = server.stderr.readline()
        assert line.startswith("serving junction"), line
        return int(line.split()[-3])

    yield started
    for server in servers:
        server.kill()
        server.wait(timeout=10)
        assert server.stderr is not None
        server.stderr.close()


def events_of(out: Path) -> list[str]:
    """Return the kinds of what happened to frames, as the variants tell."""
    scenes = [json.loads(path.read_text()) for path in out.glob("variants/*/scene.json")]
    return [event["kind"] for scene in scenes for event in scene.get("events", [])]


def whole(summary: SimulationSummary, out: Path) -> tuple[Frame, ...]:
    """Hold everything that was written: three variants, labels alike, each true."""
    assert summary.run.exit_code == 0, summary.run.set_aside
    frames = read_frames(out)
    assert len(frames) == 3
    assert len({frame.beside("instance.png").read_bytes() for frame in frames}) == 1
    for frame in frames:
        check_frame(frame)
        assert frame.picture().shape == (48, 64, 3)
    return frames


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plan", "kind"),
    [
        ("{do: drop, stream: sensor.camera.rgb, at: 2}", "lost"),
        ("{do: drop, stream: 'sensor.other.*', at: 3}", "lost"),
        ("{do: delay, stream: sensor.camera.depth, at: 2, seconds: 6}", "lost"),
        ("{do: double, stream: sensor.other.gnss, at: 1}", "doubled"),
        ("{do: reorder, stream: sensor.camera.instance_segmentation, at: 2}", "lost"),
    ],
    ids=[
        "a picture is lost",
        "a position is lost",
        "a depth is late",
        "a position comes twice",
        "frames change places",
    ],
)
def test_frames_that_go_astray_are_asked_for_anew(run: Run, serve: Serve, tmp_path: Path, plan: str, kind: str) -> None:
    began = time.monotonic()
    whole(run(serve(plan), text=SMALL), tmp_path / "out")
    assert kind in events_of(tmp_path / "out")
    assert time.monotonic() - began < 90


@pytest.mark.slow
@pytest.mark.parametrize(
    "plan",
    [
        "{do: hang, call: tick_cue, at: 3}",
        "{do: fail, call: apply_batch, at: 4, says: no}",
        "{do: die, call: tick_cue, at: 3, back: 0.5}",
        "{do: die, stream: sensor.camera.rgb, at: 2, back: 0.5}",
    ],
    ids=["a tick hangs", "a batch fails", "it dies in a tick and is back", "it dies in a frame and is back"],
)
def test_a_new_client_goes_on_where_the_old_one_was_lost(run: Run, serve: Serve, tmp_path: Path, plan: str) -> None:
    began = time.monotonic()
    whole(run(serve(plan), text=SMALL), tmp_path / "out")
    assert time.monotonic() - began < 120


@pytest.mark.slow
def test_a_server_that_dies_for_good_is_started_anew(run: Run, serve: Serve, tmp_path: Path) -> None:
    port = serve("{do: die, call: tick_cue, at: 3}")
    pidfile = tmp_path / "pid"
    script = f"echo $$ > {pidfile}; exec {shlex.join(command(None, port))}"
    try:
        whole(run(port, text=SMALL, world={"restart": f"sh -c {shlex.quote(script)}"}), tmp_path / "out")
    finally:
        if pidfile.exists():
            subprocess.run(["kill", pidfile.read_text().strip()], check=False)


@pytest.mark.slow
def test_without_a_server_the_rest_is_set_aside_with_a_reason(run: Run, serve: Serve, tmp_path: Path) -> None:
    summary = run(serve("{do: die, call: tick_cue, at: 3}"), text=SMALL)
    assert summary.run.exit_code == 1
    reasons: list[Any] = [aside.reason for aside in summary.run.set_aside]
    assert reasons
    assert all("nobody listens at 127.0.0.1:" in reason for reason in reasons)
    written = list(tmp_path.glob("out/variants/*"))
    assert len(written) == 3 - len(reasons)  # what was not whole is not there
