"""`domainaug preview`: one image and its copies on a sheet, before a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Optional

import typer

from domainaug.cli.catalogue import Json, Options, parse_options

__all__ = ["preview"]


def preview(
    source: Annotated[Path, typer.Argument(help="A data set, or a picture, a DICOM or a NIfTI file.")],
    profile: Annotated[str, typer.Option("--profile", "-p", help="Id of a profile, or the path of a YAML file.")],
    copies: Annotated[int, typer.Option("--copies", "-n", min=1, max=64, help="How many copies to show.")] = 8,
    seed: Annotated[int, typer.Option("--seed", "-s", min=0, help="That of the run to come.")] = 0,
    strength: Annotated[float, typer.Option(min=0, max=1, help="0 leaves images alone, 1 is the recipe.")] = 1.0,
    item: Annotated[
        Optional[str],  # noqa: UP045  (typer reads annotations on Python 3.10)
        typer.Option(help="Which item of a data set, by its key in the manifest; the first by default."),
    ] = None,
    part: Annotated[int, typer.Option(min=0, help="Which of several frames or channels is shown, from 0.")] = 0,
    option: Options = None,
    tile: Annotated[int, typer.Option(min=48, max=2048, help="Longer side of a picture on the sheet.")] = 320,
    changes: Annotated[bool, typer.Option("--changes", help="Show where copies are lighter or darker.")] = False,
    out: Annotated[Path, typer.Option("--out", help="The sheet, a PNG file; written over.")] = Path("preview.png"),
    as_json: Json = False,
) -> None:
    """Show what `augment` would make of one image: the same draws, the same pixels, on one sheet."""
    from PIL import Image

    from domainaug.errors import OutputError
    from domainaug.preview.apart import draw_apart, get_ready, open_apart
    from domainaug.preview.sheet import sheet_of
    from domainaug.profile import load_profile
    from domainaug.run.tailoring import unfit

    get_ready()
    if out.suffix.lower() != ".png":
        raise OutputError(f"--out {out}: the sheet is a PNG file; give a name that ends in .png")
    loaded = load_profile(profile, options=parse_options(option))
    subject = open_apart(source, item, profile=loaded, part=part)
    code, reason = unfit(subject.item, loaded)
    if code:
        typer.echo(f"note: a run sets this aside ({code}): {reason}", err=True)
    drawn = draw_apart(subject, loaded, seed=seed, copies=range(copies), strength=strength)
    for sentence in drawn.narrowed:
        typer.echo(f"note: {sentence}", err=True)
    try:
        Image.fromarray(sheet_of(subject, loaded, drawn.variants, tile=tile, changes=changes)).save(out)
    except OSError as error:
        raise OutputError(f"--out {out}: cannot be written: {error.strerror or error}") from None
    if as_json:
        told = [{"copy": one.copy, "effects": one.record["effects"]} for one in drawn.variants]
        typer.echo(json.dumps({"item": subject.item.key, "sheet": str(out), "copies": told}, indent=2))
    else:
        typer.echo(str(out))
