"""Runs that the app starts: what they say when they fail, one at a time, and none is left when the server ends."""

import pytest

pytest.importorskip("streamlit")

from domainaug.app.children import _Children, child_of, start
from domainaug.errors import OutputError

WAITING = ["app", "--help"]  # what it does matters less than that it is a process for a second or two


@pytest.fixture
def out(tmp_path):
    """A folder that is nobody else's."""
    return tmp_path / "out"


def test_what_a_run_fails_with_is_one_sentence(tmp_path, out):
    child = start(["simulate", "nothing.yaml", "out"], out, tmp_path)
    assert child.process.wait(120) == 2
    assert child.failure == "nothing.yaml: there is no such scenario file"
    assert child_of(out) is child
    assert not child.goes_on


def test_a_run_that_did_what_it_should_says_nothing(tmp_path, out):
    child = start(WAITING, out, tmp_path)
    assert child.process.wait(120) == 0
    assert child.failure == ""
    child.stop()  # nothing is left to stop


def test_a_run_that_was_killed_can_go_on(tmp_path, out):
    child = start(WAITING, out, tmp_path)
    child.process.kill()
    child.process.wait(120)
    assert "goes on where it stopped" in child.failure


def test_two_runs_into_one_folder_are_refused(tmp_path, out):
    child = start(WAITING, out, tmp_path)
    child.process.poll()
    with pytest.raises(OutputError, match="a run into this folder goes on"):
        start(WAITING, out, tmp_path)
    child.process.wait(120)
    assert start(WAITING, out, tmp_path).process.wait(120) == 0


def test_the_end_of_the_server_is_the_end_of_its_runs(tmp_path, out):
    child = start(WAITING, out, tmp_path)
    children = _Children(tmp_path, {out: child})
    children.end()
    assert not child.goes_on
