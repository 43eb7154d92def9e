"""LabelMe: every kind of shape, where it goes, and files that are none."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from domainaug.errors import LabelError, UnreadableInput
from domainaug.kernels.maps import PixelMap
from domainaug.layouts import layout_for
from domainaug.layouts.images import encode, read_image
from domainaug.layouts.instances import fill_polygons
from domainaug.layouts.labelme import LabelMe
from domainaug.layouts.labelme_shapes import bitmap, read_shapes
from domainaug.run import augment, replay

HEIGHT, WIDTH = 48, 64
TRIANGLE = [[40.0, 10.0], [60.0, 10.0], [50.0, 40.0]]
BITS = np.zeros((6, 9), np.uint8)
BITS[1:, 2:] = 255


def as_text(pixels: np.ndarray) -> str:
    return base64.b64encode(encode(pixels)[1]).decode()


def shape(kind: str, points: list[list[float]], label: str = "scratch", **more: object) -> dict[str, object]:
    return {
        "label": label,
        "points": points,
        "group_id": 4,
        "description": "",
        "shape_type": kind,
        "flags": {"deep": True},
        **more,
    }


SHAPES = {
    "polygon": shape("polygon", TRIANGLE),
    "rectangle": shape("rectangle", [[30.0, 24.0], [10.0, 8.0]]),
    "circle": shape("circle", [[20.0, 30.0], [20.0, 36.0]]),
    "line": shape("line", [[2.0, 2.0], [12.0, 20.0]]),
    "linestrip": shape("linestrip", [[2.0, 40.0], [20.0, 44.0], [40.0, 40.0]]),
    "point": shape("point", [[33.0, 12.0]]),
    "points": shape("points", [[33.0, 12.0], [3.0, 4.0]]),
    "mask": shape("mask", [[5.0, 7.0], [13.0, 12.0]], mask=as_text(BITS)),
}


def picture() -> np.ndarray:
    shown = np.full((HEIGHT, WIDTH, 3), 30, np.uint8)
    shown[8:24, 10:30, 1] = 220
    shown[fill_polygons([np.ravel(TRIANGLE).tolist()], (HEIGHT, WIDTH)), 0] = 220
    return shown


def data_set(root: Path, *kinds: str, **more: object) -> Path:
    (root / "line 3").mkdir(parents=True)
    (root / "line 3" / "a.png").write_bytes(encode(picture())[1])
    told = {"version": "5.5.0", "flags": {"seen": True}, "shapes": [SHAPES[kind] for kind in kinds or SHAPES]}
    told |= {"imagePath": "a.png", "imageData": None, "imageHeight": HEIGHT, "imageWidth": WIDTH, **more}
    (root / "line 3" / "a.json").write_text(json.dumps(told), encoding="utf-8")
    return root


def read(root: Path):
    (item,) = LabelMe().scan(root).items
    return LabelMe().read(item)


def profile(tmp_path: Path, *steps: str) -> Path:
    text = "id: test/part\nversion: 1.0.0\ntitle: A part\nframe: {size: [48, 64], channels: 3}\n"
    text += "limits:\n  - {effect: noise, code: TST101, max: 90 %, reason: There is nothing to see in it then., "
    text += "evidence: [{strength: opinion}]}\nrecipe:\n" + "".join(f"  - {step}\n" for step in steps)
    (tmp_path / "part.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "part.yaml"


def copied(tmp_path: Path, *steps: str, root: Path | None = None):
    root = data_set(tmp_path / "in") if root is None else root
    summary = augment(root, tmp_path / "out", profile=profile(tmp_path, *steps), seed=5, engine="serial")
    files = sorted((tmp_path / "out").rglob("*.json"))
    return summary, [json.loads(path.read_text(encoding="utf-8")) for path in files]


def moved(kind: str, matrix: np.ndarray, size: tuple[int, int] = (HEIGHT, WIDTH)):
    """What becomes of a shape under a matrix from the copy to the source, in pixel centers."""
    from domainaug.layouts.placing import placing_of

    (one,) = read_shapes([SHAPES[kind]])
    placing = placing_of([PixelMap.of(np.linalg.inv(matrix)[:2], size)], (HEIGHT, WIDTH))
    return one.moved(placing)


SHIFT = np.array([[1.0, 0, 3], [0, 1, -2], [0, 0, 1]])
FAR = np.array([[1.0, 0, 500], [0, 1, 0], [0, 0, 1]])


# -- reading ----------------------------------------------------------------------------------------------


def test_it_is_recognized_and_every_shape_is_read(tmp_path):
    root = data_set(tmp_path)
    assert layout_for(root).name == "labelme"
    sample = read(root)
    np.testing.assert_allclose(sample.boxes, [[10, 8, 30, 24]])
    assert [one.kind for one in sample.beside.shapes] == list(SHAPES)
    np.testing.assert_allclose(sample.beside.shapes[0].points, np.array(TRIANGLE) - 0.5)
    assert sample.mask.astype(bool).sum() == (BITS > 0).sum()
    assert [sample.mask[row, 7] > 0 for row in (7, 8)] == [False, True]


def test_a_picture_may_be_in_the_file(tmp_path):
    root = data_set(tmp_path, imagePath="", imageData=as_text(picture()))
    (root / "line 3" / "a.png").unlink()
    np.testing.assert_array_equal(read(root).image, picture())


def test_a_picture_may_lie_elsewhere_in_the_data_set_but_not_outside(tmp_path):
    root = data_set(tmp_path / "in", imagePath="..\\pictures\\a.png")
    (root / "pictures").mkdir()
    (root / "line 3" / "a.png").rename(root / "pictures" / "a.png")
    assert LabelMe().scan(root).items[0].files[1].resolve() == (root / "pictures" / "a.png").resolve()
    (root / "pictures" / "a.png").rename(tmp_path / "a.png")
    told = root / "line 3" / "a.json"
    told.write_text(told.read_text().replace("..\\\\pictures", "../.."))
    assert [one.code for one in LabelMe().scan(root).set_aside] == ["missing"]


def test_a_picture_without_a_file_shows_nothing(tmp_path):
    root = data_set(tmp_path / "in")
    (root / "good.png").write_bytes(encode(picture())[1])
    summary, told = copied(tmp_path, "HorizontalFlip: {p: 1}", root=root)
    assert (summary.done, len(told)) == (2, 1)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"imageWidth": 65}, "the shapes are for 65 x 48 pixels, the image is 64 x 48 upright"),
        ({"shapes": [{"points": [[1, 2]]}]}, "shape 1 has no label"),
        ({"shapes": [shape("ellipse", TRIANGLE)]}, "shape 1 is a 'ellipse'; polygon, rectangle"),
        ({"shapes": [shape("polygon", TRIANGLE[:2])]}, "shape 1 is a polygon of 2 points"),
        ({"shapes": [shape("rectangle", TRIANGLE)]}, "shape 1 is a rectangle of 3 points"),
        ({"shapes": [shape("polygon", [[1, 2], [3], [4, 5]])]}, "the points of shape 1 are not pairs"),
        ({"shapes": [shape("point", [[float("nan"), 2]])]}, "the points of shape 1 are not pairs of finite numbers"),
        ({"shapes": [shape("mask", [[5, 7], [13, 12]], mask="&")]}, "the bitmap of a mask cannot be read"),
        ({"shapes": [shape("mask", [[60, 7], [68, 12]], mask=as_text(BITS))]}, "reaches out of the picture"),
        ({"shapes": [shape("rectangle", [[70, 5], [80, 9]])]}, "a rectangle has no width or height in the picture"),
    ],
)
def test_what_is_no_shape_is_refused_with_its_number(told, message, tmp_path):
    with pytest.raises(UnreadableInput, match=message):
        read(data_set(tmp_path, **told))


@pytest.mark.parametrize(("text", "code"), [("{", "not-json"), ('{"shapes": 5, "imagePath": ""}', "not-labelme")])
def test_files_that_are_none_are_set_aside_and_so_are_their_pictures(text, code, tmp_path):
    root = data_set(tmp_path)
    (root / "b.json").write_text(text)
    (root / "b.png").write_bytes(encode(picture())[1])
    scan = LabelMe().scan(root)
    assert [(one.key, one.code) for one in scan.set_aside] == [("b.json", code)]
    assert [item.key for item in scan.items] == ["line 3/a.json"]


# -- moving -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(SHAPES.keys() - {"mask", "rectangle"}))
def test_points_go_where_the_picture_goes(kind, tmp_path):
    (one,) = moved(kind, SHIFT)
    np.testing.assert_allclose(one.points, np.array(SHAPES[kind]["points"]) - 0.5 + (3, -2), atol=1e-9)
    assert one.kind == kind
    assert moved(kind, FAR) == []


def test_a_polygon_is_cut_and_one_of_which_little_is_left_goes():
    (one,) = moved("polygon", np.array([[1.0, 0, 9], [0, 1, 0], [0, 0, 1]]))
    assert one.points[:, 0].max() == WIDTH - 0.5
    assert moved("polygon", np.array([[1.0, 0, 22], [0, 1, 0], [0, 0, 1]])) == []


def test_a_line_is_taken_apart_where_it_leaves():
    down = np.array([[1.0, 0, 0], [0, 1, 5.5], [0, 0, 1]])
    pieces = moved("linestrip", down)
    assert [one.kind for one in pieces] == ["line", "line"]
    assert all(np.isclose(one.points[:, 1].max(), HEIGHT - 0.5) for one in pieces)


def test_of_points_those_in_view_stay():
    (one,) = moved("points", np.array([[1.0, 0, -10], [0, 1, 0], [0, 0, 1]]))
    np.testing.assert_allclose(one.points + 0.5, [[23, 12]])


def test_a_circle_stays_one_when_it_is_turned_and_becomes_a_polygon_when_it_is_stretched_or_cut():
    turn = np.array([[0.0, -1, 50], [1, 0, 0], [0, 0, 1]])
    (one,) = moved("circle", turn)
    assert (one.kind, round(float(np.linalg.norm(one.points[1] - one.points[0])), 6)) == ("circle", 6.0)
    (stretched,) = moved("circle", np.diag([1.5, 1.0, 1.0]))
    assert stretched.kind == "polygon"
    x, y = stretched.points.T
    shoelace = abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
    assert shoelace == pytest.approx(np.pi * 6 * 9, rel=0.01)
    (cut,) = moved("circle", np.array([[1.0, 0, -17], [0, 1, 0], [0, 0, 1]]))
    assert cut.kind == "polygon"


def test_deformations_are_refused_for_lines_and_carry_boxes_and_bitmaps(tmp_path):
    bend = "ElasticTransform: {alpha: 30, sigma: 6, p: 1}"
    summary, told = copied(tmp_path, bend, root=data_set(tmp_path / "a", "rectangle", "mask"))
    assert (summary.done, [one["shape_type"] for one in told[0]["shapes"]]) == (1, ["rectangle", "mask"])
    (tmp_path / "b").mkdir()
    summary, _ = copied(tmp_path / "b", bend, root=data_set(tmp_path / "b" / "in", "polygon"))
    assert [one.code for one in summary.set_aside] == ["label"]
    with pytest.raises(LabelError, match="bends the lines"):
        read(tmp_path / "b" / "in").beside.moved([PixelMap(None, (HEIGHT, WIDTH))])


# -- copies -----------------------------------------------------------------------------------------------


def test_a_mirrored_copy_has_every_shape_mirrored(tmp_path):
    summary, (told,) = copied(tmp_path, "HorizontalFlip: {p: 1}")
    assert (summary.done, summary.set_aside) == (1, ())
    assert [one["shape_type"] for one in told["shapes"]] == list(SHAPES)
    for kind, one in zip(SHAPES, told["shapes"], strict=True):
        assert {name: one[name] for name in ("label", "group_id", "flags")} == {
            "label": "scratch",
            "group_id": 4,
            "flags": {"deep": True},
        }
        if kind not in ("rectangle", "mask"):
            expected = np.array(SHAPES[kind]["points"]) * (-1, 1) + (WIDTH, 0)
            found = np.array(one["points"])
            assert {tuple(each) for each in found.tolist()} == {tuple(each) for each in expected.tolist()}, kind
    assert told["shapes"][1]["points"] == [[34.0, 8.0], [54.0, 24.0]]
    whole = np.zeros((HEIGHT, WIDTH), bool)
    whole[7:13, 5:14] = BITS > 0
    (mask,) = (one for one in read_shapes(told["shapes"]) if one.kind == "mask")
    np.testing.assert_array_equal(bitmap(mask, (HEIGHT, WIDTH)), whole[:, ::-1])


def test_the_file_names_its_picture_and_shapes_lie_on_what_they_name(tmp_path):
    turn = "Affine: {rotate: [20, 20], scale: [0.8, 0.8], p: 1}"
    summary, (told,) = copied(tmp_path, turn, root=data_set(tmp_path / "in", "polygon"))
    assert summary.done == 1
    (path,) = (tmp_path / "out").rglob("*.json")
    shown = read_image(path.parent / told["imagePath"])
    assert (told["imageHeight"], told["imageWidth"], told["imageData"]) == (*shown.shape[:2], None)
    assert (told["version"], told["flags"]) == ("5.5.0", {"seen": True})
    filled = fill_polygons([np.ravel(told["shapes"][0]["points"]).tolist()], shown.shape[:2])
    red = shown[..., 0] > 125
    assert (filled & red).sum() / (filled | red).sum() > 0.9
    middles = [np.argwhere(pixels).mean(axis=0) for pixels in (filled, red)]
    np.testing.assert_allclose(*middles, atol=0.25)
    assert not replay(tmp_path / "out").differences


def test_a_copy_that_shows_no_shape_of_a_picture_with_some_is_none(tmp_path):
    root = data_set(tmp_path / "in", "polygon")
    summary, told = copied(tmp_path, "Crop: {x_min: 0, y_min: 0, x_max: 20, y_max: 48, p: 1}", root=root)
    assert (summary.done, told) == (0, [])
    assert len(summary.set_aside) == 1


def test_copies_are_read_again_as_they_were_written(tmp_path):
    copied(tmp_path, "HorizontalFlip: {p: 1}")
    out = tmp_path / "out"
    assert layout_for(out).name == "labelme"
    sample = read(out)
    np.testing.assert_allclose(sample.boxes, [[34, 8, 54, 24]])
    assert len(sample.beside.shapes) == len(SHAPES)
