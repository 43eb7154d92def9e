import json

import pytest
from typer.testing import CliRunner

from domainaug.cli import app
from domainaug.kernels import engine as library
from domainaug.kernels.engine import using


@pytest.fixture
def two_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    monkeypatch.setattr(library, "_entries", lambda: iter([("toy.one", lambda: None)]))
    monkeypatch.setattr("domainaug.scenario.trials.simulator_trials", lambda: iter([("toy.two", lambda: None)]))


def test_it_prints_a_line_for_each_kernel_and_a_total(two_kernels: None) -> None:
    with using("numba"):
        result = CliRunner().invoke(app, ["warmup"])
    assert result.exit_code == 0
    one, two, total = result.stdout.splitlines()
    assert one.split()[-1] == "toy.one"
    assert two.split()[-1] == "toy.two"
    assert "0 functions compiled, kept in" in total
    assert "a minute or two" in result.stderr


def test_it_prints_json_and_nothing_else_on_stdout(two_kernels: None) -> None:
    with using("numba"):
        result = CliRunner().invoke(app, ["warmup", "--json"])
    report = json.loads(result.stdout)
    assert [each["kernel"] for each in report["kernels"]] == ["toy.one", "toy.two"]
    assert report["engine"] == "numba"
    assert report["compiled"] == 0
    assert report["folder"]


def test_the_plain_engine_has_nothing_to_compile() -> None:
    with using("plain"):
        result = CliRunner().invoke(app, ["warmup"])
        assert result.exit_code == 0
        assert "nothing to compile" in result.stdout
        report = json.loads(CliRunner().invoke(app, ["warmup", "--json"]).stdout)
    assert report == {"engine": "plain", "folder": None, "seconds": 0, "compiled": 0, "kernels": []}


def test_a_real_kernel_is_warm_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    entries = [each for each in library._entries() if each[0].startswith("random.")]
    monkeypatch.setattr(library, "_entries", lambda: iter(entries))
    monkeypatch.setattr("domainaug.scenario.trials.simulator_trials", lambda: iter(()))
    with using("numba"):
        result = CliRunner().invoke(app, ["warmup", "--json"])
        assert result.exit_code == 0, result.stderr
        again = CliRunner().invoke(app, ["warmup", "--json"])
    assert "random.normals" in [each["kernel"] for each in json.loads(result.stdout)["kernels"]]
    assert json.loads(again.stdout)["compiled"] == 0
