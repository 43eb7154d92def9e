"""`domainaug simulate`: every variant of a scenario."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from domainaug.cli.augment import in_count, progress_bar
from domainaug.cli.catalogue import Json
from domainaug.errors import DomainAugError

__all__ = ["simulate"]

_LISTED = 10


def simulate(
    scenario: Annotated[Path, typer.Argument(help="A scenario file (YAML), or OpenSCENARIO 1.x (.xosc).")],
    out: Annotated[Path, typer.Argument(help="A new folder, or that of the same scenario, which then goes on.")],
    simulator: Annotated[
        Optional[str],  # noqa: UP045  (typer reads annotations on Python 3.10)
        typer.Option(help="Who renders it, instead of the one that the file names."),
    ] = None,
    count: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--count", "-n", min=1, help="How many variants, instead of what the file says."),
    ] = None,
    seed: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--seed", "-s", min=0, help="Fixes the points and the noise, instead of the file's."),
    ] = None,
    workers: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--workers", "-j", min=1, help="Processes; the bytes do not depend on it."),
    ] = None,
    engine: Annotated[str, typer.Option(help="Where the work is done: local or serial.")] = "local",
    memory_limit: Annotated[str, typer.Option(help="What one worker may take (4GiB, 500MB), or none.")] = "4GiB",
    timeout: Annotated[
        float,
        typer.Option(min=0, help="Seconds a variant may take, and a tenth more for each picture but one; 0: any."),
    ] = 600.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be rendered and what it covers; write nothing.")
    ] = False,
    xosc: Annotated[
        bool, typer.Option("--xosc", help="Also write each variant as OpenSCENARIO, with its map (street).")
    ] = False,
    host: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Where a CARLA server is, for --simulator carla; 127.0.0.1 by default."),
    ] = None,
    port: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, max=65534, help="Its port; 2000 by default."),
    ] = None,
    servers: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Several CARLA servers that share the variants: HOST:PORT,HOST:PORT."),
    ] = None,
    restart_command: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="What starts a CARLA server anew when it is gone."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Render every variant of a scenario; the same command again goes on.

    Exit status: 0 all well, 1 something was set aside, 2 misuse, 130 interrupted.
    """
    from domainaug.run.simulating import simulate as run
    from domainaug.scenario import read_scenario

    told = _where(host, port, servers, restart_command)
    read = read_scenario(scenario, simulator=simulator)
    if told and read.simulator.name != "carla":
        raise DomainAugError(
            "--host, --port, --servers and --restart-command are for the simulator carla, and this scenario's is "
            f"{read.simulator.name}; say --simulator carla to render it there"
        )
    if xosc and read.simulator.name != "street":
        raise DomainAugError(f"--xosc is for the simulator street, and this scenario's is {read.simulator.name}")
    with progress_bar("rendering") as tell:
        summary = run(
            read, out, count=count, seed=seed, workers=workers, dry_run=dry_run, xosc=xosc,
            world=told, engine=engine, memory_limit=in_count(memory_limit), timeout=timeout or None, progress=tell,
        )  # fmt: skip
    for note in summary.notes:
        typer.echo(f"note: {note}", err=True)
    for aside in summary.run.set_aside[:_LISTED]:
        typer.echo(f"set aside: {aside.key}: {aside.code}: {aside.reason}", err=True)
    if len(summary.run.set_aside) > _LISTED:
        typer.echo(f"set aside: ... and {len(summary.run.set_aside) - _LISTED} more", err=True)
    if dry_run:
        typer.echo(f"coverage of {summary.coverage.points} variants:\n{summary.coverage}", err=as_json)
    typer.echo(str(summary), err=as_json)
    if as_json:
        typer.echo(json.dumps(summary.to_dict(), ensure_ascii=False, indent=2))
    raise typer.Exit(summary.exit_code)


def _where(host: str | None, port: int | None, servers: str | None, restart: str | None) -> dict[str, Any]:
    """Return what the options say of servers, as a scenario's world says it."""
    told: dict[str, Any] = {}
    if servers is not None:
        if host is not None or port is not None:
            raise DomainAugError("--servers names hosts and ports by itself; leave --host and --port out")
        told["servers"] = [one.strip() for one in servers.split(",")]
    elif host is not None or port is not None:
        told["servers"] = [f"{host or '127.0.0.1'}:{port or 2000}"]
    if restart is not None:
        told["restart"] = restart
    return told
