import json
import sys
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from typer.testing import CliRunner

from domainaug import doctor as library
from domainaug.cli import app
from domainaug.doctor import Check, examine
from domainaug.errors import DomainAugError
from domainaug.medical.gate import hold_study
from domainaug.run import augment


def test_it_names_what_is_installed_and_in_which_version() -> None:
    found = {check.what: check for check in examine()}
    assert found["albumentations"].state == "ok"
    assert found["albumentations"].detail.startswith("2.0.")
    assert found["DICOM JPEG 2000 lossless"].state == "ok"
    assert int(found["profiles"].detail.split()[0]) >= 7


def test_what_is_missing_comes_with_the_command_that_installs_it() -> None:
    assert library._optional("a-package-nobody-has", "medical") == Check(
        "a-package-nobody-has", "missing", 'optional: pip install "domainaug[medical]"'
    )
    assert library._required("a-package-nobody-has").state == "wrong"


def test_the_fork_under_the_same_import_name_is_called_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_installed", lambda name: name in {"albumentationsx", "opencv-python"})
    wrong = {check.what: check.detail for check in library._conflicts()}
    assert "AGPL" in wrong["albumentationsx"]
    assert "opencv-python and opencv-python-headless share one folder" in wrong["OpenCV"]


def test_the_command_exits_1_when_something_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    command = sys.modules["domainaug.cli.doctor"]  # the package has a function of that name
    monkeypatch.setattr(command, "examine", lambda: [Check("numpy", "wrong", "not installed")])
    result = CliRunner().invoke(app, ["doctor", "--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout) == [{"what": "numpy", "state": "wrong", "detail": "not installed"}]


def test_the_command_prints_a_table_people_can_read() -> None:
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 0
    assert "albumentations" in result.stdout


def test_brackets_of_extras_reach_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    advice = 'optional: pip install "domainaug[app]"'
    monkeypatch.setattr(sys.modules["domainaug.cli.doctor"], "examine", lambda: [Check("x", "missing", advice)])
    assert advice in CliRunner().invoke(app, ["doctor"]).stdout


def test_a_syntax_that_nothing_decodes_names_what_would(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {check.what: check for check in examine()}["DICOM JPEG lossless"].detail == "imagecodecs"
    monkeypatch.setattr(sys.modules["domainaug.medical.decoders"], "decoder_of", lambda syntax: None)
    found = {check.what: check for check in examine()}["DICOM JPEG lossless"]
    assert (found.state, "domainaug[medical,codecs]" in found.detail) == ("missing", True)


def test_derived_images_are_held_against_their_sources(tmp_path: Path) -> None:
    source = Path(str(get_testdata_file("CT_small.dcm")))
    augment(source, tmp_path / "out", profile="medical/ct-chest", engine="serial")
    asked = ["doctor", "--dicom", str(tmp_path / "out"), "--source", str(source)]
    ended = CliRunner().invoke(app, asked)
    assert ended.exit_code == 0
    assert "1 derived images in 1 series" in ended.stdout
    (derived,) = (tmp_path / "out").rglob("*.dcm")
    dataset = pydicom.dcmread(derived)
    dataset.SyntheticData = "TRUE"
    dataset.save_as(derived)
    ended = CliRunner().invoke(app, [*asked, "--json"])
    assert ended.exit_code == 1
    told = json.loads(ended.stdout)
    assert {one["who"] for one in told["complaints"]} == {"domainaug"}


def test_how_far_holding_is_gets_told_image_by_image(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for number in range(3):
        dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        dataset.ImagePositionPatient[2] += 5 * number
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number + 1}"
        dataset.save_as(source / f"{number}.dcm")
    augment(source, tmp_path / "out", profile="medical/ct-chest", engine="serial", copies=2)
    told: list[tuple[int, int]] = []
    verdict = hold_study(source, tmp_path / "out", progress=lambda done, total: told.append((done, total)))
    assert verdict.images == 6
    assert told == sorted(told)
    assert {(count, 6) for count in range(1, 7)} == set(told)


def test_images_whose_sources_are_elsewhere_are_told(tmp_path: Path) -> None:
    source = Path(str(get_testdata_file("CT_small.dcm")))
    augment(source, tmp_path / "out", profile="medical/ct-chest", engine="serial")
    other = str(get_testdata_file("MR_small.dcm"))
    ended = CliRunner().invoke(app, ["doctor", "--dicom", str(tmp_path / "out"), "--source", other])
    assert ended.exit_code == 1
    assert "1 derived files name sources that are not among those given" in ended.stdout


@pytest.mark.parametrize("asked", ["--dicom x", "--source x", "--phi x --dicom x --source x"])
def test_options_that_do_not_go_together_are_refused(asked: str) -> None:
    ended = CliRunner().invoke(app, ["doctor", *asked.split()])
    assert isinstance(ended.exception, DomainAugError)


def _kernels(monkeypatch: pytest.MonkeyPatch, name: str, **environment: str) -> Check:
    monkeypatch.setattr(sys.modules["domainaug.kernels.engine"], "_chosen", name)
    monkeypatch.delenv("DOMAINAUG_KERNELS", raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    return {check.what: check for check in examine()}["kernels"]


def test_it_says_which_engine_runs_the_kernels_and_where_its_code_is(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = _kernels(monkeypatch, "numba", DOMAINAUG_THREADS="3")
    assert compiled.state == "ok"
    assert compiled.detail.startswith(("numba, 3 threads, compiled code in ", "numba, 1 thread, compiled code in "))
    plain = _kernels(monkeypatch, "plain")
    assert plain.state == "missing"
    assert 'pip install "domainaug[fast]"' in plain.detail
    wanted = _kernels(monkeypatch, "plain", DOMAINAUG_KERNELS="plain")
    assert (wanted.state, wanted.detail.partition(", as ")[2]) == ("ok", "DOMAINAUG_KERNELS says")


def test_a_number_of_threads_that_is_none_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = sys.modules["domainaug.kernels.threads"]
    monkeypatch.setattr(threads, "_in_worker", lambda: False)
    found = _kernels(monkeypatch, "plain", DOMAINAUG_THREADS="many")
    assert (found.state, "DOMAINAUG_THREADS='many'" in found.detail) == ("wrong", True)


def test_code_that_nothing_can_keep_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = sys.modules["domainaug.kernels.cache"]
    monkeypatch.setattr(cache, "folders", lambda: cache.Folders(None, ()))
    assert "set NUMBA_CACHE_DIR" in _kernels(monkeypatch, "numba").detail


def test_phi_counts_what_files_carry_and_shows_no_value(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    dataset.PatientName = "Jane^Q7"
    dataset.save_as(tmp_path / "one.dcm")
    told = CliRunner().invoke(app, ["doctor", "--phi", str(tmp_path)])
    assert told.exit_code == 1
    assert "PatientName (1)" in told.stdout
    assert "De-identify the source first" in told.stdout
    as_json = CliRunner().invoke(app, ["doctor", "--phi", str(tmp_path), "--json"])
    assert {"kind": "person", "name": "PatientName", "files": 1} in json.loads(as_json.stdout)["carried"]
    assert "Q7" not in told.output + as_json.output
