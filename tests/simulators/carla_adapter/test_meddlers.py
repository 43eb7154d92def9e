"""Who meddles with a world while it is taken spoils no frame: that is taken anew, and has the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from domainaug_simulators.carla_server.desk import Desk
from domainaug_simulators.carla_server.server import CarlaServer
from domainaug_simulators.carla_server.world.actors import SensorActor, Vehicle
from domainaug_simulators.carla_server.world.skies import CLEAR

from domainaug.run import replay

from .conftest import TEXT, Run

SMALL = TEXT.replace("width: 160, height: 96", "width: 64, height: 48").replace("warmup: 0", "warmup: 1")


def destroy_one(desk: Desk) -> None:
    desk.remove(max(actor.id for actor in desk.episode.each(Vehicle)))


def let_time_pass(desk: Desk) -> None:
    Desk.tick(desk)


def clear_up(desk: Desk) -> None:
    desk.episode.sky = CLEAR


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("meddle", [destroy_one, let_time_pass, clear_up])
def test_a_frame_is_taken_anew_with_the_same_bytes(
    run: Run, server: CarlaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meddle: Callable[[Desk], None],
    nth: int,
) -> None:  # fmt: skip
    desk, ticks = server.desk, [0]

    def tick(dt: float | None = None) -> int:
        if next(iter(desk.episode.each(SensorActor)), None) is not None:
            ticks[0] += 1
            if ticks[0] == nth:
                meddle(desk)
        return Desk.tick(desk, dt)

    monkeypatch.setattr(desk, "tick", tick)
    assert run(server.port, text=SMALL).run.exit_code == 0
    scenes = [json.loads(path.read_text()) for path in tmp_path.glob("out/variants/*/scene.json")]
    kinds = {event["kind"] for scene in scenes for event in scene.get("events", [])}
    assert kinds & {"revived", "renewed"}
    pictures = [name for name in replay(tmp_path / "out", engine="serial").differences if "scene.json" not in str(name)]
    assert pictures == []
