"""A profile from what reviews showed: it loads, only tightens, says where it comes from, and its recipe fits."""

from __future__ import annotations

import pytest

from domainaug.effects import EFFECTS
from domainaug.errors import DomainAugError, OutputError
from domainaug.profile import list_profiles, load_profile
from domainaug.profile.units import bounds
from domainaug.review.derived import Provenance, write_derived
from domainaug.review.intervals import rate_of
from domainaug.review.thresholds import Threshold

FROM = Provenance("5eed", 149, 17, ("ada", "bo"), "2026-11-22")


def threshold(effect, side, limit) -> Threshold:
    return Threshold(effect, side, limit, 12, 3, rate_of(12, 15), rate_of(2, 134), 0.0005)


def allowed(profile, effect) -> list[tuple[float, float]]:
    return [
        (round(interval.low, 6), round(interval.high, 6))
        for interval in (bounds(limit, profile.frame) for limit in profile.in_force(effect))
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (threshold("rotation", "above", 6), [(-20, 6)]),
        (threshold("rotation", "below", -4), [(-4, 20)]),
        (threshold("rotation", "either", 3), [(-3, 3)]),
        (threshold("mirror_horizontal", "above", 0), [(0, 0)]),
        (threshold("scale", "above", 1.05), [(0.8, 1.05)]),
        (threshold("scale", "either", 1.1), [(0.909091, 1.1)]),
    ],
    ids=lambda one: one.words.replace(" ", "-") if isinstance(one, Threshold) else "",
)
def test_a_limit_takes_the_place_of_the_parents(profile, tmp_path, given, expected):
    derived = write_derived(tmp_path / "tight.yaml", load_profile(profile), [given], FROM)
    again = load_profile(tmp_path / "tight.yaml")
    assert allowed(again, given.effect) == expected
    assert again.digest == derived.profile.digest
    assert again.parents[0] == "test/tray"
    assert [limit.code for limit in again.in_force(given.effect)] == [
        limit.code for limit in load_profile(profile).in_force(given.effect)
    ]


def test_its_recipe_lies_inside_its_limits(profile, tmp_path):
    given = [threshold("rotation", "either", 3), threshold("mirror_horizontal", "above", 0)]
    derived = write_derived(tmp_path / "tight.yaml", load_profile(profile), given, FROM)
    pipeline = derived.profile.compose(seed=0)
    breaches = [one for one in derived.profile.check(pipeline, measured=False).findings if one.severity == "error"]
    assert breaches == []
    assert len(derived.narrowed) == 2
    assert any("HorizontalFlip left out" in sentence for sentence in derived.narrowed)


def test_it_says_where_it_comes_from(profile, tmp_path):
    write_derived(tmp_path / "tight.yaml", load_profile(profile), [threshold("rotation", "above", 6)], FROM)
    loaded = load_profile(tmp_path / "tight.yaml")
    for words in ("5eed", "149 judged and 17 rejected", "ada, bo", "2026-11-22"):
        assert words in loaded.description
    (limit,) = loaded.in_force("rotation")
    assert "beyond it 12 of 15" in limit.evidence[0].note
    assert limit.reason == "The part lies in a tray."


def test_other_limits_and_the_options_of_the_run_stay(profile, tmp_path):
    parent = load_profile(profile, options={"upright": True})
    write_derived(tmp_path / "tight.yaml", parent, [threshold("rotation", "above", 6)], FROM)
    loaded = load_profile(tmp_path / "tight.yaml")
    assert loaded.options["upright"] is True
    assert allowed(loaded, "scale") == allowed(parent, "scale")


def test_a_profile_of_the_catalogue_is_extended_by_its_name(tmp_path):
    parent = load_profile("medical/chest-xray")
    derived = write_derived(tmp_path / "tight.yaml", parent, [threshold("rotation", "either", 2)], FROM)
    assert "extends: medical/chest-xray\n" in (tmp_path / "tight.yaml").read_text()
    assert derived.profile.id == "medical/chest-xray-reviewed"
    (limit,) = derived.profile.in_force("rotation")
    (before,) = parent.in_force("rotation")
    assert limit.counter_evidence == before.counter_evidence
    assert set(before.evidence) <= set(limit.evidence)


def test_an_effect_that_no_rule_speaks_of_gets_one(profile, tmp_path):
    derived = write_derived(tmp_path / "tight.yaml", load_profile(profile), [threshold("noise", "above", 0.02)], FROM)
    (limit,) = derived.profile.in_force("noise")
    assert (limit.code, limit.high) == ("REV101", 0.02)


