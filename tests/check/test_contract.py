"""Promises the check keeps for every transform we know, under every profile of the catalogue."""

import warnings

import pytest

from domainaug._albumentations import A
from domainaug.check import apply_fixes, check
from domainaug.declare import declared_names
from domainaug.profile import list_profiles, load_profile


def at_defaults():
    """Yield every stock transform that can be made without data of one's own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in sorted(declared_names()):
            try:
                yield getattr(A, name)(p=1)
            except (TypeError, ValueError):
                continue


@pytest.mark.parametrize("profile_id", list_profiles())
def test_whatever_a_stock_transform_breaks_its_fix_mends_and_no_error_hides_behind_a_warning(profile_id):
    profile = load_profile(profile_id)
    checked = 0
    for transform in at_defaults():
        pipeline = A.Compose([transform])
        report = check(pipeline, profile, measured=False)
        for finding in report.findings:
            if finding.severity == "warning":
                assert {x.severity for x in finding.follows} <= {"warning"}, (transform, finding)
        fixed = apply_fixes(pipeline, report)
        after = check(fixed, profile, measured=False)
        assert after.fixable == (), transform
        assert repr(apply_fixes(fixed, after)) == repr(fixed)
        checked += 1
    assert checked > 90


@pytest.mark.parametrize("profile_id", list_profiles())
def test_a_finding_says_everything_a_person_needs(profile_id):
    profile = load_profile(profile_id)
    report = check(A.Compose(list(at_defaults())), profile, measured=False)
    assert report.findings
    for finding in report.findings:
        assert finding.found
        assert finding.limit
        assert finding.reason
        if not finding.code.startswith("DA"):
            assert finding.citation, finding.code
            assert finding.probability is None or 0 <= finding.probability <= 1


@pytest.mark.parametrize("profile_id", list_profiles())
def test_the_pipeline_a_profile_composes_has_no_finding_under_it(profile_id):
    profile = load_profile(profile_id)
    report = check(profile.compose(seed=7), profile, measured=False)
    assert report.findings == (), str(report)


GENTLE = {
    "nothing": [],
    "rotate": [A.Rotate(limit=5, p=1)],
    "zoom": [A.Affine(scale=(0.95, 1.05), keep_ratio=True, p=1)],
    "shift": [A.Affine(translate_percent=(-0.03, 0.03), p=1)],
    "shear": [A.Affine(shear=(-2, 2), p=1)],
    "light": [A.RandomBrightnessContrast(0.1, 0.1, p=1)],
    "gamma": [A.RandomGamma((90, 110), p=1)],
    "noise": [A.GaussNoise(std_range=(0.005, 0.02), p=1)],
    "blur": [A.GaussianBlur(blur_limit=0, sigma_limit=(0.3, 0.8), p=1)],
    "rotate and light": [A.Rotate(limit=5, p=1), A.RandomBrightnessContrast(0.1, 0.1, p=1)],
    "gamma, noise and blur": [
        A.RandomGamma((95, 105), p=1),
        A.GaussNoise(std_range=(0.005, 0.01), p=1),
        A.GaussianBlur(blur_limit=0, sigma_limit=(0.3, 0.6), p=1),
    ],
    "one of them": [A.OneOf([A.Rotate(limit=5), A.RandomGamma((95, 105)), A.NoOp()], p=1)],
    "rarely": [A.Rotate(limit=8, p=0.1), A.RandomBrightnessContrast(0.1, 0.1, p=0.1)],
    "multiplied": [A.MultiplicativeNoise((0.95, 1.05), p=1)],
}


@pytest.mark.parametrize("name", GENTLE)
def test_a_gentle_pipeline_has_no_finding_declared_or_measured(film, name):
    pipeline = A.Compose(GENTLE[name])
    assert check(pipeline, film).findings == ()
    report = check(lambda image: pipeline(image=image)["image"], film, budget=1.0)
    assert report.draws > 5
    assert report.findings == (), str(report)
