"""The limits: no effect is passed over, and what one limit allows no other forbids by coupling."""

from collections.abc import Iterator

import numpy as np
import pytest

from domainaug.effects import EFFECTS, Interval, applicable
from domainaug.functionals import LEVELS
from domainaug.generators import Frame, Generators
from domainaug.profile.catalogue import list_profiles, load_profile
from domainaug.profile.model import Profile
from domainaug.profile.units import bounds
from domainaug.turns import pieces

EVERY = list_profiles(include_abstract=True)


def allowed(profile: Profile, effect: str) -> Interval:
    """Return what every rule in force leaves of an effect."""
    interval = EFFECTS[effect].anything
    for limit in profile.in_force(effect):
        one = bounds(limit, profile.frame)
        interval = Interval(max(interval.low, one.low), min(interval.high, one.high))
    return interval


def broken(profile: Profile, done: Generators) -> dict[str, tuple[Interval, Interval]]:
    """Return the effects that are present and beyond their limits by more than half of what can be told apart."""
    return {
        name: (seen, allowed(profile, name))
        for name, seen in done.present(profile.frame).items()
        if seen not in allowed(profile, name).widened(EFFECTS[name].absent / 2)
    }


@pytest.mark.parametrize("name", EVERY)
def test_every_effect_that_can_happen_is_spoken_of(name: str) -> None:
    assert [row.name for row in load_profile(name).unspoken()] == []


@pytest.mark.parametrize("name", EVERY)
def test_gray_fields_speak_of_color_too(name: str) -> None:
    """Gray images are often stored in three channels."""
    profile = load_profile(name)
    spoken = {limit.effect.name for limit in profile.limits}
    assert {row.name for row in applicable(color=True, volume=profile.frame.volume)} - spoken == set()


@pytest.mark.parametrize("name", EVERY)
def test_an_image_left_alone_breaks_nothing(name: str) -> None:
    profile = load_profile(name)
    for row in EFFECTS.values():
        assert row.neutral in allowed(profile, row.name), row.name


def zoom(factor: float) -> np.ndarray:
    return np.diag([factor, factor, 1.0])


def turn(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])


