"""Small renderings that compile a simulator's kernels ahead."""

from __future__ import annotations

import sys

import pytest

from domainaug.errors import DomainAugError, MissingExtra
from domainaug.scenario import trials
from domainaug.scenario.trials import Trial, simulator_trials


@pytest.fixture
def installed(monkeypatch):
    """Install a toy simulator with two trials beside one that cannot be imported."""
    seen = []
    toy = sys.modules["toy_squares"]

    class Tried(toy.Squares):
        trials = (Trial("small", {}, {"side": 2}), Trial("gray", {"paper": "gray"}))

    def named(name):
        if name == "broken":
            raise DomainAugError("install what it needs")
        return Tried()

    def render(self, variant, number, folder):
        seen.append((self.paper, variant.values["side"], variant.values["level"], folder.is_dir()))

    monkeypatch.setattr(trials, "find_simulators", lambda: {"broken": None, "squares": None})
    monkeypatch.setattr(trials, "simulator_named", named)
    monkeypatch.setattr(toy.Paper, "render", render)
    return seen


def test_every_trial_is_rendered_with_its_world_and_values(installed):
    found = list(simulator_trials())
    assert [name for name, _ in found] == ["squares.small", "squares.gray"]
    assert not installed, "nothing is rendered before it is asked for"
    for _, render in found:
        render()
    assert installed == [("white", 2, 0.5, True), ("gray", 4, 0.5, True)]


def test_what_a_simulator_lacks_is_no_error(installed, monkeypatch):
    def load(self):
        raise MissingExtra("the toy", "toys")

    monkeypatch.setattr(sys.modules["toy_squares"].Paper, "load", load)
    for _, render in simulator_trials():
        render()
    assert not installed


def test_the_street_has_trials():
    names = [name for name, _ in simulator_trials()]
    assert "street.noon" in names
    assert "street.rain-night" in names
