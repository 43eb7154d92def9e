"""`domainaug serve-carla`: simulated streets for scripts that were written for CARLA."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated

import typer

__all__ = ["serve_carla"]


def serve_carla(
    town: Annotated[
        str, typer.Option(help="The map to begin with: city, junction, highway or suburb, with a seed: city_7.")
    ] = "city",
    port: Annotated[
        int, typer.Option(min=0, max=65534, help="The port of calls; streams are on the next. 0 for any.")
    ] = 2000,
    host: Annotated[str, typer.Option(help="Where to listen; 127.0.0.1 lets no other machine in.")] = "127.0.0.1",
    client: Annotated[str, typer.Option(help="The version of CARLA's client that scripts use.")] = "0.9.16",
) -> None:
    """Serve simulated streets as CARLA does, so that scripts for CARLA run without a GPU; Ctrl-C ends it."""
    from domainaug.scenario.servers import server_named

    if not _loopback(host):
        typer.echo(f"note: whoever reaches {host}:{port} can do what they like with this world", err=True)
    server_named("carla")(town, host, port, client, lambda told: typer.echo(told, err=True))


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
