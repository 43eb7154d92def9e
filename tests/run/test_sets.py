"""The plan of a set: groups are parted whole, only train gets copies, and the sums are right."""

from __future__ import annotations

import json
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_sets import digests, make_source, picture, save

from domainaug.errors import DomainAugError, OutputError, UnreadableInput
from domainaug.layouts.groups import groups_of, united
from domainaug.layouts.image_folder import ImageFolder
from domainaug.run import augment, replay
from domainaug.run.ledger import Ledger
from domainaug.run.parting import parted, quotas_of
from domainaug.run.sets import plan_set, read_plan


@pytest.fixture
def lopsided(tmp_path):
    """Twelve good pictures and four scratched ones, of eight parts with two pictures each."""
    for number in range(16):
        kind = "good" if number < 12 else "scratch"
        save(tmp_path / "set" / kind / f"serial{number // 2:02d}_{number % 2}.png", picture(number))
    return tmp_path / "set"


def test_every_part_gets_its_share_of_every_class(lopsided):
    plan = plan_set(lopsided, test=0.25, group="(serial[0-9]+)")
    by_part = {part: [one for one in plan.places if one.split == part] for part in ("train", "test")}
    assert (len(by_part["train"]), len(by_part["test"])) == (12, 4)
    assert {name for one in by_part["test"] for name in one.classes} == {"good", "scratch"}


def test_groups_are_never_parted(lopsided):
    plan = plan_set(lopsided, test=0.3, val=0.2, group="(serial[0-9]+)")
    by_serial = {}
    for place in plan.places:
        by_serial.setdefault(place.key.partition("serial")[2][:2], set()).add(place.split)
    assert all(len(parts) == 1 for parts in by_serial.values())
    assert {part for parts in by_serial.values() for part in parts} == {"train", "val", "test"}


def test_pictures_of_the_same_bytes_stay_together(lopsided):
    for number in range(5):
        shutil.copy(lopsided / "good" / "serial00_0.png", lopsided / "good" / f"again{number}.png")
    plan = plan_set(lopsided, test=0.5)
    same = {place.split for place in plan.places if "again" in place.key or place.key.endswith("serial00_0.png")}
    assert len(same) == 1


def test_only_what_is_trained_on_gets_copies(lopsided):
    plan = plan_set(lopsided, test=0.25, copies=3)
    assert {place.copies for place in plan.places if place.split == "train"} == {3}
    assert {place.copies for place in plan.places if place.split == "test"} == {0}
    assert plan.total == 3 * 12


def test_balanced_classes_come_to_as_many_as_the_commonest(lopsided):
    plan = plan_set(lopsided, test=0, copies=1, balance=True)
    good, scratch = plan.lines()
    assert (good.name, good.items, good.copies, good.total) == ("good", 12, 12, 24)
    assert (scratch.name, scratch.items, scratch.copies, scratch.total) == ("scratch", 4, 20, 24)
    assert "scratch     4 items + 20 copies = 24" in str(plan)


def test_what_shows_nothing_is_no_class_to_be_balanced():
    classes = {"a": {"car": 1}, "b": {"car": 2}, "c": {"bus": 1}, "d": {}, "e": {}, "f": {}}
    quotas = quotas_of(classes, dict.fromkeys(classes, 1), 1, balanced=True, cap=9, group_cap=None)
    assert quotas == {"a": 1, "b": 1, "c": 3, "d": 1, "e": 1, "f": 1}


def test_a_cap_holds_and_the_plan_says_what_is_wanting(lopsided):
    plan = plan_set(lopsided, test=0, copies=1, balance=True, cap=3)
    assert max(plan.quotas.values()) == 3
    assert "4 items + 12 copies = 16, 24 wanted" in str(plan)


def test_a_group_gets_no_more_copies_than_its_cap(lopsided):
    plan = plan_set(lopsided, test=0, copies=4, group="(serial[0-9]+)", group_cap=5)
    by_group = {}
    for place in plan.places:
        by_group[place.group] = by_group.get(place.group, 0) + place.copies
    assert set(by_group.values()) == {5}


def test_a_data_set_keeps_the_parts_it_names(tmp_path):
    for number in range(6):
        save(tmp_path / ("train" if number < 4 else "test") / "good" / f"{number}.png", picture(number))
    plan = plan_set(tmp_path, copies=2)
    assert plan.split == "own"
    assert plan.counts()["train"] == {"items": 4, "groups": 4, "copies": 8}
    assert plan.counts()["test"] == {"items": 2, "groups": 2, "copies": 0}


def test_parts_that_share_a_picture_are_refused_by_name(tmp_path):
    save(tmp_path / "train" / "a.png", picture(1))
    save(tmp_path / "train" / "b.png", picture(2))
    save(tmp_path / "test" / "c.png", picture(1))
    with pytest.raises(DomainAugError, match=r"1 groups or duplicates .*test/c.png \(test\) and train/a.png \(train\)"):
        plan_set(tmp_path)
    assert plan_set(tmp_path, split="new", test=0.4).split == "new"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"split": "mine"}, "a split is 'auto', 'own'"),
        ({"split": "own"}, "names no parts"),
        ({"test": 0.6, "val": 0.4}, "leave something to train on"),
        ({"copies": -1}, "counted from 0 up"),
        ({"cap": -1}, "cap=-1"),
        ({"group": "("}, "no regular expression"),
        ({"group": "serial"}, "has no group"),
        ({"group": "nowhere.csv:part"}, "cannot be read"),
        ({"group": "(nowhere)"}, "fits none of 16 pictures"),
    ],
)
def test_what_is_of_no_use_is_refused_in_a_sentence(lopsided, given, said):
    with pytest.raises(DomainAugError, match=said):
        plan_set(lopsided, **given)


