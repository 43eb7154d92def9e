"""`domainaug study`: what is in DICOM files, series by series, before anything is done with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from domainaug.cli.catalogue import Json
from domainaug.errors import UnreadableInput

__all__ = ["study"]


def study(
    source: Annotated[Path, typer.Argument(help="A folder, a zip file, a DICOMDIR, or one DICOM file.")],
    pixels: Annotated[bool, typer.Option("--pixels", help="Decode pixels too, for their range.")] = False,
    as_json: Json = False,
) -> None:
    """Say what is in a DICOM study and what is wrong with it; exit 1 when something cannot be augmented as it is."""
    from domainaug.medical.report import report_of

    report = report_of(source, pixels=pixels)
    if not report.series and not report.set_aside:
        raise UnreadableInput("not-dicom", "there is no DICOM file here", path=source)
    typer.echo(json.dumps(report.as_dict(), indent=2) if as_json else str(report))
    if not report.clean:
        raise typer.Exit(1)
