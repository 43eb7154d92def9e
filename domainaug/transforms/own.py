"""What all of our transforms have in common: names held strictly, values in their own unit, and a lasting name."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError, UnknownName

__all__ = ["Own", "Ranged", "draw_key", "governed", "spacing_of", "value_range_of"]

Array = NDArray[Any]

_PACKAGE = "domainaug.transforms"


class Own:
    """Mixed into an albumentations class, before it.

    Attributes:
        value_kind: Pictures come as they are, in their unit.
        draws_from: "shape": drawing looks at sizes alone, so a step before it may still be pending; "picture": at the
            picture, so what is pending runs before, while it may share a pass with what follows; "alone": no pass.
        regrids: What it changes is the voxels that the patient is shown on, and not where things are in the patient.
        neutral: Constructor parameter to the value that does nothing, for strength.
        governs: Effect to the constructor parameters that govern it, the strongest first, for narrowing.
    """

    value_kind: ClassVar[str] = "native"
    draws_from: Literal["shape", "picture", "alone"] = "shape"
    regrids: ClassVar[bool] = False
    neutral: ClassVar[Mapping[str, float]] = {}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def __new__(cls, *args: Any, **given: Any) -> Any:
        """Refuse unknown parameters, which albumentations would warn about and forget."""
        legal = [name for name in inspect.signature(cls.__init__).parameters if name != "self"]
        for name in given:
            if name not in legal:
                raise UnknownName("parameter", name, legal, where=cls.__name__)
        return super().__new__(cls)

    def get_transform_init_args_names(self) -> tuple[str, ...]:
        """Return what its own constructor takes, which need not be all that those it derives from take."""
        legal = inspect.signature(type(self).__init__).parameters
        return tuple(name for name in super().get_transform_init_args_names() if name in legal)  # type: ignore[misc]

    def apply_to_images(self, images: Array, **params: Any) -> Array:
        """Return pictures changed, all by the same draw."""
        apply = getattr(self, "apply")  # noqa: B009 - that of the class it is mixed into
        return np.stack([apply(image, **params) for image in images])

    def apply_to_volumes(self, volumes: Array, **params: Any) -> Array:
        """Return volumes changed, all by the same draw."""
        apply = getattr(self, "apply_to_volume")  # noqa: B009
        return np.stack([apply(volume, **params) for volume in volumes])

    @classmethod
    def get_class_fullname(cls) -> str:
        """Return the name saved pipelines hold, which does not tell the file the class is in."""
        inside = cls.__module__.startswith(f"{_PACKAGE}.")
        return f"{_PACKAGE if inside else cls.__module__}.{cls.__qualname__}"


class Ranged(Own):
    """Mixed in likewise: a transform that has to know what values mean, and keeps that with its draw."""

    @abstractmethod
    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters of one application; all chance is here.

        Args:
            data: The call's; only sizes, `spacing` and `value_range` may be looked at.
        """

    def get_params_dependent_on_data(self, params: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw, and keep what values mean."""
        return {"value_range": value_range_of(data, type(self).__name__), **self.draw(data)}


def governed(effects: Sequence[str], *parameters: str) -> dict[str, tuple[str, ...]]:
    """Return what `governs` holds for effects that follow the same parameters."""
    return dict.fromkeys(effects, parameters)


def draw_key(generator: np.random.Generator) -> int:
    """Return 64 bits that name one field of noise."""
    return int(generator.integers(2**64, dtype=np.uint64))


def value_range_of(data: Mapping[str, Any], asking: str) -> tuple[float, float]:
    """Return (low, high), what values mean: as a pipeline says, else by the type of the picture.

    A `Pipeline` always says. In a plain Compose unsigned integers span their whole type, and floats within [0, 1]
    span that; `value_range=` beside the picture says otherwise.

    Raises:
        ImageError: Nothing says.
    """
    if data.get("value_range") is not None:
        low, high = data["value_range"]
        return float(low), float(high)
    picture = next((data[name] for name in ("image", "volume", "images", "volumes") if name in data), None)
    dtype = getattr(picture, "dtype", None)
    if "value_range" not in data and picture is not None and dtype is not None:
        if dtype.kind == "u":
            return 0.0, float(np.iinfo(dtype).max)
        if dtype.kind == "f" and np.size(picture) and np.min(picture) >= 0 and np.max(picture) <= 1:
            return 0.0, 1.0
    raise ImageError(
        f"{asking} needs to know what the values mean, and {dtype} alone does not tell; pass value_range=(low, high) "
        "to the pipeline or the call, such as (-1024, 3071) for CT in HU"
    )


def spacing_of(data: Mapping[str, Any], own: tuple[float, ...] | None, axes: int) -> tuple[float, ...] | None:
    """Return mm from one place to the next along the last `axes` axes of an array, or None where nothing says.

    Args:
        data: Of the call; its `spacing` is (rows, columns) or (slices, rows, columns).
        own: What the transform was told, used where the call says less.
        axes: 2 for pictures, 3 for volumes.
    """
    for told in (data.get("spacing"), own):
        if told is not None and len(told) >= axes:
            return tuple(float(each) for each in told[-axes:])
    return None
