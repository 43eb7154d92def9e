"""Runs over ultrasound, captures and PET: frames share a draw, have noise of their own, and stay in one file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from domainaug.profile import load_profile
from domainaug.run import augment

SHIFT = {"Affine": {"translate_px": {"x": [5, 5], "y": [0, 0]}, "fit_output": False, "p": 1.0}}


def made(source: Path, out: Path, *steps, profile: str = "medical/ultrasound", **options):
    """Copies of everything in `source`, by a recipe of `steps`; the summary of the run and the copies."""
    own = replace(load_profile(profile), recipe=tuple(steps), limits=())
    done = augment(source, out, profile=own, engine="serial", seed=3, **options)
    return done, sorted(out.rglob("IM*.dcm"))


@pytest.fixture
def folder(cine) -> Path:
    return cine("study/cine.dcm").parent


def test_frames_move_alike_and_stay_in_one_file(folder, tmp_path):
    source = pydicom.dcmread(folder / "cine.dcm")
    done, (path,) = made(folder, tmp_path / "out", SHIFT)
    assert (done.done, done.set_aside) == (1, ())
    assert path.parent.parent.name.startswith("cine-")
    out = pydicom.dcmread(path)
    assert (out.NumberOfFrames, out.FrameTime, out.FrameIncrementPointer) == (6, 40, 0x00181063)
    assert np.array_equal(out.pixel_array[:, :, 5:], source.pixel_array[:, :, :-5])
    assert not out.pixel_array[:, :, :5].any()


@pytest.mark.parametrize(
    "step",
    [{"GaussianNoise": {"std": [8, 8], "p": 1.0}}, {"GaussNoise": {"std_range": [0.03, 0.03], "p": 1.0}},
     {"Speckle": {"diffuse": [0.3, 0.3], "region": "frame", "p": 1.0}}],
    ids=lambda step: next(iter(step)),
)  # fmt: skip
def test_frames_have_noise_of_their_own(step, folder, tmp_path):
    source = pydicom.dcmread(folder / "cine.dcm").pixel_array.astype(float)
    _, (path,) = made(folder, tmp_path / "out", step)
    still = (source == 60).all(axis=0)
    noise = (pydicom.dcmread(path).pixel_array - source)[:, still]
    assert noise.std(axis=1).min() > 2
    assert np.abs(np.corrcoef(noise) - np.eye(6)).max() < 0.4  # one field for all would have 1


def test_nothing_leads_from_one_frame_into_the_next(folder, tmp_path):
    source = pydicom.dcmread(folder / "cine.dcm")
    source.PixelData = bytes(3 * 48 * 64) + bytes([200]) * (48 * 64) + bytes(2 * 48 * 64)
    source.save_as(folder / "cine.dcm")
    bend = {"Deform": {"displacement_px": [5, 5], "control_points": 6, "p": 1.0}}
    _, (path,) = made(folder, tmp_path / "out", bend)
    assert pydicom.dcmread(path).pixel_array.max(axis=(1, 2)).tolist() == [0, 0, 0, 200, 0, 0]


def test_what_needs_a_body_in_space_is_refused(folder, tmp_path):
    turn = {"VolumeAffine": {"rotate": [[20, 20], [0, 0], [0, 0]], "p": 1.0}}
    done, files = made(folder, tmp_path / "out", turn)
    assert [aside.code for aside in done.set_aside] == ["image"]
    assert not files


def test_text_that_there_may_be_holds_moves_back_until_it_is_allowed(cine, tmp_path):
    folder = cine("study/cine.dcm", BurnedInAnnotation=None).parent
    done, files = made(folder, tmp_path / "out", SHIFT)
    assert [aside.code for aside in done.set_aside] == ["label"]
    assert "allow burned-in-unknown" in done.set_aside[0].reason
    assert not files
    done, files = made(folder, tmp_path / "again", SHIFT, allow=["burned-in-unknown"])
    assert (done.done, len(files)) == (1, 1)
