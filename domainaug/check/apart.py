"""Checking code in a process of its own: it runs what it imports, and may hang, exit or take the memory."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from domainaug.errors import DomainAugError

__all__ = ["check_apart", "mend_apart"]

_SECONDS = 60.0


def check_apart(
    target: str,
    profile: str,
    folder: Path,
    *,
    options: Mapping[str, Any] | None = None,
    sample: Path | None = None,
    item: str | None = None,
    seconds: float = _SECONDS,
) -> dict[str, Any]:
    """Return the report on `path.py:attribute` as plain data, made by `domainaug check` in another process.

    Args:
        target: As for `load_target`.
        profile: Id of a profile, or the path of one.
        folder: Gets the pictures of findings (`--pictures`).
        options: Of the profile.
        sample: A picture or a data set of one's own to show findings on.
        item: Which item of it; the first where it is not told.
        seconds: After so many the process is ended.

    Raises:
        DomainAugError: There is no such target, it cannot be imported or checked, or it took too long.
    """
    more = ["--pictures", str(folder)]
    more += [] if sample is None else ["--sample", str(sample)]
    more += [] if sample is None or item is None else ["--item", item]
    found: dict[str, Any] = json.loads(_run(target, profile, options, more, seconds))
    return found


def mend_apart(
    target: str, profile: str, path: Path, *, options: Mapping[str, Any] | None = None, seconds: float = _SECONDS
) -> None:
    """Write the mended Compose that `path.py:attribute` names to a file (.json, .yaml); as `check_apart`.

    Raises:
        DomainAugError: As `check_apart`; or it is no Compose, or cannot be saved.
    """
    _run(target, profile, options, ["--fix-to", str(path)], seconds)
    if not path.is_file():
        raise DomainAugError(f"{target}: there is nothing to fix")


def _run(target: str, profile: str, options: Mapping[str, Any] | None, more: Sequence[str], seconds: float) -> str:
    said = [part for name, value in (options or {}).items() for part in ("--option", f"{name}={_text(value)}")]
    command = [sys.executable, "-m", "domainaug", "check", target, "--profile", profile, "--json", *said, *more]
    process = subprocess.Popen(  # noqa: S603  (our own command, and a path that was looked at)
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "NO_COLOR": "1", "PYTHONWARNINGS": "ignore"}, start_new_session=True,
    )  # fmt: skip
    try:
        out, told = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise DomainAugError(f"{target}: took longer than {seconds:g} s to import and check; it was stopped") from None
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # and whoever it started
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    if process.returncode not in (0, 1) or not out.lstrip().startswith("{"):
        raise DomainAugError(_last(told) or f"{target}: its code ended the check with status {process.returncode}")
    return out


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _last(told: str) -> str:
    """Return the error of the command line: its last line that says something."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return lines[-1].removeprefix("error: ").removeprefix("Error: ") if lines else ""
