"""The check end to end: pipelines and black boxes, measured and declared."""

import os
import random
import time
import warnings

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domainaug._albumentations import A
from domainaug.check import check
from domainaug.generators import Frame

BUDGET = 2.0


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def rare_mirror(image):
    return np.ascontiguousarray(image[:, ::-1]) if random.random() < 0.05 else image


def state():
    return random.getstate(), np.random.get_state()[1].tobytes(), np.random.get_state()[2]


def test_a_clean_compose_has_no_finding(film):
    clean = A.Compose([A.Rotate(limit=5), A.RandomBrightnessContrast(0.1, 0.1), A.GaussNoise(std_range=(0.005, 0.02))])
    report = check(clean, film)
    assert report.ok
    assert report.findings == ()
    assert report.draws == 0
    assert report.steps == 3


def test_a_rare_event_in_a_compose_is_found_because_it_is_declared(film):
    report = check(A.Compose([A.OneOf([A.NoOp(p=1), A.HorizontalFlip(p=0.001)], p=0.1)]), film)
    (finding,) = report.findings
    assert finding.where == "OneOf > HorizontalFlip"
    assert finding.path == (0, 1)
    assert 0 < finding.probability < 0.001


def test_a_single_transform_is_a_target_too(film):
    (finding,) = check(A.VerticalFlip(p=1), film).findings
    assert finding.effect == "mirror_vertical"


def test_a_mirror_in_one_of_twenty_outputs_of_a_black_box_is_found(film):
    report = check(rare_mirror, film, budget=4.0)
    (finding,) = [x for x in report.findings if x.effect == "mirror_horizontal"]
    assert finding.code == "TST101"
    assert finding.seen_in[0] > 0
    assert finding.seen_in[1] == report.draws
    assert f"seen in {finding.seen_in[0]} of {finding.seen_in[1]} draws" in finding.found
    assert any(note.code == "DA105" for note in report.notes)


def test_a_black_box_that_does_nothing_has_no_finding_and_says_what_silence_means(film):
    report = check(lambda image: image, film, budget=BUDGET)
    assert report.findings == ()
    notes = [note.found for note in report.notes if note.code == "DA105"]
    assert any("%" in found for found in notes)


@pytest.mark.parametrize(
    ("box", "code"),
    [
        (lambda image: None, "DA104"),
        (lambda image: 1 / 0, "DA104"),
        (lambda image: np.random.default_rng(0).integers(0, 255, image.shape).astype(image.dtype), "DA103"),
    ],
)
def test_a_black_box_that_misbehaves_or_destroys_the_picture_is_a_finding(film, box, code):
    report = check(box, film, budget=BUDGET)
    assert not report.ok
    assert code in [finding.code for finding in report.findings]


def test_what_cannot_be_called_is_a_finding(film):
    (finding,) = check(42, film).findings
    assert finding.code == "DA104"


def test_a_step_nobody_knows_is_measured_alone_as_if_it_always_ran(film):
    def mirrored(image, **_):
        return np.ascontiguousarray(image[:, ::-1])

    pipeline = A.Compose([A.Rotate(limit=5), A.Lambda(image=mirrored, mask=mirrored, p=0.01)])
    report = check(pipeline, film, budget=BUDGET)
    (finding,) = [x for x in report.findings if x.effect == "mirror_horizontal"]
    assert finding.path == (1,)
    assert finding.where == "Lambda"
    assert finding.probability == pytest.approx(0.01, abs=0.002)
    assert finding.fix.action == "remove"


def test_a_step_that_mirrors_the_picture_and_not_its_labels_is_still_a_mirror(film):
    report = check(A.Compose([A.Lambda(image=lambda image, **_: image[::-1].copy())]), film, budget=BUDGET)
    assert "mirror_vertical" in [finding.effect for finding in report.findings]


def test_what_depends_on_the_picture_and_breaks_a_limit_there_is_an_error(profile_of):
    profile = profile_of({"contrast": {"code": "TST1", "low": 0.95, "high": 1.05}})
    report = check(A.Compose([A.Equalize(p=1)]), profile, budget=BUDGET)
    (finding,) = report.findings
    assert (finding.code, finding.severity) == ("TST1", "error")
    assert report.draws > 0


