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


def test_two_mirrors_that_make_a_half_turn_are_named_and_filed_under_the_flip_whose_fix_ends_it(film):
    steps = [A.HorizontalFlip(p=0.01), A.Rotate(limit=3, p=1), A.Affine(rotate=(-1, 1), p=1), A.VerticalFlip(p=0.1)]
    first, second = found(film, *steps)
    assert [(x.path, x.effect) for x in (first, second)] == [((0,), "mirror_horizontal"), ((3,), "mirror_vertical")]
    (turn,) = first.follows
    assert turn.found == "rotation ±180 deg in sum: HorizontalFlip (step 0) and VerticalFlip (step 3)"
    assert turn.code == "TST102"
    assert second.follows == ()


def test_a_waived_flip_carries_nothing_so_the_half_turn_stands_for_itself(film):
    waived = replace(film, waivers={"TST101": "no label in this data has a side"})
    (turn,) = found(waived, A.HorizontalFlip(p=0.5), A.Rotate(limit=3, p=1), A.VerticalFlip(p=0.5))
    assert turn.path == ()
    assert "in sum: HorizontalFlip (step 0) and VerticalFlip (step 2)" in turn.found
    assert turn.fix.action == "remove"
    assert turn.fix.path == (2,)


def test_where_no_single_step_is_the_cause_all_that_turn_are_named(film):
    (finding,) = found(film, A.Rotate(limit=7, p=1), A.RandomGamma(p=1), A.Rotate(limit=7, p=1), A.Rotate(limit=7, p=1))
    assert "rotation ±21 deg in sum: Rotate (step 0), Rotate (step 2) and Rotate (step 3)" in finding.found


def test_what_the_fixes_of_single_steps_do_not_end_stays_a_finding_of_its_own(film):
    steps = [A.HorizontalFlip(p=0.5), A.Rotate(limit=7, p=1), A.Rotate(limit=7, p=1)]
    assert [(x.path, x.effect) for x in found(film, *steps)] == [((0,), "mirror_horizontal"), ((), "rotation")]


def test_looking_for_the_cause_leaves_the_pipeline_alone(film):
    steps = [A.HorizontalFlip(p=0.5), A.OneOf([A.Rotate(limit=7), A.VerticalFlip()], p=1), A.Rotate(limit=7, p=1)]
    pipeline = A.Compose(steps)
    before = [(id(x), x.p) for x in (*pipeline.transforms, *pipeline.transforms[1].transforms)]
    check(pipeline, film, measured=False)
    assert [(id(x), x.p) for x in (*pipeline.transforms, *pipeline.transforms[1].transforms)] == before
