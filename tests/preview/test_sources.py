import numpy as np
import pytest
from PIL import Image

from domainaug import load_profile
from domainaug.errors import UnknownName, UnreadableInput
from domainaug.preview import open_subject
from domainaug.preview.sources import ENDINGS, list_items


def test_an_item_of_a_data_set_comes_with_its_labels(masked, disc):
    subject = open_subject(masked, "images/a.png")
    assert subject.kind == "image"
    assert subject.item.key == "images/a.png"
    assert np.array_equal(subject.sample.mask, disc)


def test_without_a_key_it_is_the_first(masked):
    assert open_subject(masked).item.key == "images/a.png"


def test_a_picture_by_itself_is_a_data_set_of_one(masked, scene):
    _, scan = list_items(masked / "images" / "a.png")
    assert [item.key for item in scan.items] == ["a.png"]
    assert np.array_equal(open_subject(masked / "images" / "a.png").values, scene)


def test_another_item_is_refused_with_the_nearest(masked):
    with pytest.raises(UnknownName, match=r"did you mean 'images/a.png'"):
        open_subject(masked, "images/A.png")


def test_a_dicom_file_by_itself():
    pydicom = pytest.importorskip("pydicom.data")
    subject = open_subject(pydicom.get_testdata_file("CT_small.dcm"))
    assert (subject.kind, subject.unit, subject.is_dicom) == ("image", "HU", True)


@pytest.fixture
def bold(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    frames = np.random.default_rng(0).integers(0, 900, (12, 10, 6, 3)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(frames, np.diag([2.0, 2.0, 3.0, 1.0])), tmp_path / "bold.nii.gz")
    return tmp_path / "bold.nii.gz", frames


def test_of_several_frames_the_first_is_shown_and_each_can_be(bold):
    path, frames = bold
    subject = open_subject(path)
    assert (subject.kind, subject.parts, subject.part) == ("volume", 3, 0)
    assert subject.names == ("frame 0", "frame 1", "frame 2")
    for number in range(3):
        shown = subject.showing(number)
        assert sorted(shown.values.shape) == [6, 10, 12]
        assert sorted(shown.values.ravel()) == sorted(frames[..., number].ravel())
        assert np.array_equal(shown.values, open_subject(path, part=number).values)
    assert subject.showing(99).part == 2


def test_a_frame_there_is_not_is_refused(bold):
    with pytest.raises(UnreadableInput, match="its parts are 0 to 2; there is no 3"):
        open_subject(bold[0], part=3)


def test_a_copy_of_a_frame_is_that_of_a_run(bold, tmp_path):
    """Frames share a draw, and have noise of their own."""
    from domainaug import augment
    from domainaug.preview import variants

    profile = load_profile("medical/brain-mri")
    augment(bold[0], tmp_path / "out", profile=profile, copies=1, seed=5, engine="serial")
    (written,) = (tmp_path / "out").glob("**/*.nii.gz")
    for number in range(3):
        shown = variants(open_subject(bold[0], part=number), profile, seed=5, copies=[0])[0].sample.volume
        assert np.array_equal(np.rint(shown), np.rint(open_subject(written, part=number).values))


def test_channels_are_called_by_their_files(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    voxels = np.random.default_rng(0).integers(0, 900, (12, 10, 6)).astype(np.int16)
    for name in ("images/case_0000", "images/case_0001", "labels/case"):
        content = (voxels > 450).astype(np.int16) if name.startswith("labels") else voxels
        nibabel.save(nibabel.Nifti1Image(content, np.eye(4)), tmp_path / f"{name}.nii.gz")
    subject = open_subject(tmp_path)
    assert subject.names == ("case_0000", "case_0001")
    assert subject.showing(1).sample.beside is subject.sample.beside is not None


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(40)])
def test_what_is_no_picture_is_refused(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(UnreadableInput):
        open_subject(tmp_path / "a.png")


def test_why_nothing_can_be_read_is_said(tmp_path, disc):
    Image.fromarray(disc).save(tmp_path / "a_mask.png")
    with pytest.raises(UnreadableInput, match="no image has its name"):
        open_subject(tmp_path)


def test_longer_endings_are_tried_first():
    assert ENDINGS.index(".nii.gz") < ENDINGS.index(".nii")


def test_a_profile_tells_what_nothing_else_does(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    values = np.random.default_rng(0).integers(-900, 900, (12, 10, 6)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(values, np.diag([2.0, 2.0, 3.0, 1.0])), tmp_path / "scan.nii.gz")
    assert open_subject(tmp_path).unit == ""
    scan = open_subject(tmp_path, profile=load_profile("medical/ct-chest"))
    assert scan.unit == "HU"
    assert scan.sample.fill < -900
