"""A frozen world and the axes to vary it along: one mechanism for every simulator.

A simulator says which axes its worlds have (`Axis`). A scenario, a YAML file, fixes some of them and varies others; a
`Variant` is one point. The library samples, holds points against constraints and a profile's limits, tells how well
they cover the space, and renders them through the same plan, workers and ledger as everything else
(`domainaug.run.simulating`). Simulators are found by the entry point `domainaug.simulators`.

    axes.py            what can vary; ranges and lists
    distributions.py   normal, Poisson, histograms, weights
    spreads.py         from what is written to one of these
    constraints.py     which points are no points: a small language, read and never evaluated as Python
    sampling.py        grid, Latin hypercube, Sobol, random
    coverage.py        what a set of points covers
    model.py           `Scenario`: the file
    planning.py        from a scenario to its variants
    simulator.py       the protocol that a simulator fulfils, and finding one
"""

from domainaug.scenario.axes import Axis, Choices, Range, Value
from domainaug.scenario.constraints import Constraint
from domainaug.scenario.coverage import Coverage, coverage_of
from domainaug.scenario.model import Sampling, Scenario, read_scenario
from domainaug.scenario.planning import Variant, plan_variants
from domainaug.scenario.simulator import Rendered, Simulator, Stage, World, find_simulators, simulator_named

__all__ = [
    "Axis",
    "Choices",
    "Constraint",
    "Coverage",
    "Range",
    "Rendered",
    "Sampling",
    "Scenario",
    "Simulator",
    "Stage",
    "Value",
    "Variant",
    "World",
    "coverage_of",
    "find_simulators",
    "plan_variants",
    "read_scenario",
    "simulator_named",
]
