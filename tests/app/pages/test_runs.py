"""The page of runs without a browser."""

import pytest

from domainaug.review import Review
from domainaug.run import augment
from domainaug.run.ledger import LEDGER, Ledger


@pytest.fixture
def out(root, run_in):
    return run_in(root)


def said(at):
    return " ".join(one.value for one in (*at.caption, *at.markdown))


def bar(at):
    (found,) = at.get("progress")
    return found.proto


def test_without_a_run_it_says_how_to_make_one(open_app, calm):
    at = calm(open_app("runs"))
    assert "Nothing was run" in said(at)
    assert "domainaug augment" in at.code[0].value


def test_a_finished_run_is_told_in_a_card(open_app, calm, out):
    at = calm(open_app("runs"))
    assert "**out**" in said(at)
    assert "Augmented under test/turn" in said(at)
    assert (bar(at).value, bar(at).text) == (100, "40 of 40 copies")
    assert at.get("page_link")[0].proto.label == "Review"
    assert not at.expander


def test_a_run_that_was_stopped_says_how_it_goes_on(open_app, calm, out):
    with Ledger(out / LEDGER, writable=True) as ledger:
        for row in list(ledger.rows())[:10]:
            ledger.forget(row.key, row.copy)
        ledger.settle()
    at = calm(open_app("runs"))
    assert (bar(at).value, bar(at).text) == (75, "30 of 40 copies")
    assert "goes on where it stopped" in said(at)


def test_a_run_that_goes_on_is_looked_at_again(open_app, calm, out, monkeypatch):
    from domainaug.run import overview as module

    with Ledger(out / LEDGER, writable=True) as ledger:
        rows = list(ledger.rows())
        for row in rows[:10]:
            ledger.forget(row.key, row.copy)
        ledger.settle()
    (out / ".lock").touch()
    monkeypatch.setattr(module, "_held", lambda out: True)
    at = calm(open_app("runs"))
    assert bar(at).text == "30 of 40 copies"
    assert "Running" in said(at)
    augmented = out.parent
    (out / ".lock").unlink()
    augment(augmented / "source", out, profile=augmented / "turn.yaml", copies=5, seed=3, engine="serial")
    assert bar(calm(at.run())).text == "40 of 40 copies"


def test_what_was_set_aside_is_counted_by_reason_and_named_by_none(open_app, calm, root, run_in):
    (root / "source" / "good").mkdir(parents=True)
    (root / "source" / "good" / "Smith John.png").write_bytes(b"bad")
    run_in(root)
    at = calm(open_app("runs"))
    (expander,) = at.expander
    assert expander.label == "1 set aside"
    told = at.table[0].value.to_string()
    assert "not-an-image" in told
    assert "Smith" not in told + said(at)


def test_how_much_was_judged_is_told(open_app, calm, out):
    review = Review(out)
    for one, answer in zip(review.queue("ada"), ("accept", "reject"), strict=False):
        review.judge(one.id, answer, reviewer="ada")
    at = calm(open_app("runs"))
    assert at.get("page_link")[0].proto.label == "Review: 2 judged, 1 rejected"


def test_a_damaged_ledger_does_not_hide_the_others(open_app, out, root):
    (root / "broken").mkdir()
    (root / "broken" / LEDGER).write_bytes(b"no data base" * 99)
    at = open_app("runs")
    assert not at.exception
    (error,) = at.error
    assert "the ledger is damaged" in error.value
    assert str(root) not in error.value
    assert "**out**" in said(at)


def test_a_run_that_went_since_it_was_listed_is_no_error(open_app, calm, monkeypatch):
    from domainaug.app.review import cards

    monkeypatch.setattr(cards, "runs_under", lambda root: ["gone"])
    at = calm(open_app("runs"))
    assert not [one for one in at.markdown if "gone" in one.value]
