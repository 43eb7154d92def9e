"""`domainaug augment`: augmented copies of a data set, under a profile."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from domainaug.cli.catalogue import Json, Options, parse_options
from domainaug.run.summary import Progress, RunSummary

__all__ = ["augment", "progress_bar"]

_LEAST = 64 * 1024**2
_SIZES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_LISTED = 10
_PATIENCE = 2.0  # seconds before a bar is worth showing


def augment(
    source: Annotated[
        str,
        typer.Argument(help="A folder (or zip) of images, COCO, NIfTI or DICOM data, or dicomweb://HOST/ROOT."),
    ],
    out: Annotated[Path, typer.Argument(help="A new folder, or that of the same run, which then goes on.")],
    profile: Annotated[str, typer.Option("--profile", "-p", help="Id of a profile, or the path of a YAML file.")],
    copies: Annotated[int, typer.Option("--copies", "-n", min=1, help="Copies of each item.")] = 1,
    seed: Annotated[int, typer.Option("--seed", "-s", min=0, help="Fixes every draw.")] = 0,
    strength: Annotated[float, typer.Option(min=0, max=1, help="0 leaves images alone, 1 is the recipe.")] = 1.0,
    option: Options = None,
    workers: Annotated[
        Optional[int],  # noqa: UP045  (typer reads annotations on Python 3.10)
        typer.Option("--workers", "-j", min=1, help="Processes; the bytes do not depend on it."),
    ] = None,
    engine: Annotated[str, typer.Option(help="Where the work is done: local or serial.")] = "local",
    memory_limit: Annotated[str, typer.Option(help="What one worker may take (4GiB, 500MB), or none.")] = "4GiB",
    timeout: Annotated[float, typer.Option(min=0, help="Seconds one copy may take; 0 for no limit.")] = 60.0,
    jpeg_quality: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, max=100, help="Write copies of JPEGs as JPEG of this quality; else all is lossless."),
    ] = None,
    plan: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="How many copies each item gets, as `domainaug explore --plan` wrote it; for --copies."),
    ] = None,
    defects: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="WHAT",
            help="Instead of copies, put synthetic defects on pictures of good parts: "
            "scratch:200,bank/blowhole:50, or a YAML file of classes.",
        ),
    ] = None,
    pitch: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="With --defects: millimeters from pixel to pixel, where the profile does not say."),
    ] = None,
    good: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="PATTERN", help="With --defects: which pictures show good parts (MT_Free/*)."),
    ] = None,
    group: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="With --defects: what names the part, an expression with one group, or table.csv:column."),
    ] = None,
    lighting: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="With --defects: what names the lighting, likewise; each gets as many."),
    ] = None,
    cap: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="With --defects: most synthetic pictures of one real picture."),
    ] = None,
    tries: Annotated[int, typer.Option(min=1, max=100, help="With --defects: how often one is drawn at most.")] = 8,
    bank: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="With --defects: the labeled data set real ones are cut from; the source by default."),
    ] = None,
    output: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--output", help="With --defects: mvtec-ad, coco or masks; as the source by default."),
    ] = None,
    allow: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            help="Accept a finding that sets DICOM stacks aside, by its code (tilt, gaps ...); may be repeated."
        ),
    ] = None,
    file_format: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--format", help="nifti writes copies of DICOM volumes, and their segmentations, as .nii.gz."),
    ] = None,
    keep_private: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Keep the private elements of this creator in derived DICOM; may be repeated."),
    ] = None,
    new_study: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="SALT", help="File derived DICOM under new studies, hashed from the old ones and this."),
    ] = None,
    to: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Store the derived DICOM series in the archive at this dicomweb:// address, too."),
    ] = None,
    discard: Annotated[
        bool, typer.Option("--discard", help="With --to: remove fetched and derived images once they are stored.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, measure on a few items, write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Write augmented copies of a data set, within what its field allows; the same command again goes on.

    Exit status: 0 all well, 1 something was set aside, 2 misuse, 130 interrupted.
    """
    from domainaug.medical.dicomweb import is_address

    given = {
        "profile": profile,
        "copies": copies,
        "seed": seed,
        "strength": strength,
        "options": parse_options(option),
        "workers": workers,
        "engine": engine,
        "memory_limit": in_count(memory_limit),
        "timeout": timeout or None,
        "jpeg_quality": jpeg_quality,
        "allow": tuple(allow or ()),
        "file_format": file_format,
        "keep_private": tuple(keep_private or ()),
        "new_study": new_study,
    }
    asked = {
        "good": good, "group": group, "lighting": lighting, "cap": cap, "bank": bank, "output": output, "tries": tries
    }  # fmt: skip
    given.update(_defects(defects, pitch, asked, remote=is_address(source) or to is not None))
    if plan is not None:
        if is_address(source):
            raise typer.BadParameter("--plan is of a folder of data; a dicomweb:// source is read study by study")
        given["plan"] = plan
    if to is not None and file_format == "nifti":
        raise typer.BadParameter("--to stores DICOM in an archive, and --format nifti writes none; leave one out")
    if is_address(source):
        raise typer.Exit(_from_archive(source, out, to, discard, dry_run, as_json, given))
    if discard:
        raise typer.BadParameter("--discard removes what came from a dicomweb:// source; a folder is left as it is")
    raise typer.Exit(_from_folder(source, out, to, dry_run, as_json, given))


