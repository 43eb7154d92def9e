"""What `augment` promises: whole files, the same bytes whatever happens, one bad file never stops a batch."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from filelock import FileLock, Timeout
from hostile import Hostile
from small_sets import digests, make_source, picture, save

from domainaug.errors import DomainAugError, OutputError, UnknownName, UnreadableInput
from domainaug.layouts.image_folder import ImageFolder
from domainaug.run import Progress, augment, replay
from domainaug.run.augmenting import held_lock
from domainaug.run.ledger import LEDGER, MANIFEST, Ledger
from domainaug.run.plan import LOCK


def run(source, out, recipe, **more):
    return augment(source, out, **{"profile": recipe, "copies": 2, "seed": 7, "engine": "serial", **more})


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, profile):
    """The bytes of one run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    source = make_source(folder / "source")
    summary = run(source, folder / "out", profile)
    assert summary.done == 12
    assert summary.exit_code == 0
    return digests(folder / "out")


# -- the output ------------------------------------------------------------------------------------------


def test_every_image_has_its_copies_with_masks_in_the_class_folders_it_came_from(source, tmp_path, profile):
    run(source, tmp_path / "out", profile)
    names = set(digests(tmp_path / "out"))
    assert "good/part 1_aug000.png" in names
    assert "scratch/part 0_aug001.png" in names
    assert "scratch/part 0_aug001_mask.png" in names
    assert len([name for name in names if name.endswith("_mask.png")]) == 6
    assert not list((tmp_path / "out").glob(".*"))


def test_the_output_is_itself_an_image_folder_with_the_same_pairs(source, tmp_path, profile):
    run(source, tmp_path / "out", profile)
    again = ImageFolder().scan(tmp_path / "out")
    assert len(again.items) == 12
    assert not again.set_aside
    assert sum(len(item.files) == 2 for item in again.items) == 6


def test_mask_and_picture_move_together(tmp_path, profile):
    square = np.zeros((64, 64), np.uint8)
    square[20:40, 24:44] = 255
    save(tmp_path / "in" / "a.png", square)
    save(tmp_path / "in" / "a_mask.png", square // 255)
    run(tmp_path / "in", tmp_path / "out", profile, copies=6)
    moved = 0
    for path in sorted((tmp_path / "out").glob("*_aug0??.png")):
        image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED).astype(float)
        mask = cv2.imdecode(np.fromfile(path.with_name(f"{path.stem}_mask.png"), np.uint8), cv2.IMREAD_UNCHANGED)
        bright = image > (image.min() + image.max()) / 2
        overlap = (bright & (mask > 0)).sum() / (bright | (mask > 0)).sum()
        assert overlap > 0.9
        moved += not np.array_equal(mask * 255, square)
    assert moved >= 4


def test_the_manifest_tells_how_each_file_was_made_and_no_absolute_path(source, tmp_path, profile):
    run(source, tmp_path / "out", profile)
    lines = [json.loads(line) for line in (tmp_path / "out" / MANIFEST).read_text(encoding="utf-8").splitlines()]
    assert lines[0]["run"]["profile"] == "test/surface"
    assert lines[0]["run"]["seed"] == 7
    assert "albumentations" in lines[0]["run"]["versions"]
    assert [line["key"] for line in lines[1:]] == sorted(line["key"] for line in lines[1:])
    assert all({"effects", "moved", "steps"} <= line["record"].keys() for line in lines[1:])
    assert any("rotation" in line["record"]["effects"] for line in lines[1:])
    with Ledger(tmp_path / "out" / LEDGER) as ledger:
        assert len(list(ledger.rows())) == 12
        assert ledger.header["source"] == "../source"
    for name in (MANIFEST, LEDGER):
        assert str(tmp_path).encode() not in (tmp_path / "out" / name).read_bytes()


