from dataclasses import replace

from domainaug._albumentations import A
from domainaug.check import apply_fixes, check


def found(profile, *steps, **kwargs):
    return check(A.Compose(list(steps)), profile, measured=False, **kwargs).findings


def test_two_rotations_that_each_keep_the_limit_break_it_together(film):
    (finding,) = found(film, A.Rotate(limit=7, p=1), A.HorizontalFlip(p=0), A.Rotate(limit=7, p=1))
    assert finding.code == "TST102"
    assert finding.where == ""
    assert finding.path == ()
    assert "rotation ±14 deg in sum: Rotate (step 0) and Rotate (step 2)" in finding.found


def test_a_sum_inside_the_limit_is_no_finding(film):
    assert found(film, A.Rotate(limit=5, p=1), A.Rotate(limit=5, p=1)) == ()


def test_what_one_step_breaks_by_itself_is_not_told_again_of_the_whole(film):
    findings = found(film, A.Rotate(limit=30, p=1), A.Rotate(limit=7, p=1))
    assert [(x.path, x.effect) for x in findings] == [((0,), "rotation")]


def test_branches_that_exclude_each_other_do_not_add_up(film):
    assert found(film, A.OneOf([A.Rotate(limit=7), A.Rotate(limit=7)], p=1)) == ()


def test_tones_are_composed_before_they_are_judged(profile_of):
    profile = profile_of({"contrast": {"code": "TST1", "low": 0.75, "high": 1.3}})
    step = A.RandomBrightnessContrast(brightness_limit=0, contrast_limit=0.2, p=1)
    assert found(profile, step) == ()
    (finding,) = found(profile, step, step)
    assert finding.effect == "contrast"


def test_the_fix_of_a_sum_clamps_one_step_to_what_the_other_leaves(film):
    pipeline = A.Compose([A.Rotate(limit=7, p=1), A.Rotate(limit=7, p=1)])
    report = check(pipeline, film, measured=False)
    (finding,) = report.findings
    assert finding.fix.path == (1,)
    assert finding.fix.new[1] <= 3
    assert check(apply_fixes(pipeline, report), film, measured=False).findings == ()


def test_how_often_adds_up_over_steps(profile_of):
    profile = profile_of({"mirror_horizontal": {"code": "TST1", "allow": "any", "p_max": 0.5}})
    assert found(profile, A.HorizontalFlip(p=0.4)) == ()
    (finding,) = found(profile, A.HorizontalFlip(p=0.4), A.Rotate(limit=3, p=1), A.HorizontalFlip(p=0.4))
    assert "64 % of outputs" in finding.found
    assert "HorizontalFlip (step 0) and HorizontalFlip (step 2)" in finding.found


def test_a_sum_can_be_waived(film):
    waived = replace(film, waivers={"TST102": "films of restless children"})
    report = check(A.Compose([A.Rotate(limit=7, p=1), A.Rotate(limit=7, p=1)]), waived, measured=False)
    assert report.findings == ()
    assert [note.code for note in report.notes] == ["DA108"]