def test_fewer_groups_than_parts_are_refused(tmp_path):
    save(tmp_path / "a" / "x.png", picture(0))
    with pytest.raises(DomainAugError, match="there is 1 group, and 2 parts"):
        plan_set(tmp_path)


def test_a_saved_plan_is_the_same_plan(lopsided, tmp_path):
    plan = plan_set(lopsided, balance=True, group="(serial[0-9]+)")
    plan.save(tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == plan


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: told.update(plan=9), "format 9"),
        (lambda told: told["items"][0].update(split="holdout"), "a part"),
        (lambda told: told["items"][0].update(copies=-2), "-2 copies"),
        (lambda told: told["items"].append(told["items"][0]), "twice"),
        (lambda told: told.pop("items"), "items"),
        (lambda told: [one.update(group=1) for one in told["items"]], "both sides"),
    ],
)
def test_a_plan_that_was_tampered_with_is_refused(lopsided, tmp_path, change, said):
    path = tmp_path / "plan.json"
    plan_set(lopsided).save(path)
    told = json.loads(path.read_bytes())
    change(told)
    path.write_text(json.dumps(told))
    with pytest.raises(DomainAugError, match=said):
        read_plan(path)


@pytest.mark.parametrize("text", ["", "[1, 2]", "{", "null", '{"x": 1}'])
def test_what_is_no_plan_is_told_so(tmp_path, text):
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(UnreadableInput, match="no plan of a set") as refused:
        read_plan(tmp_path / "plan.json")
    assert "Error(" not in str(refused.value)


def test_a_run_makes_what_its_plan_says_and_goes_on_with_it(lopsided, tmp_path, profile):
    plan = plan_set(lopsided, test=0.25, balance=True)
    out, path = tmp_path / "out", tmp_path / "plan.json"
    plan.save(path)
    how = {"profile": profile, "engine": "serial", "plan": path}
    assert "copies by the plan" in str(augment(lopsided, out, dry_run=True, **how))
    done = augment(lopsided, out, **how)
    assert (done.done, done.planned) == (plan.total, plan.total)
    with Ledger(out / "ledger.sqlite") as ledger:
        made = [row.key for row in ledger.rows()]
    assert {key: made.count(key) for key in plan.quotas} == plan.quotas
    before = digests(out)
    assert augment(lopsided, out, **how).skipped == plan.total
    assert digests(out) == before
    assert replay(out, engine="serial").ok
    with pytest.raises(OutputError, match="plan of the set was"):
        augment(lopsided, out, profile=profile, engine="serial", plan=plan_set(lopsided, test=0.25))


def test_a_plan_of_another_source_is_refused(lopsided, tmp_path, profile):
    other = make_source(tmp_path / "other")
    with pytest.raises(DomainAugError, match="the plan does not know 6 items"):
        augment(other, tmp_path / "out", profile=profile, engine="serial", plan=plan_set(lopsided))


def test_groups_follow_a_pattern_or_stand_for_themselves(lopsided):
    layout = ImageFolder()
    items = layout.scan(lopsided).items
    assert set(groups_of(layout, items).values()) == {""}
    assert len(set(groups_of(layout, items, "(serial[0-9]+)").values())) == 8


def test_groups_come_from_a_table(lopsided, tmp_path):
    keys = [item.key for item in ImageFolder().scan(lopsided).items]
    rows = [f"{key},plate {number // 8}" for number, key in enumerate(keys)]
    (tmp_path / "parts.csv").write_text("image,plate\n" + "\n".join(rows) + "\n")
    plan = plan_set(lopsided, test=0.5, group=f"{tmp_path}/parts.csv:plate")
    sides = {place.key: place.split for place in plan.places}
    assert [len({sides[key] for key in keys[start : start + 8]}) for start in (0, 8)] == [1, 1]
    with pytest.raises(DomainAugError, match="plat"):
        plan_set(lopsided, group=f"{tmp_path}/parts.csv:plat")


def test_duplicates_join_the_groups_they_are_in():
    groups = {"a": "one", "b": "one", "c": "two", "d": "", "e": ""}
    assert united(groups) == {"a": 1, "b": 1, "c": 2, "d": 3, "e": 4}
    assert united(groups, [("b", "c"), ("e", "d")]) == {"a": 1, "b": 1, "c": 1, "d": 2, "e": 2}


@given(
    st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.tuples(st.integers(1, 9), st.sampled_from("xyz")),
                    min_size=4, max_size=40),
    st.floats(0.05, 0.6), st.integers(0, 5), st.integers(0, 30),
)  # fmt: skip
def test_no_group_is_parted_and_no_quota_passes_a_cap(items, test, copies, cap):
    groups = {key: number for key, (number, _) in items.items()}
    classes = {key: {name: 1} for key, (_, name) in items.items()}
    if len(set(groups.values())) < 2:
        return
    parts = parted(groups, classes, {"train": 1 - test, "test": test}, 0)
    assert parts.keys() == items.keys()
    assert all(len({parts[key] for key in items if groups[key] == number}) == 1 for number in set(groups.values()))
    assert set(parts.values()) == {"train", "test"}
    quotas = quotas_of(classes, groups, copies, balanced=True, cap=100, group_cap=cap)
    for number in set(groups.values()):
        assert sum(quotas[key] for key in items if groups[key] == number) <= cap
