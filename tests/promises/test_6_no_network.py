"""Promise 6: no network, except to the address that the user gives."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

FENCE = """
import os, socket, sys
_log = os.environ["FENCE_LOG"]
def _fence(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        address = arguments[0]
    elif event in ("socket.connect", "socket.sendto"):
        if arguments[0].family == getattr(socket, "AF_UNIX", None):
            return
        address = arguments[1][0]
    else:
        return
    if event.startswith("socket.get") or not str(address).startswith("127."):
        with open(_log, "a") as stream:
            stream.write(f"{event} {address}\\n")
        raise OSError(f"no network: {event} {address}")
with open(_log + ".up", "a") as stream:
    stream.write(f"{os.getpid()}\\n")
sys.addaudithook(_fence)
"""


@pytest.fixture
def fence(tmp_path):
    """Surroundings in which every look-up and connection fails and is written down, in child processes too."""
    (tmp_path / "fence").mkdir()
    (tmp_path / "fence" / "sitecustomize.py").write_text(FENCE)
    return {"PYTHONPATH": str(tmp_path / "fence"), "FENCE_LOG": str(tmp_path / "log")}


@pytest.fixture
def log(tmp_path):
    return lambda: (tmp_path / "log").read_text().splitlines() if (tmp_path / "log").exists() else []


def python(code: str, fence) -> int:
    environment = {name: value for name, value in os.environ.items() if name != "NO_ALBUMENTATIONS_UPDATE"}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], env={**environment, **fence}, capture_output=True, timeout=120
    ).returncode


def test_the_fence_stands(fence, log):
    assert python("import socket; socket.create_connection(('192.0.2.1', 80))", fence) == 1
    assert python("import urllib.request; urllib.request.urlopen('http://example.invalid')", fence) == 1
    assert len(log()) == 2


def test_plain_albumentations_asks_a_server_and_ours_does_not(fence, log):
    assert python("import albumentations", fence) == 0
    asked = log()
    assert any("pypi.org" in line for line in asked)
    ours = "import domainaug as da; da.load_profile('general/photo').compose(seed=1)"
    assert python(f"{ours}; import albumentations", fence) == 0
    assert log() == asked


@pytest.mark.parametrize("said", ["", "0"])
def test_a_setting_that_others_left_behind_changes_nothing(fence, log, said):
    assert python("import domainaug._albumentations", {**fence, "NO_ALBUMENTATIONS_UPDATE": said}) == 0
    assert log() == []


def test_no_command_looks_anything_up(tmp_path, fence, log, photos, slices, commands):
    source, out = photos(tmp_path / "source", 4), tmp_path / "out"
    study, derived = slices(tmp_path / "study"), tmp_path / "derived"
    ended = commands(
        ("augment", source, out, "--profile", "manufacturing/metal-surface", "--workers", 2),
        ("replay", out, "--workers", 2),
        ("doctor",),
        ("explain", "medical/chest-xray", "mirror"),
        ("augment", study, derived, "--profile", "medical/ct-chest"),
        env=fence,
    )
    assert [each.code for each in ended] == [0] * 5
    assert len(list(derived.rglob("*.dcm"))) == 3
    assert len(list(out.glob("*_aug*.png"))) == 6
    # the command, the tracker of multiprocessing, and the server whose forks the workers are
    assert (tmp_path / "log.up").read_text().count("\n") >= 3, "the fence is to stand in worker processes too"
    assert log() == []


def test_no_check_looks_anything_up(tmp_path, fence, log, command):
    path = tmp_path / "mine.py"
    path.write_text("import albumentations as A\npipeline = A.Compose([A.HorizontalFlip(), A.CLAHE()])\n")
    assert command("check", f"{path}:pipeline", "--profile", "medical/chest-xray", env=fence).code == 1
    assert log() == []
