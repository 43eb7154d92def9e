from __future__ import annotations

from dataclasses import replace

import pytest

from domainaug.errors import DomainAugError, ScenarioError, UnreadableInput
from domainaug.scenario import Choices, Range, plan_variants, read_scenario

WHOLE = """
seed: 3
world: {paper: gray}
fixed: {side: 8 px}
vary:
  turn: {from: -10 deg, to: 10 deg}
  color: [red, green]
sample: {method: sobol, count: 8}
constraints: ["turn > -5 or color == 'red'"]
"""


def variants_of(path, **changed):
    scenario = read_scenario(path).with_sampling(**changed)
    return plan_variants(scenario, scenario.simulator.survey(scenario.world, scenario.folder))


def test_a_scenario_is_resolved_against_the_axes_of_its_simulator(written):
    scenario = read_scenario(written(WHOLE))
    assert scenario.fixed == {"side": 8, "level": 0.5, "dose": 1.0}
    assert scenario.spreads == {"turn": Range(-10, 10), "color": Choices(("red", "green"))}
    assert (scenario.sampling.method, scenario.sampling.count, scenario.seed) == ("sobol", 8, 3)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("fixed: {sid: 8}", 3, "did you mean 'side'"),
        ("fixed:\n  turn: 400 deg", 4, "between -180 and 180"),
        ("vary:\n  turn: {from: 3, to: 1}", 4, "must be the smaller"),
        ("fixed: {turn: 3}\nvary: {turn: [1, 2]}", 4, "fixed and varied"),
        ("constraints:\n  - turn <", 4, "not a condition"),
        ("sample: {method: sobl}", 3, "method"),
        ("sample: {methd: sobol}", 3, "did you mean 'method'"),
        ("wrld: {}", 3, "did you mean 'world'"),
        ("seed: -1", 3, "greater than or equal"),
        ("vary: [", 4, "YAML"),
        ("fixed: {turn: .nan}", 3, "not a number a scenario can use; write a number, or leave it out"),
    ],
)
def test_faults_name_their_line(written, text, line, said):
    with pytest.raises(ScenarioError, match=said) as caught:
        read_scenario(written(text + "\n"))
    assert f"scenario.yaml:{line}" in str(caught.value)
    assert str(caught.value).count("scenario.yaml") == 1


def test_faults_of_a_world_name_the_line_it_begins_at(written):
    class Picky:
        name, axes = "picky", ()

        def survey(self, world, folder):
            raise DomainAugError("world: no paper is called 'gry'" if world["paper"] == "gry" else "out of ink")

    scenario = replace(read_scenario(written("seed: 1\nworld:\n  paper: gry\n")), simulator=Picky())
    with pytest.raises(ScenarioError, match=r"scenario.yaml:4: world: no paper is called 'gry'"):
        scenario.surveyed()
    with pytest.raises(DomainAugError, match=r"^out of ink"):
        replace(scenario, world={"paper": "gray"}).surveyed()


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ScenarioError, match="no such scenario file"):
        read_scenario(tmp_path / "none.yaml")


def test_a_map_is_told_from_a_scenario(tmp_path):
    (tmp_path / "town.xodr").write_text("<OpenDRIVE/>")
    with pytest.raises(ScenarioError, match=r"a map is no scenario; name it in one: .*world: \{map: town.xodr\}"):
        read_scenario(tmp_path / "town.xodr")


def test_constraints_hold_for_every_variant(written):
    found = variants_of(written(WHOLE), count=64)
    assert len(found.variants) == 64
    assert found.left_out > 5
    assert all(one.values["turn"] > -5 or one.values["color"] == "red" for one in found.variants)


def test_constraints_that_leave_nothing_say_so(written):
    with pytest.raises(UnreadableInput, match="'turn > 50' holds at none of 1600 points drawn"):
        variants_of(written(WHOLE.replace("turn > -5 or color == 'red'", "turn > 50")))


def test_fewer_different_points_than_asked_for_says_so(written):
    with pytest.raises(UnreadableInput, match=r"3 are different.*ask for fewer \(sample: \{count: 3\}\)"):
        variants_of(written("vary: {color: [red, green, blue]}\nsample: {count: 4}\n"))


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"count": 0}, "count=0; it is a whole number from 1 to"), ({"seed": -1}, "seed=-1; it is a whole number from 0")],
)
def test_counts_and_seeds_out_of_range_are_told(written, changed, said):
    with pytest.raises(DomainAugError, match=said):
        read_scenario(written(WHOLE)).with_sampling(**changed)


def test_nothing_varied_is_one_variant(written):
    assert len(variants_of(written("")).variants) == 1


