import warnings

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.check import apply_fixes, check
from domainaug.check.finding import Fix
from domainaug.check.fix import apply_to
from domainaug.errors import DomainAugError


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def mended(profile, pipeline):
    report = check(pipeline, profile, measured=False)
    fixed = apply_fixes(pipeline, report)
    return report, fixed, check(fixed, profile, measured=False)


CASES = {
    "rotation": lambda: A.Compose([A.Rotate(limit=45, p=0.5)]),
    "flip": lambda: A.Compose([A.HorizontalFlip(), A.Rotate(limit=5)]),
    "everything": lambda: A.Compose(
        [
            A.HorizontalFlip(),
            A.ShiftScaleRotate(rotate_limit=45),
            A.RandomBrightnessContrast(0.9, 0.9),
            A.CoarseDropout(),
        ]
    ),
    "affine": lambda: A.Compose([A.Affine(rotate=(-30, 5), shear=(-20, 20), scale=(0.5, 1.1), p=1)]),
    "nested": lambda: A.Compose(
        [A.OneOf([A.HorizontalFlip(), A.Sequential([A.Rotate(limit=60), A.VerticalFlip()]), A.Rotate(limit=9)], p=1)]
    ),
    "two": lambda: A.Compose([A.SomeOf([A.HorizontalFlip(), A.VerticalFlip(), A.Rotate(limit=4)], n=3)]),
    "or": lambda: A.Compose([A.OneOrOther(A.HorizontalFlip(), A.Rotate(limit=5), p=0.5)]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fix_makes_its_finding_go_away_and_a_second_one_changes_nothing(film, case):
    report, fixed, after = mended(film, CASES[case]())
    assert report.findings
    assert after.findings == ()
    assert repr(apply_fixes(fixed, after)) == repr(fixed)


@pytest.mark.parametrize("case", CASES)
def test_what_was_mended_still_runs(film, case):
    _, fixed, _ = mended(film, CASES[case]())
    picture = np.full((64, 64), 100, np.uint8)
    assert fixed(image=picture)["image"].shape == (64, 64)


def test_the_users_pipeline_is_not_touched(film):
    pipeline = CASES["everything"]()
    before = repr(pipeline)
    mended(film, pipeline)
    assert repr(pipeline) == before


def test_a_container_left_empty_goes_too(film):
    _, fixed, _ = mended(film, A.Compose([A.OneOf([A.HorizontalFlip(), A.VerticalFlip()]), A.Rotate(limit=5)]))
    assert [type(step).__name__ for step in fixed] == ["Rotate"]


def test_weights_of_a_oneof_are_set_anew(film):
    _, fixed, _ = mended(film, A.Compose([A.OneOf([A.HorizontalFlip(p=1), A.Rotate(limit=5, p=1), A.NoOp(p=1)], p=1)]))
    assert fixed[0].transforms_ps == [0.5, 0.5]


def test_labels_are_still_carried_by_a_clamped_step(film):
    boxes = A.BboxParams(format="pascal_voc", label_fields=["names"])
    pipeline = A.Compose([A.Rotate(limit=90, p=1)], bbox_params=boxes, seed=1)
    _, fixed, _ = mended(film, pipeline)
    out = fixed(image=np.zeros((64, 64), np.uint8), bboxes=[(20, 20, 40, 40)], names=["a"])
    assert len(out["bboxes"]) == 1


class Uncopyable(A.ImageOnlyTransform):
    def __init__(self, p=0.5):
        super().__init__(p=p)
        self.source = (number for number in (1, 2))

    def apply(self, img, **_):
        return img


def test_a_step_that_cannot_be_copied_is_a_finding_and_no_fix(film):
    pipeline = A.Compose([Uncopyable(), A.Rotate(limit=7, p=1), A.Rotate(limit=7, p=1)])
    report = check(pipeline, film, budget=0.3)
    assert [finding.code for finding in report.findings] == ["DA113", "TST102"]
    with pytest.raises(DomainAugError, match="a step cannot be copied"):
        apply_fixes(pipeline, report)


def test_the_report_of_another_pipeline_is_refused():
    fix = Fix("remove", (0,), "HorizontalFlip")
    with pytest.raises(DomainAugError, match="step 0 is Rotate, not HorizontalFlip: the report is of another pipeline"):
        apply_to(A.Compose([A.Rotate()]), [fix])
    with pytest.raises(DomainAugError, match="step 0 is nothing"):
        apply_to(A.Compose([]), [fix])
    with pytest.raises(DomainAugError, match="not into a function"):
        apply_to(lambda image: image, [fix])


def test_our_own_pipeline_stays_one_and_draws_as_if_it_had_been_written_so(film):
    from domainaug.pipeline import Pipeline

    _, fixed, after = mended(film, Pipeline([A.OneOf([A.VerticalFlip(p=1), A.Rotate(limit=45, p=1)], p=1)], seed=4))
    assert isinstance(fixed, Pipeline)
    assert after.findings == ()
    picture = np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8)
    written = Pipeline([A.OneOf([A.Rotate(limit=10, p=1)], p=1)], seed=4)
    assert np.array_equal(fixed(image=picture)["image"], written(image=picture)["image"])
