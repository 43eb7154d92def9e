"""`Pipeline`: an `albumentations.Compose` that keeps values, chance and labels true, and tells what it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug._albumentations.leaves import Kind, acts_along_depth, kind_of
from domainaug._albumentations.streams import Streams
from domainaug._albumentations.tree import leaves, plan, walked_like
from domainaug.errors import ImageError, LabelError, UnknownName
from domainaug.pipeline.clock import Clock, Draw, check_seed
from domainaug.pipeline.execution import execute
from domainaug.pipeline.guards import RANKS, check_mask_sizes, checked_image, checked_mask, quiet
from domainaug.pipeline.labels import (
    MASKS,
    Marked,
    OnVanished,
    Rows,
    all_gone,
    boxes_fit_masks,
    boxes_from_masks,
    check_rule,
    refuse_vanished,
)
from domainaug.pipeline.ranges import Values, check_range, check_spacing, check_unit, profile_range, resolve_values
from domainaug.pipeline.record import Log
from domainaug.pipeline.state import State

if TYPE_CHECKING:
    from domainaug.profile.model import Profile

__all__ = ["Pipeline"]

Array = NDArray[Any]
_FULL_NAME = "domainaug.pipeline.Pipeline"


class Pipeline(A.Compose):  # type: ignore[misc]
    """An `albumentations.Compose` that takes any values, repeats itself on request, and keeps labels true.

    Use it wherever a Compose goes: `out = pipeline(image=image, mask=mask)`. A call takes six more keywords:
    `key` and `copy` (the draw then depends on seed, key and copy alone), `part` (of a sample of several), and
    `value_range`, `fill` and `spacing` (of this picture, before what the pipeline was told).

    Args:
        transforms: albumentations transforms and compositions.
        seed: Same seed, same draws. None takes one from the operating system; the record tells it.
        value_range: (low, high), what pixel values mean, in their unit: (-1024, 3071) for CT in HU.
        fill: The value outside the picture, in the same unit; None for the profile's, else the low end.
        profile: The profile the pipeline was made for; gives range and fill where nothing else does.
        boxes_from_masks: Draw boxes anew around `masks`; None does it where `masks` and `bboxes` came in
            matching pairs.
        on_vanished: "drop" labels that are gone and report them in the record; "refuse" with `LabelError`; or a mapping
            such as {"label": "good"}: drop them, and where none of the call's labels is left, what the call says under
            these names becomes what the mapping says. The record tells it as `relabeled`.
        fused: Let consecutive steps share one interpolation and one curve; False gives each a pass of its own.
        bbox_params: As for Compose.
        keypoint_params: As for Compose.
        **compose: Everything else Compose takes.

    Attributes:
        mixes_slices: Whether a step takes the slices of a volume for a body in space, which frames in time are not.
        narrowed: What `Profile.compose` changed in the recipe to keep the profile's limits, one sentence each.

    Raises:
        UnknownName: A transform was given a parameter it does not have; albumentations only warns.
    """

    def __init__(
        self,
        transforms: Sequence[Any],
        *,
        seed: int | None = None,
        value_range: tuple[float, float] | None = None,
        fill: float | None = None,
        profile: Profile | None = None,
        boxes_from_masks: bool | None = None,
        on_vanished: OnVanished = "drop",
        fused: bool = True,
        bbox_params: Any = None,
        keypoint_params: Any = None,
        **compose: Any,
    ) -> None:
        rule = check_rule(on_vanished)
        self._clock = Clock(check_seed(seed))
        self._log: Log | None = None
        self._drawn: dict[bytes, Any] = {}
        with quiet():
            super().__init__(
                list(transforms), bbox_params=bbox_params, keypoint_params=keypoint_params, seed=seed, **compose
            )
        self.value_range = check_range(value_range, "Pipeline")
        self.fill = None if fill is None else float(fill)
        self.profile = profile
        self.boxes_from_masks = boxes_from_masks
        self.on_vanished = rule
        self.fused = bool(fused)
        self.narrowed: tuple[str, ...] = ()
        for _, leaf in leaves(self):
            _refuse_unknown_parameters(leaf)
        self._moves = any(
            not isinstance(leaf, A.ImageOnlyTransform) and kind_of(leaf) is not Kind.PIXEL for _, leaf in leaves(self)
        )
        pixel = (leaf for _, leaf in leaves(self) if leaf.p > 0 and kind_of(leaf) is Kind.PIXEL)
        voxels = (type(leaf).__name__ for _, leaf in leaves(self) if leaf.p > 0 and hasattr(leaf, "volume_map"))
        self._moves_voxels = next(voxels, "")
        self.mixes_slices = any(leaf.p > 0 and acts_along_depth(leaf) for _, leaf in leaves(self))
        self._talks = any(isinstance(leaf, A.HueSaturationValue) for _, leaf in leaves(self))
        self._asking = next((type(leaf).__name__ for leaf in pixel), "")

    @classmethod
    def from_profile(
        cls, profile: Profile, *, seed: int | None = None, strength: float = 1.0, **compose: Any
    ) -> Pipeline:
        """Return the recipe of a profile as it is written; `Profile.compose` also holds it inside the limits.

        Args:
            profile: The profile.
            seed: As for `Pipeline`.
            strength: From 0, which leaves every picture alone, to 1, the recipe as written.
            **compose: Everything else `Pipeline` takes.

        Raises:
            UnknownName: The recipe names a transform or a parameter nobody knows.
            ProfileError: The recipe cannot be built.
        """
        from domainaug.recipe import build_recipe

        transforms = build_recipe(profile.recipe, strength=strength, path=profile.path)
        return cls(transforms, seed=seed, profile=profile, **compose)

    # -- chance ----------------------------------------------------------------------------------------

    def set_random_seed(self, seed: int | None) -> None:
        """Start again with `seed`; the streams of the steps follow from it."""
        self.seed = check_seed(seed)
        self._clock = Clock(self.seed)
        self.random_generator = np.random.default_rng(self.seed)
        self.py_random = Streams((self._clock.seed,)).at(()).python

    def set_random_state(self, random_generator: np.random.Generator, py_random: Any) -> None:
        """Take a seed from a generator; what an outer Compose calls."""
        self.random_generator, self.py_random = random_generator, py_random
        self._clock = Clock(int(random_generator.integers(2**63)))

    # -- the call --------------------------------------------------------------------------------------

    def __call__(
        self,
        *args: Any,
        force_apply: bool = False,
        key: str | None = None,
        copy: int = 0,
        part: int = 0,
        value_range: tuple[float, float] | None = None,
        fill: float | None = None,
        spacing: tuple[float, ...] | None = None,
        **data: Any,
    ) -> dict[str, Any]:
        """Augment one sample.

        Args:
            *args: None; albumentations takes targets by name.
            force_apply: Apply even if the `p` of the pipeline says no.
            key: Names the sample; the draw then depends on seed, key and copy alone.
            copy: Which copy of the sample, from 0.
            part: Which channel or frame of the sample: with one key, all parts share every draw, and each has noise of
                its own.
            value_range: (low, high) of this picture.
            fill: The value outside this picture.
            spacing: Millimeters from one pixel to the next, (rows, columns), or (slices, rows, columns) of a volume.
            **data: `image`, `mask`, `masks`, `bboxes`, `keypoints`, `volume`, `mask3d` and so on.

        Returns:
            The same names; arrays are new, contiguous, and of the type they came in.

        Raises:
            ImageError: A picture that cannot be taken.
            LabelError: A label that would no longer be true.
            ValueError: A range, spacing, key or copy that is none.
        """
        if args:
            raise KeyError("pass targets by name: pipeline(image=image)")
        told = check_spacing(spacing)
        draw = self._draw(key, copy)
        targets = {name: self._additional_targets.get(name, name) for name, value in data.items() if value is not None}
        if not any(kind in RANKS for kind in targets.values()):
            raise ImageError(
                f"a pipeline needs image=, images=, volume= or volumes=, got {', '.join(data) or 'nothing'}"
            )
        self._refuse_unmoved(data, targets)
        ready, values, thin = self._taken(data, targets, check_range(value_range, "the call"), fill)
        known = values.low is not None and values.high is not None
        if self._asking and not known:
            values.ends(self._asking)  # whether or not it is drawn: not at a random sample of a long run
        log = Log(
            draw,
            value_range=(float(values.low), float(values.high)) if known else None,  # type: ignore[arg-type]
            fill=values.fill,
        )
        self._log = log
        if self.save_applied_params and self.main_compose:
            ready["applied_transforms"] = []
        if not part:
            self._drawn = {}
        steps = plan(self, Streams(draw.entropy, part, self._drawn), forced=force_apply)
        with quiet() if self._talks else nullcontext():
            self.preprocess(ready)
            return self._run(steps, ready, targets, values, told, log, thin)

    def _draw(self, key: str | None, copy: int) -> Draw:
        if key is None:
            if copy:
                raise ValueError("copy= counts copies of a sample and needs key= to name it")
            return self._clock.tick()
        if not isinstance(key, str):
            raise TypeError(f"key: a string is needed, got {type(key).__name__}")
        if isinstance(copy, bool) or not hasattr(copy, "__index__") or copy < 0:
            raise ValueError(f"copy: an integer from 0 is needed, got {copy!r}")
        return Draw(self._clock.seed, key, int(copy))

    def _refuse_unmoved(self, data: Mapping[str, Any], targets: Mapping[str, str]) -> None:
        for kind, params in (("bboxes", "bbox_params"), ("keypoints", "keypoint_params")):
            for name, target in targets.items():
                if target == kind and kind not in self.processors:
                    raise LabelError(f"{name}: Pipeline(..., {params}=...) is needed to know their format")
        if not self._moves:
            return
        self._refuse_points_without_a_slice(targets)
        sizes = {np.shape(data[n])[:2] for n, k in targets.items() if k == "image"}
        for name, kind in targets.items():
            value = data[name]
            foreign = kind not in RANKS and kind not in MASKS and kind not in self.processors
            if foreign and isinstance(value, np.ndarray) and value.ndim >= 2 and value.shape[:2] in sizes:
                raise LabelError(
                    f"{name}: an array as large as the picture would stay behind when the picture moves; "
                    f"pass additional_targets={{{name!r}: 'image'}} or {{{name!r}: 'mask'}} to the pipeline"
                )

    def _refuse_points_without_a_slice(self, targets: Mapping[str, str]) -> None:
        """Refuse points that do not say which slice they are in, where a step moves a volume across its slices."""
        points, kinds = self.processors.get("keypoints"), set(targets.values())
        if points is None or "keypoints" not in kinds or "z" in points.params.format:
            return
        if kinds.intersection(("volume", "volumes")) and self._moves_voxels:
            raise LabelError(
                f"{self._moves_voxels} moves a volume across its slices, and key points {points.params.format!r} "
                "do not say which slice they are in; pass KeypointParams('xyz')"
            )

    def _taken(
        self,
        data: Mapping[str, Any],
        targets: Mapping[str, str],
        value_range: tuple[float, float] | None,
        fill: float | None,
    ) -> tuple[dict[str, Any], Values, set[str]]:
        """Return private copies, what values mean, and which pictures had a channel axis of one."""
        ready, thin = dict(data), set()
        values: Values | None = None
        for name, kind in targets.items():
            if kind in RANKS:
                array, extent = checked_image(name, kind, data[name])
                if array.ndim == RANKS[kind][1] and array.shape[-1] == 1:
                    array = array[..., 0]
                    thin.add(name)
                ready[name] = array
                if (value_range or self.value_range) is None:
                    check_unit(name, array, self.profile)
                if values is None:
                    values = resolve_values(
                        array,
                        extent,
                        value_range=value_range or self.value_range,
                        fill=self.fill if fill is None else float(fill),
                        profile=self.profile,
                    )
                elif array.dtype != values.dtype:
                    raise ImageError(f"{name}: pictures of one call share a type, got {array.dtype} and {values.dtype}")
            elif kind in ("masks", "masks3d") and isinstance(data[name], list | tuple):
                ready[name] = [checked_mask(name, mask) for mask in data[name]]
            elif kind in MASKS:
                ready[name] = checked_mask(name, data[name])
            elif kind in self.processors and isinstance(data[name], np.ndarray):
                ready[name] = data[name].copy()
        assert values is not None
        check_mask_sizes(ready, targets)
        return ready, values, thin

    def _run(
        self,
        steps: Sequence[Any],
        data: dict[str, Any],
        targets: Mapping[str, str],
        values: Values,
        spacing: tuple[float, ...] | None,
        log: Log,
        thin: set[str],
    ) -> dict[str, Any]:
        active = {n: k for n, k in targets.items() if n in data and not isinstance(data[n], list | tuple)}
        marked = Marked.by(data, active if steps else {})
        paired = self._paired(data, active)
        rows = {
            n: r
            for n, k in active.items()
            if k in self.processors and (r := Rows.numbered(data, n, boxes=k == "bboxes"))
        }
        boxes = self.processors.get("bboxes")
        visible = 0.0 if boxes is None else float(boxes.params.min_visibility)
        state = State(data, active, values, spacing, rows, log, self.check_data_post_transform, visible, boxes)
        data = execute(steps, state, fused=self.fused)
        paired = paired and state.labels_moved
        self._settle(data, active, rows, log, paired)
        if state.labels_moved:
            log.vanished.update(marked.gone(data, paired=paired))
        if self.on_vanished == "refuse":
            refuse_vanished(log.vanished)
        elif not isinstance(self.on_vanished, str) and all_gone(marked, rows, log.vanished):
            log.relabeled = {name: value for name, value in self.on_vanished.items() if name in data}
            data.update(log.relabeled)
        if "applied_transforms" in data:
            data["applied_transforms"] = [(type(x.leaf).__name__, dict(x.params)) for x in log.applied]
        out: dict[str, Any] = self.postprocess(data)
        for name in thin:
            if isinstance(out[name], np.ndarray) and out[name].ndim == RANKS[targets[name]][0]:
                out[name] = out[name][..., None]
        return out

    def _paired(self, data: Mapping[str, Any], targets: Mapping[str, str]) -> bool:
        """Whether boxes are to be drawn anew around masks."""
        there = targets.get("masks") == "masks" and targets.get("bboxes") == "bboxes"
        if self.boxes_from_masks is False or not there or not np.size(data["bboxes"]):
            return False
        if self.boxes_from_masks:
            if len(data["masks"]) != len(data["bboxes"]):
                raise LabelError(
                    f"boxes_from_masks needs one mask a box, got {len(data['masks'])} masks and "
                    f"{len(data['bboxes'])} boxes"
                )
            return True
        return boxes_fit_masks(data["bboxes"], data["masks"])

    def _settle(
        self, data: dict[str, Any], targets: Mapping[str, str], rows: Mapping[str, Rows], log: Log, paired: bool
    ) -> None:
        """Draw boxes around their masks, drop what is gone, and note it."""
        shape = A.core.utils.get_shape(data) if rows else {}
        for name, numbered in rows.items():
            array = data[name]
            if paired and name == "bboxes" and len(array):
                array = boxes_from_masks(array, data["masks"])
            array = self.processors[targets[name]].filter(array, shape) if len(array) else array
            if paired and name == "bboxes":
                data["masks"] = data["masks"][numbered.alive(array)]
            data[name] = numbered.finished(array)
            if numbered.vanished:
                log.vanished[name] = list(numbered.vanished)
            if numbered.added:
                log.added[name] = numbered.added
            if numbered.clipped:
                log.cut[name] = sorted(numbered.clipped)

    # -- afterwards ------------------------------------------------------------------------------------

    @property
    def record(self) -> dict[str, Any]:
        """What the last call drew and did, fit for JSON; {} before the first.

        `steps` (transform, path, params, effects, exact), `effects` of the whole, `exact` (every effect was
        read off the draw, rather than bounded), `moved` (content left its place), `seed`, `key`, `copy`,
        `value_range`, `fill`, `clipped` and `saturated` values, and `labels` that vanished or were clipped.
        """
        return {} if self._log is None else self._log.as_record()

    @classmethod
    def get_class_fullname(cls) -> str:
        """Return the name under which `A.to_dict` and `A.from_dict` know the class."""
        return _FULL_NAME if cls.__name__ == "Pipeline" else f"{cls.__module__}.{cls.__name__}"

    def to_dict_private(self) -> dict[str, Any]:
        """Return what `A.from_dict` needs to make an equal pipeline, the seed and the profile's values included."""
        found: dict[str, Any] = super().to_dict_private()
        value_range, fill = self.value_range or profile_range(self.profile), self.fill
        if fill is None and self.profile is not None:
            fill = self.profile.value_range.fill
        found.update(
            seed=self.seed,
            value_range=None if value_range is None else list(value_range),
            fill=fill,
            boxes_from_masks=self.boxes_from_masks,
            on_vanished=self.on_vanished,
            fused=self.fused,
        )
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_log": None, "_drawn": {}}


def _refuse_unknown_parameters(leaf: Any) -> None:
    wrong = getattr(leaf, "invalid_args", None)
    if wrong:
        raise UnknownName("parameter", wrong[0], leaf.get_transform_init_args_names(), where=type(leaf).__name__)


walked_like(Pipeline.__call__, A.Compose.__call__)
