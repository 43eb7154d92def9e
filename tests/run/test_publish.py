"""How finished copies become visible: flushed first, labels before images, and nowhere but in the output."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from domainaug.errors import OutputError
from domainaug.run.job import TEMPORARY, sealed
from domainaug.run.publish import publish


def copy(out: Path, number: int, *names: str):
    """A private folder with these files, as a worker leaves it."""
    folder = out / f"{TEMPORARY}{number}"
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{number} {name}")
    return folder, tuple(sealed(folder, Path(name)) for name in names)


def visible(out: Path) -> dict[str, str]:
    return {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*") if path.is_file()}


@pytest.fixture
def calls(monkeypatch):
    """What is flushed and what is renamed, in order, by its path."""
    told: list[tuple[str, str]] = []
    real_sync, real_move = os.fsync, os.replace

    def sync(descriptor):
        told.append(("flush", str(Path(f"/proc/self/fd/{descriptor}").readlink())))
        real_sync(descriptor)

    def move(origin, target):
        told.append(("move", str(target)))
        real_move(origin, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", move)
    return told


def test_many_copies_appear_each_in_its_place_and_their_private_folders_are_gone(tmp_path):
    copies = [
        copy(tmp_path, 0, "images/a/1.png", "masks/a/1.png"),
        copy(tmp_path, 1, "images/a/2.png", "masks/a/2.png"),
        copy(tmp_path, 2, "images/b/3.png"),
        copy(tmp_path, 3, "4.png", "4_mask.png"),
    ]
    publish(copies, tmp_path)
    assert visible(tmp_path) == {
        "images/a/1.png": "0 images/a/1.png",
        "masks/a/1.png": "0 masks/a/1.png",
        "images/a/2.png": "1 images/a/2.png",
        "masks/a/2.png": "1 masks/a/2.png",
        "images/b/3.png": "2 images/b/3.png",
        "4.png": "3 4.png",
        "4_mask.png": "3 4_mask.png",
    }
    assert not list(tmp_path.glob(f"{TEMPORARY}*"))


@pytest.mark.parametrize("order", [1, -1])
def test_copies_that_share_a_new_folder_with_one_that_brings_it_whole_lose_nothing(tmp_path, order):
    """The first that has a folder to itself brings it; those after it, with labels elsewhere or not, add to it."""
    copies = [
        copy(tmp_path, 0, "good/1.png", "good/1_mask.png"),
        copy(tmp_path, 1, "good/2.png", "good/2_mask.png"),
        copy(tmp_path, 2, "good/deep/3.png"),
        copy(tmp_path, 3, "good/4.png", "masks/4.png"),
    ][::order]
    publish(copies, tmp_path)
    assert len(visible(tmp_path)) == 7
    assert not list(tmp_path.glob(f"{TEMPORARY}*"))


def test_a_copy_with_a_folder_of_its_own_appears_in_one_step(tmp_path, calls):
    publish([copy(tmp_path, 0, "series/1/a.dcm", "series/1/b.dcm")], tmp_path)
    assert [name for what, name in calls if what == "move"] == [f"{tmp_path}/series"]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="asks /proc for the names of open files")
def test_files_are_flushed_before_they_are_shown_labels_before_images_and_folders_after_each(tmp_path, calls):
    (tmp_path / "masks").mkdir()
    copies = [copy(tmp_path, number, f"{number}.png", f"masks/{number}.png") for number in range(3)]
    publish(copies, tmp_path)
    kinds = [what for what, _ in calls]
    assert kinds == ["flush"] * 6 + ["move"] * 3 + ["flush"] * 2 + ["move"] * 3 + ["flush"]
    names = [name for _, name in calls]
    private = {f"{tmp_path}/{TEMPORARY}{n}/{name}" for n in range(3) for name in (f"{n}.png", f"masks/{n}.png")}
    assert set(names[:6]) == private
    assert names[6:9] == [f"{tmp_path}/masks/{n}.png" for n in range(3)]
    assert set(names[9:11]) == {str(tmp_path), f"{tmp_path}/masks"}
    assert names[11:14] == [f"{tmp_path}/{n}.png" for n in range(3)]
    assert names[14] == str(tmp_path)


def test_a_link_that_leads_out_of_the_output_is_refused_before_anything_moves(tmp_path):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (out / "good").symlink_to(elsewhere)
    with pytest.raises(OutputError, match="outside"):
        publish([copy(out, 0, "1.png"), copy(out, 1, "good/2.png")], out)
    assert not list(elsewhere.iterdir())
    assert visible(out) == {}


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(tmp_path):
    out, victim = tmp_path / "out", tmp_path / "victim"
    out.mkdir()
    victim.write_text("mine")
    (out / "1.png").symlink_to(victim)
    publish([copy(out, 0, "1.png")], out)
    assert victim.read_text() == "mine"
    assert not (out / "1.png").is_symlink()


def test_a_copy_without_files_only_loses_its_folder(tmp_path):
    (tmp_path / f"{TEMPORARY}0").mkdir()
    publish([copy(tmp_path, 0)], tmp_path)
    assert not list(tmp_path.iterdir())
