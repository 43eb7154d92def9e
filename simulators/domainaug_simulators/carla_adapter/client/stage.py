"""Everybody whom a run brings into a world, posed by the clock of the scenario and not by physics."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from typing import Any, Final

from domainaug_simulators.carla_adapter.client.cast import Driven, Player, Spot, cast_of, ego_at, ego_of, who_is_away
from domainaug_simulators.carla_adapter.client.manners import marked, remove
from domainaug_simulators.carla_adapter.client.traffic import lights_of
from domainaug_simulators.carla_adapter.faults import CaptureFailed, ServerUnfit
from domainaug_simulators.carla_adapter.pipe import CARRIER

__all__ = ["Stage", "known"]

_BELOW: Final = -80.0  # meters under the road, where those wait who are not in a variant
_LEVEL: Final = {"Car": 14, "Truck": 15, "Bus": 16, "Motorcycle": 18, "Bicycle": 19}
_FIRST: Final = 10_001  # the number of the first that stands in the map
_INSTANT: Final = 0.05
_BEAT: Final = 0.25  # seconds over which a motion is told to change


class Stage:
    """Who is in the world.

    Attributes:
        players: Everybody, in the order of their numbers.
        standing: Vehicles that are part of the map, as moments tell of them.
    """

    def __init__(self, client: Any, world: Any, told: Mapping[str, Any]) -> None:
        """Bring everybody in.

        Args:
            client: The `carla.Client`.
            world: The `carla.World`.
            told: `seed`, `vehicles`, `walkers`, `speed` and `ego` of the scenario's world, and how traffic was
                `driven`, or None.

        Raises:
            ServerUnfit: The ego vehicle is none that the server has.
            RuntimeError: The server does not answer.
        """
        self._client, self._world, self._speed = client, world, float(told["speed"])
        world_map, self._library = world.get_map(), world.get_blueprint_library()
        self._start: Any = ego_of(world_map, told["seed"])
        self.players: list[Player | Driven] = list(
            cast_of(world_map, self._library, self._start, told["seed"], told["vehicles"], told["walkers"])
        )
        self._lights: list[tuple[Any, list[int]]] = []
        self._step = 1.0
        if told["driven"]:
            self._take_over(told["driven"])
        self._own: Any = None
        if told["ego"]:
            known(self._library, told["ego"])
            self._own = self._brought(Driven(0, told["ego"], 0, [_pose(self._ego(0.0))], 1.0))
            self._own.set_simulate_physics(False)
        self._actors: dict[int, Any] = {}
        self._boxes: dict[int, Any] = {}
        self.standing = list(self._standing())
        self._known: tuple[object, list[tuple[Spot, list[Spot]]], list[Player | Driven]] | None = None

    def _take_over(self, driven: Mapping[str, Any]) -> None:
        """Take vehicles and traffic lights as TrafficManager left them; people go as ever."""
        columns = list(zip(*driven["poses"], strict=True))
        self._start = Driven(0, "", 0, columns[0], driven["step"])
        people = [player for player in self.players if player.blueprint.startswith("walker.")]
        self.players = [
            Driven(number, name, color, poses, driven["step"])
            for number, ((name, color), poses) in enumerate(zip(driven["players"], columns[1:], strict=True), 1)
        ]
        self.players += people
        shown = list(zip(*driven["lights"], strict=True))
        self._lights = [(light, list(states)) for light, states in zip(lights_of(self._world), shown, strict=False)]
        self._step = float(driven["step"])

    def _ego(self, time: float) -> Spot:
        return ego_at(self._start, {"along": 0.0, "aside": 0.0}, time, self._speed)

    def _brought(self, player: Player | Driven) -> Any:
        import carla

        blueprint = marked(self._library.find(player.blueprint))
        if blueprint.has_attribute("color"):
            colors = blueprint.get_attribute("color").recommended_values
            blueprint.set_attribute("color", colors[player.color % len(colors)])
        spot = player.at(0.0)
        for height in (1.2, 4.0, 12.0, 40.0):  # others may stand there; everybody is moved before anything is seen
            place = carla.Transform(carla.Location(spot.x, spot.y, spot.z + height), carla.Rotation(0, spot.yaw, 0))
            actor = self._world.try_spawn_actor(blueprint, place)
            if actor is not None:
                return actor
        raise CaptureFailed(
            f"{player.blueprint} could not be spawned at ({spot.x:.1f}, {spot.y:.1f}): something stands there; take "
            "another seed, or fewer vehicles"
        )

    def _standing(self) -> Any:
        """Yield the vehicles that are part of the map."""
        import carla

        number = _FIRST
        for name, tag in _LEVEL.items():
            boxes = self._world.get_level_bbs(getattr(carla.CityObjectLabel, name))
            for box in sorted(boxes, key=lambda one: (round(one.location.x, 2), round(one.location.y, 2))):
                turn = box.rotation
                yield {
                    "number": number, "id": 0, "kind": name.lower(), "tag": tag, "velocity": [0.0, 0.0, 0.0],
                    "place": [box.location.x, box.location.y, box.location.z, turn.pitch, turn.yaw, turn.roll],
                    "center": [0.0, 0.0, 0.0], "extent": [box.extent.x, box.extent.y, box.extent.z],
                }  # fmt: skip
                number += 1

    # -- moments --------------------------------------------------------------------------------------------

    def moment(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Return where everybody is in a frame, in CARLA's axes.

        Args:
            told: `values` (`along`, `aside`), `times` of the clip's frames, `index` of this one, and how many of the
                vehicles and people take part, `count`.
        """
        key = (told["values"], told["times"], told["count"])
        if self._known is None or self._known[0] != key:
            present = self._present(told["count"])
            moments = [self._spots(present, told["values"], time) for time in told["times"]]
            boxes = [self._boxes[player.number] for player in present]
            sizes = [(2 * box.extent.x, 2 * box.extent.y) for box in boxes]
            own = (
                ()
                if self._own is None
                else ((2 * self._own.bounding_box.extent.x, 2 * self._own.bounding_box.extent.y),)
            )
            away = who_is_away(moments, sizes, *own)
            kept = [player for index, player in enumerate(present) if index not in away]
            self._known = key, [self._spots(kept, told["values"], time) for time in told["times"]], kept
        _, moments, kept = self._known
        ego, spots = moments[told["index"]]
        time = told["times"][told["index"]]
        later, soon = self._spots(kept, told["values"], time + _INSTANT)
        things = [self._thing(*each) for each in zip(kept, spots, soon, strict=True)]
        return {
            "ego": [ego.x, ego.y, ego.z, ego.pitch, ego.yaw, 0.0],
            "velocity": _velocity(ego, later),
            **self._pushed(told["values"], time),
            "things": [*things, *self.standing],
            "carrier": None if self._own is None else self._carrier(ego),
        }

    def _pushed(self, values: Mapping[str, float], time: float) -> dict[str, Any]:
        """Return how the ego vehicle's motion changes about a time: m/s^2 along the axes, radians a second of yaw."""
        first = max(time - _BEAT, 0.0)
        spots = [ego_at(self._start, values, first + _BEAT * count, self._speed) for count in range(3)]
        a, b, c = ((one.x, one.y, one.z) for one in spots)
        turned = (spots[2].yaw - spots[0].yaw + 180) % 360 - 180
        return {
            "acceleration": [(x - 2 * y + z) / _BEAT**2 for x, y, z in zip(a, b, c, strict=True)],
            "turning": math.radians(turned) / (2 * _BEAT),
        }

    def _carrier(self, ego: Spot) -> dict[str, Any]:
        box = self._own.bounding_box
        height = ego.z + box.extent.z - box.location.z
        return {
            "number": CARRIER, "id": self._own.id, "tag": 14, "velocity": [0.0, 0.0, 0.0], "kind": "car",
            "place": [ego.x, ego.y, height, ego.pitch, ego.yaw, 0.0],
            "center": [box.location.x, box.location.y, box.location.z],
            "extent": [box.extent.x, box.extent.y, box.extent.z],
        }  # fmt: skip

    def moves(self, moment: Mapping[str, Any]) -> list[Any]:
        """Return the commands that put everybody in their place; those who are not in it go under the road."""
        import carla

        places = {thing["number"]: thing["place"] for thing in moment["things"]}
        commands = []
        if self._own is not None:
            x, y, z, pitch, yaw, roll = moment["carrier"]["place"]
            place = carla.Transform(carla.Location(x, y, z), carla.Rotation(pitch, yaw, roll))
            commands.append(carla.command.ApplyTransform(self._own.id, place))
        for number, actor in self._actors.items():
            x, y, z, pitch, yaw, roll = places.get(number, (3.0 * number, 0.0, _BELOW, 0.0, 0.0, 0.0))
            place = carla.Transform(carla.Location(x, y, z), carla.Rotation(pitch, yaw, roll))
            commands.append(carla.command.ApplyTransform(actor.id, place))
        return commands

    def light(self, lamps: bool) -> None:
        """Switch the lamps of all vehicles."""
        import carla

        state = carla.VehicleLightState
        wanted = state(state.Position | state.LowBeam) if lamps else state(state.NONE)
        vehicles = [actor for actor in self._actors.values() if actor.type_id.startswith("vehicle.")]
        vehicles += [] if self._own is None else [self._own]
        self._client.apply_batch_sync([carla.command.SetVehicleLightState(each.id, wanted) for each in vehicles], False)

    def signal(self, time: float) -> None:
        """Let traffic lights show what they showed while traffic drove."""
        import carla

        for light, shown in self._lights:
            wanted = shown[min(int(time / self._step + 1e-6), len(shown) - 1)]
            if int(light.get_state()) != wanted:
                light.set_state(carla.TrafficLightState.values[wanted])

    def leave(self) -> None:
        """Remove everybody."""
        actors, self._actors = list(self._actors.values()), {}
        actors += [] if self._own is None else [self._own]
        self._own = None
        remove(self._client, actors)

    def _present(self, count: list[int]) -> list[Player | Driven]:
        """Return those who take part in a variant, the first vehicles and the first people; the new are brought in."""
        left, present = {"vehicle": count[0], "walker": count[1]}, list[Player | Driven]()
        for player in self.players:
            kind = player.blueprint.partition(".")[0]
            left[kind] -= 1
            if left[kind] < 0:
                continue
            present.append(player)
            if player.number not in self._actors:
                actor = self._actors[player.number] = self._brought(player)
                actor.set_simulate_physics(False)
                self._boxes[player.number] = actor.bounding_box
        return present

    def _spots(
        self, players: list[Player | Driven], values: Mapping[str, float], time: float
    ) -> tuple[Spot, list[Spot]]:
        ego = ego_at(self._start, values, time, self._speed)
        return ego, [one.at(time) for one in players]

    def _thing(self, player: Player | Driven, spot: Spot, soon: Spot) -> dict[str, Any]:
        actor, box = self._actors[player.number], self._boxes[player.number]
        height = spot.z + box.extent.z - box.location.z  # its underside stands on the road
        walking = player.blueprint.startswith("walker.")
        return {
            "number": player.number, "id": actor.id, "tag": 12 if walking else 14, "velocity": _velocity(spot, soon),
            "kind": "pedestrian" if walking else actor.attributes.get("base_type", "car").lower(),
            "place": [spot.x, spot.y, height, 0.0 if walking else spot.pitch, spot.yaw, 0.0],
            "center": [box.location.x, box.location.y, box.location.z],
            "extent": [box.extent.x, box.extent.y, box.extent.z],
        }  # fmt: skip


def known(library: Any, name: str) -> None:
    """Refuse a vehicle that a server does not have.

    Raises:
        ServerUnfit: It does not have it; says which are like it.
    """
    if not len(library.filter(name)) or not name.startswith("vehicle."):
        there = sorted(each.id for each in library.filter("vehicle.*"))
        near = difflib.get_close_matches(name, there, 3, 0.3) or there[:3]
        raise ServerUnfit(f"world: ego: the server has no vehicle {name!r}; it has {', '.join(near)} and others")


def _pose(spot: Spot) -> list[float]:
    return [spot.x, spot.y, spot.z, spot.pitch, spot.yaw]


def _velocity(now: Spot, soon: Spot) -> list[float]:
    return [(soon.x - now.x) / _INSTANT, (soon.y - now.y) / _INSTANT, (soon.z - now.z) / _INSTANT]
