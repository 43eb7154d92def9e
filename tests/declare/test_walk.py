"""A pipeline is walked by the rules it is run by: chances, branches and orders."""

from __future__ import annotations

import random
import time
import warnings
from collections import Counter

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.declare import Walked, compose_walk
from domainaug.effects import EFFECTS, Interval
from domainaug.generators import Frame, Generators

FRAME = Frame(256, 256, 3)


def never(transform: A.BasicTransform, path: tuple[int, ...]) -> Generators:
    raise AssertionError(f"{type(transform).__name__} at {path} should be known")


def walk(pipeline: A.BaseCompose | A.BasicTransform) -> Walked:
    return compose_walk(pipeline, FRAME, unknown=never)


def span(walked: Walked, name: str) -> tuple[float, float]:
    interval = walked.total.effects(FRAME).get(name, EFFECTS[name].still)
    return interval.low, interval.high


def chances(walked: Walked) -> dict[str, float]:
    return {leaf.name: leaf.probability for leaf in walked.leaves}


def turn(angle: float, p: float = 1.0) -> A.Rotate:
    return A.Rotate(limit=(angle, angle), p=p)


def gamma(percent: float, p: float = 1.0) -> A.RandomGamma:
    return A.RandomGamma(gamma_limit=(percent, percent), p=p)


def test_one_transform_is_a_pipeline():
    walked = walk(A.HorizontalFlip(p=0.3))
    assert [(leaf.path, leaf.name, leaf.probability) for leaf in walked.leaves] == [((), "HorizontalFlip", 0.3)]
    assert span(walked, "mirror_horizontal") == (0, 1)
    assert walked.leaves[0].alone.effects()["mirror_horizontal"] == Interval(1, 1)


def test_steps_in_a_row_are_composed_in_order():
    assert span(walk(A.Compose([turn(7), turn(5)])), "rotation") == pytest.approx((12, 12))
    assert span(walk(A.Compose([A.HorizontalFlip(p=1), turn(7)])), "rotation") == pytest.approx((7, 7))
    assert span(walk(A.Compose([turn(7), A.HorizontalFlip(p=1)])), "rotation") == pytest.approx((-7, -7))


def test_a_chance_below_one_allows_for_nothing():
    assert span(walk(A.Compose([turn(7, p=0.9), turn(5)])), "rotation") == pytest.approx((5, 12))


def test_what_never_runs_is_not_there():
    walked = walk(A.Compose([A.VerticalFlip(p=0), turn(5), A.Compose([A.HorizontalFlip(p=1)], p=0)]))
    assert chances(walked) == {"Rotate": 1.0}
    assert span(walked, "mirror_vertical") == (0, 0)


def test_a_compose_gates_all_that_is_in_it():
    walked = walk(A.Compose([A.Sequential([turn(5, p=0.5), A.VerticalFlip(p=1)], p=0.4)], p=0.5))
    assert chances(walked) == pytest.approx({"Sequential > Rotate": 0.1, "Sequential > VerticalFlip": 0.2})
    assert [leaf.path for leaf in walked.leaves] == [(0, 0), (0, 1)]


def test_one_of_takes_one_branch_by_weight():
    walked = walk(A.Compose([A.OneOf([turn(5, p=0.1), turn(-8, p=0.3), A.VerticalFlip(p=0)], p=0.8)]))
    assert [leaf.probability for leaf in walked.leaves] == pytest.approx([0.2, 0.6])
    assert span(walked, "rotation") == pytest.approx((-8, 5))
    assert span(walked, "mirror_vertical") == (0, 0)


def test_a_forced_branch_always_does_something():
    walked = walk(A.OneOf([turn(5, p=0.1), turn(8, p=0.1)], p=1))
    assert span(walked, "rotation") == pytest.approx((5, 8))


def test_a_rare_event_is_not_missed():
    walked = walk(A.Compose([A.OneOf([A.HorizontalFlip(p=0.001), turn(1, p=1)], p=0.01)]))
    assert span(walked, "mirror_horizontal") == (0, 1)
    assert walked.leaves[0].probability == pytest.approx(1e-5, rel=0.01)


