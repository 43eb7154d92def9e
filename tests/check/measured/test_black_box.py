"""Any callable is measured within a budget, and left as it was found."""

from __future__ import annotations

import copy
import random
import time

import cv2
import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.check.measured import measure
from domainaug.effects import EFFECTS, Interval
from domainaug.generators import Frame

FRAME = Frame(256, 256, 3)
SMALL = Frame(128, 128, 3)


def test_nothing_is_nothing():
    seen = measure(lambda image: image, frame=FRAME, draws=50)
    assert seen.ranges == {}
    assert seen.problems == ()
    assert seen.draws == 50


def test_a_rare_mirror_is_found():
    def box(image):
        return image[:, ::-1] if random.random() < 0.05 else image

    for seed in range(2):
        seen = measure(box, frame=SMALL, draws=150, seed=seed)
        assert seen.ranges["mirror_horizontal"] == Interval(0, 1)
        assert 1 <= seen.counts["mirror_horizontal"] <= 20
        assert seen.beyond("mirror_horizontal", Interval(0, 0)) == (seen.counts["mirror_horizontal"], 150)


def test_a_pipeline_in_a_closure_is_a_black_box_and_its_generators_are_put_back():
    pipeline = A.Compose([A.HorizontalFlip(p=0.05), A.Rotate((-8, 8), p=0.5)], seed=3)
    box = lambda image: pipeline(image=image)["image"]  # noqa: E731
    before = copy.deepcopy(pipeline.transforms[1].random_generator.bit_generator.state)
    seen = measure(box, frame=SMALL, draws=25)
    assert seen.style == "image"
    assert seen.ranges["rotation"].high > 5
    assert pipeline.transforms[1].random_generator.bit_generator.state == before


def test_the_ends_of_a_range_are_found_among_many_draws():
    seen = measure(A.Rotate((-8, 8), p=1), frame=SMALL, draws=120)
    assert seen.labeled
    assert seen.ranges["rotation"].low < -7.5
    assert seen.ranges["rotation"].high > 7.5
    assert seen.analyzed <= 30


def test_how_often_a_limit_is_exceeded_is_counted_over_all_draws():
    seen = measure(A.Rotate((-8, 8), p=1), frame=SMALL, draws=200)
    outside, judged = seen.beyond("rotation", Interval(-4, 4))
    assert judged == 200
    assert 75 <= outside <= 125


def test_steps_draw_from_streams_of_their_own():
    # Seeded, the two flips always fall together; each alone must be seen all the same.
    pipeline = A.Compose([A.HorizontalFlip(p=0.5), A.VerticalFlip(p=0.5)], seed=0)
    seen = measure(pipeline, frame=SMALL, draws=80)
    assert seen.counts["mirror_horizontal"] > 8
    assert seen.counts["mirror_vertical"] > 8


def test_the_target_and_every_random_state_are_left_as_they_were():
    class Box:
        def __init__(self):
            self.rng, self.calls = np.random.default_rng(4), 0

        def __call__(self, image):
            self.calls += 1
            return np.rot90(image, int(self.rng.integers(4)) + int(np.random.rand() < 0.5)).copy()

    box = Box()
    own, plain, legacy = box.rng.bit_generator.state, random.getstate(), np.random.get_state()
    seen = measure(box, frame=SMALL, draws=20)
    assert seen.ranges["rotation"].high >= 90
    assert box.calls == 0
    assert box.rng.bit_generator.state == own
    assert random.getstate() == plain
    assert all(np.array_equal(a, b) for a, b in zip(np.random.get_state(), legacy, strict=True))


def test_what_cannot_be_copied_is_said_and_its_generator_put_back():
    class Box:
        def __init__(self):
            self.rng = np.random.default_rng(4)

        def __deepcopy__(self, memo):
            raise TypeError("no copies")

        def __call__(self, image):
            return image if self.rng.random() < 0.5 else image[::-1]

    box = Box()
    before = box.rng.bit_generator.state
    seen = measure(box, frame=SMALL, draws=20)
    assert [problem.kind for problem in seen.problems] == ["not-copied"]
    assert box.rng.bit_generator.state == before
    assert "mirror_vertical" in seen.ranges


