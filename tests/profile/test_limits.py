"""Every form of a limit, and what it comes to."""

from __future__ import annotations

import pytest

from domainaug.effects import Interval
from domainaug.errors import ProfileError
from domainaug.profile import bounds

FORMS = {
    "never": ("rotation", "allow: never", Interval(0, 0)),
    "never, of a factor": ("scale", "allow: never", Interval(1, 1)),
    "any": ("rotation", "allow: any", Interval(-180, 180)),
    "max either way": ("rotation", "max: 10 deg", Interval(-10, 10)),
    "max of what has no sign": ("blur", "max: 2 px", Interval(0, 2)),
    "max in the effect's own unit": ("noise", "max: 0.02", Interval(0, 0.02)),
    "max of a factor from 1 up": ("pixelation", "max: 3", Interval(1, 3)),
    "max in percent": ("shift", "max: 5 %", Interval(0, 0.05)),
    "max of brightness": ("brightness", "max: 10 %", Interval(-0.1, 0.1)),
    "max in millimeters": ("local_warp", "max: 10 mm", Interval(0, 0.1)),
    "max in millimeters, of pixels": ("blur", "max: 1 mm", Interval(0, 2)),
    "max in Hounsfield units": ("noise", "max: 50 HU", Interval(0, 0.025)),
    "min of a share": ("field_of_view", "min: 90 %", Interval(0.9, 1)),
    "range of a factor": ("scale", "range: [0.9, 1.2]", Interval(0.9, 1.2)),
    "range in percent": ("scale", "range: [98 %, 102 %]", Interval(0.98, 1.02)),
    "range, lopsided": ("rotation", "range: [-5 deg, 10 deg]", Interval(-5, 10)),
    "range with a bare zero": ("blur", "range: [0, 2 px]", Interval(0, 2)),
}


@pytest.mark.parametrize(("effect", "bound", "expected"), FORMS.values(), ids=FORMS)
def test_forms(desk, rule, effect, bound, expected):
    frame = "frame: {size: [400, 100], spacing_mm: 0.5}\nvalue_range: {low: -1000, high: 1000, unit: HU}\n"
    profile = desk.load(f"{frame}limits:\n{rule(effect, bound)}")
    (limit,) = profile.limits
    got = bounds(limit, profile.frame)
    assert (got.low, got.high) == (pytest.approx(expected.low), pytest.approx(expected.high))


def test_a_rule_for_several_effects_is_one_limit_each_under_one_code(desk, rule):
    limits = desk.load("limits:\n" + rule("[tilt, shear]", "max: 3 deg")).limits
    assert [(x.effect.name, x.code) for x in limits] == [("shear", "MY101"), ("tilt", "MY101")]


def test_how_often_is_a_share_or_a_percentage(desk, rule):
    profile = desk.load(
        "limits:\n" + rule("noise", "max: 5 %, p_max: 0.2") + rule("permutation", "allow: any, p_max: 5 %", "MY102")
    )
    assert [x.p_max for x in profile.limits] == [0.05, 0.2]


def test_evidence_and_counter_evidence_are_kept(desk):
    profile = desk.load(
        "limits:\n  - effect: rotation\n    code: MY101\n    max: 5 deg\n    reason: >-\n      Long\n      reason.\n"
        "    evidence: [{strength: opinion, note: by eye}]\n    counter_evidence: [{note: others turn more}]\n"
    )
    (limit,) = profile.limits
    assert limit.reason == "Long reason."
    assert (limit.evidence[0].strength, limit.evidence[0].note) == ("opinion", "by eye")
    assert (limit.counter_evidence[0].strength, limit.counter_evidence[0].note) == ("opinion", "others turn more")
    assert limit.origin == "my/own:5"


def test_a_source_beside_the_profile_counts(desk):
    (desk.folder / "references.bib").write_text("@misc{own-2026-report,\n title = {Our report},\n year = 2026\n}\n")
    text = (
        "limits:\n  - {effect: rotation, code: MY101, max: 5 deg, reason: R., "
        "evidence: [{cite: own-2026-report, strength: strong}]}\n"
    )
    profile = desk.load(text)
    assert "Our report (2026)." in str(profile.explain("rotation"))


@pytest.mark.parametrize(
    ("effect", "bound", "told"),
    [
        ("rotation", "min: 3 deg", "can go both ways"),
        ("rotation", "max: -3 deg", "not below 0"),
        ("rotation", "max: 300 deg", "rotation goes from -180 to 180 deg"),
        ("blur", "range: [1 px, 2 mm]", "same unit"),
        ("blur", "range: [1 px]", "a list of two amounts"),
        ("rotation", "allow: never, p_max: 0.2", "nothing to count"),
        ("rotation", "allow: any, p_max: 3 deg", "expected a share"),
        ("rotation", "allow: any, p_max: 0", "more than 0"),
        ("[]", "allow: any", "the list is empty"),
        ("[blur, blur]", "allow: any", "named twice"),
        ("rotation", "max: true", "an amount such as"),
        ("rotation", "allow: any, unless: {}", "name an option"),
        ("rotation", "allow: any, unless: {sided: []}", "no values"),
        ("rotation", "allow: any, unless: {sided: maybe}", "sided is true or false"),
    ],
)
def test_what_makes_no_sense_is_refused(desk, rule, effect, bound, told):
    options = "options: {sided: {default: true, meaning: M.}}\n"
    with pytest.raises(ProfileError, match=told) as caught:
        desk.load(f"{options}limits:\n{rule(effect, bound)}")
    assert caught.value.line == 6


def test_the_same_rule_twice_is_refused(desk, rule):
    with pytest.raises(ProfileError, match="MY101 limits rotation twice"):
        desk.load("limits:\n" + rule("rotation", "max: 5 deg") + rule("rotation", "max: 3 deg"))
