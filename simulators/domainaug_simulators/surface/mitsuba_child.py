"""The process in which Mitsuba 3 renders a station: `python -m domainaug_simulators.surface.mitsuba_child FOLDER`.

Reads `scene.json` and `scene.npz` of the folder, writes `light.npz`. What the maps hold is told in `mitsuba_line`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["main"]

_FACING = 1.0e-3  # how far behind the lens the hole of a dome is, as a share of the distance


def main(folder: Path) -> None:
    """Render what lies in a folder."""
    import mitsuba

    mi: Any = mitsuba
    scene = json.loads((folder / "scene.json").read_text(encoding="utf-8"))
    with np.load(folder / "scene.npz") as found:
        arrays = dict(found)
    mi.set_variant(scene["variant"])
    mi.set_log_level(mi.LogLevel.Error)
    _write_mesh(folder / "part.ply", arrays)
    made: dict[str, Any] = {}
    for n in range(sum(name.startswith("skin") for name in arrays)):
        told = _scene(mi, scene, arrays, folder, arrays[f"skin{n}"])
        light = mi.render(mi.load_dict(told), spp=scene["paths"], seed=scene["seed"])
        made[f"light{n}"] = np.asarray(light, np.float32)[..., :3]
    np.savez(folder / "light.npz", **made)


def _scene(mi: Any, scene: dict[str, Any], arrays: dict[str, Any], folder: Path, skin: NDArray[Any]) -> dict[str, Any]:
    made = {
        "type": "scene",
        "integrator": {"type": "path", "max_depth": scene["bounces"]},
        "sensor": _sensor(mi, scene),
        "part": {"type": "ply", "filename": str(folder / "part.ply"), "bsdf": _surface(mi, scene["gloss"], skin)},
    }
    for n, patch in enumerate(arrays["patches"]):
        made[f"light{n}"] = _patch(mi, patch)
    if scene["around"] > 0:
        made["dome"] = {"type": "constant", "radiance": {"type": "rgb", "value": scene["around"]}}
        black = {"type": "diffuse", "reflectance": {"type": "rgb", "value": 0.0}}
        below = mi.ScalarTransform4f().translate([0, 0, scene["floor"]]).scale(1e5)
        made["table"] = {"type": "rectangle", "to_world": below, "bsdf": black}
    return made


def _sensor(mi: Any, scene: dict[str, Any]) -> dict[str, Any]:
    above = mi.ScalarTransform4f().look_at([0, 0, scene["distance"]], [0, 0, 0], [0, 1, 0])
    made: dict[str, Any] = {
        "film": {
            "type": "hdrfilm", "width": scene["columns"], "height": scene["rows"], "pixel_format": "rgb",
            "component_format": "float32", "rfilter": {"type": "box"},
        },
        "sampler": {"type": "independent"},
    }  # fmt: skip
    if scene["telecentric"]:
        across = (
            scene["half"] if scene["columns"] >= scene["rows"] else scene["half"] * scene["columns"] / scene["rows"]
        )
        return made | {"type": "orthographic", "to_world": above.scale([across, across, 1])}
    angle = 2 * np.degrees(np.arctan2(scene["half"], scene["distance"]))
    axis = "larger"
    return made | {"type": "perspective", "to_world": above, "fov": float(angle), "fov_axis": axis}


def _surface(mi: Any, gloss: float, skin: NDArray[Any]) -> dict[str, Any]:
    def bitmap(values: NDArray[Any]) -> dict[str, Any]:
        content = np.ascontiguousarray(values, np.float32)
        return {"type": "bitmap", "bitmap": mi.Bitmap(content), "raw": True, "wrap_mode": "clamp"}

    x, y = skin[..., 0], skin[..., 1]
    normal = np.stack([x, y, np.sqrt(np.maximum(1 - x * x - y * y, 0.0))], axis=2) * 0.5 + 0.5
    facets = {
        "type": "roughconductor", "material": "none", "distribution": "ggx", "alpha_u": bitmap(skin[..., 2:3]),
        "alpha_v": bitmap(skin[..., 3:4]), "specular_reflectance": bitmap(skin[..., 7:10]),
    }  # fmt: skip
    matter = {"type": "diffuse", "reflectance": bitmap(np.clip(skin[..., 4:7], 0, 1))}
    mixed = {"type": "blendbsdf", "weight": gloss, "matter": matter, "facets": facets}
    return {"type": "normalmap", "normalmap": bitmap(normal), "bsdf": mixed}


def _patch(mi: Any, numbers: NDArray[Any]) -> dict[str, Any]:
    middle, along, across, radiance = numbers[:3], numbers[3:6], numbers[6:9], float(numbers[9])
    facing = np.cross(along, across)
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 2] = along, across, facing / np.linalg.norm(facing)
    matrix[:3, 3] = middle
    made: dict[str, Any] = {"type": "rectangle"}
    if radiance > 0:
        made["emitter"] = {"type": "area", "radiance": {"type": "rgb", "value": radiance}}
    else:  # the hole of a dome is a dark thing behind the lens
        matrix[2, 3] *= 1 + _FACING
        made["bsdf"] = {"type": "diffuse", "reflectance": {"type": "rgb", "value": 0.0}}
    made["to_world"] = mi.ScalarTransform4f(matrix)
    return made


def _write_mesh(path: Path, arrays: dict[str, Any]) -> None:
    """Write triangles that share no corners, as binary PLY."""
    corners, normals, charts = (np.asarray(arrays[name], "<f4") for name in ("corners", "normals", "charts"))
    count = len(corners)
    head = (
        f"ply\nformat binary_little_endian 1.0\nelement vertex {3 * count}\n"
        + "".join(f"property float {name}\n" for name in ("x", "y", "z", "nx", "ny", "nz", "u", "v"))
        + f"element face {count}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    content = np.concatenate([corners, normals, charts], axis=2).astype("<f4")
    faces = np.empty(count, np.dtype([("n", "u1"), ("corners", "<i4", 3)]))
    faces["n"], faces["corners"] = 3, np.arange(3 * count, dtype=np.int32).reshape(-1, 3)
    path.write_bytes(head.encode() + content.tobytes() + faces.tobytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
