"""The beam against what others measured, and what it must do."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from domainaug_simulators.radiograph.matter import densities
from domainaug_simulators.radiograph.spectrum import attenuation, beam_of


@pytest.mark.parametrize(
    ("kvp", "added", "layer", "photons"),
    [(50, 10, 3.8, 21759), (70, 21, 6.8, 30174), (90, 30, 9.2, 32362), (120, 40, 11.6, 31077)],
)
def test_the_beam_qualities_of_iec_61267(kvp, added, layer, photons):
    """RQA 3, 5, 7 and 9: half value layer, and photons a mm² and µGy, as IEC 61267 and IEC 62220-1 list them."""
    beam = beam_of(kvp, 2.5 + added)
    assert beam.half_value_layer() == pytest.approx(layer, rel=0.08)
    assert beam.photons_per_ugy == pytest.approx(photons, rel=0.10)


def test_photons_add_up_and_none_has_more_than_the_tubes_voltage():
    for kvp in (50.0, 81.0, 120.0):
        beam = beam_of(kvp)
        assert beam.photons.sum() == pytest.approx(1.0)
        assert beam.energies.max() < kvp
        assert 0.8 < beam.swank <= 1.0


def one(value):
    return np.full((1, 1), value, np.float32)


def test_nothing_in_the_way_lets_everything_through():
    first, second = beam_of(90.0).signal(one(0), one(0))
    assert first.item() == pytest.approx(1.0, abs=1e-6)
    assert second.item() == pytest.approx(1.0, abs=1e-6)


def test_at_one_energy_it_would_be_beer_and_lambert():
    """A beam of a narrow band behind much filtration attenuates almost as one energy does."""
    beam = beam_of(60.0, 30.0, 2.0)
    water = one(5.0)
    mean = float(attenuation("water", np.array([beam.mean_energy]))[0])
    assert beam.signal(water, one(0))[0].item() == pytest.approx(np.exp(-5 * mean), rel=0.02)
    exact = (beam.photons * beam.energies * np.exp(-5 * beam.water)).sum() / (beam.photons @ beam.energies)
    assert beam.signal(water, one(0))[0].item() == pytest.approx(exact, rel=1e-5)


@pytest.mark.parametrize("material", ["water", "bone"])
def test_a_beam_hardens(material):
    """The second half of a body attenuates less than the first."""
    beam = beam_of(100.0)

    def depth(mass):
        paths = (one(mass), one(0)) if material == "water" else (one(0), one(mass))
        return -np.log(beam.signal(*paths)[0].item())

    assert 0 < depth(20) - depth(10) < depth(10)
    first, second = beam.signal(one(20), one(0))
    assert second.item() > first.item()  # those that get through have more energy


def test_bone_stands_out_less_at_a_higher_voltage():
    def contrast(kvp):
        beam = beam_of(kvp)
        return np.log(beam.signal(one(15), one(0))[0] / beam.signal(one(15), one(1))[0]).item()

    found = [contrast(kvp) for kvp in (50, 70, 90, 110, 130)]
    assert all(before > after for before, after in itertools.pairwise(found))
    assert found[0] > 1.5 * found[-1]


def test_coefficients_meet_the_table_and_fall_in_between():
    assert attenuation("water", np.array([60.0]))[0] == pytest.approx(0.2059)
    assert attenuation("bone", np.array([20.0]))[0] == pytest.approx(4.001)
    energies = np.linspace(10, 150, 300)
    for material in ("water", "bone", "aluminum", "copper", "air"):
        assert (np.diff(attenuation(material, energies)) < 0).all()


def test_hounsfield_units_become_water_and_bone_that_attenuate_as_they_say():
    energy = np.array([70.0])
    hounsfield = np.array([-2000, -1000, -850, -95, 0, 45, 120, 300, 800, 1500, 3000], np.float32)
    water, bone = densities(hounsfield)
    told = np.maximum(1 + hounsfield / 1000, 0)
    found = (water * attenuation("water", energy) + bone * attenuation("bone", energy)) / attenuation("water", energy)
    np.testing.assert_allclose(found, told, rtol=1e-5, atol=1e-6)
    assert (bone[:7] == 0).all()
    assert (np.diff(bone[6:]) > 0).all()
    assert (water >= 0).all()
    assert bone[hounsfield == 1500] == pytest.approx(1.8, abs=0.15)  # near cortical bone's 1.92 g/cm³
