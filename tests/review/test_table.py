"""Verdicts as a table: out and in again, and what is no such table."""

from __future__ import annotations

import csv

import pytest

from domainaug.errors import DomainAugError, UnreadableInput
from domainaug.review import Review
from domainaug.review.table import COLUMNS, read_table, write_table


@pytest.fixture
def review(make_run):
    return Review(make_run(40))


def test_a_table_that_was_written_brings_everything_back(review, make_run, tmp_path):
    first, second, third = review.sample()[:3]
    review.judge(first.id, "accept", reviewer="ada", at="2026-11-22T09:00:00+00:00")
    review.judge(second.id, "reject", reviewer="ada", reasons=["light", "label"], note='=1+1, "so"\nto say')
    review.judge(third.id, "skip", reviewer="bo")
    assert write_table(review, tmp_path / "table.csv") == 3
    other = Review(make_run(40, name="other"))
    other.verdicts.add(*read_table(other, tmp_path / "table.csv"))
    assert [one.verdicts for one in other.judged()] == [one.verdicts for one in review.judged()]
    assert read_table(other, tmp_path / "table.csv") == (), "the same table again changes nothing"


def test_a_table_names_no_path_and_holds_no_formula(review, tmp_path):
    review.judge(review.sample()[0].id, "reject", reviewer="@ada", note="=HYPERLINK()")
    write_table(review, tmp_path / "table.csv")
    text = (tmp_path / "table.csv").read_text()
    assert "part" not in text
    (row,) = csv.DictReader(text.splitlines())
    assert tuple(row) == COLUMNS
    assert row["note"] == "'=HYPERLINK()"


def test_a_table_of_ones_own_needs_ids_and_verdicts(review, tmp_path):
    one, other = review.sample()[:2]
    path = tmp_path / "own.csv"
    path.write_text(f"\ufeffid,verdict\n{one.path},reject\n{other.id},\n", encoding="utf-8")
    (verdict,) = read_table(review, path, reviewer="ada")
    assert (verdict.key, verdict.copy, verdict.answer, verdict.reviewer) == (one.key, one.copy, "reject", "ada")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,verdict\nnothing,reject\n", r"own\.csv:2: no copy is called"),
        (
            "id,verdict,reasons,reviewer\nID,reject,ligth,ada\n",
            r"own\.csv:2: no reason .*did you mean 'light'",
        ),
        ("id,verdict\nID,rejected\n", "did you mean 'reject'"),
        ("id,verdict,reviewer\nID,reject,\n", "needs a reviewer"),
    ],
)
def test_a_row_that_is_no_verdict_is_told_by_its_line(review, tmp_path, text, words):
    path = tmp_path / "own.csv"
    path.write_text(text.replace("ID", review.sample()[0].id))
    with pytest.raises(DomainAugError, match=words):
        read_table(review, path)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b'id,verdict\n"x,reject\n'])
def test_what_is_no_table_is_told(review, tmp_path, content):
    path = tmp_path / "own.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableInput):
        read_table(review, path, reviewer="ada")
    with pytest.raises(UnreadableInput, match="cannot be read"):
        read_table(review, tmp_path / "missing.csv")