def test_a_point_keeps_its_name_whatever_is_around_it(written):
    few, many = variants_of(written(WHOLE)), variants_of(written(WHOLE), count=32)
    assert [one.id for one in many.variants[:8]] == [one.id for one in few.variants]
    alone = variants_of(written(WHOLE.replace("constraints", "limits: medical/ct-chest\nconstraints")))
    assert {one.id for one in alone.variants} <= {one.id for one in few.variants}
    assert len({one.id for one in many.variants}) == 32


def test_the_seed_decides_the_noise_and_not_the_name(written):
    text = "vary: {color: [red, green]}\nsample: {method: grid}\n"
    one, other = variants_of(written(text), seed=1), variants_of(written(text), seed=2)
    assert [variant.id for variant in one.variants] == [variant.id for variant in other.variants]
    assert {variant.key for variant in one.variants}.isdisjoint(variant.key for variant in other.variants)
    assert all(0 <= variant.key < 2**63 for variant in one.variants)


def test_variants_that_differ_in_light_alone_share_what_labels_depend_on(written):
    text = "vary: {dose: {from: 1, to: 9, steps: 3}, side: [3, 5]}\nsample: {method: grid}\n"
    by_side = {}
    for variant in variants_of(written(text)).variants:
        by_side.setdefault(variant.values["side"], set()).add(variant.labels)
    assert [len(labels) for labels in by_side.values()] == [1, 1]
    assert by_side[3] != by_side[5]


LIMITED = "limits: medical/chest-xray\n"


def test_draws_beyond_the_limits_of_a_profile_are_set_aside(written):
    text = "vary: {turn: {from: -40, to: 40}}\nsample: {count: 16}\n" + LIMITED
    found = variants_of(written(text))
    assert len(found.variants) + len(found.refused) == 16
    assert all(abs(variant.values["turn"]) <= 10 for variant in found.variants)
    assert {refused.code for refused in found.refused} == {"MED102"}
    assert all(abs(refused.variant.values["turn"]) > 10 for refused in found.refused)
    assert "rotation would be" in found.refused[0].reason


@pytest.mark.parametrize(
    "text",
    [
        "fixed: {turn: 15}\n",
        "vary: {turn: [0, 15]}\nsample: {method: grid}\n",
        "vary: {turn: {from: 0, to: 15, steps: 2}}\nsample: {method: grid}\n",
        "vary: {turn: [0, 15], level: {from: 0, to: 1}}\nsample: {count: 8}\n",
    ],
)
def test_what_a_scenario_lists_beyond_a_limit_is_its_own_fault(written, text):
    with pytest.raises(
        DomainAugError, match="toy: MED102: rotation would be 15 deg, and medical/chest-xray allows -10"
    ):
        variants_of(written(text + LIMITED))


@pytest.mark.parametrize("text", ["fixed: {side: 17}\n", "vary: {side: [4, 17]}\nsample: {count: 2}\n"])
def test_what_is_listed_and_cannot_be_shown_is_refused_before_anything_is_drawn(written, text):
    with pytest.raises(DomainAugError, match="toy: a square of 17 does not fit"):
        variants_of(written(text))
    drawn = "vary: {side: {from: 16, to: 18}}\nsample: {method: random, count: 3}\n"
    assert len(variants_of(written(drawn)).variants) == 3


@pytest.mark.parametrize("text", ["fixed: {color: green}\n", "vary: {color: [red, green]}\nsample: {count: 2}\n"])
def test_axes_that_move_nothing_are_refused(written, text):
    with pytest.raises(DomainAugError, match="color moves nothing here: the paper is red"):
        variants_of(written("world: {paper: red}\n" + text))


def test_the_constraint_that_holds_nowhere_is_named(written):
    text = "vary: {turn: {from: 0, to: 9}, dose: {from: 1, to: 9}}\nconstraints: [dose > 2, turn > 50]\n"
    with pytest.raises(UnreadableInput, match="the constraint 'turn > 50' holds at none of 3200 points drawn"):
        variants_of(written(text))
    close = "vary: {turn: [0, 1, 2], color: [red, blue]}\nconstraints: ['turn > 1 or color == \"red\"']\n"
    with pytest.raises(UnreadableInput, match=r"4 are different .* 'turn > 1 or color == .red.' leaves out"):
        variants_of(written(close))
    apart = "vary: {turn: {from: 0, to: 9}}\nconstraints: [turn < 3, turn > 5]\n"
    with pytest.raises(UnreadableInput, match="constraints 'turn < 3' and 'turn > 5' hold together at none of 3200"):
        variants_of(written(apart))
