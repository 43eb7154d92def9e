"""Transforms that move the picture: one draw is one map, which carries pictures, masks, points and boxes.

A pipeline asks for the map and runs it together with its neighbors'. Here it is run alone, so that these
transforms also work by themselves and in a plain Compose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug.errors import ImageError, LabelError
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.volume_map import VolumeMap
from domainaug.transforms.arguments import choice, number, share
from domainaug.transforms.arrays import by_channel, by_coverage, extent_of, in_float32
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.landing import boxes_landed, key_points_landed
from domainaug.transforms.own import Own

__all__ = ["ORDERS", "Moving"]

Array = NDArray[Any]

ORDERS = ("linear", "cubic", "nearest")


class Moving(Own, A.DualTransform):  # type: ignore[misc]
    """What moving transforms have in common; a new one has `draw`, its map or maps, and its effects.

    Args:
        order: How pictures are interpolated: "linear", "cubic" or "nearest". Masks keep their labels.
        fill: The value outside the picture, in its unit; 0 for the pipeline's, which in CT is air.
        fill_mask: The label outside.
        p: How often it happens.
    """

    _targets = A.core.type_definitions.ALL_TARGETS

    def __init__(self, order: str = "linear", fill: float = 0.0, fill_mask: float = 0.0, p: float = 0.5) -> None:
        super().__init__(p=share(self, "p", p))
        self.order: str | None = choice(self, "order", order, ORDERS)
        self.fill: float | None = number(self, "fill", fill)
        self.fill_mask: float | None = number(self, "fill_mask", fill_mask)

    def moves_whole(self, *, fills: bool = False) -> None:
        """Say that whole pixels move, which goes with any interpolation, and whether anything comes from outside."""
        self.order = None
        if not fills:
            self.fill = self.fill_mask = None

    # -- what a transform says -------------------------------------------------------------------------

    def draw(self, extent: tuple[int, ...], data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters of one application; all chance is here.

        Args:
            extent: (height, width) of the pictures of the call, or (depth, height, width) of its volumes.
            data: The call's; only sizes, `spacing`, `value_range` and what a header says (`orientation`) may be looked
                at, and pictures where `draws_from` says so.
        """
        raise TypeError(f"{type(self).__name__} says nothing about what it draws: give it a method draw(extent, data)")

    def pixel_map(self, params: Drawn, shape: tuple[int, int]) -> PixelMap | None:
        """Return the map of a picture of `shape`, (height, width); None for a draw that moves volumes."""
        return None

    def volume_map(self, params: Drawn, shape: tuple[int, int, int]) -> VolumeMap | None:
        """Return the map of a volume of `shape`, (depth, height, width); None for a draw that moves pictures."""
        return None

    def points_landed(self, params: Drawn, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points of the input lie in the output, (n, d) with x first, in pixels."""
        extent = params["extent"]
        if len(extent) == 3:
            return self._volume_map(params, extent).points(points)
        spatial = np.concatenate([points, np.zeros((len(points), 1))], axis=1)
        return self.as_volume(params).points(spatial)[:, :2]

    def as_volume(self, params: Drawn) -> VolumeMap:
        """Return the map of a picture as that of a volume of one slice, which knows where points land.

        Raises:
            LabelError: The map bends, and the transform has no `as_volume` of its own.
        """
        found = self._pixel_map(params, params["extent"])
        if found.matrix is None:
            raise LabelError(f"{type(self).__name__} cannot move points of pictures")
        return VolumeMap.from_plane(found, 1)

    # -- albumentations --------------------------------------------------------------------------------

    def get_params_dependent_on_data(self, params: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Draw."""
        extent = extent_of(data)
        told = data.get("value_range")
        lent = data.get("fill", told[0] if told is not None else None)
        fill = lent if self.fill == 0 and lent is not None else self.fill
        return {"extent": extent, "fill": fill, **self.draw(extent, data)}

    def apply(self, img: Array, **params: Any) -> Array:
        """Return a picture moved."""
        from domainaug.kernels.warp import warp

        return in_float32(img, lambda part: warp(part, self._pixel_map(params, img.shape[:2]), **self._how(params)))

    def apply_to_images(self, images: Array, **params: Any) -> Array:
        """Return a stack of pictures moved, all alike."""
        from domainaug.kernels.warp import warp

        found = self._pixel_map(params, images.shape[1:3])
        return in_float32(images, lambda part: warp(part, found, stack=True, **self._how(params)))

    def apply_to_mask(self, mask: Array, **params: Any) -> Array:
        """Return a mask of labels moved."""
        from domainaug.kernels.thin import warp_whole
        from domainaug.kernels.warp import warp

        found, background = self._pixel_map(params, mask.shape[:2]), params["fill_mask"] or 0
        return by_coverage(
            mask,
            2,
            lambda labels: warp_whole(labels, found, fill=int(background)),
            lambda shares: warp(shares, found, fill=float(background)),
        )

    def apply_to_volume(self, volume: Array, **params: Any) -> Array:
        """Return a volume moved."""
        from domainaug.kernels.resample import resample_volume

        found = self._volume_map(params, volume.shape[:3])
        return by_channel(
            volume, 3, lambda part: in_float32(part, lambda one: resample_volume(one, found, **self._how(params)))
        )

    def apply_to_mask3d(self, mask3d: Array, **params: Any) -> Array:
        """Return a volume of labels moved."""
        from domainaug.kernels.resample import resample_labels, resample_volume

        found, background = self._volume_map(params, mask3d.shape[:3]), params["fill_mask"] or 0
        return by_coverage(
            mask3d,
            3,
            lambda labels: resample_labels(labels, found, order="vote", fill=int(background)),
            lambda shares: resample_volume(shares, found, fill=float(background)),
        )

    def apply_to_masks3d(self, masks3d: Array, **params: Any) -> Array:
        """Return volumes of labels moved."""
        return np.stack([self.apply_to_mask3d(mask, **params) for mask in masks3d])

    def apply_to_keypoints(self, keypoints: Array, **params: Any) -> Array:
        """Return key points moved, their angles and sizes with them; in a volume z moves as well."""
        if not len(keypoints):
            return keypoints
        return key_points_landed(keypoints, lambda at: self.points_landed(params, at), len(params["extent"]))

    def apply_to_bboxes(self, bboxes: Array, **params: Any) -> Array:
        """Return boxes around what boxes became, which may reach over the frame.

        Raises:
            LabelError: There is a volume; what a flat box becomes in it depends on the slice.
        """
        if not len(bboxes):
            return bboxes
        extent = params["extent"]
        if len(extent) == 3:
            raise LabelError(
                f"{type(self).__name__} moves a volume, and boxes of albumentations have no slice: "
                "pass mask3d= or keypoints= with KeypointParams('xyz') and draw boxes around what comes back"
            )
        into = self._pixel_map(params, extent).shape
        return boxes_landed(bboxes, extent, into, lambda at: self.points_landed(params, at))

    # ---------------------------------------------------------------------------------------------------

    def _how(self, params: Drawn) -> dict[str, Any]:
        return {"order": self.order or "nearest", "fill": params["fill"] or 0.0}

    def _pixel_map(self, params: Drawn, shape: Sequence[int]) -> PixelMap:
        found = self.pixel_map(params, (int(shape[0]), int(shape[1])))
        if found is None:
            raise ImageError(f"{type(self).__name__} drew for a volume and cannot move a picture in the same call")
        return found

    def _volume_map(self, params: Drawn, shape: Sequence[int]) -> VolumeMap:
        found = self.volume_map(params, (int(shape[0]), int(shape[1]), int(shape[2])))
        if found is None:
            raise ImageError(f"{type(self).__name__} drew for pictures and cannot move a volume in the same call")
        return found