@pytest.mark.parametrize("engine", ["serial", "local"])
def test_progress_is_told_of_every_copy_in_the_thread_of_the_caller_and_only_of_copies_in_place(
    source, tmp_path, profile, engine
):
    (source / "cut.jpg").write_bytes((source / "good" / "part 1.jpg").read_bytes()[:300])
    seen = []

    def tell(progress):
        there = len(list((tmp_path / "out").glob("*/*_aug00?.png")))
        seen.append((progress, there, threading.current_thread()))

    run(source, tmp_path / "out", profile, engine=engine, workers=2, progress=tell)
    assert (seen[0][0].done, seen[-1][0].done, len(seen)) == (0, 14, 1 + 12 + 1)
    assert all(there >= progress.done - 2 * progress.set_aside for progress, there, _ in seen)
    assert {thread for _, _, thread in seen} == {threading.current_thread()}


def test_a_jpeg_gives_jpegs_where_a_quality_is_asked_for(source, tmp_path, profile):
    run(source, tmp_path / "out", profile, jpeg_quality=90)
    names = set(digests(tmp_path / "out"))
    assert {"good/part 1_aug000.jpg", "scratch/part 0_aug001.jpg", "scratch/part 0_aug001_mask.png"} <= names
    again = ImageFolder().scan(tmp_path / "out")
    assert (len(again.items), again.set_aside) == (12, ())
    assert run(source, tmp_path / "out", profile, jpeg_quality=90).skipped == 12


# -- the same bytes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_bytes_do_not_depend_on_workers(source, tmp_path, profile, undisturbed, workers):
    summary = run(source, tmp_path / "out", profile, engine="local", workers=workers)
    assert (summary.done, summary.exit_code) == (12, 0)
    assert digests(tmp_path / "out") == undisturbed


def test_the_bytes_do_not_depend_on_the_order_of_items(source, tmp_path, profile, undisturbed):
    class Shuffled(ImageFolder):
        def scan(self, source):
            found = super().scan(source)
            return type(found)(found.items[::-1], found.set_aside)

    run(source, tmp_path / "out", profile, layout=Shuffled())
    assert digests(tmp_path / "out") == undisturbed


def test_another_seed_gives_other_bytes(source, tmp_path, profile, undisturbed):
    run(source, tmp_path / "out", profile, seed=8)
    assert digests(tmp_path / "out", manifest=False) != {k: v for k, v in undisturbed.items() if k != MANIFEST}


def test_a_second_start_skips_everything(source, tmp_path, profile, undisturbed):
    run(source, tmp_path / "out", profile)
    again = run(source, tmp_path / "out", profile)
    assert (again.done, again.skipped) == (0, 12)
    assert digests(tmp_path / "out") == undisturbed


def test_more_copies_add_to_what_is_there(source, tmp_path, profile, undisturbed):
    run(source, tmp_path / "out", profile, copies=1)
    more = run(source, tmp_path / "out", profile, copies=2)
    assert (more.done, more.skipped) == (6, 6)
    assert digests(tmp_path / "out", manifest=False) == {k: v for k, v in undisturbed.items() if k != MANIFEST}


def test_a_new_input_is_added_and_a_changed_one_made_again(source, tmp_path, profile):
    run(source, tmp_path / "out", profile)
    save(source / "good" / "part 1.jpg", picture(99))
    save(source / "good" / "part 7.jpg", picture(7))
    summary = run(source, tmp_path / "out", profile)
    assert (summary.done, summary.repaired, summary.skipped) == (4, 2, 10)
    run(source, tmp_path / "fresh", profile)
    assert digests(tmp_path / "out") == digests(tmp_path / "fresh")


@pytest.mark.parametrize("damage", ["delete", "alter"])
def test_a_deleted_or_altered_output_is_made_again(source, tmp_path, profile, undisturbed, damage):
    run(source, tmp_path / "out", profile)
    victim = tmp_path / "out" / "scratch" / "part 2_aug001_mask.png"
    if damage == "delete":
        victim.unlink()
    else:
        data = bytearray(victim.read_bytes())
        data[-20] ^= 1
        victim.write_bytes(data)
    summary = run(source, tmp_path / "out", profile)
    assert (summary.done, summary.repaired) == (1, 1)
    assert digests(tmp_path / "out") == undisturbed


