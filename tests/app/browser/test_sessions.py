"""Several at once, and what ends in the middle: two reviewers, two tabs, keys in haste, a killed server."""

from __future__ import annotations

import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

import domainaug as da
from domainaug.integrating import integrate
from domainaug.review.verdicts import Verdicts
from domainaug.run.ledger import LEDGER
from domainaug.run.overview import overview

_PROFILE = """\
id: test/tray
version: 1.0.0
title: Parts in a tray
frame: {size: [48, 48], channels: 1}
limits:
  - {effect: rotation, code: TST101, max: 20 deg, reason: The tray lets parts turn., evidence: [{strength: opinion}]}
recipe:
  - Affine: {rotate: [-12, 12], p: 1}
"""
_JUDGED = re.compile(r"(\d+) of \d+ judged, (\d+) rejected")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    for number in range(10):
        coarse = np.random.default_rng(number).random((6, 6)) * 220
        picture = cv2.resize(coarse, (48, 48), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)
        place = root / "parts" / "good" / f"serial{number:02d}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    (root / "tray.yaml").write_text(_PROFILE, encoding="utf-8")
    da.augment(root / "parts", root / "plain", profile=root / "tray.yaml", copies=8, seed=5, engine="serial")
    return root


@pytest.fixture
def out(root, request):
    """A run that only one test has."""
    place = root / f"run-{request.node.name.partition('[')[0][5:30].replace('_', '-')}"
    shutil.copytree(root / "plain", place)
    return place


def judge_as(visit, out, name):
    """Open the review of a run, and say who judges."""
    visit.go("review", run=out.name)
    visit.complaints[:] = [one for one in visit.complaints if "404" not in one]  # Streamlit's own, of a page by address
    who = visit.page.get_by_placeholder("Who judges?")
    who.fill(name)
    who.press("Enter")
    visit.page.get_by_role("button", name="Accept").and_(visit.page.locator(":enabled")).wait_for()
    visit.page.locator("[data-testid='stProgress']").first.click()
    return visit.settle()


def counts(visit):
    return tuple(map(int, _JUDGED.search(visit.page.locator("[data-testid='stProgress']").inner_text()).groups()))


def press(visit, key):
    """Press a key, and wait until another copy is shown."""
    before = shown(visit)
    visit.page.keyboard.press(key)
    visit.page.wait_for_function(
        "(before) => { const one = document.querySelector(\"[class*='st-key-review_accept_']\");"
        " return one && !one.className.includes(before); }",
        arg=before,
    )
    visit.settle()


def shown(visit):
    """The id of the copy that is to be judged."""
    held = visit.page.locator("[class*='st-key-review_accept_']").first.get_attribute("class")
    return re.search(r"st-key-review_accept_(\w+)", held).group(1)


def said(out, reviewer):
    return [(one.key, one.copy, one.answer) for one in Verdicts(out).counting() if one.reviewer == reviewer]


def rows(out):
    """Every verdict that was ever written and not taken back, as the file has it."""
    db = sqlite3.connect(out / LEDGER)
    found = db.execute("SELECT reviewer, key, copy, answer FROM verdicts WHERE NOT undone ORDER BY number").fetchall()
    db.close()
    return found


def wait_for(visit, judged, rejected):
    visit.page.get_by_text(re.compile(rf"^{judged} of \d+ judged, {rejected} rejected")).first.wait_for()
    return visit.settle()


def test_two_reviewers_at_once_have_each_their_own_queue_and_undo(visiting, out):
    order = [(one.key, one.copy) for one in da.Review(out).sample()]
    with visiting() as ada, visiting("dark") as bo:
        judge_as(ada, out, "Ada")
        judge_as(bo, out, "Bo")
        assert shown(ada) == shown(bo)
        press(ada, "A")
        press(ada, "X")
        press(bo, "S")  # still of the first; what Ada has judged since is not asked of Bo
        assert shown(bo) == shown(ada)
        press(bo, "X")
        press(ada, "A")  # Bo has rejected it meanwhile: one who rejects is enough
        wait_for(ada, 3, 2)
        assert said(out, "Ada") == [(*order[0], "accept"), (*order[1], "reject"), (*order[2], "accept")]
        assert said(out, "Bo") == [(*order[0], "skip"), (*order[2], "reject")]
        bo.page.keyboard.press("U")
        wait_for(bo, 3, 1)
        assert [one[2] for one in said(out, "Ada")] == ["accept", "reject", "accept"]
        ada.page.keyboard.press("U")
        wait_for(ada, 2, 1)
        assert [one[2] for one in said(out, "Ada")] == ["accept", "reject"]
        assert [one[2] for one in said(out, "Bo")] == ["skip"]