def test_some_of_takes_every_subset_in_listed_order():
    walked = walk(A.SomeOf([turn(1), turn(10), turn(30)], n=2, replace=False, p=1))
    assert span(walked, "rotation") == pytest.approx((11, 40))
    assert [leaf.probability for leaf in walked.leaves] == pytest.approx([2 / 3] * 3)
    flipped_last = walk(A.SomeOf([turn(7), A.HorizontalFlip(p=1)], n=2, p=1))
    assert span(flipped_last, "rotation") == pytest.approx((-7, -7))


def test_some_of_with_replacement_may_repeat_a_step():
    walked = walk(A.SomeOf([turn(1), turn(10, p=0.5)], n=3, replace=True, p=1))
    assert span(walked, "rotation") == pytest.approx((0, 30))
    assert walked.leaves[0].probability == pytest.approx(1 - (1 / 2) ** 3)
    assert walked.leaves[1].probability == pytest.approx(1 - (1 - 0.25) ** 3)


def test_random_order_allows_for_every_order():
    walked = walk(A.RandomOrder([turn(7), A.HorizontalFlip(p=1)], n=2, p=1))
    assert span(walked, "rotation") == pytest.approx((-7, 7))
    repeated = walk(A.RandomOrder([turn(7), A.HorizontalFlip(p=1)], n=2, replace=True, p=1))
    assert span(repeated, "rotation") == pytest.approx((-7, 14))


def test_many_steps_in_any_order_keep_their_bounds():
    walked = walk(A.RandomOrder([turn(k) for k in (1, 2, 3, 4, 5, 6, 7)], n=7, p=1))
    assert span(walked, "rotation") == pytest.approx((28, 28))


def test_one_or_other_runs_the_first_or_the_last():
    walked = walk(A.Compose([A.OneOrOther(turn(5, p=0.1), turn(-8), p=0.25)]))
    assert [leaf.probability for leaf in walked.leaves] == [0.25, 0.75]
    assert span(walked, "rotation") == pytest.approx((-8, 5))


def test_channels_treated_apart_change_color():
    inside = [A.RandomBrightnessContrast(p=1)]
    some = walk(A.SelectiveChannelTransform(inside, channels=(0,), p=1))
    assert span(some, "color_cast") == (0, 1)
    assert span(some, "brightness")[0] <= 0 <= span(some, "brightness")[1]
    every = walk(A.SelectiveChannelTransform(inside, channels=(0, 1, 2), p=1))
    assert span(every, "color_cast") == (0, 0)


def test_channels_moved_apart_leave_the_labels_behind():
    walked = walk(A.SelectiveChannelTransform([A.HorizontalFlip(p=1)], channels=(0,), p=1))
    assert span(walked, "misregistration")[1] > 100
    assert span(walked, "chromatic_shift")[1] > 100


def test_replay_and_nested_compositions_are_compositions():
    inner = A.Compose([A.OneOf([turn(5), A.Sequential([turn(3), turn(4)], p=1)], p=1)])
    walked = walk(A.ReplayCompose([inner]))
    assert span(walked, "rotation") == pytest.approx((5, 7))
    assert [leaf.name for leaf in walked.leaves] == [
        "Compose > OneOf > Rotate",
        "Compose > OneOf > Sequential > Rotate",
        "Compose > OneOf > Sequential > Rotate",
    ]
    assert [leaf.path for leaf in walked.leaves] == [(0, 0, 0), (0, 0, 1, 0), (0, 0, 1, 1)]


def test_what_nobody_knows_is_asked_for():
    class Mine(A.HorizontalFlip):
        pass

    asked = []

    def unknown(transform: A.BasicTransform, path: tuple[int, ...]) -> Generators:
        asked.append((type(transform).__name__, path))
        return Generators.bounds(hue=Interval(5, 5))

    with pytest.warns(UserWarning, match="lambda"):
        opaque = A.Lambda(image=lambda image, **_: image, p=0.5)
    walked = compose_walk(A.Compose([turn(5), opaque, Mine(p=1)]), FRAME, unknown=unknown)
    assert asked == [("Lambda", (1,)), ("Mine", (2,))]
    assert [leaf.known for leaf in walked.leaves] == [True, False, False]
    assert walked.total.effects(FRAME)["hue"] == Interval(5, 10)


