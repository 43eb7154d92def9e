"""Variants as OpenSCENARIO: valid against the published schema, and read back as what they were."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from xml.etree import ElementTree as Xml

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street.actors import Ego
from domainaug_simulators.street.axes import weather_of
from domainaug_simulators.street.cast import Cast
from domainaug_simulators.street.listing import read_actors
from domainaug_simulators.street.openscenario import SCENARIO, Standing, openscenario_of, standing
from domainaug_simulators.street.scene import Scene
from domainaug_simulators.street.town.opendrive_reading import read_map
from domainaug_simulators.street.town.plan import Town

from domainaug.driving.weather import PRESETS, Weather
from domainaug.scenario import read_scenario

EGO = Standing("car", (4.7, 1.9, 1.6), (10.0, -1.7, 0.2), 8.0)
BUS = Standing("bus", (12.0, 2.5, 3.1), (40.0, 2.0, math.pi), 5.0)
WALKER = Standing("pedestrian", (0.5, 0.6, 1.8), (12.0, -6.0, -1.0), 1.4)
PARKED = Standing("van", (5.4, 2.0, 2.2), (20.0, -4.0, 0.0), 0.0)
ALL = {"Ego": EGO, "bus 3": BUS, "pedestrian 5": WALKER, "van 9": PARKED}


def moved(one: Standing, time: float) -> Standing:
    x, y, heading = one.place
    way = one.speed * time
    return replace(one, place=(x + way * math.cos(heading), y + way * math.sin(heading), heading))


def clip(count: int = 4) -> list[dict[str, Standing]]:
    return [{name: moved(one, 0.5 * frame) for name, one in ALL.items()} for frame in range(count)]


@pytest.fixture(scope="module")
def schema():
    xmlschema = pytest.importorskip("xmlschema")
    try:
        found = [file for file in files("scenariogeneration") or () if file.name == "OpenSCENARIO_1_2.xsd"]
    except PackageNotFoundError:
        pytest.skip("scenariogeneration, which brings the schemas, is not installed")
    return xmlschema.XMLSchema(str(found[0].locate()))


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_weather_is_valid_and_comes_back(schema, tmp_path: Path, preset: str) -> None:
    weather = PRESETS[preset].settled()
    text = openscenario_of("a", weather, [ALL], 0.1)
    schema.validate(text)
    (tmp_path / SCENARIO).write_text(text)
    found = read_scenario(tmp_path / SCENARIO)
    assert weather_of(found.fixed).to_dict() == pytest.approx(weather.to_dict(), rel=1e-11)
    coarse = tmp_path / "coarse.xosc"
    root = Xml.fromstring(text)
    for road in root.iter("RoadCondition"):
        road.remove(road[0])  # what other tools read: the standard's words alone
    coarse.write_text(Xml.tostring(root, encoding="unicode"))
    near = weather_of(read_scenario(coarse).fixed)
    assert near.sun_altitude == pytest.approx(weather.sun_altitude, abs=1e-6)
    assert math.cos(math.radians(near.sun_azimuth - weather.sun_azimuth)) == pytest.approx(1.0)
    assert near.visibility == pytest.approx(weather.visibility)
    assert (near.rain, near.snowfall, near.wind) == (weather.rain, weather.snowfall, weather.wind)
    assert near.clouds == pytest.approx(weather.clouds, abs=1 / 16)


def test_everybody_is_where_they_were(tmp_path: Path) -> None:
    (tmp_path / SCENARIO).write_text(openscenario_of("a", Weather(), [ALL], 0.1))
    found = read_scenario(tmp_path / SCENARIO)
    told = {"Ego": found.world["ego"], **{one["name"]: one for one in found.world["actors"]}}
    assert set(told) == set(ALL)
    for name, one in ALL.items():
        x, y, yaw = told[name]["at"]
        assert (x, y) == pytest.approx(one.place[:2], abs=1e-6)
        assert math.cos(math.radians(yaw) - one.place[2]) == pytest.approx(1.0)
        assert told[name].get("speed", 0.0) == one.speed
    assert {one["kind"] for one in found.world["actors"]} == {"bus", "person", "van"}
    assert found.world["map"] == "map.xodr"


def test_clips_have_the_ways_of_all_who_move(schema, tmp_path: Path) -> None:
    text = openscenario_of("a", Weather(), clip(), 0.5)
    schema.validate(text)
    (tmp_path / SCENARIO).write_text(text)
    found = read_scenario(tmp_path / SCENARIO)
    told = {"Ego": found.world["ego"], **{one["name"]: one for one in found.world["actors"]}}
    assert "at" in told["van 9"], "who stands has no way"
    for name in ("Ego", "bus 3", "pedestrian 5"):
        way = np.array(told[name]["path"])
        there = [[0.5 * count, *frame[name].place[:2]] for count, frame in enumerate(clip())]
        np.testing.assert_allclose(way, there, atol=1e-6)


def test_riders_are_part_of_what_they_ride() -> None:
    lane = '<lane id="-1" type="driving"><width sOffset="0" a="3"/></lane>'
    roads = read_map(
        '<OpenDRIVE><road id="a" length="90"><planView><geometry s="0" x="0" y="0" hdg="0" length="90"><line/>'
        f"</geometry></planView><lanes><laneSection s='0'><right>{lane}</right></laneSection></lanes>"
        "</road></OpenDRIVE>"
    )
    town = Town("map", 0, [roads.road("a").plain()])
    listed = read_actors([{"kind": kind, "at": [20 * i, 0, 90], "speed": 3}
                          for i, kind in enumerate(("bicycle", "van", "person", "cone", "sedan"))])  # fmt: skip
    things = Cast.of(listed, town, roads, roads.road("a"), 0).at(0.0)
    found = standing(Scene.of(things, town.palette), Ego((0.0, 0.0, 0.0), 0.0, 1.0))
    assert [one.category for one in found.values()] == ["car", "bicycle", "van", "pedestrian", "car"]
    assert all(one.place[2] == pytest.approx(math.pi / 2) for name, one in found.items() if name != "Ego")


def test_the_files_in_the_documents_are_valid_and_can_be_read(schema) -> None:
    folder = Path(__file__).parents[3] / "docs" / "scenarios"
    for path in sorted(folder.glob("*.xosc")):
        schema.validate(str(path))
    spread = read_scenario(folder / "street-fog.xosc")
    assert spread.spreads["visibility"].written == [60.0, 300.0]
    assert set(spread.spreads) == {"visibility", "sun_altitude"}
    assert read_scenario(folder / "street-fog-scene.xosc").fixed["visibility"] == 100.0
