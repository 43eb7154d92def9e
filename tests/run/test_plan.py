import shutil
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from domainaug.errors import DomainAugError, OutputError, UnknownName
from domainaug.layouts.coco import Coco
from domainaug.layouts.dicom_study import DicomStudy
from domainaug.layouts.image_folder import ImageFolder
from domainaug.profile import load_profile
from domainaug.run import augment, replay
from domainaug.run.plan import make_plan, with_allowed, with_quality

CT = Path(str(get_testdata_file("CT_small.dcm")))


def plan(source, tmp_path, profile):
    return make_plan(source, tmp_path / "out", profile=profile, copies=1, seed=0, strength=1, options=None, layout=None)


class TestWhatAProfileIsFor:
    def test_an_image_of_its_modality_is_augmented(self, tmp_path):
        made = plan(CT, tmp_path, "medical/ct-chest")
        assert len(made.items) == 1
        assert not made.set_aside

    def test_an_image_of_another_modality_is_set_aside(self, tmp_path):
        made = plan(CT, tmp_path, "medical/chest-xray")
        assert not made.items
        (aside,) = made.set_aside
        assert (aside.code, aside.reason) == (
            "other-modality",
            "file-00001: it is CT; medical/chest-xray is for CR and DX",
        )

    def test_it_is_told_by_its_place_in_the_folder(self, tmp_path):
        folder = tmp_path / "in"
        folder.mkdir()
        (folder / "a-note.txt").write_text("hello")
        shutil.copy(CT, folder / "doe.dcm")
        (aside,) = plan(folder, tmp_path / "out", "medical/chest-xray").set_aside
        assert aside.reason.startswith("file-00002: it is CT")

    def test_the_run_counts_it_and_exits_with_1(self, tmp_path):
        summary = augment(CT, tmp_path / "out", profile="medical/brain-mri", workers=1)
        assert (summary.done, len(summary.set_aside), summary.exit_code) == (0, 1, 1)

    @pytest.mark.parametrize("change", [{"RescaleType": "US"}, {"RescaleSlope": None, "RescaleIntercept": None}])
    def test_ct_that_is_not_in_hu_is_set_aside_by_profiles_that_are_unless_it_is_allowed(self, tmp_path, change):
        header = pydicom.dcmread(CT)
        for name, value in change.items():
            if value is None:
                del header[name]
            else:
                setattr(header, name, value)
        header.save_as(tmp_path / "map.dcm")
        (aside,) = plan(tmp_path / "map.dcm", tmp_path, "medical/ct-chest").set_aside
        assert (aside.code, aside.reason) == (
            "not-hu",
            "file-00001: its values are not HU: it has no rescale slope, or a rescale type of its own; "
            "medical/ct-chest is in HU; --allow not-hu takes them as they are",
        )
        allowed = augment(
            tmp_path / "map.dcm", tmp_path / "out", profile="medical/ct-chest", allow=["not-hu"], workers=1
        )
        assert allowed.exit_code == 0
        assert len(plan(tmp_path / "map.dcm", tmp_path / "elsewhere", "general/photo").items) == 1

    @pytest.mark.parametrize("profile", ["general/photo", "manufacturing/metal-surface"])
    def test_a_profile_that_names_no_modality_takes_any(self, tmp_path, profile):
        assert len(plan(CT, tmp_path, load_profile(profile)).items) == 1


class TestAllowedFindings:
    def test_they_are_told_to_the_layout_which_stays_as_it_is_otherwise(self):
        layout = DicomStudy()
        assert with_allowed(layout, ()) is layout
        assert with_allowed(layout, ["gantry-tilt"]).allow == {"gantry-tilt"}
        assert with_allowed(layout, ["tilt", "gaps"]).allow == {"gantry-tilt", "missing-slice"}

    def test_one_that_does_not_exist_is_refused_with_the_nearest(self):
        with pytest.raises(UnknownName, match="did you mean 'gantry-tilt'"):
            with_allowed(DicomStudy(), ["gantry_tilt"])

    def test_pictures_have_none(self):
        with pytest.raises(DomainAugError, match="image-folder has no findings to allow"):
            with_allowed(ImageFolder(), ["gantry-tilt"])

    def test_a_run_knows_what_it_allowed_and_is_replayed_with_it(self, tmp_path):
        given = {"profile": "medical/ct-chest", "engine": "serial"}
        strict = augment(gapped(tmp_path), tmp_path / "strict", **given)
        assert [aside.code for aside in strict.set_aside] == ["missing-slice"]
        allowing = augment(tmp_path / "ct", tmp_path / "out", allow=["missing-slice"], **given)
        assert (allowing.done, allowing.set_aside) == (1, ())
        assert replay(tmp_path / "out", engine="serial").ok
        with pytest.raises(OutputError, match="allowed findings was"):
            augment(tmp_path / "ct", tmp_path / "out", **given)


def gapped(folder):
    """Return a CT stack that lacks a slice."""
    (folder / "ct").mkdir()
    for number, place in enumerate((0.0, 5.0, 10.0, 20.0)):
        dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.{number + 1}"
        dataset.ImagePositionPatient, dataset.InstanceNumber = [-10.0, 20.0, place], number + 1
        dataset.save_as(folder / "ct" / f"{number}.dcm")
    return folder / "ct"


class TestTheQualityOfJpegs:
    @pytest.mark.parametrize("layout", [ImageFolder(max_pixels=9), Coco(max_pixels=9)])
    def test_it_is_told_to_the_layout_which_stays_as_it_is_otherwise(self, layout):
        assert with_quality(layout, None) is layout
        told = with_quality(layout, 90)
        assert (told.jpeg_quality, told.max_pixels, layout.jpeg_quality) == (90, 9, None)

    @pytest.mark.parametrize("quality", [0, 101, -1, 90.5, "90"])
    def test_what_is_no_quality_is_refused(self, quality):
        with pytest.raises(DomainAugError, match="whole number from 1 to 100"):
            with_quality(ImageFolder(), quality)

    def test_a_layout_that_writes_no_jpeg_refuses_it(self):
        with pytest.raises(DomainAugError, match="dicom-study writes no JPEG; leave the quality out"):
            with_quality(DicomStudy(), 90)
