"""Mending: every fix, until none is left; or one at a time."""

import pytest

from domainaug._albumentations import A
from domainaug.check import check
from domainaug.check.mending import mend, mend_one
from domainaug.errors import DomainAugError


@pytest.fixture
def turned():
    return A.Compose([A.HorizontalFlip(p=0.5), A.Rotate(limit=(-45, 45), p=1)])


def test_nothing_is_left_to_fix(turned, film):
    mended = mend(turned, check(turned, film), lambda pipeline: check(pipeline, film))
    assert mended.count == 2
    assert mended.report.ok
    assert [type(step).__name__ for step in mended.pipeline.transforms] == ["Rotate"]
    assert mended.pipeline.transforms[0].limit == (-10, 10)


def test_the_pipeline_that_was_given_is_left_as_it_is(turned, film):
    mend(turned, check(turned, film), lambda pipeline: check(pipeline, film))
    assert turned.transforms[1].limit == (-45, 45)


def test_a_clean_pipeline_comes_back_itself(film):
    clean = A.Compose([A.Rotate(limit=(-5, 5), p=1)])
    mended = mend(clean, check(clean, film), lambda pipeline: check(pipeline, film))
    assert mended.count == 0
    assert mended.pipeline is clean


def test_one_finding_at_a_time(turned, film):
    report = check(turned, film)
    only = mend_one(turned, [finding for finding in report.findings if finding.effect == "rotation"])
    assert [type(step).__name__ for step in only.transforms] == ["HorizontalFlip", "Rotate"]
    assert [finding.effect for finding in check(only, film).findings] == ["mirror_horizontal"]


def test_fixes_are_written_into_a_compose_alone(film):
    turn = A.Rotate(limit=(-45, 45), p=1)
    with pytest.raises(DomainAugError, match="wrap it in one"):
        mend_one(turn, check(turn, film).findings)
