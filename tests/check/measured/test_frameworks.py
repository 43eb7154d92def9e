"""What MONAI, TorchIO, kornia, torchvision and torch do is read as it is, and they are left as they were.

These libraries are no part of the development install, for their weight; `pip install monai torchio kornia`
(and torchvision with a torch of its build) makes these tests run. Each library's tests skip where it is missing.
"""

from __future__ import annotations

import random
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import domainaug as da  # noqa: E402
from domainaug.check.measured import Observation, measure  # noqa: E402
from domainaug.check.measured.calling import decoded  # noqa: E402
from domainaug.check.measured.chart import make_probe  # noqa: E402
from domainaug.generators import Frame  # noqa: E402

COLOR, GRAY = Frame(192, 224, 3), Frame(192, 224, 1)  # wider than high, so that swapped axes show
HU = Frame(192, 224, 1, low=-1024, high=3071, unit="HU")


def load(name: str):
    """Import a library, or skip: a torchvision that does not fit its torch raises RuntimeError."""
    return pytest.importorskip(name, exc_type=(ImportError, RuntimeError))


def look(target, frame: Frame = COLOR, draws: int = 12) -> Observation:
    """Measure, and hold what must always be so: nothing wrong, nobody's randomness touched."""
    before = _states()
    seen = measure(target, frame=frame, draws=draws)
    assert _states() == before
    assert (seen.problems, seen.unreadable) == ((), None)
    return seen


def _states() -> list[bytes]:
    states = [repr(random.getstate()), repr(np.random.get_state()[1:]), torch.get_rng_state().numpy().tobytes()]
    shared = getattr(getattr(sys.modules.get("monai.transforms"), "Randomizable", None), "R", None)
    if shared is not None:
        states.append(repr((shared.get_state()[1].tobytes(), shared.get_state()[2])))
    return states


def mirrors_now_and_then(seen: Observation, effect: str = "mirror_horizontal") -> bool:
    """Whether a mirror of even odds, and nothing else, was seen, in some draws and not in others."""
    return set(seen.ranges) == {effect} and 0 < seen.counts[effect] < seen.draws


def turn(seen: Observation) -> tuple[float, float]:
    return seen.ranges["rotation"].low, seen.ranges["rotation"].high


# -- torch ---------------------------------------------------------------------------------------------------


def flips_one(x):
    return x.flip(-1) if torch.rand(()) < 0.5 else x


class FlipsEach(torch.nn.Module):
    """Draws for each picture of a batch, as modules on the accelerator do."""

    def forward(self, x):
        chosen = torch.rand(len(x)) < 0.5
        return torch.where(chosen[:, None, None, None], x.flip(-1), x)


def test_a_function_of_a_tensor_that_acts_now_and_then_is_not_taken_for_one_of_pil_images():
    seen = look(flips_one)
    assert seen.style == "tensor, channels first"
    assert mirrors_now_and_then(seen)


def test_a_module_is_shown_a_batch():
    seen = look(FlipsEach())
    assert seen.style == "batch of tensors"
    assert mirrors_now_and_then(seen)


def test_a_function_that_needs_a_batch_gets_one():
    def gains(x):
        return x * (0.8 + 0.2 * torch.rand(len(x), 1, 1, 1))  # of one picture it would make three

    seen = look(gains)
    assert seen.style == "batch of tensors"
    assert 0.79 < seen.ranges["contrast"].low < seen.ranges["contrast"].high <= 1


def test_a_generator_of_its_own_is_put_back():
    mine = torch.Generator().manual_seed(3)

    def noisy(x):
        return x + 0.05 * torch.randn(x.shape, generator=mine)

    before = mine.get_state()
    assert look(noisy).ranges["noise"].high == pytest.approx(0.05, rel=0.1)
    assert torch.equal(mine.get_state(), before)


def test_what_is_written_into_the_tensor_is_told_and_spoils_nothing():
    seen = measure(lambda x: x.mul_(0.9), frame=GRAY, draws=5)
    assert [problem.kind for problem in seen.problems] == ["changes-input"]
    assert seen.ranges["contrast"].low == seen.ranges["contrast"].high == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("sigma", [0.01, 0.02, 0.05])
def test_noise_that_leaves_the_range_is_no_encoding(sigma):
    seen = look(lambda x: x + sigma * torch.randn_like(x))
    assert set(seen.ranges) == {"noise"}
    assert seen.ranges["noise"].high == pytest.approx(sigma, rel=0.1)


