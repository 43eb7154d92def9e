"""Checking code in a process of its own."""

import pytest

from domainaug.check.apart import check_apart, mend_apart
from domainaug.check.saved import read_saved
from domainaug.errors import DomainAugError

PROFILE = "medical/chest-xray"


@pytest.fixture
def code(tmp_path):
    def written(text):
        path = tmp_path / "code.py"
        path.write_text(text)
        return f"{path}:pipeline"

    return written


@pytest.mark.slow
def test_the_report_and_the_pictures_come_back(code, tmp_path):
    target = code("import albumentations as A\nprint('talk')\npipeline = A.Compose([A.HorizontalFlip()])\n")
    report = check_apart(target, PROFILE, tmp_path / "shots")
    assert [finding["code"] for finding in report["findings"]] == ["MED101"]
    assert [path.name for path in (tmp_path / "shots").iterdir()] == ["00-MED101-mirror_horizontal-chart.png"]
    mend_apart(target, PROFILE, tmp_path / "mended.json")
    assert read_saved(tmp_path / "mended.json")[0].transforms == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pipelin = 1\n", "did you mean 'pipelin'"),
        ("import os\nos._exit(7)\n", "status 7"),
        ("raise ValueError('no data')\n", "no data"),
    ],
)
def test_code_that_fails_is_one_sentence(code, tmp_path, text, says):
    with pytest.raises(DomainAugError, match=says) as told:
        check_apart(code(text), PROFILE, tmp_path)
    assert "\n" not in str(told.value)


def test_code_that_hangs_is_stopped(code, tmp_path):
    with pytest.raises(DomainAugError, match="took longer than 2 s"):
        check_apart(code("import time\ntime.sleep(600)\n"), PROFILE, tmp_path, seconds=2)
