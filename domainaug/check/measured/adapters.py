"""How a callable wants to be called: the styles that are tried, in order, and what comes back made alike.

NumPy, height x width x channels, comes first. A callable whose class comes from a library with another
custom is called that library's way at once, because some pass through in silence what they do not know.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured.chart import Output, Probe
from domainaug.check.measured.randomness import is_albumentations

__all__ = ["Returned", "Style", "styles_for"]


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
    """

    name: str
    call: Callable[[Any, Probe], Returned]


def styles_for(target: Any, *, masks: bool | None = None) -> tuple[Style, ...]:
    """Return the ways to try, most likely first.

    Args:
        target: The callable.
        masks: Whether it takes masks: None to find out, False to hand over the picture alone.
    """
    home = {kind.__module__.partition(".")[0] for kind in type(target).__mro__}
    if is_albumentations(target):
        return (_LABELED, _KEYWORD) if masks is not False else (_KEYWORD,)
    if "torchio" in home:
        return (_SUBJECT,)
    if "monai" in home:
        return (_CHANNELS_FIRST, _DICTIONARY_FIRST, _TENSOR)
    if home & {"torchvision", "kornia"}:
        return (_PIL, _TENSOR, _BATCH)
    plain = (_IMAGE, _COLUMN, _KEYWORD, _DICTIONARY, _PIL, _TENSOR, _CHANNELS_FIRST, _BATCH)
    paired = (_PAIR, _LABELED, _KEYWORD_PAIR)
    if masks is False:
        return plain
    if masks or _takes_two(target):
        return (*paired, *plain)
    return (*plain[:2], *paired[1:], *plain[2:])