@pytest.mark.parametrize("frame", [COLOR, GRAY])
@pytest.mark.parametrize("encode", [lambda x: x * 2 - 1, lambda x: (x - x.mean()) / x.std()])
def test_usual_encodings_are_taken_off(frame, encode):
    probe = make_probe(frame)
    back = decoded(encode(probe.picture.astype(np.float32)), probe)
    assert np.abs(probe.decode(back) - probe.picture).max() < 0.004


# -- MONAI ---------------------------------------------------------------------------------------------------


def test_monai_flips_along_x_first_as_its_readers_load():
    m = load("monai.transforms")
    for axis, effect in ((0, "mirror_horizontal"), (1, "mirror_vertical")):
        seen = look(m.RandFlip(prob=0.5, spatial_axis=axis))
        assert seen.style == "MONAI array"
        assert mirrors_now_and_then(seen, effect)


def test_monai_rotation_and_noise():
    m = load("monai.transforms")
    angle = np.deg2rad(7)
    assert turn(look(m.RandRotate(range_x=(angle, angle), prob=1), draws=4)) == pytest.approx((7, 7), abs=0.3)
    low, high = turn(look(m.RandRotate(range_x=np.deg2rad(10), prob=1), draws=30))
    assert -10.3 < low < -6
    assert 6 < high < 10.3
    seen = look(m.RandGaussianNoise(prob=1, std=0.05, sample_std=False))
    assert seen.ranges["noise"].high == pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize("keys", [("image", "label"), ("img", "seg"), ("t1",)])
def test_monai_dictionaries_have_any_keys(keys):
    m = load("monai.transforms")
    seen = look(m.RandFlipd(keys=keys, prob=0.5, spatial_axis=0))
    assert (seen.style, seen.labeled) == ("MONAI dictionary", len(keys) == 2)
    assert mirrors_now_and_then(seen)


def test_a_monai_composition_of_dictionaries_with_labels():
    m, both = load("monai.transforms"), ["image", "label"]
    angle = np.deg2rad(5)
    seen = look(
        m.Compose(
            [
                m.RandFlipd(keys=both, prob=0.5, spatial_axis=0),
                m.RandRotated(keys=both, range_x=(angle, angle), prob=1, mode=("bilinear", "nearest")),
                m.RandGaussianNoised(keys=["image"], prob=1, std=0.05, sample_std=False),
            ]
        )
    )
    assert seen.labeled
    assert 0 < seen.counts["mirror_horizontal"] < seen.draws
    assert "misregistration" not in seen.ranges
    assert [abs(x) for x in turn(seen)] == pytest.approx([5, 5], abs=0.3)
    assert seen.ranges["noise"].high == pytest.approx(0.05, rel=0.1)


def test_a_label_that_a_monai_pipeline_forgets_is_seen():
    m = load("monai.transforms")
    pipeline = m.Compose(
        [
            m.RandAffined(keys=["image"], prob=1, translate_range=(6, 0), padding_mode="border"),
            m.RandFlipd(keys=["image", "label"], prob=0.5, spatial_axis=0),
        ]
    )
    assert look(pipeline, draws=20).ranges["misregistration"].high > 2


def test_monai_steps_seeded_alike_are_seen_apart():
    m = load("monai.transforms")
    flips = [m.RandFlip(prob=0.5, spatial_axis=axis).set_random_state(seed=1) for axis in (0, 1)]
    seen = look(m.Compose(flips), draws=40)
    alone = [draw for draw in seen.per_draw if len(draw.present()) == 1]
    assert alone  # not only both together, or neither
    assert flips[0].R.get_state()[2] == np.random.RandomState(1).get_state()[2]  # the user's own is left alone


def test_monai_is_given_hounsfield_units_and_shares_come_back_from_a_window():
    m = load("monai.transforms")
    seen = look(m.RandGaussianNoise(prob=1, std=40.95, sample_std=False), HU)
    assert seen.ranges["noise"].high == pytest.approx(0.01, rel=0.1)
    seen = look(m.Compose([m.ScaleIntensityRange(-1024, 3071, 0, 1), m.RandFlip(prob=0.5, spatial_axis=0)]), HU)
    assert mirrors_now_and_then(seen)


def test_why_a_monai_pipeline_cannot_be_shown_a_picture_is_told():
    m = load("monai.transforms")
    seen = measure(m.Compose([m.EnsureChannelFirstd(keys=["image"]), m.RandFlipd(keys=["image"])]), frame=GRAY, draws=3)
    assert "EnsureChannelFirstd" in str(seen.unreadable)


