"""From a scenario to frames: one set of labels for all weathers, bytes that stay."""

from __future__ import annotations

import json
import shutil
from functools import cache
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street import views
from domainaug_simulators.street.axes import AXES, weather_of
from domainaug_simulators.street.recording import LABEL_KINDS
from domainaug_simulators.street.simulator import StreetSimulator
from domainaug_simulators.street.town import plan
from domainaug_simulators.street.town.tags import Tag
from domainaug_simulators.street.worlds import LAYOUTS, read_street

from domainaug.cli import main
from domainaug.errors import DomainAugError, UnknownName
from domainaug.run import simulate
from domainaug.scenario import simulator_named

SMALL = "width: 96, height: 64, quality: draft"
CITY = "world: {layout: city, seed: 1}\n"


@pytest.fixture(autouse=True, scope="module")
def built_once():
    """A town takes seconds to build."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "town_of", cache(plan.town_of))
        yield


def rendered(folder: Path, vary: str, world: str = CITY, fixed: str = SMALL, more: str = "", name: str = "out"):
    path = folder / "scenario.yaml"
    path.write_text(
        f"id: test\nsimulator: street\n{world}fixed: {{{fixed}}}\nvary: {{{vary}}}\nsample: {{method: grid}}\n{more}"
    )
    summary = simulate(path, folder / name, engine="serial")
    rows = [json.loads(line) for line in (folder / name / "variants.jsonl").read_text().splitlines()]
    return summary, rows


def read(folder: Path, row: dict, ending: str, camera: str = "front", frame: int = 0) -> bytes:
    return (folder / "out" / "variants" / row["id"] / camera / f"{frame:06d}.{ending}").read_bytes()


def picture(content: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)


def point(**values: object) -> dict:
    return {**{axis.name: axis.default for axis in AXES}, **values}


def test_it_is_found_by_its_entry_point_and_knows_the_layouts() -> None:
    assert simulator_named("street").name == "street"
    assert plan.LAYOUTS == LAYOUTS


@pytest.mark.slow
def test_weathers_change_pictures_and_not_a_byte_of_labels(tmp_path: Path) -> None:
    summary, rows = rendered(tmp_path, "weather: [noon, fog-dense, rain-night, snow]")
    assert (summary.run.done, summary.exit_code) == (4, 0)
    assert len({row["labels"] for row in rows}) == 1
    for kind in LABEL_KINDS:
        assert len({read(tmp_path, row, kind) for row in rows}) == 1, kind
    assert len({read(tmp_path, row, "png") for row in rows}) == 4
    light = {row["values"]["weather"]: picture(read(tmp_path, row, "png")).mean() for row in rows}
    assert light["rain-night"] < 0.6 * light["noon"]


@pytest.mark.slow
def test_labels_say_what_the_picture_shows(tmp_path: Path) -> None:
    _, rows = rendered(tmp_path, "along: [0.2, 0.6]", fixed="width: 160, height: 96, quality: draft")
    assert len({row["labels"] for row in rows}) == 2
    for row in rows:
        semantic, instance, depth = (picture(read(tmp_path, row, f"{kind}.png")) for kind in
                                     ("semantic", "instance", "depth"))  # fmt: skip
        assert semantic.shape == instance.shape == depth.shape == (96, 160)
        assert (semantic.dtype, instance.dtype, depth.dtype) == (np.uint8, np.uint16, np.uint16)
        assert (depth[semantic == Tag.SKY] == 0).all()
        told = json.loads(read(tmp_path, row, "objects.json"))
        seen = {one["instance"]: one for one in told["objects"] if one["box"]}
        assert set(seen) == set(np.unique(instance)) - {0}
        assert seen
        matrix = np.array(told["camera"]["intrinsics"])
        for number, one in seen.items():
            rows_of, columns = np.nonzero(instance == number)
            assert one["box"] == [columns.min(), rows_of.min(), columns.max() + 1, rows_of.max() + 1]
            pose, (length, width, height) = np.array(one["box_3d"]["pose_to_camera"]), one["box_3d"]["size_lwh_m"]
            depths = depth[instance == number] / 100
            middle = pose @ [0, 0, height / 2, 1]
            reach = np.linalg.norm([length, width, height]) / 2 + 0.05
            assert (np.abs(depths - middle[2]) <= reach).all(), "what is seen of it lies in its box"
            if middle[2] > reach and one["truncation"] == 0:
                x, y, z = matrix @ middle[:3]
                left, top, right, bottom = one["whole_box"]
                assert left <= x / z <= right
                assert top <= y / z <= bottom


@pytest.mark.slow
def test_the_same_scenario_is_the_same_bytes(tmp_path: Path) -> None:
    _, first = rendered(tmp_path, "rain: [0 mm/h, 20 mm/h]")
    kept = {row["id"]: read(tmp_path, row, "png") for row in first}
    shutil.rmtree(tmp_path / "out")
    _, again = rendered(tmp_path, "rain: [0 mm/h, 20 mm/h]")
    assert {row["id"]: read(tmp_path, row, "png") for row in again} == kept


@pytest.mark.slow
def test_frames_of_a_sequence_move_as_one_world(tmp_path: Path) -> None:
    world = "world: {layout: city, seed: 1, frames: 3, dt: 0.2, cameras: {front: {}, left: {yaw: 90}}}\n"
    _, rows = rendered(tmp_path, "weather: [noon, night]", world)
    for camera in ("front", "left"):
        labels = [[read(tmp_path, row, "instance.png", camera, frame) for frame in range(3)] for row in rows]
        assert labels[0] == labels[1]
        assert len(set(labels[0])) == 3
    told = [json.loads(read(tmp_path, rows[0], "objects.json", frame=frame)) for frame in range(3)]
    step = np.subtract(told[1]["ego"]["place_m"], told[0]["ego"]["place_m"])
    assert step == pytest.approx(0.2 * np.array(told[0]["ego"]["velocity_mps"]), abs=0.15)  # it may brake
    for before, after in pairwise(told):
        new = {one["instance"]: one for one in after["objects"]}
        for one in before["objects"]:
            if one["instance"] in new:
                moved = np.subtract(new[one["instance"]]["box_3d"]["pose_to_world"], one["box_3d"]["pose_to_world"])
                assert moved[:2, 3] == pytest.approx(0.2 * np.array(one["box_3d"]["velocity_mps"][:2]), abs=0.35)


def test_a_preset_is_the_start_and_other_axes_win() -> None:
    weather = weather_of(point(weather="rain-heavy", rain=5.0))
    assert (weather.rain, weather.puddles) == (5.0, 0.65)
    noon, midnight = (weather_of(point(weather="snow", hour=hour)) for hour in (12.0, 0.0))
    assert (noon.snow_cover, midnight.snow_cover) == (0.8, 0.8)
    assert noon.sun_altitude > 60 > 0 > midnight.sun_altitude
    assert weather_of(point(rain=20.0)).wetness > 0.9, "rain wets the road by itself"


def test_only_what_cannot_move_anything_leaves_labels_alone() -> None:
    still = {axis.name for axis in AXES if not axis.moves_labels}
    assert {"weather", "visibility", "rain", "snowfall", "sun_altitude", "hour", "exposure", "quality"} <= still
    assert not {"along", "time", "density", "camera_height", "view", "width"} & still


def test_limits_of_the_front_camera_set_drawn_variants_aside(tmp_path: Path) -> None:
    limits = "limits: driving/front-camera\n"
    drawn = "visibility: {from: 10 m, to: 300 m, scale: log}"
    path = tmp_path / "scenario.yaml"
    path.write_text(f"id: a\nsimulator: street\n{CITY}vary: {{{drawn}}}\nsample: {{count: 8}}\n{limits}")
    summary = simulate(path, tmp_path / "out", engine="serial", dry_run=True)
    assert {one.code for one in summary.run.set_aside} == {"DRV146"}
    assert 0 < len(summary.run.set_aside) < 8
    with pytest.raises(DomainAugError, match="DRV147: rain would be 100 mm/h"):
        rendered(tmp_path, "visibility: [300 m, 200 m], rain: [0 mm/h, 100 mm/h]", more=limits)
    assert not (tmp_path / "out").exists()


LOW = "world: {cameras: {low: {z: -1.48, pitch: -45}}}\n"


def test_a_camera_in_something_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(DomainAugError, match=r"camera low at \(.*\) m stands in something"):
        rendered(tmp_path, "weather: [noon, night]", LOW)
    assert not (tmp_path / "out").exists()


def test_a_camera_that_a_draw_puts_in_something_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    drawn = "vary: {along: {from: 0, to: 1}}\nsample: {count: 1}\n"
    path.write_text(f"id: a\nsimulator: street\n{LOW}fixed: {{{SMALL}}}\n{drawn}")
    summary = simulate(path, tmp_path / "out", engine="serial")
    assert summary.exit_code == 1
    assert "stands in something" in summary.run.set_aside[0].reason


@pytest.mark.parametrize(
    ("world", "message"),
    [
        ({"layout": "citty"}, "no layout is called 'citty'; did you mean 'city'"),
        ({"layot": "city"}, "did you mean 'layout'"),
        ({"seed": -1}, "seed=-1"),
        ({"frames": 0}, "frames=0: it is a whole number from 1"),
        ({"dt": 0}, "dt=0"),
        ({"cameras": {}}, "at least one name"),
        ({"cameras": {"Front": {}}}, "small letters"),
        ({"cameras": {"front": {"width": 0}}}, "camera front: width is a whole number from 16 to 4096, and not 0"),
        ({"cameras": {"front": {"height": True}}}, "height is a whole number"),
        ({"cameras": {"front": {"vew": 90}}}, "did you mean 'view'"),
        ({"cameras": {"front": 3}}, "camera front is a mapping"),
    ],
)
def test_what_no_street_can_be_is_said_in_one_sentence(world: dict, message: str) -> None:
    with pytest.raises((DomainAugError, UnknownName), match=message):
        read_street(world)


def test_the_command_ends_with_2_and_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text("id: a\nsimulator: street\nworld: {layout: vilage}\n")
    monkeypatch.setattr("sys.argv", ["domainaug", "simulate", str(path), str(tmp_path / "out")])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert "no layout is called 'vilage'" in capsys.readouterr().err.replace("\n", " ")


def test_worlds_are_small_and_differ_by_what_they_say() -> None:
    simulator = StreetSimulator()
    one, other = (simulator.survey({"layout": "city", "seed": seed}, Path()) for seed in (1, 2))
    assert one.digest != other.digest
    assert one.frame(point()).scene
    assert one.effects(point(rain=3.0))["rain"].high == 3.0
