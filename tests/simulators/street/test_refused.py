"""What no street can be ends the command with status 2 and one sentence, before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("numba")

from domainaug.cli import main

LANES = (
    '<left><lane id="1" type="driving"><width sOffset="0" a="3.5"/></lane></left>'
    '<right><lane id="-1" type="driving"><width sOffset="0" a="3.5"/></lane>'
    '<lane id="-2" type="sidewalk"><width sOffset="0" a="3"/></lane></right>'
)
MAP = (
    '<OpenDRIVE><road id="main" length="60"><planView><geometry s="0" x="0" y="0" hdg="0" length="60"><line/>'
    f'</geometry></planView><lanes><laneSection s="0">{LANES}</laneSection></lanes></road></OpenDRIVE>'
)
SMALL = "fixed: {width: 48, height: 32, quality: draft, density: 0}\n"
WORLD = "world: {map: roads.xodr}\n"
XOSC = """<OpenSCENARIO><FileHeader revMajor="1" revMinor="2" date="" description="" author=""/>
<RoadNetwork><LogicFile filepath="gone.xodr"/></RoadNetwork><Entities/>
<Storyboard><Init><Actions/></Init><StopTrigger/></Storyboard></OpenSCENARIO>"""


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run `domainaug simulate` on a text, and return its exit status and what it said."""

    def run(text: str, *, roads: str = MAP, name: str = "scene.yaml") -> tuple[int, str]:
        (tmp_path / "roads.xodr").write_text(roads)
        path = tmp_path / name
        path.write_text(text if name.endswith(".xosc") else f"id: a\nsimulator: street\n{text}")
        line = ["domainaug", "simulate", str(path), str(tmp_path / "out"), "--engine", "serial"]
        monkeypatch.setattr("sys.argv", line)
        with pytest.raises(SystemExit) as end:
            main()
        assert not (tmp_path / "out").exists(), "nothing is written"
        said = capsys.readouterr()
        assert said.out == ""
        return int(end.value.code or 0), " ".join(said.err.split())

    return run


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("constraints: [rain > 5]\n", "the constraint 'rain > 5' holds at none of 1 points drawn"),
        ("vary: {rain: {from: 0, to: 9}}\nconstraints: [rain < 8, rain > 20]\n", "'rain > 20' holds at none of"),
        ("constraints: [rian > 5]\n", "no axis is called 'rian'; did you mean 'rain'"),
        ("fixed: {rian: 5}\n", "no axis of street is called 'rian'; did you mean 'rain'"),
        ("fixd: {rain: 5}\n", "no key of a scenario is called 'fixd'; did you mean 'fixed'"),
        ("fixed: {rain: 500}\n", "rain lies between 0 and 200 mm/h, and not at 500"),
        ("fixed: {visibility: 5 km}\n", "visibility counts m, and '5 km' is in 'km'; write it like 30000 m"),
        ("fixed: {visibility: 12}\nlimits: driving/front-camera\n", "allows 40 to 300000 m"),
        ("vary: {weather: [noon, foggy]}\n", "weather is a word and not 'foggy'"),
        ("fixed: {rain: 100}\nlimits: driving/front-camera\n", "a: DRV147: rain would be 100 mm/h"),
        ("limits: driving/front-camra\n", "did you mean 'driving/front-camera'"),
        ("world: {map: rods.xodr}\n", "scene.yaml:3: world: there is no map rods.xodr"),
        ("world: {map: roads.xodr, layout: city}\n", "it has a map and a layout"),
        ("world: {layout: citty}\n", "no layout is called 'citty'; did you mean 'city'"),
        ("world: {lidars: []}\n", "no key of a world is called 'lidars'"),
        ("world: {cameras: {front: {width: 0}}}\n", "camera front: width is a whole number from 16 to 4096, and not 0"),
        ("fixed: {view: 0}\n", "view lies between 10 and 150 deg, and not at 0"),
        ("world: {sensors: [{name: top, kind: lidar, channels: 0}]}\n", "lidar top: channels is a whole number from 1"),
        ("world: {sensors: [{name: top, kind: sonar}]}\n", "no kind of sensor is called 'sonar'"),
        ("world: {sensors: [{kind: lidar}]}\n", "a sensor is a mapping with a name and a kind"),
        ("world: {actors: [{kind: tank, at: [0, 0]}]}\n", "no kind of actor is called 'tank'"),
        ("world: {map: roads.xodr, actors: [{kind: bus, lane: {lane: -7, s: 3}}]}\n", "no lane -7 at s=3; it has"),
        ("world: {map: roads.xodr, ego: {lane: {lane: -1, s: 99}}}\n", "world: ego: road main is 60.0 m long"),
        ("world: {map: roads.xodr, ego: {lane: {lane: -1, s: 9}}}\nfixed: {along: 0.5}\n", "along moves nothing here"),
    ],
)  # fmt: skip
def test_words_and_numbers_that_are_wrong(command, text: str, says: str) -> None:
    status, said = command(text)
    assert status == 2
    assert says in said
    assert said.count("error:") == 1


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("<line/>", "<clothoid/>", "map roads.xodr: road main: a curve <clothoid> is not read"),
        ('type="driving"', 'type="canal"', "a lane of type 'canal' is not read"),
        ("</OpenDRIVE>", "", "map roads.xodr: it is not well-formed XML"),
        ('<width sOffset="0" a="3"/>', '<border sOffset="0" a="9"/>', "lane -2 is told by <border>"),
        ('type="driving"', 'type="sidewalk"', "the map has no road outside of junctions with a lane to drive on"),
    ],
)
def test_maps_that_cannot_be_read(command, old: str, new: str, says: str) -> None:
    status, said = command(WORLD, roads=MAP.replace(old, new))
    assert status == 2
    assert says in said


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("ego: {at: [30, -14, 0]}", "stands in something: a building"),
        ("ego: {at: [30, -1.7, 0]}, actors: [{kind: truck, at: [30, -1.7, 0]}]", "stands in something: a truck"),
        ("cameras: {low: {z: -1.48, pitch: -45}}", "camera low at"),
    ],
)
def test_cameras_in_walls_and_vehicles(command, more: str, says: str) -> None:
    status, said = command(f"world: {{map: roads.xodr, {more}}}\n" + SMALL)
    assert status == 2
    assert says in said
    assert "stands in something" in said


def test_listed_actors_who_stand_in_each_other(command) -> None:
    listed = "actors: [{kind: bus, at: [30, -1.7, 0]}, {kind: truck, at: [32, -1.7, 0]}]"
    status, said = command(f"world: {{map: roads.xodr, {listed}}}\n" + SMALL)
    assert status == 2
    assert "number 1 (bus) and number 2 (truck) stand in each other at the start; move one of them" in said


def test_an_openscenario_file_whose_map_is_gone(command) -> None:
    status, said = command(XOSC, name="scene.xosc")
    assert status == 2
    assert "there is no map gone.xodr" in said
    status, said = command(XOSC.replace("Storyboard", "Storybook"), name="scene.xosc")
    assert status == 2
    assert "scene.xosc: it has no <Storyboard>" in said