def test_two_tabs_of_one_reviewer_hold_one_verdict_a_copy(visiting, out):
    with visiting() as visit:
        judge_as(visit, out, "Ada")
        other = type(visit)(visit.page.context.new_page(), visit.server, visit.shots)
        judge_as(other, out, "Ada")
        press(visit, "A")
        press(other, "X")  # the same copy still: the last word counts
        assert [one[2] for one in said(out, "Ada")] == ["reject"]
        press(visit, "A")
        other.page.keyboard.press("U")  # the last of this reviewer, wherever it was said
        wait_for(other, 1, 1)
        other.page.keyboard.press("U")
        wait_for(other, 1, 0)
        assert [one[2] for one in said(out, "Ada")] == ["accept"]
        other.hold()


def test_a_key_pressed_twice_at_once_is_one_verdict(visiting, out):
    with visiting() as visit:
        judge_as(visit, out, "Ada")
        first = shown(visit)
        visit.page.evaluate(
            "() => { for (let n = 0; n < 2; n += 1) document.body.dispatchEvent("
            "new KeyboardEvent('keydown', {key: 'a', code: 'KeyA', bubbles: true})); }"
        )
        visit.page.wait_for_timeout(1500)
        visit.settle()
        of_first = [row for row in rows(out) if da.Review(out).find(first).key == row[1]]
        assert [row[3] for row in rows(out)] == ["accept"], of_first
        assert counts(visit) == (1, 0)


def test_a_reload_in_the_middle_of_a_verdict_neither_loses_nor_doubles_it(visiting, out):
    with visiting() as visit:
        judge_as(visit, out, "Ada")
        for count in range(1, 6):
            press(visit, "A")
            visit.page.keyboard.press("X")
            visit.page.reload()
            judge_as(visit, out, "Ada")
            found = rows(out)
            assert len({row[1:3] for row in found}) == len(found) == counts(visit)[0]
            assert len(found) in range(count, 2 * count + 1)
            visit.complaints.clear()  # what the old page asked for when it went


def test_a_server_that_is_killed_loses_and_doubles_nothing(visiting, server, out):
    with visiting() as visit:
        judge_as(visit, out, "Ada")
        for _ in range(6):
            press(visit, "A")
        before = rows(out)
        visit.page.keyboard.press("X")
        server.kill()
        told = rows(out)
        assert told[:6] == before
        assert [row[3] for row in told[6:]] in ([], ["reject"])
        server.start()
        visit.page.get_by_text(re.compile(rf"^{len(told)} of")).first.wait_for()  # the page finds it by itself
        visit.settle()
        judge_as(visit, out, "Ada")
        press(visit, "A")
        assert rows(out)[: len(told)] == told
        assert len(rows(out)) == len(told) + 1
        visit.complaints.clear()  # of the server that was away


def test_a_browser_that_is_killed_leaves_what_was_said(visiting, out):
    with visiting() as visit:
        judge_as(visit, out, "Ada")
        press(visit, "A")
        visit.page.keyboard.press("X")
    with visiting() as visit:
        judge_as(visit, out, "Ada")
        told = rows(out)
        assert [row[3] for row in told] in (["accept"], ["accept", "reject"])
        assert counts(visit)[0] == len(told)
        review = da.Review(out)
        assert review.find(shown(visit)).id == review.queue("Ada")[0].id


def slowly(root, name, count=700):
    """A data set that takes some seconds to read."""
    for number in range(count):
        place = root / name / f"{number:04d}.png"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(cv2.imencode(".png", np.random.default_rng(number).integers(0, 255, (96, 96)))[1].tobytes())


def test_a_reload_in_the_middle_of_exploring_loses_nothing_and_another_browser_sees_it(visiting, root):
    slowly(root, "many")
    with visiting() as visit:
        visit.go("explore", set="many")
        visit.complaints.clear()
        button = visit.page.locator(".st-key-explore-now button")
        button.click()
        visit.page.get_by_role("button", name="Stop").wait_for()
        visit.page.reload()
        with visiting("dark") as other:
            other.page.goto(f"{other.server.url}/explore?set=many")
            other.page.locator("[data-testid='stMetric']").first.wait_for()  # nobody pressed anything here
            other.complaints.clear()
        visit.page.locator("[data-testid='stMetric']").first.wait_for()
        visit.settle()
        assert "700" in visit.page.locator("[data-testid='stMetric']").first.inner_text()
        visit.complaints.clear()


