from collections.abc import Callable
from types import FunctionType, SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug.kernels.jit.fingerprint import fingerprint

TEXT = """
import math
import numpy as np

LIMIT = 3
TABLE = np.arange(4.0)
WEIGHTS = (1.0, 2.0)

def inner(x):
    return x * 2.0

def outer(x):
    return inner(x) + LIMIT + TABLE[0] + WEIGHTS[1] + math.sqrt(x)
"""


def made(text: str) -> str:
    """Return the fingerprint of `outer` in a module of this text."""
    names: dict[str, object] = {"__name__": "toy"}
    code = compile(text, "toy.py", "exec")
    FunctionType(code, names)()
    names["inner"] = SimpleNamespace(py_func=names["inner"])
    return fingerprint(SimpleNamespace(py_func=names["outer"]))


def test_the_same_code_has_the_same_fingerprint_wherever_it_stands() -> None:
    assert made(TEXT) == made(TEXT)
    assert made(TEXT) == made("# a comment\n\n" + TEXT + "\n\nUNUSED = 5\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x * 2.0", "x * 3.0"),
        ("x * 2.0", "x + 2.0"),
        ("LIMIT = 3", "LIMIT = 4"),
        ("LIMIT = 3", "LIMIT = 3.0"),
        ("arange(4.0)", "arange(5.0)"),
        ("arange(4.0)", "arange(4.0, dtype=np.float32)"),
        ("(1.0, 2.0)", "(1.0, 2.5)"),
        ("math.sqrt(x)", "math.cos(x)"),
        ("def inner(x)", "def inner(x, y=1)"),
    ],
)
def test_whatever_changes_the_result_changes_it(old: str, new: str) -> None:
    assert old in TEXT
    assert made(TEXT.replace(old, new)) != made(TEXT)


def test_what_a_function_closes_over_counts() -> None:
    def adder(amount: object) -> Callable[[float], object]:
        def add(x: float) -> object:
            return x + amount

        return add

    def of(amount: object) -> str:
        return fingerprint(SimpleNamespace(py_func=adder(amount)))

    assert of(np.float32(1)) == of(np.float32(1))
    assert len({of(np.float32(1)), of(np.float32(2)), of(np.float64(1)), of(1)}) == 4
