"""`domainaug check` as it is typed."""

import json
import textwrap

import pytest
from typer.testing import CliRunner

from domainaug._albumentations import A
from domainaug.check.saved import read_saved, write_saved
from domainaug.cli import app
from domainaug.errors import DomainAugError

XRAY = ("--profile", "medical/chest-xray", "--budget", "0")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(*arguments):
    outcome = CliRunner().invoke(app, ["check", *map(str, arguments)])
    if isinstance(outcome.exception, Exception) and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome


def saved(*steps, name="steps.json"):
    from pathlib import Path

    write_saved(A.Compose(list(steps)), Path(name))
    return name


def test_exit_0_when_clean_and_1_with_findings():
    clean = run(saved(A.Affine(rotate=(-5, 5), p=0.5)), *XRAY)
    assert clean.exit_code == 0
    assert "stays inside medical/chest-xray" in clean.stdout
    found = run(saved(A.HorizontalFlip()), *XRAY)
    assert found.exit_code == 1
    assert "error[MED101] mirror_horizontal happens in 50 % of outputs" in found.stdout


def test_json_is_the_whole_of_stdout():
    outcome = run(saved(A.HorizontalFlip()), *XRAY, "--json")
    data = json.loads(outcome.stdout)
    assert data["findings"][0]["code"] == "MED101"
    assert data["findings"][0]["citation"]
    assert (
        run("steps.json", *XRAY, "--format", "json").stdout.split('"seconds"')[0]
        == outcome.stdout.split('"seconds"')[0]
    )


@pytest.mark.parametrize(("format_", "start"), [("sarif", "{"), ("github", "::error file=steps.json,line=")])
def test_other_formats(format_, start):
    assert run(saved(A.HorizontalFlip()), *XRAY, "--format", format_).stdout.startswith(start)


def test_an_option_and_a_waiver_change_the_verdict():
    name = saved(A.HorizontalFlip())
    assert run(name, *XRAY, "--option", "laterality_free=true").exit_code == 0
    waived = run(name, *XRAY, "--waive", "MED101=no sides in this data")
    assert waived.exit_code == 0
    assert "MED101 is waived: no sides in this data" in " ".join(waived.stdout.split())


def test_codes_of_the_check_itself_can_be_waived(tmp_path):
    source = "import albumentations as A\npipeline = A.Compose([A.Rotate(limit=3), A.Rotate(limit=2)], seed=1)\n"
    (tmp_path / "seeded.py").write_text(source)
    assert run("seeded.py:pipeline", *XRAY, "--strict").exit_code == 1
    assert run("seeded.py:pipeline", *XRAY, "--strict", "--waive", "DA106=one step is a no-op").exit_code == 0


def test_strict_makes_warnings_fail():
    name = saved(A.Affine(rotate=(-5, 5), p=0.5))
    waived = ("--waive", "MED101=no sides in this data")  # nothing breaks it: an unused waiver is a warning
    assert run(name, *XRAY, *waived).exit_code == 0
    assert run(name, *XRAY, *waived, "--strict").exit_code == 1


@pytest.mark.parametrize("name", ["steps.json", "steps.yaml"])
def test_fix_mends_a_saved_compose_in_place(name, tmp_path):
    saved(A.HorizontalFlip(), A.Rotate(limit=45), name=name)
    fixed = run(name, *XRAY, "--fix")
    assert fixed.exit_code == 0
    assert "written to" in fixed.stderr
    pipeline, _ = read_saved(tmp_path / name)
    assert [type(step).__name__ for step in pipeline] == ["Rotate"]
    assert pipeline[0].limit == (-10, 10)
    before = (tmp_path / name).read_bytes()
    assert "nothing to fix" in run(name, *XRAY, "--fix").stderr
    assert (tmp_path / name).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_fix_to_leaves_the_original(tmp_path):
    name = saved(A.HorizontalFlip(), A.Rotate(limit=5))
    before = (tmp_path / name).read_bytes()
    assert run(name, *XRAY, "--fix-to", "mended.yaml").exit_code == 0
    assert (tmp_path / name).read_bytes() == before
    assert run("mended.yaml", *XRAY).exit_code == 0


def test_fix_of_a_module_prints_code_to_use_and_still_fails(tmp_path):
    source = """
        import albumentations as A
        pipeline = A.Compose([A.HorizontalFlip(), A.Rotate(limit=45), A.OneOf([A.Blur(), A.GaussNoise()], p=0.2)])
    """
    (tmp_path / "training.py").write_text(textwrap.dedent(source))
    outcome = run("training.py:pipeline", *XRAY, "--fix")
    assert outcome.exit_code == 1  # the file is as it was, and so is what was found
    assert "error[MED101]" in outcome.stdout
    assert "training.py:pipeline is code, which is left as it is" in outcome.stderr
    assert (tmp_path / "training.py").read_text() == textwrap.dedent(source)
    code = outcome.stdout.partition("\nerror[")[0]
    assert "A.Rotate(limit=(-10, 10))" in code
    (tmp_path / "mended.py").write_text(code)
    assert run("mended.py:pipeline", *XRAY).exit_code == 0
    data = json.loads(run("training.py:pipeline", *XRAY, "--fix", "--json").stdout)
    assert data["ok"] is False


def test_the_image_can_be_described():
    name = saved(A.GaussianBlur(blur_limit=0, sigma_limit=(0.7, 0.7)))
    told = json.loads(run(name, *XRAY, "--json", "--size", "512x400", "--spacing", "0.2", "--channels", "1").stdout)
    assert "DA110" not in [note["code"] for note in told["notes"]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere.json", *XRAY), "there is no such file"),
        (("steps", *XRAY), "is no target"),
        (("steps.json", "--profile", "medical/chest-xry"), "did you mean 'medical/chest-xray'"),
        (("steps.json", *XRAY, "--format", "jsn"), "did you mean 'json'"),
        (("steps.json", *XRAY, "--waive", "MED101"), "is not CODE=REASON"),
        (("steps.json", *XRAY, "--waive", "MED999=why"), "MED999"),
        (("steps.json", *XRAY, "--size", "big"), "write it like 512x512"),
        (("steps.json", *XRAY, "--spacing", "-1"), "write it like 0.2"),
        (("steps.json", *XRAY, "--option", "laterality=true"), "laterality_free"),
    ],
)
def test_misuse_is_one_sentence(arguments, words):
    saved(A.HorizontalFlip())
    with pytest.raises(DomainAugError, match=words):
        run(*arguments)
