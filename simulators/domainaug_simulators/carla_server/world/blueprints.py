"""What can be spawned: the blueprints that scripts for CARLA look for, with the attributes they set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Final

from domainaug_simulators.carla_server.world import sensor_blueprints
from domainaug_simulators.carla_server.world.attributes import Attribute, Kind, number, one_of, truth
from domainaug_simulators.street.town.tags import Tag

__all__ = ["Blueprint", "Shape", "blueprints", "shape_of"]


class Shape(IntEnum):
    """How something is solid."""

    NONE = 0
    VEHICLE = 1
    WALKER = 2
    PROP = 3


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Something that can be spawned.

    Attributes:
        id: Its name, with points.
        attributes: What can be set of it.
        size: Length, width and height, meters; all 0 for what fills no room.
        look: What the street simulator draws it as.
        tag: Its class.
    """

    id: str
    attributes: tuple[Attribute, ...] = ()
    size: tuple[float, float, float] = (0.0, 0.0, 0.0)
    look: str = ""
    tag: Tag = Tag.UNLABELED

    @property
    def tags(self) -> str:
        """The words that it is found by."""
        return ",".join(self.id.split("."))


_COLORS: Final = ("255,255,255", "20,20,20", "120,124,128", "150,20,22", "25,45,110", "190,180,150")
_CARS: Final = (
    ("vehicle.audi.a2", "hatchback", 3.71, 1.79, 1.55, 1, ""),
    ("vehicle.audi.etron", "suv", 4.86, 2.03, 1.65, 2, ""),
    ("vehicle.audi.tt", "sedan", 4.18, 1.99, 1.39, 1, ""),
    ("vehicle.bmw.grandtourer", "suv", 4.61, 2.24, 1.67, 1, ""),
    ("vehicle.chevrolet.impala", "sedan", 5.36, 2.03, 1.41, 1, ""),
    ("vehicle.citroen.c3", "hatchback", 3.99, 1.85, 1.62, 1, ""),
    ("vehicle.dodge.charger_2020", "sedan", 5.01, 1.88, 1.53, 2, ""),
    ("vehicle.dodge.charger_police", "sedan", 4.97, 2.04, 1.55, 1, "emergency"),
    ("vehicle.dodge.charger_police_2020", "sedan", 5.24, 1.93, 1.64, 2, "emergency"),
    ("vehicle.ford.ambulance", "van", 6.36, 2.35, 2.43, 2, "emergency"),
    ("vehicle.ford.crown", "sedan", 5.37, 1.80, 1.57, 2, "taxi"),
    ("vehicle.ford.mustang", "sedan", 4.72, 1.89, 1.30, 1, ""),
    ("vehicle.jeep.wrangler_rubicon", "suv", 3.87, 1.91, 1.88, 1, ""),
    ("vehicle.lincoln.mkz_2017", "sedan", 4.90, 2.13, 1.51, 1, ""),
    ("vehicle.lincoln.mkz_2020", "sedan", 4.89, 1.84, 1.49, 2, ""),
    ("vehicle.mercedes.coupe", "sedan", 5.03, 2.15, 1.64, 1, ""),
    ("vehicle.mercedes.coupe_2020", "sedan", 4.67, 1.82, 1.44, 2, ""),
    ("vehicle.mercedes.sprinter", "van", 5.92, 1.99, 2.56, 2, ""),
    ("vehicle.micro.microlino", "hatchback", 2.21, 1.48, 1.38, 1, "electric"),
    ("vehicle.mini.cooper_s", "hatchback", 3.81, 1.97, 1.48, 1, ""),
    ("vehicle.mini.cooper_s_2021", "hatchback", 4.55, 2.10, 1.77, 2, ""),
    ("vehicle.nissan.micra", "hatchback", 3.63, 1.85, 1.50, 1, ""),
    ("vehicle.nissan.patrol", "suv", 4.60, 1.93, 1.85, 1, ""),
    ("vehicle.nissan.patrol_2021", "suv", 5.57, 2.15, 2.05, 2, ""),
    ("vehicle.seat.leon", "hatchback", 4.19, 1.82, 1.47, 1, ""),
    ("vehicle.tesla.cybertruck", "suv", 6.27, 2.39, 2.10, 1, "electric"),
    ("vehicle.tesla.model3", "sedan", 4.79, 2.16, 1.49, 2, "electric"),
    ("vehicle.toyota.prius", "hatchback", 4.51, 2.01, 1.52, 1, ""),
    ("vehicle.volkswagen.t2", "van", 4.48, 2.07, 2.04, 1, ""),
    ("vehicle.volkswagen.t2_2021", "van", 4.44, 1.78, 1.99, 2, ""),
)
_LARGE: Final = (
    ("vehicle.carlamotors.carlacola", "truck", 5.20, 2.61, 2.47, 1, ""),
    ("vehicle.carlamotors.european_hgv", "truck", 7.94, 2.91, 3.48, 2, ""),
    ("vehicle.carlamotors.firetruck", "truck", 8.58, 2.91, 3.82, 2, "emergency"),
    ("vehicle.mitsubishi.fusorosa", "bus", 10.27, 3.94, 4.25, 2, ""),
)
_CYCLES: Final = (
    ("vehicle.bh.crossbike", "bicycle", 1.49, 0.86, 1.61, 1, ""),
    ("vehicle.diamondback.century", "bicycle", 1.65, 0.56, 1.63, 1, ""),
    ("vehicle.gazelle.omafiets", "bicycle", 1.84, 0.59, 1.78, 1, ""),
    ("vehicle.harley-davidson.low_rider", "motorcycle", 2.35, 0.76, 1.63, 1, ""),
    ("vehicle.kawasaki.ninja", "motorcycle", 2.03, 0.80, 1.45, 1, ""),
    ("vehicle.vespa.zx125", "motorcycle", 1.81, 0.86, 1.55, 1, ""),
    ("vehicle.yamaha.yzf", "motorcycle", 2.21, 0.87, 1.53, 1, ""),
)
_BASE: Final = {"van": "van", "truck": "truck", "bus": "bus", "bicycle": "bicycle", "motorcycle": "motorcycle"}
_TAGS: Final = {
    "truck": Tag.TRUCK, "bus": Tag.BUS, "bicycle": Tag.BICYCLE, "motorcycle": Tag.MOTORCYCLE, "person": Tag.PEDESTRIAN,
}  # fmt: skip
_PROPS: Final = (
    ("static.prop.trafficcone01", "cone", 0.36, 0.36, 0.72),
    ("static.prop.trafficcone02", "cone", 0.36, 0.36, 0.72),
    ("static.prop.constructioncone", "cone", 0.36, 0.36, 0.72),
    ("static.prop.streetbarrier", "box", 1.2, 0.4, 1.0),
    ("static.prop.trafficwarning", "box", 2.4, 2.2, 2.8),
    ("static.prop.warningconstruction", "box", 0.8, 0.3, 1.2),
    ("static.prop.barrel", "box", 0.6, 0.6, 0.9),
    ("static.prop.bench01", "bench", 1.8, 0.5, 0.85),
    ("static.prop.bin", "bin", 0.48, 0.48, 0.92),
    ("static.prop.trashcan01", "bin", 0.48, 0.48, 0.92),
    ("static.prop.box01", "box", 0.5, 0.5, 0.5),
    ("static.prop.box02", "box", 0.7, 0.5, 0.4),
    ("static.prop.busstop", "bus_stop", 4.2, 1.6, 2.52),
    ("static.prop.chainbarrier", "bollard", 0.17, 0.17, 0.97),
    ("static.prop.container", "box", 2.4, 1.4, 1.4),
    ("static.prop.creasedbox01", "box", 0.6, 0.6, 0.3),
    ("static.prop.dirtdebris01", "box", 1.5, 1.5, 0.1),
    ("static.prop.garbage01", "box", 0.6, 0.5, 0.2),
    ("static.prop.mailbox", "box", 0.5, 0.5, 1.2),
    ("static.prop.plastictable", "box", 1.0, 1.0, 0.75),
    ("static.prop.shoppingcart", "box", 0.9, 0.55, 1.0),
    ("static.prop.vendingmachine", "box", 1.0, 0.8, 1.9),
)
_WALKERS: Final = 52
_NEVER_WHEELED: Final = range(9, 15)  # the children


