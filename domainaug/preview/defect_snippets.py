"""A defect that was set up by eye, to be taken along: lines of Python, a command, and a profile that makes its like."""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from domainaug.errors import ProfileError
from domainaug.manufacturing.defects import KINDS
from domainaug.preview.marring import HOUSED, Wish
from domainaug.preview.own import way_from
from domainaug.preview.snippets import out_beside
from domainaug.profile.catalogue import in_catalogue
from domainaug.profile.model import Profile
from domainaug.profile.part import Part

__all__ = ["defect_command", "defect_profile", "defect_python", "patch_python", "spread_sizes"]

_NAME = re.compile(r"[a-z0-9][a-z0-9/_-]*")
_CLASS = re.compile(r"\w[\w .+-]*")
_CIRCLE = {"heading_deg": 180.0, "feed_deg": 360.0, "hue_deg": 360.0}
_EXACT = ("jitter", "degrees", "opacity")  # of the papers' anomalies: one number each
_SHARE = 0.999  # what a pair that is spread may not go beyond of what has a whole


def spread_sizes(sizes: Mapping[str, Any], spread: float) -> dict[str, Any]:
    """Return sizes that were set as numbers as the range that runs draw from; ranges stay as they are.

    Args:
        sizes: Name to a number, or to a low and a high end.
        spread: By how much, as a share of it; directions by that share of 90 degrees. 0 leaves numbers alone.
    """
    found: dict[str, Any] = {}
    for name, value in sizes.items():
        if not isinstance(value, int | float) or spread <= 0 or name in _EXACT:
            found[name] = list(value) if isinstance(value, tuple) else value
        elif name in _CIRCLE:
            away, turn = 90 * spread, _CIRCLE[name] if value < 90 * spread else 0.0  # no direction is below 0
            found[name] = {"uniform": [_short(value + turn - away), _short(value + turn + away)]}
        else:
            found[name] = [_short(value * (1 - min(spread, _SHARE))), _short(value * (1 + spread))]
    return found


def defect_python(wish: Wish, part: Part, gate: Mapping[str, Any]) -> str:
    """Return the lines that draw the same defect on a photograph.

    Args:
        wish: The defect.
        part: The part.
        gate: The thresholds that are not the defaults, as a profile writes them.

    Returns:
        Python, for a `photograph`; with `part_mask` where labels tell the part, and with `boxes` (top, left, bottom,
        right) of components where one is missing or misplaced.
    """
    lines, named, judged = _begun(part, gate, _more_of(wish, part))
    more: list[str] = []
    if wish.kind in KINDS and (wish.place is None or wish.kind in HOUSED):
        named += ["draw_defect", "kind"]
        sizes = "".join(f", {name}={value!r}" for name, value in wish.sizes.items())
        lines += [
            f"outcome = draw_defect(kind({wish.kind!r}{sizes}), site, seed={wish.seed}{judged})",
            "if outcome.drawn is not None:",
            "    picture, mask = outcome.drawn.picture, outcome.drawn.mask",
        ]
    else:
        more = ["from domainaug.preview.marring import Wish, tries_of"]
        told = f"{wish.kind!r}, {dict(wish.sizes)!r}, seed={wish.seed}, place={wish.place!r}"
        lines += [f"tried = tries_of(Wish({told}), site{judged})[-1]", *_TAKEN]
    return "\n".join([f"from domainaug.manufacturing import {', '.join(sorted(named))}", *more, "", *lines])


def patch_python(
    folder: str,
    number: int,
    part: Part,
    gate: Mapping[str, Any],
    *,
    seed: int = 0,
    place: tuple[float, float] | None = None,
    blend: str = "ratio",
    scale: float = 1.0,
) -> str:
    """Return the lines that put the same real defect on a photograph.

    Args:
        folder: The labeled data set it is cut from.
        number: Of the defect in its bank, from 0.
        part: The part.
        gate: The thresholds that are not the defaults, as a profile writes them.
        seed: See `domainaug.preview.marring.pasted`; likewise all that follow.
        place: Likewise.
        blend: Likewise.
        scale: Likewise.
    """
    lines, named, judged = _begun(part, gate, ", mask=part_mask" if part.foreground.by == "masks" else "")
    sized = "" if scale == 1 else f", scale={scale:g}"
    told = f"seed={seed}, place={place!r}, blend={blend!r}{sized}{judged}"
    return "\n".join([
        f"from domainaug.manufacturing import {', '.join(sorted(named))}",
        "from domainaug.preview.marring import pasted",
        "from domainaug.run.defects.banking import bank_of",
        "",
        *lines,
        f"bank, left_out = bank_of({folder!r}, part)",
        f"tried = pasted(bank.patches[{number}], site, {told})",
        *_TAKEN,
    ])  # fmt: skip


_TAKEN = ("if tried.verdict.accepted:", "    picture, mask = tried.made.picture, tried.made.mask")


def _begun(part: Part, gate: Mapping[str, Any], more: str) -> tuple[list[str], list[str], str]:
    """Return the lines that tell the photograph, the classes they need, and how the gate is told."""
    lines = [
        f"part = {_part_text(part)}",
        f"site = Site.of(photograph, part{more})  # (height, width) or (height, width, 3)",
    ]
    named = ["Part", "Site", *_words_of(part), *(["Gate"] if gate else [])]
    return lines, named, f", gate=Gate.from_mapping({dict(gate)!r})" if gate else ""


