"""A profile of one's own: what was turned in a preview, as a file that extends the profile it came from."""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from domainaug.errors import OutputError, ProfileError
from domainaug.profile.catalogue import in_catalogue, load_profile
from domainaug.profile.model import Profile
from domainaug.profile.recipe import validate_recipe

__all__ = ["own_profile", "save_profile", "way_from"]

_NAME = re.compile(r"[a-z0-9][a-z0-9/_-]*")


def own_profile(profile: Profile, name: str, title: str = "", *, folder: Path | None = None) -> str:
    """Return a profile as YAML: its parent's limits, the answers to its questions, and its recipe.

    Args:
        profile: A loaded profile, with options set (`Profile.with_options`) and its recipe turned
            (`domainaug.preview.knobs.turned`); written is what differs from the file it was loaded from.
        name: Its id ("own/chest-films").
        title: For people; that of the parent by default.
        folder: Where it will lie: one that is not of the catalogue is extended by its way from there.

    Raises:
        ProfileError: The name is none, or the profile was not loaded from a file.
    """
    if not _NAME.fullmatch(name):
        raise ProfileError(f"{name!r} is no name of a profile: use small letters, digits, -, _ and /, as in own/films")
    if profile.path is None:
        raise ProfileError(f"{profile.id} was made in memory; only one that was loaded from a file can be extended")
    parent = load_profile(profile.path)
    written = CommentedMap()
    written.fa.set_block_style()
    written["id"] = name
    written["version"] = "1.0.0"
    written["title"] = title.strip() or f"{profile.title}, of our own"
    written["extends"] = parent.id if in_catalogue(profile.path) else way_from(folder, profile.path)
    answers = {key: value for key, value in profile.options.items() if parent.options.get(key) != value}
    if answers:
        written["options"] = answers
    if _plain(profile.recipe) != _plain(parent.recipe):
        written["recipe"] = _flowing(profile.recipe)
    yaml = YAML()
    yaml.default_flow_style = None
    yaml.width = 88
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(written, stream)
    return stream.getvalue()


def way_from(folder: Path | None, path: Path) -> str:
    """Return how a profile in a folder names another file; its whole path where nobody says in which."""
    return str(path) if folder is None else Path(os.path.relpath(path, folder)).as_posix()


def save_profile(text: str, path: Path | str) -> Profile:
    """Write a profile of one's own, once it was read back and its recipe tried, and return it loaded.

    Args:
        text: As `own_profile` gives it.
        path: The file, which must not be there.

    Raises:
        ProfileError: It cannot be read back.
        OutputError: The file is there already, or cannot be written.
    """
    path = Path(path)
    if path.exists():
        raise OutputError(f"{path}: is there already; choose another name")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(prefix=".", suffix=".yaml", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None
    trial = Path(made)
    try:
        validate_recipe(load_profile(trial))
        trial.chmod(0o644)
        try:
            os.link(trial, path)
        except FileExistsError:
            raise OutputError(f"{path}: is there already; choose another name") from None
    finally:
        trial.unlink()
    return load_profile(path)


def _flowing(recipe: Any) -> list[Any]:
    """Return a recipe as it is written by hand: a step a line, its parameters in braces."""
    from ruamel.yaml.comments import CommentedSeq

    steps = CommentedSeq()
    for entry in recipe:
        ((name, given),) = entry.items()
        parameters = dict(given or {})
        inner = parameters.pop("transforms", None)
        held = CommentedMap(_plain(parameters))
        if inner is None:
            held.fa.set_flow_style()
        else:
            held["transforms"] = _flowing(inner)
        steps.append(CommentedMap({str(name): held or None}))
    return steps


def _plain(value: Any) -> Any:
    """Return YAML's own containers as plain ones: they carry comments and places of the file they came from."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value
