"""One client's stay on a server: from the greeting, over frames, to leaving it as it was found."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from numpy.typing import NDArray

from domainaug_simulators.carla_adapter.client.cast import cast_of, ego_of
from domainaug_simulators.carla_adapter.client.mailbox import FrameMissing
from domainaug_simulators.carla_adapter.client.manners import Found, arrive, marked_by, remove, restore
from domainaug_simulators.carla_adapter.client.plausible import array_of
from domainaug_simulators.carla_adapter.client.rig import Rig
from domainaug_simulators.carla_adapter.client.stage import Stage, known
from domainaug_simulators.carla_adapter.client.traffic import STEP, driven
from domainaug_simulators.carla_adapter.client.watch import Watch
from domainaug_simulators.carla_adapter.faults import CaptureFailed, SensorSilent, ServerLost, ServerUnfit
from domainaug_simulators.carla_adapter.versions import handshake
from domainaug_simulators.carla_server.world.frames import Rotation, Transform, Vector

__all__ = ["Session"]

_TRIES: Final = 3
_WEATHER: Final = (
    "cloudiness", "precipitation", "precipitation_deposits", "wind_intensity", "sun_azimuth_angle",
    "sun_altitude_angle", "fog_density", "fog_distance", "fog_falloff", "wetness", "scattering_intensity",
    "mie_scattering_scale", "rayleigh_scattering_scale", "dust_storm",
)  # fmt: skip


class Session:
    """A client, and what it made and changed on a server.

    Attributes:
        where: HOST:PORT.
        seconds: How long an answer may take.
        deadline: How long nothing may come from any sensor that is waited for.
    """

    def __init__(
        self, host: str, port: int, seconds: float, deadline: float, alive: Callable[[], None] = lambda: None
    ) -> None:
        """Connect.

        Args:
            host: Where.
            port: Where.
            seconds: How long an answer may take.
            deadline: How long sensors may be silent.
            alive: Called every now and then while a frame is awaited.

        Raises:
            ServerLost: Nobody listens there, or who does is silent.
            ServerUnfit: It is of another version than the client.
        """
        import carla

        self.where, self.seconds, self.deadline = f"{host}:{port}", seconds, deadline
        self._alive = alive
        self._knock(host, port)
        self.client = carla.Client(host, port)
        self.client.set_timeout(seconds)
        self.server, self.own = self._version(), str(self.client.get_client_version())
        self.notes = handshake(self.server, self.own)
        self.world: Any = None
        self.stage: Stage | None = None
        self.rig: Rig | None = None
        self._watch = Watch(None)
        self._found: Found | None = None
        self._weather: Any = None
        self._shown: object = None

    def _knock(self, host: str, port: int) -> None:
        """Tell a port where nobody listens from a server that is silent."""
        try:
            with socket.socket(socket.AF_INET) as knocking:  # CARLA's client knows no IPv6
                knocking.settimeout(self.seconds)
                knocking.connect((host, port))
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or error
            raise ServerLost(
                f"nobody listens at {self.where} ({why}); start CARLA there, or "
                "`domainaug serve-carla`, or give the host and port of another"
            ) from None

    def _version(self) -> str:
        try:
            return str(self.client.get_server_version())
        except RuntimeError:
            raise ServerLost(
                f"who listens at {self.where} did not say its version within {self.seconds:g} s: it is no CARLA, it is "
                "still loading, or it hangs; see the port, and start it anew"
            ) from None

    def _world(self) -> Any:
        """Return the world, whose states come by another port than answers."""
        try:
            return self.client.get_world()
        except RuntimeError as error:
            port = int(self.where.rpartition(":")[2]) + 1
            raise ServerLost(
                f"the server at {self.where} answers calls, and its world does not come within {self.seconds:g} s "
                f"({error}): open the port of its streams too, which usually is {port}, or start the server anew"
            ) from None

    # -- the world ------------------------------------------------------------------------------------------

    def hello(self, ego: str = "") -> dict[str, Any]:
        """Return who is there, and which maps there are.

        Args:
            ego: A vehicle that has to be there, or "".

        Raises:
            ServerLost: The world does not come.
            ServerUnfit: It is not there.
        """
        world = self._world()
        if ego:
            known(world.get_blueprint_library(), ego)
        maps = sorted(name.rpartition("/")[2] for name in self.client.get_available_maps())
        return {"server": self.server, "client": self.own, "notes": list(self.notes), "maps": maps}

    def look(self) -> dict[str, Any]:
        """Return what of ours is in the world, without a change to it: nothing, once everybody has left."""
        world = self._world()
        ours = [actor for actor in world.get_actors() if marked_by(actor)]
        return {"marked": len(ours), "synchronous": bool(world.get_settings().synchronous_mode)}

    def tidy(self) -> dict[str, Any]:
        """Clear away what dead clients of ours left, and return how many actors that were."""
        return {"removed": arrive(self.client, self._world()).removed}

    def open(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Take over time in a map, and bring in who is to be there.

        Args:
            told: `map` ("" for the one at hand), `dt`, and what `Stage` is told.

        Raises:
            ServerUnfit: The map is not there, or somebody else is.
        """
        found = self._taken_over(told["map"], told["dt"])
        self.stage = Stage(self.client, self.world, told)
        with contextlib.suppress(RuntimeError):
            self.world.freeze_all_traffic_lights(True)
        return {
            "map": self.world.get_map().name.rpartition("/")[2], "stuck": found.stuck, "removed": found.removed,
            "others": found.others,
        }  # fmt: skip

    def drive(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Let TrafficManager drive, and return who was where; see `driven`.

        Args:
            told: `map`, and what `driven` is told; of the others, `vehicles` says how many there are at most.

        Raises:
            ServerUnfit: The map is not there, or somebody else is, or no such vehicle.
            CaptureFailed: Nobody finds room.
            ServerLost: The server did not answer.
        """
        self._taken_over(told["map"], STEP)
        library, world_map = self.world.get_blueprint_library(), self.world.get_map()
        known(library, told["carrier"])
        start = ego_of(world_map, told["seed"])
        cast = cast_of(world_map, library, start, told["seed"], told["vehicles"], 0)
        return driven(self.client, self.world, {**told, "patience": self.seconds}, start, cast, self._alive)

    def _taken_over(self, name: str, dt: float) -> Found:
        """Take over time in a map, whose traffic lights begin anew."""
        self.world = self._world()
        self._found = found = arrive(self.client, self.world)
        if name and self.world.get_map().name.rpartition("/")[2] != name:
            self._load(name)
        self._weather = self.world.get_weather()
        settings = self.world.get_settings()
        settings.synchronous_mode, settings.fixed_delta_seconds = True, dt
        settings.no_rendering_mode = settings.substepping = False  # nothing moves by physics
        self.world.apply_settings(settings)
        with contextlib.suppress(RuntimeError):
            self.world.reset_all_traffic_lights()
        self._watch = Watch(self.world)
        return found

    def _load(self, name: str) -> None:
        if self._found is not None and self._found.others:
            raise ServerUnfit(
                f"the server at {self.where} shows another map than {name}, and {self._found.others} actors of others "
                "are in it: they would be lost; name its map, or another server"
            )
        maps = [each.rpartition("/")[2] for each in self.client.get_available_maps()]
        if name.rpartition("_")[0] not in maps and name not in maps:
            raise ServerUnfit(f"the server at {self.where} has no map {name!r}; it has {', '.join(sorted(maps))}")
        self.client.set_timeout(max(self.seconds, 120.0))  # large maps take a while
        try:
            self.world = self.client.load_world(name)
        finally:
            self.client.set_timeout(self.seconds)

    # -- frames ---------------------------------------------------------------------------------------------

    def frame(self, told: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return one frame: who is where, and what the sensors measured.

        Args:
            told: `weather` (14 numbers), `lamps`, `sensors`, `mounts`, `values`, `times`, `index`, `count`, `warmup`,
                and how often sensors may fail, `tries`, which may be left out.

        Raises:
            SensorSilent: A sensor does not deliver, nor one in its place.
            CaptureFailed: A sensor could not be made, somebody could not be put in their place, or somebody else had a
                hand in the world.
            ServerLost: The server did not answer.
        """
        stage = self._stage()
        moment = stage.moment(told)
        ego = _transform(moment["ego"])
        rig = self._rigged(told["sensors"], ego)
        key = (told["weather"], told["lamps"], told["values"], told["count"])
        fresh = key != self._shown or told["index"] == 0
        if fresh:
            self._cover(told["weather"])
            stage.light(told["lamps"])
            self._shown = key
        stage.signal(told["times"][told["index"]])
        for answer in self.client.apply_batch_sync([*stage.moves(moment), *rig.moves(ego, told["mounts"])], False):
            if answer.error:
                raise CaptureFailed(f"an actor could not be put in its place: {answer.error}")
        measured, frame = self._measured(rig, told, told["warmup"] if fresh else 0)
        carrier = [moment["carrier"]] if moment["carrier"] else []
        self._watch.hold(frame, [*moment["things"], *carrier])
        kinds = {each["name"]: each["kind"] for each in told["sensors"]}
        arrays = {name: array_of(kinds[name], data) for name, data in measured.items()}
        places = {name: _numbers(data.transform) for name, data in measured.items()}
        events = [event.to_dict() for event in rig.events()]
        return {"frame": frame, "places": places, "events": events, **moment}, arrays

    def _measured(self, rig: Rig, told: Mapping[str, Any], warmup: int) -> tuple[dict[str, Any], int]:
        """Return what the sensors measured in one frame, the same for all; nothing moves, so it can be asked anew.

        A sensor that fails is made anew, once; what is new has to settle as well.
        """
        renewed: list[str] = []
        while True:
            frame, before = 0, dict[str, Any]()
            try:
                for _ in range(warmup):
                    before = rig.grab(self._tick(), self.deadline, self._alive)
                frame = self._tick()
                measured = rig.grab(frame, self.deadline, self._alive)
                if before:
                    rig.compare(frame, measured, before)
                return measured, frame
            except FrameMissing as error:
                name, says = error.event.sensor, str(error)
            self._watch.there(rig.sensors)
            if name in renewed or len(renewed) + 1 >= told.get("tries", _TRIES):
                raise SensorSilent(says + (f"; made anew were {', '.join(renewed)}" if renewed else "")) from None
            renewed.append(name)
            try:
                rig.renew(self.client, name, frame)
            except LookupError as error:
                raise CaptureFailed(f"{says}; {name} could not be made anew: {error}") from None
            except RuntimeError as error:
                raise ServerLost(f"{says}; {name} could not be made anew: {error}") from None
            self._cover(told["weather"])
            warmup = told["warmup"]

    def _cover(self, numbers: list[float]) -> None:
        """Set the weather; told twice, `serve-carla` begins clouds, drops and noise anew, and to CARLA it is one."""
        for _ in range(2):
            self.world.set_weather(_weather(numbers))
        self._watch.covered()

    def _tick(self) -> int:
        try:
            frame = int(self.world.tick(self.seconds))
        except RuntimeError as error:
            raise ServerLost(f"the server at {self.where} did not answer within {self.seconds:g} s: {error}") from None
        self._watch.ticked(frame)
        return frame

    def _rigged(self, asked: list[dict[str, Any]], ego: Transform) -> Rig:
        """Return the sensors that are asked for: those that are there, unless others are wanted."""
        if self.rig is None or self.rig.asked != asked:
            self._unrig()
            self.rig = Rig(self.world, asked)
            self._shown = None
            try:
                self.rig.build(ego)
            except (LookupError, RuntimeError, ValueError) as error:
                raise CaptureFailed(f"sensors could not be made: {error}") from None
        return self.rig

    def _unrig(self) -> None:
        if self.rig is not None:
            remove(self.client, list(self.rig.sensors.values()))
            self.rig = None

    def _stage(self) -> Stage:
        if self.stage is None:
            raise CaptureFailed("no world is open")
        return self.stage

    # -- leaving --------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Remove what is ours, and let time pass as it did; what cannot be done any more is passed over."""
        if self.world is None or self._found is None:
            return
        world, found, stage = self.world, self._found, self.stage
        steps: list[Callable[[], object]] = [self._unrig, partial(world.freeze_all_traffic_lights, found.frozen)]
        if stage is not None:
            steps.append(stage.leave)
        if self._weather is not None:
            steps.append(partial(world.set_weather, self._weather))
        steps.append(partial(restore, world, found))
        for leave in steps:
            with contextlib.suppress(RuntimeError):
                leave()
        self.world = None


def _weather(numbers: list[float]) -> Any:
    import carla

    weather = carla.WeatherParameters()
    for name, number in zip(_WEATHER, numbers, strict=True):
        setattr(weather, name, number)
    return weather


def _transform(numbers: list[float]) -> Transform:
    x, y, z, pitch, yaw, roll = numbers
    return Transform(Vector(x, y, z), Rotation(pitch, yaw, roll))


def _numbers(transform: Any) -> list[float]:
    place, turn = transform.location, transform.rotation
    return [place.x, place.y, place.z, turn.pitch, turn.yaw, turn.roll]
