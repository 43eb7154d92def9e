"""What the LiDARs and radars of a street write: what they met, which all weathers share, and what each made of it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.driving.lidar_weather import LidarAir
from domainaug.driving.weather import Weather
from domainaug.scenario import Variant
from domainaug_simulators.street.actors import Ego
from domainaug_simulators.street.lidar import Lidar, Turn, heard, met
from domainaug_simulators.street.mesh import turned
from domainaug_simulators.street.radar import Radar, detected
from domainaug_simulators.street.recording import ego_told, matrix_told, number_told, solid_told
from domainaug_simulators.street.scene import Scene
from domainaug_simulators.street.sensors import LidarMount, RadarMount, SensorMount
from domainaug_simulators.street.town.tags import Tag
from domainaug_simulators.street.views import Views, camera_of

__all__ = ["LIDAR_LABEL_KINDS", "RIG", "Listening", "lidar_of", "packed", "radar_of", "rig_told", "vehicle_of"]

LIDAR_LABEL_KINDS: Final = ("truth.npz", "turn.json")
"""How the names of a turn's labels end; variants whose labels are alike share them byte for byte."""

RIG: Final = "rig.json"
"""The file of a variant that says where its sensors are, and where the vehicle was at each frame."""

_KEPT: Final = 4


def vehicle_of(ego: Ego) -> NDArray[np.float64]:
    """Return the (4, 4) pose of the vehicle: from x forward, y left, z up over its place on the road to the world."""
    return turned(ego.yaw, ego.place)


def lidar_of(mount: LidarMount) -> Lidar:
    """Return the LiDAR that a scenario mounts."""
    angles = tuple(np.linspace(mount.lowest, mount.highest, mount.channels).tolist())
    return Lidar(
        (mount.x, mount.y, mount.z), mount.yaw, mount.pitch, mount.roll, angles,
        mount.columns, mount.rate, mount.reach, mount.noise,
    )  # fmt: skip


def radar_of(mount: RadarMount) -> Radar:
    """Return the radar that a scenario mounts: a cell every half degree across, every degree up."""
    across = max(1, round(mount.view * 2))
    return Radar((mount.x, mount.y, mount.z), mount.yaw, (mount.view, 12.0), (across, 12), mount.reach)


@dataclass(slots=True, eq=False)
class Listening:
    """The clouds and detections of a street; what pulses meet is found once for all weathers.

    Attributes:
        views: The street.
    """

    views: Views
    _turns: OrderedDict[object, tuple[Turn, dict[str, bytes]]] = field(default_factory=OrderedDict)

    def files(self, mount: SensorMount, variant: Variant, count: int, weather: Weather) -> dict[str, bytes]:
        """Return the files of a frame of a sensor, by how their names end.

        A turn is taken in one instant, as clouds are that were corrected for the vehicle's motion. Noise and particles
        follow from the state of the world, the sensor and the frame, so that clouds of two weathers differ by the
        weather alone.
        """
        now = self.views.moment(variant, count)
        seed = int.from_bytes(hashlib.sha256(f"{variant.labels}/{mount.name}/{count}".encode()).digest()[:8], "big")
        carrier = vehicle_of(now.ego)
        if isinstance(mount, RadarMount):
            told = detected(now.scene, radar_of(mount), carrier, seed, velocity=now.ego.velocity, rain=weather.rain)
            arrays = {"range": told.range, "azimuth": told.azimuth, "altitude": told.altitude,
                      "velocity": told.velocity, "semantic": told.tag, "instance": told.instance}  # fmt: skip
            place = carrier @ turned(np.radians(mount.yaw), (mount.x, mount.y, mount.z))
            return {"npz": packed(arrays), "radar.json": _text(_frame_told(now.time, now.ego, place))}
        lidar = lidar_of(mount)
        key = (variant.labels, mount.name, count)
        if key not in self._turns:
            turn = met(now.scene, lidar, carrier)
            place = carrier @ lidar.matrix
            frame = _frame_told(now.time, now.ego, place)
            files = {
                "truth.npz": packed(_truth(turn, lidar)),
                "turn.json": _text({**frame, "noise_m": lidar.noise, "objects": _objects(now.scene, turn, place)}),
            }
            self._turns[key] = turn, files
            while len(self._turns) > _KEPT:
                self._turns.popitem(last=False)
        turn, files = self._turns[key]
        cloud = heard(turn, lidar, seed, air=LidarAir(weather.visibility, weather.rain, weather.snowfall))
        arrays = {"points": cloud.points, "ring": cloud.ring, "time": cloud.time, "semantic": cloud.tag,
                  "instance": cloud.instance, "echo": cloud.kind, "pulse": cloud.pulse.astype(np.int32)}  # fmt: skip
        return {"npz": packed(arrays), **files}