@pytest.fixture(scope="module")
def three(tmp_path_factory, profile):
    """Three images, and the bytes of one undisturbed run over them."""
    folder = tmp_path_factory.mktemp("three")
    source = make_source(folder / "source", 3)
    run(source, folder / "out", profile)
    return source, digests(folder / "out")


def test_copies_of_an_input_that_cannot_be_read_any_more_are_taken_back(source, tmp_path, profile):
    run(source, tmp_path / "out", profile)
    (source / "good" / "part 1.jpg").write_bytes(b"gone bad")
    (source / "good" / "part 3.txt").write_text("a label that came later")
    summary = run(source, tmp_path / "out", profile)
    assert {aside.key: aside.code for aside in summary.set_aside} == {
        "good/part 1.jpg": "not-an-image",
        "good/part 3.jpg": "unknown-label",
    }
    run(source, tmp_path / "fresh", profile)
    assert digests(tmp_path / "out") == digests(tmp_path / "fresh")


def test_paths_may_be_relative(source, tmp_path, profile, monkeypatch, undisturbed):
    monkeypatch.chdir(tmp_path)
    run("source", "deep/er/out", profile, engine="local", workers=1)
    assert digests(tmp_path / "deep" / "er" / "out") == undisturbed
    monkeypatch.chdir("deep")
    assert replay("er/out", workers=1).ok


# -- crashes ---------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked copy of this process")
@pytest.mark.parametrize("call", ["replace", "fsync", "mkdir"])
def test_killed_at_any_call_nothing_half_is_visible_and_the_next_start_ends_alike(three, tmp_path, profile, call):
    source, undisturbed = three
    for nth in range(1, 200):
        out = tmp_path / f"out{nth}"
        if _dies_at(call, nth, lambda out=out: run(source, out, profile)) == 0:
            break
        for name, digest in digests(out).items() if out.exists() else ():
            if name.startswith(".tmp-"):  # hidden, and swept away by the next start
                continue
            assert undisturbed[name] == digest, f"{name} is visible and not whole, killed at {call} {nth}"
        run(source, out, profile)
        assert digests(out) == undisturbed
        assert not list(out.glob(".tmp-*"))
    assert nth > 9, f"{call} was called {nth - 1} times only"


def _dies_at(call: str, nth: int, work) -> int:
    """Run `work` in a fork that is killed before the nth call of a function of os."""
    pid = os.fork()
    if pid == 0:
        real, calls = getattr(os, call), 0

        def counted(*args, **kwargs):
            nonlocal calls
            calls += 1
            if calls == nth:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)

        setattr(os, call, counted)
        try:
            work()
        except BaseException:
            os._exit(3)
        os._exit(0)
    return os.waitpid(pid, 0)[1]


@pytest.mark.slow
@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_full_disk_at_any_call_stops_with_one_sentence_and_goes_on_later(three, tmp_path, profile, monkeypatch, call):
    source, undisturbed = three
    real, total = getattr(os, call), 200
    for nth in range(1, 200):
        out, calls = tmp_path / f"out{nth}", 0

        def counted(*args, **kwargs):
            nonlocal calls
            calls += 1
            if calls == nth:  # noqa: B023
                raise OSError(28, "No space left on device")
            return real(*args, **kwargs)

        monkeypatch.setattr(os, call, counted)
        try:
            run(source, out, profile)
            total = nth - 1
        except OutputError as error:
            sentence = str(error)
            assert "No space left" in sentence
        monkeypatch.setattr(os, call, real)
        if total < 200:
            break
        assert run(source, out, profile).exit_code == 0
        assert digests(out) == undisturbed
    assert 8 < total < 200


SCRIPT = textwrap.dedent("""
    import sys
    from domainaug.run import augment
    summary = augment(sys.argv[1], sys.argv[2], profile=sys.argv[3], copies=2, seed=7, workers=2)
    sys.exit(summary.exit_code)
""")


