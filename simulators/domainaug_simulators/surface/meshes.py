"""Reading a mesh: triangles in millimeters, a chart from its texture coordinates, normals that keep edges."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from domainaug.errors import DomainAugError, MissingExtra, UnreadableInput
from domainaug_simulators.surface.parts import Floats, MeshPart, Triangles

__all__ = ["SUFFIXES", "Read", "read_mesh"]

SUFFIXES: Final = (".obj", ".ply", ".stl")
_LARGEST: Final = 256 << 20  # bytes of a file
_MOST: Final = 2_000_000  # triangles
_CREASE: Final = 35.0  # degrees between faces, above which an edge is sharp
_UNEVEN: Final = 1.15  # scale of the chart, from its 5th to its 95th percentile, that is worth a word


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A mesh.

    Attributes:
        part: It.
        notes: What its user should know, a sentence each.
    """

    part: MeshPart
    notes: tuple[str, ...] = ()


def read_mesh(path: Path, *, chart: str = "file", scale: float = 1.0) -> Read:
    """Read a mesh.

    Args:
        path: OBJ, PLY or STL; z points to the camera.
        chart: "file" for its texture coordinates, or "above" to look at it along z, as a stencil would.
        scale: Millimeters in a unit of the file.

    Raises:
        UnreadableInput: It is not there, is no mesh, or is too large.
        DomainAugError: It has no texture coordinates, or they cannot be used.
        MissingExtra: The package that reads meshes is not installed.
    """
    loaded = _loaded(path)
    corners = np.asarray(loaded.vertices, np.float64)[loaded.faces] * scale
    if not np.isfinite(corners).all():
        raise UnreadableInput("not-finite", "the mesh has corners that are not finite numbers", path=path)
    span = np.ptp(corners.reshape(-1, 3), axis=0)
    corners -= corners.reshape(-1, 3).min(axis=0) + span / 2
    whole = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) > 1e-12
    if not whole.any():
        raise UnreadableInput("no-area", "the mesh has no triangle with an area", path=path)
    notes: tuple[str, ...] = ()
    if chart == "above":
        charts, size = corners[..., :2].copy(), (float(span[0]), float(span[1]))
    else:
        texture = _texture(loaded, path)
        charts, size, notes = _in_millimeters(corners[whole], texture[loaded.faces], whole, path)
    corners, charts = corners[whole], charts[whole]
    half = (float(span[0]) / 2, float(span[1]) / 2, float(span[2]) / 2)
    triangles = Triangles(corners, _normals(corners), charts)
    return Read(MeshPart(triangles, size, float(span[2]), half), notes)


def _loaded(path: Path) -> Any:
    if path.suffix.lower() not in SUFFIXES:
        raise UnreadableInput("not-a-mesh", f"a mesh is one of {', '.join(SUFFIXES)}, and not {path.suffix!r}",
                              path=path)  # fmt: skip
    if not path.is_file():
        raise UnreadableInput("not-a-file", "there is no such mesh", path=path)
    if path.stat().st_size > _LARGEST:
        raise UnreadableInput("too-large", f"the mesh has more than {_LARGEST >> 20} MB; make it simpler", path=path)
    try:
        import trimesh
    except ModuleNotFoundError as error:
        raise MissingExtra("a part that is a mesh", "surface") from error
    try:
        more: dict[str, Any] = {"skip_materials": True} if path.suffix.lower() == ".obj" else {}
        with path.open("rb") as stream:
            found = trimesh.load(stream, file_type=path.suffix[1:].lower(), force="mesh", process=False, **more)
    except Exception as error:  # whatever a broken file does to its reader
        raise UnreadableInput("not-a-mesh", f"this is not a mesh that can be read: {error}"[:300], path=path) from None
    faces = getattr(found, "faces", ())
    if not len(faces):
        raise UnreadableInput("no-triangles", "the mesh has no triangles", path=path)
    if len(faces) > _MOST:
        raise UnreadableInput("too-large", f"the mesh has {len(faces)} triangles, and {_MOST} is the most", path=path)
    return found


def _texture(loaded: Any, path: Path) -> Floats:
    texture = getattr(loaded.visual, "uv", None)
    if texture is None or len(texture) != len(loaded.vertices):
        raise DomainAugError(
            f"{path.name}: the mesh has no texture coordinates, so no place on it can be named; unwrap it, or say "
            "chart: above to look at it along z"
        )
    found = np.asarray(texture, np.float64)[:, :2]
    if not np.isfinite(found).all() or found.min() < -1e-3 or found.max() > 1 + 1e-3:
        raise DomainAugError(
            f"{path.name}: texture coordinates lie between 0 and 1, and these reach from {np.nanmin(found):.4g} to "
            f"{np.nanmax(found):.4g}; unwrap it into one square, or say chart: above"
        )
    return found


def _in_millimeters(
    corners: Floats, texture: Floats, whole: Any, path: Path
) -> tuple[Floats, tuple[float, float], tuple[str, ...]]:
    """Return places on the chart, its size, and what to know: how even the scale of texture coordinates is."""
    one, two = texture[whole, 1] - texture[whole, 0], texture[whole, 2] - texture[whole, 0]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    inside = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    used = np.abs(inside) > 1e-14
    if not used.any():
        raise DomainAugError(f"{path.name}: its texture coordinates have no area; unwrap it, or say chart: above")
    safe = inside[used][:, None]
    right = np.linalg.norm((first[used] * two[used, 1:] - second[used] * one[used, 1:]) / safe, axis=1)
    up = np.linalg.norm((second[used] * one[used, :1] - first[used] * two[used, :1]) / safe, axis=1)
    area = np.linalg.norm(np.cross(first[used], second[used]), axis=1)
    size = float(np.average(right, weights=area)), float(np.average(up, weights=area))
    notes: list[str] = []
    for scales in (right, up):
        order = np.argsort(scales)
        share = np.cumsum(area[order]) / area.sum()
        low, high = (scales[order][np.searchsorted(share, at)] for at in (0.05, 0.95))
        if high / low > _UNEVEN and not notes:
            notes.append(
                f"{path.name}: its texture coordinates are stretched unevenly, up to {high / low:.2g} times: sizes of "
                "defects in mm are off by as much from place to place"
            )
    return (texture - 0.5) * np.array(size), size, tuple(notes)


def _normals(corners: Floats) -> Floats:
    """Return (n, 3, 3) normals at corners: the mean over the faces there that meet without a sharp edge."""
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    unit = faces / np.linalg.norm(faces, axis=1)[:, None]
    step = max(float(np.ptp(corners)) * 1e-7, 1e-12)
    _, names = np.unique(np.rint(corners.reshape(-1, 3) / step).astype(np.int64), axis=0, return_inverse=True)
    names = names.ravel()
    order = np.argsort(names, kind="stable")
    counts = np.bincount(names)
    begins = np.concatenate([[0], np.cumsum(counts)])
    made = np.repeat(unit, 3, axis=0)
    level = np.cos(np.radians(_CREASE))
    for turn in range(1, int(min(counts.max(), 64))):  # each corner meets the corner `turn` places on around its point
        own = order
        group = names[own]
        count = counts[group]
        place = np.arange(len(order)) - begins[group]
        meets = turn < count
        other = order[begins[group] + (place + turn) % count]
        smooth = meets & ((unit[own // 3] * unit[other // 3]).sum(axis=1) > level)
        made[own[smooth]] += faces[other[smooth] // 3] / np.linalg.norm(faces[own[smooth] // 3], axis=1)[:, None]
    made /= np.linalg.norm(made, axis=1)[:, None]
    return np.asarray(made.reshape(-1, 3, 3))
