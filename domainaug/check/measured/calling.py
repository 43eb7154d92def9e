"""One way to call a callable, and what comes back made alike: channels last, in the frame's value range."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured.chart import Output, Probe

__all__ = ["Factory", "Returned", "Style", "alike", "decoded", "plain"]


class Factory(TypeError):
    """What was called gives back something to call, instead of a picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """What one call gave back.

    Attributes:
        image: The array, rows first and channels last where it has them, or None when nothing came back.
        masks: What became of the coordinate masks, or None.
        changed_input: Whether the array that was handed over has changed.
        native: Whether `image` comes as it was given: an array in, an array out.
    """

    image: NDArray[Any] | None
    masks: tuple[NDArray[Any], NDArray[Any]] | None = None
    changed_input: bool = False
    native: bool = True

    @property
    def output(self) -> Output:
        """The picture and its masks; only when something came back."""
        assert self.image is not None
        return Output(self.image, self.masks)


@dataclass(frozen=True, slots=True)
class Style:
    """One way to call.

    Attributes:
        name: For reports: "image", "image and mask", "PIL image" ...
        call: Calls the target once on a probe.
        kind: What it hands over: "array", "PIL" or "tensor".
    """

    name: str
    call: Callable[[Any, Probe], Returned]
    kind: str = "array"


def alike(
    result: Any,
    probe: Probe,
    given: NDArray[Any] | None,
    masks: tuple[NDArray[Any], NDArray[Any]] | None = None,
) -> Returned:
    """Make an answer alike; `given` is the array handed over, None where it was no array in the frame's range.

    Raises:
        Factory: The answer is itself a callable, and no picture.
    """
    if callable(result) and not hasattr(result, "__array__") and not hasattr(result, "detach"):
        kind = getattr(result, "__qualname__", type(result).__name__)
        raise Factory(
            f"it returns {kind}, not a picture: it is a factory; name one that takes no arguments, "
            "such as module:make_train"
        )
    if isinstance(result, Mapping):
        result = result["image"]
    elif isinstance(result, list | tuple) and result:
        result = result[0]
    original = probe.image if given is None else probe.image.reshape(given.shape)
    changed = given is not None and not np.array_equal(given, original)
    if result is None:
        return Returned(None, masks, changed)
    native = isinstance(result, np.ndarray) and given is not None
    image = _channels_last(plain(result))
    if not native or (given is not None and image.dtype.kind == "f" and probe.dtype.kind in "iu"):
        image = decoded(image, probe)
    return Returned(image, masks, changed, native)


def _channels_last(image: NDArray[Any]) -> NDArray[Any]:
    if image.ndim == 4 and image.shape[0] == 1:
        image = image[0]
    if image.ndim == 3 and image.shape[0] in (1, 3) and image.shape[2] not in (1, 3):
        image = image.transpose(1, 2, 0)
    return image


def plain(values: Any) -> NDArray[Any]:
    """Return an array of an array, a PIL image or a tensor on any device."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        values = values.float() if str(values.dtype) == "torch.bfloat16" else values
        values = values.numpy()
    return np.asarray(values)


_IMAGENET = (np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]))


def decoded(image: NDArray[Any], probe: Probe) -> NDArray[Any]:
    """Return values that come in shares of the range, or normalized, in the frame's range: that is encoding.

    The chart's own middle 96 % run from 0.15 to 0.8 of the range. Noise or light that goes a little beyond it
    is no encoding, so what decides is where the bulk of the values lies, not the extremes.
    """
    if image.dtype.kind != "f" or not image.size or not np.isfinite(image).all():
        return image
    low, high = float(image.min()), float(image.max())
    if high - low > 20 or high > 20:
        return image
    shares = image if low >= -0.02 and high <= 1.02 else _denormalized(image, probe)
    return np.asarray(shares * probe.frame.span + probe.frame.low, np.float32)


def _denormalized(image: NDArray[Any], probe: Probe) -> NDArray[Any]:
    dark, bright = (float(x) for x in np.quantile(image, [0.02, 0.98]))
    if dark < -0.6 and bright - dark > 2:
        is_scored = abs(float(image.mean())) < 0.03 and abs(float(image.std()) - 1) < 0.03
        if image.ndim == 3 and image.shape[2] == 3 and not is_scored:
            return np.asarray(image * _IMAGENET[1] + _IMAGENET[0])
        return np.asarray(image * probe.picture.std() + probe.picture.mean())
    if dark < -0.25 and bright <= 1.1:  # -1 to 1
        return np.asarray((image + 1) / 2)
    return image
