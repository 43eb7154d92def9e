"""`domainaug doctor`: what is installed, what that allows, and what is wrong with it."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domainaug.doctor import examine

__all__ = ["doctor"]

_MARKS = {"ok": "[green]ok[/green]", "missing": "[yellow]--[/yellow]", "wrong": "[red]!![/red]"}


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False) -> None:
    """Say what is installed, which files can be read, and what is wrong; exit 1 when something is."""
    checks = examine()
    wrong = any(check.state == "wrong" for check in checks)
    if as_json:
        typer.echo(json.dumps([{"what": c.what, "state": c.state, "detail": c.detail} for c in checks], indent=2))
    else:
        table = Table(box=None, pad_edge=False, show_header=False)
        for check in checks:
            table.add_row(_MARKS[check.state], escape(check.what), escape(check.detail))
        Console().print(table)
    if wrong:
        raise typer.Exit(1)
