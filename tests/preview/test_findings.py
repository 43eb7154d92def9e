"""Pictures of findings: the chart, one's own picture before, after, and after the fix."""

import numpy as np
import pytest
from PIL import Image

from domainaug._albumentations import A
from domainaug.check import check
from domainaug.errors import DomainAugError
from domainaug.preview.findings import on_subject, shots_of, write_shots
from domainaug.preview.sources import open_subject
from domainaug.profile import load_profile


@pytest.fixture
def profile():
    return load_profile("medical/chest-xray")


@pytest.fixture
def pipeline():
    return A.Compose([A.HorizontalFlip(p=0.5), A.Rotate(limit=(-45, 45), p=0.5)])


@pytest.fixture
def film(tmp_path):
    rng = np.random.default_rng(3)
    Image.fromarray(rng.integers(0, 255, (96, 128), np.uint8)).save(tmp_path / "film.png")
    return open_subject(tmp_path / "film.png")


def test_every_finding_is_shown_on_the_chart_and_on_ones_own(profile, pipeline, film):
    report = check(pipeline, profile)
    shown = dict(shots_of(pipeline, report, profile, film, longest=64))
    kinds = {report.findings[index].effect: [shot.kind for shot in shots] for index, shots in shown.items()}
    assert kinds["mirror_horizontal"] == ["chart", "before", "after"]
    assert kinds["rotation"] == ["chart", "before", "after", "mended"]
    assert all(max(shot.picture.shape[:2]) == 64 for shots in shown.values() for shot in shots)


def test_how_far_it_went_is_said(profile, pipeline, film):
    finding = next(x for x in check(pipeline, profile).findings if x.effect == "rotation")
    after = on_subject(pipeline, finding, film, profile.frame)[1]
    assert after.said.startswith("Rotation ")
    assert after.said.endswith(" deg")


def test_what_does_not_run_on_it_is_said(profile, film):
    pipeline = A.Compose([A.RandomCrop(500, 500)])
    finding = check(pipeline, profile).findings[0]
    shots = on_subject(pipeline, finding, film, profile.frame)
    assert [shot.kind for shot in shots] == ["before", "failed"]
    assert "96 x 128" in shots[1].said


def test_files_are_named_by_code_and_effect(profile, pipeline, tmp_path):
    written = write_shots(tmp_path / "shots", pipeline, check(pipeline, profile), profile)
    assert [path.name for path in written] == [
        "00-MED101-mirror_horizontal-chart.png",
        "01-MED102-rotation-chart.png",
    ]
    assert np.asarray(Image.open(written[0])).shape == (256, 256, 3)


def test_a_folder_that_cannot_be_written_is_told(profile, pipeline, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DomainAugError, match="cannot be written"):
        write_shots(tmp_path / "file", pipeline, check(pipeline, profile), profile)
