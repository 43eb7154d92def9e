from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from domainaug import augment, load_profile
from domainaug.layouts.layout import Sample
from domainaug.preview import variants
from domainaug.preview.knobs import turned
from domainaug.preview.variants import affordable, draw
from domainaug.profile.model import bounds


@pytest.fixture
def profile():
    return load_profile("manufacturing/aligned-assembly")


def test_what_is_shown_is_what_a_run_writes(masked, subject, profile, tmp_path):
    summary = augment(masked, tmp_path / "out", profile=profile.id, copies=3, seed=11, engine="serial")
    assert summary.exit_code == 0
    for one in variants(subject, profile, seed=11, copies=range(3)):
        written = sorted((tmp_path / "out").rglob(f"images/a*{one.copy}.png"))
        masks = sorted((tmp_path / "out").rglob(f"masks/a*{one.copy}.png"))
        assert np.array_equal(np.asarray(Image.open(written[0])), one.sample.image)
        assert np.array_equal(np.asarray(Image.open(masks[0])), one.sample.mask)


def test_the_same_seed_gives_the_same_copies_in_any_order(subject, profile):
    first = {one.copy: one.sample.image for one in variants(subject, profile, seed=3, copies=range(4))}
    again = {one.copy: one.sample.image for one in variants(subject, profile, seed=3, copies=(2, 0))}
    assert all(np.array_equal(first[copy], image) for copy, image in again.items())
    other = variants(subject, profile, seed=4, copies=range(4))
    assert any(not np.array_equal(first[one.copy], one.sample.image) for one in other)


def test_labels_that_left_the_picture_are_counted(masked, profile):
    from domainaug.preview import open_subject

    mask = np.zeros((96, 128), np.uint8)
    mask[40:50, 40:50], mask[0, 60:62] = 1, 2
    Image.fromarray(mask).save(masked / "masks" / "a.png")
    made = variants(open_subject(masked, "images/a.png"), profile, seed=3, copies=range(12))
    for one in made:
        assert one.lost == 2 - len(set(np.unique(one.sample.mask)) - {0})
    assert any(one.lost for one in made)


@pytest.mark.parametrize(("side", "copies", "held"), [(64, 7, 7), (16_384, 7, 2), (40_000, 7, 1)])
def test_no_more_copies_than_memory_should_hold(subject, side, copies, held):
    huge = np.broadcast_to(np.zeros(1, np.uint8), (side, side))
    assert affordable(replace(subject, sample=Sample(image=huge)), copies) == held


def test_at_strength_0_nothing_happens(subject, profile):
    for one in variants(subject, profile, copies=range(3), strength=0.0):
        assert np.array_equal(one.sample.image, subject.sample.image)
        assert one.happened == ("left alone",)


def test_what_happened_is_told(subject, profile):
    told = [" ".join(one.happened) for one in variants(subject, profile, seed=1, copies=range(8))]
    assert any("rotation" in line or "scale" in line for line in told)


def test_a_recipe_beyond_its_limits_is_narrowed_and_told(subject, profile):
    wild = turned(profile, {"0.rotate": (-80, 80)})
    drawn = draw(subject, wild, copies=range(6))
    assert any("Affine" in sentence and "rotat" in sentence for sentence in drawn.narrowed)
    most = min(bounds(limit, profile.frame).high for limit in profile.in_force("rotation"))
    turns = [one.record["effects"].get("rotation", 0.0) for one in drawn.variants]
    assert all(abs(np.max(np.abs(turn))) <= most + 1e-6 for turn in turns)


def test_labels_beside_a_volume_follow_it(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    values = np.zeros((20, 18, 10), np.int16)
    values[5:15, 5:12, 3:8] = 700
    values += np.random.default_rng(0).integers(0, 60, values.shape).astype(np.int16)
    affine = np.diag([2.0, 2.0, 2.5, 1.0])
    (tmp_path / "imagesTr").mkdir()
    (tmp_path / "labelsTr").mkdir()
    nibabel.save(nibabel.Nifti1Image(values, affine), tmp_path / "imagesTr" / "case_0000.nii.gz")
    nibabel.save(nibabel.Nifti1Image((values > 600).astype(np.uint8), affine), tmp_path / "labelsTr" / "case.nii.gz")
    from domainaug.preview import open_subject
    from domainaug.preview.marks import marks_of

    subject = open_subject(tmp_path)
    assert marks_of(subject.sample).count == 1
    for one in variants(subject, load_profile("medical/mri"), seed=2, copies=range(3)):
        marks = marks_of(one.sample)
        inside = one.sample.volume[marks.numbers > 0]
        assert np.median(inside) > 500
