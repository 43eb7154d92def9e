"""`replay` of a scenario's output: every variant from the ledger alone, the same bytes or exactly what differs."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

from domainaug.errors import DomainAugError, OutputError
from domainaug.run import replay, simulate
from domainaug.run.ledger import LEDGER

_spec = importlib.util.spec_from_file_location("toy_squares", Path(__file__).parents[1] / "scenario" / "toy.py")
toy = sys.modules.get("toy_squares") or importlib.util.module_from_spec(_spec)
if "toy_squares" not in sys.modules:
    sys.modules["toy_squares"] = toy
    _spec.loader.exec_module(toy)

TEXT = """\
id: toy
simulator: squares
seed: 3
world: {paper: white}
fixed: {side: 9 px}
vary: {turn: {from: -9, to: 9}, dose: {from: 1 lx, to: 100 lx, scale: log}, color: [red, blue]}
sample: {count: 6}
constraints: ["dose < 80"]
"""


@pytest.fixture
def simulator(monkeypatch):
    """The toy simulator, found by name."""

    def install(made):
        for place in ("model", "simulator"):
            monkeypatch.setattr(f"domainaug.scenario.{place}.simulator_named", lambda name: made)

    install(toy.Squares())
    return install


@pytest.fixture
def scenario(tmp_path, simulator):
    (tmp_path / "scenarios").mkdir()
    path = tmp_path / "scenarios" / "toy.yaml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def out(scenario, tmp_path):
    simulate(scenario, tmp_path / "out", engine="serial")
    return tmp_path / "out"


def found(report):
    return {(each.kind, each.name) for each in report.differences}


def square(out, number=0):
    return sorted((out / "variants").glob("*/square.txt"))[number]


def changed(out, name, change):
    db = sqlite3.connect(out / LEDGER)
    (value,) = db.execute("SELECT value FROM header WHERE name = ?", (name,)).fetchone()
    with db:
        db.execute("UPDATE header SET value = ? WHERE name = ?", (json.dumps(change(json.loads(value))), name))
    db.close()


def test_every_variant_is_proven_without_the_file_it_came_from(out, scenario, tmp_path):
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    shutil.rmtree(scenario.parent)
    told = []
    report = replay(out, engine="serial", progress=told.append)
    assert (report.ok, report.checked, report.identical) == (True, 8, 8), "six variants and two files of the whole"
    assert not report.differences
    assert (told[-1].done, told[-1].total) == (6, 6)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("method", ["grid", "latin-hypercube", "random", "sobol"])
def test_points_of_every_method_come_again(scenario, tmp_path, method):
    scenario.write_text(
        TEXT.replace("count: 6", f"count: 6, method: {method}")
        .replace("to: 9}", "to: 9, steps: 3}")
        .replace("scale: log}", "scale: log, steps: 2}")
    )
    simulate(scenario, tmp_path / "out", engine="serial")
    assert replay(tmp_path / "out", engine="serial").ok


def test_a_run_that_grew_is_proven_whole(out, scenario):
    simulate(scenario, out, count=9, engine="serial")
    report = replay(out, engine="serial")
    assert (report.ok, report.checked) == (True, 11)


def test_what_was_altered_or_deleted_is_named_and_nothing_else(out):
    spoiled, gone = square(out, 1), square(out, 4)
    spoiled.write_text("spoiled")
    gone.unlink()
    report = replay(out, engine="serial")
    names = [path.relative_to(out).as_posix() for path in (spoiled, gone)]
    assert found(report) == {("altered", names[0]), ("missing", names[1])}
    assert (report.identical, report.exit_code) == (6, 1)


def test_an_altered_table_of_variants_is_named(out):
    path = out / "variants.jsonl"
    path.write_text(path.read_text().replace('"turn"', '"tern"'))
    assert found(replay(out, engine="serial")) == {("altered", "variants.jsonl")}


def test_another_seed_in_the_ledger_proves_nothing(out):
    changed(out, "scenario", lambda told: {**told, "seed": 4})
    report = replay(out, engine="serial")
    assert {kind for kind, _ in found(report)} == {"not planned", "not reproduced"}
    assert report.identical == 0


def test_a_renderer_that_changed_is_named_file_by_file(out, simulator, monkeypatch):
    def render(self, variant, number, folder):
        (folder / "square.txt").write_text("otherwise")
        return toy.Rendered((Path("square.txt"),))

    monkeypatch.setattr(toy.Paper, "render", render)
    report = replay(out, engine="serial")
    assert {kind for kind, _ in found(report)} == {"not reproduced"}
    assert (report.checked, report.identical) == (8, 2)


def test_a_world_that_changed_is_named_once(out, monkeypatch):
    monkeypatch.setattr(toy.Paper, "digest", property(lambda self: "gray"))
    report = replay(out, engine="serial")
    assert found(report) == {("input changed", "the world")}
    assert report.identical == 0


def test_a_variant_that_cannot_be_rendered_any_more_is_named_with_its_reason(out, monkeypatch):
    def render(self, variant, number, folder):
        raise DomainAugError("out of ink")

    monkeypatch.setattr(toy.Paper, "render", render)
    report = replay(out, engine="serial")
    assert {(each.kind, each.found) for each in report.differences} == {("set aside", "refused: out of ink")}


def test_what_was_set_aside_when_it_was_rendered_is_not_missed(scenario, tmp_path):
    scenario.write_text(
        "id: toy\nsimulator: squares\nvary: {side: [12, 13, 14]}\nsample: {method: grid}\n"
    )  # 13 cannot be drawn
    simulate(scenario, tmp_path / "out", engine="serial")
    report = replay(tmp_path / "out", engine="serial")
    assert (report.ok, report.checked) == (True, 4)


def test_other_versions_are_named_and_do_not_fail_identical_bytes(out):
    changed(out, "versions", lambda was: {**was, "numpy": "0.1"})
    report = replay(out, engine="serial")
    assert found(report) == {("versions changed", "numpy")}
    assert report.ok


def test_packages_that_a_simulator_names_are_part_of_the_run(scenario, tmp_path, simulator):
    class Cast(toy.Squares):
        packages = ("pytest", "no-such-package")

    simulator(Cast())
    simulate(scenario, tmp_path / "cast", engine="serial")
    assert replay(tmp_path / "cast", engine="serial").ok
    changed(tmp_path / "cast", "versions", lambda was: {**was, "pytest": "1.0"})
    with pytest.raises(OutputError, match="versions"):
        simulate(scenario, tmp_path / "cast", engine="serial")
    assert found(replay(tmp_path / "cast", engine="serial")) == {("versions changed", "pytest")}


def test_a_world_that_is_gone_asks_for_its_folder(out, scenario, monkeypatch):
    def survey(self, world, folder):
        if not folder.is_dir():
            raise DomainAugError(f"{folder}: no paper here")
        return toy.Paper("white")

    monkeypatch.setattr(toy.Squares, "survey", survey)
    scenario.parent.rename(scenario.parent.with_name("moved"))
    with pytest.raises(DomainAugError, match="--source"):
        replay(out, engine="serial")
    assert replay(out, source=scenario.parent.with_name("moved"), engine="serial").ok


def test_neither_paths_nor_the_world_are_in_the_manifest(scenario, tmp_path):
    scenario.write_text(TEXT.replace("paper: white", "paper: SECRET^PATIENT"))
    simulate(scenario, tmp_path / "out", engine="serial")
    assert "SECRET^PATIENT" not in (tmp_path / "out" / "manifest.jsonl").read_text().replace("SECRET^PATIENT" * 4, "")
    assert "scenarios" not in (tmp_path / "out" / "manifest.jsonl").read_text()
    assert replay(tmp_path / "out", engine="serial").ok


def test_a_profile_or_layout_is_refused(out):
    with pytest.raises(DomainAugError, match="neither profile nor layout"):
        replay(out, profile="medical/ct-chest", engine="serial")


def test_a_ledger_without_the_world_is_refused_in_a_sentence(out):
    db = sqlite3.connect(out / LEDGER)
    with db:
        db.execute("DELETE FROM header WHERE name = 'world_told'")
    db.close()
    with pytest.raises(OutputError, match="render it again"):
        replay(out, engine="serial")
