"""The page that `domainaug review --html` writes: judged offline, kept by the browser, saved, and brought in."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest

import domainaug as da
from domainaug.review.sheet import write_sheet
from domainaug.review.table import read_table

_PROFILE = """\
id: test/tray
version: 1.0.0
title: Parts in a tray
recipe:
  - Affine: {rotate: [-12, 12], p: 1}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    (root / "parts").mkdir()
    for number in range(6):
        coarse = np.random.default_rng(number).random((6, 6)) * 220
        picture = cv2.resize(coarse, (160, 160), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)
        cv2.imwrite(str(root / "parts" / f"{number}.png"), picture)
    (root / "tray.yaml").write_text(_PROFILE, encoding="utf-8")
    da.augment(root / "parts", root / "out", profile=root / "tray.yaml", copies=2, engine="serial")
    review = da.Review(root / "out")
    write_sheet(review, root / "sheet.html", review.queue("ada"))
    return root


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_sheet_is_judged_by_keys_kept_and_saved(visiting, root, tmp_path, theme):
    review = da.Review(root / "out")
    first, second, third, fourth = review.queue("ada")[:4]
    with visiting(theme) as visit:
        page, count = visit.page, visit.page.locator("#count")
        page.goto((root / "sheet.html").as_uri())
        for key in "ax1s":
            page.keyboard.press(key)
        assert count.inner_text() == "3 of 12 judged, 1 rejected"
        card = page.locator(f"#c{second.id}")
        card.get_by_role("button", name="Turned, bent or cut too far").click()
        note = card.get_by_label("Note")
        note.click()
        note.press_sequentially('a "sax", =1')
        assert count.inner_text() == "3 of 12 judged, 1 rejected", "letters in a note are no keys"
        page.locator("h1").click()
        page.locator(f"#c{fourth.id} h2").click()
        page.keyboard.press("a")
        page.keyboard.press("u")
        page.reload()
        assert count.inner_text() == "3 of 12 judged, 1 rejected", "what was said is there after a reload"
        page.get_by_role("button", name="Save verdicts.csv").click()
        assert page.evaluate("document.activeElement.id") == "who", "it asks who judged first"
        page.get_by_label("Reviewer").fill("ada")
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save verdicts.csv").click()
        saved.value.save_as(tmp_path / "verdicts.csv")
        visit.shot(f"sheet-{theme}")
    verdicts = read_table(review, tmp_path / "verdicts.csv")
    assert [(one.key, one.copy, one.answer, one.reasons, one.note) for one in verdicts] == [
        (first.key, first.copy, "accept", (), ""),
        (second.key, second.copy, "reject", ("label", "place"), 'a "sax", =1'),
        (third.key, third.copy, "skip", (), ""),
    ]
    assert {one.reviewer for one in verdicts} == {"ada"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\+00:00", one.at) for one in verdicts)