def test_what_depends_on_the_picture_and_kept_a_limit_where_looked_at_is_a_warning(profile_of):
    profile = profile_of({"contrast": {"code": "TST1", "low": 0.05, "high": 20}})
    report = check(A.Compose([A.Equalize(p=1)]), profile, budget=BUDGET)
    (finding,) = report.findings
    assert (finding.code, finding.severity) == ("DA111", "warning")
    assert "may do anything to contrast" in finding.found


def test_pictures_of_ones_own_are_looked_at_instead(profile_of):
    profile = profile_of({"contrast": {"code": "TST1", "low": 0.05, "high": 3}})
    smooth = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 60, (256, 256)), (0, 0), 3)
    faint = (120 + smooth / np.abs(smooth).max() * 30).astype(np.uint8)
    pipeline = A.Compose([A.Equalize(p=1)])
    assert check(pipeline, profile, budget=BUDGET, pictures=[]).ok
    assert not check(pipeline, profile, budget=BUDGET, pictures=[faint]).ok


def test_neither_the_target_nor_any_random_state_is_changed(film):
    def darker(image, **_):
        return (image * 0.9).astype(image.dtype)

    steps = [A.Rotate(limit=45), A.Lambda(image=darker, name="darker"), A.Equalize(), A.HorizontalFlip()]
    pipeline = A.Compose(steps, seed=3)
    random.seed(1)
    np.random.seed(1)
    before, streams = repr(pipeline), [_stream(step) for step in pipeline]
    global_before = state()
    check(pipeline, film, budget=1.0)
    check(rare_mirror, film, budget=1.0)
    assert state() == global_before
    assert repr(pipeline) == before
    assert [_stream(step) for step in pipeline] == streams


def _stream(step):
    return step.random_generator.bit_generator.state["state"], step.py_random.getstate(), step.p


def test_the_same_seed_finds_the_same(film):
    report = check(A.Compose([A.Lambda(image=lambda image, **_: image)]), film, budget=BUDGET, seed=5)
    assert report.findings == ()


def test_a_static_check_of_ten_steps_takes_less_than_fifty_milliseconds(film):
    steps = [
        A.Rotate(limit=2),
        A.Affine(scale=(0.98, 1.02)),
        A.RandomBrightnessContrast(0.05, 0.05),
        A.RandomGamma((95, 105)),
        A.GaussNoise(std_range=(0.001, 0.01)),
        A.GaussianBlur(blur_limit=0, sigma_limit=0.5),
        A.NoOp(),
        A.RandomGamma((98, 102)),
        A.MultiplicativeNoise((0.98, 1.02)),
        A.Rotate(limit=2),
    ]
    pipeline = A.Compose(steps)
    check(pipeline, film)
    times = []
    for _ in range(5):
        started = time.thread_time()
        check(pipeline, film)
        times.append(time.thread_time() - started)
    assert min(times) < 0.05 * float(os.environ.get("DOMAINAUG_SLOWNESS", "1"))


def test_a_profile_checks_by_itself(film):
    assert not film.check(A.Compose([A.HorizontalFlip()])).ok
    assert film.check(lambda image: image, budget=0.5).ok


# -- whatever is put together, the check answers ------------------------------------------------------------

RANGES = st.tuples(st.floats(-0.5, 0), st.floats(0, 0.5))
CHANCE = st.sampled_from([0.0, 0.05, 0.5, 1.0])
LEAVES = st.one_of(
    st.builds(A.HorizontalFlip, p=CHANCE),
    st.builds(A.VerticalFlip, p=CHANCE),
    st.builds(A.D4, p=CHANCE),
    st.builds(A.Transpose, p=CHANCE),
    st.builds(A.Rotate, limit=st.integers(0, 180), p=CHANCE),
    st.builds(A.Affine, rotate=st.integers(0, 90), scale=st.floats(0.3, 3), shear=st.integers(0, 40), p=CHANCE),
    st.builds(A.RandomBrightnessContrast, brightness_limit=RANGES, contrast_limit=RANGES, p=CHANCE),
    st.builds(A.RandomGamma, gamma_limit=st.tuples(st.integers(20, 100), st.integers(100, 300)), p=CHANCE),
    st.builds(A.GaussNoise, std_range=st.tuples(st.floats(0, 0.2), st.floats(0.2, 1)), p=CHANCE),
    st.builds(A.GaussianBlur, sigma_limit=st.floats(0.1, 9), p=CHANCE),
    st.builds(A.CoarseDropout, p=CHANCE),
    st.builds(A.InvertImg, p=CHANCE),
    st.builds(A.Equalize, p=CHANCE),
    st.builds(A.ElasticTransform, alpha=st.floats(0.1, 300), sigma=st.floats(1, 50), p=CHANCE),
    st.builds(A.RandomGridShuffle, p=CHANCE),
    st.builds(A.Posterize, p=CHANCE),
    st.builds(A.NoOp),
)


