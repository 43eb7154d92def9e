"""Verdicts are in the ledger at once, survive a kill, and take several people at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from domainaug.errors import DomainAugError, OutputError, UnknownName
from domainaug.review.verdicts import Plan, Verdict, Verdicts, rejected
from domainaug.run.ledger import LEDGER, Ledger


def said(answer, index=2, reviewer="ada", **more) -> Verdict:
    return Verdict(f"good/part {index // 2}.png", index % 2, f"{index:04}", reviewer, answer, **more)


def test_a_run_that_nobody_judged_has_no_verdicts(make_run):
    out = make_run(4)
    assert Verdicts(out).counting() == ()
    assert Verdicts(out).plan() is None
    assert rejected(out) == frozenset()


def test_the_last_word_of_each_reviewer_counts(make_run):
    verdicts = Verdicts(make_run(8))
    verdicts.add(said("accept"), said("reject", reasons=("light",), note="too dark", at="2026-11-22T09:00:00+00:00"))
    verdicts.add(said("accept", reviewer="bo"), said("skip", 3))
    found = verdicts.counting()
    assert [(one.reviewer, one.copy, one.answer) for one in found] == [
        ("ada", 0, "reject"), ("bo", 0, "accept"), ("ada", 1, "skip"),
    ]  # fmt: skip
    assert (found[0].reasons, found[0].note, found[0].at) == (("light",), "too dark", "2026-11-22T09:00:00+00:00")


def test_undo_takes_back_one_verdict_after_the_other_of_the_same_reviewer(make_run):
    verdicts = Verdicts(make_run(8))
    verdicts.add(said("accept"), said("accept", 3), said("reject"), said("reject", 3, "bo"))
    assert verdicts.undo("ada").answer == "reject"
    assert {(one.reviewer, one.copy): one.answer for one in verdicts.counting()} == {
        ("ada", 0): "accept", ("ada", 1): "accept", ("bo", 1): "reject",
    }  # fmt: skip
    assert verdicts.undo("ada").copy == 1
    assert verdicts.undo("ada").copy == 0
    assert verdicts.undo("ada") is None
    assert [one.reviewer for one in verdicts.counting()] == ["bo"]


def test_one_reviewer_who_rejects_is_enough(make_run):
    out = make_run(8)
    Verdicts(out).add(said("accept"), said("reject", reviewer="bo"), said("reject", 3), said("accept", 4))
    assert rejected(out) == {("good/part 1.png", 0), ("good/part 1.png", 1)}


def test_verdicts_on_bytes_that_were_replaced_do_not_count(make_run, add_copies):
    out = make_run(8)
    Verdicts(out).add(said("reject"), said("reject", 3))
    add_copies(out, [2], salt="new")
    assert rejected(out) == {("good/part 1.png", 1)}
    with Ledger(out / LEDGER, writable=True) as ledger:
        ledger.forget("good/part 1.png", 1)
    assert rejected(out) == frozenset()


def test_plans_are_remembered(make_run):
    verdicts = Verdicts(make_run(4))
    verdicts.set_plan(Plan(0.05, 0.9, 1, 3))
    verdicts.set_plan(Plan(0.01, 0.99, 0, 4, late=7))
    assert verdicts.plan() == Plan(0.01, 0.99, 0, 4, late=7)


def test_several_people_judge_while_the_run_goes_on(make_run, add_copies):
    out, faults = make_run(2), []

    def judge(name):
        try:
            for _ in range(40):
                Verdicts(out).add(said("accept", reviewer=name))
                Verdicts(out).counting()
        except Exception as fault:
            faults.append(fault)

    people = [threading.Thread(target=judge, args=(name,)) for name in ("ada", "bo", "cy")]
    for one in people:
        one.start()
    for index in range(30):
        add_copies(out, [index])
    for one in people:
        one.join()
    assert faults == []
    assert {one.reviewer for one in Verdicts(out).counting()} == {"ada", "bo", "cy"}
    assert sorted(path.name for path in out.iterdir()) == [LEDGER]
    with Ledger(out / LEDGER) as ledger:
        assert len(list(ledger.rows())) == 30


_JUDGE = """
import sys
from domainaug.review.verdicts import Verdict, Verdicts
verdicts = Verdicts(sys.argv[1])
for number in range(10**6):
    verdicts.add(Verdict("good/part 1.png", 0, "0002", f"r{number}", "reject"))
    print(number, flush=True)
"""


def test_what_was_said_before_a_kill_is_there_after_it(make_run):
    out = make_run(4)
    child = subprocess.Popen([sys.executable, "-c", _JUDGE, str(out)], stdout=subprocess.PIPE, text=True)
    for line in child.stdout:
        if int(line) == 5:
            child.send_signal(signal.SIGKILL)
            break
    told = 5 + len(child.stdout.read().split())
    child.wait()
    child.stdout.close()
    names = {one.reviewer for one in Verdicts(out).counting()}
    assert {f"r{number}" for number in range(told + 1)} <= names
    assert rejected(out) == {("good/part 1.png", 0)}


_HALF = """
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA cache_size = 2")
db.execute("BEGIN IMMEDIATE")
db.executemany("INSERT INTO verdicts (key, copy, sha256, reviewer, answer, reasons, note, at) "
               "VALUES ('k', 0, 's', 'ada', 'accept', '[]', ?, '')", [("x" * 3000,)] * 50)
os._exit(0)
"""


def test_a_row_that_was_half_written_is_taken_back(make_run):
    out = make_run(4)
    Verdicts(out).add(said("accept"))
    subprocess.run([sys.executable, "-c", _HALF, str(out / LEDGER)], check=True)
    assert (out / f"{LEDGER}-journal").stat().st_size > 0, "nothing was left half-written"
    with Ledger(out / LEDGER) as ledger:
        assert len(list(ledger.rows())) == 4
    assert [one.answer for one in Verdicts(out).counting()] == ["accept"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the owner may write all the same")
def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(make_run):
    out = make_run(4)
    (out / LEDGER).chmod(0o400)
    out.chmod(0o500)
    try:
        assert Verdicts(out).counting() == ()
        with pytest.raises(OutputError, match="the ledger cannot be used"):
            Verdicts(out).add(said("accept"))
    finally:
        out.chmod(0o700)


@pytest.mark.parametrize(
    ("given", "fault", "words"),
    [
        ({"answer": "acept"}, UnknownName, "did you mean 'accept'"),
        ({"answer": "reject", "reasons": ("ligth",)}, UnknownName, "did you mean 'light'"),
        ({"answer": "accept", "reasons": ("light",)}, DomainAugError, "reasons are for"),
        ({"answer": "accept", "reviewer": " "}, DomainAugError, "needs a reviewer"),
        ({"answer": "accept", "reviewer": "a" * 81}, DomainAugError, "at most 80"),
        ({"answer": "accept", "note": "a\0b"}, DomainAugError, "NUL"),
    ],
)
def test_what_is_no_verdict_is_refused(given, fault, words):
    with pytest.raises(fault, match=words):
        said(**given)


def test_a_folder_without_a_ledger_is_told(tmp_path):
    with pytest.raises(OutputError, match="there is no ledger here"):
        Verdicts(tmp_path)
