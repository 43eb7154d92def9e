import pytest

pytest.importorskip("streamlit")

from domainaug import load_profile
from domainaug.app.preview.turning import Turned, packed, unpacked
from domainaug.preview.knobs import steps_of


@pytest.fixture(scope="module")
def steps():
    return steps_of(load_profile("medical/chest-xray"))


@pytest.mark.parametrize(
    ("turned", "text"),
    [
        (Turned(), ""),
        (Turned({"0.rotate": (-8, 8)}), "0.rotate:-8,8"),
        (Turned({"0.p": 0.25, "0.scale": (0.9, 1.1)}, frozenset({"2", "1.0"})), "0.p:0.25;0.scale:0.9,1.1;!1.0;!2"),
    ],
)
def test_there_and_back(steps, turned, text):
    assert packed(turned) == text
    assert unpacked(text, steps) == turned
    assert bool(turned) == bool(text)


@pytest.mark.parametrize(
    "text",
    [
        "9.rotate:1,2", "0.nothing:1", "0.rotate:x", "0.rotate:1,2,3", "0.rotate:nan,3", "!9", "0.p:1,2", "0.rotate",
        ":", "0.rotate:", "__import__('os')", ";" * 500, "0.p:on",
    ],
)  # fmt: skip
def test_what_does_not_fit_the_recipe_is_left_out(steps, text):
    assert unpacked(text, steps) == Turned()


def test_values_are_held_to_the_ends(steps):
    assert unpacked("0.rotate:-400,inf;0.p:7", steps).values == {"0.rotate": (-10, 10), "0.p": 1.0}


def test_ends_that_changed_places_are_put_in_order(steps):
    assert unpacked("0.rotate:8,-8", steps).values == {"0.rotate": (-8, 8)}
