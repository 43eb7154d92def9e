"""How far reviewers agree; the examples of the papers, as they are commonly retold."""

from __future__ import annotations

import pytest

from domainaug.review import Review
from domainaug.review.agreement import cohen_kappa, fleiss_kappa


def test_two_who_agree_on_35_of_50_grants_have_a_kappa_of_0_4():
    both = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    assert cohen_kappa(both) == pytest.approx(0.4)


def test_fourteen_who_grade_ten_things_have_a_kappa_of_0_21():
    counts = [
        (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1), (7, 7, 0, 0, 0),
        (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
    ]  # fmt: skip
    answers = [[str(grade) for grade, n in enumerate(row) for _ in range(n)] for row in counts]
    assert fleiss_kappa(answers) == pytest.approx(0.2099, abs=1e-4)


def test_where_chance_explains_everything_there_is_no_kappa():
    assert cohen_kappa([("accept", "accept")] * 9) is None
    assert cohen_kappa([]) is None
    assert fleiss_kappa([["accept"] * 3] * 4) is None
    assert fleiss_kappa([]) is None


def test_full_agreement_is_1_and_the_opposite_below_0():
    assert cohen_kappa([("accept", "accept"), ("reject", "reject")]) == 1
    assert cohen_kappa([("accept", "reject"), ("reject", "accept")]) == -1
    assert fleiss_kappa([["a", "a", "a"], ["b", "b", "b"]]) == 1


def test_reviewers_of_a_run_are_compared_where_they_judged_the_same(make_run):
    review = Review(make_run(40))
    first = review.sample()[:6]
    for one in first[:5]:
        review.judge(one.id, "accept", reviewer="ada")
    review.judge(first[5].id, "reject", reviewer="ada")
    for one in first[1:5]:
        review.judge(one.id, "accept", reviewer="bo")
    review.judge(first[5].id, "accept", reviewer="bo")
    review.judge(first[0].id, "skip", reviewer="bo")
    found = review.agreement()
    assert (found.reviewers, found.shared, found.unanimous) == (("ada", "bo"), 5, 4)
    assert found.split == (first[5].id,)
    assert found.kappa == pytest.approx(0, abs=1e-12)
    review.judge(first[0].id, "accept", reviewer="cy")
    assert review.agreement().kappa is None, "nothing was judged by all three"
    assert len(review.agreement().pairs) == 3
    assert review.agreement().to_dict()["pairs"][0] == {"reviewers": ["ada", "bo"], "kappa": 0.0}
