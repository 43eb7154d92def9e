"""Which constructor parameter governs an effect, and how to rebuild a transform with another value."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from domainaug._albumentations import A
from domainaug.errors import UnknownName

__all__ = ["GOVERNS", "parameter_for", "with_parameter"]

GOVERNS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "Affine": {"rotation": "rotate", "scale": "scale", "aspect": "scale", "shear": "shear"},
        "ShiftScaleRotate": {
            "rotation": "rotate_limit",
            "scale": "scale_limit",
            "aspect": "scale_limit",
            "shift": "shift_limit",
        },
        "Rotate": {"rotation": "limit"},
        "RandomBrightnessContrast": {"brightness": "brightness_limit", "contrast": "contrast_limit"},
    }
)
"""Class name to effect to the constructor parameter that governs it."""


def parameter_for(transform: A.BasicTransform, effect: str) -> tuple[str, ...]:
    """Return the parameters of `transform` that govern `effect`, the strongest first; often one, or none."""
    found = GOVERNS.get(type(transform).__name__, {}).get(effect)
    return (found,) if found else ()


def with_parameter(transform: A.BasicTransform, name: str, value: Any) -> A.BasicTransform:
    """Return a new transform like `transform`, p included, with one constructor parameter changed.

    Raises:
        UnknownName: The transform has no such parameter.
        ValueError: albumentations refuses the value.
    """
    arguments = {**transform.get_transform_init_args(), "p": transform.p}
    if name not in arguments:
        raise UnknownName("parameter", name, arguments, where=type(transform).__name__)
    return type(transform)(**{**arguments, name: value})
