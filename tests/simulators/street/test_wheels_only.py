"""Streets are rendered from wheels alone: no network, no compilers, no X, GL, LLVM or glib of the system.

A process of its own gets a view of the files in which those are empty, and a network without addresses; that takes
root or user namespaces of Linux.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street.rays import engine_there

pytestmark = pytest.mark.slow

TEXT = """\
id: bare
simulator: street
world: {layout: highway, seed: 2}
fixed: {width: 96, height: 64, quality: draft, density: 0.5}
vary: {weather: [noon, rain-night]}
sample: {method: grid}
"""
HIDDEN = (
    "libX11", "libXext", "libXrender", "libSM", "libICE", "libGL", "libEGL", "libGLX", "libGLdispatch", "libOpenGL",
    "libGLU", "libOSMesa", "libLLVM", "libglib-2.0", "libgobject-2.0", "libxcb", "libXau", "libgomp", "libvulkan",
    "libcuda",
)  # fmt: skip
COMPILERS = ("cc", "gcc", "g++", "c++", "clang", "ld", "as", "make", "cmake", "nvcc")

HIDE = 'for file in $1; do mount --bind /dev/null "$file" || exit 99; done; shift; exec "$@"'
SCRIPT = """\
import socket, sys
engine, scenario, out, *hidden = sys.argv[1:]
for path in hidden:
    with open(path, "rb") as stream:
        assert stream.read(1) == b"", f"{path} is not hidden"
try:
    socket.create_connection(("192.0.2.1", 9), timeout=2)
except OSError:
    pass
else:
    raise AssertionError("there is a network")
if engine == "numba":
    sys.modules["embreex"] = None
from domainaug.run import simulate
from domainaug_simulators.street.rays import engine_there
assert engine_there() == engine
sys.exit(simulate(scenario, out, engine="serial").exit_code)
"""


def hidden() -> list[str]:
    """Return the libraries and compilers of this machine that a bare one lacks."""
    folders = [Path(root) for root in ("/usr/lib", "/usr/lib64", "/usr/local/lib")]
    libraries = [path for folder in folders for name in HIDDEN for path in folder.glob(f"**/{name}[.-]*so*")]
    tools = [Path(found) for name in COMPILERS if (found := shutil.which(name))]
    return sorted({str(path.resolve()) for path in [*libraries, *tools] if path.resolve().is_file()})


def namespaces() -> list[str]:
    """Return the command that starts a process with a view of its own of files and network, or skip."""
    unshare = shutil.which("unshare")
    for command in ([unshare, "-m", "-n"], [unshare, "-r", "-m", "-n"]):
        bash = ["bash", "-c", HIDE, "bash", __file__, "true"]
        if unshare and subprocess.run([*command, *bash], capture_output=True, check=False).returncode == 0:  # type: ignore[list-item]
            return [str(part) for part in command]
    return pytest.skip("hiding the system's libraries takes Linux, unshare, and root or user namespaces")


def rendered(engine: str, folder: Path, bare: list[str] | None) -> dict[str, bytes]:
    """Render the scenario in a process of its own and return its files by name."""
    scenario, out = folder / "scenario.yaml", folder / f"{engine}-{'bare' if bare is not None else 'here'}"
    scenario.write_text(TEXT)
    files = hidden() if bare is not None else []
    command = [sys.executable, "-c", SCRIPT, engine, str(scenario), str(out), *files]
    if bare is not None:
        command = [*bare, "bash", "-c", HIDE, "bash", "\n".join(files), *command]
    else:
        command[2] = SCRIPT.replace('raise AssertionError("there is a network")', "pass")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr[-2000:]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.glob("variants/**/*") if path.is_file()}


def test_a_bare_machine_renders_the_same_bytes_and_without_embree_the_same_labels(tmp_path: Path) -> None:
    bare = namespaces()
    with_all = rendered(engine_there(), tmp_path, None)
    assert len([name for name in with_all if name.endswith("semantic.png")]) == 2
    found = rendered(engine_there(), tmp_path, bare)
    assert {name: hashlib.sha256(data).hexdigest() for name, data in found.items()} == {
        name: hashlib.sha256(data).hexdigest() for name, data in with_all.items()
    }
    without = rendered("numba", tmp_path, bare)
    assert without.keys() == with_all.keys()
    for name, data in with_all.items():
        if name.endswith(("semantic.png", "cityscapes.png", "instance.png", "objects.json")):
            assert without[name] == data, name
        elif name.endswith("depth.png"):
            here, there = (
                cv2.imdecode(np.frombuffer(each, np.uint8), -1).astype(int) for each in (data, without[name])
            )
            assert np.abs(here - there).max() <= 1, "centimeters"
