"""`domainaug export`: frames of streets, or pictures of parts, as a data set."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from domainaug.cli.catalogue import Json

__all__ = ["export"]


def export(
    frames: Annotated[
        Path, typer.Argument(help="What `domainaug simulate` wrote with the street or the surface simulator.")
    ],
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    layout: Annotated[
        str,
        typer.Option(
            help="Of streets: bdd100k, cityscapes, coco-panoptic, kitti, nuscenes, semantic-kitti or yolo; of parts: "
            "coco or mvtec-ad."
        ),
    ],
    as_json: Json = False,
) -> None:
    """Write frames as a data set; their labels are held against each other first.

    Exit status: 0 all well, 2 misuse, or labels that contradict each other or cannot be said in this layout.
    """
    from domainaug.errors import UnknownName
    from domainaug.layouts.exports import EXPORTS, PART_EXPORTS, export_frames, export_parts

    if layout not in (*EXPORTS, *PART_EXPORTS):
        raise UnknownName("export", layout, (*EXPORTS, *PART_EXPORTS))
    made = (export_parts if layout in PART_EXPORTS else export_frames)(frames, out, layout)
    typer.echo(json.dumps({**asdict(made), "out": str(made.out)}) if as_json else str(made))