def test_a_limit_in_mm_is_left_to_people(profile, tmp_path):
    given = [threshold("blur", "above", 1.2), threshold("rotation", "above", 6)]
    derived = write_derived(tmp_path / "tight.yaml", load_profile(profile), given, FROM)
    assert "TST104 is in mm" in derived.left_out[0]
    assert derived.written == ("rotation at most 6 deg",)
    with pytest.raises(DomainAugError, match="TST104 is in mm"):
        write_derived(tmp_path / "other.yaml", load_profile(profile), given[:1], FROM)
    assert not (tmp_path / "other.yaml").exists()


def test_a_limit_in_hu_takes_the_value_range_of_the_run(tmp_path):
    (tmp_path / "ct.yaml").write_text(
        "id: test/ct\nversion: 1.0.0\ntitle: CT\nvalue_range: {low: -1000, high: 3000, unit: HU}\nlimits:\n"
        "  - {effect: noise, code: TST101, max: 40 HU, reason: A., evidence: [{strength: opinion}]}\n"
    )
    given = [threshold("noise", "above", 0.005)]
    derived = write_derived(tmp_path / "tight.yaml", load_profile(tmp_path / "ct.yaml"), given, FROM, span=4000.0)
    (limit,) = derived.profile.in_force("noise")
    assert (limit.high, limit.unit) == (20, "HU")
    with pytest.raises(DomainAugError, match="the value range is not the same"):
        write_derived(tmp_path / "other.yaml", load_profile(tmp_path / "ct.yaml"), given, FROM)


def test_a_rule_that_an_option_lifts_gets_one_beside_it_for_that_option(tmp_path):
    (tmp_path / "part.yaml").write_text(
        "id: test/part\nversion: 1.0.0\ntitle: Part\n"
        "options: {round: {default: true, meaning: It may lie any way.}}\nlimits:\n"
        "  - {effect: rotation, code: TST101, max: 5 deg, unless: round, reason: A., evidence: [{strength: opinion}]}\n"
    )
    given = [threshold("rotation", "either", 60)]
    derived = write_derived(tmp_path / "tight.yaml", load_profile(tmp_path / "part.yaml"), given, FROM)
    assert [(x.code, x.high) for x in derived.profile.in_force("rotation")] == [("REV101", 60)]
    assert [(x.code, x.high) for x in derived.profile.with_options(round=False).in_force("rotation")] == [("TST101", 5)]


def test_a_file_that_is_there_is_not_written_over(profile, tmp_path):
    with pytest.raises(OutputError, match="such a file already"):
        write_derived(profile, load_profile(profile), [threshold("rotation", "above", 6)], FROM)
    with pytest.raises(DomainAugError, match=r"ends in \.yaml"):
        write_derived(tmp_path / "tight.txt", load_profile(profile), [threshold("rotation", "above", 6)], FROM)


def test_what_cannot_be_loaded_is_not_left_behind(profile, tmp_path):
    with pytest.raises(DomainAugError, match="id"):
        write_derived(
            tmp_path / "tight.yaml", load_profile(profile), [threshold("rotation", "above", 6)], FROM, name="Not An Id"
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tray.yaml"]


def tightest(profile) -> list[Threshold]:
    """A limit well inside what each effect of a profile may be."""
    found = []
    for row in dict.fromkeys(limit.effect for limit in profile.limits):
        allowed = [bounds(limit, profile.frame) for limit in profile.in_force(row.name)]
        if row.is_flag or row.highest > row.neutral:
            far = min([row.neutral + 1, *(interval.high for interval in allowed)])
            limit = 0.0 if row.is_flag else row.neutral + round(0.6 * (far - row.neutral), 6)
            found.append(threshold(row.name, "above", limit))
        else:
            far = max([row.neutral - 1, *(interval.low for interval in allowed)])
            found.append(threshold(row.name, "below", row.neutral - round(0.6 * (row.neutral - far), 6)))
    return [one for one in found if EFFECTS[one.effect].is_flag or one.limit != EFFECTS[one.effect].neutral]


@pytest.mark.slow
@pytest.mark.parametrize("name", list_profiles())
def test_every_profile_of_the_catalogue_can_be_tightened_and_its_recipe_follows(name, tmp_path):
    derived = write_derived(tmp_path / "tight.yaml", load_profile(name), tightest(load_profile(name)), FROM)
    assert derived.written
    if derived.profile.recipe:
        report = derived.profile.check(derived.profile.compose(seed=0), measured=False)
        assert [one for one in report.findings if one.severity == "error"] == []
