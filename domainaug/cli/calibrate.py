"""`domainaug calibrate`: thresholds of the gate, sizes and places, from the labeled defects of a data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Optional

import typer

from domainaug.cli.augment import in_count, progress_bar
from domainaug.cli.catalogue import Json, Options, parse_options

__all__ = ["calibrate"]

_LISTED = 10


def calibrate(
    source: Annotated[Path, typer.Argument(help="A folder (or zip) of pictures with labeled defects.")],
    profile: Annotated[
        str, typer.Option("--profile", "-p", help="What to begin with: id of a profile, or the path of a YAML file.")
    ] = "manufacturing/surface",
    out: Annotated[
        Optional[Path],  # noqa: UP045  (typer reads annotations on Python 3.10)
        typer.Option("--out", help="Write a profile that extends it, for augment --defects and pipelines."),
    ] = None,
    pitch: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Millimeters from pixel to pixel, where the profile does not say."),
    ] = None,
    option: Options = None,
    workers: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--workers", "-j", min=1, help="Processes; the result does not depend on it."),
    ] = None,
    engine: Annotated[str, typer.Option(help="Where the work is done: local or serial.")] = "local",
    memory_limit: Annotated[str, typer.Option(help="What one worker may take (4GiB, 500MB), or none.")] = "4GiB",
    timeout: Annotated[float, typer.Option(min=0, help="Seconds one picture may take; 0 for no limit.")] = 60.0,
    as_json: Json = False,
) -> None:
    """Measure the labeled defects of a data set, and say where the thresholds of the gate have to lie.

    Exit status: 0 all well, 1 something was set aside, 2 misuse.
    """
    from domainaug.run.calibrating import calibrate_set, check_apart_from

    if out is not None:
        check_apart_from(out, Path(profile))
    with progress_bar("measuring") as tell:
        found = calibrate_set(
            source, profile=profile, options=parse_options(option), pitch_mm=pitch, workers=workers, engine=engine,
            memory_limit=in_count(memory_limit), timeout=timeout or None, progress=tell,
        )  # fmt: skip
    for aside in found.set_aside[:_LISTED]:
        typer.echo(f"set aside: {aside.key}: {aside.code}: {aside.reason}", err=True)
    if len(found.set_aside) > _LISTED:
        typer.echo(f"set aside: ... and {len(found.set_aside) - _LISTED} more, see --json", err=True)
    typer.echo(str(found), err=as_json)
    if out is not None:
        typer.echo(f"written: {found.saved(out)}", err=True)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
    raise typer.Exit(1 if found.set_aside else 0)
