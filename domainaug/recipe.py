"""From the recipe of a profile, as it is written in YAML, to transforms.

A recipe is a list of one-key mappings, each a name and its parameters; compositions hold `transforms`. Names
come from a closed table: what albumentations exports, and our own. A name, a parameter or a value that is
not known is an error, where albumentations would warn and go on.

Strength takes every range toward what leaves the picture alone: 0 for angles, shifts and noise, 1 for
factors, 100 for gamma in percent and for compression quality. Half the strength is half the way. `p` stays,
but for transforms that have no range to shrink, such as a mirror: they happen less often instead. At 0
nothing happens.
"""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2

from domainaug._albumentations import A
from domainaug.errors import ProfileError, UnknownName
from domainaug.profile.recipe import NOT_IN_RECIPES, parameter_names, recipe_classes
from domainaug.profile.recipe_shape import COMPOSITIONS

__all__ = ["build_recipe", "scaled_parameters"]

_NEUTRAL: Mapping[str, float] = MappingProxyType(
    # Ranges around 0: how far, how much.
    dict.fromkeys(
        [
            "rotate",
            "limit",
            "rotate_limit",
            "shear",
            "translate_percent",
            "translate_px",
            "shift_limit",
            "shift_limit_x",
            "shift_limit_y",
            "scale_limit",
            "brightness_limit",
            "contrast_limit",
            "brightness_range",
            "contrast_range",
            "hue_shift_limit",
            "sat_shift_limit",
            "val_shift_limit",
            "r_shift_limit",
            "g_shift_limit",
            "b_shift_limit",
            "std_range",
            "mean_range",
            "var_limit",
            "sigma_limit",
            "hue",
            "alpha",
            "distort_limit",
            "magnitude",
            "color_shift",
            "intensity",
            "amount",
            "scale_range_noise",
            "percent",
            "cutoff",
        ],
        0.0,
    )
    # Factors around 1.
    | dict.fromkeys(["multiplier", "saturation", "clip_limit", "lightness"], 1.0)
    | {"gamma_limit": 100.0, "quality_range": 100.0}
)
"""Parameter to its value in a transform that does nothing, where it means the same in every transform."""

_OWN_NEUTRAL: Mapping[tuple[str, str], float] = MappingProxyType(
    {
        ("Affine", "scale"): 1.0,
        ("Perspective", "scale"): 0.0,
        ("PiecewiseAffine", "scale"): 0.0,
        ("RandomScale", "scale_limit"): 0.0,
        ("RandomResizedCrop", "scale"): 1.0,
        ("RandomResizedCrop", "ratio"): 1.0,
        ("ThinPlateSpline", "scale_range"): 0.0,
        ("Downscale", "scale_range"): 1.0,
        ("ShotNoise", "scale_range"): 0.0,
        ("ColorJitter", "brightness"): 1.0,
        ("ColorJitter", "contrast"): 1.0,
        ("RandomToneCurve", "scale"): 0.0,
        ("Posterize", "num_bits"): 7.0,
        ("CropAndPad", "px"): 0.0,
    }
)
"""The same where the meaning depends on the transform."""

_KERNELS = frozenset(("blur_limit",))  # odd sizes from 3; 0 lets sigma decide
_WHOLE = frozenset(("translate_px", "px", "quality_range", "num_bits"))
_FLAGS = frozenset(("interpolation", "mask_interpolation", "border_mode"))


