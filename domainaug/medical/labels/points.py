"""Landmarks in JSON and CSV, in patient millimeters.

JSON: `{"coordinate_system": "LPS", "landmarks": [{"name": "apex", "point": [x, y, z]}]}`, or just the list, or an
object of names and points. CSV: columns `name`, `x`, `y`, `z`, with a header. LPS is DICOM's: to the left, back and
top. A JSON file may say "RAS" instead, and is turned round.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from domainaug.errors import LabelError, UnreadableInput
from domainaug.medical.labels.model import Labels, Landmark, Origin
from domainaug.medical.labels.sides import side_in

__all__ = ["read_points", "write_points"]

_MOST_BYTES = 64 * 2**20
_SIGNS = {"LPS": (1.0, 1.0, 1.0), "RAS": (-1.0, -1.0, 1.0)}
_COLUMNS = ("name", "x", "y", "z")


def read_points(path: Path) -> Labels:
    """Read named points.

    Raises:
        UnreadableInput: It is neither JSON nor CSV of the form above, or a point is not three finite numbers.
    """
    if not path.is_file():
        raise UnreadableInput("not-a-file", "there is no such file", path=path)
    if path.stat().st_size > _MOST_BYTES:
        raise UnreadableInput("too-large", f"it is larger than {_MOST_BYTES // 2**20} MiB", path=path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows, system, series, frame = _of_json(text) if path.suffix.lower() == ".json" else _of_csv(text)
        signs = _SIGNS[system]
        landmarks = tuple(_landmark(name, point, signs) for name, point in rows)
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error, RecursionError):
        message = "it holds no landmarks: names with x, y and z in patient millimeters are needed, LPS or RAS"
        raise UnreadableInput("not-landmarks", message, path=path) from None
    origin = Origin("landmarks", (path,), "", frame, (series,) if series else ())
    return Labels(landmarks=landmarks, origin=origin)


def _landmark(name: Any, point: Any, signs: tuple[float, ...]) -> Landmark:
    x, y, z = (float(value) * sign for value, sign in zip(point, signs, strict=True))
    if not all(map(math.isfinite, (x, y, z))) or not isinstance(name, str):
        raise ValueError("a point is a name and three finite numbers")
    return Landmark(name, (x, y, z), side_in(name))


def _of_json(text: str) -> tuple[Iterable[tuple[Any, Any]], str, str, str]:
    told = json.loads(text)
    if isinstance(told, list):
        told = {"landmarks": told}
    if "landmarks" not in told:
        return list(told.items()), "LPS", "", ""
    rows = [(one["name"], one["point"]) for one in told["landmarks"]]
    series, frame = str(told.get("series_instance_uid", "")), str(told.get("frame_of_reference_uid", ""))
    return rows, str(told.get("coordinate_system", "LPS")).upper(), series, frame


def _of_csv(text: str) -> tuple[Iterable[tuple[Any, Any]], str, str, str]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    columns = {str(name).strip().lower(): name for name in reader.fieldnames or ()}
    name, *axes = (columns[column] for column in _COLUMNS)
    return [(row[name], [row[axis] for axis in axes]) for row in reader], "LPS", "", ""


def write_points(labels: Labels, *, as_csv: bool = False, frame_of_reference_uid: str = "") -> bytes:
    """Return landmarks as JSON, or CSV, to a ten-thousandth of a millimeter.

    Args:
        labels: With landmarks.
        as_csv: Whether to return CSV.
        frame_of_reference_uid: Of their coordinates, for JSON.

    Raises:
        LabelError: There are none.
    """
    if not labels.landmarks:
        raise LabelError("there are no landmarks to write")
    rows = [(one.name, [round(value, 4) for value in one.point]) for one in labels.landmarks]
    if as_csv:
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows([name, *point] for name, point in rows)
        return stream.getvalue().encode()
    told: dict[str, Any] = {"coordinate_system": "LPS", "unit": "mm"}
    if frame_of_reference_uid:
        told["frame_of_reference_uid"] = frame_of_reference_uid
    told["landmarks"] = [{"name": name, "point": point} for name, point in rows]
    return (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode()
