"""A12: a seeded Compose gives every step the same random stream; here each has its own, nested ones too."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug._albumentations.streams import Streams
from domainaug._albumentations.tree import leaves, plan
from domainaug.pipeline import Pipeline

CORNER = np.arange(4, dtype=np.uint8).reshape(2, 2)
DRAWS = 400


def flips(pipeline) -> list[tuple[bool, bool]]:
    seen = []
    for _ in range(DRAWS):
        out = pipeline(image=CORNER)["image"]
        seen.append((out[0, 0] % 2 == 1, out[0, 0] >= 2))
    return seen


class TestTwoFlips:
    @staticmethod
    def steps():
        return [A.HorizontalFlip(p=0.5), A.VerticalFlip(p=0.5)]

    def test_plain_albumentations_flips_both_or_none(self):
        seen = flips(A.Compose(self.steps(), seed=0))
        assert all(horizontal == vertical for horizontal, vertical in seen)

    def test_ours_flips_each_way_a_quarter_of_the_time(self):
        seen = flips(Pipeline(self.steps(), seed=0))
        for pair in ((False, False), (True, False), (False, True), (True, True)):
            assert 70 < seen.count(pair) < 130

    @pytest.mark.parametrize(
        "nested",
        [
            lambda a, b: [A.Sequential([a], p=1), A.Sequential([b], p=1)],
            lambda a, b: [A.SomeOf([a, A.NoOp(p=1)], n=2), A.SomeOf([b, A.NoOp(p=1)], n=2)],
            lambda a, b: [A.Compose([A.Compose([a])]), A.Compose([A.Compose([b])])],
            lambda a, b: [A.RandomOrder([a, b], n=2)],
        ],
        ids=["sequential", "some-of", "compose", "random-order"],
    )
    def test_nested_steps_too(self, nested):
        seen = flips(Pipeline(nested(*self.steps()), seed=1))
        assert abs(np.corrcoef(np.array(seen, dtype=float).T)[0, 1]) < 0.2


def drawn(pipeline, *names: str) -> np.ndarray:
    values = []
    for _ in range(500):
        pipeline(image=np.zeros((8, 8), np.uint8))
        found = {}
        for step in pipeline._log.applied:
            found[tuple(step.path)] = step.params
        values.append([found[path][name] for path, name in names])
    return np.array(values, dtype=float)


class TestDrawnValues:
    def test_values_of_two_steps_are_unrelated(self):
        pipeline = Pipeline([A.Affine(rotate=(-10, 10), p=1), A.Affine(rotate=(-10, 10), p=1)], seed=2)
        values = drawn(pipeline, ((0,), "rotate"), ((1,), "rotate"))
        assert abs(np.corrcoef(values.T)[0, 1]) < 0.2

    def test_values_below_compositions_are_unrelated(self):
        turn = lambda: A.Affine(rotate=(-10, 10), p=1)  # noqa: E731
        pipeline = Pipeline(
            [A.OneOf([turn()], p=1), A.SomeOf([turn(), turn()], n=2), A.OneOrOther(turn(), turn())], seed=2
        )
        values = drawn(pipeline, ((0, 0), "rotate"), ((1, 0), "rotate"), ((1, 1), "rotate"))
        between = np.corrcoef(values.T)[np.triu_indices(3, 1)]
        assert np.all(np.abs(between) < 0.2)

    def test_one_step_drawn_twice_draws_anew(self):
        pipeline = Pipeline([A.SomeOf([A.Affine(rotate=(-10, 10), p=1)], n=2, replace=True)], seed=2)
        pairs = []
        for _ in range(200):
            pipeline(image=np.zeros((8, 8), np.uint8))
            pairs.append([step.params["rotate"] for step in pipeline._log.applied])
        assert abs(np.corrcoef(np.array(pairs).T)[0, 1]) < 0.2

    def test_the_two_sources_of_one_step_are_unrelated(self):
        pairs = []
        for count in range(500):
            stream = Streams((1, count)).at((0,))
            pairs.append((stream.generator.random(), stream.python.random()))
        assert abs(np.corrcoef(np.array(pairs).T)[0, 1]) < 0.2

    def test_a_step_does_not_depend_on_what_stands_before_it(self):
        noise = A.GaussNoise(p=1)
        image = np.full((16, 16), 0.5, np.float32)
        with_flip = Pipeline([A.HorizontalFlip(p=1), noise], seed=1)(image=image, key="k")["image"]
        with_nothing = Pipeline([A.NoOp(p=1), noise], seed=1)(image=image, key="k")["image"]
        assert np.array_equal(with_flip, with_nothing)


class TestPlan:
    def test_one_of_keeps_its_weights(self):
        pipeline = Pipeline([A.OneOf([A.HorizontalFlip(p=0.9), A.VerticalFlip(p=0.1)], p=1)], seed=0)
        paths = [plan(pipeline, Streams((count,)))[0].path for count in range(500)]
        assert 420 < paths.count((0, 0)) < 480

    def test_p_of_every_level_counts(self):
        pipeline = Pipeline([A.Sequential([A.HorizontalFlip(p=0.5)], p=0.5)], p=0.5, seed=0)
        happened = sum(bool(plan(pipeline, Streams((count,)))) for count in range(800))
        assert 70 < happened < 130

    def test_one_or_other_takes_the_first_with_p(self):
        pipeline = Pipeline([A.OneOrOther(A.HorizontalFlip(p=1), A.VerticalFlip(p=1), p=0.2)], seed=0)
        first = sum(plan(pipeline, Streams((count,)))[0].path == (0, 0) for count in range(500))
        assert 70 < first < 130

    def test_selected_channels_alone_change(self):
        pipeline = Pipeline([A.SelectiveChannelTransform([A.InvertImg(p=1)], channels=(1,))], seed=0)
        image = np.zeros((4, 4, 3), np.uint8)
        assert pipeline(image=image)["image"][0, 0].tolist() == [0, 255, 0]

    def test_a_composition_nobody_knows_runs_as_it_is(self):
        class Twice(A.Sequential):
            def __call__(self, *args, **data):
                return super().__call__(**super().__call__(**data))

        pipeline = Pipeline([Twice([A.HorizontalFlip(p=1)], p=1)], seed=0)
        assert np.array_equal(pipeline(image=CORNER)["image"], CORNER)

    def test_leaves_are_listed_with_their_paths(self):
        pipeline = Pipeline([A.OneOf([A.HorizontalFlip(), A.VerticalFlip()]), A.NoOp()])
        assert [path for path, _ in leaves(pipeline)] == [(0, 0), (0, 1), (1,)]
