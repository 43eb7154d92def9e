"""`domainaug doctor`: what is installed and what is wrong with it, or with the DICOM files it is pointed at."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Optional, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domainaug.doctor import Check, examine
from domainaug.errors import DomainAugError

__all__ = ["doctor"]

_MARKS = {"ok": "[green]ok[/green]", "missing": "[yellow]--[/yellow]", "wrong": "[red]!![/red]"}


def doctor(
    phi: Annotated[
        Path | None,
        typer.Option(help="Look through a DICOM study instead, for what may still say who was imaged."),
    ] = None,
    dicom: Annotated[
        Path | None,
        typer.Option(help="Hold the derived DICOM images in a folder against what they came from; needs --source."),
    ] = None,
    source: Annotated[Path | None, typer.Option(help="The study that the images of --dicom were derived from.")] = None,
    keep_private: Annotated[
        Optional[list[str]],  # noqa: UP045  (typer reads annotations on Python 3.10)
        typer.Option(help="A private creator whose elements the images of --dicom were to keep; may be repeated."),
    ] = None,
    carla: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Look at a CARLA server, HOST:PORT, for half a minute instead: versions, sensors, geometry."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Say what is installed, which files can be read, and what is wrong; exit 1 when something is."""
    if (dicom is None) != (source is None):
        raise DomainAugError("--dicom OUT and --source STUDY go together: images are held against their sources")
    if phi is not None and dicom is not None:
        raise DomainAugError("--phi and --dicom ask different things; run the command once for each")
    if carla is not None and (phi is not None or dicom is not None):
        raise DomainAugError("--carla, --phi and --dicom ask different things; run the command once for each")
    if carla is not None:
        fine = _shown(_server(carla), as_json)
    elif dicom is not None and source is not None:
        fine = _derived(source, dicom, tuple(keep_private or ()), as_json)
    else:
        fine = _identity(phi, as_json) if phi is not None else _installation(as_json)
    if not fine:
        raise typer.Exit(1)


def _installation(as_json: bool) -> bool:
    return _shown(examine(), as_json)


def _server(address: str) -> list[Check]:
    from domainaug.scenario.simulator import simulator_named

    found: list[Check] = cast(Any, simulator_named("carla")).probe(address)
    return found


def _shown(checks: list[Check], as_json: bool) -> bool:
    if as_json:
        typer.echo(json.dumps([{"what": c.what, "state": c.state, "detail": c.detail} for c in checks], indent=2))
    else:
        table = Table(box=None, pad_edge=False, show_header=False)
        for check in checks:
            table.add_row(_MARKS[check.state], escape(check.what), escape(check.detail))
        Console().print(table)
    return not any(check.state == "wrong" for check in checks)


def _identity(source: Path, as_json: bool) -> bool:
    from domainaug.medical.identity import identity_of

    report = identity_of(source)
    typer.echo(json.dumps(asdict(report), indent=2) if as_json else str(report))
    return report.clean


def _derived(source: Path, out: Path, private: tuple[str, ...], as_json: bool) -> bool:
    from domainaug.cli.augment import progress_bar
    from domainaug.medical.gate import hold_study
    from domainaug.run.summary import Progress

    with progress_bar("holding images against their sources") as tell:
        verdict = hold_study(source, out, private=private, progress=lambda done, all_: tell(Progress(done, all_, 0)))
    typer.echo(json.dumps(asdict(verdict), indent=2) if as_json else str(verdict))
    return verdict.clean
