"""What a simulator rendered, as it is judged: each picture of a variant, its labels, and what lies beside it.

A street's picture has boxes in `NUMBER.objects.json`; beside it lies the same picture in the clearest weather that the
run has for its labels. A part's `image.png` has a mask a defect; beside it lies `clean.png`, the part without them. A
radiograph has a mask a segment and points in `labels.json`, and nothing beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import UnreadableInput
from domainaug.layouts.images import read_mask
from domainaug.preview.marks import Marks
from domainaug.preview.sources import Subject, open_subject
from domainaug.run.ledger import Row

__all__ = ["CLEAN", "CLEARER", "Opened", "View", "clearest", "marks_of_view", "open_view", "views_of"]

CLEAN = "Without its defects"
CLEARER = "The clearest with its labels"

_OBJECTS = ".objects.json"
_Dimness: TypeAlias = tuple[bool, float, float, float]


@dataclass(frozen=True, slots=True)
class View:
    """One picture of a variant.

    Attributes:
        picture: Its file, relative to the output, as the others.
        clean: The same part without its defects, or None.
        masks: A file each of what may overlap.
        told: What tells of boxes or points, or None.
    """

    picture: str
    clean: str | None = None
    masks: tuple[str, ...] = ()
    told: str | None = None

    @property
    def place(self) -> str:
        """Where in its variant it is: pictures of two variants with one place show the same."""
        return PurePosixPath(*PurePosixPath(self.picture).parts[2:]).as_posix()


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A picture of a variant that was read.

    Attributes:
        made: The picture.
        beside: What lies beside it, or None.
        marks: Its labels.
    """

    made: Subject
    beside: Subject | None
    marks: Marks


def views_of(files: Sequence[str]) -> tuple[View, ...]:
    """Return the pictures of a variant, by camera and time; none where its files are of no kind known here.

    Args:
        files: Its files as its ledger names them: `variants/ID/...`.
    """
    frames = [name.removesuffix(_OBJECTS) for name in files if name.endswith(_OBJECTS)]
    if frames:
        return tuple(View(f"{stem}.png", told=f"{stem}{_OBJECTS}") for stem in sorted(frames))
    named = {PurePosixPath(name).name: name for name in files}
    picture = next((named[name] for name in ("image.png", "image.dcm") if name in named), None)
    if picture is None:
        return ()
    masks = tuple(named[name] for name in sorted(named) if name.startswith("mask-"))
    return (View(picture, named.get("clean.png"), masks, named.get("labels.json")),)


def clearest(rows: Iterable[Row]) -> dict[str, str]:
    """Return for each variant the one with its labels in which one sees most; "" where it is that itself.

    Args:
        rows: What the ledger holds of all that were rendered; there may be a hundred thousand, and keys are kept.
    """
    seen: list[tuple[str, str]] = []
    best: dict[str, tuple[_Dimness, str]] = {}
    for row in rows:
        labels = str(row.record.get("labels_id", ""))
        seen.append((row.key, labels))
        if labels and isinstance(row.record.get("weather"), Mapping):
            found = (_dimness(row.record["weather"]), row.key)
            best[labels] = min(found, best.get(labels, found))
    chosen = {key: best[labels][1] if labels in best else "" for key, labels in seen}
    return {key: "" if other == key else other for key, other in chosen.items()}


def _dimness(weather: Mapping[str, Any]) -> _Dimness:
    """Order weathers from clear day to fog at night."""

    def told(name: str) -> float:
        return float(weather.get(name, 0.0))

    falls = told("rain") + told("snowfall")
    return told("sun_altitude") < 0, -told("visibility"), falls, told("snow_cover") + told("wetness")


def open_view(out: Path, view: View, beside: str | None = None) -> Opened:
    """Read a picture, its labels and what lies beside it.

    Args:
        out: The output.
        view: The picture.
        beside: Another one, relative to the output, or None; one that is not there any more is left out.

    Raises:
        UnreadableInput: One of its files cannot be read.
    """
    other = None if beside is None or not (out / beside).is_file() else open_subject(out / beside)
    return Opened(open_subject(out / view.picture), other, marks_of_view(out, view))


def marks_of_view(out: Path, view: View) -> Marks:
    """Return the labels of a picture.

    Raises:
        UnreadableInput: A file of them is not as the simulator wrote it.
    """
    masks = tuple(np.asarray(read_mask(out / name) > 0) for name in view.masks)
    if view.told is None:
        return Marks(masks=masks)
    path = out / view.told
    try:
        told = json.loads(path.read_bytes())
        boxes = _rows([one["box"] for one in told.get("objects", ()) if one["box"] is not None], 4)
        points = _rows([(one["x"], one["y"]) for one in told.get("landmarks", ()) if one["seen"]], 2)
    except FileNotFoundError:
        raise UnreadableInput("missing-file", "this is not there any more", path=path) from None
    except (AttributeError, KeyError, TypeError, ValueError):
        raise UnreadableInput("bad-label", "these are not labels as a simulator writes them", path=path) from None
    return Marks(boxes=boxes, points=points, masks=masks)


def _rows(values: Sequence[Sequence[float]], width: int) -> NDArray[np.float64]:
    return np.asarray(values, np.float64).reshape(-1, width)
