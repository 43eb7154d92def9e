"""A real archive: Orthanc, in a network of its own, takes what we write and gives it back as it was."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from dicomweb_client.web import DICOMwebClient
from pydicom.data import get_testdata_file
from typer.testing import CliRunner

from domainaug.cli import app
from domainaug.errors import OutputError, RemoteError
from domainaug.medical.dicomweb import Address, Archive
from domainaug.run.remote import augment_remote

INSIDE = "DOMAINAUG_TEST_NETWORK"
PLUGINS = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
PORT = 18042
ARCHIVE = f"dicomweb://127.0.0.1:{PORT}/dicom-web"
CT = {"profile": "medical/ct-chest", "workers": 1, "engine": "serial"}

inside = pytest.mark.skipif(INSIDE not in os.environ, reason="run by the test below, in a network of its own")


def unshared() -> bool:
    """Whether this user may make a network of its own."""
    return shutil.which("unshare") is not None and not subprocess.run(["unshare", "-n", "true"], check=False).returncode


@pytest.mark.slow
@pytest.mark.skipif(INSIDE in os.environ, reason="this is that network")
@pytest.mark.skipif(not (shutil.which("Orthanc") and PLUGINS.exists()), reason="Orthanc is not installed")
def test_the_archive_is_talked_to_in_a_network_of_its_own():
    # This Orthanc listens on every address, whatever it is told; here there is no other, and nothing else either.
    if not unshared():
        pytest.skip("this user may not make a network of its own")
    pytest_again = f"exec {sys.executable} -m pytest {__file__} -q -p no:cacheprovider -p no:xdist --no-cov"
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", f"ip link set lo up && {pytest_again}"],
        env={**os.environ, INSIDE: "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def archive(tmp_path) -> Iterator[str]:
    place = tmp_path / "orthanc"
    config = {
        "StorageDirectory": str(place),
        "IndexDirectory": str(place),
        "HttpPort": PORT,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomServerEnabled": False,
        "Plugins": [str(PLUGINS)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    (tmp_path / "orthanc.json").write_text(json.dumps(config))
    process = subprocess.Popen(
        ["Orthanc", str(tmp_path / "orthanc.json")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            try:
                count()
                break
            except OSError:
                time.sleep(0.1)
        yield ARCHIVE
    finally:
        process.terminate()
        process.wait()


def count() -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/statistics") as answer:
        return int(json.load(answer)["CountInstances"])


def put(paths) -> None:
    for path in paths:
        request = urllib.request.Request(f"http://127.0.0.1:{PORT}/instances", Path(path).read_bytes(), method="POST")
        urllib.request.urlopen(request).close()


def ct_slices(folder: Path, number: int, study: str = "1.2.826.7") -> list[Path]:
    folder.mkdir(parents=True)
    for index in range(number):
        dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, f"{study}.1"
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{study}.1.{index + 1}"
        dataset.ImagePositionPatient, dataset.InstanceNumber = [-10.0, 20.0, 5.0 * index], index + 1
        dataset.save_as(folder / f"{index}.dcm")
    return sorted(folder.iterdir())


@inside
class TestArchive:
    def test_every_series_we_write_is_taken_and_given_back_as_it_was(self, archive, tmp_path):
        put(ct_slices(tmp_path / "ct", 4))
        summary = augment_remote(archive, tmp_path / "out", to=archive, **CT)
        (study,) = summary.studies
        assert (study.fetched, study.sent, summary.exit_code) == (4, 4, 0)
        assert count() == 8
        ours = {
            dataset.SOPInstanceUID: dataset
            for dataset in map(pydicom.dcmread, (tmp_path / "out" / study.key / "copies").rglob("*.dcm"))
        }
        client = DICOMwebClient(f"http://127.0.0.1:{PORT}/dicom-web")
        given = client.retrieve_series("1.2.826.7", next(iter(ours.values())).SeriesInstanceUID)
        assert {dataset.SOPInstanceUID for dataset in given} == set(ours)
        for dataset in given:
            assert dataset == ours[dataset.SOPInstanceUID]
            assert dataset.PixelData == ours[dataset.SOPInstanceUID].PixelData

    def test_what_was_derived_is_no_source_of_the_next_run(self, archive, tmp_path):
        put(ct_slices(tmp_path / "ct", 3))
        augment_remote(archive, tmp_path / "one", to=archive, **CT)
        again = augment_remote(archive, tmp_path / "two", seed=5, **CT)
        assert again.studies[0].fetched == 3

    def test_the_same_call_again_does_nothing(self, archive, tmp_path):
        put(ct_slices(tmp_path / "ct", 3))
        augment_remote(archive, tmp_path / "out", to=archive, **CT)
        (study,) = augment_remote(archive, tmp_path / "out", to=archive, **CT).studies
        assert (study.fetched, study.sent, study.summary.done, study.summary.skipped) == (0, 0, 0, 1)

    def test_more_copies_are_made_of_what_was_fetched_and_only_then_stored(self, archive, tmp_path):
        put(ct_slices(tmp_path / "ct", 3))
        augment_remote(archive, tmp_path / "out", to=archive, **CT)
        (study,) = augment_remote(archive, tmp_path / "out", to=archive, copies=2, **CT).studies
        assert (study.fetched, study.summary.done) == (0, 1)
        assert count() == 9

    def test_one_study_after_the_other_each_in_its_folder(self, archive, tmp_path):
        put(ct_slices(tmp_path / "a", 3) + ct_slices(tmp_path / "b", 4, "1.2.826.8"))
        summary = augment_remote(archive, tmp_path / "out", **CT)
        assert sorted(study.fetched for study in summary.studies) == [3, 4]
        assert {path.name for path in (tmp_path / "out").iterdir()} == {study.key for study in summary.studies}

    def test_filters_and_one_study_by_its_uid(self, archive, tmp_path):
        put(ct_slices(tmp_path / "a", 3) + ct_slices(tmp_path / "b", 4, "1.2.826.8"))
        (study,) = augment_remote(f"{archive}/studies/1.2.826.8", tmp_path / "out", **CT).studies
        assert study.fetched == 4
        found = augment_remote(f"{archive}?StudyInstanceUID=1.2.826.7", tmp_path / "x", dry_run=True, **CT)
        assert len(found.studies) == 1
        with pytest.raises(RemoteError, match="no study matches"):
            augment_remote(f"{archive}?PatientID=nobody", tmp_path / "out", **CT)

    def test_a_study_that_is_not_there_is_set_aside_and_asked_for_again(self, archive, tmp_path):
        put(ct_slices(tmp_path / "ct", 3, "1.2.3.4"))
        for _ in range(2):
            summary = augment_remote(f"{archive}/studies/1.2.3", tmp_path / "out", **CT)
            assert (summary.exit_code, "fetching a study" in summary.studies[0].reason) == (1, True)
        assert not list((tmp_path / "out").rglob("*"))[1:]
        put(ct_slices(tmp_path / "late", 3, "1.2.3"))
        (study,) = augment_remote(f"{archive}/studies/1.2.3", tmp_path / "out", **CT).studies
        assert (study.fetched, study.reason) == (3, "")

    def test_nothing_is_discarded_where_something_was_set_aside(self, archive, tmp_path):
        gap = ct_slices(tmp_path / "ct", 4)
        put([*gap[:2], gap[3]])
        for _ in range(2):
            summary = augment_remote(archive, tmp_path / "out", to=archive, discard=True, **CT)
            assert summary.exit_code == 1
        assert len(list((tmp_path / "out").rglob("source/*.dcm"))) == 3

    def test_discarding_leaves_the_ledger_and_the_archive_has_the_rest(self, archive, tmp_path):
        put(ct_slices(tmp_path / "ct", 3))
        (study,) = augment_remote(archive, tmp_path / "out", to=archive, discard=True, **CT).studies
        place = tmp_path / "out" / study.key
        assert not list(place.rglob("*.dcm"))
        assert (place / "copies" / "ledger.sqlite").exists()
        assert count() == 6
        (again,) = augment_remote(archive, tmp_path / "out", to=archive, discard=True, **CT).studies
        assert (again.fetched, again.sent, again.summary) == (0, 0, None)

    def test_a_study_without_images_is_set_aside(self, archive, tmp_path):
        put([get_testdata_file("reportsi.dcm"), *ct_slices(tmp_path / "ct", 3)])
        summary = augment_remote(archive, tmp_path / "out", **CT)
        assert summary.exit_code == 1
        assert sorted(bool(study.reason) or bool(study.summary.set_aside) for study in summary.studies) == [False, True]

    def test_the_command_fetches_augments_and_stores(self, archive, tmp_path):
        put(ct_slices(tmp_path / "ct", 3))
        command = ["augment", archive, str(tmp_path / "out"), "-p", "medical/ct-chest", "-j", "1", "--to", archive]
        ended = CliRunner().invoke(app, [*command, "--json"])
        assert ended.exit_code == 0, ended.output
        assert json.loads(ended.stdout)["studies"][0]["sent"] == 3

    def test_a_folder_may_be_stored_too(self, archive, tmp_path):
        folder = ct_slices(tmp_path / "ct", 3)[0].parent
        command = ["augment", str(folder), str(tmp_path / "out"), "-p", "medical/ct-chest", "-j", "1", "--to", archive]
        ended = CliRunner().invoke(app, [*command, "--json"])
        assert ended.exit_code == 0, ended.output
        assert json.loads(ended.stdout)["sent"] == count() == 3
        again = CliRunner().invoke(app, [*command, "--json"])
        assert (again.exit_code, json.loads(again.stdout)["sent"]) == (0, 0)

    def test_files_it_cannot_store_are_counted_and_nothing_is_quoted(self, archive, tmp_path):
        path = tmp_path / "odd.dcm"
        dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
        dataset.PatientName = "Jane^Q7"
        del dataset.SOPInstanceUID
        dataset.save_as(path)
        with pytest.raises(RemoteError) as told:
            Archive(Address.of(archive)).send([path])
        assert "Q7" not in str(told.value)


def test_discarding_without_an_archive_is_refused(tmp_path):
    with pytest.raises(OutputError, match="would leave nothing"):
        augment_remote(ARCHIVE, tmp_path, discard=True, **CT)
