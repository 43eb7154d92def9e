"""What a scenario says of its part: a shape, how fine it is, what is embossed, defects that it always has."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from domainaug.errors import DomainAugError, UnknownName, UnreadableInput
from domainaug.manufacturing.defect import Floats
from domainaug_simulators.surface.defects import Wanted, read_wanted
from domainaug_simulators.surface.meshes import read_mesh
from domainaug_simulators.surface.parts import Cylinder, Part, Plane

__all__ = ["PartWorld", "read_world"]

_SHAPES: Final[Mapping[str, Mapping[str, float]]] = {
    "plane": {"width": 50.0, "height": 50.0}, "cylinder": {"diameter": 30.0, "length": 60.0}, "mesh": {"scale": 1.0},
}  # fmt: skip
_WORDS: Final = {"mesh": ("file", "chart")}
_SHARED: Final = ("shape", "detail", "color", "relief")
_FINEST: Final = 1024  # texels of the longer side of a chart where nobody says
_MOST: Final = 1 << 23  # texels
_LARGEST: Final = 10_000.0  # mm


@dataclass(frozen=True, slots=True)
class PartWorld:
    """A part, before its skin is made.

    Attributes:
        shape: "plane", "cylinder" or "mesh".
        sizes: Its own, in mm; of a mesh the scale.
        file: Of a mesh.
        chart: How a mesh is charted: "file" or "above".
        detail: Millimeters from texel to texel.
        color: Share of red, green, blue that comes back; that of the finish when None.
        relief: Picture of what is embossed, and how high white is, in mm.
        defects: That it always has.
        notes: What its user should know.
        digest: SHA-256 of all of it.
        surface: Width and height of the chart, in mm.
    """

    shape: str
    sizes: Mapping[str, float]
    file: Path | None
    chart: str
    detail: float
    color: tuple[float, float, float] | None
    relief: tuple[Path, float] | None
    defects: tuple[Wanted, ...]
    notes: tuple[str, ...] = ()
    digest: str = ""
    surface: tuple[float, float] = field(default=(0.0, 0.0))

    @property
    def sources(self) -> tuple[Path, ...]:
        """Files it is read from."""
        found = [self.file, self.relief[0] if self.relief else None]
        return tuple(path for path in found if path is not None)

    @property
    def texels(self) -> tuple[int, int]:
        """(H, W) of the chart."""
        return max(round(self.surface[1] / self.detail), 2), max(round(self.surface[0] / self.detail), 2)

    def part(self) -> Part:
        """Return the part; a mesh is read."""
        if self.shape == "plane":
            return Plane(self.sizes["width"], self.sizes["height"])
        if self.shape == "cylinder":
            return Cylinder(self.sizes["diameter"], self.sizes["length"])
        assert self.file is not None
        return read_mesh(self.file, chart=self.chart, scale=self.sizes["scale"]).part

    def embossed(self) -> Floats | None:
        """Return (H, W) heights in mm of what is embossed, or None.

        Raises:
            UnreadableInput: The picture cannot be read.
        """
        if self.relief is None:
            return None
        import cv2

        from domainaug.layouts.images import read_image

        path, height = self.relief
        picture = read_image(path)
        whole = float(np.iinfo(picture.dtype).max) if picture.dtype.kind in "iu" else 1.0
        gray = picture.astype(np.float32) if picture.ndim == 2 else picture[..., :3].astype(np.float32).mean(axis=2)
        rows, columns = self.texels
        flat = cv2.resize(gray / np.float32(whole), (columns, rows), interpolation=cv2.INTER_CUBIC)
        return np.asarray(cv2.GaussianBlur(flat, (0, 0), 1.0) * np.float32(height), np.float32)


def read_world(world: Mapping[str, Any], folder: Path) -> PartWorld:
    """Return what a scenario's world says.

    Args:
        world: `{shape: plane, width: 60, height: 40, detail: 0.05, color: [r, g, b], relief: {file: F, height: 0.3},
            defects: [...]}`, with `shape: cylinder` `diameter` and `length`, with `shape: mesh` `file`, `chart`,
            `scale`.
        folder: Where paths start.

    Raises:
        DomainAugError: A key or value is not legal.
        UnreadableInput: A mesh or a picture is missing or cannot be read.
    """
    shape = world.get("shape", "plane")
    if shape not in _SHAPES:
        raise UnknownName("shape of a part", str(shape), _SHAPES, where="world")
    legal = {*_SHARED, *_SHAPES[shape], *_WORDS.get(shape, ()), "defects"}
    for key in world:
        if key not in legal:
            raise UnknownName("key of a world", str(key), legal, where="world")
    sizes = {name: _size(name, world.get(name, default)) for name, default in _SHAPES[shape].items()}
    file, chart = _mesh(world, folder) if shape == "mesh" else (None, "file")
    notes: tuple[str, ...] = ()
    if shape == "mesh":
        assert file is not None
        read = read_mesh(file, chart=chart, scale=sizes["scale"])
        surface, notes = read.part.chart, read.notes
    else:
        bare = PartWorld(shape, sizes, None, chart, 1.0, None, None, ())
        surface = bare.part().chart
    detail = _size("detail", world.get("detail", float(f"{max(surface) / _FINEST:.3g}")))
    _refuse_large(surface, detail)
    made = PartWorld(
        shape, sizes, file, chart, detail, _color(world.get("color")), _relief(world.get("relief"), folder),
        read_wanted(world.get("defects", [])), notes, "", surface,
    )  # fmt: skip
    return _signed(made)


def _signed(made: PartWorld) -> PartWorld:
    from domainaug.run.job import hashed

    content = [hashed(path)[0] for path in made.sources]
    defects = [(one.kind, one.at, one.seed, sorted(one.sizes.items())) for one in made.defects]
    told = (
        1, made.shape, sorted(made.sizes.items()), made.chart, made.detail, made.color,
        made.relief and made.relief[1], defects, content,
    )  # fmt: skip
    return replace(made, digest=hashlib.sha256(repr(told).encode()).hexdigest())


def _size(name: str, written: Any) -> float:
    if isinstance(written, bool) or not isinstance(written, int | float) or not 1e-4 <= written <= _LARGEST:
        raise DomainAugError(f"world: {name}={written!r}; it is a number of mm from 0.0001 to {_LARGEST:g}")
    return float(written)


def _mesh(world: Mapping[str, Any], folder: Path) -> tuple[Path, str]:
    file, chart = world.get("file"), world.get("chart", "file")
    if not isinstance(file, str):
        raise DomainAugError("world: a mesh needs the file that it is in (file: part.obj)")
    if chart not in ("file", "above"):
        raise UnknownName("chart", str(chart), ("file", "above"), where="world")
    return folder / file, chart


def _color(written: Any) -> tuple[float, float, float] | None:
    if written is None:
        return None
    fine = isinstance(written, list) and len(written) == 3 and all(
        isinstance(one, int | float) and not isinstance(one, bool) and 0.005 <= one <= 0.9 for one in written
    )  # fmt: skip
    if not fine:
        raise DomainAugError(
            f"world: color={written!r}; it is [red, green, blue], the shares of light that come back, 0.005 to 0.9 each"
        )
    return float(written[0]), float(written[1]), float(written[2])


def _relief(written: Any, folder: Path) -> tuple[Path, float] | None:
    if written is None:
        return None
    if not isinstance(written, Mapping) or set(written) != {"file", "height"} or not isinstance(written["file"], str):
        raise DomainAugError("world: relief is {file: PICTURE, height: mm}: black is level, white so much higher")
    height = written["height"]
    if isinstance(height, bool) or not isinstance(height, int | float) or not 0 < abs(height) <= 100:
        raise DomainAugError(
            f"world: relief: height={height!r}; it is a number of mm, up to 100, below 0 for engraving"
        )
    path = folder / written["file"]
    if not path.is_file():
        raise UnreadableInput("not-a-file", "there is no such picture of a relief", path=path)
    return path, float(height)


def _refuse_large(surface: tuple[float, float], detail: float) -> None:
    texels = surface[0] / detail * surface[1] / detail
    if texels > _MOST:
        raise DomainAugError(
            f"world: a surface of {surface[0]:.4g} x {surface[1]:.4g} mm at a detail of {detail:g} mm takes "
            f"{texels / 1e6:.3g} million texels, and {_MOST / 1e6:.3g} million are the most: raise detail"
        )