def start(source, out, profile):
    return subprocess.Popen([sys.executable, "-c", SCRIPT, source, out, profile], stderr=subprocess.DEVNULL)


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def test_a_killed_parent_leaves_nobody_writing_and_is_resumed(tmp_path, profile):
    source = make_source(tmp_path / "source", 40)
    out = tmp_path / "out"
    process = start(source, out, profile)
    wait_for(lambda: len(list(out.glob("*/*_aug*.png"))) >= 5)
    process.kill()
    process.wait()
    time.sleep(0.5)
    before = digests(out)
    time.sleep(0.5)
    assert digests(out) == before, "an orphan went on writing"
    assert 5 <= len(before) < 120
    run(source, out, profile)
    run(source, tmp_path / "fresh", profile)
    assert digests(out) == digests(tmp_path / "fresh")
    assert not list((out).glob(".tmp-*"))


def test_ctrl_c_once_finishes_what_is_at_hand_saves_and_says_130(tmp_path, profile):
    source = make_source(tmp_path / "source", 60)
    out = tmp_path / "out"
    process = start(source, out, profile)
    wait_for(lambda: len(list(out.glob("*/*_aug*.png"))) >= 5)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130
    with Ledger(out / LEDGER) as ledger:
        written = {file.path for row in ledger.rows() for file in row.files}
    visible = {path.relative_to(out).as_posix() for path in out.rglob("*_aug*.png")}
    assert written == visible
    assert (out / MANIFEST).is_file()
    summary = run(source, out, profile)
    assert summary.skipped > 0
    assert summary.skipped + summary.done == 120


def test_a_second_ctrl_c_stops_at_once(tmp_path, profile):
    make_source(tmp_path / "source", 4)
    timers = [threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)) for seconds in (4, 4.5)]
    for timer in timers:
        timer.start()
    began = time.monotonic()
    layout = Hostile(deed="hang", bad="part")
    summary = run(tmp_path / "source", tmp_path / "out", profile, engine="local", workers=2, layout=layout)
    for timer in timers:
        timer.join()
    assert summary.exit_code == 130
    assert time.monotonic() - began < 20


# -- bad inputs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deed", "code", "limits"),
    [
        ("kill", "decoder-crash", {}),
        ("segfault", "decoder-crash", {}),
        ("eat", "memory", {"memory_limit": 1 << 30}),
        ("hang", "timeout", {"timeout": 1.5}),
        ("stumble", "failed", {}),
    ],
)
def test_what_kills_starves_or_stops_a_worker_costs_one_item(source, tmp_path, profile, deed, code, limits):
    summary = run(source, tmp_path / "out", profile, engine="local", workers=2, layout=Hostile(deed=deed), **limits)
    assert [(aside.key, aside.code) for aside in summary.set_aside] == [("scratch/part 2.jpg", code)]
    assert (summary.done, summary.exit_code) == (10, 1)
    assert "SECRET" not in summary.set_aside[0].reason
    healed = run(source, tmp_path / "out", profile)
    assert (healed.done, healed.skipped, healed.exit_code) == (2, 10, 0)


def test_a_crash_in_the_second_copy_costs_that_copy(source, tmp_path, profile, undisturbed):
    layout = Hostile(deed="kill-second-copy")
    summary = run(source, tmp_path / "out", profile, engine="local", workers=2, copies=3, layout=layout)
    assert [(aside.key, aside.copy) for aside in summary.set_aside] == [("scratch/part 2.jpg", 1)]
    assert summary.done == 17


def test_a_worker_killed_once_loses_nothing(source, tmp_path, profile, undisturbed):
    layout = Hostile(deed="kill", once=str(tmp_path / "done"))
    assert run(source, tmp_path / "out", profile, engine="local", workers=2, layout=layout).exit_code == 0
    assert digests(tmp_path / "out") == undisturbed


