import sys

import pytest

pytest.importorskip("streamlit")

from domainaug.app import navigation
from domainaug.app.navigation import PAGES


def test_every_page_file_is_registered():
    files = {path.stem for path in (PAGES[0].path.parent).glob("*.py")} - {"__init__"}
    assert files <= {page.name for page in PAGES}


def test_pages_are_told_apart_by_name_title_and_icon():
    for what in ("name", "title", "icon", "about"):
        assert len({getattr(page, what) for page in PAGES}) == len(PAGES)


def test_the_first_page_opens(open_app, calm):
    at = calm(open_app())
    assert at.title[0].value


def test_a_root_that_is_gone_is_one_sentence(open_app, root, monkeypatch):
    at = open_app()
    monkeypatch.setattr(sys, "argv", ["app.py", "--root", str(root / "missing")])
    at.run()
    assert not at.exception
    assert "no such folder" in at.error[0].value


def test_a_fault_of_a_page_is_one_sentence_without_what_it_held(open_app, monkeypatch):
    def broken():
        raise KeyError("Doe^John")

    monkeypatch.setattr(navigation, "root_of", lambda arguments: broken())
    at = open_app()
    assert not at.exception
    assert "fault of domainaug" in at.error[0].value
    assert "Doe" not in at.error[0].value
