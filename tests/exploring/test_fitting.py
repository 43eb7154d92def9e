"""Which profile fits, and why: never without a reason, and never against what headers say."""

from __future__ import annotations

import pytest

from domainaug.exploring.fitting import Facts, fitting
from domainaug.profile import list_profiles


def facts(**told) -> Facts:
    usual = {
        "layout": "image-folder", "modalities": {}, "body_parts": {}, "channels": {3: 10}, "volumes": 0, "in_hu": 0,
        "lowest": 0.0, "mean": 0.5, "names": frozenset(), "items": 10,
    }  # fmt: skip
    return Facts(**{**usual, **told})


def study(modality: str, *, part: str = "", in_hu: int = 0, volumes: int = 10) -> Facts:
    parts = {part: 10} if part else {}
    return facts(
        layout="dicom-study", modalities={modality: 10}, body_parts=parts, channels={1: 10}, in_hu=in_hu,
        volumes=volumes,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("modality", "part", "best"),
    [
        ("CT", "CHEST", "medical/ct-chest"),
        ("CT", "HEAD", "medical/ct-head"),
        ("CT", "", "medical/ct"),
        ("CT", "KNEE", "medical/ct"),
        ("MR", "BRAIN", "medical/brain-mri"),
        ("MR", "PROSTATE", "medical/mri-prostate"),
        ("DX", "CHEST", "medical/chest-xray"),
        ("CR", "HAND", "medical/radiograph-bone"),
        ("MG", "BREAST", "medical/mammography"),
        ("PT", "", "medical/pet"),
    ],
)
def test_modality_and_body_part_decide_for_dicom(modality, part, best):
    found = fitting(study(modality, part=part, in_hu=10))
    assert found[0].profile == best
    assert all(fit.reasons for fit in found)


def test_a_profile_for_another_body_part_is_not_offered():
    offered = {fit.profile for fit in fitting(study("CT", part="HEAD", in_hu=10))}
    assert offered == {"medical/ct", "medical/ct-head"}


def test_values_that_are_no_hu_speak_against_a_profile_in_hu():
    raw, fine = fitting(study("CT", in_hu=7)), fitting(study("CT", in_hu=10))
    assert raw[0].against == ("it is in HU, and the values of 3 are not",)
    assert fine[0].against == ()


def test_volumes_of_no_modality_are_told_by_their_values():
    volume = {"layout": "nifti", "channels": {1: 10}, "volumes": 10}
    assert fitting(facts(**volume, lowest=-1024.0))[0].profile == "medical/ct"
    assert fitting(facts(**volume, lowest=0.0))[0].profile == "medical/mri"


@pytest.mark.parametrize(
    ("names", "channels", "best"),
    [
        ({"MT_Blowhole", "MT_Crack"}, 1, "manufacturing/metal-surface"),
        ({"bottle/test/broken_large"}, 3, "manufacturing/bottle"),
        ({"screw/thread_side"}, 3, "manufacturing/screw"),
        ({"car", "pedestrian", "bus"}, 3, "driving/front-camera"),
        ({"retina", "diabetic retinopathy"}, 3, "medical/fundus"),
        ({"cats", "dogs"}, 3, "general/photo"),
    ],
)
def test_names_decide_for_pictures(names, channels, best):
    assert fitting(facts(names=frozenset(names), channels={channels: 10}))[0].profile == best


def test_dark_streets_are_streets_at_night():
    assert fitting(facts(layout="cityscapes", mean=0.1))[0].profile == "driving/night"
    assert fitting(facts(layout="cityscapes", mean=0.4))[0].profile == "driving/front-camera"


def test_channels_that_do_not_fit_are_said_and_cost_a_place():
    first, second = fitting(facts(names=frozenset({"metal", "tile"}), channels={3: 10}))[:2]
    assert (first.profile, first.against) == ("manufacturing/tile", ())
    metal = next(fit for fit in fitting(facts(names=frozenset({"metal"}))) if fit.profile.endswith("metal-surface"))
    assert metal.against == ("it is for 1 channels, and most of these have 3",)
    assert second.score <= first.score


def test_where_nothing_speaks_nothing_is_offered():
    assert fitting(facts(names=frozenset({"xyzzy"}), channels={1: 10})) == ()


def test_every_fit_is_a_profile_of_the_catalogue():
    known = set(list_profiles())
    for one in (study("US"), facts(), facts(layout="kitti"), study("MR")):
        assert {fit.profile for fit in fitting(one)} <= known
