"""The figures that physics is held to are right where they are known, and ours are what they would be."""

import numpy as np
import pytest

from benchmarks.beside import figures
from benchmarks.beside.brain import SPACING, brain
from benchmarks.beside.measured import examined, map_of
from benchmarks.beside.sheet import draw
from benchmarks.beside.works import WORKS, Work

RNG = np.random.default_rng(0)
OURS = {work.name: work for work in WORKS}


def alone(name):
    """Return one kind of physics as we alone do it."""
    work = OURS[name]
    makers = {key: maker for key, maker in work.makers.items() if key.startswith("domainaug")}
    return Work(work.name, work.asked, makers, work.measure, work.told, work.wanted, work.gain, work.bends, work.on)


def told(name, draws=3):
    (found,) = examined(alone(name), brain(), draws).values()
    return found.figures


def test_air_of_a_rayleigh_distribution_and_of_a_normal_one():
    before, noise = np.zeros((40, 40, 40)), RNG.normal(0, 7, (2, 40, 40, 40))
    assert figures.air(7)(before, np.hypot(*noise)) == pytest.approx((1.253, 0.655), abs=0.01)
    assert figures.air(7)(before, noise[0]) == pytest.approx((0, 1), abs=0.01)


def test_a_bias_that_is_a_cubic_is_off_by_nothing_and_one_that_is_not_by_something():
    before = np.full((8, 20, 24), 100.0)
    x = np.linspace(-1, 1, 24)
    ratio, off = figures.bias(before, before * np.exp(x**3))
    assert (ratio, off) == pytest.approx((np.exp(2), 0), abs=1e-9)
    assert figures.bias(before, before * np.exp(np.abs(x)))[1] > 0.05


@pytest.mark.parametrize("shift", [(0, 0, 0), (0, 2, 0), (1, 0, -3)])
def test_a_shift_is_found_in_millimeters(shift):
    before = brain().astype(float)
    beside = np.linalg.norm(np.array(shift) * SPACING)
    assert figures.stays_put(before, np.roll(before, shift, (0, 1, 2))) == pytest.approx((beside,), abs=0.02)


def test_a_mean_of_four_leaves_half_of_the_noise():
    noise = RNG.normal(0, 1, (12, 64, 64))
    assert figures.noise_left(noise, sum(np.roll(noise, k, 1) for k in range(4)) / 4) == pytest.approx((0.5,), abs=0.02)


def test_a_map_that_folds_has_a_negative_jacobian():
    places = np.indices((8, 10, 12)).astype(float)
    assert figures.folding(places[0], places) == pytest.approx((1, 0))
    places[2] = np.abs(places[2] - 5)
    assert figures.folding(places[0], places)[0] == pytest.approx(-1)


def test_a_map_is_read_from_what_bends_by_one_draw_whatever_lies_outside():
    def shifted(volume, seed):
        out = np.roll(volume, 2, -1)
        out[..., :2] = volume.min()  # as some fill what they do not know
        return out

    places = map_of(shifted, (6, 8, 10), 0)
    assert np.isnan(places[:, :, :, :3]).all()
    assert (places[2, 1:-1, 1:-1, 3:] == np.arange(1, 8)).all()


def test_noise_of_magnitudes_lifts_the_air():
    assert told("Noise") == pytest.approx((1.253, 0.655), abs=0.01)


def test_a_bias_field_is_smooth():
    assert told("Bias field")[1] < 1e-3


def test_what_moves_stays_with_its_labels():
    assert told("Motion", 5)[0] < 0.5


@pytest.mark.parametrize("name", ["Ghosting", "Spike", "Gibbs ringing"])
def test_magnitudes_are_not_negative(name):
    assert told(name)[0] == 0


def test_a_thick_slice_is_a_mean():
    assert told("Thick slices")[0] < 0.5


def test_nothing_folds_however_much_is_asked_for():
    smallest, moved = told("Elastic")
    assert smallest > 0
    assert moved > 5


def test_a_sheet_has_a_row_each_and_says_who_has_none(tmp_path):
    works = [alone("Ghosting"), alone("Noise")]
    draw(tmp_path / "sheet.png", [(work, brain(), examined(work, brain(), 1)) for work in works])
    from PIL import Image

    sheet = np.asarray(Image.open(tmp_path / "sheet.png").convert("L"))
    assert sheet.shape[0] % 2 == 0
    top, below = np.split(sheet, 2)
    assert (top[60:200, :256] == below[60:200, :256]).all()  # the volume before
    assert (top != below).any()
