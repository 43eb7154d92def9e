"""The same in Python, and on the command line: what is to be copied from a preview."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from domainaug.profile.catalogue import in_catalogue, load_profile
from domainaug.profile.model import Profile

__all__ = ["answers", "check_command", "command_line", "out_beside", "preview_command", "python_lines"]


def python_lines(
    profile: Profile,
    source: str = "data/",
    item: str | None = None,
    *,
    copies: int = 1,
    seed: int = 0,
    strength: float = 1.0,
    named: str = "",
    part: int = 0,
) -> str:
    """Return the lines that make the same copies, and the pipeline for training.

    Args:
        profile: A loaded one, with its options; a recipe that was turned has to be saved first.
        source: The data set.
        item: Which item of it; None for the first.
        copies: How many.
        seed: Of the draws.
        strength: Share of the recipe.
        named: The path of a profile of one's own, as it is to be written; its file's name by default.
        part: Which of several frames or channels is looked at.
    """
    options = answers(profile)
    load = f"da.load_profile({named or _name(profile)!r}{f', options={options!r}' if options else ''})"
    strong = "" if strength == 1 else f", strength={strength:g}"
    which = "" if item is None else f"{item!r}, "
    shown = f", part={part}" if part else ""
    return "\n".join(
        (
            "import domainaug as da",
            "from domainaug.preview import open_subject, variants",
            "",
            f"profile = {load}",
            f"subject = open_subject({source!r}, {which}profile=profile{shown})",
            f"copies = variants(subject, profile, seed={seed}, copies=range({copies}){strong})  # copies[0].sample ...",
            f"pipeline = profile.compose(seed={seed}{strong})  # to train with: pipeline(image=image, mask=mask)",
        )
    )


def command_line(
    profile: Profile,
    source: str = "data/",
    out: str = "",
    *,
    copies: int = 1,
    seed: int = 0,
    strength: float = 1.0,
    named: str = "",
) -> str:
    """Return the command that writes these copies of a whole data set.

    Args:
        profile: As for `python_lines`.
        source: The data set.
        out: The folder that is written; "out/" by default, beside the folder where that is the data set itself.
        copies: How many of each item.
        seed: Of the draws.
        strength: Share of the recipe.
        named: As for `python_lines`.
    """
    words = ["domainaug", "augment", source, out or out_beside(source), "--profile", named or _name(profile)]
    return shlex.join([*words, *_drawn(copies, seed, strength), *_options(profile)])


def preview_command(
    profile: Profile, source: str, *, copies: int = 8, seed: int = 0, strength: float = 1.0, item: str | None = None
) -> str:
    """Return the command that draws these copies on one sheet."""
    words = ["domainaug", "preview", source, "--profile", _name(profile), *([] if item is None else ["--item", item])]
    return shlex.join([*words, *_drawn(copies, seed, strength), *_options(profile), "--out", "sheet.png"])


def check_command(profile: Profile, saved: str = "pipeline.json", *, named: str = "") -> str:
    """Return the command that holds a saved pipeline against a profile, and mends it; `named` as for `python_lines`."""
    return shlex.join(["domainaug", "check", saved, "--profile", named or _name(profile), *_options(profile), "--fix"])


def out_beside(source: str) -> str:
    """Return where copies of a data set go, by default: never into their own source."""
    return "../out/" if source == "." else "out/"


def _name(profile: Profile) -> str:
    return profile.id if profile.path is None or in_catalogue(profile.path) else profile.path.name


def _drawn(copies: int, seed: int, strength: float) -> list[str]:
    words = ["--copies", str(copies), "--seed", str(seed)]
    return words if strength == 1 else [*words, "--strength", f"{strength:g}"]


def _options(profile: Profile) -> list[str]:
    words = []
    for name, value in answers(profile).items():
        words += ["--option", f"{name}={str(value).lower() if isinstance(value, bool) else value}"]
    return words


def answers(profile: Profile) -> Mapping[str, Any]:
    """Return the options that are not what the profile's file says."""
    if profile.path is None:
        return dict(profile.options)
    usual = load_profile(profile.path).options
    return {name: value for name, value in profile.options.items() if usual.get(name) != value}
