"""Maps that can be loaded: the street simulator's towns by name, and maps that a client brings."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, cast

from domainaug.errors import DomainAugError, UnknownName
from domainaug_simulators.carla_server.world.dead_ends import loops_of, without_dead_ends
from domainaug_simulators.carla_server.world.globe import with_origin
from domainaug_simulators.carla_server.world.lamps import LampState, lamps_in
from domainaug_simulators.carla_server.world.navigation import Area, Paving, navigation_of, paving_of
from domainaug_simulators.carla_server.world.places import Places, places_of
from domainaug_simulators.carla_server.world.solids import Solids
from domainaug_simulators.carla_server.world.surroundings import Standing, solids_of, standing_in
from domainaug_simulators.street.town.opendrive import opendrive_of
from domainaug_simulators.street.town.plan import LAYOUTS, Layout, Town, town_of
from domainaug_simulators.street.town.roads import CURB, road_things
from domainaug_simulators.street.town.tags import Tag

__all__ = ["BROUGHT", "Level", "level_brought", "level_named", "levels"]

BROUGHT: Final = "OpenDriveMap"
"""What CARLA calls a map that a client brought."""

_FOLDER: Final = "Carla/Maps"
_NAME: Final = re.compile(r"(?:.*/)?([a-z]+)(?:_(\d{1,9}))?")


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """A map that is loaded.

    Attributes:
        name: What it is called, without a folder.
        town: The town that is drawn.
        places: What the map says.
        solids: What vehicles run into.
        standing: What stands still, as boxes.
        paving: Where people walk.
        mesh: The same as the client's controllers read it.
        lamps: The street lamps.
    """

    name: str
    town: Town
    places: Places
    solids: Solids
    standing: tuple[Standing, ...]
    paving: Paving
    mesh: bytes
    lamps: tuple[LampState, ...]

    @property
    def path(self) -> str:
        """What the client is told that it is called."""
        return f"{_FOLDER}/{self.name}"

    def floor(self, x: float, y: float) -> float:
        """Return how high those stand who walk at a place: a curb's height on sidewalks."""
        return CURB if self.paving.at(x, y) == Area.SIDEWALK else 0.0

    @property
    def mesh_file(self) -> str:
        """What the file of `mesh` is called; clients keep it for good, so that its name tells its content."""
        return f"{_FOLDER}/Nav/{self.name}-{hashlib.sha256(self.mesh).hexdigest()[:12]}.bin"


def levels() -> list[str]:
    """Return the maps that can be loaded, as CARLA writes them."""
    return [f"/Game/{_FOLDER}/{layout}" for layout in LAYOUTS]


@lru_cache(maxsize=4)
def level_named(name: str) -> Level:
    """Return a map by its name: a layout, and a seed if there is to be another than 0 (`city`, `city_7`).

    Raises:
        UnknownName: There is no such layout.
    """
    found = _NAME.fullmatch(name)
    layout = found[1] if found else name
    if found is None or layout not in LAYOUTS:
        raise UnknownName("map", name, LAYOUTS)
    seed = int(found[2] or 0)
    town = town_of(cast(Layout, layout), seed)
    return _level(layout if seed == 0 else f"{layout}_{seed}", town, opendrive_of(town))


def level_brought(text: str) -> Level:
    """Return a map that a client brought: its roads on open ground.

    Raises:
        DomainAugError: It is no OpenDRIVE map, or has forms that are not read.
    """
    places = places_of(text)
    town = Town("city", 0, list(places.roads.values()))
    for name, road in places.roads.items():
        town.things += road_things(road, town.palette) if name not in places.inside else []
    if not town.roads:
        raise DomainAugError("map: it has no roads")
    return _level(BROUGHT, town, text)


def _level(name: str, town: Town, text: str) -> Level:
    loops = loops_of(text)
    places = places_of(with_origin(without_dead_ends(text, loops)))
    palette = town.palette.copy()  # towns are shared with whoever asked for them before
    surfaces = [one for loop in loops for one in road_things(loop.surface, palette) if one.tag == Tag.ROAD]
    own = replace(town, things=[*town.things, *surfaces], palette=palette)
    paving = paving_of(places)
    mesh = navigation_of(paving)
    return Level(name, own, places, Solids(solids_of(own)), standing_in(own), paving, mesh, lamps_in(own))
