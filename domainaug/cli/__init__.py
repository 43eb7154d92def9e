"""The `domainaug` command: thin, each command calls one function of the library.

Exit status: 0 all well, 1 findings or inputs set aside, 2 misuse (one sentence on stderr), 130 interrupted.
Data goes to stdout, talk to stderr.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer

from domainaug.cli.app import app as open_app
from domainaug.cli.augment import augment
from domainaug.cli.calibrate import calibrate
from domainaug.cli.catalogue import explain, profiles, show
from domainaug.cli.check import check
from domainaug.cli.demo import demo
from domainaug.cli.doctor import doctor
from domainaug.cli.explore import explore
from domainaug.cli.export import export
from domainaug.cli.integrate import integrate
from domainaug.cli.preview import preview
from domainaug.cli.replay import replay
from domainaug.cli.review import review
from domainaug.cli.runs import runs
from domainaug.cli.serve import serve_carla
from domainaug.cli.simulate import simulate
from domainaug.cli.study import study
from domainaug.cli.warmup import warmup
from domainaug.errors import DomainAugError

__all__ = ["app", "main"]

app = typer.Typer(
    name="domainaug",
    help="Augmentation that knows what its field allows.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for command in (
    demo, profiles, show, explain, study, explore, check, preview, augment, calibrate, simulate, export, runs,
    review, integrate, replay, serve_carla, warmup, doctor,
):  # fmt: skip
    app.command()(command)
app.command("app")(open_app)


def _version(wanted: bool) -> None:
    if wanted:
        from domainaug._version import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Augmentation that knows what its field allows, says why, and can make every output again."""


def main() -> None:
    """Run the command line; every error raised on purpose becomes one sentence and exit status 2."""
    try:
        app()
    except DomainAugError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(0)
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        sys.exit(130)
    except Exception as error:
        if os.environ.get("DOMAINAUG_DEBUG"):
            raise
        # What an unforeseen error says may quote a header, and with it a patient: only its place is told.
        typer.echo(f"error: {_place(error)}; this is a fault of domainaug: run it again with DOMAINAUG_DEBUG=1 "
                   "and report what that shows", err=True)  # fmt: skip
        sys.exit(2)


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})" if trace is not None else ""
    return f"{type(error).__name__}{where}"
