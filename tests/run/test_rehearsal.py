"""Before its first item a process has done all once, and no draw is other for it."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import numpy as np
import pytest
from small_sets import make_source

from domainaug._albumentations import A
from domainaug.kernels.engine import engine
from domainaug.pipeline import Pipeline
from domainaug.profile import load_profile
from domainaug.run import augment
from domainaug.run.rehearsal import rehearse


@pytest.fixture
def pipeline(profile):
    return load_profile(profile).compose(seed=5)


def test_the_draws_of_items_are_as_they_would_have_been(pipeline, profile):
    picture = np.random.default_rng(0).integers(0, 255, (40, 50), dtype=np.uint8)
    rehearse(pipeline)
    rehearsed = [pipeline(image=picture, key="a", copy=copy)["image"] for copy in range(4)]
    fresh = load_profile(profile).compose(seed=5)
    for copy, image in enumerate(rehearsed):
        np.testing.assert_array_equal(fresh(image=picture, key="a", copy=copy)["image"], image)


def test_a_recipe_that_cannot_take_small_pictures_is_not_refused_for_that():
    rehearse(Pipeline([A.RandomCrop(500, 500, p=1)], seed=0))


def test_pictures_are_as_the_profile_has_them(profile):
    seen = []

    class Watching(A.ImageOnlyTransform):
        def apply(self, img, **params):
            seen.append(img.shape)
            return img

    gray = load_profile(profile)
    rehearse(Pipeline([Watching(p=1)], seed=0, profile=gray))
    rehearse(Pipeline([Watching(p=1)], seed=0))
    assert set(seen[:3]) == {(64, 64)}
    assert set(seen[3:]) == {(64, 64, 3)}


WHAT_IS_LOADED = textwrap.dedent("""
    import sys
    import domainaug.run.preloaded
    before = set(sys.modules)
    from pathlib import Path
    from domainaug.profile import load_profile
    from domainaug.run.job import Job, Task
    from domainaug.layouts.image_folder import ImageFolder
    source, out, profile = sys.argv[1:]
    job = Job(load_profile(profile), ImageFolder(), 0, 1.0, Path(out), "v")
    for item in ImageFolder().scan(Path(source)).items:
        print(*[outcome for outcome in job.perform(Task(item, (0, 1))) if not hasattr(outcome, "folder")])
    late = {name.partition(".")[0] for name in set(sys.modules) - before}
    assert not late & {"numba", "scipy", "cv2", "PIL", "albumentations", "pydantic"}, late
""")


def test_workers_load_no_library_that_their_server_could_have_loaded_for_all(tmp_path, profile):
    (tmp_path / "out").mkdir()
    line = [sys.executable, "-c", WHAT_IS_LOADED, make_source(tmp_path / "in", 4), tmp_path / "out", profile]
    done = subprocess.run([str(word) for word in line], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_the_least_memory_that_may_be_given_is_enough_whatever_engine_runs(tmp_path, profile):
    """LLVM alone takes more: it is loaded before the limit is set."""
    source = make_source(tmp_path / "in", 4)
    summary = augment(source, tmp_path / "out", profile=profile, workers=2, memory_limit=64 << 20)
    assert (summary.done, summary.set_aside) == (4, ()), engine()
