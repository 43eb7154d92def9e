"""A reviewer's hour: twenty verdicts by keys, undo, the browser is killed, on with the rest, and what follows."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

import domainaug as da
from domainaug.review import rejected
from domainaug.run.ledger import LEDGER
from domainaug.run.overview import overview

_PROFILE = """\
id: test/tray
version: 1.0.0
title: Parts in a tray
frame: {size: [160, 160], channels: 1}
limits:
  - {effect: rotation, code: TST101, max: 20 deg, reason: The tray lets parts turn., evidence: [{strength: opinion}]}
recipe:
  - Affine: {rotate: [-12, 12], p: 1}
  - RandomBrightnessContrast: {brightness_limit: [-0.1, 0.1], contrast_limit: [0, 0], p: 0.5}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    for number in range(10):
        coarse = np.random.default_rng(number).random((6, 6)) * 220
        picture = cv2.resize(coarse, (160, 160), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)
        place = root / "parts" / ("good" if number % 3 else "scratch") / f"serial{number:02d}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    (root / "parts" / "good" / "broken.png").write_bytes(b"broken")
    (root / "tray.yaml").write_text(_PROFILE, encoding="utf-8")
    da.augment(root / "parts", root / "augmented", profile=root / "tray.yaml", copies=8, seed=5, engine="serial")
    da.augment(root / "parts", root / "later", profile=root / "tray.yaml", seed=6, engine="serial")
    return root


def open_page(visit, name):
    visit.go()
    visit.page.get_by_role("link", name=name, exact=True).first.click()
    visit.page.get_by_role("heading", name=name, level=1).wait_for()
    return visit.settle()


def introduce(visit, name):
    who = visit.page.get_by_placeholder("Who judges?")
    who.fill(name)
    who.press("Enter")
    visit.page.get_by_role("button", name="Accept").and_(visit.page.locator(":enabled")).wait_for()
    visit.settle()  # keys are for the page now, not for the field


def judged(visit):
    return int(re.match(r"(\d+) of", visit.page.locator("[data-testid='stProgress']").inner_text()).group(1))


def wait_for(visit, count):
    visit.page.wait_for_function(
        "(n) => [...document.querySelectorAll('[data-testid=\"stProgress\"]')]"
        ".some((bar) => bar.innerText.startsWith(n + ' of '))",
        arg=count,
    )
    visit.settle()


def test_twenty_verdicts_by_keys_an_undo_and_a_killed_browser(visiting, root):
    out = root / "augmented"
    with visiting() as visit:
        open_page(visit, "Review")
        introduce(visit, "Ada")
        for count in range(1, 21):
            visit.page.keyboard.press("7" if count % 5 == 0 else "A")
            wait_for(visit, count)
        visit.shot("review-judge-light")
        visit.page.keyboard.press("U")
        wait_for(visit, 19)
        visit.page.keyboard.press("S")
        visit.page.get_by_text("1 skipped").wait_for()
    queue = [one.id for one in da.Review(out).queue("Ada")]
    with visiting("dark", 768) as visit:  # another browser: the one before is gone, with all it knew
        open_page(visit, "Review")
        assert judged(visit) == 19
        introduce(visit, "Ada")
        assert visit.page.locator(f".st-key-review_accept_{queue[0]}").count() == 1
        visit.page.keyboard.press("X")
        wait_for(visit, 20)
        visit.shot("review-judge-dark-768", full=True)
    outcomes = [one.outcome for one in da.Review(out).judged()]
    assert (outcomes.count("accept"), outcomes.count("reject"), outcomes.count("skip")) == (16, 4, 1)
    assert len({said.reviewer for one in da.Review(out).judged() for said in one.verdicts}) == 1


def test_a_key_that_is_pressed_too_soon_is_no_verdict_on_the_copy_before(visiting, root):
    review = da.Review(root / "augmented")
    with visiting() as visit:
        open_page(visit, "Review")
        introduce(visit, "Fay")
        for _ in range(4):
            before = judged(visit)
            first = review.queue("Fay")[0]
            for key in "AXX":
                visit.page.keyboard.press(key)
            visit.page.wait_for_timeout(1500)
            visit.settle()
            assert judged(visit) > before
            said = {one.candidate.id: one.verdicts for one in review.judged()}
            assert [one.answer for one in said[first.id] if one.reviewer == "Fay"] == ["accept"]
    while review.undo("Fay"):
        pass