def _takes_two(target: Any) -> bool:
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return False
    needed = [p for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len(needed) == 2


def _image(target: Any, probe: Probe) -> Returned:
    given = probe.image.copy()
    return _returned(target(given), probe, given)


def _column(target: Any, probe: Probe) -> Returned:
    given = probe.image.copy()
    given = given[..., None] if given.ndim == 2 else given
    return _returned(target(given), probe, given)


def _keyword(target: Any, probe: Probe) -> Returned:
    given = probe.image.copy()
    return _returned(target(image=given), probe, given)


def _dictionary(target: Any, probe: Probe) -> Returned:
    given = probe.image.copy()
    return _returned(target({"image": given}), probe, given)


def _labeled(target: Any, probe: Probe) -> Returned:
    given, masks = probe.image.copy(), [mask.copy() for mask in probe.masks]
    result = target(image=given, masks=masks)
    back = result["masks"]
    return _returned(result, probe, given, (np.asarray(back[0]), np.asarray(back[1])))


def _pair(target: Any, probe: Probe) -> Returned:
    given, label = probe.image.copy(), np.stack(probe.masks, axis=-1)
    result = target(given, label)
    return _returned(result[0], probe, given, _two(result[1]))


def _keyword_pair(target: Any, probe: Probe) -> Returned:
    given, label = probe.image.copy(), np.stack(probe.masks, axis=-1)
    result = target(image=given, mask=label)
    if isinstance(result, Mapping):
        return _returned(result, probe, given, _two(result["mask"]))
    return _returned(result[0], probe, given, _two(result[1]))


def _two(label: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    array = np.asarray(label)
    if array.ndim != 3 or array.shape[2] != 2:
        raise TypeError(f"a mask of two channels came back as {array.shape}")
    return array[..., 0], array[..., 1]


def _pil(target: Any, probe: Probe) -> Returned:
    from PIL import Image

    if probe.dtype != np.uint8:
        raise TypeError("PIL images hold levels of 0 to 255")
    return _returned(target(Image.fromarray(probe.image)), probe, None)


def _loaded(name: str) -> Any:
    """Return a library the target has imported; one it has not imported is none it can want."""
    if name not in sys.modules:
        raise TypeError(f"{name} is not imported")
    return sys.modules[name]


def _tensor(target: Any, probe: Probe) -> Returned:
    return _returned(target(_to_tensor(probe)), probe, None)


def _batch(target: Any, probe: Probe) -> Returned:
    return _returned(target(_to_tensor(probe)[None]), probe, None)


def _to_tensor(probe: Probe) -> Any:
    return _loaded("torch").from_numpy(np.ascontiguousarray(probe.picture.transpose(2, 0, 1)))


def _channels_first(target: Any, probe: Probe) -> Returned:
    given = np.ascontiguousarray(probe.picture.transpose(2, 0, 1))
    return _returned(target(given), probe, None)


def _dictionary_first(target: Any, probe: Probe) -> Returned:
    given = np.ascontiguousarray(probe.picture.transpose(2, 0, 1))
    result = target({"image": given, "label": np.stack(probe.masks)})
    label = np.asarray(result["label"])
    return _returned(result, probe, None, (label[0], label[1]))


def _subject(target: Any, probe: Probe) -> Returned:
    torch, torchio = _loaded("torch"), _loaded("torchio")
    flat = probe.picture.transpose(2, 1, 0)[..., None]  # channels, x, y, one slice
    labels = np.stack([mask.T for mask in probe.masks])[..., None]
    subject = torchio.Subject(
        image=torchio.ScalarImage(tensor=torch.from_numpy(np.ascontiguousarray(flat))),
        label=torchio.LabelMap(tensor=torch.from_numpy(np.ascontiguousarray(labels))),
    )
    result = target(subject)
    picture, label = (result[name].data.numpy()[..., 0].transpose(0, 2, 1) for name in ("image", "label"))
    return Returned(_rescaled(picture.transpose(1, 2, 0), probe), (label[0], label[1]), native=False)


_IMAGE = Style("image", _image)
_COLUMN = Style("image with a channel axis", _column)
_KEYWORD = Style("image=", _keyword)
_DICTIONARY = Style("dictionary", _dictionary)
_LABELED = Style("image= and masks=", _labeled)
_PAIR = Style("image and mask", _pair)
_KEYWORD_PAIR = Style("image= and mask=", _keyword_pair)
_PIL = Style("PIL image", _pil)
_TENSOR = Style("tensor, channels first", _tensor)
_BATCH = Style("batch of tensors", _batch)
_CHANNELS_FIRST = Style("array, channels first", _channels_first)
_DICTIONARY_FIRST = Style("dictionary, channels first", _dictionary_first)
_SUBJECT = Style("TorchIO subject", _subject)


def _returned(
    result: Any,
    probe: Probe,
    given: NDArray[Any] | None,
    masks: tuple[NDArray[Any], NDArray[Any]] | None = None,
) -> Returned:
    """Make an answer alike; `given` is the array handed over, None where it was no array in the frame's range."""
    if isinstance(result, Mapping):
        result = result["image"]
    elif isinstance(result, list | tuple) and result:
        result = result[0]
    original = probe.image if given is None else probe.image.reshape(given.shape)
    changed = given is not None and not np.array_equal(given, original)
    if result is None:
        return Returned(None, masks, changed)
    native = isinstance(result, np.ndarray) and given is not None
    if hasattr(result, "detach"):
        result = result.detach().cpu().numpy()
    image = _channels_last(np.asarray(result))
    if not native or (given is not None and image.dtype.kind == "f" and probe.dtype.kind in "iu"):
        image = _rescaled(image, probe)
    return Returned(image, masks, changed, native)


def _channels_last(image: NDArray[Any]) -> NDArray[Any]:
    if image.ndim == 4 and image.shape[0] == 1:
        image = image[0]
    if image.ndim == 3 and image.shape[0] in (1, 3) and image.shape[2] not in (1, 3):
        image = image.transpose(1, 2, 0)
    return image


_IMAGENET = (np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]))


def _rescaled(image: NDArray[Any], probe: Probe) -> NDArray[Any]:
    """Return values that come in shares of the range, or normalized, in the frame's range: that is encoding."""
    if image.dtype.kind != "f" or not image.size or not np.isfinite(image).all():
        return image
    low, high = float(image.min()), float(image.max())
    if high - low > 20 or high > 20:
        return image
    shares = image
    if low < -0.02 or high > 1.02:
        decoded = [(image + 1) / 2]
        if image.ndim == 3 and image.shape[2] == 3:
            decoded.insert(0, image * _IMAGENET[1] + _IMAGENET[0])
        fitting = [x for x in decoded if x.min() >= -0.02 and x.max() <= 1.02]
        shares = fitting[0] if fitting else image
    return np.asarray(shares * probe.frame.span + probe.frame.low, np.float32)
