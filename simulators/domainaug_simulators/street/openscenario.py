"""A variant as OpenSCENARIO 1.2: weather, map, everybody's place and speed, and in clips everybody's way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as Xml

import numpy as np

from domainaug.driving.weather import Weather
from domainaug_simulators.street.actors import Ego
from domainaug_simulators.street.scene import Body, Scene
from domainaug_simulators.street.town.tags import Tag

__all__ = ["MAP", "SCENARIO", "Standing", "openscenario_of", "standing"]

MAP: Final = "map.xodr"
SCENARIO: Final = "scene.xosc"
_OKTAS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight")
_VEHICLES: Final = {
    Tag.CAR: "car", Tag.TRUCK: "truck", Tag.BUS: "bus", Tag.MOTORCYCLE: "motorbike", Tag.BICYCLE: "bicycle",
}  # fmt: skip
_VAN: Final = 1.85  # meters above which a car is a van
_REAR: Final = 0.3  # share of the length by which the rear axle, which places count from, is behind the middle
_OWN: Final = "domainaug:"


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody at a time.

    Attributes:
        category: As OpenSCENARIO calls it: "car" ... of vehicles, "pedestrian".
        size: Length, width, height, meters.
        place: x, y, heading (radians) of the middle.
        speed: Meters a second.
    """

    category: str
    size: tuple[float, float, float]
    place: tuple[float, float, float]
    speed: float


def standing(scene: Scene, ego: Ego) -> dict[str, Standing]:
    """Return everybody who is there, by name; the vehicle with the sensors is "Ego".

    Riders are part of what they ride.
    """
    found = {"Ego": Standing("car", (4.7, 1.9, 1.6), (*ego.place[:2], ego.yaw), abs(ego.speed))}
    for number, body in sorted(scene.bodies.items()):
        faces = scene.spans.of(number)
        tag = Tag(int(scene.tag[faces[0]])) if len(faces) else None
        category = "pedestrian" if tag == Tag.PEDESTRIAN else _VEHICLES.get(tag) if tag is not None else None
        if category == "car" and body.size[2] > _VAN:
            category = "van"
        if category is not None:
            found[f"{category} {number}"] = _standing(category, body)
    return found


def _standing(category: str, body: Body) -> Standing:
    x, y = body.pose[:2, 3].tolist()
    heading = math.atan2(body.pose[1, 0], body.pose[0, 0])
    return Standing(category, body.size, (x, y, heading), float(np.hypot(*body.velocity[:2])))


def openscenario_of(title: str, weather: Weather, frames: Sequence[Mapping[str, Standing]], dt: float) -> str:
    """Return the text of a file.

    Args:
        title: What it shows.
        weather: As it was resolved. The standard's words are coarser, so every number is also a property of the road.
        frames: Everybody, frame by frame.
        dt: Seconds from one frame to the next.
    """
    root = Xml.Element("OpenSCENARIO")
    Xml.SubElement(
        root, "FileHeader", revMajor="1", revMinor="2", date="2026-01-01T00:00:00", description=title,
        author="domainaug",
    )  # fmt: skip
    Xml.SubElement(root, "CatalogLocations")
    Xml.SubElement(Xml.SubElement(root, "RoadNetwork"), "LogicFile", filepath=MAP)
    entities = Xml.SubElement(root, "Entities")
    for name, one in frames[0].items():
        _entity(entities, name, one)
    board = Xml.SubElement(root, "Storyboard")
    actions = Xml.SubElement(Xml.SubElement(board, "Init"), "Actions")
    held = Xml.SubElement(Xml.SubElement(actions, "GlobalAction"), "EnvironmentAction")
    _environment(held, weather)
    for name, one in frames[0].items():
        _begin(actions, name, one)
    if len(frames) > 1:
        _story(board, frames, dt)
    stop = Xml.SubElement(Xml.SubElement(board, "StopTrigger"), "ConditionGroup")
    _when(stop, "the end", (len(frames) - 1) * dt)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _number(value: float) -> str:
    return repr(round(float(value), 9) + 0.0)


def _entity(entities: Xml.Element, name: str, one: Standing) -> None:
    held = Xml.SubElement(entities, "ScenarioObject", name=name)
    walks = one.category == "pedestrian"
    kind = {"pedestrianCategory": "pedestrian", "mass": "75"} if walks else {"vehicleCategory": one.category}
    told = Xml.SubElement(held, "Pedestrian" if walks else "Vehicle", {"name": name, **kind})
    length, width, height = one.size
    box = Xml.SubElement(told, "BoundingBox")
    Xml.SubElement(box, "Center", x=_number(_behind(one)), y="0", z=_number(height / 2))
    Xml.SubElement(box, "Dimensions", length=_number(length), width=_number(width), height=_number(height))
    if not walks:
        Xml.SubElement(told, "Performance", maxSpeed="70", maxAcceleration="5", maxDeceleration="10")
        axles = Xml.SubElement(told, "Axles")
        for tag, x, steer in (("FrontAxle", 2 * _REAR * length, "0.5"), ("RearAxle", 0.0, "0")):
            Xml.SubElement(
                axles, tag, maxSteering=steer, wheelDiameter="0.65", trackWidth=_number(width * 0.85),
                positionX=_number(x), positionZ="0.325",
            )  # fmt: skip
    Xml.SubElement(told, "Properties")


