"""What defects are asked for: "scratch:200,bank/blowhole:50,perlin:100", a mapping, or a YAML file of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domainaug.errors import DomainAugError, ProfileError, UnknownName
from domainaug.manufacturing.gate import Gate
from domainaug.manufacturing.sources import BANK, SOURCES
from domainaug.profile.model import Profile
from domainaug.run.defects.labeled import begun, meant

__all__ = ["DefectRequest", "Wanted", "read_wanted", "refuse_double"]

_ENTRY = re.compile(r"\s*([^:/,]+?)\s*(?:/\s*([^:,]+?)\s*)?(?::\s*(\S+?)\s*)?")
_CLASS = re.compile(r"\w[\w .+-]*")
_OWN = ("from", "count", "gate", "places", "like")
_TAKEN = ("good", "ground_truth", "images", "masks", "test", "train")
_MOST_BYTES = 1 << 20
_MOST = 10**7


@dataclass(frozen=True, slots=True)
class DefectRequest:
    """What a run of synthetic defects is asked for, beside its classes.

    Attributes:
        classes: "scratch:200,bank/blowhole:50", a mapping of classes to counts or settings, or the path of a YAML file
            of that mapping.
        good: A pattern such as "MT_Free/*" for the keys of pictures of good parts; found out where None.
        group: A regular expression for keys whose first group names the part ("(part[0-9]+)"), or "table.csv:column".
        lighting: Likewise, for how the part was lit.
        cap: At most so many synthetic pictures of each real one, or None.
        tries: How often a defect is drawn before it is given up.
        output: "mvtec-ad", "coco" or "masks"; as the source is laid out where None.
        bank: A labeled data set that real defects are cut from; the source where None.
    """

    classes: Mapping[str, Any] | Path | str
    good: str | None = None
    group: str | None = None
    lighting: str | None = None
    cap: int | None = None
    tries: int = 8
    output: str | None = None
    bank: Path | str | None = None

    def __post_init__(self) -> None:
        for name, value, most in (("cap", self.cap, _MOST), ("tries", self.tries, 100)):
            if value is not None and not 1 <= value <= most:
                raise DomainAugError(f"{name}={value}: a whole number from 1 to {most} is needed")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One class that is asked for.

    Attributes:
        name: The class, which labels get.
        source: How its defects are made; one of `domainaug.manufacturing.sources.SOURCES`.
        count: How many, or None: as many as bring the class to half of the good pictures.
        settings: Of the source, as written.
        gate: Thresholds that are not the profile's.
        places: Where the middles of real ones lie, as shares of height and width.
        like: A class of the data set whose masks sizes and places are learned from, or None.
    """

    name: str
    source: str
    count: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    gate: Mapping[str, Any] = field(default_factory=dict)
    places: tuple[tuple[float, float], ...] = ()
    like: str | None = None

    def told(self) -> dict[str, Any]:
        """Return it as a mapping that `read_wanted` reads back."""
        own = {"from": self.source, "count": self.count, "gate": dict(self.gate), "like": self.like}
        places = {"places": [list(one) for one in self.places]}
        return {
            name: value for name, value in {**self.settings, **own, **places}.items() if value not in (None, {}, [])
        }


def read_wanted(said: Mapping[str, Any] | Path | str, profile: Profile) -> tuple[Wanted, ...]:
    """Return the classes that are asked for, in that order.

    Args:
        said: See `DefectRequest.classes`.
        profile: Its `defects:` say how classes are made that are only named.

    Raises:
        UnknownName: There is no such source.
        DomainAugError: It is not as it should be; says what is.
    """
    if isinstance(said, str) and not said.lower().endswith((".yaml", ".yml")):
        found = [_of_text(entry, profile) for entry in said.split(",") if entry.strip()]
    else:
        entries = _read_file(Path(said)) if isinstance(said, str | Path) else said
        found = [_of_entry(str(name), told, profile) for name, told in entries.items()]
    if not found:
        raise DomainAugError("defects: none is asked for; write them as scratch:200,dent:100")
    for each in found:
        if _CLASS.fullmatch(each.name) is None or each.name in _TAKEN:
            raise DomainAugError(f"defects: {each.name!r} cannot be the name of a class and its folder; choose another")
        Gate.from_mapping(each.gate)
    refuse_double(found)
    return tuple(found)


def refuse_double(wanted: Iterable[Wanted]) -> None:
    """Refuse a class that is asked for twice.

    Raises:
        DomainAugError: One is.
    """
    names = [each.name for each in wanted]
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise DomainAugError(f"defects: {', '.join(double)} is asked for twice; name a class once, as scratch/fine:50")


def _of_text(entry: str, profile: Profile) -> Wanted:
    """Return what "scratch:200" or "bank/blowhole:50" asks for."""
    parts = _ENTRY.fullmatch(entry)
    if parts is None:
        raise DomainAugError(f"defects: {entry.strip()!r} is no NAME:COUNT or SOURCE/CLASS:COUNT; write scratch:200")
    first, second, count = parts.groups()
    if count is not None and not count.isdecimal():
        raise DomainAugError(f"defects: {first}: {count!r} is no count; a whole number from 1 up is needed")
    told: dict[str, Any] = {} if second is None else {"from": first}
    return _of_entry(second or first, {**told, **({} if count is None else {"count": int(count)})}, profile)


def _of_entry(name: str, told: Any, profile: Profile) -> Wanted:
    if told is None or isinstance(told, int):
        told = {} if told is None else {"count": told}
    if not isinstance(told, Mapping):
        raise DomainAugError(f"defects: {name}: a count or a mapping of settings is needed, got {told!r}")
    name = meant(name, profile.defects) or name
    known = dict(profile.defects.get(name, {}))
    if "from" in told and told["from"] != known.get("from", name):
        known = {}  # of another source: its settings do not fit
    whole = {**known, **told}
    source = str(whole.get("from", name))
    if source not in SOURCES:
        legal = (*SOURCES, *profile.defects, *(each[len(begun(profile.defects)) :] for each in profile.defects))
        raise UnknownName("kind or source of defects", source, legal, where="defects")
    if source == BANK and name == BANK:
        raise DomainAugError("defects: bank: say which class of the bank, as in bank/blowhole:50")
    count = whole.get("count")
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= _MOST):
        raise DomainAugError(f"defects: {name}: a count from 1 to {_MOST} is needed, got {count!r}")
    settings = {str(each): value for each, value in whole.items() if each not in _OWN}
    if source == BANK:
        settings.setdefault("kind", name)
    like = whole.get("like")
    return Wanted(
        name,
        source,
        count,
        settings,
        dict(whole.get("gate") or {}),
        _places(name, whole),
        None if like is None else str(like),
    )


def _places(name: str, told: Mapping[str, Any]) -> tuple[tuple[float, float], ...]:
    try:
        places = tuple((float(down), float(right)) for down, right in told.get("places") or ())
    except (TypeError, ValueError):
        places = ((-1.0, -1.0),)
    if not all(0 <= share <= 1 for place in places for share in place):
        raise DomainAugError(f"defects: {name}: places are pairs of shares of height and width, from 0 to 1")
    return places


def _read_file(path: Path) -> Mapping[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ProfileError("a file of defects has no megabytes", path=path)
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProfileError(f"the file of defects cannot be read: {error.strerror}", path=path) from None
    except (YAMLError, UnicodeDecodeError, RecursionError):
        raise ProfileError("this is not YAML", path=path) from None
    if not isinstance(content, Mapping):
        raise ProfileError("a mapping of classes to counts or settings is needed, as scratch: {count: 200}", path=path)
    return content