def test_letters_in_a_note_are_no_verdicts(visiting, root):
    with visiting() as visit:
        open_page(visit, "Review")
        introduce(visit, "Bo")
        before = judged(visit)
        note = visit.page.get_by_placeholder("In your own words, kept with the reject")
        note.click()
        note.press_sequentially("a sax is u")
        visit.settle()
        assert judged(visit) == before
        visit.page.get_by_role("button", name="The label does not fit").click()
        wait_for(visit, before + 1)
    (said,) = [said for one in da.Review(root / "augmented").judged() for said in one.verdicts if said.reviewer == "Bo"]
    assert (said.answer, said.note, said.reasons) == ("reject", "a sax is u", ("label",))


def view(visit, name):
    visit.page.locator(".st-key-review_view").get_by_text(name, exact=True).click()
    return visit.settle()


def test_rates_and_limits_become_a_profile(visiting, root):
    review = da.Review(root / "augmented")
    while review.undo("Ada") or review.undo("Bo"):
        pass
    for one in review.sample():
        far = abs(one.amount("rotation")) > 8
        review.judge(one.id, "reject" if far else "accept", reviewer="Cy", reasons=["place"] if far else [])
    with visiting() as visit:
        open_page(visit, "Review")
        view(visit, "Rates")
        chart = visit.page.locator("[data-testid='stVegaLiteChart']")
        chart.locator("canvas, svg").first.wait_for()
        visit.shot("review-rates-light")
        view(visit, "Limits")
        visit.page.get_by_role("button", name="Write profile").click()
        visit.page.get_by_text("extends test/tray").wait_for()
        visit.settle().shot("review-limits-light", full=True)
    assert da.load_profile(root / "profiles" / "tray-reviewed.yaml").in_force("rotation")[0].high < 10


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_runs_lead_to_their_review(visiting, theme):
    with visiting(theme) as visit:
        open_page(visit, "Runs")
        visit.page.get_by_text("1 set aside").first.click()
        visit.page.get_by_text("not-an-image").first.wait_for()
        assert "broken.png" not in visit.page.content()
        visit.shot(f"runs-{theme}")
        visit.page.locator("[data-testid='stMain']").get_by_role("link", name=re.compile("Review")).last.click()
        visit.page.get_by_role("heading", name="Review", level=1).wait_for()
        visit.settle()
        assert visit.page.url.endswith("/review?run=later")
        assert visit.page.locator("[data-testid='stProgress']").inner_text().startswith("0 of 10 judged")


_RUN = """
import sys
import domainaug as da
da.augment(sys.argv[1], sys.argv[2], profile=sys.argv[3], copies=5000, seed=1, engine="serial")
"""


def made(visit):
    return int(re.search(r"(\d+) of 55000 copies", visit.page.locator("[data-testid='stMain']").inner_text()).group(1))


def test_a_run_that_goes_on_is_followed_and_can_be_reviewed(visiting, root):
    out = root / "aa-live"  # the first of the list
    child = subprocess.Popen([sys.executable, "-c", _RUN, str(root / "parts"), str(out), str(root / "tray.yaml")])
    try:
        end = time.monotonic() + 90
        while time.monotonic() < end and not ((out / LEDGER).is_file() and overview(out).made > 5):
            time.sleep(0.2)
        with visiting() as visit:
            open_page(visit, "Runs")
            visit.page.get_by_text("Running").wait_for()
            before = made(visit)
            visit.page.wait_for_function(
                "(n) => +(/(\\d+) of 55000 copies/.exec(document.body.innerText) || [0, 0])[1] > n", arg=before
            )
            visit.shot("runs-live")
            visit.page.locator("[data-testid='stMain']").get_by_role("link", name="Review").first.click()
            visit.page.get_by_role("heading", name="Review", level=1).wait_for()
            visit.settle()
            introduce(visit, "Di")
            visit.page.keyboard.press("X")
            visit.page.get_by_text("1 rejected").wait_for()
            child.send_signal(signal.SIGINT)
            child.wait(60)
            open_page(visit, "Runs")
            visit.page.get_by_text("Stopped").first.wait_for()
            visit.page.get_by_role("link", name="Review: 1 judged, 1 rejected").wait_for()
    finally:
        child.kill()
        child.wait()
    assert len(rejected(out)) == 1
