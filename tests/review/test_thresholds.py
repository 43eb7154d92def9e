"""Which limit would have avoided the rejects: found where there is one, and not found where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.effects import EFFECTS
from domainaug.review.candidates import Candidate, Stratum, short_id
from domainaug.review.judged import Judged
from domainaug.review.thresholds import FEWEST, tighten


def copies(count: int, effects) -> list[Candidate]:
    random = np.random.default_rng(5)
    return [
        Candidate(short_id(str(i), 0), str(i), 0, "", "", effects(random), (), Stratum("", "", "", ""))
        for i in range(count)
    ]


def judged(candidates, is_bad, reasons=()) -> list[Judged]:
    return [
        Judged(one, "reject", (), tuple(reasons)) if is_bad(one) else Judged(one, "accept", (), ())
        for one in candidates
    ]


def turned(random) -> dict[str, float]:
    return {"rotation": float(random.uniform(-10, 10)), "noise": float(random.uniform(0.005, 0.05)),
            "scale": float(np.exp(random.uniform(-0.2, 0.2)))}  # fmt: skip


def test_a_limit_on_one_side_is_found_and_told_in_a_round_number():
    found = tighten(judged(copies(150, turned), lambda one: one.effects["rotation"] > 6))
    (one,) = found.thresholds
    assert (one.effect, one.side, one.lost) == ("rotation", "above", 0)
    assert one.limit == pytest.approx(6, abs=0.3)
    assert one.avoided == found.rejected
    assert found.remaining == found.lost == 0
    assert one.chance <= 0.001
    assert one.words.startswith("rotation at most 6")
    assert "nothing more is concluded" in found.reason


def test_a_limit_both_ways_is_one_limit():
    found = tighten(judged(copies(150, turned), lambda one: abs(one.effects["rotation"]) > 7))
    (one,) = found.thresholds
    assert (one.effect, one.side) == ("rotation", "either")
    assert one.range == (-one.limit, one.limit)
    assert one.allows(one.limit)
    assert not one.allows(one.limit + 0.1)
    assert not one.allows(-one.limit - 0.1)
    assert not one.allows(None)


def test_a_factor_is_limited_by_its_share_both_ways():
    found = tighten(judged(copies(200, turned), lambda one: abs(np.log(one.effects["scale"])) > 0.12))
    (one,) = found.thresholds
    assert (one.effect, one.side) == ("scale", "either")
    assert one.limit == pytest.approx(np.exp(0.12), abs=0.01)
    assert one.range == (1 / one.limit, one.limit)


def test_what_can_only_shrink_is_limited_from_below():
    def cut(random):
        return {"field_of_view": float(random.uniform(0.5, 1))}

    (one,) = tighten(judged(copies(80, cut), lambda one: one.effects["field_of_view"] < 0.7)).thresholds
    assert one.side == "below"
    assert one.limit == pytest.approx(0.7, abs=0.02)
    assert one.words == f"field_of_view at least {one.limit * 100:.4g} %"


def test_what_happens_or_does_not_is_told_so():
    def mirrored(random):
        return {"mirror_horizontal": 1} if random.random() < 0.5 else {"noise": 0.01}

    candidates = copies(60, mirrored)
    (one,) = tighten(judged(candidates, lambda one: "mirror_horizontal" in one.effects)).thresholds
    assert one.words == "no mirror_horizontal"
    assert not one.allows(1)
    assert one.allows(0)


def test_two_causes_are_found_one_after_the_other():
    found = tighten(
        judged(copies(300, turned), lambda one: one.effects["rotation"] > 6 or one.effects["noise"] > 0.035)
    )
    assert {one.effect for one in found.thresholds} == {"rotation", "noise"}
    assert found.remaining <= 2


def test_chance_alone_concludes_nothing():
    fooled, candidates = 0, copies(80, turned)
    for seed in range(40):
        by_lot = {one.id for one in candidates if np.random.default_rng([seed, int(one.key)]).random() < 0.3}
        found = tighten(judged(candidates, lambda one: one.id in by_lot), seed=seed)  # noqa: B023
        fooled += bool(found.thresholds)
        assert found.thresholds or "chance alone" in found.reason
    assert fooled <= 7, "one in twenty is what the level says; eight of forty has a chance of 0.4 %"


@pytest.mark.parametrize("bad", [0, FEWEST - 1])
def test_too_few_rejects_conclude_nothing(bad):
    candidates = sorted(copies(100, turned), key=lambda one: -one.effects["rotation"])
    worst = {one.id for one in candidates[:bad]}
    found = tighten(judged(candidates, lambda one: one.id in worst))
    assert found.thresholds == ()
    assert f"{bad} rejected and {100 - bad} accepted" in found.reason
    assert "nothing can be concluded" in str(found)


def test_too_few_accepts_conclude_nothing_either():
    assert tighten(judged(copies(30, turned), lambda _: True)).thresholds == ()


def test_a_copy_rejected_for_its_light_says_nothing_against_its_turn():
    candidates = copies(150, lambda random: {**turned(random), "brightness": float(random.uniform(-0.2, 0.2))})
    is_bad = lambda one: one.effects["rotation"] > 6  # noqa: E731
    (blind,) = tighten(judged(candidates, is_bad)).thresholds
    assert blind.effect == "rotation"
    assert tighten(judged(candidates, is_bad, ["light"])).thresholds == ()
    (told,) = tighten(judged(candidates, is_bad, ["place"])).thresholds
    assert told.effect == "rotation"


def test_skipped_copies_say_nothing():
    candidates = copies(100, turned)
    skipped = [Judged(one, "skip", (), ()) for one in candidates]
    assert tighten(skipped).judged == 0


def test_an_amount_without_a_bound_lies_beyond_every_limit():
    def torn(random):
        return {"local_warp": [0.0, None]} if random.random() < 0.2 else {"local_warp": float(random.uniform(0, 0.1))}

    candidates = copies(120, torn)
    (one,) = tighten(judged(candidates, lambda one: one.amount("local_warp") is None)).thresholds
    assert one.side == "above"
    assert 0.09 < one.limit < 0.5
    assert one.lost == 0


def test_the_same_verdicts_give_the_same_limits():
    rows = judged(copies(150, turned), lambda one: one.effects["rotation"] > 6)
    assert tighten(rows) == tighten(rows)
    assert tighten(rows).to_dict()["thresholds"][0]["effect"] in EFFECTS
