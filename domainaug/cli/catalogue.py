"""`domainaug profiles`, `show` and `explain`: what there is, what it says, and why."""

from __future__ import annotations

import json
from typing import Annotated, Optional

import typer
from rich.console import Console
from rich.table import Table

from domainaug.profile import list_profiles, load_profile
from domainaug.profile.catalogue import in_catalogue
from domainaug.profile.explaining import limit_in_words
from domainaug.profile.model import Profile

__all__ = ["explain", "parse_options", "profiles", "show"]

Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
Options = Annotated[
    Optional[list[str]],  # noqa: UP045  (typer reads annotations on Python 3.10)
    typer.Option("--option", "-o", metavar="NAME=VALUE", help="Set an option of the profile; may be repeated."),
]


def parse_options(pairs: list[str] | None) -> dict[str, object]:
    """Read `NAME=VALUE` pairs; true, false and numbers become what they say.

    Raises:
        typer.BadParameter: A pair has no equals sign.
    """
    parsed: dict[str, object] = {}
    for pair in pairs or ():
        name, equals, text = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"{pair!r} is not NAME=VALUE, for example laterality_free=true")
        parsed[name.strip()] = _value(text.strip())
    return parsed


def _value(text: str) -> object:
    lowered = text.lower()
    if lowered in ("true", "yes", "on"):
        return True
    if lowered in ("false", "no", "off"):
        return False
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def profiles(
    domain: Annotated[Optional[str], typer.Argument(help="Only this domain (medical, driving ...).")] = None,  # noqa: UP045
    everything: Annotated[
        bool, typer.Option("--all", help="Abstract profiles too, which are there to be extended.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the profiles of the catalogue."""
    rows = [load_profile(name) for name in list_profiles(domain, include_abstract=everything)]
    if as_json:
        typer.echo(
            json.dumps(
                [
                    {"id": p.id, "version": p.version, "title": p.title, "abstract": p.abstract, "rules": len(p.limits)}
                    for p in rows
                ],
                indent=2,
            )
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("profile", "version", "rules", "for"):
        table.add_column(heading, justify="right" if heading == "rules" else "left", no_wrap=heading == "profile")
    for p in rows:
        codes = {limit.code for limit in p.limits}
        table.add_row(p.id, p.version, str(len(codes)), p.title + (" (abstract)" if p.abstract else ""))
    Console().print(table)


def show(
    profile: Annotated[str, typer.Argument(help="Id of a profile, or the path of your own YAML file.")],
    option: Options = None,
    as_json: Json = False,
) -> None:
    """Show what a profile allows: every rule, its limit and its reason."""
    loaded = load_profile(profile, options=parse_options(option))
    if not in_catalogue(loaded.path):  # those of the catalogue are tested; this needs albumentations, two seconds
        from domainaug.profile.recipe import validate_recipe

        validate_recipe(loaded)
    rules = [
        {
            "code": limit.code,
            "effect": limit.effect.name,
            "limit": limit_in_words(limit),
            "severity": limit.severity,
            "in_force": limit in loaded.in_force(limit.effect.name),
            "reason": limit.reason,
        }
        for limit in loaded.limits
    ]
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "id": loaded.id,
                    "version": loaded.version,
                    "title": loaded.title,
                    "extends": list(loaded.parents),
                    "options": {name: _plain(value) for name, value in loaded.options.items()},
                    "limits": rules,
                    "recipe": _plain(list(loaded.recipe)),
                },
                indent=2,
            )
        )
        return
    console = Console()
    console.print(f"[bold]{loaded.id}[/bold] {loaded.version}: {loaded.title}", highlight=False)
    if loaded.parents:
        console.print("extends " + ", ".join(loaded.parents), highlight=False)
    for name, value in loaded.options.items():
        console.print(f"option {name} = {value}: {loaded.option_help.get(name, '')}", highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("code", "effect", "limit", "reason"):
        table.add_column(heading, no_wrap=heading == "code", overflow="fold")
    for (code, limit, in_force, reason), effects in _rows(loaded).items():
        table.add_row(
            code, ", ".join(effects), limit + ("" if in_force else " (lifted)"), reason, style="" if in_force else "dim"
        )
    console.print(table)


def _rows(profile: Profile) -> dict[tuple[str, str, bool, str], list[str]]:
    """Return code, limit, whether it is in force and reason, each once, to the effects it is for.

    A rule with another limit for one of its effects has a row for it, which does not repeat the reason.
    """
    rows: dict[tuple[str, str, bool, str], list[str]] = {}
    for limit in profile.limits:
        in_force = limit in profile.in_force(limit.effect.name)
        told = any(code == limit.code and reason == limit.reason for code, _, _, reason in rows)
        row = (limit.code, limit_in_words(limit), in_force, limit.reason)
        if told and row not in rows:
            row = (*row[:3], "as above")
        rows.setdefault(row, []).append(limit.effect.name)
    return rows


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)


def explain(
    profile: Annotated[str, typer.Argument(help="Id of a profile, or the path of your own YAML file.")],
    what: Annotated[str, typer.Argument(help="An effect, a transform, a code, or a word such as mirror.")],
    option: Options = None,
    as_json: Json = False,
) -> None:
    """Explain what a profile allows of an effect or a transform, why, and who says so."""
    explanation = load_profile(profile, options=parse_options(option)).explain(what)
    typer.echo(json.dumps(explanation.to_dict(), indent=2) if as_json else str(explanation))
