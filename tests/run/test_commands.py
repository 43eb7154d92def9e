"""`domainaug augment` and `domainaug replay`: data on stdout, talk on stderr, and what the exit status says."""

from __future__ import annotations

import json

import pytest
import typer
from small_sets import digests
from typer.testing import CliRunner

from domainaug.cli.augment import augment, in_count
from domainaug.cli.replay import replay
from domainaug.errors import OutputError, UnknownName
from domainaug.run.summary import Estimate, RunSummary

app = typer.Typer()
app.command()(augment)
app.command()(replay)


def call(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def made(source, out, profile, *more):
    return call("augment", source, out, "--profile", profile, "--engine", "serial", "--copies", 2, *more)


def test_augment_says_what_it_did_and_ends_with_0(source, tmp_path, profile):
    result = made(source, tmp_path / "out", profile)
    assert result.exit_code == 0
    assert result.stdout.startswith("12 done, 0 skipped, 0 set aside in ")
    again = made(source, tmp_path / "out", profile)
    assert again.stdout.startswith("0 done, 12 skipped")


def test_augment_takes_a_quality_for_jpegs_and_says_what_one_is(source, tmp_path, profile):
    assert made(source, tmp_path / "out", profile, "--jpeg-quality", 80).exit_code == 0
    assert len(list((tmp_path / "out").glob("*/*.jpg"))) == 12
    wrong = made(source, tmp_path / "out", profile, "--jpeg-quality", 101)
    assert wrong.exit_code == 2
    assert len(list((tmp_path / "out").glob("*/*.jpg"))) == 12


def test_what_is_set_aside_is_listed_on_stderr_and_ends_with_1(source, tmp_path, profile):
    (source / "bad.png").write_bytes(b"bad")
    result = made(source, tmp_path / "out", profile)
    assert result.exit_code == 1
    assert "set aside: bad.png: not-an-image: " in result.stderr
    assert ", 1 set aside (1 not-an-image) in " in result.stdout
    assert "Traceback" not in result.output


def test_json_is_all_there_is_on_stdout(source, tmp_path, profile):
    (source / "bad.png").write_bytes(b"bad")
    data = json.loads(made(source, tmp_path / "out", profile, "--json").stdout)
    assert (data["done"], data["skipped"], data["interrupted"]) == (12, 0, False)
    assert [aside["code"] for aside in data["set_aside"]] == ["not-an-image"]
    assert data["reasons"] == {"not-an-image": 1}


def test_a_dry_run_writes_nothing(source, tmp_path, profile):
    result = made(source, tmp_path / "out", profile, "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.startswith("dry run: 6 items x 2 copies, 0 there already; ")
    assert result.stdout.rstrip().endswith("; 0 set aside; nothing written")
    assert not (tmp_path / "out").exists()
    data = json.loads(made(source, tmp_path / "out", profile, "--dry-run", "--json").stdout)
    assert data["estimate"]["bytes"] > 0


def test_one_of_a_thing_is_not_called_by_its_plural(tmp_path):
    assert str(RunSummary(tmp_path, 1, 1, estimate=Estimate(1, 1, 1.0))).startswith("dry run: 1 item x 1 copy, ")


def test_misuse_is_an_error_that_becomes_one_sentence(source, tmp_path, profile):
    made(source, tmp_path / "out", profile)
    assert isinstance(made(source, tmp_path / "out", profile, "--seed", 9).exception, OutputError)
    assert isinstance(made(source, tmp_path / "new", "medical/chest-xry").exception, UnknownName)
    assert made(source, tmp_path / "new", profile, "--memory-limit", "lots").exit_code == 2
    assert made(source, tmp_path / "new", profile, "--copies", 0).exit_code == 2
    assert not (tmp_path / "new").exists()


def test_replay_proves_or_names_what_differs(source, tmp_path, profile):
    made(source, tmp_path / "out", profile)
    before = digests(tmp_path / "out")
    result = call("replay", tmp_path / "out", "--workers", 1)
    assert result.exit_code == 0
    assert result.stdout.startswith("18 of 18 files identical")
    assert digests(tmp_path / "out") == before
    (tmp_path / "out" / "good" / "part 1_aug000.png").unlink()
    result = call("replay", tmp_path / "out", "--workers", 1, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["differences"][0]["kind"] == "missing"


@pytest.mark.parametrize("text", ["3", "4kB", "63MiB", "much"])
def test_a_size_no_worker_can_start_in_is_misuse(text):
    with pytest.raises(typer.BadParameter, match=r"at least 64MiB|not a size"):
        in_count(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [("4GiB", 4 << 30), ("500MB", 500_000_000), ("1.5 g", 1_500_000_000), ("134217728", 1 << 27), ("none", None)],
)
def test_sizes_are_read(text, count):
    assert in_count(text) == count
