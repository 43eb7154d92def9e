"""Recipes run on pictures of their own kind, in place and in time, and what must stay stays."""

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.data import get_testdata_file

from domainaug.profile.catalogue import list_profiles, load_profile

MEDICAL = list_profiles("medical")
VOLUMES = [name for name in MEDICAL if load_profile(name).frame.volume]
DRAWS = 12


def screen() -> NDArray[np.uint8]:
    """Return a real ultrasound screen: two views, color within them, and writing."""
    path = get_testdata_file("examples_rgb_color.dcm", download=False)
    assert path is not None
    return np.asarray(pydicom.dcmread(path).pixel_array)


def field() -> NDArray[np.uint8]:
    """Return the disc of a fundus camera, with a bright disc aside, on black."""
    y, x = np.mgrid[:240, :240] - 119.5
    picture = np.zeros((240, 240, 3))
    picture[np.hypot(x, y) < 112] = (190, 80, 50)
    picture[np.hypot(x + 70, y) < 16] = (240, 200, 120)
    grain = np.random.default_rng(1).normal(0, 4, picture.shape) * (picture > 0)
    return np.asarray(np.clip(picture + grain, 0, 255), np.uint8)


def color(seed: int = 2) -> NDArray[np.uint8]:
    """Return smooth color, as skin and tissue have it."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(70, 220, (8, 8, 3)).repeat(24, 0).repeat(24, 1)
    return np.asarray(coarse + rng.normal(0, 3, coarse.shape), np.uint8)


def body(low: float, high: float) -> NDArray[np.float32]:
    """Return a body of half the range in nothing."""
    y, x = np.mgrid[:160, :160] - 79.5
    inside = np.hypot(x / 60, y / 50) < 1
    values = np.where(inside, (low + high) / 2, low).astype(np.float32)
    values[inside] += np.random.default_rng(3).normal(0, 0.01 * (high - low), int(inside.sum())).astype(np.float32)
    return values


def kind(name: str) -> tuple[NDArray, tuple[float, float]]:
    """Return a picture of a profile's kind, and what its values mean."""
    if name in ("medical/ultrasound", "medical/echocardiography"):
        return screen(), (0, 255)
    if name == "medical/fundus":
        return field(), (0, 255)
    profile = load_profile(name)
    if profile.frame.channels == 3:
        return color(), (0, 255)
    low, high = (-1024.0, 3071.0) if profile.frame.unit == "HU" else (0.0, 4095.0)
    return body(low, high), (low, high)


@pytest.mark.parametrize("name", MEDICAL)
def test_a_recipe_runs_on_pictures_of_its_kind_without_a_spacing(name: str) -> None:
    picture, value_range = kind(name)
    pipeline = load_profile(name).compose(seed=5)
    seen = set()
    for draw in range(DRAWS):
        out = pipeline(image=picture, value_range=value_range, key=str(draw))["image"]
        assert out.shape == picture.shape
        assert out.dtype == picture.dtype
        assert np.isfinite(out).all()
        seen.add(out.tobytes())
    assert len(seen) > DRAWS // 2, "most draws change something"


@pytest.mark.parametrize("name", VOLUMES)
def test_a_recipe_runs_on_volumes_and_moves_their_masks(name: str) -> None:
    picture, value_range = kind(name)
    volume = np.stack([picture] * 4)
    mask = (volume > sum(value_range) / 4).astype(np.uint8)
    pipeline = load_profile(name).compose(seed=5)
    overlaps = []
    for draw in range(DRAWS // 2):
        spacing = (3.0, 0.8, 0.8)
        out = pipeline(volume=volume, mask3d=mask, value_range=value_range, spacing=spacing, key=str(draw))
        there, moved = out["volume"] > sum(value_range) / 4, out["mask3d"] > 0
        overlaps.append((there & moved).sum() / (there | moved).sum())
    assert min(overlaps) > 0.95


@pytest.mark.parametrize("name", ["medical/ultrasound", "medical/echocardiography"])
def test_writing_on_a_screen_stays_where_it_is(name: str) -> None:
    picture = screen()
    above = picture[:45]  # lines of writing, over the scan region
    pipeline = load_profile(name).compose(seed=5)
    for draw in range(DRAWS):
        out = pipeline(image=picture, value_range=(0, 255), key=str(draw))["image"]
        assert (out[:45][above > 200] > 190).all()
        assert (out[:45][above == 0] == 0).all()


def test_the_optic_disc_stays_on_its_side() -> None:
    picture = field()
    pipeline = load_profile("medical/fundus").compose(seed=5)
    for draw in range(DRAWS):
        out = pipeline(image=picture, value_range=(0, 255), key=str(draw))["image"].astype(float)
        bright = out[..., 1] > 160
        assert np.nonzero(bright)[1].mean() < 100


def test_what_has_no_tracer_gets_none() -> None:
    picture, value_range = kind("medical/pet")
    pipeline = load_profile("medical/pet").compose(seed=5)
    for draw in range(DRAWS):
        out = pipeline(image=picture, value_range=value_range, key=str(draw))["image"]
        assert out.min() >= 0
        assert (out[:8, :8] == 0).all()


def test_glass_stays_white_under_every_stain() -> None:
    picture = color()
    picture[:60] = 255
    pipeline = load_profile("medical/histopathology").compose(seed=5)
    stains = [step for step in pipeline.transforms if type(step).__name__ == "StainJitter"]
    assert len(stains) == 1
    out = stains[0](image=picture)["image"]
    assert (out[:60] == 255).all()
