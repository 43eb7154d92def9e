"""The review page without a browser: every way through it."""

import math
import re
import shutil
import sys

import numpy as np
import pytest

from domainaug.app.review import reviews
from domainaug.profile import load_profile
from domainaug.review import Review
from domainaug.run import augment


@pytest.fixture
def out(root, run_in):
    return run_in(root)


@pytest.fixture
def judging(open_app):
    """Open the page as a reviewer."""

    def opened(reviewer="ada", **query):
        at = open_app("review", **query)
        assert not at.exception, [one.message for one in at.exception]
        if reviewer:
            at.text_input(key="reviewer").set_value(reviewer).run()
        return at

    return opened


def press(at, what, of=None):
    """Press the button that a key is for, of the copy that is shown."""
    found = [one for one in at.button if (one.key or "").startswith(f"review_{what}")]
    assert len(found) == 1, [one.key for one in at.button]
    found[0].click().run()
    assert not at.exception, [one.message for one in at.exception]
    return at


def shown(at):
    return next(one.key for one in at.button if (one.key or "").startswith("review_accept_")).rpartition("_")[2]


def said(at):
    return " ".join([one.value for one in (*at.caption, *at.markdown, *at.info, *at.warning, *at.success)])


def judge_all(out, is_bad=lambda one: False):
    review = Review(out)
    for one in review.queue("ada"):
        review.judge(one.id, "reject" if is_bad(one) else "accept", reviewer="ada")


def test_without_a_run_it_says_how_to_make_one(open_app, calm):
    at = calm(open_app("review"))
    assert "Nothing was run" in said(at)
    assert "domainaug augment" in at.code[0].value


def test_the_first_copy_of_the_queue_is_shown_beside_its_original(judging, out):
    at = judging()
    assert shown(at) == Review(out).queue("ada")[0].id
    assert {"Original", "Copy", "Difference"} <= {one.value for one in at.caption}
    assert len(at.image) == 3


def test_a_run_that_is_gone_is_one_sentence(judging, out):
    at = judging()
    (accept,) = (one for one in at.button if (one.key or "").startswith("review_accept"))
    shutil.rmtree(out)
    accept.click().run()
    assert not at.exception
    assert at.error
    assert str(out) not in " ".join(one.value for one in at.error)


def test_nobody_judges_without_a_name(judging, out):
    at = judging(reviewer="")
    assert "Say who judges" in said(at)
    assert all(one.disabled for one in at.button if (one.key or "").startswith("review_accept"))


def test_a_name_takes_the_place_of_the_field_until_somebody_else_judges(judging, out):
    at = judging("*ada*")
    assert not [one for one in at.text_input if one.key == "reviewer"]  # a key that judges would be a letter in it
    assert at.button(key="reviewer_other").label == r"\*ada\*"
    at.button(key="reviewer_other").click().run()
    assert "Say who judges" in said(at)
    at.text_input(key="reviewer").set_value("  ").run()
    assert "Say who judges" in said(at)
    at.text_input(key="reviewer").set_value("bo").run()
    press(at, "accept_")
    assert [one.verdicts[0].reviewer for one in Review(out).judged()] == ["bo"]


@pytest.mark.parametrize(("what", "answer"), [("accept", "accept"), ("reject", "reject"), ("skip", "skip")])
def test_a_verdict_is_in_the_ledger_and_the_next_copy_is_shown(judging, out, what, answer):
    at = judging()
    first, second = Review(out).queue("ada")[:2]
    press(at, f"{what}_")
    (one,) = Review(out).judged()
    assert (one.candidate.id, one.outcome, one.verdicts[0].reviewer) == (first.id, answer, "ada")
    assert shown(at) == second.id


def test_a_button_that_is_still_of_the_copy_before_does_nothing(judging, out):
    at = judging()
    first = shown(at)
    at.session_state["review_turn"] = 7  # the session has moved on since the button was drawn
    press(at, "reject_")
    assert Review(out).judged() == ()
    press(at, "accept_")
    assert [(one.candidate.id, one.outcome) for one in Review(out).judged()] == [(first, "accept")]


