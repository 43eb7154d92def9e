"""Derived Enhanced objects: right in every group, and nobody has anything new against them."""

from __future__ import annotations

import itertools
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.tag import Tag
from pydicom.uid import JPEG2000, RLELossless

from domainaug.errors import LabelError
from domainaug.kernels.regrid import Regrid
from domainaug.medical import load, read_study, write_series
from domainaug.medical.labels import Grid
from domainaug.medical.other_readers import Reading, disagreement, installed, read_with
from domainaug.medical.terms import Terms
from domainaug.medical.validators import dcentvfy, find_tool, new_errors
from domainaug.medical.verify import verify_image, verify_series

SHUFFLED = (3, 0, 4, 1, 2)
MOVED = {"moved": True, "record": {"effects": {"rotation": 4.0}}}
NOISE = {"record": {"effects": {"noise": 0.05}}}


@dataclass(frozen=True)
class Told:
    """A run, as a writer is told of it."""

    profile: str = "medical/ct"
    profile_version: str = "1.0.0"
    profile_digest: str = "ab" * 32
    seed: int = 7
    copy: int = 0
    moved: bool = False
    record: Any = field(default_factory=dict)
    version: str = "0.1.0"


@pytest.fixture
def ct(phantom, tmp_path):
    frames = [phantom.frame(k) for k in SHUFFLED]
    return phantom.enhanced(tmp_path / "ct.dcm", frames, map(phantom.stored, SHUFFLED))


@pytest.fixture
def mr(phantom, tmp_path):
    return phantom.enhanced(tmp_path / "mr.dcm", map(phantom.frame, range(4)), map(phantom.stored, range(4)), kind="MR")


@pytest.fixture
def pet(phantom, tmp_path):
    frames = [phantom.frame(k, content={"TemporalPositionIndex": 1}) for k in range(3)]
    return phantom.enhanced(tmp_path / "pt.dcm", frames, map(phantom.stored, range(3)), kind="PT")


@pytest.fixture
def converted(tmp_path):
    """Classic CT slices that highdicom made one Legacy Converted Enhanced object of."""
    hd = pytest.importorskip("highdicom")
    slices = []
    for k in range(4):
        one = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
        one.remove_private_tags()
        one.SOPInstanceUID, one.InstanceNumber = f"1.2.826.0.6.{k + 1}", k + 1
        one.ImagePositionPatient, one.SliceLocation = [-10, 20, 5.0 * k], 5.0 * k
        one.ImageOrientationPatient, one.AcquisitionNumber = [1, 0, 0, 0, 1, 0], 1
        slices.append(one)
    path = tmp_path / "converted.dcm"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hd.legacy.LegacyConvertedEnhancedCTImage(slices, "1.2.826.0.6.9", 1, "1.2.826.0.6.8", 1).save_as(path)
    return path


def copies(series, folder, change=lambda seen: seen, allow=(), **told):
    """Write a copy, and return its files."""
    loaded = load(series.files, chosen=series.chosen)
    files = write_series(loaded, change(loaded.view.seen()), Told(**told), Terms(frozenset(allow)))
    folder.mkdir(exist_ok=True, parents=True)
    paths = [folder / f"{number}-{series.key}.dcm" for number in range(len(files))]
    for path, content in zip(paths, files, strict=True):
        path.write_bytes(content)
    return paths


def copy_of(path, folder, change=lambda seen: seen, **told):
    (series,) = read_study(path).series
    (out,) = copies(series, folder, change, **told)
    return out


# -- an object and its copy -------------------------------------------------------------------------------


def test_an_untouched_copy_has_the_same_pixels_in_the_same_order_and_says_so(ct, tmp_path):
    out = copy_of(ct, tmp_path / "out")
    before, after = pydicom.dcmread(ct), pydicom.dcmread(out)
    assert after.PixelData == before.PixelData
    assert after.SOPClassUID == before.SOPClassUID
    assert after.FrameOfReferenceUID == before.FrameOfReferenceUID
    for frame in after.PerFrameFunctionalGroupsSequence:
        (derivation,) = frame.DerivationImageSequence
        assert "no pixel differs" in derivation.DerivationDescription
        assert [code.CodeValue for code in derivation.DerivationCodeSequence] == ["KEPT"]
    assert verify_image(ct, out) == ()


