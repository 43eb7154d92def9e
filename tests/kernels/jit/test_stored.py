"""Compiled code on disk, each process a real one."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytest.importorskip("numba")

INNER = """
from domainaug.kernels.jit import compiled

@compiled
def step(x):
    return x + 1.0
"""
OUTER = """
import inner
from domainaug.kernels.jit import compilations, compiled

@compiled
def total(values):
    result = 0.0
    for i in range(values.size):
        result += inner.step(values[i])
    return result
"""
RUN = """
import sys
import numpy as np
{before}
import outer
for dtype in sys.argv[1:]:
    print(outer.total(np.arange(4, dtype=dtype)), end=" ")
print(outer.compilations())
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "inner.py").write_text(INNER)
    (tmp_path / "outer.py").write_text(OUTER)
    return tmp_path


def start(place: Path, *dtypes: str, before: str = "", **environment: str) -> subprocess.Popen[str]:
    kept = {
        name: value for name, value in os.environ.items() if name not in ("DOMAINAUG_BOUNDSCHECK", "NUMBA_CACHE_DIR")
    }
    return subprocess.Popen(
        [sys.executable, "-c", RUN.format(before=textwrap.dedent(before)), *(dtypes or ["float32"])],
        cwd=place,
        env={
            **kept,
            "PYTHONPATH": str(place),
            "PYTHONDONTWRITEBYTECODE": "1",
            "XDG_CACHE_HOME": str(place / "cache"),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(place: Path, *dtypes: str, before: str = "", **environment: str) -> tuple[list[str], str]:
    process = start(place, *dtypes, before=before, **environment)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.split(), err


def files(place: Path) -> list[Path]:
    return sorted(place.rglob("*.nbc"))


def test_a_second_process_compiles_nothing_and_says_nothing(place: Path) -> None:
    assert run(place)[0] == ["10.0", "2"]
    assert run(place) == (["10.0", "0"], "")
    assert run(place, "float32", "int16")[0] == ["10.0", "10.0", "2"]  # other types are other code


def test_a_function_is_compiled_again_when_one_it_calls_has_changed(place: Path) -> None:
    run(place)
    (place / "inner.py").write_text(INNER.replace("1.0", "2.0"))
    assert run(place)[0] == ["14.0", "2"]
    (place / "inner.py").write_text(INNER + "\n# a word about it\n")
    assert run(place)[0] == ["10.0", "0"]  # back to what was compiled first


def test_checked_code_is_other_code(place: Path) -> None:
    run(place)
    assert run(place, DOMAINAUG_BOUNDSCHECK="1")[0] == ["10.0", "2"]


def test_an_index_out_of_bounds_is_an_error_where_it_is_checked(place: Path) -> None:
    (place / "outer.py").write_text(OUTER.replace("values[i]", "values[i + 1]"))
    process = start(place, DOMAINAUG_BOUNDSCHECK="1")
    assert "IndexError" in process.communicate(timeout=120)[1]


@pytest.mark.parametrize("damage", [("cut", "changed"), ("empty", "nonsense")])
def test_damaged_files_are_compiled_and_written_again(place: Path, damage: tuple[str, str]) -> None:
    run(place)
    for path, how in zip(files(place), damage, strict=True):
        code = path.read_bytes()
        half = len(code) // 2
        flipped = code[:half] + bytes([code[half] ^ 1]) + code[half + 1 :]
        path.write_bytes({"cut": code[:half], "empty": b"", "changed": flipped, "nonsense": b"x" * 100}[how])
    assert run(place)[0] == ["10.0", "2"]
    assert run(place) == (["10.0", "0"], "")


def test_four_processes_that_start_together_compile_once_and_all_are_right(place: Path) -> None:
    together = [start(place, "float32", "int16", "uint8") for _ in range(4)]
    said = [process.communicate(timeout=240) for process in together]
    assert all(out.split()[:3] == ["10.0", "10.0", "10.0"] for out, _ in said), said
    assert sum(int(out.split()[3]) for out, _ in said) == 6
    assert run(place, "float32", "int16", "uint8")[0][-1] == "0"


def test_code_in_a_folder_that_cannot_be_written_is_read(place: Path) -> None:
    run(place, NUMBA_CACHE_DIR=str(place / "image"))
    closed = """
        from domainaug.kernels import cache
        cache._writable = lambda folder: False
    """
    assert run(place, before=closed, NUMBA_CACHE_DIR=str(place / "image")) == (["10.0", "0"], "")


def test_without_any_folder_everything_runs_and_one_line_says_so(place: Path) -> None:
    nowhere = """
        from domainaug.kernels import cache
        cache._writable = lambda folder: False
    """
    out, err = run(place, "float32", "int16", before=nowhere)
    assert out == ["10.0", "10.0", "4"]
    assert err.count("set NUMBA_CACHE_DIR") == 1
    assert len(err.splitlines()) == 1
    assert files(place) == []


def test_a_folder_that_goes_away_is_a_line_and_no_more(place: Path) -> None:
    gone = """
        import shutil
        from domainaug.kernels.cache import folders
        shutil.rmtree(folders().write)
        folders().write.write_text("a file now")
    """
    out, err = run(place, "float32", "int16", before=gone)
    assert out == ["10.0", "10.0", "4"]
    assert err.count("compiled kernels cannot be kept") == 1


def test_compiling_that_takes_long_is_said_once(place: Path) -> None:
    hasty = """
        from domainaug.kernels.jit import stored
        stored._PATIENCE = 0.0
    """
    _, err = run(place, "float32", "int16", before=hasty)
    assert err.splitlines() == [
        "compiling the kernels for this processor, once; it takes up to half a minute, "
        "and `domainaug warmup` does it ahead for all of them"
    ]
    assert run(place, "float32", "int16", before=hasty)[1] == ""  # nothing is compiled


def test_warming_up_says_nothing_of_itself(place: Path) -> None:
    asked = """
        from domainaug.kernels.jit import expected, stored
        stored._PATIENCE = 0.0
        expected()
    """
    assert run(place, before=asked) == (["10.0", "2"], "")


def test_a_function_that_cannot_be_compiled_leaves_the_turn_to_others(place: Path) -> None:
    failing = """
        from domainaug.kernels.jit import compiled, stored

        @compiled
        def wrong(x):
            return x.no_such_thing

        try:
            wrong(1)
        except Exception as error:
            assert "no_such_thing" in str(error)
        assert not stored._TURN.mine
    """
    assert run(place, before=failing)[0] == ["10.0", "2"]


def test_nobody_is_waited_for_forever(place: Path) -> None:
    run(place)
    for path in files(place):
        path.unlink()
    held = """
        import subprocess, sys, time
        from domainaug.kernels.cache import folders
        from domainaug.kernels.jit import stored
        stored._LONGEST_WAIT = 0.5
        hold = "import sys, time, filelock; filelock.FileLock(sys.argv[1]).acquire(); print(1, flush=True); "
        hold += "time.sleep(60)"
        holder = subprocess.Popen(
            [sys.executable, "-c", hold, str(folders().write / "compiling.lock")], stdout=subprocess.PIPE
        )
        holder.stdout.readline()
        import atexit
        atexit.register(holder.kill)
    """
    assert run(place, before=held)[0] == ["10.0", "2"]


def test_code_can_be_thrown_away(place: Path) -> None:
    run(place)
    thrown = "import outer; outer.total._cache.flush(); outer.inner.step._cache.flush()"
    assert run(place, before=thrown)[0] == ["10.0", "2"]


def test_freedoms_that_leave_nan_undefined_are_refused() -> None:
    from domainaug.kernels.jit import compiled

    with pytest.raises(ValueError, match="leave NaN undefined"):
        compiled(fastmath={"nnan", "contract"})


def test_a_constant_in_a_call_needs_no_code_of_its_own(place: Path) -> None:
    (place / "inner.py").write_text(INNER.replace("step(x)", "step(x, n)").replace("x + 1.0", "x + n"))
    (place / "outer.py").write_text(
        OUTER.replace("inner.step(values[i])", "inner.step(values[i], 1) + inner.step(values[i], i)")
    )
    assert run(place)[0] == ["22.0", "2"]
