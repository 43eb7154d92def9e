"""The customs of torch and the libraries on it: tensors, batches, MONAI's arrays and dictionaries, TorchIO's subjects.

None of them is imported here: a library that a target has not imported is none it can want.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured.calling import Returned, Style, alike, decoded, plain
from domainaug.check.measured.chart import Probe

__all__ = [
    "BATCH",
    "BATCH_AND_MASKS",
    "CHANNELS_FIRST",
    "MONAI_ARRAY",
    "MONAI_DICTIONARY",
    "SUBJECT",
    "TENSOR",
    "keys_of",
]

Masks = tuple[NDArray[Any], NDArray[Any]]

_LABELS = ("label", "mask", "seg", "lbl", "msk", "target", "truth", "annot", "roi")


def _loaded(name: str) -> Any:
    if name not in sys.modules:
        raise TypeError(f"{name} is not imported")
    return sys.modules[name]


# -- torch, torchvision, kornia: rows then columns, shares of the range ----------------------------------------


def _tensor(target: Any, probe: Probe) -> Returned:
    given = _rows_first(probe)
    result = target(_loaded("torch").from_numpy(given))
    return _answer(result, probe, given)


def _batch(target: Any, probe: Probe) -> Returned:
    given = _rows_first(probe)
    result = target(_loaded("torch").from_numpy(given[None]))
    return _answer(result, probe, given)


def _channels_first(target: Any, probe: Probe) -> Returned:
    given = _rows_first(probe)
    return _answer(target(given), probe, given)


def _batch_and_masks(target: Any, probe: Probe) -> Returned:
    """Call a kornia sequence that names more than the picture, in its order."""
    names = [str(getattr(key, "name", key)).lower() for key in getattr(target, "data_keys", None) or ()]
    if "mask" not in names or set(names) - {"input", "image", "mask"}:
        raise TypeError(f"it takes {', '.join(names) or 'the picture alone'}, not pictures and masks")
    torch = _loaded("torch")
    given = _rows_first(probe)
    label = torch.from_numpy(np.stack(probe.masks)[None])
    results = target(*(label if name == "mask" else torch.from_numpy(given[None]) for name in names))
    back = plain(results[names.index("mask")])
    picture = next(result for result, name in zip(results, names, strict=True) if name != "mask")
    answer = _answer(picture, probe, given)
    return Returned(answer.image, (back[0, 0], back[0, 1]), answer.changed_input, native=False)


def _rows_first(probe: Probe) -> NDArray[np.float32]:
    """Return a copy, (channels, rows, columns), shares of the range: what the target writes into it is its own."""
    return np.array(probe.picture.transpose(2, 0, 1), np.float32, order="C", copy=True)


def _answer(result: Any, probe: Probe, given: NDArray[np.float32]) -> Returned:
    back = alike(result, probe, None)
    changed = not np.array_equal(given, probe.picture.transpose(2, 0, 1))
    return Returned(back.image, back.masks, changed, native=False)


# -- MONAI and TorchIO: x first, as their readers load pictures, in physical units where the frame has them ----


def _x_first(probe: Probe) -> NDArray[np.float32]:
    """Return a copy, (channels, x, y): HU stay HU, levels become shares of the range."""
    values = probe.picture.transpose(2, 1, 0)
    if probe.frame.unit != "level":
        values = values * np.float32(probe.frame.span) + np.float32(probe.frame.low)
    return np.array(values, np.float32, order="C", copy=True)


def _labels_x_first(probe: Probe) -> NDArray[np.float32]:
    return np.stack([mask.T for mask in probe.masks])


def _returned_x_first(picture: Any, probe: Probe, label: Any = None) -> Returned:
    array = plain(picture)
    if array.ndim != 3:
        raise TypeError(f"a picture of (channels, x, y) came back as {array.shape}")
    masks: Masks | None = None
    if label is not None:
        back = plain(label)
        masks = (back[0].T, back[1].T)
    return Returned(decoded(array.transpose(2, 1, 0), probe), masks, native=False)


def _monai_array(target: Any, probe: Probe) -> Returned:
    result = target(_x_first(probe))
    return _returned_x_first(result[0] if isinstance(result, list | tuple) else result, probe)


def _monai_dictionary(target: Any, probe: Probe) -> Returned:
    keys = keys_of(target) or ("image",)
    label_keys = [key for key in keys if _is_label(key)]
    image_keys = [key for key in keys if key not in label_keys]
    if not image_keys:
        image_keys, label_keys = label_keys[:1], label_keys[1:]
    sample = {key: _x_first(probe) for key in image_keys} | {key: _labels_x_first(probe) for key in label_keys}
    result = target(sample)
    result = result[0] if isinstance(result, list | tuple) else result  # several crops of one picture
    if not isinstance(result, Mapping):
        raise TypeError(f"a dictionary came back as {type(result).__name__}")
    return _returned_x_first(result[image_keys[0]], probe, result[label_keys[0]] if label_keys else None)


def _is_label(name: Any) -> bool:
    return any(part in str(name).lower() for part in _LABELS)


def keys_of(target: Any) -> tuple[Any, ...]:
    """Return the keys that a MONAI dictionary transform, or the steps of a composition, name, in order."""
    return tuple(dict.fromkeys(_keys(target)))


def _keys(step: Any) -> Iterator[Any]:
    named = getattr(step, "keys", None)
    if isinstance(named, tuple):
        yield from named
    inner = getattr(step, "transforms", None)
    for child in inner if isinstance(inner, list | tuple) else ():
        yield from _keys(child)


def _subject(target: Any, probe: Probe) -> Returned:
    torch, torchio = _loaded("torch"), _loaded("torchio")
    included = list(_included(target))
    names = dict.fromkeys(name for step in included for name in step or ())
    image_names = [name for name in names if not _is_label(name)] or ["image"]
    label_names = [name for name in names if _is_label(name)]
    if not label_names and None in included:  # a step for all pictures moves a label too
        label_names = ["label"]
    flat, labels = _x_first(probe)[..., None], _labels_x_first(probe)[..., None]  # one slice
    pictures = {name: torchio.ScalarImage(tensor=torch.from_numpy(flat.copy())) for name in image_names}
    pictures |= {name: torchio.LabelMap(tensor=torch.from_numpy(labels.copy())) for name in label_names}
    result = target(torchio.Subject(**pictures))
    label = result[label_names[0]].data[..., 0] if label_names else None
    return _returned_x_first(result[image_names[0]].data[..., 0], probe, label)


def _included(step: Any) -> Iterator[tuple[str, ...] | None]:
    """Return for each step the names it is kept to, or None when it takes all."""
    inner = getattr(step, "transforms", None)
    children = inner if isinstance(inner, list | tuple | dict) else ()
    for child in children:
        yield from _included(child)
    if not children:
        named = getattr(step, "include", None)
        yield tuple(named) if named else None


TENSOR = Style("tensor, channels first", _tensor, "tensor")
BATCH = Style("batch of tensors", _batch, "tensor")
BATCH_AND_MASKS = Style("batches of tensors and masks", _batch_and_masks, "tensor")
CHANNELS_FIRST = Style("array, channels first", _channels_first)
MONAI_ARRAY = Style("MONAI array", _monai_array)
MONAI_DICTIONARY = Style("MONAI dictionary", _monai_dictionary)
SUBJECT = Style("TorchIO subject", _subject)
