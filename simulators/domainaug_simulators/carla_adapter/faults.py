"""What can go wrong between a server and a frame on disk, each under a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from domainaug.errors import DomainAugError

__all__ = ["CaptureFailed", "Event", "Kind", "SensorSilent", "ServerLost", "ServerUnfit"]

Kind = Literal["lost", "late", "doubled", "skipped", "wrong", "crowded", "renewed", "revived"]
"""A frame that did not come in time; came after it was given up; came twice; whose next came before it; that is not as
it was asked for; that was let go because nobody fetched it; whose sensor, or whose client, was made anew."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a frame of a sensor.

    Attributes:
        kind: What.
        sensor: Whose.
        frame: The frame that was waited for.
        detail: More of it, or "".
    """

    kind: Kind
    sensor: str
    frame: int
    detail: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {"kind": self.kind, "sensor": self.sensor, "frame": self.frame, "detail": self.detail}

    def __str__(self) -> str:
        return f"frame {self.frame} of {self.sensor} is {self.kind}{': ' if self.detail else ''}{self.detail}"


class CaptureFailed(DomainAugError):
    """A frame could not be had, however often it was asked for; the server may be well."""


class SensorSilent(CaptureFailed):
    """A sensor does not deliver, nor one that was made in its place; the server is well otherwise."""


class ServerLost(DomainAugError):
    """The server, or the client's process, is gone or hangs: only a new client helps."""


class ServerUnfit(DomainAugError):
    """The server is well, and cannot be used: another version, another's world, a map that it lacks."""