def some(steps, **size):
    return st.lists(steps, **size)


TREES = st.recursive(
    LEAVES,
    lambda steps: st.one_of(
        st.builds(A.Sequential, some(steps, max_size=3), p=CHANCE),
        st.builds(lambda inner, p: A.OneOf([*inner, A.NoOp(p=1)], p=p), some(steps, min_size=1, max_size=3), CHANCE),
        st.builds(A.SomeOf, some(steps, min_size=2, max_size=3), n=st.just(1), replace=st.booleans()),
        st.builds(A.RandomOrder, some(steps, min_size=2, max_size=2), n=st.just(2)),
        st.builds(A.OneOrOther, steps, steps, p=CHANCE),
    ),
    max_leaves=6,
)
ANY = settings(suppress_health_check=list(HealthCheck))


def holds_for(steps, film, channels):
    report = check(A.Compose(steps), film, frame=Frame(200, 300, channels=channels), measured=False)
    report.to_sarif()
    report.to_json()
    assert str(report)
    for finding in report.findings:
        assert finding.reason
        assert finding.limit
        assert finding.found


@settings(ANY, max_examples=100)
@given(some(TREES, max_size=4), st.sampled_from([1, 3]))
def test_no_pipeline_makes_the_check_raise(film, steps, channels):
    holds_for(steps, film, channels)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.slow
@settings(ANY, max_examples=2000)
@given(some(TREES, max_size=4), st.sampled_from([1, 3]))
def test_no_pipeline_of_two_thousand_makes_the_check_raise(film, steps, channels):
    holds_for(steps, film, channels)


def test_a_factory_is_told_from_a_callable_that_spoils_its_picture(film):
    def build(dataset):
        return A.Compose([A.NoOp()])

    (finding,) = check(build, film, budget=BUDGET).findings
    assert finding.code == "DA104"
    assert "it returns Compose, not a picture: it is a factory; name one that takes no arguments" in finding.found


def test_a_callable_that_exits_is_a_finding(film):
    def leaving(image):
        raise SystemExit(3)

    (finding,) = check(leaving, film, budget=BUDGET).findings
    assert (finding.code, finding.found) == ("DA104", "SystemExit: 3")


def test_a_slow_callable_ends_about_one_call_after_the_budget_and_says_how_little_that_is(film):
    def slow(image):
        time.sleep(1)
        return np.clip(image * np.float32(0.98), 0, 255).astype(image.dtype)

    began = time.perf_counter()
    report = check(slow, film, budget=1.5)
    assert time.perf_counter() - began < 8
    assert report.draws == 2
    assert ("DA105", "warning") in [(x.code, x.severity) for x in report.findings]


def test_draws_that_are_asked_for_are_made_whatever_the_budget(film):
    reports = [check(rare_mirror, film, budget=0.01, draws=40, seed=4) for _ in range(2)]
    assert [report.draws for report in reports] == [40, 40]
    assert reports[0].findings == reports[1].findings
    assert not [x for x in reports[0].findings if x.code == "DA105"]


def test_a_step_that_depends_on_the_picture_takes_no_more_than_sixty_draws(film):
    report = check(A.Compose([A.CLAHE(p=0.5), A.Rotate(limit=5)]), film, budget=60)
    assert 0 < report.draws <= 60


def test_a_stock_step_that_refuses_gray_pictures_cannot_run(film):
    report = check(A.Compose([A.RandomFog()]), film, draws=3)
    (finding,) = [x for x in report.findings if x.code.startswith("DA1") and x.severity == "error"]
    assert finding.code == "DA112"
    assert finding.found.startswith("cannot run on 1-channel images: ValueError: ")


def test_counts_of_a_step_are_of_the_times_it_runs(film):
    mirror = A.Lambda(image=lambda image, **_: image[:, ::-1].copy(), p=0.5)
    found = [x.found for x in check(A.Compose([mirror]), film, draws=30).findings]
    assert "mirror_horizontal happens in 50 % of outputs (when it runs: 30 of 30 draws)" in found
