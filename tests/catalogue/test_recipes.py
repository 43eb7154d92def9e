"""A recipe lies inside its own limits, at full strength, whatever the draws."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from domainaug.profile.catalogue import list_profiles, load_profile
from domainaug.profile.recipe import validate_recipe

CONCRETE = list_profiles()
# Effects that a useful recipe has, by what it is about.
GEOMETRY = {"rotation", "scale", "shift"}
LIGHT = {"brightness", "contrast", "gamma", "local_gain"}
SENSOR = {"noise", "blur"}
# Maps of bins, whose values no lamp and no sensor changes.
MAPS = {"manufacturing/wafer-map"}
# What is shown with writing burned in, which must stay where it is.
SCREENS = {"medical/ultrasound", "medical/echocardiography"}


def steps(recipe: tuple[Mapping[str, Any], ...] | list[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for step in recipe:
        ((name, arguments),) = step.items()
        yield name, arguments
        yield from steps(arguments.get("transforms", []))


@pytest.mark.parametrize("name", CONCRETE)
def test_a_recipe_names_transforms_and_arguments_that_exist(name: str) -> None:
    validate_recipe(load_profile(name))


@pytest.mark.parametrize("name", CONCRETE)
def test_a_recipe_is_neither_poor_nor_a_heap(name: str) -> None:
    recipe = load_profile(name).recipe
    assert 4 <= sum("transforms" not in arguments for _, arguments in steps(recipe)) <= 9
    assert len(recipe) <= 7


@pytest.mark.parametrize("name", CONCRETE)
def test_a_recipe_is_inside_its_own_limits(name: str) -> None:
    profile = load_profile(name)
    report = profile.check(profile.compose(seed=1))
    assert [finding for finding in report.findings if finding.severity != "note"] == []
    assert report.ok


@pytest.mark.parametrize("name", CONCRETE)
def test_no_recipe_has_to_be_narrowed(name: str) -> None:
    assert load_profile(name).compose(seed=1).narrowed == ()


@pytest.mark.parametrize("name", CONCRETE)
def test_a_recipe_is_of_use(name: str) -> None:
    """Positions, light and sensor vary, and far enough to be seen; in CT the light does not, in maps neither."""
    from domainaug.declare import compose_walk

    profile = load_profile(name)
    walked = compose_walk(profile.compose(seed=1), profile.frame, unknown=_nobody_knows)
    varied = set(walked.total.present(profile.frame))
    assert bool(varied & GEOMETRY) is (name not in SCREENS)
    faint = {"noise"} if name == "medical/ct-head" else set()  # 6 HU of 4095 are much in a brain, and too few to count
    if name in MAPS:
        assert not varied & (SENSOR | LIGHT)
        return
    assert varied & SENSOR == SENSOR - faint
    if name.startswith("medical/ct"):
        assert not varied & LIGHT - {"contrast", "brightness"}  # a shift of some units; blur lowers contrast
    else:
        assert varied & LIGHT


def _nobody_knows(transform: Any, path: tuple[int, ...]) -> Any:
    raise AssertionError(f"{type(transform).__name__} is not declared")


@pytest.mark.parametrize("name", CONCRETE)
def test_zooms_keep_the_ratio(name: str) -> None:
    affine = [arguments for step, arguments in steps(load_profile(name).recipe) if step == "Affine"]
    assert bool(affine) is (name not in SCREENS)
    assert all(arguments["keep_ratio"] for arguments in affine)


@pytest.mark.parametrize("name", CONCRETE)
def test_no_kernel_cuts_a_blur_short(name: str) -> None:
    """A kernel size above 0 would cut the Gaussian, and the sigma would no longer say how much blur there is."""
    blurs = [arguments for step, arguments in steps(load_profile(name).recipe) if step == "GaussianBlur"]
    assert bool(blurs) is (name not in SCREENS | MAPS)
    assert all(arguments["blur_limit"] == 0 for arguments in blurs)


@pytest.mark.parametrize(
    ("name", "units"),
    [("medical/ct-chest", [5, 25]), ("medical/ct-abdomen", [5, 20]), ("medical/ct-head", [2, 6])],
)
def test_noise_of_ct_has_the_spectrum_of_a_kernel_and_some_units(name: str, units: list[int]) -> None:
    (noise,) = (arguments for step, arguments in steps(load_profile(name).recipe) if step == "KernelNoise")
    assert noise["std"] == units
    assert noise["spacing"] == [load_profile(name).frame.spacing[0]] * 2, "where a picture brings none"


@pytest.mark.parametrize(
    ("name", "height", "width"),
    [
        ("driving/front-camera", 720, 1280),
        ("driving/front-camera", 375, 1242),
        ("driving/surround-camera", 900, 1600),
        ("driving/night", 720, 1280),
        ("driving/traffic-signs", 64, 64),
        ("driving/lanes", 720, 1280),
        ("general/photo", 400, 600),
        ("manufacturing/metal-surface", 370, 469),
        ("manufacturing/aligned-assembly", 303, 384),
        ("manufacturing/strip-steel", 200, 200),
        ("manufacturing/wood", 300, 640),
        ("manufacturing/leather", 512, 512),
        ("manufacturing/tile", 512, 512),
        ("manufacturing/fabric", 512, 640),
        ("manufacturing/pcb", 480, 640),
        ("manufacturing/casting-xray", 512, 512),
        ("manufacturing/weld-xray", 256, 700),
        ("manufacturing/bottle", 512, 512),
        ("manufacturing/screw", 512, 512),
        ("manufacturing/glass", 480, 640),
        ("manufacturing/injection-molding", 480, 640),
    ],
)
def test_no_black_border_comes_into_view(name: str, height: int, width: int) -> None:
    """Where the scene fills the frame, a black wedge is an edge or a defect that was never there."""
    profile = load_profile(name)
    white = np.full(
        (height // 2, width // 2, profile.frame.channels)[: 2 + (profile.frame.channels > 1)], 235, np.uint8
    )
    pipeline = profile.compose(seed=4)
    rims = []
    for _ in range(60):
        out = pipeline(image=white)["image"]
        rims.append(min(out[0].min(), out[-1].min(), out[:, 0].min(), out[:, -1].min()))
    assert min(rims) > 120


@pytest.mark.parametrize(("name", "levels"), [("medical/chest-xray", (205, 235)), ("driving/front-camera", (190, 225))])
def test_what_is_bright_keeps_its_structure(name: str, levels: tuple[int, int]) -> None:
    """Mediastinum and abdomen, or a sky: exposure varies and does not wash them out."""
    profile = load_profile(name)
    board = np.repeat(np.repeat([levels, levels[::-1]], 40, axis=0), 40, axis=1).astype(np.uint8)
    image = board if profile.frame.channels == 1 else np.repeat(board[..., None], 3, axis=2)
    pipeline = profile.compose(seed=4)
    steps = []
    for _ in range(60):
        out = pipeline(image=image)["image"].astype(float)
        steps.append(abs(out[12:28, 52:68].mean() - out[12:28, 12:28].mean()))
    assert min(steps) > 0.4 * (levels[1] - levels[0])
