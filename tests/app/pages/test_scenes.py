"""Scenes: a street in any weather, labels over it, and what is said when it cannot be shown."""

import time

import pytest

pytest.importorskip("numba", reason="the packages of domainaug[street] are not installed")

from domainaug.app.scenes import staging
from domainaug.app.scenes.weathering import hour_of
from domainaug.driving.sun import sun_position

START = {"layout": "highway"}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Pictures of a few pixels; a street is built once for all tests, as it is for all sessions."""
    monkeypatch.setattr(staging, "_SIZE", {"width": 96, "height": 64})


def caption(at, word):
    return next((one.value for one in at.caption if word in one.value), "")


def texts(at):
    found = [one.proto.imgs[0] for one in at.get("image")] or [one.proto.imgs[0] for one in at.get("imgs")]
    return [one.alt for one in found]


def picture(at):
    found = [one.proto.imgs[0] for one in at.get("image")] or [one.proto.imgs[0] for one in at.get("imgs")]
    return found[0].url


def labels(at):
    return caption(at, "Labels").partition("Labels ")[2].split(":")[0].rstrip("\\")


def test_a_draft_is_there_first_and_the_better_picture_after_it(open_app, calm):
    at = calm(open_app("scenes", **START))
    draft = picture(at)
    end = time.monotonic() + 60
    while caption(at, "Draft") and time.monotonic() < end:
        time.sleep(0.5)
        calm(at.run())
    assert not caption(at, "Draft")
    assert picture(at) != draft
    assert texts(at)[0].startswith("A street: Sun")


def test_weather_moves_the_sliders_and_no_label(open_app, calm):
    at = calm(open_app("scenes", **START))
    before, known = picture(at), labels(at)
    at.selectbox(key="weather").set_value("fog-dense").run()
    assert calm(at).select_slider(key="visibility").value == 70
    assert at.slider(key="clouds").value == 1
    assert picture(at) != before
    assert known
    assert labels(at) == known
    assert "sight 70 m" in caption(at, "sight")


def test_the_place_moves_labels(open_app, calm):
    at = calm(open_app("scenes", **START))
    known = labels(at)
    at.slider(key="along").set_value(0.6).run()
    assert labels(calm(at)) != known


def test_an_address_shows_the_same_and_a_mistyped_one_the_usual(open_app, calm):
    at = calm(open_app("scenes", **START, weather="rain-light", rain="12.2", clouds="nan", hour="much", layer="depth"))
    assert at.slider(key="rain").value == 12
    assert at.slider(key="clouds").value == 1
    assert at.slider(key="hour").value == hour_of(35, 172)
    assert at.segmented_control(key="layer").value == "depth"
    assert "Over it depth" in texts(at)[0]
    at.slider(key="rain").set_value(2.0).run()
    assert "rain" not in calm(at).query_params
    assert at.query_params["weather"] == "rain-light"


def test_a_scene_is_taken_along_as_a_scenario(open_app, calm, tmp_path):
    from domainaug.scenario import plan_variants, read_scenario

    at = calm(open_app("scenes", **START, weather="snow", hour="9"))
    yaml, link = (one.value for one in at.code)
    (tmp_path / "scene.yaml").write_text(yaml)
    read = read_scenario(tmp_path / "scene.yaml")
    (variant,) = plan_variants(read, read.surveyed()).variants
    assert (variant.values["hour"], variant.values["snowfall"], variant.values["width"]) == (9, 1.5, 96)
    assert variant.labels == labels(at)
    assert "hour=9" in link
    assert "weather=snow" in link


@pytest.mark.parametrize("layer", ["picture", "classes", "things", "depth"])
def test_every_layer_has_what_is_needed_to_read_it(open_app, calm, layer):
    at = calm(open_app("scenes", **START, layer=layer, boxes="true", lidar="true"))
    assert "points of the LiDAR" in texts(at)[0]
    assert "Colors of ranges" in texts(at)[1]
    tables = [list(one.value.columns) for one in at.dataframe]
    assert ["color", "class", "of the picture"] in tables or layer != "classes"
    assert ["color", "thing", "distance", "pixels", "hidden", "beyond"] in tables


def test_the_hour_of_a_preset_puts_the_sun_where_it_has_it():
    for altitude in (50.0, 20.0, 0.0, -15.0):
        assert sun_position(hour_of(altitude, 172), 172)[0] == pytest.approx(altitude, abs=1.5)


@pytest.mark.parametrize(
    ("server", "says"),
    [("127.0.0.1:1", "nobody listens at 127.0.0.1:1"), ("nonsense:x", "HOST:PORT")],
)
def test_a_server_that_is_not_there_is_a_sentence(open_app, server, says):
    pytest.importorskip("carla", reason="the wheel of CARLA's client is not installed for this Python")
    at = open_app("scenes", by="carla", server=server)
    assert not at.exception
    assert says in at.error[0].value.replace("\\", "")


def test_the_same_on_a_carla_server(open_app, calm):
    pytest.importorskip("carla", reason="the wheel of CARLA's client is not installed for this Python")
    pytest.importorskip("msgpack")
    from domainaug_simulators.carla_server.server import CarlaServer

    from domainaug.app.scenes.studios import let_go

    with CarlaServer("junction", port=0) as server:
        at = calm(open_app("scenes", by="carla", server=f"127.0.0.1:{server.port}", layer="things"))
        assert "Nothing was rendered yet" in caption(at, "answers")
        at.button(key="scene-take").click().run(timeout=240)
        known = labels(calm(at))
        assert "Over it things" in texts(at)[0]
        at.slider(key="rain").set_value(5.0).run()
        assert "the picture before" in caption(calm(at), "before")
        at.button(key="scene-take").click().run(timeout=240)
        assert labels(calm(at)) == known
        assert "5 mm/h of rain" in caption(at, "rain").replace("\\", "")
        let_go()


SCENARIO = """\
id: roads
title: A road in three lights
simulator: street
world: {layout: highway}
fixed: {quality: draft, width: 48, height: 32}
vary: {hour: [8 h, 12 h, 22 h], exposure: {from: -1 EV, to: 1 EV, steps: 2}}
sample: {method: grid}
"""


def metrics(at):
    return {one.label: one.value for one in at.metric}


@pytest.fixture
def scenario(open_app, root):
    """Open a scenario, under the root or pasted, with what the address says."""

    def opened(text=SCENARIO, *, paste=False, **query):
        if not paste:
            (root / "roads.yaml").write_text(text)
        at = open_app("scenes", scenes_view="scenario", scenario_from="paste" if paste else "file", **query)
        return at.text_area(key="scenario_text").set_value(text).run() if paste else at

    return opened


def test_a_scenario_under_the_root_is_planned(scenario, calm):
    at = calm(scenario())
    assert at.selectbox(key="scenario").value == "roads.yaml"
    assert metrics(at) == {"Variants": "6", "Sets of labels": "1", "Pairs of axes met": "50%"}
    assert "A road in three lights, rendered by street" in caption(at, "rendered by").replace("\\", "")


def test_its_variants_are_a_table(scenario, calm):
    at = calm(scenario(way="variants"))
    table = at.dataframe[0].value
    assert list(table.columns) == ["variant", "hour", "exposure", "labels"]
    assert sorted(set(table["hour"])) == [8, 12, 22]
    assert set(table["labels"]) == {1}


def test_what_a_limit_does_not_allow_is_in_the_table(scenario, calm):
    text = SCENARIO.replace(
        "vary: {hour: [8 h, 12 h, 22 h], exposure", "limits: driving/front-camera\nvary: {visibility"
    )
    text = text.replace("from: -1 EV, to: 1 EV, steps: 2", "from: 5 m, to: 5000 m, scale: log").replace("grid", "sobol")
    at = calm(scenario(text))
    refused = int(metrics(at)["Beyond limits"])
    at.segmented_control(key="way").set_value("variants").run()
    limits = list(calm(at).dataframe[0].value["limits"])
    assert (limits.count("within"), len(limits)) == (16 - refused, 16)
    assert refused > 0


def test_a_pasted_scenario_and_another_number_of_points(scenario, calm):
    text = SCENARIO.replace("hour: [8 h, 12 h, 22 h]", "hour: {from: 6 h, to: 20 h}").replace("grid", "sobol")
    at = calm(scenario(text, paste=True))
    assert metrics(at)["Variants"] == "16"
    at.number_input(key="scenario_count").set_value(5).run()
    assert metrics(calm(at))["Variants"] == "5"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id: [", "scenario.yaml:1"),
        ("- 1", "scenario.yaml"),
        (SCENARIO.replace("hour", "hours"), "did you mean 'hour'"),
        (SCENARIO.replace("simulator: street", "simulator: streat"), "did you mean 'street'"),
        (SCENARIO.replace("layout: highway", "layout: moon"), "no layout is called 'moon'"),
        (SCENARIO.replace("layout: highway", "map: ../../roads.xodr"), "no map ../../roads.xodr"),
        (SCENARIO.replace("layout: highway", "map: /etc/hostname"), "outside the folder"),
        (SCENARIO.replace("{layout: highway}", "{servers: [127.0.0.1:1], restart: reboot}"), "the app runs none"),
        (SCENARIO.replace("sample: {method: grid}", "sample: {method: sobol, count: 5000}"), "2,000 at most"),
        (SCENARIO.replace("steps: 2", "steps: 2000"), "2,000 at most"),
        (SCENARIO.replace(", steps: 2", ""), "steps"),
        (f"{SCENARIO}limits: ../secret.yaml\n", "outside the folder"),
        (f"{SCENARIO}constraints: [hour > 30]\n", "hour > 30"),
    ],
)
def test_what_is_no_scenario_is_told_in_a_sentence(scenario, root, text, says):
    at = scenario(text, paste=True)
    assert not at.exception
    (error,) = at.error
    assert says in error.value.replace("\\", "")
    assert str(root.parent) not in error.value


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [("a.yaml", b"\xff\xfe", "not UTF-8"), ("a.yaml", b"", "empty"), ("a.yaml", b"#" * 300_000, "200 kB")],
)
def test_a_bad_upload_is_told(open_app, name, content, says):
    at = open_app("scenes", scenes_view="scenario", scenario_from="upload")
    assert "Give one" in caption(at, "Give one")
    at = at.file_uploader(key="scenario_upload").upload(name, content, "application/yaml").run()
    assert not at.exception
    assert says in at.error[0].value.replace("\\", "")


def test_an_upload_is_planned(open_app, calm):
    at = open_app("scenes", scenes_view="scenario", scenario_from="upload")
    at = calm(at.file_uploader(key="scenario_upload").upload("a.yaml", SCENARIO.encode(), "application/yaml").run())
    assert metrics(at)["Variants"] == "6"


@pytest.mark.parametrize("out", ["../out", "/tmp/out", "."])
def test_a_run_lies_under_the_root(scenario, out):
    at = scenario(way="render", out=out)
    assert not at.exception
    assert "folder of its own under the root" in at.error[0].value


def test_a_scenario_that_is_there_is_not_written_over(scenario, root):
    (root / "scenarios").mkdir()
    (root / "scenarios" / "roads.yaml").write_text("mine: true\n")
    at = scenario(paste=True, way="render")
    at.button(key="scene-render").click().run()
    assert "choose another name" in at.error[0].value
    assert (root / "scenarios" / "roads.yaml").read_text() == "mine: true\n"
    assert not (root / "scenes").exists()


def test_a_folder_of_something_else_is_refused_by_the_run(scenario, root, settled):
    (root / "full").mkdir()
    (root / "full" / "letter.txt").write_text("mine")
    at = scenario(way="render", out="full")
    at = settled(at.button(key="scene-render").click().run())
    assert not at.exception
    assert at.error
    assert str(root) not in at.error[0].value
    assert [one.name for one in (root / "full").iterdir()] == ["letter.txt"]


@pytest.mark.slow
def test_a_run_is_stopped_and_goes_on_where_it_was(scenario, root, settled, calm):
    hours = ", ".join(f"{2 * hour:g} h" for hour in range(12))
    text = SCENARIO.replace("8 h, 12 h, 22 h", hours)
    at = scenario(text, paste=True, way="render")
    at = calm(at.button(key="scene-render").click().run())
    assert at.button(key="scene-render").disabled
    assert (root / "scenarios" / "roads.yaml").read_text() == text
    assert at.selectbox(key="scenario").value == "scenarios/roads.yaml"
    end = time.monotonic() + 90
    while not any((root / "scenes" / "roads" / "variants").glob("*")) and time.monotonic() < end:
        time.sleep(0.2)
    at = calm(at.run())
    at = settled(at.button(key="scene-stop").click().run())
    assert "Stopped" in at.get("progress")[0].proto.text
    kept = {one.name: one.stat().st_ino for one in (root / "scenes" / "roads" / "variants").iterdir()}
    assert 0 < len(kept) < 24
    at = settled(at.button(key="scene-render").click().run())
    assert "24 variants rendered" in calm(at).success[0].value
    assert {name: (root / "scenes/roads/variants" / name).stat().st_ino for name in kept} == kept
    assert at.get("page_link")[0].proto.label == "Review"
    assert texts(at)[0].endswith(": 0 h, -1 EV")


@pytest.fixture
def settled():
    """A function that waits until a run has ended, as a browser would, and returns the page."""

    def waited(at, seconds=240):
        end = time.monotonic() + seconds
        while at.button(key="scene-render").disabled and time.monotonic() < end:
            time.sleep(0.5)
            at.run()
        assert not at.button(key="scene-render").disabled
        return at

    return waited
