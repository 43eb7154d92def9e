"""Finding and loading profiles: the catalogue that comes with the package, and files of the user's own."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from domainaug.errors import ProfileError, UnknownName
from domainaug.profile.model import Profile

__all__ = ["catalogue_folder", "in_catalogue", "list_profiles", "load_profile", "place_of", "title_of"]

_SUFFIXES = (".yaml", ".yml")
_TITLE = re.compile(r"^title:[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)
_ABSTRACT = re.compile(r"^abstract:\s*true\b", re.MULTILINE)
_MOST_PARENTS = 16


@lru_cache(maxsize=1)
def catalogue_folder() -> Path:
    """Return the folder of the catalogue: inside the installed package, or beside it in a checkout.

    Raises:
        ProfileError: There is none, so the installation is damaged.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "profiles", package.parent / "profiles"):
        if folder.is_dir():
            return folder
    raise ProfileError("the catalogue of profiles is missing; install domainaug again", path=package / "profiles")


@lru_cache(maxsize=4)
def _catalogue(folder: Path) -> Mapping[str, Path]:
    files = (path for path in folder.rglob("*.yaml") if path.is_file())
    named = {path.relative_to(folder).with_suffix("").as_posix(): path for path in files}
    return dict(sorted(named.items()))


def list_profiles(domain: str | None = None, include_abstract: bool = False) -> list[str]:
    """Return the ids of the profiles in the catalogue, sorted.

    Args:
        domain: Only those of one domain ("medical", "driving" ...).
        include_abstract: Also those that are only there to be extended.

    Raises:
        UnknownName: There is no such domain; the message names the nearest.
    """
    found = _catalogue(catalogue_folder())
    domains = {name.partition("/")[0] for name in found}
    if domain is not None and domain not in domains:
        raise UnknownName("domain", domain, domains)
    return [
        name
        for name, path in found.items()
        if (domain is None or name.startswith(f"{domain}/"))
        and (include_abstract or not _ABSTRACT.search(path.read_text(encoding="utf-8")))
    ]


def title_of(name: str) -> str:
    """Return the title of a profile of the catalogue, read from its line: a list of them need not load them all.

    Raises:
        UnknownName: There is no such profile.
    """
    found = _TITLE.search(_file(name).read_text(encoding="utf-8"))
    plain = found is not None and found[1][0] not in "\"'>|&*{[" and " #" not in found[1]
    return found[1] if found is not None and plain else load_profile(name).title


def load_profile(
    name_or_path: str | Path,
    *,
    options: Mapping[str, Any] | None = None,
    waivers: Mapping[str, str] | None = None,
) -> Profile:
    """Load a profile.

    Args:
        name_or_path: An id ("medical/chest-xray"), or the path of a YAML file.
        options: Options to set, name to value.
        waivers: Rules to waive, code to reason.

    Returns:
        The profile with all it extends merged in. Abstract profiles load too: a check under one is legal.

    Raises:
        UnknownName: No profile, option or code is called so; the message names the nearest.
        ProfileError: The file cannot be used; with line and column.
    """
    from domainaug.profile.resolving import with_options, with_waivers

    profile = _fresh(_load(_file(name_or_path), ()))
    if options:
        profile = with_options(profile, options)
    if waivers:
        profile = with_waivers(profile, waivers)
    return profile


def _file(name_or_path: str | Path) -> Path:
    """Return the file meant; text that ends in .yaml is a path, other text an id."""
    if isinstance(name_or_path, Path) or str(name_or_path).lower().endswith(_SUFFIXES):
        return Path(name_or_path).expanduser().absolute()
    found = _catalogue(catalogue_folder())
    if name_or_path not in found:
        raise UnknownName("profile", str(name_or_path), found)
    return found[str(name_or_path)]


def _fresh(profile: Profile) -> Profile:
    """Return a profile whose mappings are the caller's own, so that changing one does not change the next load."""
    return replace(
        profile,
        recipe=copy.deepcopy(profile.recipe),
        applies_to=copy.deepcopy(profile.applies_to),
        options=dict(profile.options),
        waivers=dict(profile.waivers),
    )


def _load(path: Path, children: tuple[Path, ...]) -> Profile:
    """Load a file that `children` extend, outermost first; files unchanged since are not read again."""
    real = path.resolve()
    if len(children) >= _MOST_PARENTS:
        raise ProfileError(f"is the end of a chain of more than {_MOST_PARENTS} profiles", path=path)
    from domainaug.profile.reading import read_document
    from domainaug.profile.resolving import resolve
    from domainaug.profile.schema import validate

    kept = _LOADED.get(real)
    if kept is not None and kept[0] == _stamps(kept[1]):
        return kept[2]
    document = read_document(path)
    file = validate(document)
    _hold_id(path, file.id)
    parent: Profile | None = None
    files: tuple[Path, ...] = (real,)
    if file.extends is not None:
        try:
            above = _parent(file.extends, path)
        except UnknownName as error:
            raise document.fault(f"extends: {error}", "extends") from None
        if above.resolve() in (*children, real) or not above.is_file():
            what = "itself" if above.is_file() else f"{file.extends}, and there is no such file"
            raise document.fault(f"extends {what}", "extends")
        parent = _load(above, (*children, real))
        files += _LOADED[above.resolve()][1]
    profile = resolve(document, file, parent)
    _LOADED[real] = (_stamps(files), files, profile)
    return profile


_LOADED: dict[Path, tuple[tuple[tuple[int, int], ...], tuple[Path, ...], Profile]] = {}


def _stamps(files: tuple[Path, ...]) -> tuple[tuple[int, int], ...]:
    try:
        return tuple((state.st_mtime_ns, state.st_size) for state in (file.stat() for file in files))
    except OSError:
        return ()


def _parent(extends: str, child: Path) -> Path:
    if extends.lower().endswith(_SUFFIXES):
        return child.parent / extends
    return _file(extends)


def in_catalogue(path: Path | None) -> bool:
    """Return whether a file belongs to the catalogue, and not to a user."""
    return path is not None and path.resolve().is_relative_to(catalogue_folder().resolve())


def place_of(profile: Profile, origin: str) -> str:
    """Return where a rule was written: "id:line" in the catalogue, "path:line" in a file of the user's.

    Args:
        profile: The profile that has the rule.
        origin: The rule's own `origin`.
    """
    if profile.path is None or in_catalogue(profile.path):
        return origin
    name, _, line = origin.rpartition(":")
    kept = _LOADED.get(profile.path.resolve())
    for file in kept[1] if kept else ():
        if not in_catalogue(file) and file in _LOADED and _LOADED[file][2].id == name:
            return f"{_LOADED[file][2].path or file}:{line}"
    return origin


def _hold_id(path: Path, name: str) -> None:
    """Hold that a profile of the catalogue is called what its road says."""
    try:
        road = path.resolve().relative_to(catalogue_folder().resolve())
    except ValueError:
        return
    expected = road.with_suffix("").as_posix()
    if name != expected:
        raise ProfileError(
            f"id: a profile of the catalogue has the name of its road, {expected!r}; got {name!r}", path=path
        )
