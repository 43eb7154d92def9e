"""`import domainaug` is a handful of names and costs next to nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import domainaug

HEAVY = ("numpy", "albumentations", "cv2", "scipy", "pydantic", "ruamel.yaml", "pydicom", "PIL", "typer", "rich")
NEVER = ("streamlit", "carla", "ray", "torch")


def run(code: str, *flags: str) -> subprocess.CompletedProcess[str]:
    root = Path(domainaug.__file__).parents[1]
    return subprocess.run([sys.executable, *flags, "-c", code], check=True, cwd=root, capture_output=True, text=True)


def test_importing_takes_less_than_a_seventh_of_a_second():
    def total() -> float:
        last = run("import domainaug", "-X", "importtime").stderr.strip().splitlines()[-1]
        assert last.split("|")[-1].strip() == "domainaug"
        return int(last.split("|")[1]) / 1e6

    assert min(total() for _ in range(3)) < 0.15


def test_importing_brings_nothing_heavy():
    loaded = run("import sys, domainaug; print(*sys.modules)").stdout.split()
    assert not set(HEAVY + NEVER) & set(loaded)
    assert sum(name.startswith("domainaug") for name in loaded) <= 2


@pytest.mark.parametrize("name", domainaug.__all__)
def test_every_name_of_the_public_face_is_there(name):
    assert getattr(domainaug, name) is not None
    assert name in dir(domainaug)


def test_names_are_what_they_say():
    from domainaug.profile.model import Profile

    assert domainaug.Profile is Profile
    assert domainaug.effects.effect("rotation").unit == "deg"
    assert "medical/chest-xray" in domainaug.list_profiles()


def test_check_stays_a_package():
    code = (
        "import domainaug\n"
        "assert 'check' not in domainaug.__all__\n"
        "import domainaug.check, types\n"
        "domainaug.load_profile('medical/chest-xray')\n"
        "assert isinstance(domainaug.check, types.ModuleType)\n"
    )
    run(code)


def test_an_unknown_name_says_what_there_is():
    with pytest.raises(AttributeError, match=r"no attribute 'load_profil'.*load_profile"):
        _ = domainaug.load_profil


def test_nothing_the_core_must_not_import_is_imported():
    code = "import sys, domainaug\nfor n in domainaug.__all__: getattr(domainaug, n)\nprint(*sys.modules)"
    assert not set(NEVER) & set(run(code).stdout.split())


@pytest.mark.parametrize("package", ["domainaug", "domainaug.run"])
def test_functions_stay_functions_whatever_is_imported_first(package):
    code = (
        "import pkgutil, importlib, domainaug.run\n"
        "for module in pkgutil.iter_modules(domainaug.run.__path__, 'domainaug.run.'):\n"
        "    importlib.import_module(module.name)\n"
        f"import {package} as home\n"
        "assert callable(home.augment) and callable(home.replay)\n"
    )
    run(code)
