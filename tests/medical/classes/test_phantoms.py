"""Kinds of images of which no real file is at hand: their truth is read, and goes into their copies."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import RLELossless

from domainaug.errors import LabelError, UnreadableInput
from domainaug.medical import alike, codecs, load, read_study, validators, verify, write_series
from domainaug.medical.pixels import decode
from domainaug.medical.slicewise import new_pixels
from domainaug.medical.terms import Terms
from domainaug.medical.writer import files_of

MANY = {"rotation": 3.0, "noise": 0.01, "gamma": [1.2, 1.2], "contrast": 1.1}
ROTATED = {"moved": True, "record": {"effects": {"rotation": 3.0}}}


def region(units: int = 3) -> pydicom.Dataset:
    item = pydicom.Dataset()
    item.RegionSpatialFormat, item.RegionDataType, item.RegionFlags = 1, 1, 0
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = units
    item.PhysicalDeltaX, item.PhysicalDeltaY = 0.02, 0.04
    return item


def only(source: Path):
    (series,) = read_study(source).series
    return series


def copies(source: Path, run, *, shift: int = 0, allow=()) -> list[pydicom.Dataset]:
    loaded = load(only(source).files)
    seen = np.roll(loaded.view.seen(), shift, axis=2)
    return [
        pydicom.dcmread(io.BytesIO(content)) for content in write_series(loaded, seen, run, Terms(frozenset(allow)))
    ]


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("kind", ["mammogram", "pet", "cine"])
def test_a_phantom_and_its_copy_have_no_errors_at_all(kind, moved, request, told, tmp_path):
    series = only(request.getfixturevalue(kind)())
    loaded = load(series.files)
    seen = np.roll(loaded.view.seen(), 2 * moved, axis=2)
    written = []
    for number, content in enumerate(
        write_series(loaded, seen, told(moved=moved, record={"effects": MANY if moved else {}}))
    ):
        written.append(tmp_path / f"copy-{number}.dcm")
        written[-1].write_bytes(content)
    for before, after in zip(series.files, written, strict=True):
        assert validators.dciodvfy(before) == validators.dciodvfy(after) == frozenset()
    assert validators.dcentvfy([*series.files, *written]) <= validators.dcentvfy(series.files)
    assert verify.verify_series(series.files, written) == ()


class TestMammograms:
    def test_it_is_read_as_it_is(self, mammogram):
        series = only(mammogram())
        assert (series.modality, series.kind, series.spacing) == ("MG", "images", (0.1, 0.1))
        view = load(series.files).view
        assert (view.low, view.high, view.fill) == (0.0, 4095.0, 0.0)
        assert view.seen()[0, 25, 10] == 3000

    def test_its_copy_keeps_its_purpose_its_side_and_its_view(self, mammogram, told):
        source = pydicom.dcmread(mammogram())
        (out,) = copies(mammogram(), told(profile="medical/mammography", **ROTATED), shift=1)
        for name in ("PresentationIntentType", "ImageLaterality", "ViewPosition", "PixelIntensityRelationship"):
            assert out[name].value == source[name].value
        assert list(out.ImageType) == ["DERIVED", "SECONDARY"]

    def test_it_is_not_mirrored(self, mammogram, told):
        with pytest.raises(LabelError, match="ImageLaterality names a side"):
            copies(mammogram(), told(moved=True, record={"effects": {"mirror_horizontal": 1}}))

    def test_for_processing_is_read_too(self, mammogram, told):
        path = mammogram(SOPClassUID="1.2.840.10008.5.1.4.1.1.1.2.1", PresentationIntentType="FOR PROCESSING")
        (out,) = copies(path, told())
        assert out.PresentationIntentType == "FOR PROCESSING"
        assert out.SOPClassUID == "1.2.840.10008.5.1.4.1.1.1.2.1"


class TestPet:
    def test_slices_that_scale_themselves_are_one_volume_in_its_unit(self, pet, activity):
        series = only(pet())
        assert (series.modality, series.kind, series.unit) == ("PT", "volume", "BQML")
        assert series.voxel_spacing == (4.0, 4.0, 4.0)
        assert "rescale-per-slice" in [finding.code for finding in series.findings]
        assert np.abs(series.pixels() - activity).max() <= 60000 / 32767 / 2 + 0.01

    def test_it_is_shown_from_nothing_to_the_brightest(self, pet):
        view = load(only(pet()).files).view
        assert (view.low, view.fill) == (0.0, 0.0)
        assert view.high == pytest.approx(60000, abs=1)

    def test_every_slice_goes_back_by_its_own_rescale(self, pet, activity, told):
        series = only(pet())
        before = [pydicom.dcmread(path) for path in series.files]
        out = copies(pet("again"), told())
        for one, other in zip(before, out, strict=True):
            assert np.array_equal(one.pixel_array, other.pixel_array)
            assert one.RescaleSlope == other.RescaleSlope
        assert len({one.RescaleSlope for one in out}) == 2

    def test_a_slice_that_became_brighter_scales_itself_anew(self, pet, told, tmp_path):
        series = only(pet())
        loaded = load(series.files)
        seen = np.roll(loaded.view.seen(), 1, axis=0)  # the hot spot comes to a slice that holds 5000 at most
        contents = write_series(loaded, seen, told(**ROTATED))
        written = []
        for number, content in enumerate(contents):
            written.append(tmp_path / f"copy-{number}.dcm")
            written[-1].write_bytes(content)
        out = [pydicom.dcmread(path) for path in written]
        before = [pydicom.dcmread(path) for path in series.files]
        kept = [one.RescaleSlope == other.RescaleSlope for one, other in zip(before, out, strict=True)]
        assert kept == [True, True, True, False, True]
        for plane, one in zip(seen, out, strict=True):
            assert np.abs(one.pixel_array * float(one.RescaleSlope) - plane).max() <= float(one.RescaleSlope) / 2 + 0.01
            assert "saturated" not in one.DerivationDescription
        assert verify.verify_series(series.files, written) == ()
        assert [validators.dciodvfy(path) for path in written] == [frozenset()] * 5

    def test_made_slice_by_slice_it_is_the_same(self, pet, told):
        files = only(pet()).files
        run = told(record={"effects": {"brightness": 0.5}})
        loaded = load(files)
        whole = write_series(loaded, loaded.view.seen() * np.float32(1.5), run)
        loaded = load(files)
        pixels = new_pixels(loaded, lambda _, slices: slices * np.float32(1.5), moved=False)
        assert len(pixels.slopes) == 5
        assert [bytes(file) for file in files_of(loaded, pixels, run)] == whole

    def test_what_was_corrected_and_when_stays(self, pet, told):
        before = pydicom.dcmread(only(pet()).files[0])
        out = copies(pet("again"), told(**ROTATED), shift=1)[0]
        names = ("Units", "DecayCorrection", "DecayFactor", "CorrectedImage", "SeriesType", "ActualFrameDuration")
        for name in (
            *names,
            "FrameReferenceTime",
            "ImageIndex",
            "NumberOfSlices",
            "RadiopharmaceuticalInformationSequence",
        ):
            assert out[name].value == before[name].value
        assert list(out.ImageType) == ["DERIVED", "PRIMARY"]  # its class has no other second value


class TestCines:
    def test_frames_in_time_are_no_volume(self, cine):
        series = only(cine())
        assert (series.modality, series.kind, series.size, series.geometry) == ("US", "cine", (6, 48, 64), None)
        assert [one.frame for one in series.instances] == list(range(6))
        disc = series.pixels(stored=True) == 200
        columns = [np.nonzero(frame)[1].mean() for frame in disc]
        assert np.allclose(np.diff(columns), 1)

    def test_regions_stay_with_still_pictures_only(self, cine, told):
        (still,), (moved,) = copies(cine(), told()), copies(cine(), told(**ROTATED), shift=1)
        assert "SequenceOfUltrasoundRegions" in still
        assert "SequenceOfUltrasoundRegions" not in moved
        assert list(moved.ImageType) == ["DERIVED", "SECONDARY", "ABDOMINAL", "0001"]

    def test_a_pixel_is_as_large_as_the_views_of_tissue_say(self, cine):
        assert only(cine()).spacing == pytest.approx((0.4, 0.2))
        other = region()
        other.PhysicalDeltaX = 0.03
        for regions in ([], [region(), other], [region(units=0)]):
            series = only(cine(SequenceOfUltrasoundRegions=regions))
            assert series.spacing is None
            assert "no-spacing" in [finding.code for finding in series.findings]

    def test_it_changed_if_any_frame_did(self, cine, told):
        loaded = load(only(cine()).files)
        seen = loaded.view.seen()
        seen[4, 5, 5] += 9
        (content,) = write_series(loaded, seen, told(record={"faint": {"noise": 0.001}}))
        out = pydicom.dcmread(io.BytesIO(content))
        assert out.DerivationDescription.endswith("below what counts: noise 0.1 %")
        assert np.flatnonzero((out.pixel_array != loaded.view.stored).any(axis=(1, 2))).tolist() == [4]

    @pytest.mark.parametrize("threads", [1, 2])
    def test_frames_that_are_compressed_without_loss_are_the_same(self, threads, cine, monkeypatch, tmp_path):
        want = load([cine()]).view.stored
        dataset = pydicom.dcmread(cine())
        dataset.compress(RLELossless)
        dataset.save_as(tmp_path / "packed.dcm")
        strict = []
        monkeypatch.setattr(alike, "decode", lambda *given: strict.append(given) or decode(*given))
        assert np.array_equal(load([tmp_path / "packed.dcm"], threads=threads).view.stored, want)
        assert bool(strict) == (not codecs.decodes(RLELossless))

    @pytest.mark.parametrize("count", [5, 7])
    def test_compressed_frames_that_are_not_there_as_counted_are_refused(self, count, cine, tmp_path):
        dataset = pydicom.dcmread(cine())
        dataset.compress(RLELossless)
        dataset.NumberOfFrames = count
        dataset.save_as(tmp_path / "packed.dcm")
        with pytest.raises(UnreadableInput) as caught:
            load([tmp_path / "packed.dcm"])
        assert caught.value.code in ("bad-pixel-length", "damaged-pixels")

    @pytest.mark.parametrize(("frames", "code"), [(5, "bad-pixel-length"), (7, "truncated"), (0, "multi-frame")])
    def test_frames_that_are_not_there_as_counted_are_refused(self, frames, code, cine):
        path = cine(NumberOfFrames=frames)
        with pytest.raises(UnreadableInput) as caught:
            load([path])
        assert caught.value.code == code


class TestTextThatThereMayBe:
    def test_content_stays_where_it_is_unless_somebody_looked(self, cine, told):
        path = cine(BurnedInAnnotation=None)
        assert "burned-in-unknown" in [finding.code for finding in only(path).findings]
        assert copies(path, told(record={"effects": {"noise": 0.01}}))
        with pytest.raises(LabelError, match="nothing says whether text is burned into the image"):
            copies(path, told(**ROTATED), shift=1)
        assert copies(path, told(**ROTATED), shift=1, allow=["burned-in-unknown"])

    def test_a_file_that_says_so_is_taken_at_its_word(self, cine, told):
        assert "burned-in-unknown" not in [finding.code for finding in only(cine()).findings]
        assert copies(cine(), told(**ROTATED), shift=1)
        with pytest.raises(LabelError, match="BurnedInAnnotation YES"):
            copies(cine(BurnedInAnnotation="YES"), told(**ROTATED), shift=1, allow=["burned-in-unknown"])

    def test_other_kinds_of_images_are_not_asked(self, mammogram, told):
        assert copies(mammogram(BurnedInAnnotation=None), told(**ROTATED), shift=1)