def test_a_transform_that_speaks_for_itself_is_believed():
    class Ours(A.HorizontalFlip):
        def declare_effects(self, frame: Frame) -> Generators:
            return Generators.bounds(hue=Interval(3, 4))

    walked = walk(Ours(p=1))
    assert walked.leaves[0].known
    assert dict(walked.total.effects()) == {"hue": Interval(3, 4)}


@pytest.mark.parametrize(
    "pipeline",
    [
        A.OneOf([gamma(110, p=0.2), gamma(120, p=0.8), A.Sequential([gamma(130)], p=0.5)], p=0.7),
        A.SomeOf([gamma(110, p=0.5), gamma(120), gamma(130, p=0.9)], n=2, p=0.8),
        A.SomeOf([gamma(110, p=0.5), gamma(120)], n=3, replace=True, p=1),
        A.OneOrOther(gamma(110), A.OneOf([gamma(120), gamma(130)], p=0.1), p=0.3),
        A.OneOf([A.SomeOf([gamma(110), gamma(120)], n=1, p=0.5), gamma(130, p=1)], p=1),
    ],
    ids=["OneOf", "SomeOf", "SomeOf-replace", "OneOrOther", "nested"],
)
def test_chances_and_bounds_agree_with_running_it(pipeline, monkeypatch):
    """The oracle is albumentations itself: which gammas ran, in 4000 calls."""
    walked = walk(pipeline)
    ran: list[float] = []

    def drawing(self: A.RandomGamma, params: dict, data: dict) -> dict:
        ran.append(self.gamma_limit[0])
        return {"gamma": 1.0}

    monkeypatch.setattr(A.RandomGamma, "get_params_dependent_on_data", drawing)
    whole, counts = A.Compose([pipeline]), Counter()
    image, calls = np.zeros((4, 4, 3), np.uint8), 4000
    low, high = span(walked, "gamma")
    # A composition gives every step the same stream; each gets its own here, so that chances are independent.
    for number, step in enumerate(_every(whole)):
        step.random_generator, step.py_random = np.random.default_rng(number), random.Random(number)
    for _ in range(calls):
        ran.clear()
        whole(image=image)
        counts.update(set(ran))
        # a gamma within a twentieth of 1 is read as a line
        assert low - 0.07 <= np.prod(np.array(ran) / 100) <= high * 1.07
    for leaf in walked.leaves:
        assert counts[leaf.transform.gamma_limit[0]] / calls == pytest.approx(leaf.probability, abs=0.03)


def _every(node: A.BaseCompose | A.BasicTransform) -> list[A.BaseCompose | A.BasicTransform]:
    children = node.transforms if isinstance(node, A.BaseCompose) else ()
    return [node, *(found for child in children for found in _every(child))]


def ten_steps() -> A.Compose:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        affine = {"rotate": (-5, 5), "scale": (0.9, 1.1), "translate_percent": (-0.05, 0.05), "shear": (-4, 4)}
        return A.Compose(
            [
                A.HorizontalFlip(),
                A.Affine(**affine, p=1),
                A.ShiftScaleRotate(),
                A.OneOf([A.Rotate(5), A.RandomBrightnessContrast(), A.Perspective()]),
                A.RandomGamma(),
                A.Affine(**affine),
                A.ColorJitter(),
                A.GaussNoise(),
                A.SomeOf([A.CoarseDropout(), A.GaussianBlur(), A.VerticalFlip()], n=2),
                A.RandomResizedCrop((256, 256)),
            ]
        )


def test_ten_steps_are_walked_in_under_50_ms():
    pipeline = ten_steps()
    walk(pipeline)
    best = float("inf")
    for _ in range(15):
        start = time.thread_time()  # of this thread alone: the machine may be busy with other things
        walk(pipeline).total.present(FRAME)
        best = min(best, time.thread_time() - start)
    assert best < 0.05


def test_walking_leaves_the_pipeline_as_it_was():
    pipeline = ten_steps()
    states = [step.random_generator.bit_generator.state for step in _every(pipeline)]
    before = A.to_dict(pipeline)
    walk(pipeline)
    assert A.to_dict(pipeline) == before
    assert [step.random_generator.bit_generator.state for step in _every(pipeline)] == states