def test_a_reason_is_one_press_and_a_note_goes_with_it(judging, out):
    at = judging()
    first = shown(at)
    at.text_input(key=f"review_note_{first}").set_value("upside down")
    press(at, "place_")
    ((verdict,),) = [one.verdicts for one in Review(out).judged()]
    assert (verdict.answer, verdict.reasons, verdict.note) == ("reject", ("place",), "upside down")
    assert at.text_input(key=f"review_note_{shown(at)}").value == "", "the note is of one copy"


def test_undo_brings_a_copy_back(judging, out):
    at = judging()
    first = shown(at)
    assert at.button(key="review_undo").disabled
    press(press(at, "reject_"), "undo")
    assert shown(at) == first
    assert Review(out).judged() == ()
    assert any("rejected" in one.value for one in at.toast)


def test_a_second_session_goes_on_where_the_first_is(judging, out):
    first = judging()
    press(press(first, "accept_"), "accept_")
    second = judging()
    assert shown(second) == shown(first) == Review(out).queue("ada")[0].id
    assert "2 of" in second.get("progress")[0].proto.text


def test_what_others_judged_is_shown_when_asked_for(judging, out):
    Review(out).judge(Review(out).queue("bo")[0].id, "accept", reviewer="bo")
    at = judging()
    before = shown(at)
    at.toggle(key="review_again").set_value(True).run()
    assert shown(at) == Review(out).queue("ada", again=True)[0].id != before


def test_when_all_is_judged_it_says_what_that_shows(judging, out):
    judge_all(out)
    at = judging()
    assert "Nothing is left to judge" in said(at)
    assert "Limits" not in said(at)  # nothing was rejected
    assert [one.proto.label for one in at.get("page_link")] == [
        "Put originals and copies into one set, without those rejected"
    ]
    assert at.success[0].value.startswith("Shown: with 95 % confidence fewer than 2 %")


def test_rejects_that_refute_the_plan_are_told(judging, out):
    judge_all(out, lambda one: True)
    assert judging().warning[0].value.startswith("Refuted")


def test_a_plan_is_set_in_the_form_and_counts_at_once(judging, out):
    at = judging()
    at.number_input(key="review_rate").set_value(10.0)
    next(one for one in at.button if one.label == "Set").click().run()
    assert not at.exception
    assert Review(out).plan.rate == 0.1
    size = len(Review(out).sample())
    assert f"0 of {size} judged" in at.get("progress")[0].proto.text


def test_rates_are_drawn_with_their_intervals(judging, out, calm):
    judge_all(out, lambda one: abs(one.amount("rotation")) > 5)
    at = calm(judging(review_view="Rates"))
    assert "Verdicts that count: ada" in said(at)
    (chart,) = at.get("vega_lite_chart")
    assert "rotation" in chart.proto.spec
    at.segmented_control(key="review_about").select("transform").run()
    assert "Affine" in at.get("vega_lite_chart")[0].proto.spec


def _drawn(chart):
    """The rows that a browser is sent."""
    pyarrow = pytest.importorskip("pyarrow")
    return pyarrow.ipc.open_stream(chart.proto.data.data).read_all().to_pylist()


def test_the_intervals_are_wilsons_of_counts_made_apart_from_the_app(judging, out):
    judge_all(out, lambda one: abs(one.amount("rotation")) > 5)
    at = judging(review_view="Rates")
    at.segmented_control(key="review_about").select("transform").run()
    (row,) = _drawn(at.get("vega_lite_chart")[0])
    outcomes = [one.outcome for one in Review(out).judged()]
    bad, of, z = outcomes.count("reject"), len(outcomes), 1.959963984540054
    middle = (bad + z * z / 2) / (of + z * z)
    half = z / (of + z * z) * math.sqrt(bad * (of - bad) / of + z * z / 4)
    assert row["rejected"] == f"{bad} of {of}"
    assert (row["share"], row["low"], row["high"]) == pytest.approx((bad / of, middle - half, middle + half))


def test_three_who_judged_two_at_a_time_are_compared_two_at_a_time(judging, out):
    review = Review(out)
    first, second = review.sample()[:4], review.sample()[4:8]
    for one, answers in zip((*first, *second), ("aa", "ar", "rr", "rr", "aa", "ra", "aa", "rr"), strict=True):
        other = "bo" if one in first else "cy"
        for name, answer in zip(("ada", other), answers, strict=True):
            review.judge(one.id, {"a": "accept", "r": "reject"}[answer], reviewer=name)
    told = said(judging(review_view="Rates"))
    assert "Of 8 copies that several judged, 6 are unanimous. Kappa ada and bo 0.50, ada and cy 0.50:" in told