def test_unreadable_files_are_set_aside_with_their_reasons_and_the_rest_goes_on(source, tmp_path, profile):
    whole = (source / "good" / "part 1.jpg").read_bytes()
    (source / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (source / "garbage.png").write_bytes(b"nothing of the kind")
    (source / "empty.bmp").write_bytes(b"")
    (source / "gone.png").symlink_to(tmp_path / "nowhere.png")
    os.mkfifo(source / "pipe.png")
    summary = run(source, tmp_path / "out", profile, engine="local", workers=1)
    codes = {aside.key: aside.code for aside in summary.set_aside}
    assert codes == {
        "cut.jpg": "truncated",
        "garbage.png": "not-an-image",
        "empty.bmp": "empty",
        "gone.png": "missing",
        "pipe.png": "not-a-file",
    }
    assert (summary.done, summary.exit_code) == (12, 1)
    assert all(str(tmp_path) not in aside.reason for aside in summary.set_aside)


def test_a_link_in_the_output_is_not_followed_out(source, tmp_path, profile):
    (tmp_path / "elsewhere").mkdir()
    run(source, tmp_path / "out", profile, copies=1)
    for path in sorted((tmp_path / "out" / "good").iterdir()):
        path.unlink()
    (tmp_path / "out" / "good").rmdir()
    (tmp_path / "out" / "good").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="outside"):
        run(source, tmp_path / "out", profile, copies=1)
    assert not list((tmp_path / "elsewhere").iterdir())


# -- folders and arguments -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": 8}, "seed was 7, is 8"),
        ({"strength": 0.5}, "strength was 1.0, is 0.5"),
        ({"copies": 1}, "copies were 2"),
        ({"jpeg_quality": 90}, "JPEG quality was null, is 90"),
    ],
)
def test_the_folder_of_another_run_is_refused_with_what_differs(source, tmp_path, profile, change, words):
    run(source, tmp_path / "out", profile)
    before = digests(tmp_path / "out")
    with pytest.raises(OutputError, match=words):
        run(source, tmp_path / "out", profile, **change)
    assert digests(tmp_path / "out") == before


def test_another_profile_or_source_is_refused(source, tmp_path, profile):
    run(source, tmp_path / "out", profile)
    other = tmp_path / "other.yaml"
    other.write_text(profile.read_text().replace("version: 1.0.0", "version: 1.0.1"))
    with pytest.raises(OutputError, match="profile version was"):
        run(source, tmp_path / "out", other)
    with pytest.raises(OutputError, match="source was"):
        run(make_source(tmp_path / "second"), tmp_path / "out", profile)


def test_a_source_that_lost_items_is_refused(source, tmp_path, profile):
    run(source, tmp_path / "out", profile)
    (source / "good" / "part 1.jpg").unlink()
    with pytest.raises(OutputError, match="gone from the source"):
        run(source, tmp_path / "out", profile)


def test_a_folder_with_other_things_or_inside_the_source_is_refused(source, tmp_path, profile):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    for out, words in ((tmp_path / "mine", "thesis.txt"), (source / "out", "inside the source"), (tmp_path, "holds")):
        with pytest.raises(OutputError, match=words):
            run(source, out, profile)
    assert not (source / "out").exists()


def test_options_that_differ_are_named_and_digests_that_follow_from_them_are_not(source, tmp_path):
    run(source, tmp_path / "out", "driving/front-camera", copies=1)
    with pytest.raises(OutputError, match="options was") as caught:
        run(source, tmp_path / "out", "driving/front-camera", copies=1, options={"calibrated_labels": True})
    assert re.findall("[0-9a-f]{12,}", str(caught.value)) == []


def test_a_profile_that_was_edited_is_told_by_twelve_digits_of_its_digest(source, tmp_path, profile):
    mine = tmp_path / "mine.yaml"
    mine.write_text(profile.read_text())
    run(source, tmp_path / "out", mine)
    mine.write_text(profile.read_text().replace("[-10, 10]", "[-9, 9]"))
    with pytest.raises(OutputError, match=r"content of the profile was [0-9a-f]{12}, is [0-9a-f]{12};"):
        run(source, tmp_path / "out", mine)


