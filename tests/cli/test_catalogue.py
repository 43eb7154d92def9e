import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from domainaug.cli import app
from domainaug.cli.catalogue import _rows, parse_options
from domainaug.errors import ProfileError
from domainaug.profile import load_profile

run = CliRunner().invoke


def domainaug(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "domainaug", *arguments], capture_output=True, text=True, check=False)


class TestProfiles:
    def test_lists_the_catalogue_without_what_is_only_there_to_be_extended(self) -> None:
        rows = json.loads(run(app, ["profiles", "--json"]).stdout)
        ids = [row["id"] for row in rows]
        assert "medical/chest-xray" in ids
        assert "medical/radiograph" not in ids
        assert all(row["rules"] > 10 for row in rows)

    def test_lists_one_domain(self) -> None:
        rows = json.loads(run(app, ["profiles", "medical", "--all", "--json"]).stdout)
        assert {row["id"].partition("/")[0] for row in rows} == {"medical"}
        assert any(row["abstract"] for row in rows)

    def test_prints_a_table(self) -> None:
        assert "driving/front-camera" in run(app, ["profiles"]).stdout


class TestShow:
    def test_gives_every_rule_with_its_limit_and_reason(self) -> None:
        shown = json.loads(run(app, ["show", "medical/chest-xray", "--json"]).stdout)
        mirror = next(rule for rule in shown["limits"] if rule["code"] == "MED101")
        assert mirror["effect"] == "mirror_horizontal"
        assert mirror["in_force"]
        assert "heart" in mirror["reason"]
        assert shown["extends"] == ["medical/radiograph"]

    def test_an_option_lifts_its_rule(self) -> None:
        shown = json.loads(run(app, ["show", "medical/chest-xray", "-o", "laterality_free=true", "--json"]).stdout)
        assert not next(rule for rule in shown["limits"] if rule["code"] == "MED101")["in_force"]

    def test_prints_for_people(self) -> None:
        text = run(app, ["show", "medical/chest-xray"]).stdout
        assert "MED101" in text
        assert "laterality_free" in text

    def test_a_rule_for_many_effects_is_one_row(self) -> None:
        text = run(app, ["show", "general/photo"], env={"COLUMNS": "200"}).stdout
        assert text.count("GEN101") == 1
        assert text.count("people still name") == 1

    def test_a_rule_with_two_limits_gives_its_reason_once(self) -> None:
        profile = load_profile("medical/chest-xray")
        rows = _rows(profile)
        assert sum(len(effects) for effects in rows.values()) == len(profile.limits)
        told = [(code, reason) for code, _, _, reason in rows if reason != "as above"]
        assert len(told) == len(set(told))

    @pytest.mark.parametrize(
        ("step", "message"),
        [
            ("Affin: {rotate: [-1, 1]}", "no transform is called 'Affin'; did you mean 'Affine'?"),
            ("Affine: {rotat: [-1, 1]}", "Affine has no parameter called 'rotat'; did you mean 'rotate'?"),
        ],
    )
    def test_a_recipe_of_ones_own_is_held_against_what_there_is(self, tmp_path: Path, step: str, message: str) -> None:
        own = tmp_path / "own.yaml"
        own.write_text(f"id: my/own\nversion: 1.0.0\ntitle: My own\nrecipe:\n  - {step}\n", encoding="utf-8")
        result = run(app, ["show", str(own)])
        assert isinstance(result.exception, ProfileError)
        assert f"{own}:5:" in str(result.exception)
        assert message in str(result.exception)


class TestExplain:
    def test_says_why_and_who_says_so(self) -> None:
        text = run(app, ["explain", "medical/chest-xray", "mirror"]).stdout
        assert "MED101" in text
        assert "dextrocardia" in text

    def test_takes_the_name_of_a_transform(self) -> None:
        assert "mirror_horizontal" in run(app, ["explain", "medical/chest-xray", "HorizontalFlip"]).stdout

    def test_json_is_for_machines(self) -> None:
        assert json.loads(run(app, ["explain", "medical/chest-xray", "rotation", "--json"]).stdout)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["show", "medical/chest-xry"], "medical/chest-xray"),
        (["explain", "medical/chest-xray", "rotatoin"], "rotation"),
        (["explain", "medical/chest-xray", "HorizontlFlip"], "HorizontalFlip"),
        (["show", "medical/chest-xray", "-o", "laterality_fre=true"], "laterality_free"),
    ],
)
def test_a_wrong_name_gets_the_nearest_right_one_and_exit_2(arguments: list[str], hint: str) -> None:
    result = domainaug(*arguments)
    assert result.returncode == 2
    assert hint in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stdout == ""


def test_options_are_read_as_what_they_say() -> None:
    assert parse_options(["a=true", "b=no", "c=3", "d=0.5", "e=C4"]) == {
        "a": True,
        "b": False,
        "c": 3,
        "d": 0.5,
        "e": "C4",
    }


def test_an_option_without_a_value_is_misuse() -> None:
    result = run(app, ["show", "medical/chest-xray", "-o", "laterality_free"])
    assert result.exit_code == 2


def test_the_version_is_printed() -> None:
    from domainaug import __version__

    assert run(app, ["--version"]).stdout.strip() == __version__
