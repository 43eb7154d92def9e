"""What a derived Enhanced object says that is not so: each planted untruth is found."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.tag import Tag

from domainaug.medical import load, read_study, write_series
from domainaug.medical.verify import verify_image


class Told:
    """A run, as a writer is told of it."""

    profile, profile_version, profile_digest = "medical/ct", "1.0.0", "ab" * 32
    seed, copy, moved, version = 7, 0, False, "0.1.0"
    record = {"effects": {"noise": 0.1}}  # noqa: RUF012


@pytest.fixture
def pair(phantom, tmp_path):
    """An Enhanced CT and a copy of it."""
    source = phantom.enhanced(tmp_path / "ct.dcm", map(phantom.frame, range(3)), map(phantom.stored, range(3)))
    (series,) = read_study(source).series
    loaded = load(series.files)
    (content,) = write_series(loaded, loaded.view.seen() + np.int16(4), Told())
    (tmp_path / "copy.dcm").write_bytes(content)
    return source, tmp_path / "copy.dcm"


def group(dataset, number=1):
    return dataset.PerFrameFunctionalGroupsSequence[number]


def frame_type(dataset):
    dataset.SharedFunctionalGroupsSequence[0].CTImageFrameTypeSequence[0].FrameType = "ORIGINAL\\PRIMARY\\VOLUME\\NONE"


def image_type(dataset):
    dataset.ImageType = "DERIVED\\PRIMARY\\VOLUME\\MIXED"


def moved_frame(dataset):
    group(dataset).PlanePositionSequence[0].ImagePositionPatient[2] += 1


def rescale(dataset):
    dataset.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence[0].RescaleIntercept = 0


def source_frame(dataset):
    group(dataset).DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber = 9


def other_source(dataset):
    group(dataset).DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID = "1.2.3"


def not_preserved(dataset):
    group(dataset).DerivationImageSequence[0].SourceImageSequence[0].SpatialLocationsPreserved = "NO"


def no_code(dataset):
    del group(dataset).DerivationImageSequence[0].DerivationCodeSequence


def unchanged(dataset):
    group(dataset).DerivationImageSequence[0].DerivationDescription = "Effects: no pixel differs from the source"


def evidence(dataset):
    del dataset.SourceImageEvidenceSequence


def dimensions(dataset):
    group(dataset).FrameContentSequence[0].DimensionIndexValues = [1, 1]


def private(dataset):
    group(dataset).add_new(Tag(0x2005, 0x10), "LO", "MAKER")


def synthetic(dataset):
    dataset.SyntheticData = "NO"


def side(dataset):
    dataset.SharedFunctionalGroupsSequence[0].FrameAnatomySequence[0].FrameLaterality = "L"


def same_object(dataset):
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.826.0.4.1"


PLANTED = {
    frame_type: "frame-type",
    image_type: "image-type",
    moved_frame: "changed-ImagePositionPatient",
    rescale: "changed-RescaleIntercept",
    source_frame: "source-frame",
    other_source: "source-reference",
    not_preserved: "frame-of-reference",
    no_code: "derivation-code",
    unchanged: "unchanged",
    evidence: "evidence",
    dimensions: "dimensions",
    private: "private",
    synthetic: "synthetic",
    side: "changed-FrameLaterality",
    same_object: "same-instance",
}


def test_a_copy_says_nothing_that_is_not_so(pair):
    assert verify_image(*pair) == ()


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_what_is_not_so_is_found_wherever_it_is_said(pair, plant):
    dataset = pydicom.dcmread(pair[1])
    plant(dataset)
    dataset.save_as(pair[1])
    assert PLANTED[plant] in {one.code for one in verify_image(*pair)}


def test_a_derived_object_that_is_none_is_not_let_through(pair):
    before = pydicom.dcmread(pair[0])
    assert verify_image(pair[0], pair[0])
    assert len(before.PerFrameFunctionalGroupsSequence) == 3