def _role(default: str) -> Attribute:
    return Attribute("role_name", Kind.STRING, default, ("autopilot", "scenario", "ego_vehicle"), restrict=False)


def _vehicle(row: tuple[str, str, float, float, float, int, str]) -> Blueprint:
    name, look, length, width, height, generation, special = row
    cycle = look in ("bicycle", "motorcycle")
    lit = "true" if generation == 2 or look == "motorcycle" else "false"
    attributes = (
        number("number_of_wheels", 2 if cycle else 4),
        one_of("object_type", "", fixed=True),
        one_of("base_type", _BASE.get(look, "car"), fixed=True),
        one_of("special_type", special, fixed=True),
        number("generation", generation),
        truth("sticky_control", True),
        truth("terramechanics", False),
        Attribute("has_dynamic_doors", Kind.BOOL, "false", modifiable=False),
        Attribute("has_lights", Kind.BOOL, lit, modifiable=False),
        Attribute("color", Kind.COLOR, _COLORS[len(name) % len(_COLORS)], _COLORS),
        Attribute("driver_id", Kind.INT, "1", ("1", "2", "3")) if cycle else None,
        Attribute("ros_name", Kind.STRING, name, restrict=False),
        _role("autopilot"),
    )
    kept = tuple(one for one in attributes if one is not None)
    return Blueprint(name, kept, (length, width, height), look, _TAGS.get(look, Tag.CAR))