def _more_of(wish: Wish, part: Part) -> str:
    """Return what else the photograph is told with: where the part is, where its components are."""
    mask = ", mask=part_mask" if part.foreground.by == "masks" else ""
    return mask + (", components=boxes" if wish.kind in ("missing", "misplaced") else "")


def defect_command(profile: str, name: str, pitch_mm: float, *, source: str = "parts/", count: int = 100, seed: int = 0,
                   written: bool = False, bank: str = "") -> str:  # fmt: skip
    """Return the command that puts so many on the good pictures of a data set.

    Args:
        profile: Id, or the file of one's own.
        name: The kind, or a class of that profile.
        pitch_mm: Millimeters from pixel to pixel.
        source: The data set.
        count: How many.
        seed: Of the run.
        written: Whether the profile says the pitch itself.
        bank: The labeled data set that real defects of this class are cut from; "" for those that are drawn.
    """
    wanted, cut = (f"bank/{name}:{count}", ["--bank", bank]) if bank else (f"{name}:{count}", [])
    words = ["domainaug", "augment", source, out_beside(source), "--profile", profile, "--defects", wanted, *cut]
    return shlex.join([*words, *([] if written else ["--pitch", f"{pitch_mm:g}"]), "--seed", str(seed)])


def defect_profile(
    profile: Profile,
    part: Part,
    wish: Wish,
    name: str,
    *,
    called: str = "",
    title: str = "",
    spread: float = 0.25,
    folder: Path | None = None,
) -> str:
    """Return a profile as YAML, which extends another and says how runs make such defects.

    Args:
        profile: What it extends, loaded from a file.
        part: The part; what differs from that of the profile is written.
        wish: The defect.
        name: Its id ("own/plates").
        called: What the class is called; as the kind where empty.
        title: For people.
        spread: By how much sizes vary about what was set; see `spread_sizes`.
        folder: Where it will lie: one that is not of the catalogue is extended by its way from there.

    Raises:
        ProfileError: A name is none, or the profile was made in memory.
    """
    from ruamel.yaml import YAML

    if not _NAME.fullmatch(name):
        raise ProfileError(f"{name!r} is no name of a profile: use small letters, digits, -, _ and /, as in own/plates")
    label = called.strip() or wish.kind
    if not _CLASS.fullmatch(label):
        raise ProfileError(f"{label!r} is no name of a class: use letters, digits, spaces, -, _ and .")
    if profile.path is None:
        raise ProfileError(f"{profile.id} was made in memory; only one that was loaded from a file can be extended")
    places = (
        {} if wish.place is None or wish.kind not in KINDS or wish.kind in HOUSED else {"places": [list(wish.place)]}
    )
    written = {
        "id": name,
        "version": "1.0.0",
        "title": title.strip() or f"{profile.title}, with defects of our own",
        "extends": profile.id if in_catalogue(profile.path) else way_from(folder, profile.path),
        "part": _part_told(part, profile.part or Part()),
        "defects": {label: {"from": wish.kind, **spread_sizes(wish.sizes, spread), **places}},
    }
    yaml = YAML()
    yaml.default_flow_style = None
    yaml.width = 110
    stream = io.StringIO()
    yaml.dump({key: value for key, value in written.items() if value != {}}, stream)
    return stream.getvalue()


def _part_told(part: Part, usual: Part) -> dict[str, Any]:
    """Return what differs between two parts, as a profile writes it."""
    told: dict[str, Any] = {}
    if part.pixel_pitch_mm is not None and part.pixel_pitch_mm != usual.pixel_pitch_mm:
        told["pixel_pitch_mm"] = part.pixel_pitch_mm
    for name in ("lighting", "foreground"):
        mine, theirs = getattr(part, name), getattr(usual, name)
        if mine != theirs:
            plain = {one.name: getattr(mine, one.name) for one in fields(mine)}
            if plain.get("by") != "masks":  # nobody knows yet where those of a run lie
                told[name] = {key: value for key, value in plain.items() if value is not None}
    return told


def _part_text(part: Part) -> str:
    usual = Part()
    told = [f"pixel_pitch_mm={part.pixel_pitch_mm:g}"]
    for name in _NAMES:
        mine, theirs = getattr(part, name), getattr(usual, name)
        if mine != theirs:
            said = ", ".join(
                f"{one.name}={getattr(mine, one.name)!r}"
                for one in fields(mine)
                if getattr(mine, one.name) != getattr(theirs, one.name)
            )
            told.append(f"{name}={type(mine).__name__}({said})")
    return f"Part({', '.join(told)})"


_NAMES = ("lighting", "response", "foreground")


def _words_of(part: Part) -> list[str]:
    """Return the classes that the text of a part needs."""
    return [type(getattr(part, name)).__name__ for name in _NAMES if getattr(part, name) != getattr(Part(), name)]


def _short(value: float) -> float:
    return float(f"{value:.4g}")
