"""All eight pages by keyboard alone: Tab and Shift+Tab to get there, arrows, Enter, Space and letters to act.

No test here clicks, fills or focuses. Whatever has the focus on the way there has to look as if it had.
"""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

import domainaug as da

pytestmark = pytest.mark.slow

_PROFILE = """\
id: test/tray
version: 1.0.0
title: Parts in a tray
frame: {size: [96, 96], channels: 1}
limits:
  - {effect: rotation, code: TST101, max: 20 deg, reason: The tray lets parts turn., evidence: [{strength: opinion}]}
recipe:
  - Affine: {rotate: [-12, 12], p: 1}
"""
_LOOKS = """
const looks = (stop) => {
  const said = [];
  for (let one = stop, up = 0; one && up < 6; one = one.parentElement, up++)
    for (const part of [null, '::before', '::after']) {
      const style = getComputedStyle(one, part);
      said.push(style.outline, style.boxShadow, style.borderColor, style.backgroundColor, style.color,
                style.textDecorationLine, style.opacity);
    }
  return said.join();
};
"""
_STEP = (
    "(target) => {"
    + _LOOKS
    + """
  const before = window.stopBefore, now = document.activeElement;
  const plain = before && before.stop.isConnected && before.stop !== now && before.stop !== document.body
    && !before.stop.closest('canvas') && looks(before.stop) === before.looked;  // a table draws its focus itself
  window.stopBefore = {stop: now, looked: looks(now)};
  return [target.contains(now), plain ? before.stop.outerHTML.slice(0, 200) : ''];
}"""
)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    for number in range(10):
        coarse = np.random.default_rng(number).random((6, 6)) * 220
        picture = cv2.resize(coarse, (96, 96), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)
        place = root / "parts" / ("good" if number % 3 else "scratch") / f"serial{number:02d}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    (root / "tray.yaml").write_text(_PROFILE, encoding="utf-8")
    da.augment(root / "parts", root / "augmented", profile=root / "tray.yaml", copies=2, engine="serial")
    return root


def reach(visit, target, *, key="Tab", most=90):
    """Press Tab until something is focused, and hold that every stop on the way could be told by its looks."""
    target.wait_for(state="attached")  # the button that copies lines is there to be seen once it has the focus
    for _ in range(most):
        visit.page.keyboard.press(key)
        visit.page.wait_for_timeout(200)  # looks change in the course of a moment
        there, plain = target.evaluate(_STEP)
        assert plain == "", "a stop does not show that it has the focus"
        if there:
            return target
    raise AssertionError(f"{target} cannot be reached")


def press(visit, *keys):
    for key in keys:
        visit.page.keyboard.press(key)
    visit.page.wait_for_timeout(300)
    return visit.settle()


def pick(visit, label, words):
    """Choose from a list by typing."""
    reach(visit, visit.page.get_by_role("combobox", name=label))
    press(visit, "ArrowDown")
    visit.page.keyboard.type(words)
    visit.page.get_by_role("option").first.wait_for()
    return press(visit, "Enter")


def open_page(visit, name):
    page = visit.go().page
    reach(visit, page.get_by_role("link", name=name, exact=False).first)
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1).filter(has_text=name).wait_for()
    return visit.settle().page


def images(visit):
    return visit.page.eval_on_selector_all("img[alt]", "all => all.map((one) => one.src)")


def until_other(visit, before):
    visit.page.wait_for_function(
        "(was) => [...document.querySelectorAll('img[alt]')].some((one, at) => one.src !== was[at])", arg=before
    )
    return visit.settle()


def test_preview_a_profile_an_item_a_slider_a_tab_and_the_lines_of_python(visiting):
    with visiting() as visit:
        page = visit.go(copies=2).page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        reach(visit, page.get_by_role("radiogroup", name="Field"))
        press(visit, "ArrowRight", "Space")
        pick(visit, "Profile", "Ceramic")
        page.get_by_role("heading", name="Ceramic tile").wait_for()
        reach(visit, page.get_by_role("radiogroup", name="Image from"))
        press(visit, "ArrowRight", "Space")
        pick(visit, "Data set under the root", "parts")
        pick(visit, "Item", "serial03")
        assert "item=scratch" in page.url
        reach(visit, page.locator("summary").filter(has_text="Affine"))
        press(visit, "Enter")
        before = images(visit)
        reach(visit, page.get_by_role("slider", name="Rotate").first)
        press(visit, "ArrowRight", "ArrowRight")
        until_other(visit, before)
        reach(visit, page.get_by_role("tab", name="Copies"))
        press(visit, "ArrowRight", "ArrowRight", "ArrowRight")
        page.get_by_text("On the command line").wait_for()
        reach(visit, page.locator("[data-testid='stCode'] button").first)
        press(visit, "Enter")
        assert page.evaluate("navigator.clipboard.readText()").startswith("import domainaug as da")


