"""`domainaug review`: a person's yes and no on what a run made, what it proves, and what follows from it."""

from __future__ import annotations

import getpass
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from domainaug.cli.augment import progress_bar
from domainaug.cli.catalogue import Json

if TYPE_CHECKING:
    from domainaug.review import Review, State, Tightening, Verdict
    from domainaug.review.agreement import Agreement
    from domainaug.review.judged import RateRow
    from domainaug.review.verdicts import Answer

__all__ = ["review"]

_Names = Annotated[
    Optional[list[str]],  # noqa: UP045  (typer reads annotations on Python 3.10)
    typer.Option(metavar="ID", help="Copies by id, its beginning, or their path in OUT; may be repeated."),
]


def review(
    out: Annotated[Path, typer.Argument(help="The output folder of a run; it may still go on.")],
    rate: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="The share of bad copies to rule out; 0.02 unless said otherwise. Remembered."),
    ] = None,
    confidence: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="How sure to be of it; 0.95. Remembered."),
    ] = None,
    accepted: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="How many rejected copies in the sample still prove it; 0. Remembered."),
    ] = None,
    seed: Annotated[Optional[int], typer.Option(min=0, help="Fixes the sample; 0. Remembered.")] = None,  # noqa: UP045
    reviewer: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--reviewer", "-r", help="Who judges; the name of your account by default."),
    ] = None,
    accept: _Names = None,
    reject: _Names = None,
    skip: _Names = None,
    reason: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="CODE", help="Why, with --reject; may be repeated. --reasons lists the codes."),
    ] = None,
    note: Annotated[str, typer.Option(help="Anything else, in your own words.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take back your last verdict.")] = False,
    sample: Annotated[bool, typer.Option("--sample", help="List what is left for you to judge.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Judge also what others have judged, to see whether you agree.")
    ] = False,
    html: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Write what is left to judge as one page that any browser shows; it saves verdicts.csv."),
    ] = None,
    import_: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--import", help="Bring in a table of verdicts; the same one again changes nothing."),
    ] = None,
    export: Annotated[Optional[Path], typer.Option(help="Write the verdicts that count as a table.")] = None,  # noqa: UP045
    rates: Annotated[
        bool, typer.Option("--rates", help="How often copies are rejected, by effect, transform, folder, defect.")
    ] = False,
    limits: Annotated[
        bool, typer.Option("--limits", help="Which limits would have avoided the rejected copies.")
    ] = False,
    tighten: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Write a profile that extends the run's and sets these limits."),
    ] = None,
    profile: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--profile", "-p", help="The profile to extend, if the run has none or it has moved."),
    ] = None,
    reasons: Annotated[bool, typer.Option("--reasons", help="List the codes of reasons in this field.")] = False,
    as_json: Json = False,
) -> None:
    """Judge a random sample of what a run made, see what that proves, and what to change.

    Without options it says how far the review is. Verdicts are in the run's ledger at once; `domainaug integrate`
    leaves rejected copies out, and the app has a page to judge on.

    Exit status: 0 proven, or what was asked for is done; 1 not proven (yet), or no limit found; 2 misuse.
    """
    from domainaug.review import Review

    found = Review(out)
    desk = _Desk(found, reviewer or getpass.getuser(), as_json)
    plan = {"rate": rate, "confidence": confidence, "accepted": accepted, "seed": seed}
    asked = {name: value for name, value in plan.items() if value is not None}
    if asked:
        found.set_plan(**{**found.plan.to_dict(), **asked})
    names: dict[Answer, list[str]] = {"accept": accept or [], "reject": reject or [], "skip": skip or []}
    if (reason or note) and not reject:
        raise typer.BadParameter("--reason and --note go with --reject")
    done = [
        desk.judge(names, tuple(reason or ()), note) if any(names.values()) else None,
        desk.undo() if undo else None,
        desk.bring_in(import_) if import_ else None,
        desk.hand_on(export) if export else None,
        desk.sheet(html, again=again) if html else None,
        desk.list_sample(again=again) if sample else None,
        desk.list_reasons() if reasons else None,
        desk.rates() if rates else None,
        desk.limits() if limits or tighten else None,
        desk.tighten(tighten, profile) if tighten else None,
    ]
    raise typer.Exit(desk.end(something=any(one is not None for one in done)))


