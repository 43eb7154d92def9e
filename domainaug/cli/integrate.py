"""`domainaug integrate`: originals and accepted copies in one training set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Optional

import typer

from domainaug.cli.augment import progress_bar
from domainaug.cli.catalogue import Json

__all__ = ["integrate"]

_LISTED = 10


def integrate(
    source: Annotated[Path, typer.Argument(help="The data set that was augmented.")],
    out: Annotated[Path, typer.Argument(help="The output folder of the run.")],
    train: Annotated[Path, typer.Argument(help="A new folder, or that of the same set, which is brought up to date.")],
    plan: Annotated[
        Optional[Path],  # noqa: UP045  (typer reads annotations on Python 3.10)
        typer.Option(help="The plan that `domainaug explore --plan` wrote, and the run was made with."),
    ] = None,
    split: Annotated[str, typer.Option(help="Without a plan: auto, own (of the data set) or new.")] = "auto",
    test: Annotated[float, typer.Option(min=0, max=1, help="Share to test on, for a new split.")] = 0.2,
    val: Annotated[float, typer.Option(min=0, max=1, help="Share to validate on, for a new split.")] = 0.0,
    seed: Annotated[int, typer.Option("--seed", "-s", min=0, help="Fixes which group goes where.")] = 0,
    group: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="What names the patient, part or drive: an expression for names with one group, or table.csv:column."
        ),
    ] = None,
    reviewed_only: Annotated[
        bool, typer.Option("--reviewed-only", help="Leave out copies that no reviewer accepted, too.")
    ] = False,
    link: Annotated[str, typer.Option(help="How files are placed: auto, reflink, hardlink or copy.")] = "auto",
    copy_weight: Annotated[
        float, typer.Option(min=0, max=1, help="What the manifest says a copy weighs; an original weighs 1.")
    ] = 1.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Put originals and accepted copies into one set; only train is augmented, and nothing is on both sides.

    Exit status: 0 all well, 1 something of the source cannot be read, 2 misuse.
    """
    from domainaug.integrating import integrate as compose

    with progress_bar("integrating") as tell:
        summary = compose(
            source, out, train, plan=plan, split=split, test=test, val=val, seed=seed, group=group,
            reviewed_only=reviewed_only, link=link, copy_weight=copy_weight, dry_run=dry_run, progress=tell,
        )  # fmt: skip
    for aside in summary.set_aside[:_LISTED]:
        typer.echo(f"left out: {aside.key}: {aside.code}: {aside.reason}", err=True)
    typer.echo(str(summary), err=as_json)
    if as_json:
        typer.echo(json.dumps(summary.to_dict(), ensure_ascii=False, indent=2))
    raise typer.Exit(1 if summary.set_aside else 0)
