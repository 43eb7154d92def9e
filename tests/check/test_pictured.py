"""What a finding looks like: the worst of some draws, and the same after the fix."""

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.check import check
from domainaug.check.measured import make_probe
from domainaug.check.pictured import pictured
from domainaug.errors import DomainAugError, ImageError
from domainaug.generators import Frame

FRAME = Frame(128, 128, channels=1)


@pytest.fixture
def chart():
    return make_probe(FRAME).image


def found(pipeline, film, effect):
    return next(finding for finding in check(pipeline, film).findings if finding.effect == effect)


def test_the_worst_of_the_draws_breaks_the_limit_and_the_mended_one_does_not(film, chart):
    pipeline = A.Compose([A.OneOf([A.Rotate(limit=(-45, 45), p=0.1), A.NoOp()], p=0.2)])
    shown = pictured(pipeline, found(pipeline, film, "rotation"), chart, FRAME)
    assert 10 < abs(shown.far) <= 45
    assert shown.done.shape == shown.mended.shape == chart.shape
    moved = [float(np.abs(one.astype(float) - chart).mean()) for one in (shown.done, shown.mended)]
    assert moved[0] > moved[1] > 0


def test_a_removal_shows_no_picture_after_the_fix(film, chart):
    pipeline = A.Compose([A.HorizontalFlip(p=0.01)])
    shown = pictured(pipeline, found(pipeline, film, "mirror_horizontal"), chart, FRAME)
    np.testing.assert_array_equal(shown.done, chart[:, ::-1])
    assert shown.mended is None


def test_a_callable_is_called(film, chart):
    def negative(image):
        return 255 - image

    finding = next(x for x in check(negative, film, draws=30).findings if x.effect == "inversion")
    shown = pictured(negative, finding, chart, FRAME)
    np.testing.assert_array_equal(shown.done, 255 - chart)


def test_the_picture_and_the_pipeline_are_left_as_they_are(film, chart):
    kept, pipeline = chart.copy(), A.Compose([A.Rotate(limit=(-45, 45), p=0.3)])
    pictured(pipeline, found(pipeline, film, "rotation"), chart, FRAME)
    np.testing.assert_array_equal(chart, kept)
    assert pipeline.transforms[0].p == 0.3


def test_the_same_pictures_each_time(film, chart):
    pipeline = A.Compose([A.Rotate(limit=(-45, 45), p=1)])
    first, again = (pictured(pipeline, found(pipeline, film, "rotation"), chart, FRAME).done for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_a_step_that_does_not_run_on_it_says_so(film):
    pipeline = A.Compose([A.RandomCrop(100, 100), A.Rotate(limit=(-45, 45), p=1)])
    finding = next(x for x in check(pipeline, film).findings if x.path == (0,))
    with pytest.raises(ImageError, match="RandomCrop does not run on a picture of 64 x 64"):
        pictured(pipeline, finding, np.zeros((64, 64), np.uint8), FRAME)


def test_a_finding_of_another_pipeline_is_refused(film, chart):
    pipeline = A.Compose([A.NoOp(), A.Rotate(limit=(-45, 45), p=1)])
    finding = found(pipeline, film, "rotation")
    with pytest.raises(DomainAugError, match="of another pipeline"):
        pictured(A.Compose([A.NoOp()]), finding, chart, FRAME)