def _defects(defects: str | None, pitch: float | None, asked: dict[str, Any], *, remote: bool) -> dict[str, Any]:
    """Return what a run is given for defects; nothing where none are asked for."""
    if defects is None:
        told = {**asked, "pitch": pitch}
        wrong = [f"--{name}" for name, value in told.items() if value != (8 if name == "tries" else None)]
        if wrong:
            raise typer.BadParameter(f"{', '.join(wrong)}: only with --defects, as in --defects scratch:200")
        return {}
    if remote:
        raise typer.BadParameter("--defects is for pictures in a folder or zip file; archives of DICOM have none")
    from domainaug.run.defects.asking import DefectRequest

    return {"defects": DefectRequest(defects, **asked), "pitch_mm": pitch}


def _from_folder(source: str, out: Path, to: str | None, dry_run: bool, as_json: bool, given: dict[str, Any]) -> int:
    from domainaug.run.augmenting import augment as run

    with progress_bar("augmenting") as tell:
        summary = run(source, out, dry_run=dry_run, progress=tell, **given)
    for note in summary.notes:
        typer.echo(f"note: {note}", err=True)
    _list_set_aside(summary)
    typer.echo(str(summary), err=as_json)
    told = summary.to_dict()
    if to is not None and not (dry_run or summary.interrupted):
        from domainaug.medical.dicomweb import Address, Archive
        from domainaug.run.remote import store

        told["sent"] = store(out, Archive(Address.of(to)))
        typer.echo(f"{told['sent']} sent", err=as_json)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    return summary.exit_code


def _from_archive(
    source: str, out: Path, to: str | None, discard: bool, dry_run: bool, as_json: bool, given: dict[str, Any]
) -> int:
    from domainaug.run.remote import StudyDone, augment_remote

    def told(study: StudyDone) -> None:
        typer.echo(str(study), err=as_json)
        if study.summary is not None:
            _list_set_aside(study.summary)

    with progress_bar("augmenting") as tell:
        summary = augment_remote(
            source, out, to=to, discard=discard, dry_run=dry_run, told=told, **given, progress=tell
        )
    typer.echo(str(summary), err=as_json)
    if as_json:
        typer.echo(json.dumps(summary.to_dict(), ensure_ascii=False, indent=2))
    return summary.exit_code


def in_count(text: str) -> int | None:
    """Return the bytes that "4GiB", "500 MB" or "none" stand for.

    Raises:
        typer.BadParameter: It stands for nothing.
    """
    if text.strip().lower() == "none":
        return None
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmg]i?)?b?\s*", text.lower())
    if found is None:
        raise typer.BadParameter(f"{text!r} is not a size; write 4GiB, 500MB, or none")
    count = int(float(found[1]) * _SIZES[found[2] or ""])
    if count < _LEAST:
        raise typer.BadParameter(f"{text!r} is less than a worker needs to start; give at least 64MiB, or none")
    return count


def _list_set_aside(summary: RunSummary) -> None:
    for aside in summary.set_aside[:_LISTED]:
        copy = "" if aside.copy is None else f" (copy {aside.copy})"
        typer.echo(f"set aside: {aside.key}{copy}: {aside.code}: {aside.reason}", err=True)
    if len(summary.set_aside) > _LISTED:
        typer.echo(f"set aside: ... and {len(summary.set_aside) - _LISTED} more, see manifest.jsonl", err=True)


@contextmanager
def progress_bar(doing: str) -> Iterator[Callable[[Progress], None]]:
    """Show a bar with the time left on stderr, once it is clear that there is something to wait for."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    bar = Bar(*columns, console=console, transient=True, disable=not console.is_terminal)
    began = time.monotonic()
    task = None

    def tell(progress: Progress) -> None:
        nonlocal task
        if task is None and (time.monotonic() - began > _PATIENCE or progress.done == 0):
            bar.start()
            task = bar.add_task(doing, total=progress.total, completed=progress.done)
        elif task is not None:
            bar.update(task, completed=progress.done, total=progress.total)

    try:
        yield tell
    finally:
        bar.stop()
