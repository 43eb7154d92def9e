"""TrafficManager drives once, the same way for a seed; weathers show the same of it, and nothing of it stays."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import numpy as np
import pytest
from domainaug_simulators.carla_server.server import CarlaServer

from domainaug.errors import DomainAugError
from domainaug.layouts.frames import Frame, check_frame, read_frames
from domainaug.run import replay

from .conftest import TEXT, Run, left_in

DRIVEN = (
    TEXT.replace("vehicles: 8", "vehicles: 10\n  traffic: driven\n  traffic_seconds: 6\n  frames: 3")
    .replace("{width: 160, height: 96}", "{width: 96, height: 64}")
    .replace("dt: 0.2", "dt: 0.5")
    .replace("[noon, snow]", "[noon, overcast]\n  time: [0, 4]")
)


class Ports(dict[int, str]):
    """Remembers the ports of all traffic managers that there ever were."""

    def __init__(self) -> None:
        self.ever: set[int] = set()

    def __setitem__(self, port: int, host: str) -> None:
        self.ever.add(port)
        super().__setitem__(port, host)


def poses_in(variant: Path) -> dict[int, list[list[float]]]:
    """Return where each vehicle was, frame by frame."""
    found: dict[int, list[list[float]]] = {}
    for path in sorted(variant.glob("front/*.objects.json")):
        for thing in json.loads(path.read_text())["objects"]:
            if thing["class"] not in ("pedestrian", "rider") and thing["instance"] < 5000:
                place = np.array(thing["box_3d"]["pose_to_world"])[:3, 3].tolist()
                found.setdefault(thing["instance"], []).append(place)
    return found


@pytest.mark.slow
def test_one_seed_drives_one_way_and_weathers_share_it(run: Run, server: CarlaServer, tmp_path: Path) -> None:
    server.desk.managers = Ports()
    assert run(server.port, text=DRIVEN).run.exit_code == 0
    for variant in tmp_path.glob("out/variants/*"):
        ego = [pose["place_m"] for pose in json.loads((variant / "rig.json").read_text())["poses"]]
        assert np.linalg.norm(np.subtract(ego[2], ego[0])) > 2  # the traffic had five seconds to get going
    moved = [
        float(np.linalg.norm(np.subtract(places[-1], places[0])))
        for variant in tmp_path.glob("out/variants/*")
        for places in poses_in(variant).values()
    ]
    assert max(moved) > 2
    frames = read_frames(tmp_path / "out")
    for frame in frames:
        check_frame(frame)
    alike: dict[str, set[bytes]] = {}
    for path in tmp_path.glob("out/variants/*/front/*.objects.json"):
        labels = json.loads((path.parents[1] / "rig.json").read_text())["labels_id"]
        alike.setdefault(f"{labels}/{path.name}", set()).add(path.read_bytes())
    assert sorted(map(len, alike.values())) == [1] * 6  # two times of three frames, each once for both weathers
    with server.desk.lock:  # lights and clock have gone on by the next run
        for _ in range(40):
            server.desk.tick(0.1)
    report = replay(tmp_path / "out", engine="serial")
    assert report.differences == ()
    assert report.identical == report.checked
    assert server.desk.managers == {}
    assert left_in(server) == []
    assert len(server.desk.managers.ever) == 2  # each run had a port of its own
    for port in server.desk.managers.ever:
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind(("127.0.0.1", port))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("time: [0, 4]", "time: [0, 7]"), r"shows 8 s, and its traffic drives for 6 s: say traffic_seconds: 8"),
        (("time: [0, 4]", "along: [0.1, 0.7]"), "along moves nothing here: TrafficManager drives"),
        (("walkers: 3", "walkers: 3\n  ego: vehicle.tesla.modelx"), r"no vehicle 'vehicle\.tesla\.modelx'; it has veh"),
    ],
)
def test_what_traffic_cannot_show_is_refused_before_anything_is_drawn(
    run: Run, server: CarlaServer, tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    text = DRIVEN.replace("traffic_seconds: 6", "traffic_seconds: 6\n  timeout: 20").replace("  timeout: 6\n", "")
    with pytest.raises(DomainAugError, match=says):
        run(server.port, text=text.replace(*change).replace("vehicles: 10", "vehicles: 2"))
    assert not (tmp_path / "out").exists()


def night_in(out: Path) -> dict[str, Frame]:
    """Return the frames of the night, by their cameras."""
    found = [frame for frame in read_frames(out) if frame.weather["rain"] == 0]
    return {frame.place.parent.name: frame for frame in found}


def test_the_vehicle_with_the_sensors_has_a_body_and_lamps_where_it_is_named(
    run: Run, server: CarlaServer, tmp_path: Path
) -> None:
    import cv2

    bright = []
    for name, ego in (("none", ""), ("own", "vehicle.tesla.model3")):
        dark = TEXT.replace("[noon, snow]", "[night, rain-night]")
        text = dark.replace("vehicles: 8", f"vehicles: 0\n  ego: '{ego}'")
        text = text.replace("{front: {}}", "{front: {}, behind: {x: -5, z: 3, pitch: -12}}")
        assert run(server.port, text=text).run.exit_code == 0
        found = night_in(tmp_path / "out")
        seen = found["behind"]
        own = cv2.imread(str(seen.beside("cityscapes.png")), -1) == 1
        assert own.any() == bool(ego)
        if ego:
            assert (cv2.imread(str(seen.beside("semantic.png")), -1)[own] == 14).mean() > 0.9
            assert not seen.instances()[own].any()  # nobody to be detected
        bright.append(float(found["front"].picture()[60:].mean()))
        (tmp_path / "out").rename(tmp_path / name)
    assert bright[1] > bright[0] + 2  # it lights its way
    assert left_in(server) == []
