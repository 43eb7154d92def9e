"""Carrying a plan out: steps that can share a pass wait for it, the others are carried out by themselves.

Steps keep the order they were written in: one that cannot join lets what waits run first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domainaug._albumentations.tree import Step
from domainaug.pipeline.alone import carry_out
from domainaug.pipeline.passes import Passes
from domainaug.pipeline.state import State

__all__ = ["execute"]


def execute(steps: Sequence[Step], state: State, *, fused: bool = True) -> dict[str, Any]:
    """Apply every step, and return the data with pictures in the type they came in.

    Args:
        steps: The plan.
        state: The state of the call.
        fused: Let consecutive steps share a pass; else each that could has one of its own.
    """
    passes = Passes(state)
    for step in steps:
        joined = passes.join(step)
        if not (joined and fused):
            passes.run()
        if not joined:
            carry_out(state, step)
    passes.run()
    return state.finish()
