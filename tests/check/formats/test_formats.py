import json
import re

import pytest

from domainaug.check.codes import own
from domainaug.check.finding import Finding, Fix
from domainaug.check.report import Report, Source
from domainaug.effects import Interval
from domainaug.errors import CheckFailed, UnknownName

MIRROR = Finding(
    code="MED101",
    severity="error",
    effect="mirror_horizontal",
    found="mirror_horizontal happens in 50 % of outputs",
    limit="never",
    reason="The heart moves to the right side, and the side marker is mirrored: dextrocardia, 100 % of the time.",
    citation=("Doe et al. (2020). On hearts. https://doi.org/10.1/x",),
    where="OneOf > HorizontalFlip",
    declared=Interval(1, 1),
    probability=0.5,
    fix=Fix("remove", (0, 1), "HorizontalFlip"),
    path=(0, 1),
)
OPEN = Finding("MED109", "warning", "contrast", "contrast without a bound", "0.7 to 1.3 x", "Films differ.",
               declared=Interval(0, float("inf")))  # fmt: skip


@pytest.fixture
def report():
    note = own("DA105", "not seen in 300 draws: less than 1 % of outputs", where="Lambda", path=(1,))
    return Report(
        profile="medical/chest-xray",
        version="1.0.0",
        target="train:pipeline",
        findings=(MIRROR, OPEN),
        notes=(note,),
        steps=3,
        draws=300,
        seconds=1.25,
        source=Source("src/train.py", (((), 10), ((0,), 11), ((0, 1), 13))),
    )


def test_a_report_is_ok_without_errors_and_raises_with_them(report):
    assert not report.ok
    with pytest.raises(CheckFailed, match="MED101"):
        report.raise_if_violated()
    clean = Report("p", "1", "t", (OPEN,))
    assert clean.ok
    clean.raise_if_violated()


class TestText:
    def test_reads_like_this(self, report):
        assert str(report).splitlines()[:8] == [
            "error[MED101] mirror_horizontal happens in 50 % of outputs",
            "  --> src/train.py:13: OneOf > HorizontalFlip (step 0.1)",
            "  allowed: never",
            "  reason:  The heart moves to the right side, and the side marker is mirrored: dextrocardia, 100 %",
            "           of the time.",
            "  source:  Doe et al. (2020). On hearts. https://doi.org/10.1/x",
            "  fix:     remove HorizontalFlip",
            "",
        ]

    def test_ends_with_a_count(self, report):
        assert "1 error and 1 warning (3 steps, 300 draws measured, 1.25 s)." in " ".join(str(report).split())

    def test_is_never_wider_than_a_hundred_columns(self, report):
        assert max(len(line) for line in str(report).splitlines()) <= 100

    def test_has_colors_only_when_asked(self, report):
        assert "\x1b[" not in report.render("text")
        colored = report.render("text", color=True)
        assert "\x1b[1;31merror[MED101]\x1b[0m" in colored
        assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == report.render("text")

    def test_says_so_when_nothing_was_found(self):
        clean = Report("medical/chest-xray", "1.0.0", "train:pipeline", (), steps=2)
        assert str(clean).startswith("train:pipeline stays inside medical/chest-xray 1.0.0")


class TestJson:
    def test_is_one_object_with_the_promised_fields(self, report):
        data = json.loads(report.to_json())
        assert {"findings", "profile", "target", "ok", "draws", "seconds", "domainaug"} <= set(data)
        assert data["ok"] is False
        first = data["findings"][0]
        assert {"code", "severity", "effect", "found", "limit", "reason"} <= set(first)
        assert first["fix"] == {
            "action": "remove",
            "path": [0, 1],
            "transform": "HorizontalFlip",
            "parameter": "",
            "old": None,
            "new": None,
            "text": "remove HorizontalFlip",
        }

    def test_holds_no_infinity_which_json_does_not_have(self, report):
        assert "Infinity" not in report.to_json()
        assert json.loads(report.to_json())["findings"][1]["declared"] == [0, None]


class TestSarif:
    def test_has_the_structure_of_2_1_0(self, report):
        sarif = json.loads(report.to_sarif())
        assert sarif["version"] == "2.1.0"
        assert sarif["$schema"].endswith("sarif-2.1.0.json")
        (run,) = sarif["runs"]
        rules = run["tool"]["driver"]["rules"]
        assert [rule["id"] for rule in rules] == ["DA105", "MED101", "MED109"]
        for rule in rules:
            assert rule["shortDescription"]["text"]
            assert rule["help"]["text"]
            assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note"}
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            assert result["level"] in {"error", "warning", "note"}
            assert result["message"]["text"]
            assert result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1

    def test_points_to_the_step(self, report):
        result = json.loads(report.to_sarif())["runs"][0]["results"][0]
        place = result["locations"][0]
        assert place["physicalLocation"] == {
            "artifactLocation": {"uri": "src/train.py"},
            "region": {"startLine": 13},
        }
        assert place["logicalLocations"][0]["fullyQualifiedName"] == "train:pipeline > OneOf > HorizontalFlip"


class TestGithub:
    def test_is_one_escaped_line_a_finding(self, report):
        lines = report.to_github().splitlines()
        assert len(lines) == 3
        assert lines[0].startswith("::error file=src/train.py,line=13,title=MED101 mirror_horizontal::OneOf > Horizo")
        assert "100 %25 of the time" in lines[0]
        assert "%0A" in lines[0]
        assert lines[1].startswith("::warning ")
        assert lines[2].startswith("::notice ")

    def test_escapes_what_would_end_a_property(self, report):
        odd = Report("p", "1", "t", (OPEN,), source=Source("a,b:c.py"))
        assert odd.to_github().startswith("::warning file=a%2Cb%3Ac.py,line=1,title=MED109 contrast::")


def test_html_shows_every_finding_and_lets_no_markup_through(report):
    odd = Report("p", "1", "<script>alert(1)</script>", report.findings, report.notes)
    html = odd._repr_html_()
    assert "MED101" in html
    assert "DA105" in html
    assert "<script" not in html


def test_an_unknown_format_names_the_nearest(report):
    with pytest.raises(UnknownName, match="did you mean 'sarif'"):
        report.render("sarf")
