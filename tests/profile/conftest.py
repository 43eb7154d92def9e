"""Profiles made for one test."""

from __future__ import annotations

from pathlib import Path

import pytest

HEAD = "id: my/own\nversion: 1.0.0\ntitle: My own\n"


class Desk:
    """Writes profiles into a folder, and loads them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, text: str, name: str = "own.yaml", *, head: str = HEAD) -> Path:
        path = self.folder / name
        path.write_text(head + text, encoding="utf-8")
        return path

    def load(self, text: str, name: str = "own.yaml", *, head: str = HEAD):
        from domainaug.profile import load_profile

        return load_profile(self.write(text, name, head=head))


def rule(effect: str, bound: str, code: str = "MY101", **more: str) -> str:
    """One rule in flow style, an opinion, as YAML."""
    extra = "".join(f", {key}: {value}" for key, value in more.items())
    evidence = "evidence: [{strength: opinion}]"
    return f"  - {{effect: {effect}, code: {code}, {bound}, reason: Because., {evidence}{extra}}}\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(name="rule")
def _rule():
    return rule
