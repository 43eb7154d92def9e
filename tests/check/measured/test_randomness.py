"""Random states are saved, spread and put back."""

from __future__ import annotations

import functools
import random

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.check.measured.randomness import copied, independent, is_albumentations, seeded, undisturbed

MODULE_RNG = np.random.default_rng(1)


def by_global(image):
    return image + MODULE_RNG.integers(3)


def by_closure():
    rng = np.random.default_rng(2)
    return lambda image: image + rng.integers(3), rng


class ByAttribute:
    def __init__(self):
        self.inner = {"deep": [random.Random(3), np.random.RandomState(4)]}

    def __call__(self, image):
        return image + self.inner["deep"][0].random() + self.inner["deep"][1].rand()


def test_generators_in_closures_globals_attributes_and_partials_are_put_back():
    closure, rng = by_closure()
    partial = functools.partial(by_global)
    for target, draw in [
        (closure, lambda: rng.random()),
        (by_global, lambda: MODULE_RNG.random()),
        (partial, lambda: MODULE_RNG.random()),
    ]:
        with undisturbed(target):
            first = [target(0.0), draw()]
        with undisturbed(target):
            assert [target(0.0), draw()] == first


def test_generators_in_attributes_are_put_back():
    target = ByAttribute()
    with undisturbed(target):
        first = target(0.0)
    with undisturbed(target):
        assert target(0.0) == first


def test_global_states_are_put_back_even_after_an_error():
    plain, legacy = random.getstate(), np.random.get_state()[1].copy()

    def fail():
        with undisturbed(None):
            seeded(5)
            random.random()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert random.getstate() == plain
    assert np.array_equal(np.random.get_state()[1], legacy)


def test_a_seed_fixes_the_global_draws():
    with undisturbed(None):
        seeded(7)
        one = random.random(), np.random.rand()
        seeded(7)
        assert (random.random(), np.random.rand()) == one


def test_every_step_of_a_pipeline_draws_from_a_stream_of_its_own():
    pipeline = A.Compose([A.HorizontalFlip(p=0.5), A.OneOf([A.VerticalFlip(p=1), A.NoOp(p=1)], p=1)], seed=0)
    independent(pipeline, 1)
    picture = np.arange(16, dtype=np.uint8).reshape(4, 4)
    corners = [int(pipeline(image=picture)["image"][0, 0]) for _ in range(200)]
    counts = [corners.count(corner) for corner in (0, 3, 12, 15)]
    assert min(counts) > 25
    assert sum(counts) == 200


def test_what_cannot_be_copied_is_used_itself():
    generator = (x for x in range(3))
    assert copied(generator) == (generator, False)
    assert copied([1])[1]


def test_albumentations_is_known_by_its_classes():
    assert is_albumentations(A.HorizontalFlip())
    assert is_albumentations(A.Compose([]))
    assert not is_albumentations(by_global)
