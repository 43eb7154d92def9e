"""Reading meshes: their size in millimeters, their chart, their edges, and what is wrong with them."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from domainaug_simulators.surface import meshes
from domainaug_simulators.surface.meshes import read_mesh

from domainaug.errors import DomainAugError, UnreadableInput

pytest.importorskip("trimesh", reason="trimesh is not installed")

BOX = """v 0 0 0\nv 20 0 0\nv 20 10 0\nv 0 10 0\nv 0 0 5\nv 20 0 5\nv 20 10 5\nv 0 10 5
vt 0 0\nvt 1 0\nvt 1 1\nvt 0 1
f 5/1 6/2 7/3\nf 5/1 7/3 8/4\nf 1/1 3/3 2/2\nf 1/1 4/4 3/3
"""


def saved(folder, text, name="part.obj"):
    path = folder / name
    path.write_text(text)
    return path


def test_a_box_is_as_large_as_it_is_and_its_chart_is_too(tmp_path):
    part = read_mesh(saved(tmp_path, BOX)).part
    assert part.thickness == 5
    assert part.chart == pytest.approx((20, 10))
    assert part.half == pytest.approx((10, 5, 2.5))
    places, charts = part.mesh.corners[:2].reshape(-1, 3), part.mesh.charts[:2].reshape(-1, 2)
    assert charts == pytest.approx(places[:, :2])  # its upper side lies on its chart as it lies in space
    assert places[:, 2] == pytest.approx(np.full(6, 2.5))


def test_inches_become_millimeters(tmp_path):
    part = read_mesh(saved(tmp_path, BOX), scale=25.4).part
    assert part.thickness == pytest.approx(127)
    assert part.chart == pytest.approx((508, 254))


def test_a_mesh_without_texture_coordinates_is_looked_at_from_above(tmp_path):
    bare = "\n".join(line.replace("/1", "").replace("/2", "").replace("/3", "").replace("/4", "")
                     for line in BOX.splitlines() if not line.startswith("vt"))  # fmt: skip
    path = saved(tmp_path, bare)
    with pytest.raises(DomainAugError, match=r"no texture coordinates.*chart: above"):
        read_mesh(path)
    part = read_mesh(path, chart="above").part
    assert part.chart == pytest.approx((20, 10))
    assert part.mesh.charts == pytest.approx(part.mesh.corners[..., :2])


def test_stl_and_ply_are_read(tmp_path):
    faces = [((0, 0, 0), (4, 0, 0), (4, 3, 0)), ((0, 0, 0), (4, 3, 0), (0, 3, 0))]
    content = b"\0" * 80 + struct.pack("<I", 2)
    for face in faces:
        content += struct.pack("<12fH", 0, 0, 1, *np.ravel(face), 0)
    (tmp_path / "part.stl").write_bytes(content)
    assert read_mesh(tmp_path / "part.stl", chart="above").part.chart == (4, 3)
    saved(
        tmp_path,
        "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
        "property float u\nproperty float v\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n"
        "0 0 0 0 0\n8 0 0 1 0\n0 6 0 0 1\n3 0 1 2\n",
        "part.ply",
    )
    assert read_mesh(tmp_path / "part.ply").part.chart == pytest.approx((8, 6))


def test_sharp_edges_stay_and_smooth_ones_bend(tmp_path):
    def angle(degrees):
        up = 10 * np.tan(np.radians(degrees))
        text = f"v -10 0 0\nv -10 10 0\nv 0 0 0\nv 0 10 0\nv 10 0 {up}\nv 10 10 {up}\n"
        part = read_mesh(saved(tmp_path, text + "f 1 3 4\nf 1 4 2\nf 3 5 6\nf 3 6 4\n"), chart="above").part
        level = part.mesh.corners[0]
        at_edge = part.mesh.normals[0][np.argmax(level[:, 0])]
        return np.degrees(np.arccos(at_edge[2] / np.linalg.norm(at_edge)))

    assert 5 < angle(20) < 15  # between both sides, more to the one with more triangles there
    assert angle(60) == pytest.approx(0, abs=1e-6)


def test_a_stretched_chart_is_told(tmp_path):
    text = "v 0 0 0\nv 10 0 0\nv 20 0 0\nv 0 10 0\nv 10 10 0\nv 20 10 0\n"
    text += "vt 0 0\nvt 0.2 0\nvt 1 0\nvt 0 1\nvt 0.2 1\nvt 1 1\n"
    text += "f 1/1 2/2 5/5\nf 1/1 5/5 4/4\nf 2/2 3/3 6/6\nf 2/2 6/6 5/5\n"
    assert "stretched unevenly, up to 4 times" in read_mesh(saved(tmp_path, text)).notes[0]
    assert read_mesh(saved(tmp_path, BOX)).notes == ()


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("", "part.obj", "is not a mesh that can be read|no triangles"),
        ("v 0 0 0\nv 1 0 0\n", "part.obj", "is not a mesh that can be read|no triangles"),
        ("v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n", "part.obj", "no triangle with an area"),
        ("v 0 0 0\nv 1 0 0\nv 0 nan 0\nf 1 2 3\n", "part.obj", "not finite"),
        ("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n", "part.obj", "cannot be read|can be read"),
        ("ply\nformat ascii 1.0\nelement vertex 999999\nend_header\n", "part.ply", "can be read|no triangles"),
        ("solid nothing", "part.stl", "can be read|no triangles"),
        ("hello", "part.step", "a mesh is one of .obj, .ply, .stl"),
    ],
)
def test_what_is_no_mesh_says_why(tmp_path, text, name, said):
    with pytest.raises(UnreadableInput, match=said):
        read_mesh(saved(tmp_path, text, name), chart="above")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("vt 0 0\nvt 3 0\nvt 0 3\n", "between 0 and 1"),
        ("vt 0 0\nvt 0 0\nvt 0 0\n", "have no area"),
    ],
)
def test_texture_coordinates_that_cannot_be_used_say_why(tmp_path, lines, said):
    path = saved(tmp_path, "v 0 0 0\nv 1 0 0\nv 0 1 0\n" + lines + "f 1/1 2/2 3/3\n")
    with pytest.raises(DomainAugError, match=said):
        read_mesh(path)


def test_large_files_are_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(meshes, "_LARGEST", 100)
    with pytest.raises(UnreadableInput, match="make it simpler"):
        read_mesh(saved(tmp_path, BOX))
    monkeypatch.setattr(meshes, "_LARGEST", 10_000)
    monkeypatch.setattr(meshes, "_MOST", 2)
    with pytest.raises(UnreadableInput, match="4 triangles, and 2 is the most"):
        read_mesh(saved(tmp_path, BOX))
