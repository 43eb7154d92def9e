"""`domainaug replay`: make every output of a run again, and prove that the bytes are the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Optional

import typer

from domainaug.cli.augment import progress_bar
from domainaug.cli.catalogue import Json

__all__ = ["replay"]


def replay(
    out: Annotated[Path, typer.Argument(help="The output folder of a run.")],
    source: Annotated[
        Optional[Path],  # noqa: UP045  (typer reads annotations on Python 3.10)
        typer.Option(help="Where the inputs are now, if they have moved."),
    ] = None,
    profile: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--profile", "-p", help="The profile, if it is neither in the catalogue nor where it was."),
    ] = None,
    workers: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--workers", "-j", min=1, help="Processes; the bytes do not depend on it."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make every output of a run again and compare the bytes; say exactly what differs.

    Exit status: 0 all files proven, 1 something differs, 2 misuse.
    """
    from domainaug.run import replay as run

    with progress_bar("replaying") as tell:
        report = run(out, source=source, workers=workers, profile=profile, progress=tell)
    typer.echo(str(report), err=as_json)
    if as_json:
        typer.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))
    raise typer.Exit(report.exit_code)
