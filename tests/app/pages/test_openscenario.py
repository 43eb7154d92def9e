"""Scenes: OpenSCENARIO with its map, from under the root, pasted and uploaded; and what of it is not shown."""

import math
import shutil
import time
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="the packages of domainaug[street] are not installed")

from domainaug.app.root import Root
from domainaug.app.scenes.giving import fitted
from domainaug.app.scenes.scenarios import Told, is_openscenario, planned, scenarios_under
from domainaug.errors import DomainAugError

DOCS = Path(__file__).resolve().parents[3] / "docs" / "scenarios"
FILES = ("street-fog.xosc", "street-fog-scene.xosc", "street-bend.xodr")
CATALOG = """<OpenSCENARIO><FileHeader revMajor="1" revMinor="2" date="2026-01-01T00:00:00" description="" author=""/>
<Catalog name="Cars"/></OpenSCENARIO>"""


def captions(at):
    return "\n".join(one.value for one in at.caption).replace("\\", "")


def metrics(at):
    return {one.label: one.value for one in at.metric}


def copied(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names or FILES:
        shutil.copyfile(DOCS / name, folder / name)


def text_of(name):
    return (DOCS / name).read_text(encoding="utf-8")


def uploaded(at, key, files):
    given = at.file_uploader(key=key)
    for name, content in files.items():
        given.upload(name, content, "application/xml")
    return at.run()


@pytest.fixture
def page(open_app):
    """Open the page with a scenario that is given in some way."""

    def opened(given, **query):
        return open_app("scenes", scenes_view="scenario", scenario_from=given, **query)

    return opened


def test_those_under_the_root_are_listed_and_catalogs_and_maps_are_not(root):
    copied(root / "roads")
    (root / "roads/cars.xosc").write_text(CATALOG)
    (root / "other.xosc").write_text("<html/>")
    assert scenarios_under(Root(root)) == ("roads/street-fog-scene.xosc", "roads/street-fog.xosc")


def test_one_under_the_root_is_planned_with_its_map_and_says_what_is_not_shown(page, calm, root):
    from domainaug.scenario import read_scenario

    copied(root / "roads")
    at = calm(page("file", scenario="roads/street-fog.xosc"))
    assert metrics(at)["Variants"] == "4"
    assert "Fog in a bend, rendered by street" in captions(at)
    notes = read_scenario(root / "roads/street-fog.xosc").notes
    assert notes
    assert all(note[1:] in captions(at) for note in notes)


def test_a_pasted_one_with_its_map_given_beside(page, calm):
    at = page("paste").text_area(key="scenario_text").set_value(text_of("street-fog-scene.xosc")).run()
    assert "no map street-bend.xodr" in at.error[0].value.replace("\\", "")
    at = calm(uploaded(at, "scenario_beside", {FILES[2]: (DOCS / FILES[2]).read_bytes()}))
    assert metrics(at)["Variants"] == "1"


def test_a_pasted_one_finds_its_map_under_the_root(page, calm, root):
    copied(root / "scenarios", "street-bend.xodr")
    at = page("paste")
    at = calm(at.text_area(key="scenario_text").set_value(text_of("street-fog-scene.xosc")).run())
    assert metrics(at)["Variants"] == "1"


def test_uploads_fit_wherever_their_files_lay_before(page, calm):
    files = {name: text_of(name) for name in FILES}
    files[FILES[0]] = files[FILES[0]].replace('"street-fog-scene.xosc"', '"../parts/street-fog-scene.xosc"')
    files[FILES[1]] = files[FILES[1]].replace('"street-bend.xodr"', "'..\\maps\\street-bend.xodr'")
    at = calm(uploaded(page("upload"), "scenario_upload", {name: text.encode() for name, text in files.items()}))
    assert not [one for one in at.selectbox if one.key == "scenario_main"]
    assert metrics(at)["Variants"] == "4"


def test_of_two_scenarios_one_is_chosen(page, calm):
    files = {name: text_of(name).encode() for name in FILES[1:]}
    files["other.yaml"] = b"id: other\nsimulator: street\nworld: {layout: highway}\nvary: {hour: [8 h, 9 h]}\n"
    files["other.yaml"] += b"sample: {method: grid}\n"
    at = calm(uploaded(page("upload"), "scenario_upload", {**files, "cars.xosc": CATALOG.encode()}))
    assert at.selectbox(key="scenario_main").options == ["street-fog-scene.xosc", "other.yaml"]
    at = calm(at.selectbox(key="scenario_main").set_value("other.yaml").run())
    assert metrics(at)["Variants"] == "2"


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"a.xosc": b"<OpenSCENARIO"}, "not well-formed XML"),
        ({"a.xosc": b"<html/>"}, "begins with <html>"),
        ({"a.xosc": b"<!DOCTYPE a [<!ENTITY b 'c'>]><OpenSCENARIO/>"}, "document type"),
        ({"a.xosc": CATALOG.encode()}, "none of the uploads is a scenario"),
        ({"a.xodr": b"<OpenDRIVE/>"}, "none of the uploads is a scenario"),
        ({"a.xosc": b"<" * 4_000_001}, "4000 kB at most"),
        ({"a.xosc": text_of(FILES[1]).encode(), "b.xodr": b"<OpenDRIVE/>"}, "no map street-bend.xodr in its folder"),
        ({"a.xosc": text_of(FILES[1]).encode(), FILES[2]: b"<OpenDRIVE>"}, "street-bend.xodr"),
        ({"a.xosc": text_of(FILES[0]).encode()}, "no such file"),
        ({"<b>.xosc": text_of(FILES[1]).encode()}, "rename it"),
    ],
)
def test_what_is_none_is_one_sentence(page, root, files, says):
    at = uploaded(page("upload"), "scenario_upload", files)
    assert not at.exception
    (error,) = at.error
    assert says in error.value.replace("\\", "")
    assert "/tmp" not in error.value
    assert str(root) not in error.value


