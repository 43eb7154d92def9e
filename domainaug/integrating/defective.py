"""Pictures of a run of defects beside originals: where they lie in the set, and what its label file says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from domainaug.errors import DomainAugError

__all__ = ["annotated", "check_written", "placed_by_layout"]

_WRITTEN: Final = {"image-folder": "masks", "mvtec-ad": "mvtec-ad", "coco": "coco"}


def check_written(header: Mapping[str, Any], layout: str, out: object) -> None:
    """Refuse a run of defects whose pictures are not laid out as the source is.

    Args:
        header: That of the run's ledger.
        layout: Name of the source's layout.
        out: The output folder, for the error.

    Raises:
        DomainAugError: They are not; says what to do.
    """
    if not header.get("defects"):
        return
    written, fits = header["defects"]["output"], _WRITTEN.get(layout)
    if written != fits:
        advice = "train on both as they are"
        if fits is not None:
            advice = f"run `domainaug augment` with --output {fits} into a new folder"
        raise DomainAugError(
            f"{out}: its pictures are written as {written}, and the source is laid out as {layout}; "
            f"one set has one layout: {advice}"
        )


def placed_by_layout(name: str, layout: str, *, own: bool, folder: str) -> str:
    """Return where a file of such a run goes in the set.

    Args:
        name: Its path in the run.
        layout: Name of the layout of both.
        own: Whether the parts are those of the source, in one tree: a drawn defect that MVTec AD has in `test` is for
            training, `bottle/train/dent/000.png`; its mask stays in `ground_truth`.
        folder: Where COCO's pictures lie in the source.
    """
    if layout == "mvtec-ad" and own:
        *above, split, kind, file = name.split("/")
        return "/".join([*above, "train" if split == "test" else split, kind, file])
    if layout == "coco":
        return "/".join(filter(None, (folder.rstrip("/"), name.removeprefix("images/"))))
    return name


def annotated(labels: Any, folder: str) -> dict[str, Any]:
    """Return what such a run says of a picture for COCO, as `Coco.finish` takes it; categories are named."""
    size = {"width": labels["width"], "height": labels["height"]}
    return {**size, "folder": folder, "annotations": [labels["label"]]}
