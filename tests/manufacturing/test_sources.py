"""Settings that are learned from sizes of real defects."""

import numpy as np
import pytest

from domainaug.manufacturing import learn_sizes
from domainaug.manufacturing.sources import learned_settings, read_settings, settings_of


def ellipse(longer, shorter):
    y, x = np.mgrid[:120, :120] - 60.0
    return (x / longer) ** 2 + (y / shorter) ** 2 <= 0.25


@pytest.mark.parametrize("name", ["pit", "pore", "dent"])
def test_an_ellipse_is_drawn_as_long_and_as_wide_as_it_was(name):
    learned = learned_settings(name, learn_sizes([ellipse(60, 30), ellipse(40, 40)], pitch_mm=0.1))
    share = 0.85 if name == "dent" else 1.0  # the mark of a dent has its rim as well
    assert learned["diameter_mm"].values == pytest.approx((4.0 * share, 6.0 * share), rel=0.03)
    assert learned["elongation"].values == pytest.approx((1.0, 2.0), rel=0.06)


@pytest.mark.parametrize("name", ["pit", "pore"])
def test_defects_were_measured_one_by_one_so_one_is_made(name):
    learned = learned_settings(name, learn_sizes([ellipse(10, 10)], pitch_mm=0.1))
    assert learned["cluster"].value == 1.0


def test_no_setting_is_called_like_the_number_that_a_run_makes():
    for name in ("pit", "pore", "scratch", "perlin", "bank"):
        assert not {"count", "from", "gate", "places", "like"}.intersection(settings_of(name))


def test_what_is_learned_can_be_set():
    learned = learned_settings("crack", learn_sizes([ellipse(60, 4)], pitch_mm=0.1))
    assert set(read_settings("crack", learned)) == {"length_mm", "width_mm", "heading_deg"}
