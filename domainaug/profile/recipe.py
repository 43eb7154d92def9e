"""A recipe's words: transforms and their parameters, held against what there really is.

Names are looked up in a closed table and nowhere else; nothing in a profile is imported. Kept apart from
reading, because it needs albumentations, which takes seconds to import.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

from domainaug.errors import ProfileError, UnknownName, nearest
from domainaug.profile.model import Profile
from domainaug.profile.reading import Where
from domainaug.profile.recipe_shape import COMPOSITIONS, steps

__all__ = ["NOT_IN_RECIPES", "parameter_names", "recipe_classes", "validate_recipe"]

NOT_IN_RECIPES: Mapping[str, str] = MappingProxyType(
    {
        "Compose": "the profile makes the outermost one itself",
        "ReplayCompose": "the profile's own pipeline keeps a record",
        "SelectiveChannelTransform": "profiles say what happens to whole images",
        "Lambda": "a profile holds no code",
        "FDA": "it reads pictures from files",
        "HistogramMatching": "it reads pictures from files",
        "PixelDistributionAdaptation": "it reads pictures from files",
        "TemplateTransform": "it needs pictures, which a profile does not hold",
        "OverlayElements": "it needs pictures, which a profile does not hold",
        "Mosaic": "it needs pictures, which a profile does not hold",
        "TextImage": "it reads a font from a file",
    }
)
"""What albumentations has and a recipe may not name, and why."""


@cache
def recipe_classes() -> Mapping[str, type[Any]]:
    """Return every class a recipe may name: albumentations' concrete transforms, compositions, and our own."""
    from domainaug._albumentations import A

    found: dict[str, type[Any]] = {}
    for name in dir(A):
        one = getattr(A, name)
        if not isinstance(one, type) or name in NOT_IN_RECIPES:
            continue
        concrete = issubclass(one, A.BasicTransform) and one not in _SKELETONS(A)
        if concrete or name in COMPOSITIONS:
            found[name] = one
    if find_spec("domainaug.transforms") is not None:
        found.update(import_module("domainaug.transforms").TRANSFORMS)
    return MappingProxyType(found)


def _SKELETONS(A: Any) -> tuple[type[Any], ...]:  # noqa: N802, N803
    return (A.BasicTransform, A.DualTransform, A.ImageOnlyTransform, A.Transform3D)


def parameter_names(transform: type[Any]) -> tuple[str, ...]:
    """Return the names of the parameters that a class takes."""
    signature = inspect.signature(transform.__init__)
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return tuple(name for name, one in signature.parameters.items() if one.kind in kinds and name != "self")


def validate_recipe(profile: Profile) -> None:
    """Hold that every transform of the recipe exists and takes the parameters it is given.

    Args:
        profile: Any; one without a recipe passes.

    Raises:
        ProfileError: With the place and the nearest right name, or what the transform itself objects to.
    """
    classes = recipe_classes()
    for name, parameters, road in steps(profile.recipe):
        if name not in classes:
            why = NOT_IN_RECIPES.get(name)
            unknown = UnknownName("transform", name, classes)
            raise _fault(profile, f"{name} is not for recipes: {why}" if why else str(unknown), road)
        legal = parameter_names(classes[name])
        for parameter in parameters:
            if parameter not in legal:
                close = nearest(parameter, legal)
                hint = f"did you mean {close!r}?" if close else "known: " + ", ".join(sorted(legal))
                message = f"{name} has no parameter called {parameter!r}; {hint}"
                raise _fault(profile, message, (*road, parameter))
        if name not in COMPOSITIONS:
            _try(profile, classes[name], parameters, road)


def _try(profile: Profile, transform: type[Any], parameters: Mapping[str, Any], road: Where) -> None:
    """Build the transform once: its own validation knows which values are legal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            transform(**{key: _as_tuple(value) for key, value in parameters.items()})
        except Exception as error:  # third-party constructors raise whatever they like
            where, what = _objection(error, parameters)
            what = what.removeprefix(f"{transform.__name__}: ")  # ours say so themselves
            place = (*road, where) if where else road
            message = f"{transform.__name__}: {where + ': ' if where else ''}{what}"
            raise _fault(profile, message, place) from None


def _as_tuple(value: Any) -> Any:
    return tuple(_as_tuple(item) for item in value) if isinstance(value, list) else value


def _objection(error: Exception, parameters: Mapping[str, Any]) -> tuple[str, str]:
    """Return which parameter is meant, or "", and what is wrong with it, in one line."""
    rows = getattr(error.__cause__ or error, "errors", None)
    if callable(rows):
        first = rows()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        if first["type"] == "missing":
            return "", f"{name!r} is missing"
        return (
            name if name in parameters else ""
        ), f"{first['msg'].removeprefix('Value error, ')}, got {first.get('input')!r}"
    told = str(error).strip().splitlines()
    return "", told[0] if told else type(error).__name__


def _fault(profile: Profile, message: str, road: Where) -> ProfileError:
    """Return the error at the place where the step was written, which may be a parent's file."""
    here = road
    while here and here not in profile.recipe_places:
        here = here[:-1]
    place = profile.recipe_places.get(here)
    if place is None:
        return ProfileError(f"recipe: {message}", path=profile.path or profile.id)
    return ProfileError(f"recipe: {message}", path=place[0] or profile.id, line=place[1], column=place[2])
