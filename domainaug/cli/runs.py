"""`domainaug runs`: what was run below a folder, and how far each run is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domainaug.cli.catalogue import Json

__all__ = ["runs"]


def runs(
    folder: Annotated[Path, typer.Argument(help="The folder to look in, and below.")] = Path(),
    as_json: Json = False,
) -> None:
    """List the runs below a folder: how far they are, what was set aside, what was judged.

    Exit status: 0; 1 when a ledger is damaged; 2 misuse.
    """
    from domainaug.errors import OutputError
    from domainaug.run.overview import find_runs, overview

    if not folder.is_dir():
        raise typer.BadParameter(f"{folder}: there is no such folder")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("folder", "what", "", "made", "set aside", "judged"):
        table.add_column(heading, overflow="fold")
    told: list[dict[str, Any]] = []
    damaged = False
    for place in find_runs(folder):
        name = place.relative_to(folder).as_posix()
        try:
            one = overview(place)
        except OutputError as error:
            typer.echo(f"error: {error}", err=True)
            damaged = True
            continue
        told.append({"folder": name, **one.to_dict()})
        made = str(one.made) if one.planned is None else f"{one.made} of {one.planned}"
        aside = ", ".join(f"{each.count} {each.code}" for each in one.set_aside)
        judged = f"{one.judged}, {one.rejected} rejected" if one.judged else ""
        table.add_row(escape(name), escape(one.what), one.standing, made, aside, judged)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif told:
        Console().print(table)
    else:
        typer.echo("no runs here")
    raise typer.Exit(int(damaged))