def test_groups_are_kept_and_each_frame_names_the_one_it_came_from(ct, tmp_path):
    before, after = pydicom.dcmread(ct), pydicom.dcmread(copy_of(ct, tmp_path / "out", lambda seen: seen + 3, **NOISE))
    assert after.SharedFunctionalGroupsSequence[0].keys() == before.SharedFunctionalGroupsSequence[0].keys()
    frames = zip(before.PerFrameFunctionalGroupsSequence, after.PerFrameFunctionalGroupsSequence, strict=True)
    for number, (old, new) in enumerate(frames, start=1):
        assert new.PlanePositionSequence == old.PlanePositionSequence
        assert new.FrameContentSequence == old.FrameContentSequence
        (source,) = new.DerivationImageSequence[0].SourceImageSequence
        assert (source.ReferencedSOPInstanceUID, source.ReferencedFrameNumber) == (before.SOPInstanceUID, number)
        assert source.SpatialLocationsPreserved == "YES"
    assert after.ImageType == ["DERIVED", "PRIMARY", "VOLUME", "NONE"]
    assert after.SharedFunctionalGroupsSequence[0].CTImageFrameTypeSequence[0].FrameType == after.ImageType
    (study,) = after.SourceImageEvidenceSequence
    assert study.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == before.SOPInstanceUID
    assert (after.SyntheticData, after.NumberOfFrames) == ("YES", 5)
    assert after.SeriesInstanceUID != before.SeriesInstanceUID


def test_values_come_back_through_the_rescale_of_their_frame(phantom, tmp_path):
    rescales = [(1, -1024), (2, 10), (0.5, 3)]
    frames = [
        phantom.frame(k, PixelValueTransformationSequence=phantom.item(
            RescaleSlope=slope, RescaleIntercept=intercept, RescaleType="HU"))
        for k, (slope, intercept) in enumerate(rescales)
    ]  # fmt: skip
    path = phantom.enhanced(tmp_path / "ct.dcm", frames, map(phantom.stored, range(3)))
    out = copy_of(path, tmp_path / "out", lambda seen: seen + 20, **NOISE)
    before, after = (read_study(one).series[0].pixels() for one in (path, out))
    np.testing.assert_array_equal(after, before + 20)


def test_the_same_copy_has_the_same_bytes_and_another_one_other_uids(ct, tmp_path):
    first, again, other = (copy_of(ct, tmp_path / name, copy=copy) for name, copy in (("a", 0), ("b", 0), ("c", 1)))
    assert first.read_bytes() == again.read_bytes()
    uids = [pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID for path in (ct, first, other)]
    assert len(set(uids)) == 3


def test_content_that_moved_lies_in_a_frame_of_reference_of_its_own(phantom, tmp_path):
    pointing = {
        "ReferencedImageSequence": phantom.item(
            ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2", ReferencedSOPInstanceUID="1.2.3",
            PurposeOfReferenceCodeSequence=[phantom.code("121311", "DCM", "Localizer")]),
        "FrameDisplayShutterSequence": phantom.item(ShutterShape="RECTANGULAR"),
    }  # fmt: skip
    path = phantom.enhanced(
        tmp_path / "ct.dcm", [phantom.frame(k, **pointing) for k in range(3)], map(phantom.stored, range(3)),
        ReferencedImageEvidenceSequence=[phantom.item(StudyInstanceUID="1.2")],
    )  # fmt: skip
    stays = pydicom.dcmread(copy_of(path, tmp_path / "stays", lambda seen: seen + 3, **NOISE))
    assert set(pointing) <= {one.keyword for one in stays.PerFrameFunctionalGroupsSequence[0]}
    assert "ReferencedImageEvidenceSequence" in stays
    before, after = pydicom.dcmread(path), pydicom.dcmread(copy_of(path, tmp_path / "out", np.flip, **MOVED))
    assert after.FrameOfReferenceUID != before.FrameOfReferenceUID
    assert after.ImageType == ["DERIVED", "PRIMARY", "VOLUME", "RESAMPLED"]
    assert "ReferencedImageEvidenceSequence" not in after
    for frame in after.PerFrameFunctionalGroupsSequence:
        assert not set(pointing) & {one.keyword for one in frame}
        assert frame.DerivationImageSequence[0].SourceImageSequence[0].SpatialLocationsPreserved == "NO"


