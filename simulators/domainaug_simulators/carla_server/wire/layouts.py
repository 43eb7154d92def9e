"""How each version of CARLA's client lays out the bytes of its streams: one table.

A client that is told of a wrong kind of sensor, or of a state of another size, ends with a segmentation fault. What is
not in this table is therefore refused before anything is sent. The sizes and places were read from the debugging
information of the client's own wheel.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from domainaug.errors import UnknownName

__all__ = ["LAYOUTS", "Layout", "layout_of"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The layouts of one version; all little-endian and packed.

    Attributes:
        version: What the client calls itself.
        sensors: The number of each kind of stream.
        observer: The number of the stream of the world's states.
        header: Before every message: kind, frame, seconds, place and turn of the sensor.
        episode: Before the states of actors: episode, clock of the machine, seconds since the last frame, origin of
            the map (three whole numbers), what changed.
        actor: Before what is special to a kind of actor: number, state, place and turn, velocity, turning (degrees a
            second), acceleration.
        special: Bytes of what is special.
        vehicle: Throttle, steer, brake, hand brake, reverse, manual gear, gear, speed limit (km/h), state of its
            light, whether it is at one, number of it, failure.
        walker: Direction (three numbers), speed, jump.
        light: Sign's id, seconds of green, yellow, red, and since the last change, number of its pole, whether it is
            frozen, state.
        sign: Sign's id.
        image: Width, height, field of view.
        lidar: Angle of the head, channels; then as many counts as channels.
        token: Stream, port, transport, kind of address; then 16 bytes of address.
    """

    version: str
    sensors: Mapping[str, int]
    observer: int
    header: struct.Struct
    episode: struct.Struct
    actor: struct.Struct
    special: int
    vehicle: struct.Struct
    walker: struct.Struct
    light: struct.Struct
    sign: struct.Struct
    image: struct.Struct
    lidar: struct.Struct
    token: struct.Struct


_SENSORS_0_9_16: Final = (
    "sensor.other.collision",
    "sensor.camera.depth",
    "sensor.camera.normals",
    "sensor.camera.dvs",
    "sensor.other.gnss",
    "sensor.other.imu",
    "sensor.other.lane_invasion",
    "sensor.other.obstacle",
    "sensor.camera.optical_flow",
    "sensor.other.radar",
    "sensor.lidar.ray_cast_semantic",
    "sensor.lidar.ray_cast",
    "sensor.other.rss",
    "sensor.camera.rgb",
    "sensor.camera.semantic_segmentation",
    "sensor.camera.instance_segmentation",
    "sensor.camera.cosmos_visualization",
)

LAYOUTS: Final[Mapping[str, Layout]] = MappingProxyType(
    {
        "0.9.16": Layout(
            version="0.9.16",
            sensors=MappingProxyType({name: index for index, name in enumerate(_SENSORS_0_9_16)}),
            observer=17,
            header=struct.Struct("<QQd6f"),
            episode=struct.Struct("<Qdf3iI"),
            actor=struct.Struct("<IB15f"),
            special=54,
            vehicle=struct.Struct("<3f???ifB?IB"),
            walker=struct.Struct("<4f?"),
            light=struct.Struct("<32s4fI?B"),
            sign=struct.Struct("<32s"),
            image=struct.Struct("<IIf"),
            lidar=struct.Struct("<fI"),
            token=struct.Struct("<IHBB16s"),
        ),
    }
)
"""The layouts by the client's version."""


def layout_of(version: str) -> Layout:
    """Return the layouts of a version.

    Raises:
        UnknownName: The version is not known; another's layouts would crash its client.
    """
    try:
        return LAYOUTS[version]
    except KeyError:
        raise UnknownName("client version", version, LAYOUTS, where="CARLA") from None