def test_check_a_fix_is_applied(visiting):
    with visiting() as visit:
        page = open_page(visit, "Check")
        reach(visit, page.get_by_role("button", name="Apply this fix").first)
        press(visit, "Enter")
        page.get_by_role("heading", name="Mirror horizontal").wait_for(state="detached")
        reach(visit, page.get_by_role("button", name="Undo"), key="Shift+Tab")
        press(visit, "Space")
        page.get_by_role("heading", name="Mirror horizontal").wait_for()


def test_defects_a_kind_its_size_and_its_place(visiting):
    with visiting() as visit:
        page = open_page(visit, "Defects")
        pick(visit, "Kind", "Stain")
        page.locator("img[alt='The stain close by']").wait_for()
        for slider in ("Diameter, mm", "Across, %", "Down, %"):
            before = images(visit)
            reach(visit, page.get_by_role("slider", name=slider))
            press(visit, "ArrowRight", "ArrowRight", "ArrowRight")
            until_other(visit, before)


def test_scenes_weather_and_hour(visiting):
    pytest.importorskip("numba", reason="the packages of domainaug[street] are not installed")
    with visiting() as visit:
        visit.page.set_default_timeout(240_000)  # a street is built
        page = open_page(visit, "Scenes")
        page.locator("img[alt^='A street']").wait_for()
        pick(visit, "Weather", "Fog dense")
        page.wait_for_function("() => location.search.includes('weather=fog-dense')")
        reach(visit, page.get_by_role("slider", name="Hour"))
        press(visit, "ArrowLeft")
        page.wait_for_function("() => location.search.includes('hour=')")
        reach(visit, page.get_by_role("switch", name="Boxes"))
        press(visit, "Space")
        page.locator("img[alt*='Over it boxes']").wait_for()


def test_runs_lead_to_a_review_of_ten_copies_and_an_undo(visiting, root):
    with visiting() as visit:
        page = open_page(visit, "Runs")
        reach(visit, page.locator("[data-testid='stMain']").get_by_role("link", name="Review"))
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Review", level=1).wait_for()
        visit.settle()
        reach(visit, page.get_by_placeholder("Who judges?"))
        page.keyboard.type("Ada")
        page.keyboard.press("Enter")
        accept = page.get_by_role("button", name="Accept").and_(page.locator(":enabled"))
        accept.wait_for()
        visit.settle()
        reach(visit, accept)
        for count in range(1, 11):
            page.keyboard.press("Enter" if count == 1 else "x" if count % 5 == 0 else "a")
            page.locator("[data-testid='stProgress']").get_by_text(f"{count} of ").wait_for()
            visit.settle()
        reach(visit, page.get_by_role("button", name="Undo"))
        press(visit, "Enter")
        page.locator("[data-testid='stProgress']").get_by_text("9 of ").wait_for()
    assert [one.outcome for one in da.Review(root / "augmented").judged()].count("accept") == 8


def test_explore_and_a_plan(visiting, root):
    with visiting() as visit:
        page = open_page(visit, "Explore")
        pick(visit, "Data set", "parts")
        reach(visit, page.locator(".st-key-explore-now button"))
        page.keyboard.press("Enter")
        page.get_by_role("tab", name="Plan").wait_for()
        visit.settle()
        reach(visit, page.get_by_role("tab", name="Images"))
        press(visit, *["ArrowRight"] * 4)
        reach(visit, page.get_by_role("spinbutton", name="Copies of each"))
        press(visit, "ArrowUp", "Enter")
        reach(visit, page.get_by_role("button", name="Save the plan"))
        press(visit, "Enter")
        page.get_by_text("Saved as plan.json").wait_for()
    assert (root / "plan.json").is_file()


def test_integrate_a_set_is_written(visiting, root):
    with visiting() as visit:
        page = open_page(visit, "Integrate")
        reach(visit, page.get_by_role("textbox", name="Folder of the set"))
        press(visit, "Control+a")
        page.keyboard.type("by-keyboard")
        press(visit, "Enter")
        reach(visit, page.get_by_role("button", name="Write the set"))
        page.keyboard.press("Enter")
        page.get_by_text("It is complete.").wait_for()
        visit.settle()
    head = json.loads((root / "by-keyboard" / "manifest.jsonl").read_text().splitlines()[0])
    assert sum(head["set"]["parts"].values()) == 10