def test_the_lock_is_gone_afterwards_and_keeps_others_out_until_then(tmp_path):
    path, inside, seen, entries = tmp_path / LOCK, [], [], []

    def enter():
        while len(entries) < 300:
            try:
                with held_lock(path):
                    inside.append(1)
                    entries.append(1)
                    seen.append(len(inside))
                    time.sleep(0.0003)
                    inside.pop()
            except Timeout:
                continue

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) == {1}
    assert not path.exists()


def test_two_runs_do_not_share_a_folder(source, tmp_path, profile):
    (tmp_path / "out").mkdir()
    with FileLock(tmp_path / "out" / ".lock"), pytest.raises(OutputError, match="another run is writing"):
        run(source, tmp_path / "out", profile)


@pytest.mark.parametrize("damage", [b"", b"SQLite format 3\0 and then nothing", b"\0" * 4096])
def test_a_damaged_ledger_is_refused(source, tmp_path, profile, damage):
    run(source, tmp_path / "out", profile)
    (tmp_path / "out" / LEDGER).write_bytes(damage)
    with pytest.raises(OutputError, match="ledger"):
        run(source, tmp_path / "out", profile)


def test_a_cut_or_overwritten_ledger_is_refused_or_mended_never_mixed(source, tmp_path, profile, undisturbed):
    run(source, tmp_path / "out", profile)
    whole = (tmp_path / "out" / LEDGER).read_bytes()
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        for data in (whole[: int(len(whole) * share)], whole[: int(len(whole) * share)].ljust(len(whole), b"\xff")):
            (tmp_path / "out" / LEDGER).write_bytes(data)
            with pytest.raises(OutputError):
                run(source, tmp_path / "out", profile)
            assert digests(tmp_path / "out") == undisturbed


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"copies": 0}, DomainAugError),
        ({"seed": -1}, DomainAugError),
        ({"strength": 1.5}, DomainAugError),
        ({"engine": "ray"}, DomainAugError),
        ({"engine": "locla"}, UnknownName),
        ({"profile": "medical/chest-xry"}, UnknownName),
    ],
)
def test_misuse_is_one_sentence_and_writes_nothing(source, tmp_path, profile, arguments, error):
    with pytest.raises(error) as caught:
        run(source, tmp_path / "out", profile, **arguments)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_source_without_images_is_refused(tmp_path, profile):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "notes.txt").write_text("nothing here")
    for source in (tmp_path / "source", tmp_path / "nowhere"):
        with pytest.raises(UnreadableInput):
            run(source, tmp_path / "out", profile)


def test_a_dry_run_measures_and_writes_nothing(source, tmp_path, profile):
    before = sorted(tmp_path.rglob("*"))
    summary = run(source, tmp_path / "out", profile, dry_run=True)
    assert sorted(tmp_path.rglob("*")) == before
    assert summary.estimate.measured == 5
    assert "an estimate from 5 of them: " in str(summary)
    real = run(source, tmp_path / "out", profile)
    size = sum(path.stat().st_size for path in (tmp_path / "out").rglob("*.png"))
    assert 0.5 < summary.estimate.bytes / size < 2
    assert real.done == summary.items * summary.copies
    assert run(source, tmp_path / "out", profile, dry_run=True).skipped == 12


def test_a_dry_run_measures_small_and_large(tmp_path, profile):
    for index in range(40):
        edge = 24 if index % 4 else 400
        save(
            tmp_path / "in" / f"{index:02d}.png", np.random.default_rng(index).integers(0, 256, (edge, edge), np.uint8)
        )
    summary = run(tmp_path / "in", tmp_path / "out", profile, dry_run=True)
    run(tmp_path / "in", tmp_path / "out", profile)
    size = sum(path.stat().st_size for path in (tmp_path / "out").glob("*.png"))
    assert 0.5 < summary.estimate.bytes / size < 1.5


