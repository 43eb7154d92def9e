"""A street looked at again and again: the pictures of a run, built once for all weathers."""

import hashlib

import numpy as np
import pytest

pytest.importorskip("numba", reason="the packages of domainaug[street] are not installed")

from domainaug.errors import DomainAugError, UnknownName
from domainaug.preview.overlays import LAYERS, colored_range, overlaid, shares_of, things_of
from domainaug.preview.scenes import LAYOUTS, Place, Studio
from domainaug.run.simulating import simulate

SMALL = {"width": 96, "height": 64, "quality": "draft"}


@pytest.fixture(scope="module")
def studio():
    return Studio(Place(layout="highway"))


@pytest.fixture(scope="module")
def noon(studio):
    return studio.shot(SMALL)


@pytest.fixture(scope="module")
def fog(studio):
    return studio.shot({**SMALL, "visibility": 60.0, "hour": 9.0})


def test_a_picture_has_every_label_in_its_size(noon):
    shape = (64, 96)
    assert noon.picture.shape == (*shape, 3)
    assert [layer.shape for layer in (noon.classes, noon.things, noon.depth)] == [shape] * 3
    assert np.isinf(noon.depth[noon.classes == 23]).all()
    assert (noon.depth > 0).all()
    assert noon.points.shape[1] == 3
    assert ((noon.points[:, :2] >= 0) & (noon.points[:, :2] < (96, 64))).all()


def test_points_lie_on_what_the_camera_sees(noon):
    x, y = noon.points[:, :2].astype(int).T
    seen = noon.depth[y, x]
    near = np.isfinite(seen) & (noon.points[:, 2] < 40)
    assert near.sum() > 100
    assert np.median(np.abs(noon.points[near, 2] / seen[near] - 1)) < 0.2


def test_weather_changes_the_picture_and_no_label(noon, fog):
    assert noon.variant.labels == fog.variant.labels
    assert (noon.picture != fog.picture).any()
    for name in ("classes", "things", "depth"):
        np.testing.assert_array_equal(getattr(noon, name), getattr(fog, name))
    assert fog.points[:, 2].max() < noon.points[:, 2].max()  # fog hides what is far, and sends pulses back itself
    assert fog.weather["visibility"] == 60
    assert (noon.built, fog.built) == (True, False)


def test_what_was_rendered_is_kept(studio, noon):
    assert studio.kept(SMALL) is noon
    assert studio.shot(SMALL) is noon
    assert studio.kept({**SMALL, "rain": 3.0}) is None


def test_it_has_the_bytes_of_a_run(noon, tmp_path):
    import cv2

    (tmp_path / "scene.yaml").write_text(Place(layout="highway").written(SMALL))
    summary = simulate(tmp_path / "scene.yaml", tmp_path / "out", engine="serial")
    assert summary.exit_code == 0
    (folder,) = (tmp_path / "out" / "variants").iterdir()
    assert folder.name == noon.variant.id
    picture = cv2.imdecode(np.frombuffer((folder / "front/000000.png").read_bytes(), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert hashlib.sha256(picture.tobytes()).digest() == hashlib.sha256(noon.picture.tobytes()).digest()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_a_street_of_the_simulator(layout):
    assert Place(layout=layout).scenario().surveyed().digest


@pytest.mark.parametrize(
    ("place", "values", "error"),
    [
        (Place(layout="moon"), {}, UnknownName),
        (Place(simulator="nobody"), {}, UnknownName),
        (Place(), {"rains": 1.0}, UnknownName),
        (Place(), {"rain": 1000.0}, DomainAugError),
    ],
)
def test_what_cannot_be_shown_is_refused(place, values, error):
    with pytest.raises(error):
        Studio(place).shot(values)


def test_layers_cover_the_picture_and_leave_their_source_alone(noon):
    before = noon.picture.copy()
    pictures = {layer: overlaid(noon, layer) for layer in LAYERS}
    assert {picture.shape for picture in pictures.values()} == {noon.picture.shape}
    np.testing.assert_array_equal(pictures["picture"], before)
    assert len({picture.tobytes() for picture in pictures.values()}) == len(LAYERS)
    np.testing.assert_array_equal(noon.picture, before)
    whole = overlaid(noon, "classes", strength=1.0)
    assert (whole[noon.classes == 7] == (128, 64, 128)).all()


def test_boxes_and_points_are_drawn_as_finely_as_is_told(noon):
    plain = overlaid(noon, scale=3)
    assert plain.shape == (192, 288, 3)
    for more in ({"boxes": True}, {"points": True}):
        assert (overlaid(noon, scale=3, **more) != plain).any()


def test_shares_of_classes_come_to_one(noon):
    shares = shares_of(noon)
    assert sum(one.share for one in shares) == pytest.approx(1)
    assert [one.share for one in shares] == sorted((one.share for one in shares), reverse=True)
    assert "road" in {one.name for one in shares}


def test_things_are_listed_by_distance_with_the_box_of_their_pixels(noon):
    things = things_of(noon)
    assert things
    assert [one.distance for one in things] == sorted(one.distance for one in things)
    for one in things:
        rows, columns = np.nonzero(noon.things == one.number)
        assert len(rows) == one.pixels
        assert one.box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_ranges_go_from_red_to_blue_and_nothing_is_dark():
    near, far, nothing = colored_range(np.array([2.0, 120.0, np.inf])).astype(int)
    assert near[0] > near[2]
    assert far[2] > far[0]
    assert nothing.max() < 40
