"""Parameters of an OpenSCENARIO file, and what attributes that mention them come to."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from xml.etree import ElementTree as Xml

from domainaug.scenario.axes import Value

__all__ = ["Measure", "Parameters", "Use"]

_NAME: Final = re.compile(r"\$([A-Za-z_][A-Za-z0-9_.]{0,127})")
_LONGEST: Final = 500
_BINARY: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}  # fmt: skip
_CALLS: Final[Mapping[str, Callable[..., float]]] = {
    "round": round, "floor": math.floor, "ceil": math.ceil, "sqrt": math.sqrt, "abs": abs, "min": min, "max": max,
    "pow": lambda base, power: base**power if abs(power) <= 64 else math.nan,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """How what an attribute says becomes a value of an axis.

    Attributes:
        axis: The axis.
        scale: What numbers are multiplied with.
        offset: What is added then.
        turn: What they are taken modulo, or 0.
        low: The least that the axis takes; less becomes it.
        high: The greatest.
        words: What words stand for, of attributes that are words.
    """

    axis: str
    scale: float = 1.0
    offset: float = 0.0
    turn: float = 0.0
    low: float = -math.inf
    high: float = math.inf
    words: Mapping[str, Value] = field(default_factory=dict)

    def value(self, text: str) -> Value:
        """Return the value.

        Raises:
            ValueError: It is no number, or none of the words.
        """
        if self.words:
            if text not in self.words:
                raise ValueError(f"{text!r} is none of {', '.join(self.words)}")
            return self.words[text]
        found = number(text) * self.scale + self.offset
        if self.turn:
            found %= self.turn
        return float(f"{min(max(found, self.low), self.high):.12g}")


def number(text: str) -> float:
    """Return a finite number.

    Raises:
        ValueError: It is none.
    """
    try:
        found = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if not math.isfinite(found):
        raise ValueError(f"{text!r} is not a finite number")
    return found


@dataclass(frozen=True, slots=True)
class Use:
    """An attribute that is a parameter and nothing else."""

    measure: Measure
    where: str


@dataclass(slots=True)
class Parameters:
    """What is declared, and which axes follow it.

    Attributes:
        declared: Name to value.
        uses: Name to the axes that are set by it alone.
        notes: What is not mapped.
    """

    declared: dict[str, str] = field(default_factory=dict)
    uses: dict[str, list[Use]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def declare(self, holder: Xml.Element | None) -> None:
        """Take the parameters that an element declares; those that are known keep their value."""
        for one in () if holder is None else holder.findall("ParameterDeclarations/ParameterDeclaration"):
            self.declared.setdefault(one.get("name", ""), one.get("value", ""))

    def note(self, sentence: str) -> None:
        """Say once what is not mapped."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def text(self, element: Xml.Element, name: str, default: str | None = None) -> str:
        """Return an attribute with its parameters filled in.

        Raises:
            ValueError: It is not there, a parameter is not declared, or an expression cannot be worked out.
        """
        raw = element.get(name, default)
        if raw is None:
            raise ValueError(f"<{element.tag}> has no {name}")
        try:
            return self._filled(raw)
        except ValueError as error:
            raise ValueError(f"{name} of <{element.tag}>: {error}") from None

    def number(self, element: Xml.Element, name: str, default: str | None = None) -> float:
        """Return an attribute that is a number.

        Raises:
            ValueError: It is none.
        """
        found = self.text(element, name, default)
        try:
            return number(found)
        except ValueError as error:
            raise ValueError(f"{name} of <{element.tag}>: {error}") from None

    def axis(self, element: Xml.Element, name: str, measure: Measure) -> Value:
        """Return the value of an axis that an attribute sets, and remember the parameter that it follows.

        Raises:
            ValueError: It is not legal.
        """
        raw = element.get(name, "").strip()
        whole = _NAME.fullmatch(raw)
        if whole:
            self.uses.setdefault(whole.group(1), []).append(Use(measure, f"{name} of <{element.tag}>"))
        text = self.text(element, name)
        try:
            return measure.value(text)
        except ValueError as error:
            raise ValueError(f"{name} of <{element.tag}>: {error}") from None

    def _filled(self, raw: str) -> str:
        raw = raw.strip()
        whole = _NAME.fullmatch(raw)
        if whole:
            return self._declared(whole.group(1))
        if raw.startswith("${") and raw.endswith("}"):
            return repr(self._worked_out(raw[2:-1]))
        return raw

    def _declared(self, name: str) -> str:
        if name not in self.declared:
            raise ValueError(f"the parameter ${name} is declared nowhere")
        return self.declared[name]

    def _worked_out(self, text: str) -> float:
        if len(text) > _LONGEST:
            raise ValueError(f"an expression has at most {_LONGEST} characters")
        plain = _NAME.sub(lambda found: repr(number(self._declared(found.group(1)))), text)
        try:
            return float(_worth(ast.parse(plain.strip(), mode="eval").body))
        except (SyntaxError, TypeError, ArithmeticError, RecursionError, ValueError):
            raise ValueError(f"the expression ${{{text}}} cannot be worked out") from None


def _worth(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return float(_BINARY[type(node.op)](_worth(node.left), _worth(node.right)))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_worth(node.operand)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
        return float(_CALLS[node.func.id](*(_worth(one) for one in node.args)))
    raise ValueError("not arithmetic")
