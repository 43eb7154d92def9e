"""Angles with gaps between them stay apart through mirrors, further turns and steps that may be left out."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.declare import compose_walk
from domainaug.declare.sets import affine_maps
from domainaug.effects import Interval
from domainaug.functionals import decompose
from domainaug.generators import Frame, Generators
from domainaug.turns import Islands, Turns, comes_round


def rotation_of(*steps):
    walked = compose_walk(A.Compose(list(steps)), Frame(), unknown=lambda *_: Generators.nothing())
    return walked.total.effects(Frame())["rotation"]


class TestIslands:
    def test_what_touches_is_one_interval(self):
        assert Islands.joined([Interval(0, 2), Interval(2, 5), Interval(-1, 0)]) == Interval(-1, 5)
        assert Islands.joined([Interval(0, 1), Interval(3, 4)]).parts == (Interval(0, 1), Interval(3, 4))

    def test_only_what_fits_into_one_part_is_inside(self):
        islands = Islands.joined([Interval(-5, 5), Interval(55, 65)])
        assert 60 in islands
        assert Interval(56, 64) in islands
        assert islands in islands
        assert 30 not in islands
        assert Interval(0, 60) not in islands
        assert islands in Interval(-5, 65)

    def test_a_range_around_every_turn_meets_itself_at_a_half_turn(self):
        found = comes_round(Interval(-5, 5), 60)
        assert [x for x in (-180, -178, 180, 120, -62, 0) if x not in found] == []
        assert [x for x in (30, 90, -150, 172) if x in found] == []
        assert comes_round(Interval(-30, 30), 60) == Interval(-180, 180)


class TestDraws:
    def test_quarter_turns_have_nothing_between_them(self):
        found = rotation_of(A.RandomRotate90(p=0.5))
        assert {part.low for part in found.parts} == {-180, -90, 0, 90, 180}
        assert all(part.low == part.high for part in found.parts)

    def test_two_mirrors_are_a_half_turn_and_no_quarter_turn(self):
        found = rotation_of(A.HorizontalFlip(p=0.5), A.VerticalFlip(p=0.5))
        assert 180 in found
        assert 90 not in found

    def test_a_range_after_quarter_turns_is_one_around_each(self):
        found = rotation_of(A.RandomRotate90(), A.Affine(rotate=(-3, 3), scale=1, shear=0, p=1))
        assert Interval(88, 92) in found
        assert 45 not in found

    def test_a_plain_range_stays_one_interval(self):
        found = rotation_of(A.Rotate(limit=(-20, 40)))
        assert not isinstance(found, Islands)
        assert (found.low, found.high) == pytest.approx((-20, 40))

    def test_more_turns_than_are_kept_are_every_turn(self):
        found = Turns.of(affine_maps(rotation=np.arange(0, 360, 0.7)), apart=True)
        assert found.rotation() == Interval(-180, 180)


class TestAgainstMatrices:
    @pytest.mark.parametrize("seed", range(20))
    def test_every_product_of_two_draws_is_among_the_turns(self, seed):
        random = np.random.default_rng(seed)
        sets = []
        for _ in range(2):
            maps = affine_maps(rotation=random.integers(-12, 12, 3) * 15.0)
            mirrored = random.random(3) < 0.5
            sets.append(np.where(mirrored[:, None, None], maps @ affine_maps(scale_x=-1.0), maps))
        together = Turns.of(sets[0], apart=True).then(Turns.of(sets[1], apart=True)).rotation()
        for first in sets[0]:
            for second in sets[1]:
                read = float(decompose((second @ first)[None])["rotation"][0])
                assert read in together.widened(1e-6), (read, together)