@pytest.mark.parametrize("how", ["LogicFile", "ScenarioFile", "Directory"])
def test_nothing_that_it_names_lies_outside_the_root(root, how):
    copied(root.parent / "secret")
    copied(root / "roads")
    file, away = FILES[1], "../../secret"
    if how == "ScenarioFile":
        file = FILES[0]
        text = text_of(file).replace("street-fog-scene.xosc", f"{away}/street-fog-scene.xosc")
    elif how == "LogicFile":
        text = text_of(file).replace("street-bend.xodr", f"{away}/street-bend.xodr")
    else:
        place = f'<CatalogLocations><VehicleCatalog><Directory path="{away}"/></VehicleCatalog></CatalogLocations>'
        text = text_of(file).replace("<CatalogLocations/>", place)
    assert away in text
    (root / "roads" / file).write_text(text)
    for told in (Told(text, f"roads/{file}"), Told(text), Told(text, beside=(("a.xodr", b""),))):
        with pytest.raises(DomainAugError, match="outside the folder"):
            planned(told, Root(root))


def test_other_text_is_left_as_it_was():
    text = text_of(FILES[1])
    assert fitted(text, {}) == text
    assert fitted(text, {"other.xodr": b""}) == text
    assert is_openscenario("\ufeff\n<?xml")
    assert not is_openscenario("id: <a>")


@pytest.mark.slow
def test_an_upload_is_rendered_and_kept_with_its_map(page, calm, root):
    text = text_of(FILES[1]).replace('"street-bend.xodr"', '"../xodr/street-bend.xodr"')
    files = {FILES[1]: text.encode(), FILES[2]: (DOCS / FILES[2]).read_bytes()}
    at = calm(uploaded(page("upload", way="render"), "scenario_upload", files))
    assert "scenarios/street-fog-scene/street-fog-scene.xosc scenes/street-fog-scene" in at.code[0].value
    at = at.button(key="scene-render").click().run()
    end = time.monotonic() + 240
    while at.button(key="scene-render").disabled and time.monotonic() < end:
        time.sleep(0.5)
        at.run()
    assert "1 variant rendered" in calm(at).success[0].value
    assert at.selectbox(key="scenario").value == "scenarios/street-fog-scene/street-fog-scene.xosc"
    kept = root / "scenarios/street-fog-scene"
    assert (kept / FILES[2]).read_bytes() == files[FILES[2]]
    assert 'filepath="street-bend.xodr"' in (kept / FILES[1]).read_text()


def test_what_scenariogeneration_writes_is_planned(page, calm, root):
    xodr = pytest.importorskip("scenariogeneration.xodr")
    xosc = pytest.importorskip("scenariogeneration.xosc")
    road = xodr.create_road(xodr.Line(200), 0, left_lanes=1, right_lanes=1)
    roads = xodr.OpenDrive("straight")
    roads.add_road(road)
    roads.adjust_roads_and_lanes()
    (root / "maps").mkdir()
    roads.write_xml(str(root / "maps/straight.xodr"))
    weather = xosc.Weather(xosc.FractionalCloudCover.twoOktas, sun=xosc.Sun(5000, math.pi / 2, math.pi / 6),
                           fog=xosc.Fog("$Sight"))  # fmt: skip
    environment = xosc.Environment("e", xosc.TimeOfDay(True, 2026, 6, 21, 12, 0, 0), weather, xosc.RoadCondition(1.0))
    box, axle = xosc.BoundingBox(2, 5, 1.5, 2.0, 0, 0.9), xosc.Axle(0.5, 0.8, 1.68, 2.98, 0.4)
    entities = xosc.Entities()
    entities.add_scenario_object("Ego", xosc.Vehicle("Ego", xosc.VehicleCategory.car, box, axle, axle, 60, 10, 10))
    init = xosc.Init()
    init.add_global_action(xosc.EnvironmentAction(environment))
    init.add_init_action("Ego", xosc.TeleportAction(xosc.LanePosition(20, 0, -1, 0)))
    parameters = xosc.ParameterDeclarations()
    parameters.add_parameter(xosc.Parameter("Sight", xosc.ParameterType.double, "800"))
    whole = xosc.Scenario("A straight road", "them", parameters, entities, xosc.StoryBoard(init),
                          xosc.RoadNetwork("../maps/straight.xodr"), xosc.Catalog(), osc_minor_version=2)  # fmt: skip
    (root / "theirs").mkdir()
    whole.write_xml(str(root / "theirs/scene.xosc"))
    curves = xosc.Stochastic(9, 3)
    curves.add_distribution("Sight", xosc.NormalDistribution(500, 10_000, xosc.Range(100, 900)))
    spread = xosc.ParameterValueDistribution("d", "them", "scene.xosc", curves, osc_minor_version=2)
    spread.write_xml(str(root / "theirs/spread.xosc"))
    at = calm(page("file", scenario="theirs/spread.xosc"))
    assert metrics(at)["Variants"] == "9"
    at = calm(at.selectbox(key="scenario").set_value("theirs/scene.xosc").run())
    assert metrics(at)["Variants"] == "1"
    assert "A straight road" in captions(at)
