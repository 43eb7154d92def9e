"""Whether a camera stands in something: in a wall, in a house, in a vehicle."""

from __future__ import annotations

from typing import Final

import numpy as np

from domainaug.errors import DomainAugError
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.sampling import Samples
from domainaug_simulators.street.scene import Scene
from domainaug_simulators.street.town.tags import Tag

__all__ = ["refuse_buried"]

_NEAR, _BURIED = 0.3, 0.25  # a quarter of the picture within 30 cm
_INSIDE: Final = 0.6  # share of what is seen of houses that is seen from behind
_SOLID: Final = (Tag.BUILDING, Tag.WALL)


def refuse_buried(scene: Scene, camera: Camera, samples: Samples, name: str) -> None:
    """Refuse a camera that stands in something.

    Args:
        scene: What there is.
        camera: The camera.
        samples: What the rays through its pixels meet.
        name: What the camera is called.

    Raises:
        DomainAugError: It stands in something; says in what, and where.
    """
    found = _body(scene, camera) or _house(scene, samples) or _close(samples)
    if found:
        place = ", ".join(f"{value:.1f}" for value in camera.place)
        raise DomainAugError(
            f"camera {name} at ({place}) m stands in {found}; move it with along, aside or camera_height, or mount it "
            "elsewhere"
        )


def _body(scene: Scene, camera: Camera) -> str:
    """Return the vehicle or the person whose box holds the camera."""
    for number, body in scene.bodies.items():
        own = np.linalg.inv(body.pose) @ [*camera.place, 1.0]
        length, width, height = body.size
        if abs(own[0]) < length / 2 and abs(own[1]) < width / 2 and 0 < own[2] < height:
            faces = scene.spans.of(number)
            kind = Tag(int(scene.tag[faces[0]])).name.lower() if len(faces) else "thing"
            return f"something: a {kind}"
    return ""


def _house(scene: Scene, samples: Samples) -> str:
    """Return that most walls are seen from behind, as they are from inside a house."""
    face = samples.hits.face
    solid = (face >= 0) & np.isin(scene.tag[face], _SOLID)
    if solid.mean() < _BURIED:
        return ""
    corners = scene.mesh.corners[face[solid]].astype(np.float64)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    behind = (normal * samples.directions[solid]).sum(axis=1) > 0
    return "something: a building" if behind.mean() > _INSIDE else ""


def _close(samples: Samples) -> str:
    near = samples.hits.distance < _NEAR
    return f"something: {near.mean():.0%} of its picture is nearer than {_NEAR:g} m" if near.mean() > _BURIED else ""
