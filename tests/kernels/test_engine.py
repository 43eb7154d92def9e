import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from domainaug.errors import MissingExtra, UnknownName
from domainaug.kernels import engine as library
from domainaug.kernels.engine import Warmed, WarmupReport, engine, loops, using, warmup

NUMBA = find_spec("numba") is not None


def decided(monkeypatch: pytest.MonkeyPatch, wish: str | None, installed: bool) -> str:
    monkeypatch.setattr(library, "_chosen", None)
    monkeypatch.setattr(library, "find_spec", lambda name: object() if installed else None)
    if wish is None:
        monkeypatch.delenv("DOMAINAUG_KERNELS", raising=False)
    else:
        monkeypatch.setenv("DOMAINAUG_KERNELS", wish)
    return engine()


@pytest.mark.parametrize(
    ("wish", "installed", "answer"),
    [
        (None, True, "numba"),
        (None, False, "plain"),
        ("", False, "plain"),
        ("plain", True, "plain"),
        ("plain", False, "plain"),
        ("numba", True, "numba"),
    ],
)
def test_numba_runs_where_it_is_installed_unless_the_environment_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, wish: str | None, installed: bool, answer: str
) -> None:
    assert decided(monkeypatch, wish, installed) == answer


def test_numba_that_is_asked_for_and_not_there_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingExtra, match=r'pip install "domainaug\[fast\]"'):
        decided(monkeypatch, "numba", installed=False)


def test_an_engine_nobody_knows_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownName, match="DOMAINAUG_KERNELS: no kernel engine is called 'plan'; did you mean 'plain'"):
        decided(monkeypatch, "plan", installed=True)


def test_it_is_decided_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decided(monkeypatch, "plain", installed=True) == "plain"
    monkeypatch.setenv("DOMAINAUG_KERNELS", "numba")
    assert engine() == "plain"


def test_another_engine_for_a_while() -> None:
    before = engine()
    with using("plain"):
        assert engine() == "plain"
        assert loops("random").__name__ == "domainaug.kernels.plain.random"
    assert engine() == before
    with pytest.raises(ZeroDivisionError), using("plain"):
        raise ZeroDivisionError
    assert engine() == before


def test_asking_imports_nothing_heavy() -> None:
    script = "import sys; from domainaug.kernels.engine import engine; import domainaug.kernels.threads; engine(); "
    script += "print([m for m in ('numba', 'numpy', 'cv2', 'scipy') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.skipif(not NUMBA, reason="numba is not installed")
def test_both_engines_have_what_is_asked_of_either() -> None:
    """The loops of an engine are found by name: what one has, the other has."""
    folder = Path(library.__file__).parent
    asked = {
        call for path in folder.glob("*.py") for call in re.findall(r'loops\("(\w+)"\)\.(\w+)', path.read_text("utf-8"))
    }
    assert len(asked) > 5
    for name in ("numba", "plain"):
        with using(name):
            missing = [call for call in sorted(asked) if not hasattr(loops(call[0]), call[1])]
        assert missing == []


@pytest.mark.skipif(not NUMBA, reason="numba is not installed")
def test_warming_up_runs_every_entry_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def first() -> None:
        ran.append("first")

    def _second() -> None:
        ran.append("second")

    monkeypatch.setattr(library, "_entries", lambda: iter([("toy.first", first), ("toy.second", _second)]))
    told: list[Warmed] = []
    with using("numba"):
        report = warmup(told.append)
    assert ran == ["first", "second"]
    assert report.engine == "numba"
    assert list(report.kernels) == told
    assert [each.kernel for each in told] == ["toy.first", "toy.second"]
    assert report.seconds == pytest.approx(sum(each.seconds for each in told))


def test_every_module_that_runs_loops_can_be_warmed_up() -> None:
    warmed = {name.partition(".")[0] for name, _ in library._entries()}
    folder = Path(library.__file__).parent
    running = {path.stem for path in folder.glob("*.py") if "loops(" in path.read_text(encoding="utf-8")} - {"engine"}
    assert {"random", "warp", "resample"} <= running
    assert running == warmed


def test_the_plain_engine_has_nothing_to_warm_up() -> None:
    with using("plain"):
        assert warmup() == WarmupReport("plain", None, ())


def test_the_engines_agree_on_a_number() -> None:
    from domainaug.kernels.random import normals

    with using("plain"):
        plain = normals((9,), 1)
    assert np.array_equal(plain, normals((9,), 1))
