"""The sample: random, the same chance for every copy, every stratum with its share, stable as a run goes on."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest

from domainaug.review.candidates import Candidate, Stratum, candidates_of, short_id
from domainaug.review.sampling import draw_sample
from domainaug.run.job import File
from domainaug.run.ledger import Row


def copies(count: int, strata: int = 4) -> list[Candidate]:
    return [
        Candidate(short_id(str(i), 0), str(i), 0, "", "", {}, (), Stratum(str(i % strata), "", "", ""))
        for i in range(count)
    ]


@pytest.mark.parametrize("size", [0, 1, 7, 99, 100, 1000])
def test_a_sample_has_the_size_that_was_asked_for(size):
    found = draw_sample(copies(100), size)
    assert len(found) == len({one.id for one in found}) == min(size, 100)


def test_every_stratum_gives_its_share():
    whole = [*copies(90, 1), *(one for one in copies(300, 3) if one.stratum.group == "2")]
    counts = Counter(one.stratum.group for one in draw_sample(whole, 19))
    assert counts == {"0": 9, "2": 10}


def test_every_copy_has_the_same_chance_however_small_its_stratum():
    whole = [*copies(30, 1), *(one for one in copies(12, 12) if one.stratum.group != "0")]  # eleven strata of one
    drawn = Counter(one.key + one.stratum.group for seed in range(3000) for one in draw_sample(whole, 10, seed))
    expected = 3000 * 10 / len(whole)
    assert len(drawn) == len(whole)
    for count in drawn.values():
        assert abs(count - expected) < 5 * (expected * (1 - 10 / len(whole))) ** 0.5


def test_a_seed_fixes_the_sample_whatever_the_order_of_the_copies():
    whole = copies(200)
    assert draw_sample(whole, 30, 7) == draw_sample(whole[::-1], 30, 7)
    assert draw_sample(whole, 30, 7) != draw_sample(whole, 30, 8)


def test_a_larger_sample_holds_most_of_a_smaller_one():
    small, large = draw_sample(copies(400), 60), draw_sample(copies(400), 120)
    assert len({one.id for one in small} - {one.id for one in large}) <= 4  # at most one a stratum, by the rounding


def test_more_copies_only_take_their_own_places():
    before, after = draw_sample(copies(400), 60), draw_sample(copies(440), 60)
    assert len({one.id for one in before} - {one.id for one in after}) <= 60 * 40 / 440 + 8


def row(key: str, copy: int, effects, *, steps=(), faint=None) -> Row:
    record = {"effects": effects, "steps": list(steps), **({"faint": faint} if faint else {})}
    return Row(key, copy, "", record, None, (File(f"{key}{copy}.png", "d1", 1),))


def test_copies_are_alike_by_folder_strongest_effect_and_what_was_drawn():
    drawn = [{"transform": "DrawDefect", "params": {"kind": "crack"}}, {"transform": "Affine", "params": {}}]
    rows = [row(f"cast/{turn}.png", 0, {"rotation": turn, "noise": 0.01}) for turn in (-1, 2, 3, -4, 5, 6)]
    rows += [row("flat.png", 0, {}), row("drawn.png", 0, {"drawn_defect": 0.1}, steps=drawn)]
    cut = row("cut.png", 0, {"drawn_defect": 0.2})
    rows += [dataclasses.replace(cut, record={**cut.record, "defect": {"class": "dent", "from": "bank"}})]
    rows += [row("faint.png", 0, {}, faint={"blur": 0.1})]
    found = {one.key: one for one in candidates_of(rows, source="street")}
    assert found["cast/6.png"].stratum == ("cast", "rotation", "strong", "")
    assert found["cast/-1.png"].stratum == ("cast", "noise", "middling", "")
    assert found["flat.png"].stratum == ("street", "", "", "")
    assert found["drawn.png"].stratum.kind == "crack"
    assert found["cut.png"].stratum.kind == "dent"
    assert found["drawn.png"].transforms == ("DrawDefect", "Affine")
    assert found["faint.png"].amount("blur") == 0.1


def test_of_an_interval_the_end_farther_from_neutral_counts():
    (one,) = candidates_of([row("a", 0, {"scale": [0.8, 1.1], "tone": [0.0, None], "rotation": [-3, 2]})])
    assert (one.amount("scale"), one.amount("rotation"), one.amount("tone")) == (0.8, -3, None)
    assert one.amount("shear") == 0


def test_ids_say_nothing_of_what_they_name():
    (one,) = candidates_of([row("Smith John/chest.png", 3, {})])
    assert "mith" not in one.id
    assert len(one.id) == 12