def test_files_that_are_no_images_are_counted(source, tmp_path, profile):
    (source / "notes.txt").write_text("what I thought")
    (source / ".hidden").write_text("not to be seen")
    assert run(source, tmp_path / "out", profile).notes == ("1 file is no image and was left out",)
    (source / "good" / "Thumbs.db").write_bytes(b"0")
    (source / "good" / "part 1.xml").write_text("<annotation/>")  # a label, of an image that is set aside for it
    summary = run(source, tmp_path / "out", profile, dry_run=True)
    assert summary.notes == ("2 files are no images and were left out",)
    assert [aside.key for aside in summary.set_aside] == ["good/part 1.jpg"]


def test_progress_counts_up_to_the_total(source, tmp_path, profile):
    seen: list[Progress] = []
    (source / "bad.png").write_bytes(b"bad")
    run(source, tmp_path / "out", profile, progress=seen.append)
    assert [step.done for step in seen] == sorted(step.done for step in seen)
    assert (seen[0].done, seen[-1].done, seen[-1].total, seen[-1].set_aside) == (0, 14, 14, 1)


def test_it_works_at_the_top_of_a_script_without_a_guard(source, tmp_path, profile):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, script, source, tmp_path / "out", profile], timeout=120)
    assert done.returncode == 0
    assert len(list(Path(tmp_path / "out").rglob("*_aug*.png"))) == 18


# -- recipes that change less than they say ----------------------------------------------------------------

STRICTER = """\
id: test/stricter
version: 1.0.0
title: The same part, held more firmly
extends: manufacturing/metal-surface
limits:
  - {effect: rotation, code: TST201, max: 1 deg, reason: The new tray lets the part turn by a degree at most.,
     evidence: [{strength: opinion}]}
"""


@pytest.mark.parametrize("engine", ["serial", "local"])
def test_where_an_inherited_recipe_was_narrowed_is_said_once_by_every_start(source, tmp_path, engine):
    recipe = tmp_path / "stricter.yaml"
    recipe.write_text(STRICTER)
    rehearsed = run(source, tmp_path / "out", recipe, engine=engine, workers=2, dry_run=True)
    first = run(source, tmp_path / "out", recipe, engine=engine, workers=2)
    again = run(source, tmp_path / "out", recipe, engine=engine, workers=2)
    assert (first.done, again.done, again.skipped) == (12, 0, 12)
    assert first.narrowed == again.narrowed == rehearsed.narrowed == again.notes
    assert any("rotat" in sentence for sentence in first.narrowed)
    lines = (tmp_path / "out" / MANIFEST).read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0])["run"]["narrowed"] == list(first.narrowed) == first.to_dict()["narrowed"]
    turns = [json.loads(line)["record"]["effects"].get("rotation", 0) for line in lines[1:]]
    assert all(np.abs(turn).max() <= 1 + 1e-6 for turn in turns)


NOTHING_LEFT = """\
id: test/nothing-left
version: 1.0.0
title: The same part, seen in a mirror
extends: manufacturing/metal-surface
limits:
  - {effect: mirror_horizontal, code: TST202, allow: never, reason: Its thread would turn the other way.,
     evidence: [{strength: opinion}]}
recipe:
  - HorizontalFlip: {p: 1.0}
"""


def test_a_recipe_of_which_the_limits_leave_nothing_is_refused_rather_than_copied(source, tmp_path):
    recipe = tmp_path / "nothing.yaml"
    recipe.write_text(NOTHING_LEFT)
    with pytest.raises(DomainAugError, match=r"nothing would change: HorizontalFlip left out: TST202"):
        run(source, tmp_path / "out", recipe, engine="serial")
    assert not list((tmp_path / "out").rglob("*.png"))


def test_a_recipe_inside_its_limits_is_not_narrowed(source, tmp_path, profile):
    assert run(source, tmp_path / "out", profile).notes == ()


def test_a_profile_without_a_recipe_is_refused(source, tmp_path, profile):
    bare = tmp_path / "bare.yaml"
    bare.write_text(profile.read_text().partition("recipe:")[0])
    with pytest.raises(DomainAugError, match="has no recipe: nothing would change; write one or extend"):
        run(source, tmp_path / "out", bare)
    assert not (tmp_path / "out").exists()


