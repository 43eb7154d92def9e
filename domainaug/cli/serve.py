"""`domainaug serve-carla`: simulated streets for scripts that were written for CARLA."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from domainaug.errors import DomainAugError

__all__ = ["serve_carla"]


def serve_carla(
    town: Annotated[
        str, typer.Option(help="The map to begin with: city, junction, highway or suburb, with a seed: city_7.")
    ] = "city",
    port: Annotated[
        int, typer.Option(min=0, max=65534, help="The port of calls; streams are on the next. 0 for any.")
    ] = 2000,
    host: Annotated[str, typer.Option(help="Where to listen; 127.0.0.1 lets no other machine in.")] = "127.0.0.1",
    allow_others: Annotated[
        bool, typer.Option("--allow-others", help="Let other machines in, where --host is not this machine's own.")
    ] = False,
    client: Annotated[str, typer.Option(help="The version of CARLA's client that scripts use.")] = "0.9.16",
    quality: Annotated[
        str, typer.Option(help="How much work pictures are worth: draft, normal or high; docs/carla.md has times.")
    ] = "draft",
    faults: Annotated[
        Path | None, typer.Option(help="A plan of what goes wrong on purpose, to try out a client; docs/carla.md.")
    ] = None,
) -> None:
    """Serve simulated streets as CARLA does, so that scripts for CARLA run without a GPU; Ctrl-C ends it."""
    from domainaug.scenario.servers import server_named

    if not _loopback(host) and not allow_others:
        raise DomainAugError(
            f"--host {host}: other machines may reach it, and whoever does can do what they like with this world; "
            "add --allow-others to let them, or leave --host away"
        )
    server_named("carla")(town, host, port, client, lambda told: typer.echo(told, err=True), faults, quality)


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
