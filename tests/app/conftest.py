"""Opening the app without a browser: `at = open_app("preview", profile="medical/ct-chest")`."""

import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def root(tmp_path):
    """The folder that the app is started for."""
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def open_app(root, monkeypatch):
    """Open a page of the app for `root`, with what the address says."""
    testing = pytest.importorskip("streamlit.testing.v1")
    monkeypatch.setattr(sys, "argv", ["app.py", "--root", str(root)])
    # a run leaves the script as the program's main module, and processes started after it would begin with it
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])

    def opened(page="preview", **query):
        at = testing.AppTest.from_file(CHECKOUT / "app.py", default_timeout=120)
        for name, value in query.items():
            at.query_params[name] = value
        at.run()
        if page != "preview":
            at.switch_page(f"domainaug/app/pages/{page}.py").run()
        return at

    return opened


@pytest.fixture
def calm():
    """Hold that a page shows neither an exception nor an error, and return it."""

    def held(at):
        assert not at.exception, [one.message for one in at.exception]
        assert not at.error, [one.value for one in at.error]
        return at

    return held
