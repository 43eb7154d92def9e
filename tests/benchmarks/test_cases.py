"""Every case runs on tiny inputs, with whatever is installed, and every figure of the issue has its line."""

import re
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.cases import CASES, defects
from benchmarks.cases.volume_peers import _coarse_bias, _grid_matrix
from benchmarks.cases.volume_work import work_of
from benchmarks.harness import measure
from benchmarks.machine import described, versions

MUST = {"ours", "limit"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_runs(case):
    outcome = measure(case, 1, scale="tiny")
    for timing in outcome.timings:
        if timing.contender.kind in MUST and not timing.why_not.startswith("not measured"):
            assert timing.seconds, f"{timing.contender.name}: {timing.why_not}"
            assert timing.median >= 0
        elif timing.contender.name != "albumentations" or case.name != "xray-uint16":
            assert not timing.why_not.startswith("fails"), f"{timing.contender.name}: {timing.why_not}"


def test_names_are_unique_and_can_be_typed():
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in names)


def test_every_figure_names_somebody_who_takes_part():
    for case in CASES:
        assert case.reach, case.name
        names = {each.name for each in case.contenders} | {"best peer", "best by hand"}
        for reach in case.reach:
            assert reach.within is not None or reach.other in names, (case.name, reach)
            assert not reach.ours or reach.ours in {each.name for each in case.ours}


def test_peers_do_what_we_do():
    """cv2.seamlessClone and ours put the defect at the same place; SciPy's volume is the kernel's."""
    _, changed = defects._paste_ours("membrane")("tiny")()
    cloned = defects._seamless("tiny")()
    ours, theirs = changed > 0, (cloned != defects._scene("tiny")[0]).any(axis=-1)
    assert (ours & theirs).sum() > 0.8 * ours.sum()
    work = work_of("tiny")

    matrix = _grid_matrix(work.matrix, work.volume.shape)
    corner = matrix @ (-1, -1, -1, 1)
    half = (np.array(work.volume.shape[::-1]) - 1) / 2
    np.testing.assert_allclose(corner * half + half, work.matrix[:3, 3], atol=1e-9)
    assert _coarse_bias((0.0,) * 20, 3, 4).tolist() == np.ones((4, 4, 4)).tolist()


def test_the_volume_case_gives_scipy_s_volume():

    from benchmarks.cases import volume_peers, volumes

    (ours, mask), (theirs, their_mask) = volumes._kernel(False)("tiny")(), volume_peers.scipy_affine("tiny")()
    inside = theirs[1:-1, 2:-2, 2:-2] > 0
    difference = np.abs(ours - theirs)[1:-1, 2:-2, 2:-2][inside]
    assert np.median(difference) < 0.01
    assert (mask != their_mask).mean() < 0.02


def test_the_page_names_machine_and_versions_but_no_host():
    import platform

    told = "\n".join(described())
    assert re.search(r"\d+ cores", told)
    assert re.search(r"\d{4}-\d\d-\d\d", told)
    assert not platform.node() or platform.node() not in told
    assert any(re.fullmatch(r"numpy \d+\..*", each) for each in versions())


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=200,
        check=False,
    )


@pytest.mark.slow
def test_the_command_prints_one_case_and_refuses_unknown_ones(tmp_path):
    out = tmp_path / "page.md"
    done = run("--quick", "--only", "perlin-256", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert "### perlin-256" in out.read_text(encoding="utf-8")
    refused = run("--only", "no-such-case")
    assert refused.returncode == 2
    assert "perlin-1024" in refused.stderr