def test_a_derived_mr_image_says_nothing_of_a_pulse_sequence(mr, tmp_path):
    after = pydicom.dcmread(copy_of(mr, tmp_path / "out", lambda seen: seen + 3, **NOISE))
    assert "PulseSequenceName" in pydicom.dcmread(mr)
    assert not {"PulseSequenceName", "EchoPulseSequence", "BulkMotionCompensationTechnique"} & set(after.dir())
    assert after.MagneticFieldStrength == 3
    assert after.SharedFunctionalGroupsSequence[0].MRFOVGeometrySequence[0].InPlanePhaseEncodingDirection == "ROW"


def test_compressed_frames_are_read_and_loss_is_remembered(ct, tmp_path):
    expected = read_study(ct).series[0].pixels(stored=True)
    for syntax, more, lossy in ((RLELossless, {}, "00"), (JPEG2000, {"j2k_psnr": [60]}, "01")):
        dataset = pydicom.dcmread(ct)
        dataset.compress(syntax, generate_instance_uid=False, **more)
        dataset.LossyImageCompression = None
        path = tmp_path / f"{syntax.keyword}.dcm"
        dataset.save_as(path)
        (series,) = read_study(path).series
        off = np.abs(series.pixels(stored=True) - expected.astype(int)).max()
        assert 0 < off < 20 if lossy == "01" else off == 0
        after = pydicom.dcmread(copy_of(path, tmp_path / "out"))
        assert (after.get("LossyImageCompression") or "00") == lossy


# -- one stack of several ---------------------------------------------------------------------------------


@pytest.fixture
def moments(phantom, tmp_path):
    """Four slices at three moments of one file, black at the first two."""
    pointers = (
        ("TemporalPositionIndex", "FrameContentSequence"),
        ("InStackPositionNumber", "FrameContentSequence"),
    )
    frames = [
        phantom.frame(k, content={"TemporalPositionIndex": moment}, index=(moment, k + 1))
        for k, moment in itertools.product(range(4), (1, 2, 3))
    ]
    pixels = [phantom.stored(k) * (moment == 3) for k, moment in itertools.product(range(4), (1, 2, 3))]
    return phantom.enhanced(tmp_path / "mr.dcm", frames, pixels, kind="MR", dimensions=pointers)


def test_a_stack_is_written_without_the_frames_of_the_others(moments, tmp_path):
    found = read_study(moments).series
    outs = [copies(series, tmp_path / "out")[0] for series in found]
    for series, out in zip(found, outs, strict=True):
        after = pydicom.dcmread(out)
        contents = [one.FrameContentSequence[0] for one in after.PerFrameFunctionalGroupsSequence]
        assert after.NumberOfFrames == len(contents) == 4
        assert [list(one.DimensionIndexValues) for one in contents] == [[1, k] for k in (1, 2, 3, 4)]
        assert {one.TemporalPositionIndex for one in contents} == {1}
        sources = [
            one.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber
            for one in after.PerFrameFunctionalGroupsSequence
        ]
        assert sources == [one.frame + 1 for one in series.instances]
        (again,) = read_study(out).series
        np.testing.assert_array_equal(again.pixels(), series.pixels())
        assert verify_image(moments, out) == ()
    headers = [pydicom.dcmread(out, stop_before_pixels=True) for out in outs]
    assert len({one.SOPInstanceUID for one in headers}) == 3  # though two of them show the same
    assert len({one.DimensionOrganizationSequence[0].DimensionOrganizationUID for one in headers}) == 3