def _walker(index: int) -> Blueprint:
    child = index in _NEVER_WHEELED
    gender = "female" if index % 2 else "male"
    attributes = (
        one_of("gender", gender, fixed=True),
        one_of("age", "child" if child else "adult", fixed=True),
        number("generation", 1 if index < 30 else 2),
        Attribute("speed", Kind.FLOAT, "1.4", ("0.0", "1.2" if child else "1.4", "2.4" if child else "3.0"),
                  restrict=False),
        truth("is_invincible", True),
        Attribute("can_use_wheelchair", Kind.BOOL, "false", modifiable=False),
        truth("use_wheelchair", False),
        Attribute("ros_name", Kind.STRING, f"walker.pedestrian.{index:04d}", restrict=False),
        _role("pedestrian"),
    )  # fmt: skip
    height = 1.1 if child else 1.86
    return Blueprint(f"walker.pedestrian.{index:04d}", attributes, (0.38, 0.38, height), "person", Tag.PEDESTRIAN)


def _prop(row: tuple[str, str, float, float, float]) -> Blueprint:
    name, look, *size = row
    length, width, height = size
    attributes = (Attribute("size", Kind.STRING, "small", modifiable=False), _role("prop"))
    return Blueprint(name, attributes, (length, width, height), look, Tag.STATIC)


@cache
def blueprints() -> dict[str, Blueprint]:
    """Return all blueprints by name."""
    found: Iterable[Blueprint] = (
        *(_vehicle(row) for row in (*_CARS, *_LARGE, *_CYCLES)),
        *(_walker(index) for index in range(1, _WALKERS + 1)),
        *(_prop(row) for row in _PROPS),
        *(Blueprint(name, (*attributes, _role("front"))) for name, attributes in sensor_blueprints.SENSORS),
        Blueprint("controller.ai.walker", (_role("walker"),)),
        Blueprint("util.actor.empty", (_role("empty"),)),
    )
    return {one.id: one for one in sorted(found, key=lambda one: one.id)}


def shape_of(name: str) -> Shape:
    """Return how what a blueprint makes is solid."""
    if name.startswith("vehicle."):
        return Shape.VEHICLE
    if name.startswith("walker."):
        return Shape.WALKER
    return Shape.PROP if name.startswith("static.prop") else Shape.NONE
