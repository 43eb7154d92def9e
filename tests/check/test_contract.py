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
def test_whatever_a_stock_transform_breaks_its_fix_mends(profile_id):
    profile = load_profile(profile_id)
    checked = 0
    for transform in at_defaults():
        pipeline = A.Compose([transform])
        report = check(pipeline, profile, measured=False)
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
def test_no_error_hides_behind_a_warning(profile_id):
    profile = load_profile(profile_id)
    for transform in at_defaults():
        for finding in check(A.Compose([transform]), profile, measured=False).findings:
            if finding.severity == "warning":
                assert {x.severity for x in finding.follows} <= {"warning"}, (transform, finding)
