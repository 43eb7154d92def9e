"""`domainaug demo`: everything on real data that ships inside wheels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["demo"]


def demo(
    out: Annotated[Path, typer.Option("--out", help="Where everything goes.")] = Path("demo-output"),
    quick: Annotated[bool, typer.Option("--quick", help="One copy of each picture instead of three.")] = False,
) -> None:
    """See it work: check, augment and replay on real DICOM and photographs, and leave one page to look at."""
    from domainaug.demo.tour import take

    tour = take(out, quick=quick, say=lambda line: typer.echo(line, err=True))
    typer.echo(
        f"{tour.outputs} files written, {tour.identical} made again identically, in {tour.seconds:.0f} s", err=True
    )
    typer.echo(str(tour.page))
    if not tour.ok:
        raise typer.Exit(1)
