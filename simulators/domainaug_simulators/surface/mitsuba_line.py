"""Our end of the line to Mitsuba 3: a station on disk, a process that renders it, a time limit, errors in sentences.

Mitsuba's variants that compile end their whole process where LLVM is not one that they work with, so it never runs in
ours, and the scalar variant is what is asked for.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from domainaug.errors import DomainAugError, MissingExtra
from domainaug.manufacturing.defect import Floats
from domainaug_simulators.surface.lights import Patch, patches_of
from domainaug_simulators.surface.parts import Triangles
from domainaug_simulators.surface.skin import Skin
from domainaug_simulators.surface.station import Station

__all__ = ["VARIANT", "need_mitsuba", "rendered"]

VARIANT: Final = "scalar_rgb"
"""The variant that needs no LLVM and gives the same bytes every time."""

_STARTING: Final = 60.0  # seconds to start, build the scene and write
_EACH: Final = 60e-6  # seconds a path may take: about ten times what it takes
_BOUNCES: Final = 4
_PROBE: Final = 60.0


def need_mitsuba(variant: str = VARIANT) -> None:
    """Refuse to go on where Mitsuba cannot render a small picture.

    Raises:
        MissingExtra: It is not installed.
        DomainAugError: It is, and does not work here.
    """
    if importlib.util.find_spec("mitsuba") is None:
        raise MissingExtra("the renderer mitsuba", "surface")
    told = _probed(variant)
    if told:
        raise DomainAugError(told)


@lru_cache
def _probed(variant: str) -> str:
    """Return what is wrong with a variant, or "": it is tried in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="domainaug-mitsuba-") as name:
        folder = Path(name)
        flat = np.zeros((2, 2, 10), np.float32) + np.float32(0.5)
        plane = np.array([[[-1, -1, 0], [1, -1, 0], [0, 1, 0]]], np.float64)
        chart = np.array([[[0, 1], [1, 1], [0.5, 0]]], np.float64)
        normals = np.broadcast_to([0.0, 0.0, 1.0], plane.shape)
        scene = {
            "variant": variant, "rows": 4, "columns": 4, "half": 1.0, "distance": 10.0, "telecentric": False,
            "paths": 1, "bounces": 2, "seed": 1, "around": 1.0, "gloss": 0.5, "floor": -2.0,
        }  # fmt: skip
        arrays = {"corners": plane, "normals": normals, "charts": chart, "patches": np.zeros((0, 10)), "skin0": flat}
        try:
            _run(folder, scene, arrays, _PROBE)
        except DomainAugError as error:
            return str(error)
    return ""


def rendered(station: Station, skins: Sequence[Skin], paths: int, seed: int) -> tuple[Floats, ...]:
    """Return (rows, columns, 3) light toward the camera of a part with each of some skins.

    Args:
        station: The station.
        skins: Each is rendered with the same chance, so that only what differs differs.
        paths: Of light, for each pixel.
        seed: Of chance.

    Raises:
        MissingExtra: Mitsuba is not installed.
        DomainAugError: It does not work, or takes too long.
    """
    need_mitsuba()
    view = station.view
    if station.light.kind == "back-light":
        raise DomainAugError("mitsuba shows no back light, which only makes silhouettes: take the shader for it")
    half = max(view.rows, view.columns) * view.pitch / 2
    patches, around = patches_of(station.light, view.distance)
    scene = {
        "variant": VARIANT, "rows": view.rows, "columns": view.columns, "half": half, "distance": view.distance,
        "telecentric": view.telecentric, "paths": paths, "bounces": _BOUNCES, "seed": seed % 2**31, "around": around,
        "gloss": skins[0].finish.gloss, "floor": -float(np.linalg.norm(station.part.half)) - station.part.thickness,
    }  # fmt: skip
    mesh = station.part.triangles().placed(station.pose)
    arrays = {
        "corners": mesh.corners, "normals": mesh.normals, "charts": _shares(mesh, station.part.chart),
        "patches": np.array([_told(patch) for patch in patches], np.float64).reshape(-1, 10),
        **{f"skin{n}": _maps(skin) for n, skin in enumerate(skins)},
    }  # fmt: skip
    allowed = _STARTING + len(skins) * view.rows * view.columns * paths * _EACH
    with tempfile.TemporaryDirectory(prefix="domainaug-mitsuba-") as name:
        return _run(Path(name), scene, arrays, allowed)


def _shares(mesh: Triangles, chart: tuple[float, float]) -> Any:
    """Return (n, 3, 2) places on the chart as shares, rows downward, as the texels lie."""
    shares = mesh.charts / np.array(chart) + 0.5
    shares[..., 1] = 1 - shares[..., 1]
    return shares


def _told(patch: Patch) -> list[float]:
    return [*patch.middle.tolist(), *patch.along.tolist(), *patch.across.tolist(), patch.radiance]


def _maps(skin: Skin) -> Floats:
    """Return (H, W, 10): normal (2), roughness along both axes (2), what matter (3) and facets (3) give back."""
    texels, finish = skin.texels, skin.finish
    made = np.empty((*skin.shape, 10), np.float32)
    stretch = 1 / np.sqrt(1 + texels[..., 0] ** 2 + texels[..., 1] ** 2)
    made[..., 0], made[..., 1] = -texels[..., 0] * stretch, -texels[..., 1] * stretch
    made[..., 2:4] = np.sqrt(2 * texels[..., 2:4])
    made[..., 4:7] = texels[..., 5:] * np.array(finish.matter, np.float32)
    made[..., 7:10] = texels[..., 5:] * np.array(finish.facets, np.float32)
    return made


def _run(folder: Path, scene: dict[str, Any], arrays: dict[str, Any], seconds: float) -> tuple[Floats, ...]:
    """Render in a process of its own, and return its pictures."""
    (folder / "scene.json").write_text(json.dumps(scene), encoding="utf-8")
    np.savez(folder / "scene.npz", **arrays)
    command = [sys.executable, "-m", "domainaug_simulators.surface.mitsuba_child", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise DomainAugError(
            f"mitsuba took more than {seconds:.0f} s for {scene['rows']} x {scene['columns']} pixels of "
            f"{scene['paths']} paths: lower samples, rows or columns, or take the shader"
        ) from None
    if done.returncode != 0:
        raise DomainAugError(_fault(str(scene["variant"]), done.returncode, done.stderr))
    with np.load(folder / "light.npz") as found:
        return tuple(found[f"light{n}"] for n in range(len(found.files)))


def _fault(variant: str, code: int, talk: str) -> str:
    if code < 0:
        return f"mitsuba's variant {variant} ends its process with signal {-code} here; take the shader"
    last = next((line for line in reversed(talk.splitlines()) if line.strip()), "it says nothing")
    return f"mitsuba's variant {variant} does not render here: {last.strip()[:300]}; take the shader"
