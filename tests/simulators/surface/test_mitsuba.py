"""Our shader beside Mitsuba 3: the same station, the same skin, other people's light transport."""

from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest
from domainaug_simulators.surface import mitsuba_line
from domainaug_simulators.surface.axes import AXES
from domainaug_simulators.surface.defects import Wanted, chart_site, draw
from domainaug_simulators.surface.finishes import FINISHES, finished
from domainaug_simulators.surface.labels import label_of, window_of
from domainaug_simulators.surface.mitsuba_line import rendered
from domainaug_simulators.surface.parts import Cylinder, MeshPart, Plane
from domainaug_simulators.surface.picture import radiance
from domainaug_simulators.surface.station import Station

from domainaug.errors import DomainAugError

pytest.importorskip("mitsuba", reason="Mitsuba 3 is not installed")

SIDE, DETAIL = 40, 0.2
DEFAULTS = {axis.name: axis.default for axis in AXES} | {"rows": SIDE, "columns": SIDE, "pitch": 0.5, "samples": 3}
PLANE, CYLINDER = Plane(18.0, 18.0), Cylinder(15.0, 18.0)
MESH = MeshPart(CYLINDER.triangles(), CYLINDER.chart, CYLINDER.thickness, CYLINDER.half)
MARRED = (
    Wanted("dent", (3.0, -3.0), 1, {"diameter_mm": 6.0, "depth_share": 0.03}),
    Wanted("stain", (-4.0, 3.0), 2, {"diameter_mm": 6.0}),
)


def shape_of(part):
    return round(part.chart[1] / DETAIL), round(part.chart[0] / DETAIL)


def both(part, finish, paths=96, **values):
    """Return light of our shader and of Mitsuba (h, w), smoothed over what chance does, where the part is whole."""
    station = Station.of(part, DEFAULTS | values)
    site = chart_site(shape_of(part), DETAIL, (0.5, 0.5, 0.5))
    skin = finished(finish, shape_of(part), DETAIL, seed=2).with_defects(tuple(draw(one, site) for one in MARRED))
    seen = part.seen(station.view, station.pose, (0, 0, SIDE, SIDE), station.samples)
    ours = radiance(station, skin, seen, station.samples)
    (theirs,) = rendered(station, (skin,), paths, 7)
    inside = cv2.erode((ours[..., 3] > 0.999).astype(np.uint8), np.ones((5, 5))) > 0
    return (cv2.GaussianBlur(one[..., :3].mean(axis=2), (0, 0), 1.0)[inside] for one in (ours, theirs))


@pytest.mark.parametrize("light", ["bright-field", "dark-field", "ring", "dome"])
@pytest.mark.parametrize("finish", FINISHES)
def test_a_plane_looks_the_same(finish, light):
    ours, theirs = both(PLANE, finish, light=light)
    assert ours.mean() == pytest.approx(theirs.mean(), rel=0.05)
    assert np.abs(ours - theirs).mean() < 0.08 * theirs.mean()
    assert np.corrcoef(ours, theirs)[0, 1] > 0.9


@pytest.mark.parametrize("part", [CYLINDER, MESH], ids=["cylinder", "mesh"])
@pytest.mark.parametrize("light", ["bright-field", "ring", "dome"])
def test_what_is_curved_and_turned_looks_the_same(part, light):
    ours, theirs = both(part, "cast", light=light, spin=25.0, tilt_across=15.0, lens="telecentric")
    assert ours.mean() == pytest.approx(theirs.mean(), rel=0.1)
    assert np.abs(ours - theirs).mean() < 0.12 * theirs.mean()
    assert np.corrcoef(ours, theirs)[0, 1] > 0.95


