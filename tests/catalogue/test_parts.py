"""Recipes of manufacturing on parts of their kind: what a part is stays what it is."""

import numpy as np
import pytest
from numpy.typing import NDArray

from domainaug.profile.catalogue import list_profiles, load_profile

PARTS = list_profiles("manufacturing")
DRAWS = 25
Array = NDArray[np.uint8]


def wafer() -> Array:
    """Return a map of dies: none, good and failing, those at the edge of one side."""
    y, x = np.mgrid[:64, :64] - 31.5
    radius = np.hypot(x, y)
    failing = (radius > 25) & (x > 10)
    return np.asarray(np.where(radius > 30, 0, np.where(failing, 255, 127)), np.uint8)


def handed(channels: int) -> Array:
    """Return three dots, each brighter than the one before, on a gray ground."""
    picture = np.full((256, 256), 60, np.uint8)
    y, x = np.mgrid[:256, :256]
    for row, column, level in ((128, 80, 140), (128, 170, 190), (70, 100, 250)):
        picture[np.hypot(y - row, x - column) < 9] = level
    return picture if channels == 1 else np.repeat(picture[..., None], 3, axis=2)


def hand(picture: Array) -> float:
    """Return the sign of the way around from the first dot to the last."""
    gray = (picture if picture.ndim == 2 else picture[..., 0]).astype(float)
    gray = gray - np.median(gray)
    places = [
        np.argwhere((gray > low) & (gray < high)).mean(axis=0) for low, high in ((60, 100), (112, 150), (165, 255))
    ]
    (ay, ax), (by, bx) = places[1] - places[0], places[2] - places[0]
    return float(np.sign(ax * by - ay * bx))


@pytest.mark.parametrize("name", PARTS)
def test_a_mask_moves_with_its_part(name: str) -> None:
    profile = load_profile(name)
    y, x = np.mgrid[:200, :200]
    mask = (np.hypot(y - 100, x - 110) < 50).astype(np.uint8)
    picture = np.where(mask, 190, 70).astype(np.uint8)
    picture = picture if profile.frame.channels == 1 else np.repeat(picture[..., None], 3, axis=2)
    pipeline = profile.compose(seed=3)
    overlaps, seen = [], set()
    for draw in range(DRAWS):
        out = pipeline(image=picture, mask=mask, value_range=(0, 255), key=str(draw))
        bright = out["image"].reshape(200, 200, -1)[..., 0] > 130
        overlaps.append((bright & (out["mask"] > 0)).sum() / (bright | (out["mask"] > 0)).sum())
        seen.add(out["image"].tobytes())
    assert min(overlaps) > 0.93
    assert len(seen) > DRAWS // 3, "copies differ"


def test_dies_keep_their_bins_and_the_edge_its_failures() -> None:
    before = wafer()
    y, x = np.mgrid[:64, :64] - 31.5
    pipeline = load_profile("manufacturing/wafer-map").compose(seed=3)
    for draw in range(DRAWS):
        out = pipeline(image=before, value_range=(0, 255), key=str(draw))["image"]
        assert set(np.unique(out)) == {0, 127, 255}
        assert np.hypot(x, y)[out == 255].min() > 23.5
        for level in (127, 255):
            assert (out == level).sum() == pytest.approx((before == level).sum(), rel=0.1)


@pytest.mark.parametrize("name", ["manufacturing/screw", "manufacturing/pcb", "manufacturing/fabric"])
def test_what_has_a_hand_keeps_it(name: str) -> None:
    profile = load_profile(name)
    picture = handed(profile.frame.channels)
    pipeline = profile.compose(seed=3)
    hands = {hand(pipeline(image=picture, value_range=(0, 255), key=str(draw))["image"]) for draw in range(DRAWS)}
    assert hands == {hand(picture)}


def test_what_has_none_is_mirrored() -> None:
    profile = load_profile("manufacturing/bottle")
    picture = handed(profile.frame.channels)
    pipeline = profile.compose(seed=3)
    hands = {hand(pipeline(image=picture, value_range=(0, 255), key=str(draw))["image"]) for draw in range(DRAWS)}
    assert hands == {-1.0, 1.0}


@pytest.mark.parametrize(
    ("name", "symmetry", "kind", "handed"),
    [
        ("wood", "texture", "bright-field", False),
        ("fabric", "C2", "bright-field", False),
        ("pcb", "none", "dome", True),
        ("casting-xray", "none", "x-ray", False),
        ("weld-xray", "D2", "x-ray", False),
        ("bottle", "round", "dome", False),
        ("screw", "round", "dome", True),
        ("glass", "none", "dark-field", False),
    ],
)
def test_a_profile_tells_the_part_that_defects_are_drawn_on(name: str, symmetry: str, kind: str, handed: bool) -> None:
    profile = load_profile(f"manufacturing/{name}")
    assert profile.part is not None
    assert (profile.part.symmetry, profile.part.lighting.kind, profile.part.handed) == (symmetry, kind, handed)
    assert profile.options["symmetry"] == symmetry
