import warnings

import pytest

from domainaug._albumentations import A
from domainaug.check import check


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def found(profile, *steps):
    return check(A.Compose(list(steps)), profile, measured=False).findings


def test_a_large_rotation_is_one_finding_and_what_follows_from_it_is_told_inside(profile_of):
    rules = {
        "rotation": {"code": "TST102", "low": -10, "high": 10, "unit": "deg"},
        "field_of_view": {"code": "TST107", "low": 0.85},
    }
    (finding,) = found(profile_of(rules), A.Rotate(limit=45, p=0.5))
    assert (finding.code, finding.effect) == ("TST102", "rotation")
    assert [x.effect for x in finding.follows] == ["field_of_view"]
    assert finding.fix.parameter == "limit"
    assert finding.fix.new == (-10.0, 10.0)


def test_two_causes_in_one_step_are_two_findings_with_a_fix_each(film):
    findings = found(film, A.Affine(rotate=(-30, 30), shear=(-20, 20), p=1))
    assert {x.effect for x in findings} == {"rotation", "shear"}
    assert {x.fix.parameter for x in findings} == {"rotate", "shear"}


def test_what_no_parameter_mends_takes_removing_the_step(film):
    (finding,) = found(film, A.HorizontalFlip(p=0.5))
    assert finding.fix.action == "remove"
    assert str(finding.fix) == "remove HorizontalFlip"
    assert finding.probability == 0.5


def test_mirrors_are_told_one_by_one(film):
    findings = found(film, A.D4(p=1))
    assert {"mirror_horizontal", "mirror_vertical", "rotation"} == {x.effect for x in findings}


def test_one_finding_for_each_real_problem_of_a_common_pipeline(film):
    findings = found(
        film,
        A.HorizontalFlip(),
        A.ShiftScaleRotate(rotate_limit=45),
        A.RandomBrightnessContrast(),
        A.CoarseDropout(),
    )
    assert [x.path for x in findings] == [(0,), (1,), (2,), (3,)]
    assert [x.effect for x in findings] == ["mirror_horizontal", "rotation", "tone", "occlusion"]


def test_too_often_is_mended_by_running_it_less_often(profile_of):
    profile = profile_of({"rotation": {"code": "TST1", "low": -10, "high": 10, "p_max": 0.3}})
    (finding,) = found(profile, A.Rotate(limit=5, p=0.9))
    assert finding.fix.parameter == "p"
    assert 0.25 < finding.fix.new <= 0.32
