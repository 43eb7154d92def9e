"""Finding what a target names: `module:attribute`, `path.py:attribute`, or the file of a saved A.Compose."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from domainaug.check.report import Source
from domainaug.errors import DomainAugError, UnknownName

__all__ = ["Target", "load_target"]

_SAVED = (".json", ".yaml", ".yml")

_PICTURES = frozenset(
    ("image", "images", "img", "imgs", "im", "x", "arr", "array", "picture", "frame", "sample", "data")
)
"""What people call the picture that a function takes."""

_SETTINGS = frozenset(
    (
        "split", "stage", "phase", "mode", "train", "is_train", "training", "size", "img_size", "image_size", "height",
        "width", "h", "w", "cfg", "config", "args", "opt", "params", "hparams", "name", "seed", "p", "prob", "strength",
        "mean", "std", "crop_size", "input_size", "resize",
    )
)  # fmt: skip
"""What people call the settings that a factory takes."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the check is to look at.

    Attributes:
        name: As it was given.
        value: The Compose, transform or callable.
        source: Where it was written, or None.
        saved: The file of a saved A.Compose, or None.
    """

    name: str
    value: Any
    source: Source | None = None
    saved: Path | None = None


def load_target(text: str) -> Target:
    """Return what `text` names.

    Args:
        text: `package.module:attribute` (imported with the current folder on the path), `path.py:attribute`,
            or the path of a saved A.Compose (.json, .yaml). The attribute may be a Compose, a callable
            image -> image, or a function that can be called without arguments and returns one.

    Raises:
        DomainAugError: There is no such thing, or it cannot be imported, or is nothing to check.
    """
    if text.lower().endswith(_SAVED):
        from domainaug.check.saved import read_saved

        path = Path(text)
        pipeline, lines = read_saved(path)
        return Target(text, pipeline, Source(path.as_posix(), lines), path)
    place, colon, attribute = text.rpartition(":")
    if not colon or not place or not attribute:
        raise DomainAugError(
            f"{text!r} is no target; give module:attribute, path.py:attribute, or a saved Compose (.json, .yaml)"
        )
    module = _module(place)
    value = _called(_attribute(module, attribute, text), text)
    return Target(text, value, _source(module, attribute, value))


def _module(place: str) -> ModuleType:
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # the module may import albumentations before we do
    with _quiet_import(place):
        if place.endswith(".py"):
            return _from_file(Path(place))
        return importlib.import_module(place)
    raise AssertionError("unreachable")  # pragma: no cover


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise DomainAugError(f"{path}: there is no such file")
    name = f"_checked_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise DomainAugError(f"{path}: this is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


@contextlib.contextmanager
def _quiet_import(place: str) -> Iterator[None]:
    """Import with the current folder first on the path; what the module prints goes to stderr."""
    here = str(Path(place).resolve().parent) if place.endswith(".py") else os.getcwd()  # noqa: PTH109
    sys.path.insert(0, here)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except DomainAugError:
        raise
    except ModuleNotFoundError as fault:
        if fault.name is not None and (place == fault.name or place.startswith(f"{fault.name}.")):
            raise DomainAugError(f"there is no module {fault.name!r} in {here} or among what is installed") from None
        raise DomainAugError(f"importing {place} failed: {_short(fault)}") from None
    except (Exception, SystemExit) as fault:
        raise DomainAugError(f"importing {place} failed: {_short(fault)}") from None
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(here)


def _attribute(module: ModuleType, attribute: str, text: str) -> Any:
    value: Any = module
    for name in attribute.split("."):
        public = [other for other in dir(value) if not other.startswith("_")]
        try:
            value = getattr(value, name)
        except AttributeError:
            raise UnknownName("attribute", name, public, where=text) from None
    return value


def _called(value: Any, text: str) -> Any:
    """Return a value to check: a function that needs no argument is a factory and is called."""
    if inspect.isfunction(value):
        value = _made(value, text)
    if isinstance(value, type | ModuleType) or not callable(value):
        raise DomainAugError(f"{text} is {_kind(value)}, not a Compose or a callable that takes an image")
    return value


def _made(function: Any, text: str) -> Any:
    """Return what a factory makes, or the function itself where it takes an image."""
    takes = inspect.signature(function).parameters.values()
    rows = [x for x in takes if x.kind not in (x.VAR_KEYWORD, x.VAR_POSITIONAL)]
    needed = [x.name for x in rows if x.default is x.empty]
    if needed and all(name.lower() in _SETTINGS for name in needed):
        raise DomainAugError(
            f"{text} needs {', '.join(needed)}: it is a factory; name one that takes no arguments, such as "
            f"{text.rpartition(':')[0]}:make_train"
        )
    if needed or len(rows) < len(takes) or any(x.name.lower() in _PICTURES for x in rows):
        return function
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return function()
    except (Exception, SystemExit) as fault:
        raise DomainAugError(f"calling {text} failed: {_short(fault)}") from None


def _kind(value: Any) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIO' else 'a'} {name}"


def _source(module: ModuleType, attribute: str, value: Any) -> Source | None:
    from domainaug.check.locate import lines_of

    file = getattr(module, "__file__", None)
    if not file or not file.endswith(".py"):
        return None
    path = Path(file).resolve()
    with contextlib.suppress(ValueError):
        path = path.relative_to(Path.cwd())
    return Source(path.as_posix(), lines_of(Path(file), attribute, value))


def _short(fault: BaseException) -> str:
    words = " ".join(str(fault).split())
    return f"{type(fault).__name__}: {words[:200]}" if words else type(fault).__name__
