"""What the chance of a call depends on: A11, keys, worker order, seeds."""

from __future__ import annotations

import copy
import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domainaug._albumentations import A
from domainaug.pipeline import Pipeline
from domainaug.pipeline.clock import Clock, Draw, check_seed

IMAGE = np.random.default_rng(0).random((24, 24)).astype(np.float32)


def steps():
    return [A.Affine(rotate=(-20, 20), p=0.7), A.OneOf([A.GaussNoise(p=1), A.RandomGamma(p=1)], p=0.8)]


class TestSecondCall:
    """A11: the second call on a seeded Compose differs from the first."""

    def test_plain_albumentations_advances(self):
        compose = A.Compose([A.GaussNoise(p=1)], seed=3)
        assert not np.array_equal(compose(image=IMAGE)["image"], compose(image=IMAGE)["image"])

    def test_ours_repeats_for_the_same_key(self):
        pipeline = Pipeline(steps(), seed=3)
        first = pipeline(image=IMAGE, key="patient/1", copy=2)["image"]
        for other in range(5):
            pipeline(image=IMAGE, key=f"other/{other}")
            pipeline(image=IMAGE)
        assert np.array_equal(first, pipeline(image=IMAGE, key="patient/1", copy=2)["image"])

    def test_without_a_key_every_call_is_new_and_the_sequence_repeats(self):
        one, two = Pipeline(steps(), seed=3), Pipeline(steps(), seed=3)
        first = [one(image=IMAGE)["image"].tobytes() for _ in range(12)]
        assert len(set(first)) > 10
        assert first == [two(image=IMAGE)["image"].tobytes() for _ in range(12)]


class TestKeyedDraws:
    def test_order_does_not_matter(self):
        keys = [f"s{index}" for index in range(8)]
        forward = {key: Pipeline(steps(), seed=1)(image=IMAGE, key=key)["image"].tobytes() for key in keys}
        pipeline = Pipeline(steps(), seed=1)
        backward = {key: pipeline(image=IMAGE, key=key)["image"].tobytes() for key in reversed(keys)}
        assert forward == backward

    def test_copies_keys_and_seeds_differ(self):
        noise = [A.GaussNoise(p=1)]
        seen = {
            Pipeline(noise, seed=seed)(image=IMAGE, key=key, copy=copied)["image"].tobytes()
            for seed, key, copied in itertools.product((0, 1), ("a", "b"), (0, 1))
        }
        assert len(seen) == 8

    def test_a_pickled_and_a_copied_pipeline_draw_alike(self):
        pipeline = Pipeline(steps(), seed=5)
        pipeline(image=IMAGE)
        for twin in (pickle.loads(pickle.dumps(pipeline)), copy.deepcopy(pipeline)):
            assert np.array_equal(twin(image=IMAGE, key="k")["image"], pipeline(image=IMAGE, key="k")["image"])

    def test_an_unseeded_pipeline_says_which_seed_repeats_it(self):
        pipeline = Pipeline(steps())
        first = pipeline(image=IMAGE, key="k")["image"]
        again = Pipeline(steps(), seed=pipeline.record["seed"])
        assert np.array_equal(first, again(image=IMAGE, key="k")["image"])

    def test_global_random_state_is_neither_used_nor_moved(self):
        np.random.seed(0)
        before = np.random.get_state()[1].copy()
        one = Pipeline(steps(), seed=1)(image=IMAGE, key="k")["image"]
        assert np.array_equal(before, np.random.get_state()[1])
        np.random.seed(99)
        assert np.array_equal(one, Pipeline(steps(), seed=1)(image=IMAGE, key="k")["image"])

    @pytest.mark.parametrize(
        ("key", "copied", "error"), [(None, 1, ValueError), (3, 0, TypeError), ("a", -1, ValueError)]
    )
    def test_misuse_is_refused(self, key, copied, error):
        with pytest.raises(error):
            Pipeline(steps(), seed=1)(image=IMAGE, key=key, copy=copied)

    @pytest.mark.parametrize("seed", [-1, 1.5, True, "7"])
    def test_a_seed_is_a_whole_number_from_0(self, seed):
        with pytest.raises((ValueError, TypeError), match="seed"):
            Pipeline(steps(), seed=seed)


class TestEntropy:
    @settings(max_examples=60)
    @given(st.lists(st.tuples(st.integers(0, 2**64), st.text(max_size=8), st.integers(0, 99)), min_size=2, unique=True))
    def test_no_two_samples_share_it(self, names):
        assert len({Draw(seed, key, copied).entropy for seed, key, copied in names}) == len(names)

    def test_a_keyless_call_never_meets_a_keyed_one(self):
        assert Draw(1, "k").entropy != Draw(1, count=0).entropy
        assert max(Draw(1, "k").entropy[1], 0) < 1 << 128 == Draw(1).entropy[1]

    def test_the_clock_starts_again_in_another_worker(self, monkeypatch):
        clock = Clock(4)
        assert [clock.tick().count for _ in range(3)] == [0, 1, 2]
        monkeypatch.setattr("domainaug.pipeline.clock._worker", lambda: (1, 99))
        assert clock.tick() == Draw(4, worker=(1, 99), count=0)

    def test_numpy_integers_are_seeds(self):
        assert check_seed(np.int64(3)) == 3