def raises(image):
    raise RuntimeError("no such picture")


def now_and_then(image):
    if random.random() < 0.3:
        raise RuntimeError("bad luck")
    return image


def in_place(image):
    image //= 2
    return image.copy()


@pytest.mark.parametrize(
    ("target", "kind", "message"),
    [
        (raises, "raises", "no such picture"),
        (now_and_then, "raises", "bad luck"),
        (lambda image: None, "returns-nothing", "None"),
        (lambda image: image.astype(np.float64), "other-type", "float64"),
        (lambda image: np.full(image.shape, np.nan, np.float32), "not-finite", "not numbers"),
        (lambda image: np.float64(3), "other-rank", "shape ()"),
        (lambda image: np.zeros((*image.shape, 2)), "other-rank", "shape (128, 128, 3, 2)"),
        (lambda image: image[:8, :8], "other-rank", "8 x 8"),
        (lambda image: np.zeros_like(image), "destroys", "destroyed"),
        (lambda image: image.astype(np.int32) * 2, "out-of-range", "0 to 255"),
        (in_place, "changes-input", "writes into"),
    ],
)
def test_what_a_callable_does_wrong_is_a_problem_each(target, kind, message):
    seen = measure(target, frame=SMALL, draws=12)
    found = {problem.kind: problem for problem in seen.problems}
    assert message in found[kind].message
    assert found[kind].count >= 1


def test_clipping_hounsfield_units_to_zero_and_one_destroys_the_picture():
    seen = measure(lambda x: np.clip(x, 0, 1), frame=Frame(128, 128, 1, low=-1024, high=3071), draws=10)
    assert seen.unreadable
    assert "destroys" in {problem.kind for problem in seen.problems}


def test_a_fixed_resize_is_neutral_and_a_crop_is_no_zoom():
    assert measure(A.Resize(160, 160), frame=FRAME, draws=10).ranges == {}
    crop = measure(A.RandomCrop(200, 200), frame=FRAME, draws=20)
    assert "scale" not in crop.ranges
    assert crop.ranges["field_of_view"].low == pytest.approx((200 / 256) ** 2, abs=0.03)


def test_normalizing_is_an_encoding():
    seen = measure(A.Compose([A.HorizontalFlip(p=0.5), A.Normalize()]), frame=FRAME, draws=20)
    assert set(seen.ranges) == {"mirror_horizontal"}


def test_the_budget_is_kept_and_silence_is_put_in_numbers():
    def slow(image):
        time.sleep(0.1)
        return image

    seen = measure(slow, frame=SMALL, budget=1.5)
    assert seen.seconds < 3
    assert 4 <= seen.draws < 16
    assert seen.silence == f"not seen in {seen.draws} draws: < {300 / seen.draws:.2g} % of outputs"


def test_the_same_seed_sees_the_same_again():
    one, two = (measure(A.Rotate((-20, 20), p=1), frame=SMALL, draws=20, seed=9) for _ in range(2))
    assert one.ranges == two.ranges


def test_real_pictures_widen_what_the_chart_shows():
    grain = cv2.GaussianBlur(np.random.default_rng(1).normal(size=(128, 128, 1)), (0, 0), 2)[..., None]
    dark = np.clip(np.repeat(70 + 25 * grain / grain.std(), 3, axis=2), 0, 255).astype(np.uint8)
    alone = measure(A.Equalize(p=1), frame=SMALL, draws=4)
    both = measure(A.Equalize(p=1), frame=SMALL, draws=4, pictures=[dark])
    assert both.ranges["contrast"].high > alone.ranges["contrast"].high + 0.5


def test_ranges_hold_only_what_was_present():
    seen = measure(A.RandomGamma((80, 120), p=1), frame=SMALL, draws=20)
    for name, interval in seen.ranges.items():
        assert EFFECTS[name].is_present(interval.low) or EFFECTS[name].is_present(interval.high)
    assert "rotation" not in seen.ranges
