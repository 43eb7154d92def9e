"""`domainaug app`: look before you train."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]


def app(
    root: Annotated[
        Path, typer.Option(help="The folder that images are chosen from; nothing above it is read.")
    ] = Path(),
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the server listens, on this machine only.")] = 8501,
) -> None:
    """Start the app: preview a profile, check a pipeline, review a run, in the browser."""
    from domainaug.app.start import serve

    raise typer.Exit(serve(root, port))
