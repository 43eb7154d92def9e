"""The beam: attenuation as tabulated, water read linearly once corrected, and a spectrum integrated finely."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.transforms.beam import METALS, beam_of

PATHS = np.linspace(0, 500, 501).astype(np.float32)


def finely(kvp, path):
    """Return what Kramers' spectrum behind 8 mm of aluminum reads behind water, in steps of a quarter of a keV."""
    keV = np.arange(20, kvp, 0.25) + 0.125
    known = np.log([20, 30, 40, 50, 60, 80, 100, 150])
    water = [0.8096, 0.3756, 0.2683, 0.2269, 0.2059, 0.1837, 0.1707, 0.1505]
    aluminum = [3.441, 1.128, 0.5685, 0.3681, 0.2778, 0.2018, 0.1704, 0.1378]
    of = [np.exp(np.interp(np.log(keV), known, np.log(table))) for table in (water, aluminum)]
    signal = (kvp - keV) * np.exp(-of[1] * 2.699 * 0.8)
    return -np.log((signal * np.exp(-of[0] * path / 10)).sum() / signal.sum())


@pytest.mark.parametrize("kvp", [80.0, 100.0, 120.0, 140.0])
def test_what_is_read_behind_water_is_the_integral_over_the_spectrum(kvp):
    read = beam_of(kvp).measured({"water": np.array([50, 200, 400], np.float32)})
    assert read == pytest.approx([finely(kvp, path) for path in (50, 200, 400)], rel=0.02)


@pytest.mark.parametrize("kvp", [80.0, 120.0, 140.0])
def test_a_long_path_attenuates_less_than_a_short_one_promises_and_yet_more(kvp):
    read = beam_of(kvp).measured({"water": PATHS})
    steps = np.diff(read)
    assert (steps > 0).all()
    assert (np.diff(steps[::50]) < 0).all()


@pytest.mark.parametrize("kvp", [80.0, 120.0])
def test_water_is_linear_once_corrected_and_calibrated_on_200_mm(kvp):
    beam = beam_of(kvp)
    assert beam.measured({"water": np.float32([200.0])})[0] == pytest.approx(200 * beam.effective, rel=1e-4)
    assert np.allclose(beam.corrected(beam.measured({"water": PATHS})), PATHS * beam.effective, atol=2e-3)


@pytest.mark.parametrize("material", ["bone", *METALS])
def test_other_materials_harden_the_beam_more(material):
    beam = beam_of(120.0)
    through = beam.measured({"water": np.float32([200.0]), material: np.float32([60.0])})
    assert beam.corrected(through)[0] < 0.99 * 260 * beam.effective


def test_attenuation_of_water_is_that_of_nist():
    beam = beam_of(120.0)
    assert beam.water[[8, 12, 16]] * 10 == pytest.approx([0.2059, 0.1837, 0.1707])  # 60, 80 and 100 keV
    assert 0.18 < beam.effective * 10 < 0.21
    assert beam.times_water["iron"] > 2 * beam.times_water["titanium"] > 20