def test_what_was_mixed_is_no_more(phantom, tmp_path):
    parts = ("MAGNITUDE", "PHASE")
    frames = [
        phantom.frame(k, MRImageFrameTypeSequence=phantom.frame_type_mr("T1" if part == "PHASE" else "T2", part))
        for k, part in itertools.product(range(3), parts)
    ]
    path = phantom.enhanced(
        tmp_path / "mr.dcm", frames, map(phantom.stored, range(6)), kind="MR", ComplexImageComponent="MIXED",
        ImageType=["ORIGINAL", "PRIMARY", "MIXED", "NONE"], shared={"MRImageFrameTypeSequence": None},
    )  # fmt: skip
    told = set()
    for series in read_study(path).series:
        (out,) = copies(series, tmp_path / "out")
        after = pydicom.dcmread(out)
        told.add((after.ImageType[2], after.ComplexImageComponent))
        assert verify_image(path, out) == ()
    assert told == {("T2", "MAGNITUDE"), ("T1", "PHASE")}


def test_a_dimension_of_a_vendor_goes_with_what_it_points_at(phantom, tmp_path):
    path = phantom.enhanced(
        tmp_path / "mr.dcm", [phantom.frame(k, index=(1, k + 1, 7)) for k in range(3)],
        map(phantom.stored, range(3)), kind="MR",
    )  # fmt: skip
    dataset = pydicom.dcmread(path)
    organization = dataset.DimensionIndexSequence[0].DimensionOrganizationUID
    dataset.DimensionIndexSequence.append(
        phantom.item(DimensionOrganizationUID=organization, DimensionIndexPointer=Tag(0x2005, 0x1001))
    )
    dataset.save_as(path)
    out = copy_of(path, tmp_path / "out")
    after = pydicom.dcmread(out)
    rows = [list(one.FrameContentSequence[0].DimensionIndexValues) for one in after.PerFrameFunctionalGroupsSequence]
    assert (len(after.DimensionIndexSequence), rows) == (2, [[1, 1], [1, 2], [1, 3]])
    assert verify_image(path, out) == ()