def _behind(one: Standing) -> float:
    """Return how far the place that the standard counts from is behind the middle."""
    return 0.0 if one.category == "pedestrian" else _REAR * one.size[0]


def _position(parent: Xml.Element, one: Standing) -> None:
    x, y, heading = one.place
    back = _behind(one)
    Xml.SubElement(
        Xml.SubElement(parent, "Position"), "WorldPosition", x=_number(x - back * math.cos(heading)),
        y=_number(y - back * math.sin(heading)), z="0", h=_number(heading % (2 * math.pi)),
    )  # fmt: skip


def _environment(action: Xml.Element, weather: Weather) -> None:
    environment = Xml.SubElement(action, "Environment", name="weather")
    told = Xml.SubElement(
        environment, "Weather", fractionalCloudCover=f"{_OKTAS[round(min(weather.clouds, 1.0) * 8)]}Oktas"
    )
    azimuth = math.radians((90.0 - weather.sun_azimuth) % 360.0)
    Xml.SubElement(told, "Sun", azimuth=_number(azimuth), elevation=_number(math.radians(weather.sun_altitude)))
    Xml.SubElement(told, "Fog", visualRange=_number(weather.visibility))
    kind = "dry" if weather.rain == weather.snowfall == 0 else "rain" if weather.rain >= weather.snowfall else "snow"
    intensity = max(weather.rain, weather.snowfall)
    Xml.SubElement(told, "Precipitation", precipitationType=kind, precipitationIntensity=_number(intensity))
    Xml.SubElement(told, "Wind", direction=_number(math.radians(weather.wind_from)), speed=_number(weather.wind))
    word = "dry" if weather.wetness < 0.25 else "moist" if weather.wetness < 0.75 else "wetWithPuddles"
    road = Xml.SubElement(environment, "RoadCondition", frictionScaleFactor="1", wetness=word)
    properties = Xml.SubElement(road, "Properties")
    for name, value in weather.to_dict().items():
        Xml.SubElement(properties, "Property", name=_OWN + name, value=repr(value))


def _begin(actions: Xml.Element, name: str, one: Standing) -> None:
    private = Xml.SubElement(actions, "Private", entityRef=name)
    teleport = Xml.SubElement(Xml.SubElement(private, "PrivateAction"), "TeleportAction")
    _position(teleport, one)
    along = Xml.SubElement(Xml.SubElement(private, "PrivateAction"), "LongitudinalAction")
    speed = Xml.SubElement(along, "SpeedAction")
    Xml.SubElement(speed, "SpeedActionDynamics", dynamicsShape="step", value="0", dynamicsDimension="time")
    Xml.SubElement(Xml.SubElement(speed, "SpeedActionTarget"), "AbsoluteTargetSpeed", value=_number(one.speed))


def _when(group: Xml.Element, name: str, time: float) -> None:
    condition = Xml.SubElement(group, "Condition", name=name, delay="0", conditionEdge="none")
    held = Xml.SubElement(condition, "ByValueCondition")
    Xml.SubElement(held, "SimulationTimeCondition", value=_number(time), rule="greaterOrEqual")


def _story(board: Xml.Element, frames: Sequence[Mapping[str, Standing]], dt: float) -> None:
    """Write the ways of all who move."""
    act = Xml.SubElement(Xml.SubElement(board, "Story", name="ways"), "Act", name="all")
    for name in frames[0]:
        way = [(count * dt, frame[name]) for count, frame in enumerate(frames) if name in frame]
        if len({one.place[:2] for _, one in way}) > 1:
            _way(act, name, way)
    if len(act) == 0:  # nobody moves
        board.remove(board[-1])
        return
    _when(Xml.SubElement(Xml.SubElement(act, "StartTrigger"), "ConditionGroup"), "the beginning", 0.0)


def _way(act: Xml.Element, name: str, way: Sequence[tuple[float, Standing]]) -> None:
    group = Xml.SubElement(act, "ManeuverGroup", name=name, maximumExecutionCount="1")
    Xml.SubElement(Xml.SubElement(group, "Actors", selectTriggeringEntities="false"), "EntityRef", entityRef=name)
    event = Xml.SubElement(Xml.SubElement(group, "Maneuver", name=name), "Event", name=name, priority="override")
    held = Xml.SubElement(Xml.SubElement(event, "Action", name=name), "PrivateAction")
    follow = Xml.SubElement(Xml.SubElement(held, "RoutingAction"), "FollowTrajectoryAction")
    Xml.SubElement(
        Xml.SubElement(follow, "TimeReference"), "Timing", domainAbsoluteRelative="absolute", offset="0", scale="1"
    )
    Xml.SubElement(follow, "TrajectoryFollowingMode", followingMode="position")
    line = Xml.SubElement(Xml.SubElement(follow, "TrajectoryRef"), "Trajectory", name=name, closed="false")
    shape = Xml.SubElement(Xml.SubElement(line, "Shape"), "Polyline")
    for time, one in way:
        _position(Xml.SubElement(shape, "Vertex", time=_number(time)), one)
