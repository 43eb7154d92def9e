"""A child may tighten its parent's limits; to loosen one it says why."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domainaug.effects import Interval
from domainaug.errors import ProfileError
from domainaug.profile import Profile, bounds, load_profile

PARENT = """\
options:
  sided: {default: true, meaning: Labels say left and right.}
  small: {default: false, meaning: Findings are small.}
  symmetry: {default: none, meaning: How it repeats., choices: [none, C2, C4]}
limits:
"""


@pytest.fixture
def family(desk, rule):
    """Write a parent with one rule, and load a child with another."""

    def load(parent: str, child: str):
        desk.write(PARENT + parent, "parent.yaml", head="id: my/parent\nversion: 1.0.0\ntitle: Parent\n")
        return desk.load(f"extends: parent.yaml\nlimits:\n{child}", "child.yaml")

    return load


P = {"effect": "rotation", "code": "MY101"}

TIGHTER = {
    "a smaller max": (("rotation", "max: 10 deg"), ("rotation", "max: 5 deg")),
    "the same": (("rotation", "max: 10 deg"), ("rotation", "max: 10 deg")),
    "one side smaller": (("rotation", "max: 10 deg"), ("rotation", "range: [-2, 10]")),
    "never under a bound": (("rotation", "max: 10 deg"), ("rotation", "allow: never")),
    "a bound under any": (("rotation", "allow: any"), ("rotation", "max: 10 deg")),
    "another unit": (("shift", "max: 10 %"), ("shift", "max: 0.05")),
    "less often": (("noise", "max: 5 %, p_max: 0.5"), ("noise", "max: 5 %, p_max: 20 %")),
    "never instead of seldom": (("noise", "max: 5 %, p_max: 0.5"), ("noise", "allow: never")),
    "an error instead of a warning": (("noise", "max: 5 %, severity: warning"), ("noise", "max: 5 %")),
    "a warning under any": (("noise", "allow: any"), ("noise", "max: 5 %, severity: warning")),
    "an unless under any": (("noise", "allow: any"), ("noise", "max: 5 %, unless: small")),
    "without the parent's unless": (("rotation", "max: 5 deg, unless: small"), ("rotation", "max: 5 deg")),
    "without the parent's when": (("rotation", "max: 5 deg, when: sided"), ("rotation", "max: 5 deg")),
    "fewer values of unless": (
        ("rotation", "max: 5 deg, unless: {symmetry: [C2, C4]}"),
        ("rotation", "max: 5 deg, unless: {symmetry: [C4]}"),
    ),
    "one more condition in unless": (
        ("rotation", "max: 5 deg, unless: small"),
        ("rotation", "max: 5 deg, unless: {small: true, symmetry: C4}"),
    ),
    "more values of when": (
        ("rotation", "max: 5 deg, when: {symmetry: [C2]}"),
        ("rotation", "max: 5 deg, when: {symmetry: [C2, C4]}"),
    ),
}


@pytest.mark.parametrize(("above", "below"), TIGHTER.values(), ids=TIGHTER)
def test_tightening_needs_no_words(family, rule, above, below):
    profile = family(rule(*above), rule(*below))
    (limit,) = profile.limits
    assert limit.origin == "my/own:6", "the child's rule takes the place of its parent's"


LOOSER = {
    "a larger max": (("rotation", "max: 10 deg"), ("rotation", "max: 20 deg"), "max", "its interval is not inside"),
    "one side larger": (("rotation", "max: 10 deg"), ("rotation", "range: [-2, 11]"), "range", "interval"),
    "any under a bound": (("rotation", "max: 10 deg"), ("rotation", "allow: any"), "allow", "interval"),
    "any under never": (("permutation", "allow: never"), ("permutation", "allow: any"), "allow", "interval"),
    "a lower min": (("field_of_view", "min: 90 %"), ("field_of_view", "min: 80 %"), "min", "interval"),
    "more often": (("noise", "max: 5 %, p_max: 0.1"), ("noise", "max: 5 %, p_max: 0.2"), "p_max", "p_max says 0.2"),
    "as often as one likes": (("noise", "max: 5 %, p_max: 0.1"), ("noise", "max: 5 %"), "max", "p_max says nothing"),
    "a warning": (("noise", "max: 5 %"), ("noise", "max: 5 %, severity: warning"), "severity", "milder"),
    "a new unless": (("noise", "max: 5 %"), ("noise", "max: 5 %, unless: small"), "unless", "lifts it more often"),
    "more values of unless": (
        ("rotation", "max: 5 deg, unless: {symmetry: [C4]}"),
        ("rotation", "max: 5 deg, unless: {symmetry: [C2, C4]}"),
        "unless",
        "lifts it more often",
    ),
    "another unless": (
        ("rotation", "max: 5 deg, unless: small"),
        ("rotation", "max: 5 deg, unless: sided"),
        "unless",
        "lifts it more often",
    ),
    "a new when": (("noise", "max: 5 %"), ("noise", "max: 5 %, when: small"), "when", "holds less often"),
    "fewer values of when": (
        ("rotation", "max: 5 deg, when: {symmetry: [C2, C4]}"),
        ("rotation", "max: 5 deg, when: {symmetry: [C2]}"),
        "when",
        "holds less often",
    ),
}


@pytest.mark.parametrize(("above", "below", "key", "words"), LOOSER.values(), ids=LOOSER)
class TestLoosening:
    def test_without_a_word_it_is_an_error_that_names_the_parents_rule(self, family, rule, above, below, key, words):
        with pytest.raises(ProfileError, match="MY101 loosens") as caught:
            family(rule(*above), rule(*below))
        assert words in str(caught.value)
        assert "MY101 (my/parent:9, " in str(caught.value)
        line = rule(*below)
        assert caught.value.line == 6
        column = caught.value.column or 0
        assert line[: column - 1].rstrip("[\"' ").endswith(f"{key}:"), "the place is that of what loosens"

    def test_with_a_reason_it_is_allowed_and_kept(self, family, rule, above, below, key, words):
        profile = family(rule(*above), rule(below[0], below[1] + ", loosens: Our parts differ."))
        (limit,) = profile.limits
        assert limit.loosens == "Our parts differ."
        assert limit.origin == "my/own:6"


class TestBesideTheParent:
    def test_a_rule_with_a_code_and_a_when_of_its_own_is_one_more(self, family, rule):
        small = rule("scale", "range: [0.98, 1.02], when: small", "MY201")
        profile = family(rule("scale", "range: [0.8, 1.25]"), small)
        assert [x.code for x in profile.limits] == ["MY101", "MY201"]
        assert [x.code for x in profile.in_force("scale")] == ["MY101"]
        assert [x.code for x in profile.with_options(small=True).in_force("scale")] == ["MY101", "MY201"]

    def test_one_more_rule_that_could_only_loosen_is_an_error(self, family, rule):
        with pytest.raises(ProfileError, match="MY201 loosens permutation"):
            family(rule("permutation", "allow: never"), rule("permutation", "allow: any, when: small", "MY201"))

    def test_another_code_with_the_same_conditions_takes_its_place(self, family, rule):
        profile = family(rule("rotation", "max: 10 deg"), rule("rotation", "max: 5 deg", "MY201"))
        assert [x.code for x in profile.limits] == ["MY201"]

    def test_another_effect_is_one_more(self, family, rule):
        profile = family(rule("rotation", "max: 10 deg"), rule("shear", "max: 5 deg"))
        assert [x.effect.name for x in profile.limits] == ["rotation", "shear"]

    def test_a_rule_for_several_effects_is_replaced_effect_by_effect(self, family, rule):
        profile = family(rule("[blur, motion_blur]", "max: 4 px"), rule("blur", "max: 2 px"))
        assert [(x.effect.name, x.high) for x in profile.limits] == [("blur", 2), ("motion_blur", 4)]

    def test_loosens_where_nothing_is_loosened_is_an_error(self, family, rule):
        with pytest.raises(ProfileError, match="allows no more of rotation than the parent"):
            family(rule("rotation", "max: 10 deg"), rule("rotation", "max: 5 deg, loosens: Because."))


def test_tightening_holds_down_a_chain(desk, rule):
    head = "id: my/{0}\nversion: 1.0.0\ntitle: T\n"
    for name, above, most in (("a", "", 30), ("b", "extends: a.yaml\n", 20), ("c", "extends: b.yaml\n", 10)):
        text = f"{above}limits:\n" + rule("rotation", f"max: {most} deg")
        profile = desk.load(text, f"{name}.yaml", head=head.format(name))
    assert profile.parents == ("my/b", "my/a")
    assert [x.high for x in profile.limits] == [10]
    with pytest.raises(ProfileError, match=r"my/c:"):
        desk.load("extends: c.yaml\nlimits:\n" + rule("rotation", "max: 15 deg"), "d.yaml")


CONDITIONS = ("", ", {0}: sided", ", {0}: small", ", {0}: {{sided: [false]}}", ", {0}: {{sided: true, small: true}}")
BOUNDS = ("max: 5 deg", "max: 10 deg", "range: [-5, 10]", "range: [-10, 5]", "allow: any", "allow: never")


@st.composite
def rules(draw: st.DrawFn, codes: tuple[str, ...]) -> list[tuple[str, str, str]]:
    found = []
    for code in codes[: draw(st.integers(1, len(codes)))]:
        bound = draw(st.sampled_from(BOUNDS))
        often = "" if bound == "allow: never" else draw(st.sampled_from(["", ", p_max: 0.1", ", p_max: 0.3"]))
        when, unless = (draw(st.sampled_from(CONDITIONS)).format(key) for key in ("when", "unless"))
        found.append(("rotation", bound + often + when + unless, draw(st.sampled_from([code, codes[0]]))))
    return found


def allowed(profile: Profile) -> tuple[Interval, float]:
    """What every rule in force allows together, and how often."""
    limits = profile.in_force("rotation")
    ends = [bounds(x, profile.frame) for x in limits] or [Interval(-180, 180)]
    common = Interval(max(x.low for x in ends), min(x.high for x in ends))
    return common, min((x.p_max for x in limits if x.p_max is not None), default=1.0)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(above=rules(("MY101", "MY102")), below=rules(("MY101", "MY201")))
def test_a_child_that_loads_without_a_word_allows_no_more_whatever_the_options(desk, rule, above, below):
    """The promise itself, held against profiles at random rather than against the cases we thought of."""
    parent = PARENT + "".join(rule(*one) for one in above)
    desk.write(parent, "parent.yaml", head="id: my/parent\nversion: 1.0.0\ntitle: Parent\n")
    try:
        child = desk.load("extends: parent.yaml\nlimits:\n" + "".join(rule(*one) for one in below), "child.yaml")
    except ProfileError:
        return
    first = load_profile(desk.folder / "parent.yaml")
    for sided, small in product((True, False), repeat=2):
        more, often = allowed(first.with_options(sided=sided, small=small))
        less, seldom = allowed(child.with_options(sided=sided, small=small))
        assert less in more
        assert seldom <= often or less == Interval(0, 0)
