"""`domainaug warmup`: compile the kernels now, so that no later process has to."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from domainaug.kernels.engine import Warmed

__all__ = ["warmup"]


def warmup(as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False) -> None:
    """Compile every kernel for this processor and keep the code, so that no later process has to wait."""
    from domainaug.kernels import engine
    from domainaug.scenario.trials import simulator_trials

    if engine.engine() == "numba":
        typer.echo("compiling what is not there yet; a minute or two the first time on a processor", err=True)
    report = engine.warmup(None if as_json else lambda done: typer.echo(_line(done)), simulator_trials())
    if as_json:
        summary = {
            "engine": report.engine,
            "folder": None if report.folder is None else str(report.folder),
            "seconds": round(report.seconds, 3),
            "compiled": report.compiled,
            "kernels": [{**asdict(each), "seconds": round(each.seconds, 3)} for each in report.kernels],
        }
        typer.echo(json.dumps(summary, indent=2))
    elif report.engine == "plain":
        asked = os.environ.get("DOMAINAUG_KERNELS")
        why = "DOMAINAUG_KERNELS asks for them" if asked else 'faster ones: pip install "domainaug[fast]"'
        typer.echo(f"the plain kernels run as they are: nothing to compile ({why})")
    else:
        kept = f"kept in {report.folder}" if report.folder else _unkept(report.compiled)
        typer.echo(f"{report.seconds:7.2f} s  {report.compiled} functions compiled, {kept}")


def _unkept(compiled: int) -> str:
    from domainaug.kernels.cache import folders

    read = folders().read
    if read and not compiled:
        return f"all read from {read[0]}"
    return "not kept: set NUMBA_CACHE_DIR to a folder that can be written"


def _line(done: Warmed) -> str:
    state = "compiled" if done.compiled else "was there"
    return f"{done.seconds:7.2f} s  {state:9}  {done.kernel}"
