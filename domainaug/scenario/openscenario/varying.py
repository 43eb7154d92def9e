"""Parameter value distributions of OpenSCENARIO as axes that vary, and as constraints."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final
from xml.etree import ElementTree as Xml

from domainaug.scenario.axes import Value
from domainaug.scenario.openscenario.parameters import Measure, Parameters, Use, number

__all__ = ["Varied", "constraints_of", "varied"]

_MOST: Final = 1000
_MOST_SETS: Final = 60
_RULES: Final = {
    "equalTo": "==", "notEqualTo": "!=", "greaterThan": ">", "greaterOrEqual": ">=", "lessThan": "<",
    "lessOrEqual": "<=",
}  # fmt: skip
_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(slots=True)
class Varied:
    """What distributions come to.

    Attributes:
        vary: As a scenario has it.
        fixed: Axes that keep to one value.
        constraints: As a scenario has them.
        sample: How points are chosen.
        seed: Of the file, or None.
    """

    vary: dict[str, Any] = field(default_factory=dict)
    fixed: dict[str, Value] = field(default_factory=dict)
    constraints: list[str] = field(default_factory=list)
    sample: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None


def varied(distribution: Xml.Element, parameters: Parameters) -> Varied:
    """Return what a <ParameterValueDistribution> varies.

    Args:
        distribution: It.
        parameters: Those of the scenario that it varies; takes what is not mapped.

    Raises:
        ValueError: An attribute is not legal.
    """
    found = Varied()
    deterministic, stochastic = distribution.find("Deterministic"), distribution.find("Stochastic")
    if deterministic is not None:
        found.sample = {"method": "grid"}
        for one in deterministic.findall("DeterministicSingleParameterDistribution"):
            _single(one, parameters, found)
        for one in deterministic.findall("DeterministicMultiParameterDistribution"):
            _sets(one, parameters, found)
    elif stochastic is not None:
        runs = parameters.number(stochastic, "numberOfTestRuns")
        found.sample = {"method": "random", "count": max(int(runs), 1)}
        if stochastic.get("randomSeed") is not None:
            found.seed = int(abs(parameters.number(stochastic, "randomSeed"))) % 2**63
        for one in stochastic.findall("StochasticDistribution"):
            _drawn(one, parameters, found)
    return found


def _uses(name: str, parameters: Parameters) -> list[Use]:
    """Return what follows a parameter, and say so if nothing does."""
    uses = parameters.uses.get(name, [])
    if not uses:
        kept = parameters.declared.get(name)
        parameters.note(f"${name} varies, and no axis follows it alone: it stays at {kept!r}")
    return uses


def _listed(values: list[Value], axis: str, found: Varied) -> None:
    once = list(dict.fromkeys(values))
    if len(once) == 1:
        found.fixed[axis] = once[0]
    else:
        found.vary[axis] = once


def _single(told: Xml.Element, parameters: Parameters, found: Varied) -> None:
    name = told.get("parameterName", "")
    uses = _uses(name, parameters)
    if not uses:
        return
    spread = told.find("DistributionRange")
    if spread is not None:
        low, high = _ends(spread, parameters)
        step = parameters.number(spread, "stepWidth")
        if not step > 0 or not low <= high or (high - low) / step >= _MOST:
            raise ValueError(f"the range of ${name} goes from {low:g} to {high:g} in steps of {step:g}; steps are "
                             f"above 0, and at most {_MOST}")  # fmt: skip
        texts = [repr(low + i * step) for i in range(int((high - low) / step + 1e-9) + 1)]
    else:
        texts = [parameters.text(one, "value") for one in told.findall("DistributionSet/Element")]
    if not texts:
        parameters.note(f"the distribution of ${name} is user-defined, and is left out")
        return
    _together([{use.measure.axis: use.measure.value(text) for use in uses} for text in texts], found)


def _ends(holder: Xml.Element, parameters: Parameters) -> tuple[float, float]:
    ends = holder.find("Range")
    if ends is None:
        raise ValueError(f"<{holder.tag}> has no <Range>")
    return parameters.number(ends, "lowerLimit"), parameters.number(ends, "upperLimit")


def _sets(told: Xml.Element, parameters: Parameters, found: Varied) -> None:
    """Take sets of values of several parameters."""
    rows: list[dict[str, Value]] = []
    for one in told.findall("ValueSetDistribution/ParameterValueSet"):
        row: dict[str, Value] = {}
        for assignment in one.findall("ParameterAssignment"):
            name = parameters.text(assignment, "parameterRef").removeprefix("$")
            text = parameters.text(assignment, "value")
            row |= {use.measure.axis: use.measure.value(text) for use in _uses(name, parameters)}
        if row:
            rows.append(row)
    _together(rows, found)


def _together(rows: list[dict[str, Value]], found: Varied) -> None:
    """Take values that go together: each axis over its values, and a constraint that leaves these alone."""
    rows = [row for place, row in enumerate(rows) if row not in rows[:place]]
    if len(rows[0] if rows else ()) > 1 and len(rows) > _MOST_SETS:
        raise ValueError(f"{len(rows)} sets of parameter values are given, and at most {_MOST_SETS} are taken")
    axes = sorted({axis for row in rows for axis in row})
    if any(set(row) != set(axes) for row in rows):
        raise ValueError("sets of parameter values do not all assign the same parameters")
    for axis in axes:
        _listed([row[axis] for row in rows], axis, found)
    free = [axis for axis in axes if axis in found.vary]
    if len(free) > 1:
        texts = [" and ".join(f"{axis} == {_written(row[axis])}" for axis in free) for row in rows]
        found.constraints.append(" or ".join(f"({text})" for text in dict.fromkeys(texts)))


def _written(value: Value) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _drawn(told: Xml.Element, parameters: Parameters, found: Varied) -> None:
    name = told.get("parameterName", "")
    uses = _uses(name, parameters)
    if not uses:
        return
    for other in uses[1:]:
        parameters.note(f"${name} also sets {other.where}, which stays as declared: one axis follows what is drawn")
    use = uses[0]
    kind = next(iter(told), None)
    tag = "" if kind is None else kind.tag
    measure = use.measure
    if kind is not None and tag == "ProbabilityDistributionSet":
        rows: dict[Value, float] = {}
        for one in kind.findall("Element"):
            value = measure.value(parameters.text(one, "value"))
            rows[value] = rows.get(value, 0.0) + parameters.number(one, "weight")
        _weighted(rows, measure.axis, found)
    elif kind is None or tag == "UserDefinedDistribution":
        parameters.note(f"the distribution of ${name} is user-defined, and is left out")
    elif measure.words:
        parameters.note(f"${name} is a word, and a <{tag}> has none: it stays as declared")
    elif tag == "PoissonDistribution":
        _poisson(kind, parameters, measure, found)
    elif tag in ("UniformDistribution", "NormalDistribution", "Histogram"):
        found.vary[measure.axis] = _curve(kind, parameters, measure, name)
    else:
        parameters.note(f"a <{tag}> is not known: ${name} stays as declared")


def _weighted(rows: dict[Value, float], axis: str, found: Varied) -> None:
    kept = {value: weight for value, weight in rows.items() if weight > 0}
    if len(kept) == 1:
        found.fixed[axis] = next(iter(kept))
    else:
        found.vary[axis] = {"weights": [[value, weight] for value, weight in kept.items()]}


def _poisson(told: Xml.Element, parameters: Parameters, measure: Measure, found: Varied) -> None:
    """Take a Poisson distribution number by number, as an axis counts what the parameter counts in other units."""
    mean = parameters.number(told, "expectedValue")
    if not 0 < mean <= 10_000:
        raise ValueError(f"expectedValue of <PoissonDistribution>: {mean:g} is not above 0, or above 10,000")
    low, high = _ends(told, parameters) if told.find("Range") is not None else (0.0, math.inf)
    reach = 8 * math.sqrt(mean) + 8
    rows: dict[Value, float] = {}
    for count in range(math.ceil(max(low, mean - reach, 0)), int(min(high, mean + reach)) + 1):
        weight = math.exp(count * math.log(mean) - math.lgamma(count + 1) - mean)
        value = measure.value(str(count))
        rows[value] = rows.get(value, 0.0) + weight
    if not rows:
        raise ValueError("a <PoissonDistribution> has no whole number in its <Range>")
    _weighted(rows, measure.axis, found)


def _curve(told: Xml.Element, parameters: Parameters, measure: Measure, name: str) -> dict[str, Any]:
    ends = _ends(told, parameters) if told.find("Range") is not None else None
    if told.tag == "UniformDistribution":
        low, high = _mapped(ends or _ends(told, parameters), measure, name)
        return {"from": low, "to": high}
    if told.tag == "NormalDistribution":
        variance = parameters.number(told, "variance")
        if variance <= 0:
            raise ValueError(f"variance of <NormalDistribution>: {variance:g} is not above 0")
        middle = parameters.number(told, "expectedValue")
        written: dict[str, Any] = {"deviation": math.sqrt(variance) * abs(measure.scale)}
        if ends is None:
            return {"mean": measure.value(repr(middle)), **written}
        low, high = _mapped(ends, measure, name)
        mean = middle * measure.scale + measure.offset
        if measure.turn:
            mean += low - min(end * measure.scale + measure.offset for end in ends)
        return {"mean": mean, **written, "from": low, "to": high}
    bins = []
    for one in told.findall("Bin"):
        low, high = _mapped(_ends(one, parameters), measure, name)
        bins.append([low, high, parameters.number(one, "weight")])
    return {"bins": sorted(bins)}


def _mapped(ends: tuple[float, float], measure: Measure, name: str) -> tuple[float, float]:
    """Return a range on the axis, lower end first; a range of directions may not pass 0."""
    low, high = sorted(end * measure.scale + measure.offset for end in ends)
    if measure.turn:
        shift = math.floor(low / measure.turn) * measure.turn
        low, high = low - shift, high - shift
        if high > measure.turn:
            raise ValueError(f"the range of ${name} passes the direction at which {measure.axis} begins to count; "
                             "split it in two files")  # fmt: skip
    low, high = (float(f"{min(max(end, measure.low), measure.high):.12g}") for end in (low, high))
    return low, high


def constraints_of(root: Xml.Element, parameters: Parameters) -> list[str]:
    """Return the constraints of parameter declarations, of those that an axis follows."""
    found: list[str] = []
    for declaration in root.iter("ParameterDeclaration"):
        groups = declaration.findall("ConstraintGroup")
        name = declaration.get("name", "")
        uses = parameters.uses.get(name, [])
        if not groups:
            continue
        if not uses:
            parameters.note(f"constraints of ${name} are left out: no axis follows it alone")
            continue
        measure = uses[0].measure
        if measure.turn or any(one.get("rule") not in _RULES for group in groups for one in group):
            parameters.note(f"constraints of ${name} are left out: they cannot be told of {measure.axis}")
            continue
        either = [" and ".join(_rule(one, measure) for one in group.findall("ValueConstraint")) for group in groups]
        found.append(either[0] if len(either) == 1 else " or ".join(f"({text})" for text in either))
    return found


def _rule(told: Xml.Element, measure: Measure) -> str:
    sign = _RULES[told.get("rule", "")]
    if measure.scale < 0:
        sign = _TURNED.get(sign, sign)
    if not measure.words:
        number(told.get("value", ""))
    return f"{measure.axis} {sign} {_written(measure.value(told.get('value', '')))}"
