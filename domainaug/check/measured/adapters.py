"""How a callable wants to be called: the styles that are tried, in order.

NumPy, height x width x channels, comes first. A callable whose class comes from a library with another
custom is called that library's way at once, because some pass through in silence what they do not know.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured.calling import Returned, Style, alike
from domainaug.check.measured.chart import Probe
from domainaug.check.measured.frameworks import (
    BATCH,
    BATCH_AND_MASKS,
    CHANNELS_FIRST,
    MONAI_ARRAY,
    MONAI_DICTIONARY,
    SUBJECT,
    TENSOR,
    keys_of,
)
from domainaug.check.measured.points import style_with_points
from domainaug.check.measured.randomness import is_albumentations

__all__ = ["Returned", "Style", "styles_for"]


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
        return (SUBJECT,)
    if "monai" in home:
        return (MONAI_DICTIONARY,) if keys_of(target) else (MONAI_ARRAY, MONAI_DICTIONARY)
    if "kornia" in home:
        return (BATCH_AND_MASKS, BATCH) if masks is not False else (BATCH,)
    if "torchvision" in home:
        return (_PIL, TENSOR, BATCH)
    if "torch" in home:
        # A module that draws for each image of a batch would take one image's channels for the batch.
        return (BATCH, TENSOR, _PIL)
    plain = (_IMAGE, _COLUMN, _KEYWORD, _DICTIONARY, _PIL, TENSOR, CHANNELS_FIRST, BATCH)
    pointed = style_with_points(target)
    if pointed is not None:
        return (pointed, *plain)
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
    return alike(target(given), probe, given)


def _column(target: Any, probe: Probe) -> Returned:
    given = probe.image.copy()
    given = given[..., None] if given.ndim == 2 else given
    return alike(target(given), probe, given)


def _keyword(target: Any, probe: Probe) -> Returned:
    given = probe.image.copy()
    return alike(target(image=given), probe, given)


def _dictionary(target: Any, probe: Probe) -> Returned:
    given = probe.image.copy()
    return alike(target({"image": given}), probe, given)


def _labeled(target: Any, probe: Probe) -> Returned:
    given, masks = probe.image.copy(), [mask.copy() for mask in probe.masks]
    result = target(image=given, masks=masks)
    back = result["masks"]
    return alike(result, probe, given, (np.asarray(back[0]), np.asarray(back[1])))


def _pair(target: Any, probe: Probe) -> Returned:
    given, label = probe.image.copy(), np.stack(probe.masks, axis=-1)
    result = target(given, label)
    return alike(result[0], probe, given, _two(result[1]))


def _keyword_pair(target: Any, probe: Probe) -> Returned:
    given, label = probe.image.copy(), np.stack(probe.masks, axis=-1)
    result = target(image=given, mask=label)
    if isinstance(result, Mapping):
        return alike(result, probe, given, _two(result["mask"]))
    return alike(result[0], probe, given, _two(result[1]))


def _two(label: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    array = np.asarray(label)
    if array.ndim != 3 or array.shape[2] != 2:
        raise TypeError(f"a mask of two channels came back as {array.shape}")
    return array[..., 0], array[..., 1]


def _pil(target: Any, probe: Probe) -> Returned:
    from PIL import Image

    if probe.dtype != np.uint8:
        raise TypeError("PIL images hold levels of 0 to 255")
    return alike(target(Image.fromarray(probe.image)), probe, None)


_IMAGE = Style("image", _image)
_COLUMN = Style("image with a channel axis", _column)
_KEYWORD = Style("image=", _keyword)
_DICTIONARY = Style("dictionary", _dictionary)
_LABELED = Style("image= and masks=", _labeled)
_PAIR = Style("image and mask", _pair)
_KEYWORD_PAIR = Style("image= and mask=", _keyword_pair)
_PIL = Style("PIL image", _pil, "PIL")
