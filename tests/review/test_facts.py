"""What a reviewer is told of a copy, in a line."""

from __future__ import annotations

import pytest

from domainaug.review.candidates import candidates_of
from domainaug.review.facts import facts_of
from domainaug.run.job import File
from domainaug.run.ledger import Row


def told(record, axes=()):
    row = Row("a", 0, "", record, None, (File("a.png", "00", 1),))
    (one,) = candidates_of([row], source="surface", axes=axes)
    return facts_of(one)


def test_what_happened_to_a_copy():
    assert told({"effects": {"rotation": 4.25}}) == "rotation 4.25 deg"
    assert told({"effects": {}}) == "left alone"


def test_a_defect_that_was_drawn_comes_first():
    drawn = {"defect": {"class": "scratch"}, "effects": {"rotation": 4.25}}
    assert told(drawn) == "scratch; rotation 4.25 deg"


def test_a_rendered_part_is_told_by_what_its_scenario_varies():
    values = {"defect": "dent", "light": "ring", "defect_size": 2.7931, "defect_seed": 992713, "rows": 512}
    axes = ["defect_size", "defect", "light", "defect_seed"]
    assert told({"effects": {}, "values": values}, axes) == "dent; light ring, defect size 2.79"


def test_a_part_without_a_defect_says_so():
    assert told({"effects": {}, "values": {"defect": "none", "size": 1.0}}, ["defect"]) == "defect none"


def test_a_street_is_told_by_its_weather_and_what_that_does():
    street = {"values": {"weather": "fog-dense", "hour": 10.0}, "effects": {"visibility": 60.0}}
    assert told(street, ["hour", "weather"]) == "weather fog-dense, hour 10, visibility 60 m"


def test_many_values_are_counted():
    values = {f"v{number}": number / 3 for number in range(7)}
    assert told({"values": values}, values) == "v0 0, v1 0.333, v2 0.667, v3 1, +3 more"


@pytest.mark.parametrize(("defect", "kind"), [("pit", "pit"), ("none", ""), (None, ""), (3.0, "")])
def test_the_kind_of_a_rendered_defect_is_a_stratum(defect, kind):
    record = {"effects": {}, "values": {} if defect is None else {"defect": defect}}
    (one,) = candidates_of([Row("a", 0, "", record, None, (File("a.png", "00", 1),))], source="surface")
    assert one.stratum == ("surface", "", "", kind)
