"""Which points of a scenario are left out: conditions in a small language.

    view == "lateral" or kvp <= 110
    not (turn > 5 and tilt > 5)
    source_to_detector / air_gap > 10

Names are axes; there are numbers, quoted words, + - * /, comparisons, `in` with a list, and, or, not. The text is
parsed and walked; nothing in it is run.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from domainaug.errors import UnknownName
from domainaug.scenario.axes import Value

__all__ = ["Constraint"]

_LONGEST: Final = 8_000
_DEEPEST: Final = 30
_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
_COMPARED: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.In: lambda one, many: one in many, ast.NotIn: lambda one, many: one not in many,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Constraint:
    """A condition that every variant fulfils.

    Attributes:
        text: As it was written.
        names: The axes it speaks of.
    """

    text: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, text: str, axes: Mapping[str, Value]) -> Constraint:
        """Read a condition.

        Args:
            text: The condition.
            axes: The axes there are, each with a legal value, on which it is tried once.

        Raises:
            UnknownName: It speaks of an axis that is not there.
            ValueError: It is not in the language, or compares words with numbers.
        """
        tree = _tree(text)
        names = sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)})
        for name in names:
            if name not in axes:
                raise UnknownName("axis", name, axes)
        made = cls(text, tuple(names))
        made.holds(axes)
        return made

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Return whether a point fulfils it; a division by zero does not.

        Raises:
            ValueError: Words and numbers are mixed up.
        """
        try:
            return bool(_worth(_tree(self.text), values))
        except ZeroDivisionError:
            return False
        except TypeError:
            raise ValueError(f"{self.text!r} compares or reckons with words as if they were numbers") from None


def _tree(text: str) -> ast.expr:
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise ValueError(f"a constraint is text of at most {_LONGEST} characters, such as 'turn < 5'")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"{text!r} is not a condition; write one such as 'turn < 5 or view == \"PA\"'") from None
    _check(tree, text, 0)
    return tree


def _check(node: ast.AST, text: str, depth: int) -> None:
    """Refuse what is not in the language, before anything is worked out."""
    legal: tuple[type[ast.AST], ...] = (
        ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.BinOp, ast.Compare, ast.Name, ast.Load,
        ast.List, ast.Tuple, ast.Constant, *_ARITHMETIC, *_COMPARED,
    )  # fmt: skip
    plain = not isinstance(node, ast.Constant) or isinstance(node.value, int | float | str)
    if not isinstance(node, legal) or not plain or depth > _DEEPEST:
        raise ValueError(f"{text!r} holds more than axes, numbers, words, + - * /, comparisons, in, and, or, not")
    for child in ast.iter_child_nodes(node):
        _check(child, text, depth + 1)


def _worth(node: ast.expr, values: Mapping[str, Value]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.List | ast.Tuple):
        return [_worth(one, values) for one in node.elts]
    if isinstance(node, ast.BoolOp):
        told = (_worth(one, values) for one in node.values)
        return all(told) if isinstance(node.op, ast.And) else any(told)
    if isinstance(node, ast.UnaryOp):
        found = _worth(node.operand, values)
        return not found if isinstance(node.op, ast.Not) else -found
    if isinstance(node, ast.BinOp):
        return _reckoned(node, values)
    assert isinstance(node, ast.Compare)
    return _compared(node, values)


def _reckoned(node: ast.BinOp, values: Mapping[str, Value]) -> Any:
    left, right = _worth(node.left, values), _worth(node.right, values)
    if not (isinstance(left, int | float) and isinstance(right, int | float)):
        raise TypeError
    return _ARITHMETIC[type(node.op)](left, right)


def _compared(node: ast.Compare, values: Mapping[str, Value]) -> bool:
    left = _worth(node.left, values)
    for how, other in zip(node.ops, node.comparators, strict=True):
        right = _worth(other, values)
        if isinstance(left, str) != isinstance(right, str) and not isinstance(right, list):
            raise TypeError
        if not _COMPARED[type(how)](left, right):
            return False
        left = right
    return True