# -- TorchIO -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("axis", "effect"), [("LR", "mirror_horizontal"), ("AP", "mirror_vertical")])
def test_torchio_flips_by_anatomical_axes(axis, effect):
    tio = load("torchio")
    seen = look(tio.RandomFlip(axes=(axis,), flip_probability=0.5))
    assert (seen.style, seen.labeled) == ("TorchIO subject", True)
    assert mirrors_now_and_then(seen, effect)


def test_torchio_rotation_noise_and_composition():
    tio = load("torchio")
    turned = tio.RandomAffine(degrees=(0, 0, 0, 0, 7, 7), scales=0)
    assert [abs(x) for x in turn(look(turned, draws=4))] == pytest.approx([7, 7], abs=0.3)
    seen = look(tio.RandomNoise(std=(0.05, 0.05)))
    assert seen.ranges["noise"].high == pytest.approx(0.05, rel=0.1)
    seen = look(tio.Compose([tio.RandomFlip(axes=0), turned, tio.RandomNoise(std=(0.03, 0.03))]))
    assert 0 < seen.counts["mirror_horizontal"] < seen.draws
    assert [abs(x) for x in turn(seen)] == pytest.approx([7, 7], abs=0.3)
    assert seen.ranges["noise"].high == pytest.approx(0.03, rel=0.1)


@pytest.mark.parametrize(("names", "labeled"), [(("t1",), False), (("t1", "t1_seg"), True)])
def test_torchio_steps_kept_to_names_get_them(names, labeled):
    tio = load("torchio")
    seen = look(tio.Compose([tio.RandomFlip(axes=0, include=names)]))
    assert seen.labeled == labeled
    assert mirrors_now_and_then(seen)


# -- kornia --------------------------------------------------------------------------------------------------


def test_kornia_flip_rotation_and_noise():
    k = load("kornia.augmentation")
    seen = look(k.RandomHorizontalFlip(p=0.5))
    assert seen.style == "batch of tensors"
    assert mirrors_now_and_then(seen)
    turned = look(k.RandomAffine(degrees=(7.0, 7.0), p=1.0), draws=4)
    assert [abs(x) for x in turn(turned)] == pytest.approx([7, 7], abs=0.3)
    assert look(k.RandomGaussianNoise(std=0.05, p=1.0)).ranges["noise"].high == pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize(
    ("keys", "style", "labeled"),
    [(["input"], "batch of tensors", False), (["input", "mask"], "batches of tensors and masks", True)],
)
def test_a_kornia_sequence_is_given_what_it_names(keys, style, labeled):
    k = load("kornia.augmentation")
    steps = k.RandomHorizontalFlip(p=0.5), k.RandomAffine(degrees=10.0, p=1.0)
    seen = look(k.AugmentationSequential(*steps, data_keys=keys), draws=30)
    assert (seen.style, seen.labeled) == (style, labeled)
    assert 0 < seen.counts["mirror_horizontal"] < seen.draws
    assert -10.3 < turn(seen)[0] < -6
    assert 6 < turn(seen)[1] < 10.3


# -- torchvision ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["torchvision.transforms", "torchvision.transforms.v2"])
def test_torchvision_composition_that_ends_in_a_normalized_tensor(name):
    t = load(name)
    seen = look(
        t.Compose(
            [
                t.RandomHorizontalFlip(0.5),
                t.RandomRotation((7, 7), interpolation=t.InterpolationMode.BILINEAR),
                t.ToTensor()
                if name.endswith("transforms")
                else t.Compose([t.ToImage(), t.ToDtype(torch.float32, True)]),
                t.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
            ]
        )
    )
    assert seen.style == "PIL image"
    assert 0 < seen.counts["mirror_horizontal"] < seen.draws
    assert [abs(x) for x in turn(seen)] == pytest.approx([7, 7], abs=0.3)


def test_torchvision_steps_that_want_tensors_get_them():
    v2 = load("torchvision.transforms.v2")
    seen = look(v2.GaussianNoise(sigma=0.05, clip=False))
    assert seen.style == "tensor, channels first"
    assert seen.ranges["noise"].high == pytest.approx(0.05, rel=0.1)


# -- the check -----------------------------------------------------------------------------------------------


def test_the_check_refuses_a_mirrored_chest_whoever_mirrors_it():
    m = load("monai.transforms")
    report = da.load_profile("medical/chest-xray").check(m.RandFlip(prob=0.5, spatial_axis=0))
    assert not report.ok
    assert "mirror_horizontal" in {finding.effect for finding in report.findings}
