"""Who gets what: lightings first, then parts, then pictures, each as often as another."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domainaug.errors import DomainAugError
from domainaug.layouts.layout import Item
from domainaug.run.defects.sharing import Picture, labels_of, shared_out, wanted_by_default


def pictures(*counts):
    """Return pictures of parts, two views each: as many parts of each lighting as said."""
    return [
        Picture(f"light{light}/part{part}/{view}.png", f"light{light}/part{part}", f"light{light}")
        for light, parts in enumerate(counts)
        for part in range(parts)
        for view in range(2)
    ]


def test_every_lighting_gets_as_many_though_one_has_more_pictures():
    found = pictures(1, 5)
    lit = {each.key: each.lighting for each in found}
    shares = shared_out(found, {"dent": 20}, seed=0)
    assert Counter(lit[share.key] for share in shares) == {"light0": 10, "light1": 10}


@given(some.lists(some.integers(1, 6), min_size=1, max_size=4), some.integers(1, 60), some.integers(0, 9))
def test_no_part_of_a_lighting_gets_more_than_one_more_than_another(counts, wanted, seed):
    found = pictures(*counts)
    group = {each.key: each.group for each in found}
    load = Counter(group[share.key] for share in shared_out(found, {"a": wanted, "b": 3}, seed=seed))
    for light, parts in enumerate(counts):
        loads = [load[f"light{light}/part{part}"] for part in range(parts)]
        assert max(loads) - min(loads) <= 1


@given(some.integers(1, 40), some.integers(1, 4))
def test_a_cap_binds_all_classes_together(wanted, cap):
    found = pictures(3)
    shares = shared_out(found, {"a": wanted, "b": wanted}, seed=1, cap=cap)
    assert len(shares) == min(2 * wanted, cap * len(found))
    assert max(Counter(share.key for share in shares).values()) <= cap


def test_copies_of_a_picture_are_numbered_without_a_gap():
    shares = shared_out(pictures(2), {"a": 7, "b": 6}, seed=0)
    by_key = {}
    for share in shares:
        by_key.setdefault(share.key, []).append(share.copy)
    assert all(copies == list(range(len(copies))) for copies in by_key.values())
    assert [share.number for share in shares if share.name == "b"] == list(range(6))


def test_a_class_without_a_count_comes_to_half_of_the_good_ones():
    assert wanted_by_default(24, 4) == 8
    assert wanted_by_default(25, 0) == 13
    assert wanted_by_default(10, 9) == 1


def test_an_expression_or_a_table_tells_parts(tmp_path):
    items = [Item("a/s01_dark.png", ()), Item("a/s02_bright.png", ()), Item("a/odd.png", ())]
    found = labels_of("lighting", "_(dark|bright)", items)
    assert list(found.values()) == ["dark", "bright", None]
    table = tmp_path / "parts.csv"
    table.write_text("image,serial\na/s01_dark.png,P7\na/odd.png,P8\n", encoding="utf-8")
    assert list(labels_of("group", f"{table}:serial", items).values()) == ["P7", None, "P8"]


@pytest.mark.parametrize(
    ("said", "why"),
    [("(", "no regular expression"), ("s01", r"put what names it in brackets"), ("(zz)", "fits none of 1 pictures")],
)
def test_an_expression_that_tells_nothing_is_refused(said, why):
    with pytest.raises(DomainAugError, match=why):
        labels_of("group", said, [Item("a/s01.png", ())])


def test_a_table_without_the_column_names_the_nearest(tmp_path):
    (tmp_path / "t.csv").write_text("image,serial\n", encoding="utf-8")
    with pytest.raises(DomainAugError, match="did you mean 'serial'"):
        labels_of("group", f"{tmp_path / 't.csv'}:serail", [Item("a.png", ())])
    with pytest.raises(DomainAugError, match="cannot be read"):
        labels_of("group", f"{tmp_path / 'gone.csv'}:serial", [Item("a.png", ())])
