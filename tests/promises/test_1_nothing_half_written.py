"""Promise 1: no output is visible unless complete; a killed run, resumed, gives the bytes of an undisturbed one."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills process groups")

PICTURES, COPIES = 12, 3
FILES = PICTURES * COPIES + 4 * COPIES  # every third has a mask
RUN = ("--profile", "manufacturing/metal-surface", "--copies", COPIES, "--seed", 7, "--workers", 2)


def visible(out: Path) -> int:
    return len(list(out.glob("*_aug*.png")))


MOMENTS: dict[str, Callable[[Path], bool]] = {
    "the folder is there": lambda out: out.exists(),
    "the ledger is there": lambda out: (out / "ledger.sqlite").exists(),
    "a worker began to write": lambda out: any(out.glob(".tmp-*")),
    "one file is visible": lambda out: visible(out) >= 1,
    "a fourth is visible": lambda out: visible(out) >= FILES // 4,
    "half is visible": lambda out: visible(out) >= FILES // 2,
    "all but the manifest is visible": lambda out: visible(out) == FILES,
}


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("killed")


@pytest.fixture
def undisturbed(work, photos, command, tree) -> dict[str, str]:
    """The files of a run that nothing disturbed; made once."""
    if not (work / "undisturbed").exists():
        photos(work / "source", PICTURES)
        command("augment", work / "source", work / "undisturbed", *RUN, expect=0)
    found = tree(work / "undisturbed")
    assert len(found) == FILES + 1  # and the manifest
    return found


def wait_until(true: Callable[[], bool], process, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true() and process.poll() is None:
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.001)


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_with_all_its_workers_and_started_again(work, undisturbed, starting, command, tree, moment):
    out = work / moment.replace(" ", "-")
    process = starting("augment", work / "source", out, *RUN)
    wait_until(lambda: MOMENTS[moment](out), process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for name, digest in tree(out).items():
        assert undisturbed[name] == digest, f"{name} is visible and not whole"
    again = command("augment", work / "source", out, *RUN, "--json", expect=0).data
    assert again["done"] + again["skipped"] == PICTURES * COPIES
    assert tree(out) == undisturbed
    assert not list(out.rglob(".tmp-*"))


@pytest.mark.slow
def test_killed_again_and_again_it_still_ends_alike(work, undisturbed, starting, command, tree):
    out = work / "again-and-again"
    for goal in (1, FILES // 3, 2 * FILES // 3):
        process = starting("augment", work / "source", out, *RUN)
        wait_until(lambda goal=goal: visible(out) >= goal, process)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert tree(out).items() <= undisturbed.items()
    command("augment", work / "source", out, *RUN, expect=0)
    assert tree(out) == undisturbed
    assert command("replay", out, "--json", expect=0).data["identical"] == FILES


# -- at the door of the kernel ---------------------------------------------------------------------------


def may_trace() -> bool:
    return (
        shutil.which("strace") is not None
        and subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"]).returncode == 0
    )


needs_strace = pytest.mark.skipif(not may_trace(), reason="strace is not installed, or may not trace")
CALLS = "openat open creat rename renameat renameat2 link linkat symlink symlinkat truncate"
WRITES = ",".join(f"?{call}" for call in CALLS.split())  # not every processor has all of them


@needs_strace
def test_no_system_call_opens_a_visible_name_for_writing(work, undisturbed, starting, tree):
    out, log = work / "traced", work / "traced.log"
    process = starting("augment", work / "source", out, *RUN, before=("strace", "-f", "-o", log, "-e", WRITES))
    assert process.wait(timeout=120) == 0
    assert tree(out) == undisturbed
    written, moved = [], []
    for line in log.read_text(errors="replace").splitlines():
        names = [name for name in re.findall(r'"([^"]*)"', line) if name.startswith(f"{out}/")]
        if not names or "= -1" in line:
            continue
        relative = [name.removeprefix(f"{out}/") for name in names]
        if re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|creat\(|truncate\(|link", line):
            written += relative
        elif "rename" in line:
            moved.append(tuple(relative))
    ours = (".tmp-", ".lock", "ledger.sqlite")
    assert len(written) >= FILES
    assert not [name for name in written if not name.startswith(ours)]
    assert {target for _, target in moved} == {*undisturbed, "ledger.sqlite"}
    assert all(origin.startswith(".tmp-") for origin, _ in moved)


@needs_strace
@pytest.mark.parametrize("nth", [1, 9])
def test_killed_at_the_very_call_that_shows_a_file(work, undisturbed, starting, command, tree, nth):
    out = work / f"rename-{nth}"
    inject = f"inject=?rename,?renameat,?renameat2:signal=SIGKILL:when={nth}"
    process = starting("augment", work / "source", out, *RUN, before=("strace", "-f", "-o", "/dev/null", "-e", inject))
    assert process.wait(timeout=120) == -signal.SIGKILL
    assert tree(out).items() <= undisturbed.items()
    command("augment", work / "source", out, *RUN, expect=0)
    assert tree(out) == undisturbed
    assert not list(out.rglob(".tmp-*"))
