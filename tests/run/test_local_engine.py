"""Worker processes: how they start, and what of theirs a user sees."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from small_sets import make_source, picture, save

from domainaug.run import augment
from domainaug.run.plan import make_plan

HIT_WHILE_IMPORTING = textwrap.dedent("""
    import os, signal, sys
    from domainaug.run import augment
    from domainaug.run.engines.local import start_server
    start_server()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.killpg(0, signal.SIGINT)  # as a terminal does, to all that it started
    signal.signal(signal.SIGINT, before)
    sys.exit(augment(sys.argv[1], sys.argv[2], profile=sys.argv[3], workers=2).exit_code)
""")


def script(text, *arguments):
    line = [sys.executable, "-c", text, *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, start_new_session=True)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="Windows has no process groups")
def test_ctrl_c_while_the_server_imports_shows_nothing_of_it(tmp_path, profile):
    done = script(HIT_WHILE_IMPORTING, make_source(tmp_path / "in", 3), tmp_path / "out", profile)
    assert (done.returncode, done.stderr) == (0, "")


PLAIN = textwrap.dedent("""
    import sys
    from domainaug.run import augment
    sys.exit(augment(sys.argv[1], sys.argv[2], profile=sys.argv[3], workers=1).exit_code)
""")


def test_what_codecs_write_to_the_error_output_is_not_shown(tmp_path, profile):
    """libjpeg tells of bytes that it passes over; the picture is whole, and nobody can tell which it was."""
    path = save(tmp_path / "in" / "a.jpg", picture(1, (200, 160)))
    data = path.read_bytes()
    start = data.index(b"\xff\xda") + 40
    path.write_bytes(data[:start] + b"\xff\xd9\x00\x00" + data[start:])
    done = script(PLAIN, tmp_path / "in", tmp_path / "out", profile)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_python_says_in_a_worker_is_shown(tmp_path, profile):
    text = PLAIN.replace(", workers=1", ", workers=1, layout=Talking()").replace(
        "import sys", f"import sys; sys.path.append({str(Path(__file__).parent)!r}); from hostile import Talking", 1
    )
    done = script(text, make_source(tmp_path / "in", 1), tmp_path / "out", profile)
    assert done.returncode == 0, done.stderr
    assert "reading scratch/part 0.jpg" in done.stderr


def test_more_workers_than_items_are_not_started(tmp_path, profile, monkeypatch):
    from domainaug.run.engines import local

    started = []
    real = local._started
    monkeypatch.setattr(local, "_started", lambda job: started.append(1) or real(job))
    assert augment(make_source(tmp_path / "in", 2), tmp_path / "out", profile=profile, workers=6).done == 2
    assert len(started) == 2


def test_a_worker_is_given_its_next_item_before_anybody_looks_at_the_last_outcome(tmp_path, profile):
    """Else it would wait while copies are flushed to the disk."""
    from domainaug.run.augmenting import Run
    from domainaug.run.engines.local import LocalEngine

    plan = make_plan(
        make_source(tmp_path / "in", 4),
        tmp_path / "out",
        profile=profile,
        copies=1,
        seed=0,
        strength=1,
        options=None,
        layout=None,
    )
    (tmp_path / "out").mkdir()
    engine = LocalEngine(1)
    outcomes = engine.run(Run(plan, engine, None, None, None).job(tmp_path / "out"), plan.tasks(), stopping=bool)
    first = next(outcomes)
    (worker,) = engine._pool
    assert worker.task is not None
    busy_with, rest = worker.task.item.key, [outcome.key for outcome in outcomes]
    assert busy_with == rest[0] != first.key
    assert len(rest) == 3
