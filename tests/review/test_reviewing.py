"""A review from its queue to what it proves."""

from __future__ import annotations

import pytest

import domainaug
from domainaug.errors import DomainAugError, OutputError, UnknownName
from domainaug.profile import load_profile
from domainaug.review import Review, rejected, sample_size


def judge_all(review, reviewer="ada", *, is_bad=lambda one: False) -> None:
    for one in review.queue(reviewer):
        review.judge(one.id, "reject" if is_bad(one) else "accept", reviewer=reviewer)


def test_the_sample_has_the_size_that_proves_the_rate(make_run):
    review = Review(make_run(400))
    assert len(review.sample()) == sample_size(400, 0.02) == review.state().sample
    review.set_plan(rate=0.1, confidence=0.9)
    assert len(review.sample()) == sample_size(400, 0.1, 0.9)


def test_a_sample_without_a_reject_proves_it(make_run):
    review = Review(make_run(400))
    assert not review.state().proven
    judge_all(review)
    state = review.state()
    assert state.proven
    assert state.complete
    assert state.at_most < 0.02
    assert str(state).splitlines()[1].startswith("proven: with 95 % confidence fewer than 2 %")


def test_one_reject_too_many_proves_nothing_and_says_what_would(make_run):
    review = Review(make_run(400))
    first = review.queue("ada")[0]
    judge_all(review, is_bad=lambda one: one.id == first.id)
    state = review.state()
    assert not state.proven
    assert state.needed == sample_size(400, 0.02, accepted=1) > state.sample
    assert f"{state.needed} judged without a further reject" in str(state)
    assert rejected(review.out) == {(first.key, first.copy)}


def test_more_rejects_than_the_rate_allows_refute_it(make_run):
    review = Review(make_run(100))
    judge_all(review, is_bad=lambda one: True)
    assert review.state().refuted
    assert "refuted" in str(review.state())


def test_a_plan_that_accepts_a_few_looks_at_more(make_run):
    review = Review(make_run(400))
    review.set_plan(rate=0.05, accepted=2)
    bad = {one.id for one in review.queue("ada")[:2]}
    judge_all(review, is_bad=lambda one: one.id in bad)
    assert review.state().proven


def test_a_plan_made_after_the_fact_is_told(make_run):
    review = Review(make_run(400))
    review.set_plan(rate=0.05)
    for one in review.queue("ada")[:7]:
        review.judge(one.id, "accept", reviewer="ada")
    assert review.set_plan(rate=0.05).late == 0, "the same words again change nothing"
    review.set_plan(rate=0.02)
    assert review.state().plan.late == 7
    assert "when 7 verdicts were known" in str(review.state())


def test_the_queue_goes_on_where_it_stopped_in_another_process(make_run):
    out = make_run(400)
    first = Review(out).queue("ada")
    for one in first[:20]:
        Review(out).judge(one.id, "accept", reviewer="ada")
    assert Review(out).queue("ada") == first[20:]
    Review(out).undo("ada")
    assert Review(out).queue("ada") == first[19:]


def test_what_somebody_skipped_comes_last_for_them_and_stays_for_others(make_run):
    review = Review(make_run(100))
    first, second = review.queue("ada")[:2]
    review.judge(first.id, "skip", reviewer="ada")
    assert review.queue("ada")[0] == second
    assert review.queue("ada")[-1] == first
    assert review.queue("bo")[0] == first
    assert review.state().skipped == 1
    assert not review.state().complete
    review.judge(first.id, "accept", reviewer="bo")
    assert first not in review.queue("ada")
    assert review.state().skipped == 0


def test_two_reviewers_share_the_work_unless_they_judge_the_same(make_run):
    review = Review(make_run(100))
    first = review.queue("ada")[0]
    review.judge(first.id, "accept", reviewer="ada")
    assert first not in review.queue("bo")
    assert first in review.queue("bo", again=True)
    assert first not in review.queue("ada", again=True)


def test_one_reject_outweighs_every_accept(make_run):
    review = Review(make_run(100))
    one = review.queue("ada")[0]
    for name, answer in (("ada", "accept"), ("bo", "reject"), ("cy", "accept")):
        review.judge(one.id, answer, reviewer=name)
    assert (review.state().judged, review.state().rejected) == (1, 1)
    assert review.state().reviewers == {"ada": 1, "bo": 1, "cy": 1}


def test_copies_outside_the_sample_count_for_rates_only(make_run):
    review = Review(make_run(400))
    inside = {one.id for one in review.sample()}
    other = next(one for one in review.candidates if one.id not in inside)
    review.judge(other.id, "reject", reviewer="ada")
    state = review.state()
    assert (state.judged, state.outside, state.at_most) == (0, 1, 1)
    assert any(row.rate.of == 1 for row in review.rates())
    assert rejected(review.out) == {(other.key, other.copy)}


