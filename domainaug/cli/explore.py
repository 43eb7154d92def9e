"""`domainaug explore`: what is in a data set, and how many copies would make it even."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from domainaug.cli.augment import in_count, progress_bar
from domainaug.cli.catalogue import Json

__all__ = ["explore"]

_LISTED = 10


def explore(
    source: Annotated[Path, typer.Argument(help="A folder (or zip) of images, COCO, NIfTI or DICOM data ...")],
    group: Annotated[
        Optional[str],  # noqa: UP045  (typer reads annotations on Python 3.10)
        typer.Option(
            help="What names the patient, part or drive: an expression for names with one group, or table.csv:column."
        ),
    ] = None,
    html: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Also write the report, with charts, as one HTML file that loads nothing."),
    ] = None,
    plan: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Also write a plan for `augment --plan` and `integrate --plan`: parts, copies of each item."),
    ] = None,
    profile: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--profile", "-p", help="Also estimate the disk and the time that the plan takes under it."),
    ] = None,
    split: Annotated[str, typer.Option(help="Parts of the plan: auto, own (of the data set) or new.")] = "auto",
    test: Annotated[float, typer.Option(min=0, max=1, help="Share to test on, for a new split.")] = 0.2,
    val: Annotated[float, typer.Option(min=0, max=1, help="Share to validate on, for a new split.")] = 0.0,
    copies: Annotated[int, typer.Option("--copies", "-n", min=0, help="Copies of an item of the commonest class.")] = 1,
    balance: Annotated[
        bool, typer.Option("--balance", help="More copies of rarer classes, until each comes to as many.")
    ] = False,
    cap: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=0, help="Copies that no item gets more of; ten times --copies with --balance."),
    ] = None,
    group_cap: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=0, help="Copies that no patient, part or drive gets more of."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", "-s", min=0, help="Fixes which group goes where.")] = 0,
    near: Annotated[
        float, typer.Option(min=0, max=1, help="Likeness from which on pictures are near duplicates; 0 compares none.")
    ] = 0.95,
    workers: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--workers", "-j", min=1, help="Processes; what is found does not depend on it."),
    ] = None,
    engine: Annotated[str, typer.Option(help="Where the work is done: local or serial.")] = "local",
    memory_limit: Annotated[str, typer.Option(help="What one worker may take (4GiB, 500MB), or none.")] = "4GiB",
    timeout: Annotated[float, typer.Option(min=0, help="Seconds one item may take; 0 for no limit.")] = 60.0,
    as_json: Json = False,
) -> None:
    """Tell what is in a data set: sizes, values, classes, groups, duplicates, leaks, and which profile fits.

    Exit status: 0 all well, 1 something cannot be read or is on both sides of the split, 2 misuse.
    """
    from domainaug.exploring import explore as look
    from domainaug.run.sets import plan_set

    if profile is not None and plan is None:
        raise typer.BadParameter("--profile estimates what a plan takes; give --plan FILE, too")
    with progress_bar("exploring") as tell:
        found = look(
            source, group=group, near=near or None, workers=workers, engine=engine,
            memory_limit=in_count(memory_limit), timeout=timeout or None, progress=tell,
        )  # fmt: skip
    for aside in found.unreadable[:_LISTED]:
        typer.echo(f"unreadable: {aside.key}: {aside.code}: {aside.reason}", err=True)
    if len(found.unreadable) > _LISTED:
        typer.echo(f"unreadable: ... and {len(found.unreadable) - _LISTED} more, see --json", err=True)
    typer.echo(str(found), err=as_json)
    told: dict[str, Any] = found.to_dict()
    made = None
    if plan is not None:
        made = plan_set(
            source, split=split, test=test, val=val, copies=copies, balance=balance, cap=cap, group_cap=group_cap,
            group=group, seed=seed, alike=found.alike,
        )  # fmt: skip
        made.save(plan)
        typer.echo(str(made), err=as_json)
        told["plan"] = made.to_dict()
    if profile is not None and made is not None:
        from domainaug.run.estimating import estimated

        summary = estimated(source, made, profile, engine=engine, workers=workers)
        typer.echo(str(summary), err=as_json)
        told["estimate"] = summary.to_dict()["estimate"]
    if html is not None:
        from domainaug.exploring.page import write_page

        write_page(found, html, plan=made)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    raise typer.Exit(0 if found.ok else 1)