def test_anti_aliased_masks_are_read_as_two_valued_counted_and_told_once(tmp_path, profile):
    drawn = np.zeros((960, 960), np.uint8)
    cv2.ellipse(drawn, (480, 480), (200, 90), 33, 0, 360, 255, -1)
    soft = cv2.resize(drawn, (120, 120), interpolation=cv2.INTER_AREA)
    assert len(np.unique(soft)) > 16
    for name in "ab":
        save(tmp_path / "in" / f"{name}.jpg", picture(3, (120, 120)))
        save(tmp_path / "in" / f"{name}_mask.png", soft)
    save(tmp_path / "in" / "c.jpg", picture(3, (120, 120)))
    save(tmp_path / "in" / "c_mask.png", soft // 255)
    first = run(tmp_path / "in", tmp_path / "out", profile)
    again = run(tmp_path / "in", tmp_path / "out", profile)
    assert first.notes == again.notes == ("2 masks are anti-aliased and were read as two-valued",)
    for path in (tmp_path / "out").glob("[ab]*_mask.png"):
        assert set(np.unique(cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED))) == {0, 255}
    lines = [json.loads(line) for line in (tmp_path / "out" / MANIFEST).read_text(encoding="utf-8").splitlines()[1:]]
    assert [line["record"].get("soft_mask", False) for line in lines] == [True] * 4 + [False] * 2


# -- labels that leave -------------------------------------------------------------------------------------

THROWN = """\
id: test/thrown
version: 1.0.0
title: A part that falls anywhere
recipe:
  - Affine: {translate_percent: {x: [LOW, 0.9], y: [0, 0]}, p: 1}
"""


def at_the_right_edge(folder: Path) -> Path:
    mask = np.zeros((64, 64), np.uint8)
    mask[20:40, 40:60] = 1
    save(folder / "a.jpg", picture(1, (64, 64)))
    save(folder / "a_mask.png", mask)
    return folder


def test_a_copy_that_would_lose_its_label_is_drawn_again_and_the_draw_is_written_down(tmp_path):
    source, recipe = at_the_right_edge(tmp_path / "in"), tmp_path / "thrown.yaml"
    recipe.write_text(THROWN.replace("LOW", "-0.3"))
    summary = run(source, tmp_path / "out", recipe, copies=12)
    assert (summary.done, summary.set_aside) == (12, ())
    for path in (tmp_path / "out").glob("*_mask.png"):
        assert cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED).any()
    records = [
        json.loads(line)["record"]
        for line in (tmp_path / "out" / MANIFEST).read_text(encoding="utf-8").splitlines()[1:]
    ]
    attempts = [record.get("attempt", 0) for record in records]
    assert min(attempts) == 0
    assert 1 <= max(attempts) <= 5
    run(source, tmp_path / "again", recipe, copies=12, engine="local", workers=2)
    assert digests(tmp_path / "out") == digests(tmp_path / "again")
    assert replay(tmp_path / "out", engine="serial").ok


def test_a_label_that_every_draw_loses_is_set_aside_with_what_to_do(tmp_path):
    source, recipe = at_the_right_edge(tmp_path / "in"), tmp_path / "thrown.yaml"
    recipe.write_text(THROWN.replace("LOW", "0.8"))
    (aside,) = run(source, tmp_path / "out", recipe, copies=1).set_aside
    assert (aside.code, aside.copy) == ("label", 0)
    assert aside.reason == (
        "everything its mask marks left the picture, in each of 6 draws; "
        "narrow the shifts, turns and zooms of the recipe, or lower the strength"
    )
    assert not list((tmp_path / "out").glob("**/*.png"))
    assert not list((tmp_path / "out").glob(".tmp-*"))


def test_a_long_name_of_the_folder_for_temporary_files_is_no_hindrance(source, tmp_path, profile, monkeypatch):
    """A socket among the temporary files has a name of at most 107 bytes."""
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    summary = run(source, tmp_path / "out", profile, workers=2, copies=1)
    assert summary.exit_code == 0
    assert summary.done > 0
