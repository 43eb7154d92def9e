"""`domainaug check`: does this pipeline stay inside this profile?"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from domainaug.errors import DomainAugError

if TYPE_CHECKING:
    from domainaug.check import Report, Target
    from domainaug.generators import Frame
    from domainaug.profile import Profile

__all__ = ["check"]

_Texts = Optional[list[str]]  # noqa: UP045  (typer reads annotations on Python 3.10)
_Text = Optional[str]  # noqa: UP045
_Path = Optional[Path]  # noqa: UP045
_Int = Optional[int]  # noqa: UP045


def check(
    target: Annotated[str, typer.Argument(help="module:attribute, path.py:attribute, or a saved A.Compose.")],
    profile: Annotated[str, typer.Option("--profile", "-p", help="Id of a profile, or the path of your own.")],
    option: Annotated[_Texts, typer.Option("--option", "-o", metavar="NAME=VALUE", help="Set an option.")] = None,
    waive: Annotated[_Texts, typer.Option("--waive", metavar="CODE=REASON", help="Waive a rule, and say why.")] = None,
    format: Annotated[str, typer.Option("--format", help="text, json, sarif or github.")] = "text",  # noqa: A002
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend a saved Compose in place; print the code of others.")
    ] = False,
    fix_to: Annotated[_Path, typer.Option("--fix-to", metavar="PATH", help="Write the mended Compose here.")] = None,
    pictures: Annotated[
        _Path, typer.Option("--pictures", metavar="DIR", help="Write here what each finding looks like, as PNG files.")
    ] = None,
    sample: Annotated[
        _Path, typer.Option("--sample", metavar="PATH", help="Show it on a picture of yours too: a file or a data set.")
    ] = None,
    item: Annotated[_Text, typer.Option("--item", metavar="KEY", help="Which item of the data set; the first.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
    budget: Annotated[
        float, typer.Option("--budget", min=0.0, help="Seconds that measuring may take; 0 measures nothing.")
    ] = 5.0,
    draws: Annotated[
        _Int,
        typer.Option("--draws", min=2, help="Draws to measure, whatever time they take, for the same counts again."),
    ] = None,
    size: Annotated[_Text, typer.Option("--size", metavar="HxW", help="Size of the images in pixels.")] = None,
    spacing: Annotated[
        _Text, typer.Option("--spacing", metavar="MM", help="Millimeters a pixel: 0.2 or 0.2x0.3.")
    ] = None,
    channels: Annotated[_Int, typer.Option("--channels", min=1, help="Channels of the images.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the draws that are measured.")] = 0,
) -> None:
    """Say what a pipeline does that a profile does not allow; exit 0 clean, 1 findings, 2 misuse."""
    from domainaug.check import load_target
    from domainaug.check.report import FORMATS
    from domainaug.errors import UnknownName

    wanted = "json" if as_json else format
    if wanted not in FORMATS:
        raise UnknownName("report format", wanted, FORMATS)
    rules = _profile(profile, option, waive)
    frame = _frame(rules.frame, size, spacing, channels)
    found = load_target(target)
    report = _checked(found, rules, frame, budget, draws, seed)
    if pictures is not None or sample is not None:
        _draw(found, report, rules, pictures, sample, item)
    if fix or fix_to is not None:
        report = _mend(found, report, rules, frame, budget, draws, seed, fix_to, talk=wanted != "text")
    typer.echo(report.render(wanted, color=sys.stdout.isatty() and wanted == "text"))
    failed = report.findings if strict else report.errors
    raise typer.Exit(1 if failed else 0)


def _profile(name: str, options: list[str] | None, waivers: list[str] | None) -> Profile:
    from domainaug.check.codes import CODES
    from domainaug.cli.catalogue import parse_options
    from domainaug.profile import load_profile

    said: dict[str, str] = {}
    for text in waivers or ():
        code, equals, reason = text.partition("=")
        if not equals or not code.strip() or not reason.strip():
            raise DomainAugError(f'--waive {text!r} is not CODE=REASON, for example --waive MED101="no side in labels"')
        said[code.strip()] = reason.strip()
    own = {code: said.pop(code) for code in list(said) if code in CODES}  # no profile knows the check's own codes
    loaded = load_profile(name, options=parse_options(options), waivers=said)
    return replace(loaded, waivers={**loaded.waivers, **own}) if own else loaded


def _frame(frame: Frame, size: str | None, spacing: str | None, channels: int | None) -> Frame:
    if size is not None:
        height, width = _two(size, "--size", "512x512", int)
        frame = replace(frame, height=height, width=width)
    if spacing is not None:
        frame = replace(frame, spacing=_two(spacing, "--spacing", "0.2", float))
    return frame if channels is None else replace(frame, channels=channels)


def _two(text: str, name: str, example: str, kind: Any) -> tuple[Any, Any]:
    parts = text.lower().replace(",", "x").split("x")
    try:
        values = [kind(part) for part in parts]
    except ValueError:
        values = []
    if len(values) not in (1, 2) or not all(0 < value < 1e6 for value in values):
        raise DomainAugError(f"{name} {text!r} is not a size; write it like {example}")
    return values[0], values[-1]


def _checked(
    found: Target, rules: Profile, frame: Frame, budget: float, draws: int | None, seed: int, value: Any = None
) -> Report:
    from domainaug.check import check as hold

    return hold(
        found.value if value is None else value,
        rules,
        frame=frame,
        budget=budget,
        measured=budget > 0,
        seed=seed,
        draws=draws,
        name=found.name,
        source=found.source,
    )


def _mend(
    found: Target,
    report: Report,
    rules: Profile,
    frame: Frame,
    budget: float,
    draws: int | None,
    seed: int,
    path: Path | None,
    *,
    talk: bool,
) -> Report:
    """Apply fixes until none is left, write or print the outcome, and return the report of what stands then."""
    from domainaug.check.mending import mend
    from domainaug.check.saved import write_saved
    from domainaug.check.written import python_of

    mended = mend(found.value, report, lambda pipeline: _checked(found, rules, frame, budget, draws, seed, pipeline))
    if mended.count == 0:
        typer.echo("nothing to fix", err=True)
        return report
    goal = path or found.saved
    if goal is not None:
        write_saved(mended.pipeline, goal)
        typer.echo(f"{mended.count} fixed; written to {goal}", err=True)
        return replace(mended.report, target=str(goal))
    name = found.name.rpartition(":")[2].rpartition(".")[2]
    typer.echo(python_of(mended.pipeline, name if name.isidentifier() else "pipeline"), err=talk)
    typer.echo(
        f"{found.name} is code, which is left as it is, so what was found stands; the code above mends "
        f"{mended.count} of it",
        err=True,
    )
    return report


def _draw(
    found: Target, report: Report, rules: Profile, folder: Path | None, sample: Path | None, item: str | None
) -> None:
    from domainaug.preview.findings import write_shots
    from domainaug.preview.sources import open_subject

    if folder is None:
        raise DomainAugError("--sample says what findings are shown on; say with --pictures DIR where to write them")
    subject = None if sample is None else open_subject(sample, item)
    written = write_shots(folder, found.value, report, rules, subject)
    typer.echo(f"{len(written)} pictures in {folder}", err=True)