def build_recipe(
    recipe: Sequence[Mapping[str, Any]], *, strength: float = 1.0, path: Path | str | None = None
) -> list[Any]:
    """Return the transforms a recipe names.

    Args:
        recipe: One-key mappings, as written.
        strength: From 0, nothing, to 1, as written.
        path: The file it comes from, for errors.

    Raises:
        UnknownName: A transform or parameter is not known; names the nearest.
        ProfileError: An entry has the wrong shape, or a value is not allowed.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"strength: a number from 0 to 1 is needed, got {strength!r}")
    return [_build(entry, f"recipe[{index}]", float(strength), path) for index, entry in enumerate(recipe)]


def _build(entry: Any, where: str, strength: float, path: Path | str | None) -> Any:
    if isinstance(entry, str):
        entry = {entry: None}
    if not isinstance(entry, Mapping) or len(entry) != 1:
        raise ProfileError(f"{where}: one name with its parameters is needed, got {entry!r}", path=path)
    name, given = next(iter(entry.items()))
    parameters = {} if given is None else given
    if not isinstance(name, str) or not isinstance(parameters, Mapping):
        raise ProfileError(f"{where}: parameters of {name} have to be a mapping, got {given!r}", path=path)
    place = f"{path}: {where}" if path is not None else where
    known = recipe_classes()
    if name in NOT_IN_RECIPES:
        raise ProfileError(f"{where}: {name} is not for recipes: {NOT_IN_RECIPES[name]}", path=path)
    if name not in known:
        raise UnknownName("transform", name, known, where=place)
    cls = known[name]
    _refuse_unknown(cls, parameters, place)
    if name in COMPOSITIONS:
        return _composition(cls, parameters, where, strength, path)
    scaled = scaled_parameters(cls, {key: _plain(key, value) for key, value in parameters.items()}, strength)
    return _made(cls, scaled, where, path)


def _composition(cls: type, parameters: Mapping[str, Any], where: str, strength: float, path: Path | str | None) -> Any:
    name = cls.__name__
    inner = parameters.get("transforms")
    if not isinstance(inner, Sequence) or isinstance(inner, str) or not inner:
        raise ProfileError(f"{where}: {name} needs a list of transforms, got {inner!r}", path=path)
    built = [_build(entry, f"{where}.{name}[{index}]", strength, path) for index, entry in enumerate(inner)]
    if not any(transform.p > 0 for transform in built):
        return A.NoOp(p=0)  # OneOf divides by the sum of p
    return _made(cls, {**{k: _plain(k, v) for k, v in parameters.items()}, "transforms": built}, where, path)


def _refuse_unknown(cls: type, parameters: Mapping[str, Any], place: str) -> None:
    legal = [x for x in parameter_names(cls) if x != "strict"]
    for key in parameters:
        if key not in legal:
            raise UnknownName("parameter", str(key), legal, where=f"{place}: {cls.__name__}")


def _made(cls: type, parameters: Mapping[str, Any], where: str, path: Path | str | None) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice to use another transform is no fault of the recipe
        strict = {"strict": True} if "InitSchema" in cls.__dict__ else {}  # else it goes on with defaults
        try:
            return cls(**parameters, **strict)
        except (ValueError, TypeError, AssertionError) as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            # Of pydantic's message: the parameter and what is wrong with it, without the link to its manual.
            reason = " ".join(line.partition(" [type=")[0] for line in lines[1:3]) or (lines or ["refused"])[0]
            reason = reason.removeprefix(f"{cls.__name__}: ")  # ours say so themselves
            raise ProfileError(f"{where}: {cls.__name__}: {reason}", path=path) from error


def _plain(key: str, value: Any) -> Any:
    """Return a YAML value as albumentations takes it: lists as tuples, OpenCV's flags by name."""
    if key in _FLAGS and isinstance(value, str) and value.startswith(("INTER_", "BORDER_")):
        flag = getattr(cv2, value, None)
        return value if flag is None else int(flag)
    if isinstance(value, Mapping):
        return {str(inner): _plain("", entry) for inner, entry in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_plain("", entry) for entry in value)
    return value


def scaled_parameters(cls: type, parameters: Mapping[str, Any], strength: float) -> dict[str, Any]:
    """Return constructor parameters taken toward neutral.

    Args:
        cls: The transform; parameters left out of `parameters` are its defaults.
        parameters: As written.
        strength: 1 leaves them as they are, 0 lets nothing happen.
    """
    if strength == 1:
        return dict(parameters)
    signature = inspect.signature(cls.__init__).parameters  # type: ignore[misc]
    full = {
        name: parameter.default
        for name, parameter in signature.items()
        if parameter.default is not inspect.Parameter.empty and name != "p"
    }
    full.update(parameters)
    out = dict(parameters)
    said: Mapping[str, float] = getattr(cls, "neutral", {})  # our own transforms may say
    any_range = False
    for name, value in full.items():
        neutral = said.get(name, _OWN_NEUTRAL.get((cls.__name__, name), _NEUTRAL.get(name)))
        if name in _KERNELS:
            out[name] = _toward(value, 1.0, strength, _odd, least=3.0)
        elif neutral is not None:
            out[name] = _toward(value, neutral, strength, _whole if name in _WHOLE else float)
            any_range = any_range or _says_something(value, neutral)
    usual = signature["p"].default if "p" in signature else 0.5
    p = float(parameters.get("p", usual))
    out["p"] = 0.0 if strength == 0 else p if any_range else p * strength
    return out


def _says_something(value: Any, neutral: float) -> bool:
    values = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple | list) else (value,)
    return any(
        _says_something(x, neutral) if isinstance(x, Mapping | tuple | list) else _is_number(x) and x != neutral
        for x in values
    )


def _toward(
    value: Any, neutral: float, strength: float, rounded: Callable[[float], float], least: float = -math.inf
) -> Any:
    if isinstance(value, Mapping):
        return {key: _toward(entry, neutral, strength, rounded, least) for key, entry in value.items()}
    if isinstance(value, tuple | list):
        return tuple(_toward(entry, neutral, strength, rounded, least) for entry in value)
    if not _is_number(value) or value < least:  # a kernel of 0 lets sigma decide
        return value
    return rounded(neutral + (value - neutral) * strength)


def _whole(moved: float) -> int:
    return round(moved)


def _odd(moved: float) -> int:
    """Return the largest odd kernel not above `moved`, from 3."""
    return max(3, int(moved) - (int(moved) + 1) % 2)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
