"""`domainaug doctor`: what is installed and what is wrong with it; and what DICOM files say about patients."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domainaug.doctor import examine

__all__ = ["doctor"]

_MARKS = {"ok": "[green]ok[/green]", "missing": "[yellow]--[/yellow]", "wrong": "[red]!![/red]"}


def doctor(
    phi: Annotated[
        Path | None,
        typer.Option(help="Look through a DICOM study instead, for what may still say who was imaged."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Say what is installed, which files can be read, and what is wrong; exit 1 when something is."""
    fine = _identity(phi, as_json) if phi is not None else _installation(as_json)
    if not fine:
        raise typer.Exit(1)


def _installation(as_json: bool) -> bool:
    checks = examine()
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