def move(share: float, frame: Frame) -> np.ndarray:
    return np.array([[1.0, 0.0, share * np.sqrt(frame.aspect)], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def extremes(profile: Profile) -> Iterator[tuple[str, Generators]]:
    """Yield pure changes at the ends of what their own limit allows, within what anybody would do."""
    frame = profile.frame
    ends = {effect: allowed(profile, effect) for effect in EFFECTS}
    play = [piece for rule in profile.in_force("rotation") for piece in pieces(bounds(rule, frame)) if 0 in piece]
    turns = [max([-45.0, *(one.low for one in play)]), min([45.0, *(one.high for one in play)])]
    zooms = [max(ends["scale"].low, 0.5), min(ends["scale"].high, 2.0)]
    yield "rotation", Generators.geometric(np.stack([turn(x) for x in turns]), frame)
    yield "scale", Generators.geometric(np.stack([zoom(x) for x in zooms]), frame)
    yield "shift", Generators.geometric(move(min(ends["shift"].high, 0.3), frame)[None], frame)
    for power in (max(ends["gamma"].low, 0.4), min(ends["gamma"].high, 2.5)):
        yield "gamma", Generators.tonal(LEVELS**power)
    for factor in (max(ends["contrast"].low, 0.4), min(ends["contrast"].high, 1.8)):
        about_middle = (LEVELS - 0.5) * factor + 0.5
        yield "contrast", Generators.tonal(about_middle)
    for offset in (max(ends["brightness"].low, -0.4), min(ends["brightness"].high, 0.4)):
        yield "brightness", Generators.tonal(LEVELS + offset)


# A factor on Hounsfield units turns about water, not about the middle of the range, so CT is held to its own below.
@pytest.mark.parametrize("name", [name for name in EVERY if not name.startswith("medical/ct")])
def test_what_one_limit_allows_no_other_forbids(name: str) -> None:
    profile = load_profile(name)
    for effect, done in extremes(profile):
        assert broken(profile, done) == {}, f"{effect} at the end of its limit"


@pytest.mark.parametrize("name", EVERY)
def test_blur_and_noise_at_their_limits_break_nothing_else(name: str) -> None:
    from domainaug._albumentations import A
    from domainaug.declare import declare

    profile = load_profile(name)
    sigma = min(allowed(profile, "blur").high, 4.0)
    spread = min(allowed(profile, "noise").high, 0.1)
    for step in (
        A.GaussianBlur(blur_limit=0, sigma_limit=(0.3, sigma), p=1),
        A.GaussNoise(std_range=(0.0, spread), p=1),
    ):
        done = declare(step, profile.frame)
        assert done is not None
        assert broken(profile, done) == {}, type(step).__name__


def test_a_small_error_of_calibration_is_allowed_in_ct() -> None:
    profile = load_profile("medical/ct-chest")
    units = LEVELS * profile.frame.span + profile.frame.low
    within, beyond = units * 1.01 + 5, units * 1.1
    as_curve = [(x - profile.frame.low) / profile.frame.span for x in (within, beyond)]
    assert broken(profile, Generators.tonal(as_curve[0])) == {}
    assert {"contrast", "tone"} <= set(broken(profile, Generators.tonal(as_curve[1])))


@pytest.mark.parametrize("name", [name for name in EVERY if not name.startswith("general")])
def test_what_destroys_a_picture_is_allowed_nowhere(name: str) -> None:
    profile = load_profile(name)
    for effect in ("permutation", "inversion", "foreign_content", "channel_order"):
        assert allowed(profile, effect).high < 0.5, effect


OPTIONS = [
    ("medical/chest-xray", "mirror_horizontal", {"laterality_free": True}, True),
    ("medical/ct-chest", "mirror_left_right", {"sided_labels": False}, True),
    ("medical/ct-chest", "scale", {"size_thresholded_labels": True}, False),
    ("medical/brain-mri", "mirror_left_right", {"lesion_only_labels": True}, True),
    ("medical/brain-mri", "gamma", {"quantitative_map": True}, False),
    ("medical/ct-abdomen", "brightness", {"phase_labels": True}, False),
    ("medical/ultrasound", "rotation", {"whole_screen": False}, True),
    ("medical/ultrasound", "mirror_horizontal", {"marker_free": True}, True),
    ("medical/fundus", "mirror_horizontal", {"laterality_free": True}, True),
    ("medical/histopathology", "stain", {"stain_labels": True}, False),
    ("medical/pet", "contrast", {"uptake_labels": True}, False),
    ("manufacturing/surface", "mirror_vertical", {"symmetry": "D2"}, True),
    ("manufacturing/surface", "rotation", {"symmetry": "C4"}, True),
    ("manufacturing/metal-surface", "mirror_horizontal", {"handed": True}, False),
    ("manufacturing/metal-surface", "rotation", {"symmetry": "texture"}, True),
    ("manufacturing/strip-steel", "rotation", {"direction_classes": True}, False),
    ("manufacturing/leather", "rotation", {"directional_light": True}, False),
    ("manufacturing/tile", "mirror_vertical", {"printed_design": True}, False),
    ("manufacturing/fabric", "mirror_horizontal", {"symmetry": "D2"}, True),
    ("manufacturing/pcb", "rotation", {"template_compared": True}, False),
    ("manufacturing/wafer-map", "rotation", {"orientation_labels": True}, False),
    ("manufacturing/casting-xray", "rotation", {"view_labels": True}, False),
    ("manufacturing/weld-xray", "mirror_horizontal", {"markers_in_view": True}, False),
    ("manufacturing/bottle", "rotation", {"printed": True}, False),
    ("manufacturing/screw", "rotation", {"aligned": True}, False),
    ("manufacturing/glass", "brightness", {"lighting": "back-light"}, True),
    ("manufacturing/glass", "chromatic_shift", {"channels_are_lights": True}, False),
    ("driving/front-camera", "mirror_horizontal", {"side_free": True}, True),
    ("driving/front-camera", "scale", {"calibrated_labels": True}, False),
    ("driving/lanes", "mirror_horizontal", {"side_free": True}, True),
    ("driving/surround-camera", "rotation", {"calibrated_labels": True}, False),
    ("general/photo", "mirror_vertical", {"any_way_up": True}, True),
]


@pytest.mark.parametrize(("name", "effect", "options", "wider"), OPTIONS)
def test_options_widen_or_narrow_what_is_allowed(name: str, effect: str, options: dict, wider: bool) -> None:
    plain, changed = load_profile(name), load_profile(name, options=options)
    before, after = allowed(plain, effect), allowed(changed, effect)
    assert before != after
    assert (before in after) is wider
    assert (after in before) is not wider


def test_symmetry_opens_only_what_it_names() -> None:
    turned = load_profile("manufacturing/surface", options={"symmetry": "C2"})
    assert allowed(turned, "rotation").high == 180
    assert allowed(turned, "mirror_horizontal").high == 0


def test_an_assembly_in_a_fixture_has_no_symmetry() -> None:
    profile = load_profile("manufacturing/aligned-assembly", options={"symmetry": "D4"})
    assert allowed(profile, "rotation") == Interval(0, 0)
    assert allowed(profile, "mirror_horizontal") == Interval(0, 0)


def test_a_pixel_pitch_turns_millimeters_into_pixels() -> None:
    fine = load_profile("manufacturing/metal-surface", options={"pixel_pitch_mm": 0.02})
    assert fine.frame.spacing == (0.02, 0.02)
