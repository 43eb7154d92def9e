import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from domainaug._albumentations import A
from domainaug.check import check
from domainaug.check.codes import CODES
from domainaug.generators import Frame


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def report(profile, *steps, frame=None, **kwargs):
    return check(A.Compose(list(steps), **kwargs), profile, measured=False, frame=frame)


def codes(findings):
    return [finding.code for finding in findings]


def test_da101_an_argument_that_albumentations_ignored(film):
    (finding,) = report(film, A.GaussNoise(std_range=(0.01, 0.02), var_limit=(10, 50))).findings
    assert finding.code == "DA101"
    assert "GaussNoise has no argument 'var_limit', which is ignored" in finding.found


def test_da102_an_effect_the_profile_is_silent_on_is_told_once(film):
    silent = replace(film, limits=tuple(x for x in film.limits if x.effect.name != "mirror_horizontal"))
    findings = report(silent, A.HorizontalFlip(), A.HorizontalFlip()).findings
    assert codes(findings) == ["DA102"]
    assert findings[0].severity == "warning"
    assert "test/film has no limit for it" in findings[0].found


def test_da102_a_lifted_rule_is_not_silence(film):
    assert report(replace(film, options={"laterality_free": True}), A.HorizontalFlip()).findings == ()


def test_da106_a_seeded_compose_of_several_steps(film):
    steps = (A.Rotate(limit=5), A.RandomGamma((95, 105)))
    (finding,) = report(film, *steps, seed=7).findings
    assert (finding.code, finding.severity) == ("DA106", "warning")
    assert "Compose(seed=7) gives its 2 steps one random stream" in finding.found
    assert report(film, *steps).findings == ()
    assert report(film, A.Rotate(limit=5), seed=7).findings == ()


def test_da106_our_own_pipeline_gives_every_step_its_own_stream(film):
    from domainaug.pipeline import Pipeline

    pipeline = Pipeline([A.Rotate(limit=5), A.RandomGamma((95, 105))], seed=7)
    assert check(pipeline, film, measured=False).findings == ()


def test_da107_a_waiver_of_what_nothing_breaks(film):
    waived = replace(film, waivers={"TST101": "no sides in this data"})
    (finding,) = report(waived, A.Rotate(limit=5)).findings
    assert (finding.code, finding.severity) == ("DA107", "warning")
    assert "TST101 (no sides in this data)" in finding.found


def test_da108_a_waived_finding_is_a_note_with_its_reason_and_the_finding_inside(film):
    outcome = report(replace(film, waivers={"TST101": "no sides in this data"}), A.HorizontalFlip())
    assert outcome.ok
    assert outcome.findings == ()
    (note,) = outcome.notes
    assert (note.code, note.waived) == ("DA108", "no sides in this data")
    assert [x.code for x in note.follows] == ["TST101"]


def test_da108_a_waiver_hides_its_own_rule_and_no_other(film):
    waived = replace(film, waivers={"TST102": "children"})
    outcome = report(waived, A.Rotate(limit=80, p=1), A.HorizontalFlip())
    assert codes(outcome.findings) == ["TST101"]
    assert codes(outcome.notes) == ["DA108"]


def test_da108_a_waiver_does_not_hide_what_follows_from_what_it_waives(profile_of):
    rules = {
        "rotation": {"code": "TST102", "low": -10, "high": 10, "unit": "deg"},
        "field_of_view": {"code": "TST107", "low": 0.85},
    }
    findings = report(profile_of(rules, waivers={"TST102": "children"}), A.Rotate(limit=45, p=1)).findings
    assert codes(findings) == ["TST107"]


@pytest.mark.parametrize("step", [A.GaussianBlur(sigma_limit=0.5), A.RandomBrightnessContrast(0.05, 0.05)])
def test_da109_steps_that_clip_hounsfield_units(film, step):
    hounsfield = Frame(256, 256, low=-1000, high=1000, unit="HU")
    found = report(film, step, A.Rotate(limit=5), frame=hounsfield).findings
    assert "DA109" in codes(found) or "DA112" in codes(found)
    assert all(x.path == (0,) for x in found)
    assert report(film, step, A.Rotate(limit=5)).findings == ()


def test_da109_several_steps_are_one_finding(film):
    hounsfield = Frame(256, 256, low=-1000, high=1000, unit="HU")
    steps = (A.RandomBrightnessContrast(0.05, 0.05), A.Rotate(limit=5), A.GaussNoise(std_range=(0.01, 0.02)))
    (finding,) = report(film, *steps, frame=hounsfield).findings
    assert finding.code == "DA109"
    assert "RandomBrightnessContrast (step 0), GaussNoise (step 2)" in finding.found


def test_da109_our_own_pipeline_takes_them_through_zero_to_one_and_back(film):
    from domainaug.pipeline import Pipeline

    hounsfield = Frame(256, 256, low=-1000, high=1000, unit="HU")
    outcome = check(Pipeline([A.RandomBrightnessContrast(0.05, 0.05)]), film, frame=hounsfield, measured=False)
    assert "DA109" not in codes(outcome.findings)


def test_da110_a_limit_in_millimeters_without_a_spacing_is_an_assumption(film):
    (note,) = report(film, A.GaussianBlur(blur_limit=0, sigma_limit=0.6, p=1)).notes
    assert note.code == "DA110"
    assert "spacing" in note.found
    known = replace(film.frame, spacing=(0.5, 0.5))
    assert report(film, A.GaussianBlur(blur_limit=0, sigma_limit=0.6, p=1), frame=known).notes == ()


def test_da113_a_step_nobody_knows_that_may_not_be_measured(film):
    (finding,) = report(film, A.Lambda(image=lambda image, **_: image)).findings
    assert (finding.code, finding.severity) == ("DA113", "warning")


def test_every_code_says_what_is_wrong_and_what_to_do():
    assert list(CODES) == sorted(CODES)
    for code in CODES.values():
        assert code.meaning.endswith(".")
        assert code.help
        assert code.slug == code.slug.lower()
    assert len({code.slug for code in CODES.values()}) == len(CODES)


def test_every_code_has_its_place_in_the_manual():
    manual = (Path(__file__).parents[2] / "docs" / "check.md").read_text(encoding="utf-8")
    for code in CODES.values():
        assert f"### {code.code} {code.slug} ({code.severity})" in manual
