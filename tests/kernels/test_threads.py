import multiprocessing
import os
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domainaug.kernels import threads
from domainaug.kernels.threads import run_slabs, thread_count, usable_cores


@pytest.fixture(autouse=True)
def no_wish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOMAINAUG_THREADS", raising=False)
    monkeypatch.setattr(threads, "_in_worker", lambda: False)  # whoever runs the tests may be a worker


@settings(max_examples=60)
@given(count=st.integers(0, 200), several=st.integers(1, 9), least=st.integers(1, 300))
def test_every_index_is_done_once(count: int, several: int, least: int) -> None:
    done = [0] * count
    slabs = []

    def work(begin: int, end: int) -> None:
        slabs.append(end - begin)
        for i in range(begin, end):
            done[i] += 1

    run_slabs(work, count, several, least=least)
    assert done == [1] * count
    assert sum(slabs) == count
    assert all(size >= min(least, count) for size in slabs)
    assert len(slabs) == 1 or several > 1 or count == 0


def test_slabs_run_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=30)
    run_slabs(lambda begin, end: together.wait() and None, 12, 3, least=4)  # three slabs that wait for each other


def test_one_thread_is_the_callers_own() -> None:
    seen = []
    run_slabs(lambda begin, end: seen.append((begin, end, threading.current_thread())), 100, 1)
    assert seen == [(0, 100, threading.current_thread())]


def test_what_a_slab_raises_reaches_the_caller_and_ends_the_work() -> None:
    begun = []

    def work(begin: int, end: int) -> None:
        begun.append(begin)
        raise LookupError("a fault")

    with pytest.raises(LookupError, match="a fault"):
        run_slabs(work, 1000, 2)
    assert len(begun) <= 2
    run_slabs(lambda begin, end: None, 1000, 2)  # and the threads are fit for the next


def test_nested_work_runs_in_the_thread_it_is_in() -> None:
    inner = []

    def work(begin: int, end: int) -> None:
        inner.append(thread_count())
        run_slabs(lambda b, e: None, 10)
        run_slabs(lambda b, e: None, 10, 3)  # asked for: had, and it does not wait for itself

    run_slabs(work, 300, 4)
    assert set(inner) == {1}


def test_callers_in_many_threads_do_not_wait_for_each_other() -> None:
    totals = []

    def call(_: int) -> None:
        parts: list[int] = []
        run_slabs(lambda begin, end: parts.append(end - begin), 1000, 4)
        totals.append(sum(parts))

    with ThreadPoolExecutor(16) as callers:
        list(callers.map(call, range(64)))
    assert totals == [1000] * 64


def test_how_many_is_the_callers_then_the_environments_then_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    assert thread_count() == usable_cores() >= 1
    monkeypatch.setenv("DOMAINAUG_THREADS", "5")
    assert thread_count() == 5
    assert thread_count(3) == 3
    monkeypatch.setenv("DOMAINAUG_THREADS", "many")
    with pytest.raises(ValueError, match="DOMAINAUG_THREADS='many' in the environment must be a whole number"):
        thread_count()


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, 257])
def test_a_number_of_threads_is_a_whole_number_from_1(wrong: object) -> None:
    with pytest.raises(ValueError, match="must be a whole number from 1 to 256"):
        thread_count(wrong)
    with pytest.raises(ValueError, match="least=0"):
        run_slabs(lambda begin, end: None, 3, 1, least=0)


SCRIPT = """
    import multiprocessing, os, sys
    from domainaug.kernels.threads import run_slabs, thread_count

    def report(queue):
        total = []
        run_slabs(lambda begin, end: total.append(end - begin), 1000, 3)
        queue.put((thread_count(), sum(total)))

    if __name__ == "__main__":
        os.environ["DOMAINAUG_THREADS"] = "4"
        run_slabs(lambda begin, end: None, 1000, 4)
        context = multiprocessing.get_context(sys.argv[1])
        queue = context.Queue()
        worker = context.Process(target=report, args=(queue,))
        worker.start()
        print(*queue.get(timeout=60), thread_count())
        worker.join()
"""


@pytest.mark.parametrize("method", [m for m in ("fork", "spawn") if m in multiprocessing.get_all_start_methods()])
def test_a_worker_process_uses_one_thread_and_makes_its_own_when_told(tmp_path: Path, method: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), method], capture_output=True, text=True, timeout=120, check=True
    )
    assert ran.stdout.split() == ["1", "1000", "4"]


def test_a_worker_of_a_data_loader_uses_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "torch.utils.data", SimpleNamespace(get_worker_info=lambda: object()))
    monkeypatch.setenv("DOMAINAUG_THREADS", "4")
    assert thread_count() == 1


def test_work_at_the_interpreters_end_is_done_without_helpers() -> None:
    script = """
        import atexit, threading
        from domainaug.kernels.threads import run_slabs
        run_slabs(lambda begin, end: None, 100, 4)
        atexit.register(lambda: run_slabs(lambda begin, end: print(begin, end), 4, 2))
    """
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60)
    assert ran.stderr == ""
    assert sorted(ran.stdout.splitlines()) == ["0 1", "1 2", "2 3", "3 4"]


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 4.0),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({"cpu.max": "nonsense"}, None),
        ({}, None),
    ],
)
def test_a_containers_quota_is_read(tmp_path: Path, files: dict[str, str], cores: float | None) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert threads._quota(tmp_path) == cores


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no process to cores")
def test_a_process_bound_to_one_core_uses_one_thread() -> None:
    script = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
    script += "from domainaug.kernels.threads import thread_count; print(thread_count())"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == "1"
