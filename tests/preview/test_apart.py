"""What nobody vouches for is listed, read and drawn in a process of its own, and comes back as it would from here."""

import numpy as np
import pytest
from bombs import BOMBS
from PIL import Image

from domainaug import load_profile
from domainaug.errors import DomainAugError, UnreadableInput
from domainaug.preview import apart, open_subject
from domainaug.preview.apart import draw_apart, list_apart, open_apart, picture_apart, read_apart
from domainaug.preview.sheet import picture_of
from domainaug.preview.sources import pixels_of, read_item
from domainaug.preview.variants import draw


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_one_sentence_that_says_what_it_is(tmp_path, name):
    BOMBS[name](tmp_path / name)
    with pytest.raises(UnreadableInput) as refused:
        open_apart(tmp_path / name, profile=load_profile("medical/ct-chest"))
    said = str(refused.value)
    assert "\n" not in said
    assert not any(word in said for word in ("Error", "Warning", "DecompressionBomb", "OpenCV", "cv2", "pydicom"))


def test_what_comes_back_is_what_is_read_here(masked):
    here, there = open_subject(masked, "images/a.png"), open_apart(masked, "images/a.png")
    assert np.array_equal(here.values, there.values)
    assert np.array_equal(here.sample.mask, there.sample.mask)
    assert here.item == there.item
    assert np.array_equal(picture_apart(masked, "images/a.png", longest=64), picture_of(here, longest=64))


def test_a_dicom_volume_travels_whole(tmp_path):
    pydicom = pytest.importorskip("pydicom")
    path = pydicom.data.get_testdata_file("CT_small.dcm")
    profile = load_profile("medical/ct-chest")
    here, there = (opening(path, profile=profile) for opening in (open_subject, open_apart))
    (before,), (after,) = (draw(one, profile, copies=[2]).variants for one in (here, there))
    assert np.array_equal(pixels_of(before.sample), pixels_of(after.sample))
    assert there.unit == "HU"


def test_copies_of_a_large_subject_are_drawn_there_and_are_the_same(masked, monkeypatch):
    monkeypatch.setattr(apart, "_DRAWN_HERE", 0)
    profile = load_profile("general/photo")
    subject = open_subject(masked, "images/a.png")
    here = draw(subject, profile, seed=3, copies=[1, 4])
    there = draw_apart(subject, profile, seed=3, copies=[1, 4])
    assert here.narrowed == there.narrowed
    for one, other in zip(here.variants, there.variants, strict=True):
        assert (one.copy, one.happened, one.record) == (other.copy, other.happened, other.record)
        assert np.array_equal(pixels_of(one.sample), pixels_of(other.sample))
        assert other.sample.source is subject.sample.source


def test_what_is_larger_than_can_be_looked_at_is_refused_before_it_is_sent(masked):
    layout, scan = list_apart(masked)
    needed = read_item(layout, scan.items[0]).values.nbytes
    assert read_apart(layout, scan.items[0], most=needed).values.nbytes == needed
    with pytest.raises(UnreadableInput, match=r"is the most that is looked at; cut it into parts") as refused:
        read_apart(layout, scan.items[0], most=needed - 1)
    assert refused.value.code == "too-large"


def test_so_is_a_volume_that_is_made_slice_by_slice(tmp_path):
    pydicom = pytest.importorskip("pydicom")
    dataset = pydicom.dcmread(pydicom.data.get_testdata_file("CT_small.dcm"))
    for number in range(3):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
        dataset.ImagePositionPatient = [0, 0, 5.0 * number]
        dataset.InstanceNumber = number + 1
        dataset.save_as(tmp_path / f"{number}.dcm")
    layout, scan = list_apart(tmp_path)
    volume = 3 * 128 * 128 * 2
    assert read_apart(layout, scan.items[0], most=volume).kind == "volume"
    with pytest.raises(UnreadableInput, match="looked at"):
        read_apart(layout, scan.items[0], most=volume - 1)


def test_nothing_there_is_told_as_it_is_here(tmp_path):
    Image.new("L", (8, 8)).save(tmp_path / "a_mask.png")
    told = []
    for opening in (open_subject, open_apart):
        with pytest.raises(DomainAugError) as refused:
            opening(tmp_path)
        told.append(str(refused.value))
    assert told[0] == told[1]
