"""What happens to a cloud happens to its labels, boxes and calibration, or not at all."""

from __future__ import annotations

import math

import numpy as np
import pytest

from domainaug.driving.cloud_pipeline import CloudPipeline, cloud_pipeline
from domainaug.driving.clouds import (
    PIXEL_M,
    AirIn,
    Cloud,
    DropPoints,
    MirrorCloud,
    RangeNoise,
    ScaleCloud,
    TurnCloud,
)
from domainaug.errors import CheckFailed, ImageError, LabelError
from domainaug.profile import load_profile

OPTICAL = np.array([[0, -1, 0, 0.1], [0, 0, -1, -0.3], [1, 0, 0, -0.2], [0, 0, 0, 1.0]])
INNER = np.array([[700.0, 0, 600], [0, 700, 180], [0, 0, 1]])


def street(count: int = 3000) -> Cloud:
    """Two boxes with points inside, and ground."""
    draw = np.random.default_rng(1)
    boxes = np.array([[12.0, 3, -1, 4.2, 1.8, 1.5, 0.4, 5, 1], [25, -6, -0.9, 4, 2, 1.6, -2.9, 0, 0]])
    parts, numbers = [], []
    for number, box in enumerate(boxes, start=1):
        own = draw.uniform(-0.5, 0.5, (200, 3)) * box[3:6]
        c, s = np.cos(box[6]), np.sin(box[6])
        parts.append(own @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T + box[:3])
        numbers.append(np.full(200, number))
    ground = np.column_stack([draw.uniform(2, 60, count), draw.uniform(-30, 30, count), np.full(count, -1.73)])
    points = np.vstack([*parts, ground])
    whole = np.column_stack([points, np.full(len(points), 0.4)]).astype(np.float32)
    instance = np.concatenate([*numbers, np.zeros(count, int)]).astype(np.uint16)
    return Cloud(whole, boxes, {"instance": instance}, {"front": OPTICAL})


def inside(cloud: Cloud, number: int) -> np.ndarray:
    box = cloud.boxes[number - 1]
    mine = cloud.points[cloud.labels["instance"] == number, :3].astype(np.float64) - box[:3]
    c, s = np.cos(box[6]), np.sin(box[6])
    own = mine @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return (np.abs(own) <= box[3:6] / 2 + 1e-3).all(axis=1)


def landed(cloud: Cloud) -> np.ndarray:
    seen = cloud.points[:, :3] @ cloud.to_cameras["front"][:3, :3].T + cloud.to_cameras["front"][:3, 3]
    there = seen @ INNER.T
    return there[:, :2] / there[:, 2:]


def done(step, cloud: Cloud | None = None, seed: int = 3) -> tuple[Cloud, dict]:
    return step.applied(cloud or street(), np.random.default_rng(seed))


@pytest.mark.parametrize(
    "step", [TurnCloud((20, 40)), TurnCloud((-180, -170)), ScaleCloud((0.8, 0.9)), ScaleCloud((1.1, 1.2))]
)
def test_points_stay_in_their_boxes_and_on_their_pixels(step):
    before = street()
    after, amounts = done(step)
    assert all(inside(after, number).all() for number in (1, 2))
    assert np.allclose(landed(after), landed(before), atol=0.05)
    assert not np.allclose(after.points[:, :3], before.points[:, :3], atol=0.5)
    ((name, amount),) = amounts.items()
    assert amount in step.bounds()[name]
    assert np.array_equal(before.points, street().points), "what was given is left alone"


def test_a_turn_is_as_far_as_it_says_and_takes_velocities_along():
    after, amounts = done(TurnCloud((90, 90)))
    assert amounts == {"rotation": 90.0}
    before = street()
    assert np.allclose(after.points[:, 0], -before.points[:, 1], atol=1e-4)
    assert np.allclose(after.boxes[:, 7:], [[-1, 5], [0, 0]])
    assert after.boxes[0, 6] == pytest.approx(0.4 + math.pi / 2)
    assert after.boxes[1, 6] == pytest.approx(-2.9 + math.pi / 2)


def test_a_scale_is_a_scale_of_everything():
    before = street()
    after, amounts = done(ScaleCloud((1.1, 1.1)))
    assert np.allclose(after.boxes[:, :6], before.boxes[:, :6] * amounts["scale"])
    assert np.allclose(after.boxes[:, 6], before.boxes[:, 6])


def test_a_mirror_takes_boxes_along_and_pictures_only_where_somebody_vouches():
    with pytest.raises(LabelError, match="the pictures of front would no longer show it"):
        done(MirrorCloud())
    before = street()
    after, _ = done(MirrorCloud(pictures=True))
    assert all(inside(after, number).all() for number in (1, 2))
    assert np.allclose(after.boxes[:, 8], -before.boxes[:, 8])
    assert np.linalg.det(after.to_cameras["front"][:3, :3]) == pytest.approx(1)
    mirrored = landed(before) * [-1, 1] + [2 * INNER[0, 2], 0]
    assert np.allclose(landed(after), mirrored, atol=0.05), "where a picture mirrored about its axis shows them"


def test_dropped_points_take_their_labels_with_them():
    before = street()
    after, amounts = done(DropPoints((0.3, 0.3)))
    assert amounts == {"occlusion": 0.3}
    assert len(after.points) / len(before.points) == pytest.approx(0.7, abs=0.04)
    assert len(after.labels["instance"]) == len(after.points)
    assert all(inside(after, number).all() for number in (1, 2))
    assert len(done(DropPoints((1, 1)))[0].points) == 0


