"""Every defect changes the picture where its mask is, under every light, on every shape; and nowhere else."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from domainaug_simulators.surface.axes import AXES
from domainaug_simulators.surface.defects import DRAWN
from domainaug_simulators.surface.simulator import SurfaceSimulator

from domainaug.scenario import Variant

DEFAULTS = {axis.name: axis.default for axis in AXES}
SMALL = {"rows": 72, "columns": 72, "pitch": 0.3, "noise": "off", "softness": 0.0, "response": "linear"}
SIZES = {"scratch": 9.0, "crack": 9.0, "fiber": 9.0, "dent": 6.0, "pit": 2.0, "stain": 6.0, "discoloration": 8.0}
FRONT = ("bright-field", "dark-field", "ring", "dome")
WORLDS = {
    "plane": {"width": 26, "height": 26, "detail": 0.1},
    "cylinder": {"shape": "cylinder", "diameter": 18, "length": 30, "detail": 0.1},
    "mesh": {"shape": "mesh", "file": "cap.obj", "detail": 0.1},
}


def cap(path, size=24.0, high=4.0, steps=24):
    """Write a bulging square as OBJ, with texture coordinates from above."""
    line = np.linspace(-1, 1, steps + 1)
    lines = [f"v {x * size / 2} {y * size / 2} {high * (1 - (x * x + y * y) / 2)}" for y in line for x in line]
    lines += [f"vt {(x + 1) / 2} {(y + 1) / 2}" for y in line for x in line]
    for row in range(steps):
        for column in range(steps):
            a = row * (steps + 1) + column + 1
            b, c, d = a + 1, a + steps + 2, a + steps + 1
            lines += [f"f {a}/{a} {b}/{b} {c}/{c}", f"f {a}/{a} {c}/{c} {d}/{d}"]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    cap(folder / "cap.obj")
    return {name: SurfaceSimulator().survey(world, folder).load() for name, world in WORLDS.items()}


def rendered(stage, folder, **values):
    """Return the picture, the clean one, the mask and the record."""
    folder.mkdir(exist_ok=True)
    variant = Variant("v", DEFAULTS | SMALL | values, key=5, labels=json.dumps(values, sort_keys=True))
    made = stage.render(variant, 1, folder)
    read = [cv2.imdecode(np.fromfile(folder / f"{name}.png", np.uint8), -1) for name in ("image", "clean", "mask")]
    return read[0].astype(float), read[1].astype(float), read[2] > 0, made.record


@pytest.mark.parametrize("light", FRONT)
@pytest.mark.parametrize("kind", DRAWN)
@pytest.mark.parametrize("shape", WORLDS)
def test_what_changes_lies_in_the_mask(stages, tmp_path, shape, kind, light):
    sizes = {"defect": kind, "defect_size": SIZES[kind], "defect_heading": 80.0, "defect_seed": 4}
    picture, clean, mask, record = rendered(
        stages[shape], tmp_path, light=light, defect_across=2.5, defect_down=-2.0, finish="plastic", **sizes
    )
    change = np.abs(picture - clean).max(axis=2)
    far = cv2.dilate(mask.astype(np.uint8), np.ones((7, 7))) == 0
    assert record["labels"]["vanished"] == []
    assert mask.sum() >= 2
    assert change[mask].mean() > (0.1 if (kind, light) == ("dent", "dome") else 0.3)  # levels; domes hide dents
    assert change[mask].mean() > 20 * change[far].mean()
    inside = change[cv2.dilate(mask.astype(np.uint8), np.ones((3, 3))) > 0].sum()
    assert inside > 0.75 * change.sum()


def test_a_back_light_shows_the_outline_and_nothing_on_the_part(stages, tmp_path):
    picture, clean, mask, record = rendered(stages["cylinder"], tmp_path, light="back-light", defect="stain")
    assert np.array_equal(picture, clean)
    assert mask.any()
    assert record["contrast"] == {"1": 0.0}
    assert set(np.unique(picture[::71, 36])) == {np.rint(0.9 * 255)}
    assert picture[36, 36].max() == 0


def test_a_scratch_glints_where_the_light_stands_across_it(tmp_path):
    bare = {"fresh": 1.0, "skips": 0.0, "width_mm": 0.6, "depth_share": 0.25, "length_mm": 9.0}  # but for its shape

    def seen(azimuth, heading):
        world = WORLDS["plane"] | {"defects": [{"kind": "scratch", "heading_deg": heading, **bare}]}
        stage = SurfaceSimulator().survey(world, tmp_path).load()
        picture, clean, mask, _ = rendered(stage, tmp_path, azimuth=azimuth, elevation=55.0, finish="painted")
        return (picture - clean).max(axis=2)[mask].mean()

    for heading in (5.0, 95.0):
        across, along = (seen(azimuth, heading) for azimuth in (heading + 85.0, heading - 5.0))
        assert across > 10
        assert across > 3 * abs(along)


def test_a_defect_is_where_it_was_put_in_millimeters(stages, tmp_path):
    for across, down in ((-6.0, 4.0), (5.0, -7.0)):
        _, _, mask, _ = rendered(
            stages["plane"], tmp_path, lens="telecentric", defect="dent", defect_size=3.0, defect_across=across,
            defect_down=down,
        )  # fmt: skip
        rows, columns = np.nonzero(mask)
        middle = (columns.min() + columns.max() + 1) / 2, (rows.min() + rows.max() + 1) / 2
        assert middle == pytest.approx((36 + across / 0.3, 36 + down / 0.3), abs=1.0)


def test_its_mask_turns_with_the_part(stages, tmp_path):
    put = {"lens": "telecentric", "defect": "scratch", "defect_size": 9.0, "defect_across": 4.0, "defect_seed": 4}
    _, _, mask, _ = rendered(stages["plane"], tmp_path, **put)
    _, _, turned, _ = rendered(stages["plane"], tmp_path, **put, spin=90.0)
    back = np.rot90(turned, -1)
    assert (cv2.dilate(mask.astype(np.uint8), np.ones((3, 3)))[back] > 0).mean() > 0.95
    assert turned.sum() == pytest.approx(mask.sum(), rel=0.1)


def test_half_as_fine_a_camera_sees_a_quarter_of_the_pixels(stages, tmp_path):
    put = {"lens": "telecentric", "defect": "dent", "defect_size": 6.0, "defect_seed": 4}
    _, _, coarse, _ = rendered(stages["plane"], tmp_path, **put)
    _, _, fine, _ = rendered(stages["plane"], tmp_path, **put, pitch=0.15)
    assert fine.sum() / coarse.sum() == pytest.approx(4, rel=0.05)


def test_what_lies_on_the_far_side_has_vanished_and_changes_nothing(stages, tmp_path):
    around = np.pi * 18 / 2 - 1
    picture, clean, mask, record = rendered(
        stages["cylinder"], tmp_path, defect="dent", defect_size=3.0, defect_down=around
    )
    assert record["labels"]["vanished"] == [1]
    assert not mask.any()
    assert np.array_equal(picture, clean)


@pytest.mark.parametrize("shape", WORLDS)
def test_labels_do_not_depend_on_light_finish_or_camera(stages, tmp_path, shape):
    put = {"defect": "stain", "defect_size": 5.0, "defect_across": 2.0}
    seen = []
    for values in ({"light": "dome"}, {"light": "ring", "finish": "cast", "finish_seed": 4, "defocus": 3.0}):
        folder = tmp_path / str(len(seen))
        rendered(stages[shape], folder, **put, **values)
        seen.append({path.name: path.read_bytes() for path in folder.iterdir() if path.name[0] in "ml"})
    assert seen[0] == seen[1]
    assert len(seen[0]) == 3


def test_a_blurred_and_noisy_picture_has_the_same_clean_one_elsewhere(stages, tmp_path):
    picture, clean, mask, _ = rendered(
        stages["plane"], tmp_path, defect="pit", defect_size=1.5, noise="on", defocus=8.0, softness=0.6
    )
    reach = cv2.dilate(mask.astype(np.uint8), np.ones((15, 15))) > 0
    assert np.array_equal(picture[~reach], clean[~reach])
    assert not np.array_equal(picture[mask], clean[mask])