def test_an_exploration_is_stopped_by_its_button(visiting, root):
    slowly(root, "more", 1500)
    with visiting() as visit:
        visit.go("explore", set="more")
        visit.complaints.clear()
        visit.page.locator(".st-key-explore-now button").click()
        visit.page.get_by_role("button", name="Stop").click()
        visit.page.get_by_role("button", name="Stop").wait_for(state="detached")
        visit.settle()
        assert visit.page.locator("[data-testid='stMetric']").count() == 0
        assert visit.page.locator(".st-key-explore-now button").is_enabled()


def test_a_reload_in_the_middle_of_writing_a_set_leaves_it_whole(visiting, root):
    with visiting() as visit:
        visit.go("integrate", run="plain", source="parts", train="set")
        visit.complaints.clear()
        visit.page.locator(".st-key-write button").click()
        begun = visit.page.get_by_role("button", name="Stop").or_(visit.page.get_by_text("It is complete"))
        begun.first.wait_for()
        visit.page.reload()
        visit.page.get_by_text("It is complete").wait_for()
        visit.complaints.clear()
    again = integrate(root / "parts", root / "plain", root / "set", test=0.2)
    assert (sum(again.placed.values()), again.removed) == (0, 0)  # it was whole


def test_a_server_that_is_stopped_amid_an_exploration_ends_in_good_order(visiting, server, root):
    slowly(root, "most", 3000)
    with visiting() as visit:
        visit.go("explore", set="most")
        visit.page.locator(".st-key-explore-now button").click()
        visit.page.get_by_text(" of 3000 items").first.wait_for()
        server.process.send_signal(signal.SIGINT)
        server.process.wait(60)
        visit.complaints.clear()
    assert "Traceback" not in server.log.read_text()
    server.start()


_RUN = """
import sys
import domainaug as da
da.augment(sys.argv[1], sys.argv[2], profile=sys.argv[3], copies=5000, seed=1, engine="serial")
"""


def card(visit, name):
    """What is said of a run, or "" while it is not on the page."""
    found = visit.page.locator("[data-testid='stVerticalBlock']").filter(has=visit.page.get_by_text(name, exact=True))
    return found.last.inner_text() if found.count() else ""


def wait_until(visit, holds, seconds=90):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, visit.page.locator("[data-testid='stMain']").inner_text()
        visit.page.wait_for_timeout(300)


def test_runs_that_come_go_on_are_killed_moved_and_deleted_are_seen_without_a_reload(visiting, root):
    names = ("aa-one", "ab-two")
    with visiting() as visit:
        visit.go("runs")
        visit.complaints.clear()
        words = [sys.executable, "-c", _RUN, str(root / "parts")]
        children = [subprocess.Popen([*words, str(root / name), str(root / "tray.yaml")]) for name in names]
        try:
            wait_until(visit, lambda: all("Running" in card(visit, name) for name in names))
            children[0].kill()
            children[0].wait(60)
            made = overview(root / names[0]).made
            wait_until(visit, lambda: "Stopped" in card(visit, names[0]))
            assert f"{made} of 50000 copies" in card(visit, names[0])
            shutil.move(root / names[0], root / "ac-moved")
            wait_until(visit, lambda: "Stopped" in card(visit, "ac-moved") and not card(visit, names[0]))
            children[1].send_signal(signal.SIGINT)
            children[1].wait(60)
            shutil.rmtree(root / names[1])
            wait_until(visit, lambda: not card(visit, names[1]))
            assert visit.page.get_by_role("alert").count() == 0
        finally:
            for child in children:
                child.kill()
                child.wait(60)


def test_an_address_with_a_run_that_is_gone_shows_no_other_in_its_place(visiting, out):
    with visiting() as visit:
        visit.go("review", run="gone")
        visit.page.get_by_text("gone: there is no such run under the root").wait_for()
        visit.shot("review-gone")
        assert not visit.page.get_by_role("button", name="Accept").count()
        visit.page.get_by_role("combobox", name="Run").click()
        visit.page.get_by_role("option", name=out.name).click()
        visit.page.get_by_role("button", name="Accept").wait_for()
        visit.settle()
        assert visit.page.url.endswith(f"?run={out.name}")
        visit.complaints[:] = [one for one in visit.complaints if "404" not in one]