def test_rates_wait_for_verdicts(judging, out):
    assert "once copies are accepted or rejected" in said(judging(review_view="Rates"))


def test_limits_are_told_and_written_as_a_profile_under_the_root(judging, out, root, calm):
    judge_all(out, lambda one: abs(one.amount("rotation")) > 6)
    at = calm(judging(review_view="Limits"))
    assert "Rotation" in said(at)
    assert "Avoids" in said(at)
    at.text_input(key="review_file").set_value("profiles/tight.yaml")
    next(one for one in at.button if one.label == "Write profile").click().run()
    calm(at)
    assert "extends test/turn" in at.success[0].value
    (limit,) = load_profile(root / "profiles" / "tight.yaml").in_force("rotation")
    assert 5 < limit.high < 7


def test_the_limit_that_is_written_would_have_avoided_the_rejects(judging, out, root, calm):
    judge_all(out, lambda one: abs(one.amount("rotation")) > 6)
    at = calm(judging(review_view="Limits"))
    avoided, lost = (int(re.search(rf"{word} \*\*(\d+)\*\*", said(at))[1]) for word in ("Avoids", "loses"))
    next(one for one in at.button if one.label == "Write profile").click().run()
    limit = load_profile(root / "profiles" / "turn-reviewed.yaml").in_force("rotation")[0].high
    beyond = [one for one in Review(out).judged() if abs(one.candidate.amount("rotation")) > limit]
    assert avoided == sum(one.outcome == "reject" for one in beyond) > 0
    assert lost == sum(one.outcome == "accept" for one in beyond)
    augment(root / "source", root / "anew", profile=root / "profiles" / "turn-reviewed.yaml", copies=5, seed=3,
            engine="serial")  # fmt: skip
    turns = [abs(one.amount("rotation") or 0) for one in Review(root / "anew").candidates]
    assert len(turns) == 40
    assert max(turns) <= limit


@pytest.mark.parametrize("name", ["../tight.yaml", "/tmp/tight.yaml", "turn.yaml", "tight.txt"])
def test_a_profile_is_written_nowhere_else(judging, out, root, name):
    before = (root / "turn.yaml").read_text()
    judge_all(out, lambda one: abs(one.amount("rotation")) > 6)
    at = judging(review_view="Limits")
    at.text_input(key="review_file").set_value(name)
    next(one for one in at.button if one.label == "Write profile").click().run()
    assert not at.exception
    assert len(at.error) == 1
    assert str(root) not in at.error[0].value
    assert (root / "turn.yaml").read_text() == before
    assert not (root.parent / "tight.yaml").exists()


def test_too_few_verdicts_show_no_limit(judging, out):
    judge_all(out)
    at = judging(review_view="Limits")
    assert "Nothing can be concluded" in said(at)
    assert not [one for one in at.button if one.label == "Write profile"]


@pytest.mark.parametrize("asked", ["../../etc", "gone", "out/../out", "<b>"])
def test_no_other_run_is_judged_in_place_of_one_that_is_not_there(judging, out, asked):
    at = judging(None, run=asked)
    assert at.selectbox(key="run").value is None
    assert "there is no such run under the root" in said(at)
    assert not [one for one in at.button if (one.key or "").startswith("review_accept_")]
    at.selectbox(key="run").select("out").run()
    assert "no such run" not in said(at)
    assert shown(at) == Review(out).queue("ada")[0].id


def test_after_one_that_is_not_there_a_link_to_another_shows_that(judging, out):
    shutil.copytree(out, out.with_name("another"))
    at = judging(None, run="gone")
    at.switch_page("domainaug/app/pages/runs.py").run()
    at.query_params["run"] = "out"
    at.switch_page("domainaug/app/pages/review.py").run()
    assert not at.exception
    assert at.selectbox(key="run").value == "out"
    assert "no such run" not in said(at)


def test_a_run_that_is_newer_than_the_last_look_is_found(judging, out):
    judging()
    shutil.copytree(out, out.with_name("newest"))
    assert judging(run="newest").selectbox(key="run").value == "newest"


