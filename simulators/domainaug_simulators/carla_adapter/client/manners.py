"""How to be a guest on a server: what is ours bears a mark, and everything else is left as it was found."""

from __future__ import annotations

import os
import platform
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from domainaug_simulators.carla_adapter.faults import ServerUnfit

__all__ = ["Found", "alive", "arrive", "mark", "marked", "marked_by", "restore"]

_MARK: Final = re.compile(r"domainaug\.([\w-]+)\.(\d+)(?:\.(\d+))?")
_NAMES: Final = ("role_name", "ros_name")
_PATIENCE: Final = 3.0  # seconds in which somebody who keeps time is seen to do so


@dataclass(frozen=True, slots=True)
class Found:
    """How a world was found.

    Attributes:
        synchronous: Whether somebody was to keep time; a world that a dead client left so is freed.
        delta: Seconds of a frame, or None.
        rendering: Whether it was drawn.
        substepping: Whether physics took several steps a frame.
        frozen: Whether somebody wants traffic lights to stay as they are; not where a dead client left them so.
        stuck: Whether time stood still, as a dead client leaves it.
        removed: How many actors of dead clients of ours were removed.
        others: How many vehicles, people and sensors are somebody else's.
    """

    synchronous: bool
    delta: float | None
    rendering: bool
    substepping: bool
    frozen: bool
    stuck: bool
    removed: int
    others: int


def mark(process: int | None = None) -> str:
    """Return what our actors are called: the machine and the process that they belong to, and when it began."""
    node = re.sub(r"[^\w-]", "-", platform.node()) or "unknown"
    number = os.getpid() if process is None else process
    return f"domainaug.{node}.{number}.{_born(number)}"


def _born(process: int) -> int:
    """Return when a process began, in ticks of the machine's clock: numbers of processes come again; 0 if unknown."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        return int(told.rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return 0


def marked(blueprint: Any) -> Any:
    """Put our mark on a blueprint, and return it."""
    for name in _NAMES:
        if blueprint.has_attribute(name):
            blueprint.set_attribute(name, mark())
            break
    return blueprint


def marked_by(actor: Any) -> str:
    """Return the mark of an actor; "" for those of others."""
    return next((text for name in _NAMES if _MARK.fullmatch(text := actor.attributes.get(name, ""))), "")


def alive(text: str, stuck: bool) -> bool:
    """Return whether whoever left a mark lives: of another machine, that is told by whether time passes."""
    found = _MARK.fullmatch(text)
    if found is None:
        return True
    if found[1] != mark().split(".")[1]:
        return not stuck
    if int(found[2]) == os.getpid():
        return False  # a new client in this process: the one before it is gone
    born = _born(int(found[2]))
    if found[3] is not None and int(found[3]) and born and int(found[3]) != born:
        return False  # another process has its number by now
    try:
        os.kill(int(found[2]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _near(text: str) -> bool:
    """Return whether a mark is one of this machine's."""
    return text.split(".")[1] == mark().split(".")[1]


def arrive(client: Any, world: Any) -> Found:
    """Look at a world before anything is changed, and clear away what dead clients of ours left in it.

    Raises:
        ServerUnfit: Another client keeps time here, or another run of this machine is at work.
    """
    settings = world.get_settings()
    stuck, step = False, settings.fixed_delta_seconds
    if settings.synchronous_mode:
        if _moving(world):
            raise ServerUnfit("another client keeps time on this server: wait until it is done, or name another server")
        stuck = True
        settings.synchronous_mode, settings.fixed_delta_seconds = False, None
        world.apply_settings(settings)
    delta = settings.fixed_delta_seconds
    told = None if stuck or delta is None or not 1e-6 < delta < 10 else float(delta)  # an empty one prints garbage
    own, others, frozen = [], 0, False
    for actor in world.get_actors():
        if actor.type_id == "traffic.traffic_light":
            frozen = frozen or (not stuck and actor.is_frozen())
        if not actor.type_id.startswith(("vehicle.", "walker.", "sensor.", "controller.", "static.prop.")):
            continue
        text = marked_by(actor)
        if text and not alive(text, stuck):
            own.append(actor)
        elif text and _near(text):
            if stuck:
                settings.synchronous_mode, settings.fixed_delta_seconds = True, step
                world.apply_settings(settings)
            raise ServerUnfit(
                f"process {text.split('.')[2]} of this machine renders on this server: wait until it is done, or name "
                "another server"
            )
        elif actor.type_id.startswith(("vehicle.", "walker.", "sensor.")):
            others += 1
    remove(client, own)
    drawn, stepping = not settings.no_rendering_mode, bool(settings.substepping)
    return Found(False, told, drawn, stepping, frozen, stuck, len(own), others)


def remove(client: Any, actors: list[Any]) -> None:
    """Destroy actors: sensors first, after they were told to be quiet."""
    import carla

    for actor in actors:
        if actor.type_id.startswith("sensor.") and actor.is_listening:
            actor.stop()
    ordered = sorted(actors, key=lambda actor: not actor.type_id.startswith(("sensor.", "controller.")))
    if ordered:
        client.apply_batch_sync([carla.command.DestroyActor(actor.id) for actor in ordered], False)


def restore(world: Any, found: Found) -> None:
    """Let time pass as it did."""
    settings = world.get_settings()
    settings.synchronous_mode = found.synchronous
    settings.fixed_delta_seconds = found.delta
    settings.no_rendering_mode, settings.substepping = not found.rendering, found.substepping
    world.apply_settings(settings)


def _moving(world: Any) -> bool:
    """Return whether frames come while nobody here asks for any; a single one may have been on its way."""
    last, until = world.get_snapshot().frame, time.monotonic() + _PATIENCE
    came = 0
    while time.monotonic() < until:
        now = world.get_snapshot().frame
        came, last = came + (now != last), now
        if came > 1:
            return True
        time.sleep(0.05)
    return False