class _Desk:
    """Does what was asked for, one thing after the other, and says what came of it."""

    def __init__(self, review: Review, reviewer: str, as_json: bool) -> None:
        self.review, self.reviewer, self.as_json = review, reviewer, as_json
        self.told: dict[str, Any] = {}
        self.status = 0

    def say(self, text: str) -> None:
        typer.echo(text, err=self.as_json)

    def show(self, table: Table) -> None:
        Console(stderr=self.as_json).print(table)

    def judge(self, names: dict[Answer, list[str]], reasons: tuple[str, ...], note: str) -> bool:
        verdicts = [
            self.review.verdict(name, answer, reviewer=self.reviewer, **_why(answer, reasons, note))
            for answer, found in names.items()
            for name in found
        ]
        self.review.verdicts.add(*verdicts)
        self.told["written"] = [_told(one) for one in verdicts]
        return True

    def undo(self) -> bool:
        taken = self.review.undo(self.reviewer)
        self.told["undone"] = None if taken is None else _told(taken)
        if taken is None:
            self.say(f"{self.reviewer} has no verdict to take back")
        else:
            self.say(f"taken back: {_told(taken)['id']} {taken.answer}")
        return True

    def bring_in(self, path: Path) -> bool:
        from domainaug.review.table import read_table

        verdicts = read_table(self.review, path, reviewer=self.reviewer)
        self.review.verdicts.add(*verdicts)
        self.told["imported"] = len(verdicts)
        self.say(f"{len(verdicts)} verdicts brought in")
        return True

    def hand_on(self, path: Path) -> bool:
        from domainaug.review.table import write_table

        self.told["exported"] = write_table(self.review, path)
        self.say(f"{self.told['exported']} verdicts written")
        return True

    def sheet(self, path: Path, *, again: bool) -> bool:
        from domainaug.review.sheet import write_sheet
        from domainaug.run.summary import Progress

        queue = self.review.queue(self.reviewer, again=again)
        with progress_bar("drawing") as tell:
            count = write_sheet(self.review, path, queue, progress=lambda done, of: tell(Progress(done, of, 0)))
        self.told["on_sheet"] = count
        self.say(f"{count} copies on the sheet")
        return True

    def list_sample(self, *, again: bool) -> bool:
        queue = self.review.queue(self.reviewer, again=again)
        self.told["queue"] = [{"id": one.id, "path": one.path, **one.stratum._asdict()} for one in queue]
        if not self.as_json:
            for one in queue:
                typer.echo(f"{one.id}  {one.path}")
        return True

    def list_reasons(self) -> bool:
        self.told["reasons"] = {one.code: one.words for one in self.review.reasons}
        for code, words in self.told["reasons"].items():
            self.say(f"{code:20} {words}")
        return True

    def rates(self) -> bool:
        rows, agreement = self.review.rates(), self.review.agreement()
        self.told["rates"] = [row.to_dict() for row in rows]
        self.told["agreement"] = agreement.to_dict()
        self.show(_rates_table(rows))
        if agreement.shared:
            self.say(_agreement_words(agreement))
        return True

    def limits(self) -> bool:
        found: Tightening = self.review.tighten()
        self.told["limits"] = found.to_dict()
        self.say(str(found))
        self.status = 0 if found.thresholds else 1
        return True

    def tighten(self, path: Path, profile: str | None) -> bool:
        today = date.today().isoformat()
        derived = self.review.write_profile(path, date=today, profile=profile)
        self.told["profile"] = derived.to_dict()
        self.say(f"{path} extends {derived.profile.parents[0]}: " + "; ".join(derived.written))
        for sentence in (*derived.left_out, *derived.narrowed):
            self.say(f"note: {sentence}")
        return True

    def end(self, *, something: bool) -> int:
        """Say how far the review is, and return the exit status."""
        state: State = self.review.state()
        quiet = something and not self.told.get("written") and "imported" not in self.told
        if not quiet:
            self.say(str(state))
        if self.as_json:
            told = {"state": state.to_dict(), **self.told}
            typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return self.status if something else int(not state.proven)


def _why(answer: Answer, reasons: tuple[str, ...], note: str) -> dict[str, Any]:
    return {"reasons": reasons, "note": note} if answer == "reject" else {}


def _told(verdict: Verdict) -> dict[str, Any]:
    from domainaug.review.candidates import short_id

    return {"id": short_id(verdict.key, verdict.copy), "verdict": verdict.answer, "reasons": list(verdict.reasons)}


def _rates_table(rows: tuple[RateRow, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("copies with", "rejected", "95 % interval", "of others", ""):
        table.add_column(heading, no_wrap=True)
    about = ""
    for row in rows:
        interval = f"{100 * row.rate.low:.1f} to {100 * row.rate.high:.1f} %"
        others = f"{row.others.count} of {row.others.of}" if row.others.of else ""
        if row.about != about:
            table.add_section()
            table.add_row(f"[bold]{row.about}[/bold]")
            about = row.about
        star = "stands out" if row.stands_out else ""
        table.add_row(escape(row.name), f"{row.rate.count} of {row.rate.of}", interval, others, star)
    return table


def _agreement_words(found: Agreement) -> str:
    kappa = "not defined" if found.kappa is None else f"{found.kappa:.2f}"
    who = ", ".join(found.reviewers)
    return f"{who}: the same on {found.unanimous} of {found.shared} copies that several judged; kappa {kappa}"