def test_a_run_that_goes_while_it_is_looked_at_is_not_replaced(judging, out):
    shutil.copytree(out, out.with_name("another"))
    at = judging(run="out")
    shutil.rmtree(out)
    reviews._found.clear()
    at.run()
    assert not at.exception
    assert at.selectbox(key="run").value is None
    assert "there is no such run under the root" in said(at)


def test_a_copy_that_is_gone_is_told_in_a_sentence_and_can_be_skipped(judging, out):
    first = Review(out).queue("ada")[0]
    (out / first.path).unlink()
    at = judging()
    (error,) = at.error
    assert "cannot be shown" in error.value
    assert "aug0" not in error.value
    press(at, "skip_")
    assert shown(at) != first.id


def test_a_ledger_that_cannot_be_written_is_told(judging, out, monkeypatch):
    from domainaug.errors import OutputError
    from domainaug.review.verdicts import Verdicts

    at = judging()
    before = shown(at)

    def full(self, *verdicts):
        raise OutputError("the disk is full")

    monkeypatch.setattr(Verdicts, "add", full)
    press(at, "accept_")
    assert [one.value for one in at.error] == ["the disk is full"]
    assert shown(at) == before


def test_no_name_of_a_file_is_on_the_page_while_judging(judging, out):
    at = judging()
    told = " ".join(str(one.value) for one in (*at.caption, *at.markdown, *at.title, *at.info))
    assert not any(name in told for name in ("good/", "bad/", ".png"))


def test_a_volume_is_scrolled_slice_by_slice(judging, root, calm, profile_of_turns):
    nibabel = pytest.importorskip("nibabel")
    (root / "source").mkdir()
    values = np.random.default_rng(0).integers(0, 900, (20, 18, 7), np.int16)
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), root / "source" / "a.nii.gz")
    (root / "turn.yaml").write_text(profile_of_turns.replace("channels: 1", "channels: 1, volume: true"))
    augment(root / "source", root / "out", profile=root / "turn.yaml", engine="serial")
    at = judging()
    (slider,) = at.slider
    assert (slider.min, slider.max, slider.value) == (0, 6, 3)
    calm(slider.set_value(5).run())
    assert at.slider[0].value == 5
    assert len(at.image) == 3


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a limit of files as a full disk is Linux's")
def test_a_disk_that_is_full_is_one_sentence_and_the_verdict_is_not_shown_as_given(judging, out):
    import resource

    at = judging()
    before, told = shown(at), said(at)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        press(at, "accept_")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    (error,) = at.error
    assert "the ledger cannot be used" in error.value
    assert str(out) not in error.value
    assert shown(at) == before
    assert said(at) == told
    assert Review(out).judged() == ()
    press(at, "accept_")  # there is room again
    assert not at.error
    assert [one.outcome for one in Review(out).judged()] == ["accept"]


def test_agreement_and_intervals_are_those_of_a_hand_count(judging, out, calm):
    """Of 20 copies both accept 12 and reject 3, Ada alone accepts 1 and Bo alone 4.

    Agreement 15 / 20; by chance 13 / 20 * 16 / 20 + 7 / 20 * 4 / 20 = 0.59; kappa (0.75 - 0.59) / 0.41 = 0.39.
    Rejected by either: 8 of 20; Wilson (0.4 + z^2 / 40 -+ z sqrt(0.24 / 20 + z^2 / 1600)) / (1 + z^2 / 20), z = 1.96.
    """
    review = Review(out)
    answers = [("accept", "accept")] * 12 + [("reject", "reject")] * 3 + [("accept", "reject")]
    answers += [("reject", "accept")] * 4
    for one, (ada, bo) in zip(review.sample()[:20], answers, strict=True):
        review.judge(one.id, ada, reviewer="ada")
        review.judge(one.id, bo, reviewer="bo")
    at = calm(judging(review_view="Rates"))
    assert "Of 20 copies that several judged, 15 are unanimous. Kappa 0.39" in said(at)
    at.segmented_control(key="review_about").select("transform").run()
    (value,) = _drawn(at.get("vega_lite_chart")[0])
    assert (value["name"], value["rejected"], value["of others"]) == ("Affine", "8 of 20", "0 of 0")
    assert (value["low"], value["high"]) == (pytest.approx(0.2188, abs=1e-4), pytest.approx(0.6134, abs=1e-4))