def test_copies_made_anew_are_judged_anew(make_run, add_copies):
    out = make_run(60)
    one = Review(out).queue("ada")[0]
    Review(out).judge(one.id, "reject", reviewer="ada")
    index = next(i for i in range(60) if (one.key.endswith(f" {i // 2}.png")) and one.copy == i % 2)
    add_copies(out, [index], salt="new")
    state = Review(out).state()
    assert (state.judged, state.stale) == (0, 1)
    assert "1 on copies that were made anew" in str(state)
    assert Review(out).queue("ada")[0].id == one.id


def test_a_copy_is_found_by_its_id_the_beginning_of_it_or_its_path(make_run):
    review = Review(make_run(40))
    one = review.candidates[3]
    assert review.find(one.id) == review.find(one.id[:8]) == review.find(one.path) == one
    with pytest.raises(UnknownName, match="no copy is called"):
        review.find("good/nothing.png")


def test_rates_tell_what_is_rejected_more_often_than_the_rest(make_run):
    review = Review(make_run(300))
    judge_all(review, is_bad=lambda one: "mirror_horizontal" in one.effects)
    rows = {(row.about, row.name): row for row in review.rates()}
    mirror = rows["effect", "mirror_horizontal"]
    assert mirror.rate.share == 1
    assert mirror.others.share == 0
    assert mirror.stands_out
    assert rows["transform", "HorizontalFlip"].rate == mirror.rate
    assert not rows["effect", "scale"].stands_out
    assert {row.name for row in rows.values() if row.about == "group"} == {"good", "scratch"}


def test_a_faint_effect_is_none(make_run):
    out = make_run(20, effects=lambda index: {"rotation": 0.1})
    review = Review(out)
    judge_all(review)
    assert [row.name for row in review.rates() if row.about == "effect"] == []


def test_what_reviews_show_becomes_a_profile(make_run, tmp_path):
    review = Review(make_run(400))
    judge_all(review, is_bad=lambda one: abs(one.effects["rotation"]) > 7)
    (found,) = review.tighten().thresholds
    assert found.effect == "rotation"
    derived = review.write_profile(tmp_path / "tight.yaml", date="2026-11-22")
    (limit,) = load_profile(tmp_path / "tight.yaml").in_force("rotation")
    assert limit.high == pytest.approx(7, abs=0.3)
    assert "run 5eed" in derived.profile.description
    assert "by ada" in derived.profile.description


def test_a_profile_is_not_written_from_too_little(make_run, tmp_path):
    review = Review(make_run(100))
    judge_all(review)
    with pytest.raises(DomainAugError, match="no profile is written, nothing can be concluded"):
        review.write_profile(tmp_path / "tight.yaml", date="2026-11-22")


def test_a_profile_that_is_gone_is_asked_for(make_run, tmp_path, profile):
    review = Review(make_run(10))
    kept = profile.read_text()
    profile.unlink()
    with pytest.raises(OutputError, match="not there any more"):
        review.profile()
    (tmp_path / "kept.yaml").write_text(kept)
    assert review.profile(tmp_path / "kept.yaml").id == "test/tray"


def test_reasons_are_those_of_the_field(make_run):
    review = Review(make_run(4))
    review.header["profile"] = "driving/front-camera"
    codes = {one.code for one in review.reasons}
    assert "traffic" in codes
    assert "anatomy" not in codes
    assert {"label", "other"} <= codes


def test_a_profile_of_ones_own_has_the_reasons_of_the_field_it_extends(make_run, profile):
    profile.write_text("id: own/films\nversion: 1.0.0\ntitle: Films\nextends: medical/chest-xray\n")
    review = Review(make_run(4))
    review.header |= {"profile": "own/films", "options": {}}
    assert review.domain == "medical"
    assert {"anatomy", "side"} <= {one.code for one in review.reasons}


def test_one_that_is_gone_has_those_of_every_field(make_run, profile):
    review = Review(make_run(4))
    profile.unlink()
    assert {one.code for one in review.reasons} >= {"label", "other"}


def test_a_rendered_scenario_has_no_profile_to_tighten(make_run):
    review = Review(make_run(4))
    review.header = {"layout": "simulation", "simulator": "street", "scenario": {"limits": None}}
    assert review.domain == "driving"
    with pytest.raises(OutputError, match="name one to extend"):
        review.profile()


def test_the_library_has_it_under_its_name():
    assert domainaug.Review is Review
