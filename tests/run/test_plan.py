import shutil
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from domainaug.errors import DomainAugError
from domainaug.layouts.coco import Coco
from domainaug.layouts.dicom_study import DicomStudy
from domainaug.layouts.image_folder import ImageFolder
from domainaug.profile import load_profile
from domainaug.run import augment
from domainaug.run.plan import make_plan, with_quality

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

    @pytest.mark.parametrize("profile", ["general/photo", "manufacturing/metal-surface"])
    def test_a_profile_that_names_no_modality_takes_any(self, tmp_path, profile):
        assert len(plan(CT, tmp_path, load_profile(profile)).items) == 1


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