def test_noise_is_along_the_pulse_and_as_wide_as_it_says():
    before = street()
    after, amounts = done(RangeNoise((0.1, 0.1)))
    assert amounts["blur"] == pytest.approx(0.1 / PIXEL_M)
    ranges = [np.linalg.norm(cloud.points[:, :3].astype(np.float64), axis=1) for cloud in (before, after)]
    assert (ranges[1] - ranges[0]).std() == pytest.approx(0.1, rel=0.05)
    directions = [cloud.points[:, :3] / away[:, None] for cloud, away in zip((before, after), ranges, strict=True)]
    assert np.allclose(*directions, atol=1e-5)


def test_what_fog_sends_back_is_nothings():
    before = street()
    after, amounts = done(AirIn(visibility=(45, 45)))
    assert amounts["visibility"] == pytest.approx(45)
    assert len(after.points) <= len(before.points)
    away = np.linalg.norm(after.points[:, :3], axis=1)
    assert away.max() < 40
    assert (after.labels["instance"][away < 8] == 0).mean() > 0.9
    clear, amounts = done(AirIn(rain=(5, 5)))
    assert set(amounts) == {"rain"}
    assert 0.9 < len(clear.points) / len(before.points) <= 1


def test_fog_is_drawn_by_its_extinction():
    drawn = [done(AirIn(visibility=(50, math.inf)), street(10), seed)[1]["visibility"] for seed in range(400)]
    extinction = 1 / np.array(drawn)
    assert extinction.mean() == pytest.approx(0.01, rel=0.1)
    assert min(drawn) >= 50


def test_a_seed_and_a_key_fix_what_happens():
    pipeline = cloud_pipeline(seed=5)
    first, record = pipeline(street(), key="000007.bin"), pipeline.record
    pipeline(street())
    again = cloud_pipeline(seed=5)(street(), key="000007.bin")
    assert np.array_equal(first.points, again.points)
    assert record["key"] == "000007.bin"
    assert {"TurnCloud", "ScaleCloud"} <= {step["name"] for step in record["steps"]}
    assert not np.array_equal(cloud_pipeline(seed=6)(street(), key="000007.bin").points[:50], first.points[:50])


def test_what_happens_is_within_what_was_declared():
    pipeline = cloud_pipeline(seed=2)
    most, met = pipeline.bounds(), set()
    for number in range(60):
        pipeline(street(300), key=str(number))
        for step in pipeline.record["steps"]:
            for name, amount in step["effects"].items():
                assert amount in most[name].widened(1e-9), (name, amount)
                met.add(name)
    assert met == set(most)


def test_the_ready_pipeline_is_inside_its_profile_and_mirrors_only_where_sides_do_not_matter():
    assert cloud_pipeline().check("driving/lidar") == []
    assert not any(isinstance(step, MirrorCloud) for step in cloud_pipeline().steps)
    free = load_profile("driving/lidar", options={"side_free": True})
    assert any(isinstance(step, MirrorCloud) for step in cloud_pipeline(free).steps)
    with pytest.raises(CheckFailed, match="DRV602: mirror_horizontal"):
        cloud_pipeline(load_profile("driving/lidar", options={"side_free": True, "with_pictures": True}))


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (MirrorCloud(), "DRV601"), (TurnCloud((-180, 180)), "DRV603"), (ScaleCloud((0.8, 1.0)), "DRV604"),
        (DropPoints((0, 0.6)), "DRV630"), (RangeNoise((0, 0.5)), "DRV625"), (AirIn(visibility=(20, 100)), "DRV636"),
        (AirIn(rain=(0, 100)), "DRV637"), (AirIn(snowfall=(0, 10)), "DRV638"),
    ],
)  # fmt: skip
def test_steps_beyond_the_profile_are_named_with_the_rule(step, code):
    (sentence,) = CloudPipeline([step]).check("driving/lidar")
    assert sentence.startswith(f"{code}: ")


def test_two_steps_add_up():
    assert CloudPipeline([TurnCloud((-30, 30))]).check("driving/lidar") == []
    (sentence,) = CloudPipeline([TurnCloud((-30, 30)), TurnCloud((-30, 30))]).check("driving/lidar")
    assert "rotation -60 to 60 deg" in sentence


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Cloud(np.zeros((5, 3), np.float32)), r"got an array of shape \(5, 3\)"),
        (lambda: Cloud(np.full((5, 4), np.nan, np.float32)), "5 of 5 points are not finite"),
        (lambda: CloudPipeline([])(np.zeros((5, 4))), "got ndarray; wrap points in domainaug.driving.clouds.Cloud"),
        (lambda: Cloud(np.zeros((5, 4), np.float32), np.zeros((2, 6))), r"boxes of a cloud: got shape \(2, 6\)"),
        (lambda: Cloud(np.zeros((5, 4), np.float32), labels={"class": np.zeros(4)}), "class: 4 labels for 5 points"),
        (lambda: Cloud(np.zeros((5, 4), np.float32), to_cameras={"front": np.eye(3)}), "camera front"),
        (lambda: TurnCloud((30, -30)), "the lower end first"),
        (lambda: DropPoints((0, 1.5)), "within 0 to 1"),
        (lambda: AirIn(visibility=(0, 10)), "visibility"),
        (lambda: CloudPipeline([TurnCloud(p=1.5)]), "TurnCloud: p=1.5; a chance is from 0 to 1"),
        (lambda: CloudPipeline([], seed=-1), "seed=-1"),
    ],
)
def test_bad_input_is_one_sentence(make, message):
    with pytest.raises((ImageError, LabelError), match=message):
        make()


@pytest.mark.parametrize("degrees", [("a", 3), 5.0, (1, 2, 3), (3, -3), (-200, 0)])
def test_turns_that_are_no_range_are_told_in_a_sentence(degrees):
    with pytest.raises(ImageError, match=r"degrees: got .*; it is a range within -180 to 180, the lower end first"):
        TurnCloud(degrees)