@pytest.mark.parametrize("azimuth", [0.0, 90.0])
def test_a_scratch_glints_under_the_same_light(azimuth):
    station = Station.of(PLANE, DEFAULTS | {"azimuth": azimuth, "elevation": 55.0})
    site = chart_site(shape_of(PLANE), DETAIL, (0.5, 0.5, 0.5))
    sizes = {"length_mm": 12.0, "width_mm": 1.2, "depth_share": 0.25, "fresh": 1.0, "skips": 0.0}
    clean = finished("painted", shape_of(PLANE), DETAIL, seed=2)
    gains = {}
    for heading in (0.0, 90.0):
        scratch = draw(Wanted("scratch", (0, 0), 3, sizes | {"heading_deg": heading}), site)
        marred = clean.with_defects((scratch,))
        seen = PLANE.seen(station.view, station.pose, (0, 0, SIDE, SIDE), 3)
        window = window_of(seen, 3, scratch, shape_of(PLANE), DETAIL)
        mask = label_of(1, scratch, PLANE, station.view, station.pose, window, (*shape_of(PLANE), DETAIL)).mask
        ours = [radiance(station, skin, seen, 3)[..., :3] for skin in (clean, marred)]
        for name, (before, after) in (("ours", ours), ("theirs", rendered(station, (clean, marred), 96, 7))):
            gains[name, heading] = float((after - before).mean(axis=2)[mask].mean() / before.mean())
    across = azimuth - 90.0 if azimuth else 90.0  # the heading that the light stands across
    for name in ("ours", "theirs"):
        assert gains[name, across] > 3 * abs(gains[name, 90.0 - across])
    assert gains["ours", across] == pytest.approx(gains["theirs", across], rel=0.3)


@pytest.mark.parametrize("part", [PLANE, CYLINDER], ids=["plane", "cylinder"])
@pytest.mark.parametrize("light", ["bright-field", "dome"])
def test_what_changes_lies_in_the_mask(part, light):
    station = Station.of(part, DEFAULTS | {"light": light})
    site = chart_site(shape_of(part), DETAIL, (0.5, 0.5, 0.5))
    stain = draw(Wanted("stain", (4.0, -3.0), 2, {"diameter_mm": 5.0, "density": 0.4}), site)
    clean = finished("plastic", shape_of(part), DETAIL, seed=2)
    before, after = rendered(station, (clean, clean.with_defects((stain,))), 24, 7)
    seen = part.seen(station.view, station.pose, (0, 0, SIDE, SIDE), 3)
    window = window_of(seen, 3, stain, shape_of(part), DETAIL)
    mask = label_of(1, stain, part, station.view, station.pose, window, (*shape_of(part), DETAIL)).mask
    change = np.abs(after - before).mean(axis=2)
    far = cv2.dilate(mask.astype(np.uint8), np.ones((7, 7))) == 0
    assert change[mask].mean() > 100 * change[far].mean()
    assert change[mask].mean() > 0.2 * before[mask].mean()


def test_the_same_seed_gives_the_same_light():
    station = Station.of(PLANE, DEFAULTS)
    skin = finished("cast", shape_of(PLANE), DETAIL)
    assert np.array_equal(*(rendered(station, (skin,), 4, 7)[0] for _ in range(2)))
    assert not np.array_equal(*(rendered(station, (skin,), 4, seed)[0] for seed in (7, 8)))


def test_a_variant_that_ends_its_process_is_told(monkeypatch):
    dying = [sys.executable, "-c", "import os; os.abort()"]
    run = subprocess.run
    monkeypatch.setattr(mitsuba_line.subprocess, "run", lambda command, **more: run(dying, **more))
    mitsuba_line._probed.cache_clear()
    with pytest.raises(DomainAugError, match="variant llvm_ad_rgb ends its process with signal 6 here"):
        mitsuba_line.need_mitsuba("llvm_ad_rgb")
    mitsuba_line._probed.cache_clear()


def test_what_it_complains_of_is_told():
    with pytest.raises(DomainAugError, match=r"variant no_such does not render here: .*no_such"):
        mitsuba_line.need_mitsuba("no_such")


def test_a_picture_that_takes_too_long_is_told(monkeypatch):
    mitsuba_line.need_mitsuba()
    monkeypatch.setattr(mitsuba_line, "_STARTING", 0.05)
    station = Station.of(PLANE, DEFAULTS)
    with pytest.raises(DomainAugError, match="took more than 0 s for 40 x 40 pixels of 1 paths: lower samples"):
        rendered(station, (finished("cast", shape_of(PLANE), DETAIL),), 1, 7)


def test_a_back_light_is_left_to_the_shader():
    station = Station.of(PLANE, DEFAULTS | {"light": "back-light"})
    with pytest.raises(DomainAugError, match="take the shader"):
        rendered(station, (finished("cast", shape_of(PLANE), DETAIL),), 1, 7)