def test_an_object_in_several_files_comes_out_as_several_that_stand_for_themselves(phantom, tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    for number, run in enumerate((range(2), range(2, 5)), start=1):
        phantom.enhanced(
            place / f"part{number}.dcm", map(phantom.frame, run), map(phantom.stored, run),
            SOPInstanceUID=f"1.2.826.0.5.{number}", ConcatenationUID="1.2.826.0.5.9", InConcatenationNumber=number,
            InConcatenationTotalNumber=2, ConcatenationFrameOffsetNumber=run.start, InstanceNumber=number,
        )  # fmt: skip
    (series,) = read_study(place).series
    outs = copies(series, tmp_path / "out", lambda seen: seen + 5, **NOISE)
    headers = [pydicom.dcmread(path) for path in outs]
    assert [one.NumberOfFrames for one in headers] == [2, 3]
    assert not any("ConcatenationUID" in one or "InConcatenationNumber" in one for one in headers)
    assert verify_series(series.files, outs) == ()
    (again,) = read_study(tmp_path / "out").series
    np.testing.assert_array_equal(again.pixels(), series.pixels() + 5)


def test_files_of_one_frame_each_make_a_stack_and_come_out_one_by_one(phantom, tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    for k in range(4):
        phantom.enhanced(
            place / f"{9 - k}.dcm", [phantom.frame(k)], [phantom.stored(k)], kind="MR", InstanceNumber=k + 1,
            SOPInstanceUID=f"1.2.826.0.5.{k + 1}",
        )  # fmt: skip
    (series,) = read_study(place).series
    assert (series.size[0], series.findings, len(series.files)) == (4, (), 4)
    outs = copies(series, tmp_path / "out", lambda seen: seen + 5, **NOISE)
    (again,) = read_study(tmp_path / "out").series
    np.testing.assert_array_equal(again.pixels(), series.pixels() + 5)
    pairs = {pydicom.dcmread(path).SourceImageEvidenceSequence[0].ReferencedSeriesSequence[0]
             .ReferencedSOPSequence[0].ReferencedSOPInstanceUID: path for path in outs}  # fmt: skip
    assert verify_series(series.files, [pairs[one.sop_instance_uid] for one in series.instances]) == ()


# -- other pixels, other sides ----------------------------------------------------------------------------


def test_a_crop_says_where_its_frames_lie(phantom, ct, tmp_path):
    grid = Regrid((3, 10, 12), (5, 32, 40), start=(1, 4, 6), step=(1, 1, 1))
    record = {"effects": {}, "grid": grid.as_record()}
    out = copy_of(ct, tmp_path / "out", lambda seen: seen[1:4, 4:14, 6:18], record=record)
    (before,), (after,) = read_study(ct).series, read_study(out).series
    assert (after.size, after.refusal) == ((3, 10, 12), None)
    np.testing.assert_array_equal(after.pixels(), before.pixels()[1:4, 4:14, 6:18])
    old, new = Grid.of_series(before), Grid.of_series(after)
    np.testing.assert_allclose(new.to_mm([[0, 0, 0], [11, 9, 2]]), old.to_mm([[6, 4, 1], [17, 13, 3]]), atol=1e-6)
    contents = [one.FrameContentSequence[0] for one in pydicom.dcmread(out).PerFrameFunctionalGroupsSequence]
    assert [one.InStackPositionNumber for one in contents] == [1, 2, 3]
    assert verify_image(ct, out) == ()
    if find_tool("dciodvfy") is not None:
        assert new_errors(ct, out) == frozenset()


def test_a_turn_with_its_geometry_says_where_rows_and_columns_point(ct, tmp_path):
    grid = Regrid((5, 40, 32), (5, 32, 40), start=(0, 31, 0), step=(1, 1, -1), along=(0, 2, 1))
    record = {"effects": {}, "grid": grid.as_record()}
    out = copy_of(ct, tmp_path / "out", lambda seen: seen.transpose(0, 2, 1)[:, :, ::-1], record=record)
    (before,), (after,) = read_study(ct).series, read_study(out).series
    assert after.spacing == before.spacing[::-1]
    old, new = Grid.of_series(before), Grid.of_series(after)
    np.testing.assert_allclose(new.to_mm([[0, 0, 0], [31, 39, 4]]), old.to_mm([[0, 31, 0], [39, 0, 4]]), atol=1e-6)
    np.testing.assert_array_equal(after.pixels(), before.pixels().transpose(0, 2, 1)[:, :, ::-1])
    (reference,) = (
        pydicom.dcmread(out).PerFrameFunctionalGroupsSequence[0].DerivationImageSequence[0].SourceImageSequence
    )
    assert reference.SpatialLocationsPreserved == "REORIENTED_ONLY"
    assert verify_image(ct, out) == ()
    if find_tool("dciodvfy") is not None:
        assert new_errors(ct, out) == frozenset()


def test_a_tilt_that_was_mended_is_told_of_no_more(phantom, tmp_path):
    flat = {"PlaneOrientationSequence": phantom.item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])}
    frames = [
        phantom.frame(k, PlanePositionSequence=phantom.item(ImagePositionPatient=[0, 0.6 * k, 2.5 * k]))
        for k in range(5)
    ]
    path = phantom.enhanced(tmp_path / "ct.dcm", frames, map(phantom.stored, range(5)), shared=flat)
    tilted = pydicom.dcmread(path)
    tilted.SharedFunctionalGroupsSequence[0].CTAcquisitionDetailsSequence[0].GantryDetectorTilt = 13.5
    tilted.save_as(path)
    (series,) = read_study(path).series
    loaded = load(series.files).straightened({"gantry-tilt"})
    (content,) = write_series(loaded, loaded.view.seen(), Told(), Terms(frozenset({"gantry-tilt"})))
    out = tmp_path / "out.dcm"
    out.write_bytes(content)
    (after,) = read_study(out).series
    assert after.refusal is None
    assert after.size == loaded.view.series.size
    details = pydicom.dcmread(out).SharedFunctionalGroupsSequence[0].CTAcquisitionDetailsSequence[0]
    assert details.GantryDetectorTilt == 0
    assert verify_image(path, out) == ()
    if find_tool("dciodvfy") is not None:
        assert new_errors(path, out) == frozenset()