def rig_told(views: Views, variant: Variant) -> bytes:
    """Return the file `rig.json`: every sensor's place on the vehicle and its calibration, the vehicle's poses.

    Cameras look along z, with x right and y down; LiDARs and radars have x forward, y left, z up, as the vehicle.
    """
    street = views.street
    moments = [views.ego(variant, count) for count in range(street.frames)]
    ego = moments[0][0]
    number = {name: float(value) for name, value in variant.values.items() if not isinstance(value, str)}
    sensors: dict[str, Any] = {}
    for mounted in street.cameras:
        camera = camera_of(mounted, number, ego)
        back = np.linalg.inv(np.asarray(camera.extrinsics @ vehicle_of(ego), np.float64))
        sensors[mounted.name] = {
            "kind": "camera", "sensor_to_vehicle": matrix_told(back), "intrinsics": matrix_told(camera.intrinsics),
            "width": camera.width, "height": camera.height,
        }  # fmt: skip
    for mount in street.sensors:
        if isinstance(mount, LidarMount):
            lidar = lidar_of(mount)
            sensors[mount.name] = {
                "kind": "lidar", "sensor_to_vehicle": matrix_told(lidar.matrix), "columns": lidar.columns,
                "channels_deg": [number_told(angle) for angle in lidar.angles], "turns_per_s": lidar.rate,
                "reach_m": lidar.reach, "noise_m": lidar.noise,
            }  # fmt: skip
        else:
            place = turned(np.radians(mount.yaw), (mount.x, mount.y, mount.z))
            sensors[mount.name] = {
                "kind": "radar", "sensor_to_vehicle": matrix_told(place), "view_deg": mount.view,
                "reach_m": mount.reach,
            }  # fmt: skip
    poses = [
        {"time_s": number_told(time), "vehicle_to_world": matrix_told(vehicle_of(one)), **ego_told(one)}
        for one, time in moments
    ]
    return _text({"labels_id": variant.labels, "sensors": sensors, "poses": poses})


def _frame_told(time: float, ego: Ego, place: NDArray[np.float64]) -> dict[str, Any]:
    return {"time_s": number_told(time), "sensor_to_world": matrix_told(place), "ego": ego_told(ego)}


def _truth(turn: Turn, lidar: Lidar) -> dict[str, NDArray[Any]]:
    shape = len(lidar.angles), lidar.columns
    away = np.where(np.isfinite(turn.away), turn.away, 0).astype(np.float32)
    return {"range": away.reshape(shape), "semantic": turn.tag.reshape(shape), "instance": turn.instance.reshape(shape)}


def _objects(scene: Scene, turn: Turn, place: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Return the boxes of the counted things that pulses met in clear air, with how many did."""
    counts = np.bincount(turn.instance, minlength=1)
    back = np.linalg.inv(place)
    out = []
    for number in (np.flatnonzero(counts[1:]) + 1).tolist():
        body = scene.bodies.get(number)
        if body is None:
            continue
        tag = int(turn.tag[turn.instance == number][0])
        box = {**solid_told(body), "pose_to_sensor": matrix_told(back @ body.pose)}
        out.append({"instance": number, "class": Tag(tag).name.lower(), "points": int(counts[number]), "box_3d": box})
    return out


def _text(told: Mapping[str, Any]) -> bytes:
    return (json.dumps(told, indent=1, sort_keys=True) + "\n").encode()


def packed(arrays: Mapping[str, Any]) -> bytes:
    """Return arrays as `.npz`: lightly compressed, since ranges are mostly noise, and without the time of day."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy")
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content.getvalue(), compresslevel=1)
    return stream.getvalue()
