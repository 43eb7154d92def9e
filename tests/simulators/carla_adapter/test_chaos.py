"""Whatever goes wrong on the server, a variant comes whole or is set aside with a reason, within its deadline.

Each case has a server of its own, in a process that may die.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from domainaug_simulators.carla_adapter.line import Line
from domainaug_simulators.carla_adapter.servers import Server

from domainaug.layouts.frames import check_frame, read_frames
from domainaug.run.simulating import SimulationSummary

from .conftest import TEXT, Run

Serve = Callable[[str], int]
ONE = TEXT.replace("weather: [noon, snow]", "weather: [noon, overcast, low-sun]").replace("vehicles: 8", "vehicles: 2")
SMALL = ONE.replace("{width: 160, height: 96}", "{width: 64, height: 48}")
SMALL = SMALL.replace("warmup: 0", "warmup: 1").replace("timeout: 6", "timeout: 8\n  deadline: 5")
CLEAN = {"marked": 0, "synchronous": False}


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


def events_of(out: Path) -> set[str]:
    """Return the kinds of what happened to frames, as the variants tell."""
    scenes = [json.loads(path.read_text()) for path in out.glob("variants/*/scene.json")]
    return {event["kind"] for scene in scenes for event in scene.get("events", [])}


def whole(summary: SimulationSummary, out: Path) -> None:
    """Hold everything that was written, or is reported: three variants, labels alike, each true."""
    frames = read_frames(out) if summary.run.done else ()
    assert len(frames) == summary.run.done == 3 - len(summary.run.set_aside)
    assert len({frame.beside("instance.png").read_bytes() for frame in frames}) <= 1
    assert len({frame.beside("depth.png").read_bytes() for frame in frames}) <= 1
    for frame in frames:
        check_frame(frame)
        assert frame.picture().shape == (48, 64, 3)
        place = json.loads((frame.place.parents[1] / "gps" / "000000.json").read_text())
        assert abs(place["latitude_deg"]) < 1
    assert len(list(out.glob("variants/*"))) == len(frames)  # what was not whole is not there


def left_at(port: int, seconds: float = 20.0) -> dict[str, Any]:
    """Return what of ours is in the world of a server, and who keeps its time, once we had time to leave."""
    line, until = Line(Server("127.0.0.1", port), 3.0), time.monotonic() + seconds
    try:
        while (found := line.look()) != CLEAN and time.monotonic() < until:
            time.sleep(0.2)
    finally:
        line.close()
    return found


CASES = {  # a plan, how many of three variants come, what their scenes tell, and within how many seconds all is over
    "a picture is lost": ("{do: drop, stream: sensor.camera.rgb, at: 2}", 3, {"lost", "renewed"}, 75),
    "a position is lost": ("{do: drop, stream: 'sensor.other.*', at: 3}", 3, {"lost", "renewed"}, 75),
    "a sensor never comes": ("{do: drop, stream: sensor.camera.depth, every: 1}", 0, set(), 135),
    "a depth is late": ("{do: delay, stream: sensor.camera.depth, at: 2, seconds: 12}", 3, {"lost", "renewed"}, 90),
    "a position comes twice": ("{do: double, stream: sensor.other.gnss, at: 1}", 3, {"doubled"}, 60),
    "frames change places": (
        "{do: reorder, stream: sensor.camera.instance_segmentation, at: 2}", 3, {"lost", "renewed"}, 75),
    "a picture's size is corrupt": (
        "{do: corrupt, stream: sensor.camera.rgb, at: 2, span: [48, 56]}", 3, {"wrong", "renewed"}, 75),
    "a picture's pixels are corrupt": (
        "{do: corrupt, stream: sensor.camera.rgb, at: 2, span: [900, 4000]}", 3, {"wrong", "renewed"}, 75),
    "a depth's pixels are corrupt": (
        "{do: corrupt, stream: sensor.camera.depth, at: 1, span: [60, 9000]}", 3, {"wrong", "renewed"}, 75),
    "where a picture was taken is corrupt": (
        "{do: corrupt, stream: sensor.camera.rgb, at: 2, span: [24, 48]}", 3, {"wrong", "renewed"}, 75),
    "what a message is is corrupt": ("{do: corrupt, stream: sensor.camera.rgb, at: 2, span: [0, 8]}", 3, set(), 120),
    "a position is corrupt": (
        "{do: corrupt, stream: sensor.other.gnss, at: 2, span: [50, 58]}", 3, {"wrong", "renewed"}, 75),
    "a tick hangs for a while": ("{do: hang, call: tick_cue, at: 3, seconds: 1.5}", 3, set(), 75),
    "a tick hangs for good": ("{do: hang, call: tick_cue, at: 4}", 3, set(), 135),
    "a tick is not told": ("{do: drop, stream: observer, at: 4, since: apply_batch}", 3, set(), 135),
    "a batch fails": ("{do: fail, call: apply_batch, at: 4, says: no}", 3, set(), 120),
    "it stands still for a while": ("{do: freeze, call: tick_cue, at: 4, seconds: 1.5}", 3, set(), 75),
    "it stands still for longer": ("{do: freeze, call: tick_cue, at: 4, seconds: 14}", 3, set(), 135),
    "it dies in a tick and is back": ("{do: die, call: tick_cue, at: 3, back: 0.5}", 3, set(), 135),
    "it dies in a frame and is back": ("{do: die, stream: sensor.camera.rgb, at: 2, back: 0.5}", 3, set(), 135),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("plan", "done", "told", "seconds"), CASES.values(), ids=CASES)
def test_every_variant_comes_whole_or_is_reported_and_nothing_is_left(
    run: Run, serve: Serve, tmp_path: Path, plan: str, done: int, told: set[str], seconds: float
) -> None:
    port, began = serve(plan), time.monotonic()
    summary = run(port, text=SMALL)
    took = time.monotonic() - began
    whole(summary, tmp_path / "out")
    assert summary.run.done == done, summary.run.set_aside
    assert told <= events_of(tmp_path / "out")
    assert left_at(port) == CLEAN
    assert took < seconds


@pytest.mark.slow
def test_a_sensor_that_never_comes_is_told_by_its_name(run: Run, serve: Serve) -> None:
    summary = run(serve("{do: drop, stream: sensor.other.imu, every: 1}"), text=SMALL)
    for aside in summary.run.set_aside:
        says = r"frame \d+ of imu is lost: it did not come in time; made anew were imu"
        assert re.fullmatch(says, str(aside.reason))
    assert len(summary.run.set_aside) == 3


@pytest.mark.slow
def test_a_server_that_stands_still_for_good_ends_the_run_in_time(run: Run, serve: Serve, tmp_path: Path) -> None:
    began = time.monotonic()
    summary = run(serve("{do: freeze, call: tick_cue, at: 4}"), text=SMALL)
    assert time.monotonic() - began < 180
    whole(summary, tmp_path / "out")
    assert summary.run.set_aside
    assert all("did not say its version within 8 s" in str(aside.reason) for aside in summary.run.set_aside)


@pytest.mark.slow
def test_a_server_that_dies_for_good_is_started_anew(run: Run, serve: Serve, tmp_path: Path) -> None:
    port = serve("{do: die, call: tick_cue, at: 3}")
    pidfile = tmp_path / "pid"
    script = f"echo $$ > {pidfile}; exec {shlex.join(command(None, port))}"
    try:
        summary = run(port, text=SMALL, world={"restart": f"sh -c {shlex.quote(script)}"})
        whole(summary, tmp_path / "out")
        assert summary.run.done == 3
        assert "revived" in events_of(tmp_path / "out")
        assert left_at(port) == CLEAN
    finally:
        if pidfile.exists():
            subprocess.run(["kill", pidfile.read_text().strip()], check=False)


@pytest.mark.slow
def test_without_a_server_the_rest_is_set_aside_with_a_reason(run: Run, serve: Serve, tmp_path: Path) -> None:
    summary = run(serve("{do: die, call: tick_cue, at: 3}"), text=SMALL)
    whole(summary, tmp_path / "out")
    assert summary.run.exit_code == 1
    reasons: list[Any] = [aside.reason for aside in summary.run.set_aside]
    assert reasons
    assert all("nobody listens at 127.0.0.1:" in reason for reason in reasons)
