"""A defect, set up by eye: sliders by keyboard, a click in the picture, the bank, calibration, a profile to keep."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from domainaug import load_profile


def plate(seed):
    random = np.random.default_rng(seed)
    brushed = cv2.GaussianBlur(random.normal(0, 30, (240, 320)), (41, 3), 0)
    return (np.linspace(110, 150, 320) + brushed + random.normal(0, 2, (240, 320))).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Brushed plates, some of them with a pit and its mask, as MVTec AD lays them out."""
    root = tmp_path_factory.mktemp("root")

    def save(place, pixels):
        path = root / "plates" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())

    for number in range(3):
        save(f"train/good/{number:03d}.png", plate(number))
    for number in range(10):
        shown, mask = plate(100 + number), np.zeros((240, 320), np.uint8)
        cv2.ellipse(mask, (40 + 25 * number, 120), (5 + number % 4, 5), 20 * number, 0, 360, 255, -1)
        soft = cv2.GaussianBlur(mask / 255, (0, 0), 1)
        save(f"test/pit/{number:03d}.png", (shown * (1 - 0.6 * soft)).astype(np.uint8))
        save(f"ground_truth/pit/{number:03d}_mask.png", mask)
    return root


def open_page(visit):
    visit.page.get_by_role("link", name="Defects").first.click()
    visit.page.get_by_role("heading", name="Defects", level=1).wait_for()
    visit.page.locator("img[alt='The crack close by']").wait_for()
    return visit.settle()


def tab(visit, name):
    visit.page.get_by_role("tab", name=name, exact=True).click()
    visit.page.get_by_role("tab", name=name, exact=True, selected=True).wait_for()
    visit.page.wait_for_timeout(500)
    return visit.settle()


def pick(visit, key, name):
    visit.page.locator(f".st-key-{key} input").click()
    visit.page.get_by_role("option", name=name, exact=True).click()
    visit.page.wait_for_timeout(300)
    return visit.settle()


def source(visit, alt):
    return visit.page.locator(f"img[alt='{alt}']").get_attribute("src")


def until_other(visit, alt, before):
    visit.page.wait_for_function(
        "([alt, was]) => document.querySelector(`img[alt='${alt}']`)?.src !== was", arg=[alt, before]
    )
    return visit.settle()


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280)])
def test_from_a_crack_to_a_profile(visiting, root, theme, width):
    with visiting(theme, width, 1100) as visit:
        page = open_page(visit.go()).page
        visit.shot(f"defects-{theme}-{width}")
        close = "The crack close by"

        before = source(visit, close)  # by keyboard
        page.get_by_role("slider", name="Length, mm").focus()
        page.keyboard.press("PageUp")
        page.keyboard.press("ArrowRight")
        until_other(visit, close, before)

        before = source(visit, close)  # by a click in the picture
        chart = page.locator("[data-testid='stSidebar'] [data-testid='stVegaLiteChart']")
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.75 * box["height"])
        page.wait_for_function("() => /d_across=2[0-9]/.test(location.search) && /d_down=7[0-9]/.test(location.search)")
        until_other(visit, close, before)

        for name in ("Tries", "Lights"):
            tab(visit, name)
            visit.shot(f"defects-{name.lower()}-{theme}-{width}")

        page.get_by_role("radio", name="Folder", exact=True).click()
        visit.settle()
        pick(visit, "folder", "plates")
        pick(visit, "d_kind", "Pit")
        tab(visit, "Bank")
        pick(visit, "d_bank", "plates")
        page.locator(".st-key-d_cut_out button").click()
        page.locator("img[alt^='Defect 10, pit']").wait_for()
        page.get_by_text("Defect 1 on this photograph").wait_for()
        visit.settle().shot(f"defects-bank-{theme}-{width}")

        tab(visit, "Calibration")
        page.locator(".st-key-d_measure button").click()
        page.get_by_text("Refused once calibrated").wait_for()
        visit.settle().shot(f"defects-calibration-{theme}-{width}")

        tab(visit, "Take along")
        page.get_by_label("Name", exact=True).fill(f"own/{theme}")
        page.keyboard.press("Enter")
        visit.settle()
        page.get_by_role("button", name="Save under the root").click()
        page.get_by_text("is among the parts now").wait_for()
        visit.settle().shot(f"defects-take-{theme}-{width}")
        assert load_profile(root / f"profiles/{theme}.yaml").defects["pit"]["from"] == "pit"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_narrow_screen_nothing_is_cut_off(visiting, theme):
    with visiting(theme, 768, 1100) as visit:
        open_page(visit.go())
        visit.shot(f"defects-{theme}-768")
        for name in ("Tries", "Lights", "Take along"):
            tab(visit, name)
            visit.shot(f"defects-{name.lower().replace(' ', '-')}-{theme}-768")
            wide = visit.page.evaluate("() => document.querySelector('[data-testid=\"stMain\"]').scrollWidth")
            assert wide <= 768


def test_a_refresh_shows_the_same_and_two_sessions_do_not_disturb_each_other(visiting):
    with visiting() as first, visiting() as second:
        page = open_page(first.go()).page
        open_page(second.go())
        pick(first, "d_kind", "Stain")
        page.get_by_role("slider", name="Diameter, mm").focus()
        before = source(first, "The stain close by")
        page.keyboard.press("End")
        until_other(first, "The stain close by", before)
        first.page.wait_for_function("() => location.search.includes('d_stain_diameter_mm')")
        seen = source(first, "The stain close by")
        assert second.page.locator("img[alt='The crack close by']").count() == 1
        address = page.url
        first.complaints.clear()
        page.goto(address)
        page.locator("img[alt='The stain close by']").wait_for()
        first.settle()
        assert source(first, "The stain close by") == seen
        first.complaints.clear()  # below the address of a page nobody says that the server is well: 404
