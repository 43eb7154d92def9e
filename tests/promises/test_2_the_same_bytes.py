"""Promise 2: same input, profile, seed and versions: same bytes, whatever the workers; `replay` proves it."""

from __future__ import annotations

import locale
import os
import sys

import pytest
from PIL import Image

RUN = ("--profile", "manufacturing/metal-surface", "--copies", 2, "--seed", 11)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("same")


@pytest.fixture
def first(home, photos, command, tree):
    """The files of one run by one worker; made once."""
    if not (home / "out").exists():
        photos(home / "source")
        command("augment", home / "source", home / "out", *RUN, "--workers", 1, expect=0)
    return tree(home / "out")


def other_locale() -> str:
    before = locale.setlocale(locale.LC_ALL)
    for name in ("de_DE.UTF-8", "tr_TR.UTF-8", "C"):
        try:
            locale.setlocale(locale.LC_ALL, name)
        except locale.Error:
            continue
        finally:
            locale.setlocale(locale.LC_ALL, before)
        return name
    return "C"


SURROUNDINGS = {
    "two workers, hash seed 1, Kiritimati": (2, {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati"}),
    "four workers, hash seed 4242, another language": (
        4, {"PYTHONHASHSEED": "4242", "LANG": other_locale(), "LC_ALL": other_locale(), "OMP_NUM_THREADS": "3"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("around", SURROUNDINGS)
def test_the_bytes_do_not_depend_on_what_is_around(home, first, command, tree, around):
    workers, environment = SURROUNDINGS[around]
    out = home / f"out-{workers}"
    command("augment", home / "source", out, *RUN, "--workers", workers, env=environment, expect=0)
    assert tree(out) == first


@pytest.mark.skipif(sys.platform == "win32", reason="there is no umask")
def test_the_bytes_do_not_depend_on_the_folder_one_stands_in_nor_on_the_umask(home, first, command, tree):
    command("augment", "source", "relative", *RUN, cwd=home, umask=0o077, expect=0)
    assert tree(home / "relative") == first


def test_the_bytes_do_not_depend_on_the_order_in_which_files_were_made(tmp_path, first, photos, command, tree):
    photos(tmp_path / "source", order=-1)
    forward, backward = ([entry.name for entry in os.scandir(tmp_path / "source")] for _ in range(2))
    assert forward == backward  # the order of a folder is its own
    command("augment", tmp_path / "source", tmp_path / "out", *RUN, expect=0)
    assert tree(tmp_path / "out") == first


def test_replay_proves_every_byte_and_touches_none(home, first, command, tree):
    proof = command("replay", home / "out", "--workers", 2, "--json", expect=0).data
    assert (proof["ok"], proof["identical"], proof["differences"]) == (True, len(first) - 1, [])
    assert tree(home / "out") == first


def test_replay_names_exactly_what_differs(tmp_path, photos, command, tree):
    source, out = photos(tmp_path / "source", 6), tmp_path / "out"
    command("augment", source, out, *RUN, expect=0)
    altered = out / "part 3_aug001.png"
    data = bytearray(altered.read_bytes())
    data[len(data) // 2] ^= 1
    altered.write_bytes(data)
    (out / "part 0_aug000_mask.png").unlink()
    pixels = Image.open(source / "part 5.png").convert("L").point(lambda value: 255 - value)
    pixels.save(source / "part 5.png")
    before = tree(out)
    found = command("replay", out, "--json", expect=1)
    assert {(each["kind"], each["name"]) for each in found.data["differences"]} == {
        ("altered", "part 3_aug001.png"),
        ("missing", "part 0_aug000_mask.png"),
        ("input changed", "part 5.png"),
    }
    assert found.data["checked"] - found.data["identical"] == 4  # both copies of part 5
    assert "part 3_aug001.png" in found.err
    assert tree(out) == before


def test_a_dicom_series_made_again_elsewhere_is_the_same_series(tmp_path, slices, command, tree):
    for place, workers in (("a", 1), ("b", 2)):
        source, out = slices(tmp_path / place / "source"), tmp_path / place / "out"
        command("augment", source, out, "--profile", "medical/ct-chest", "--copies", 2, "--workers", workers, expect=0)
    assert tree(tmp_path / "a" / "out") == tree(tmp_path / "b" / "out")
    assert command("replay", tmp_path / "b" / "out", "--json", expect=0).data["identical"] == 6
