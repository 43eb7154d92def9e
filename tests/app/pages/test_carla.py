"""Scenes on a CARLA server: addresses that are none, servers that are silent or die, and a scenario rendered there."""

import socket
import threading
import time
from contextlib import suppress

import pytest

pytest.importorskip("numba", reason="the packages of domainaug[street] are not installed")
pytest.importorskip("carla", reason="the wheel of CARLA's client is not installed for this Python")
pytest.importorskip("msgpack")

from domainaug_simulators.carla_server.faults import Fault, Faults
from domainaug_simulators.carla_server.server import CarlaServer

from domainaug.app.scenes import staging
from domainaug.app.scenes.studios import let_go

PATIENCE = 400

SCENARIO = """\
id: there
simulator: carla
world: {map: junction, warmup: 0, servers: ['127.0.0.1:PORT']}
fixed: {width: 96, height: 64}
vary: {weather: [noon, night, snow, fog-dense, rain-heavy, dusk]}
sample: {method: grid}
"""


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(staging, "_SIZE", {"width": 96, "height": 64})
    yield
    let_go()


@pytest.fixture
def free():
    """A port that nobody has, nor the next."""
    with socket.socket() as found, socket.socket() as beside:
        for _ in range(50):
            with suppress(OSError):
                found.bind(("127.0.0.1", 0))
                beside.bind(("127.0.0.1", found.getsockname()[1] + 1))
                break
        return found.getsockname()[1]


def told(at):
    assert not at.exception, [one.message for one in at.exception]
    return [one.value.replace("\\", "") for one in at.error]


def words(at):
    return "\n".join(one.value for one in (*at.caption, *at.success)).replace("\\", "")


def alts(at):
    return [one.proto.imgs[0].alt for one in at.image]


def take(at):
    return at.button(key="scene-take").click().run(timeout=PATIENCE)


@pytest.mark.parametrize(("server", "says"), [
    ("127.0.0.1:", "HOST:PORT"), ("127.0.0.1:99999", "HOST:PORT"),
    ("a b:2000", "nobody listens"),
    ("http://127.0.0.1:2000", "HOST:PORT"), ("127.0.0.1:-1", "HOST:PORT"), ("<b>x</b>:2000", "nobody listens"),
])  # fmt: skip
def test_an_address_that_is_none_is_one_sentence(open_app, server, says):
    (error,) = told(open_app("scenes", by="carla", server=server))
    assert says in error


def test_an_address_is_put_right(open_app, free):
    at = open_app("scenes", by="carla", server="nonsense")
    assert len(told(at)) == 1
    at.text_input(key="server").set_value(f"127.0.0.1:{free}").run()
    (error,) = told(at)
    assert f"nobody listens at 127.0.0.1:{free}" in error


@pytest.mark.slow
def test_a_server_that_says_nothing_is_given_up(open_app):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        at = open_app("scenes", by="carla", server=f"127.0.0.1:{silent.getsockname()[1]}")
        (error,) = told(at)
        assert "did not say its version within" in error


@pytest.mark.slow
def test_who_speaks_another_protocol_is_one_sentence(open_app):
    def answer(listening):
        while True:
            try:
                who, _ = listening.accept()
            except OSError:
                return
            with who, suppress(OSError):
                who.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(8)
        threading.Thread(target=answer, args=(listening,), daemon=True).start()
        at = open_app("scenes", by="carla", server=f"127.0.0.1:{listening.getsockname()[1]}")
        assert len(told(at)) == 1


@pytest.mark.slow
def test_a_server_dies_in_the_middle_and_comes_back(open_app, free):
    faults = Faults([Fault("die", call="tick_cue", at=(3,))])
    server = CarlaServer("junction", port=free, faults=faults)
    server.start()
    try:
        at = open_app("scenes", by="carla", server=f"127.0.0.1:{free}", boxes="true")
        assert not told(at)
        at = take(at)
        (error,) = told(at)
        assert "fault of domainaug" not in error
        assert f"127.0.0.1:{free}" in error
        assert not alts(at)
    finally:
        server.close()
    at.run(timeout=PATIENCE)
    (error,) = told(at)
    assert f"nobody listens at 127.0.0.1:{free}" in error
    with CarlaServer("junction", port=free):
        at.run(timeout=PATIENCE)
        assert not told(at)
        at = take(at)
        assert not told(at)
        assert "Over it boxes" in alts(at)[0]
        assert "of the picture" not in words(at)
        let_go()


@pytest.mark.slow
def test_a_scenario_is_rendered_stopped_and_gone_on_with(open_app, root, free):
    (root / "there.yaml").write_text(SCENARIO.replace("PORT", str(free)))
    variants = root / "scenes/there/variants"

    def until(at, done):
        end = time.monotonic() + PATIENCE
        while not done(at) and time.monotonic() < end:
            time.sleep(0.5)
            at.run(timeout=PATIENCE)
        assert done(at), (told(at), words(at))
        return at

    def ended(at):
        return not at.button(key="scene-render").disabled

    with CarlaServer("junction", port=free):
        at = open_app("scenes", scenes_view="scenario", scenario_from="file", scenario="there.yaml", way="render")
        assert not told(at)
        at.button(key="scene-render").click().run(timeout=PATIENCE)
        assert at.get("progress")
        until(at, lambda _: variants.is_dir() and any(variants.glob("*/scene.json")))
        at.button(key="scene-stop").click().run(timeout=PATIENCE)
        until(at, ended)
        assert "Stopped" in at.get("progress")[0].proto.text
        kept = {one.name: one.stat().st_ino for one in variants.iterdir()}
        assert 0 < len(kept) < 6
        at.button(key="scene-render").click().run(timeout=PATIENCE)
        until(at, ended)
    assert not told(at)
    assert "6 variants rendered" in words(at)
    assert {name: (variants / name).stat().st_ino for name in kept} == kept
    assert len(alts(at)) == 6
