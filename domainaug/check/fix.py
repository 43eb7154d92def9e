"""Writing fixes: a new pipeline in which what was found no longer happens."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from domainaug._albumentations import A
from domainaug.check.finding import Fix
from domainaug.check.settle import remake
from domainaug.errors import DomainAugError

if TYPE_CHECKING:
    from domainaug.check.report import Report

__all__ = ["apply_fixes", "apply_to"]


def apply_fixes(pipeline: A.BaseCompose, report: Report) -> A.BaseCompose:
    """Return a copy of `pipeline` with every fix of `report` applied; the pipeline itself is not touched.

    Args:
        pipeline: The Compose that was checked.
        report: What the check said of it.

    Raises:
        DomainAugError: The report belongs to another pipeline, or the target is no Compose.
    """
    return apply_to(pipeline, [finding.fix for finding in report.findings if finding.fix is not None])


def apply_to(pipeline: A.BaseCompose, fixes: Sequence[Fix]) -> A.BaseCompose:
    """Return a copy of `pipeline` with `fixes` applied; a removal beats a clamp of the same step."""
    if not isinstance(pipeline, A.BaseCompose):
        raise DomainAugError(
            f"fixes are written into an albumentations Compose, not into a {type(pipeline).__name__}; wrap it in one"
        )
    try:
        fixed = copy.deepcopy(pipeline)
    except Exception as fault:
        raise DomainAugError(f"fixes are written into a copy, and a step cannot be copied: {fault}") from None
    removed = {fix.path for fix in fixes if fix.action == "remove"}
    for fix in fixes:
        if fix.action == "clamp" and fix.path not in removed:
            parent = _parent(fixed, fix)
            old = parent.transforms[fix.path[-1]]
            parent.transforms[fix.path[-1]] = _in_place_of(old, remake(old, fix.parameter, fix.new))
    for path in sorted(removed, reverse=True):
        fix = next(x for x in fixes if x.path == path and x.action == "remove")
        parent = _parent(fixed, fix)
        if isinstance(parent, A.OneOrOther):  # without the other, the one would always run
            parent.transforms[path[-1]] = _in_place_of(parent.transforms[path[-1]], A.NoOp(p=1))
        else:
            del parent.transforms[path[-1]]
    _tidy(fixed)
    return fixed


def _in_place_of(old: A.BasicTransform, new: A.BasicTransform) -> A.BasicTransform:
    """Give a new step what its Compose had given the old one: targets, label processors, random streams."""
    new.add_targets(dict(getattr(old, "_additional_targets", {})))
    new.set_processors(old.processors)
    new.set_random_state(old.random_generator, old.py_random)
    return new


def _parent(pipeline: A.BaseCompose, fix: Fix) -> Any:
    node: Any = pipeline
    try:
        for index in fix.path[:-1]:
            node = node.transforms[index]
        found = type(node.transforms[fix.path[-1]]).__name__
    except (AttributeError, IndexError):
        found = "nothing"
    if found != fix.transform:
        place = ".".join(str(index) for index in fix.path)
        raise DomainAugError(f"step {place} is {found}, not {fix.transform}: the report is of another pipeline")
    node.transforms = list(node.transforms)
    return node


def _tidy(node: A.BaseCompose) -> bool:
    """Drop containers that were emptied and set weights anew; say whether anything is left."""
    for child in list(node.transforms):
        if isinstance(child, A.BaseCompose) and not _tidy(child):
            node.transforms = [x for x in node.transforms if x is not child]
    if not node.transforms:
        return False
    if isinstance(node, A.OneOf | A.SomeOf):
        weights = [float(child.p) for child in node.transforms]
        total = sum(weights)
        if isinstance(node, A.OneOf):
            node.transforms_ps = [weight / total for weight in weights] if total else weights
    if isinstance(node, A.SomeOf) and not node.replace:
        node.n = min(node.n, len(node.transforms))
    return True