def sided(phantom, tmp_path):
    knee = phantom.item(AnatomicRegionSequence=[phantom.code("72696002", "SCT", "Knee")], FrameLaterality="L")
    return phantom.enhanced(
        tmp_path / "mr.dcm", map(phantom.frame, range(3)), map(phantom.stored, range(3)), kind="MR",
        shared={"FrameAnatomySequence": knee},
    )  # fmt: skip


def test_a_mirrored_frame_that_names_its_side_is_refused(phantom, tmp_path):
    record = {"effects": {"mirror_horizontal": 1.0}}
    with pytest.raises(LabelError, match="FrameLaterality"):
        copy_of(sided(phantom, tmp_path), tmp_path / "out", np.flip, moved=True, record=record)


def test_a_mirrored_patient_has_sides_exchanged_in_groups_too(phantom, tmp_path):
    effects = {"mirror_left_right": 1.0}
    record = {"effects": effects, "steps": [{"transform": "AnatomicalMirror", "effects": effects}]}
    path = sided(phantom, tmp_path)
    out = copy_of(path, tmp_path / "out", lambda seen: seen[..., ::-1], moved=True, record=record)
    anatomy = pydicom.dcmread(out).SharedFunctionalGroupsSequence[0].FrameAnatomySequence[0]
    assert anatomy.FrameLaterality == "R"
    assert verify_image(path, out) == ()


# -- what others say --------------------------------------------------------------------------------------

needs_validators = pytest.mark.skipif(find_tool("dciodvfy") is None, reason="dicom3tools is not installed")


REAL_AND_LARGE = pytest.param("philips", marks=pytest.mark.slow)


@needs_validators
@pytest.mark.parametrize("what", ["same", "noise", "moved"])
@pytest.mark.parametrize("name", ["ct", "mr", "pet", "converted", "perfusion", REAL_AND_LARGE, "moments"])
def test_validators_find_nothing_that_the_source_had_not(request, tmp_path, name, what):
    source: Path = request.getfixturevalue(name)
    told = {"same": {}, "noise": NOISE, "moved": MOVED}[what]
    for series in read_study(source).series:
        for out in copies(
            series, tmp_path / "out", (lambda seen: seen) if what == "same" else lambda seen: seen + 4, **told
        ):
            assert new_errors(source, out) == frozenset()
            assert dcentvfy([source, out]) - dcentvfy([source]) == frozenset()
            assert verify_image(source, out) == ()


@pytest.mark.parametrize("name", ["ct", "mr", "pet", "converted", "perfusion"])
def test_other_programs_read_the_copy_as_we_do(request, tmp_path, name):
    out = copy_of(request.getfixturevalue(name), tmp_path / "out", lambda seen: seen + 4, **NOISE)
    (series,) = read_study(out).series
    bits = series.instances[0].storage.stored
    asked = {"GDCM", "dcm2niix"} & set(installed())
    if not asked:
        pytest.skip("neither SimpleITK nor dcm2niix is installed")
    if series.chosen is not None:
        asked -= {"GDCM"}  # it takes frames in the order of the file, wherever they lie
    ours = Reading(series.pixels(), Grid.of_series(series).matrix)
    assert {one: disagreement(ours, read_with(one, [out], bits)) for one in asked} == dict.fromkeys(asked, "")
