"""`domainaug simulate`."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from domainaug.cli import app
from domainaug.errors import DomainAugError

TEXT = """
id: small
simulator: radiograph
world: {phantom: thorax, voxel: 9.0}
fixed: {rows: 32, columns: 32, pitch: 14 mm}
vary: {roll: {from: 0, to: 15}}
sample: {method: sobol, count: 4}
limits: medical/chest-xray
"""


def test_a_rehearsal_tells_coverage_and_what_limits_refuse(tmp_path):
    (tmp_path / "scenario.yaml").write_text(TEXT)
    arguments = [str(tmp_path / "scenario.yaml"), str(tmp_path / "out"), "--engine", "serial"]
    done = CliRunner().invoke(app, ["simulate", *arguments, "--dry-run"])
    assert done.exit_code == 1
    assert "coverage of 3 variants" in done.output
    assert "MED102" in done.output
    assert "nothing written" in done.output
    assert not (tmp_path / "out").exists()


def test_json_is_for_machines(tmp_path):
    (tmp_path / "scenario.yaml").write_text(TEXT)
    arguments = [str(tmp_path / "scenario.yaml"), str(tmp_path / "out"), "--engine", "serial"]
    done = CliRunner().invoke(app, ["simulate", *arguments, "--json"])
    told = json.loads(done.stdout)
    assert (told["variants"], told["done"], [one["code"] for one in told["set_aside"]]) == (3, 3, ["MED102"])
    assert len(list((tmp_path / "out" / "variants").iterdir())) == 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--port", "2000"], "this scenario's is radiograph; say --simulator carla"),
        (["--xosc"], "--xosc is for the simulator street, and this scenario's is radiograph"),
    ],
)
def test_options_are_for_the_simulator_that_has_them(tmp_path, options, said):
    (tmp_path / "scenario.yaml").write_text(TEXT)
    done = CliRunner().invoke(app, ["simulate", str(tmp_path / "scenario.yaml"), str(tmp_path / "out"), *options])
    assert isinstance(done.exception, DomainAugError)
    assert said in str(done.exception)
    assert not (tmp_path / "out").exists()
