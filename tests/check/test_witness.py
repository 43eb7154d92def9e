import copy
import random

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug._albumentations.leaves import draw
from domainaug.check import check
from domainaug.check.judge import Look, breaches
from domainaug.check.witness import share_of_draws, witnessed
from domainaug.declare import declare, drawn
from domainaug.generators import Frame

SMALL = Frame(128, 160)


def looked(step, frame=SMALL, probability=1.0):
    return Look((3,), type(step).__name__, step, probability, declare(step, frame).present(frame))


def estimated_and_counted(step, profile, effect, frame=SMALL, **kwargs):
    look = looked(step, frame, **kwargs)
    found = [breach for breach in breaches(look, profile, frame) if breach.effect.name == effect]
    return found[0], next(witnessed(look, found, frame))


def in_truth(step, breach, frame=SMALL, draws=2000):
    """The share of draws beyond the limit, each drawn for a picture and read alone."""
    step, picture = copy.deepcopy(step), np.zeros((frame.height, frame.width), np.float32)
    step.set_random_seed(4)
    row, hits = breach.effect, 0
    for _ in range(draws):
        ranges = drawn(step, draw(step, {"image": picture}), frame, top=1.0).effects(frame)
        value = ranges.get(row.name, row.still).high
        hits += value not in breach.allowed.widened(1e-6) and row.is_present(value)
    return hits / draws


@pytest.mark.parametrize(
    ("step", "effect", "limit"),
    [
        (A.Perspective(p=1), "shear", {"low": -5, "high": 5}),
        (A.D4(p=1), "rotation", {"low": -10, "high": 10}),
        (A.D4(p=1), "mirror_horizontal", {"allow": "never"}),
        (A.RandomBrightnessContrast(p=1), "brightness", {"low": -0.15, "high": 0.15}),
        (A.Affine(scale=(0.5, 1.5), p=1), "aspect", {"low": 0.97, "high": 1.03}),
        (A.RandomResizedCrop(size=(64, 64), p=1), "field_of_view", {"low": 0.7}),
        (A.RandomGamma(gamma_limit=(50, 200), p=1), "gamma", {"low": 0.75, "high": 1.33}),
    ],
)
def test_how_often_is_what_happens_in_two_thousand_draws(profile_of, step, effect, limit):
    profile = profile_of({effect: {"code": "TST1", **limit}})
    _, counted = estimated_and_counted(step, profile, effect)
    assert not counted.about
    assert counted.probability == pytest.approx(in_truth(step, counted), abs=0.12)  # two deviations of 64 draws


@pytest.mark.parametrize("limit", [10, 25, 40])
def test_what_one_number_decides_is_told_to_two_points(profile_of, limit):
    profile = profile_of({"rotation": {"code": "TST1", "low": -limit, "high": limit}})
    _, counted = estimated_and_counted(A.Affine(rotate=(-45, 45), p=1), profile, "rotation")
    assert counted.probability == pytest.approx(1 - limit / 45, abs=0.02)


def test_a_step_that_seldom_runs_is_as_much_less_often_beyond(profile_of):
    profile = profile_of({"rotation": {"code": "TST1", "low": -10, "high": 10}})
    _, always = estimated_and_counted(A.Rotate(limit=40, p=1), profile, "rotation")
    _, seldom = estimated_and_counted(A.Rotate(limit=40, p=1), profile, "rotation", probability=0.25)
    assert seldom.probability == pytest.approx(always.probability / 4)


def test_what_no_draw_shows_is_kept_and_is_rare(profile_of):
    profile = profile_of({"rotation": {"code": "TST1", "low": -10, "high": 10}})
    step = A.Perspective(p=1)
    estimate, counted = estimated_and_counted(step, profile, "rotation")
    assert estimate.interval == counted.interval
    assert 0 < counted.probability < 0.01
    (finding,) = check(A.Compose([step]), profile, frame=SMALL, measured=False).findings
    assert finding.found.endswith("beyond the limit in less than 1 % of outputs")


def test_what_draws_do_not_tell_stays_an_estimate_and_is_called_one(profile_of):
    profile = profile_of({"local_warp": {"code": "TST1", "high": 0.02}})
    step = A.ElasticTransform(alpha=200, sigma=10, p=1)  # its fields take too long to draw many of
    estimate, counted = estimated_and_counted(step, profile, "local_warp")
    assert counted == estimate
    assert counted.about
    (finding,) = check(A.Compose([step]), profile, frame=SMALL, measured=False).findings
    assert " in about " in finding.found


def test_what_always_happens_needs_no_draws(profile_of):
    profile = profile_of({"mirror_horizontal": {"code": "TST1", "allow": "never"}})
    estimate, counted = estimated_and_counted(A.HorizontalFlip(p=0.5), profile, "mirror_horizontal")
    assert counted is estimate
    assert not counted.about


def test_nothing_of_the_users_is_touched_and_the_answer_is_always_the_same(profile_of):
    profile = profile_of({"rotation": {"code": "TST1", "low": -10, "high": 10}})
    step = A.Affine(rotate=(-40, 40), p=1)
    step.set_random_seed(8)
    before = random.getstate(), np.random.get_state()[1].tolist(), step.py_random.getstate(), dict(step.params)
    first, second = (estimated_and_counted(step, profile, "rotation")[1].probability for _ in range(2))
    assert first == second
    assert before == (random.getstate(), np.random.get_state()[1].tolist(), step.py_random.getstate(), step.params)


def test_an_effect_allowed_now_and_then_is_judged_by_its_draws(profile_of):
    profile = profile_of({"mirror_horizontal": {"code": "TST1", "allow": "never", "p_max": 0.6}})
    look = looked(A.D4(p=1))
    assert [x.probability for x in breaches(look, profile, SMALL)] == [1.0]  # as far as ranges tell
    assert list(witnessed(look, breaches(look, profile, SMALL), SMALL)) == []
    assert share_of_draws(look, "mirror_horizontal", SMALL) == pytest.approx(0.38, abs=0.12)
