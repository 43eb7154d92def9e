"""From a folder of pictures to a training set, as somebody would click through it."""

from __future__ import annotations

import json
import shutil

import cv2
import numpy as np
import pytest

import domainaug as da

_PROFILE = """\
id: test/light
version: 1.0.0
title: Anything under a lamp
frame: {size: [120, 160], channels: 3}
limits:
  - {effect: brightness, code: TST101, max: 30 %, reason: It is lit by a lamp., evidence: [{strength: opinion}]}
recipe:
  - RandomBrightnessContrast: {brightness_limit: [-0.1, 0.1], contrast_limit: [-0.1, 0.1], p: 1}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Scratched and good parts, one picture twice, and a run of them."""
    root = tmp_path_factory.mktemp("root")
    for number in range(12):
        coarse = np.random.default_rng(number).random((8, 11, 3)) * 210
        pixels = cv2.resize(coarse, (160, 120), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)
        place = root / "parts" / ("good" if number < 9 else "scratch") / f"serial{number:02d}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    shutil.copy(root / "parts" / "good" / "serial00.png", root / "parts" / "good" / "twin.png")
    (root / "light.yaml").write_text(_PROFILE, encoding="utf-8")
    da.augment(root / "parts", root / "augmented", profile=root / "light.yaml", copies=2, engine="serial")
    return root


def open_page(visit, name):
    visit.page.get_by_role("link", name=name).first.click()
    visit.page.get_by_role("heading", name=name, level=1).wait_for()
    return visit.settle()


def press(visit, key):
    visit.page.locator(f".st-key-{key} button").click()
    visit.page.locator("[data-testid='stMetric']").first.wait_for()
    return visit.settle()


def tab(visit, name):
    visit.page.get_by_role("tab", name=name).click()
    visit.page.wait_for_timeout(300)
    return visit.settle()


def choose(visit, key, name):
    visit.page.locator(f".st-key-{key} input").click()
    visit.page.get_by_role("option", name=name, exact=True).click()
    return visit.settle()


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 768)])
def test_from_pictures_to_a_training_set(visiting, root, theme, width):
    with visiting(theme, width) as visit:
        open_page(visit.go(), "Explore")
        choose(visit, "set", "parts")
        press(visit, "explore-now")
        visit.shot(f"explore-images-{theme}-{width}")
        for name in ("Classes", "Duplicates", "Profiles", "Plan"):
            tab(visit, name)
            visit.shot(f"explore-{name.lower()}-{theme}-{width}")
            assert visit.page.locator("[data-testid='stAlert']").count() == 0
        tab(visit, "Duplicates")
        assert visit.page.locator("img[alt^='good/']").count() == 2
        tab(visit, "Profiles")
        visit.page.get_by_role("link", name="See it in Preview").first.click()
        visit.page.wait_for_url("**folder=parts**")
        visit.settle()

        open_page(visit, "Integrate")
        name = f"set-{theme}"
        box = visit.page.locator(".st-key-train input")
        box.fill(name)
        box.press("Enter")
        visit.settle()
        press(visit, "look")
        assert not (root / name).exists()
        visit.shot(f"integrate-looked-{theme}-{width}")
        press(visit, "write")
        visit.page.get_by_text("It is complete.").wait_for()
        visit.shot(f"integrate-written-{theme}-{width}", full=True)
    head, *lines = [json.loads(line) for line in (root / name / "manifest.jsonl").read_text().splitlines()]
    assert head["set"]["parts"]["train"] + head["set"]["parts"]["test"] == 13
    sides = {line["key"]: line["split"] for line in lines}
    assert sides["good/serial00.png"] == sides["good/twin.png"]
