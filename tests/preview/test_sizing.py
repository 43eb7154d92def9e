"""What can be set of the papers' anomalies; `test_marring.py` has the drawn kinds."""

import numpy as np
import pytest

from domainaug.errors import DomainAugError, LabelError, UnknownName
from domainaug.manufacturing import Foreground, Gate, Part, Site
from domainaug.manufacturing.sources import ANOMALIES, source
from domainaug.preview.marring import Wish, gate_for, tries_of
from domainaug.preview.sizing import settings_for

SIDE = 9.6  # mm


@pytest.fixture
def site():
    gray = np.random.default_rng(0).normal(120, 25, (96, 96)).clip(0, 255).round().astype(np.uint8)
    return Site.of(gray, Part(pixel_pitch_mm=SIDE / 96))


@pytest.mark.parametrize("name", ANOMALIES)
def test_every_setting_is_one_of_the_source_and_legal_at_its_ends(name, site):
    for one in settings_for(name, SIDE):
        assert one.low <= one.usual[0] <= one.usual[1] <= one.high, one
        assert one.low <= one.middle <= one.high, one
        assert one.title == one.title.strip()
        for value in (one.low, one.high):
            source(name, {one.name: value if one.main or one.exact else (value, value)})


@pytest.mark.parametrize("name", ANOMALIES)
def test_sizes_come_first_and_are_those_of_the_paper_on_a_picture_as_large(name):
    small, large = ([one for one in settings_for(name, side) if one.main] for side in (10.0, 20.0))
    assert small
    assert [one.name for one in small] == [one.name for one in settings_for(name)][: len(small)]
    for one, other in zip(small, large, strict=True):
        times = 4 if one.unit == "mm²" else 2
        assert other.usual == pytest.approx([times * end for end in one.usual], rel=0.06)


@pytest.mark.parametrize("name", [name for name in ANOMALIES if name != "perlin"])
def test_it_lies_where_it_is_wanted_as_large_as_it_is_asked_for(name, site):
    sizes = {"area_mm2": 1.0} if name == "cutpaste" else {"length_mm": 1.2, "width_mm": 0.8}
    if name == "nsa":
        sizes["blend"] = "naive"  # what other blends change is not all of the piece
    for place in ((0.3, 0.3), (0.6, 0.5)):
        made = tries_of(Wish(name, sizes, 1, place), site, most=1)[0].made
        rows, columns = np.nonzero(made.mask)
        assert [rows.mean() / 96, columns.mean() / 96] == pytest.approx(place, abs=0.03)
        assert made.mask.sum() * site.pitch_mm**2 == pytest.approx(1.0, rel=0.25)


def test_each_try_is_that_of_a_run(site):
    for name in ANOMALIES:
        (tried,) = tries_of(Wish(name, {}, 5), site, most=1)
        np.testing.assert_array_equal(tried.made.picture, source(name).make(5, site).picture)


def test_seams_are_held_against_nsa_alone():
    gate = Gate(seam=1.5)
    assert {name for name in ANOMALIES if gate_for(name, gate).seam == 1.5} == {"nsa"}
    assert gate_for("crack", gate) == gate


def test_what_cannot_be_is_said(site):
    with pytest.raises(LabelError, match="smaller sizes"):
        tries_of(Wish("cutpaste", {"area_mm2": 900.0}), site)
    with pytest.raises(UnknownName, match="grain_mm"):
        tries_of(Wish("perlin", {"grain": 1.0}), site)
    with pytest.raises(DomainAugError, match="two numbers"):
        tries_of(Wish("nsa", {"scale": 1.0}), site)
    left = np.zeros((96, 96), np.uint8)
    left[:, :40] = 200
    half = Site.of(left, Part(pixel_pitch_mm=0.1, foreground=Foreground("otsu")))
    with pytest.raises(LabelError, match="at that place"):
        tries_of(Wish("scar", {"length_mm": 1.0, "width_mm": 0.5}, place=(0.5, 0.9)), half)
