"""What must stay true of the repository itself."""

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted([*ROOT.glob("domainaug/**/*.py"), *ROOT.glob("simulators/**/*.py")])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_can_be_read_in_minutes(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 500, f"{path.name} has {lines} lines"


@pytest.mark.parametrize("name", ["utils", "util", "helpers", "helper", "misc", "common", "manager", "base"])
def test_every_module_has_a_name_that_says_something(name: str) -> None:
    assert not [path for path in SOURCES if path.stem.strip("_") == name]


def test_nothing_unpickles_evaluates_or_half_reads() -> None:
    unsafe = re.compile(
        r"\bpickle\.loads?\(|(?<!literal_)\beval\(|\bexec\(|\byaml\.load\(|\bcv2\.imread\(|allow_pickle=True"
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if unsafe.search(line)
    ]
    assert found == []


def test_no_lock_file_can_name_a_registry() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    assert not [name for name in tracked if name.endswith((".lock", "requirements.txt", "package-lock.json"))]


def _tree(name: str, seen: set[str]) -> set[str]:
    for line in requires(name) or ():
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        key = requirement.name.lower()
        if key in seen:
            continue
        try:
            distribution(key)
        except PackageNotFoundError:
            continue
        seen.add(key)
        _tree(key, seen)
    return seen


def test_the_default_dependencies_carry_no_copyleft() -> None:
    copyleft = []
    tree = _tree("domainaug", set())
    assert "numpy" in tree
    for name in tree:
        metadata = distribution(name).metadata
        words = " ".join(
            [
                metadata.get("License-Expression") or "",
                *(c for c in metadata.get_all("Classifier") or () if "License" in c),
            ]
        )
        if re.search(r"\bA?GPL|General Public License", words) and "Lesser" not in words and "LGPL" not in words:
            copyleft.append((name, words))
    assert copyleft == []


def test_importing_the_package_is_light() -> None:
    script = (
        "import sys; before = set(sys.modules); import domainaug; "
        "print(sorted({m.partition('.')[0] for m in set(sys.modules) - before}))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    for heavy in ("albumentations", "streamlit", "torch", "ray", "carla", "cv2", "pydicom", "scipy"):
        assert f"'{heavy}'" not in loaded
