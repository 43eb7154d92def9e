"""Starting the app's server: hardened by options on its command line, wherever it is started from."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from domainaug.errors import DomainAugError, MissingExtra, OutputError

__all__ = ["OPTIONS", "command", "serve"]

OPTIONS: Mapping[str, Any] = MappingProxyType(
    {
        "server": {
            "address": "127.0.0.1",
            "allowedHosts": ["localhost", "127.0.0.1"],
            "enableStaticServing": False,
            "fileWatcherType": "none",
            "headless": True,
            "maxUploadSize": 20,
        },
        "browser": {"gatherUsageStats": False},
        "client": {"showErrorDetails": "none", "showErrorLinks": "false", "toolbarMode": "minimal"},
        "theme": {
            "baseFontSize": 15,
            "headingFontSizes": ["1.75rem", "1.4rem", "1.2rem", "1.05rem", "1rem", "0.9rem"],
            "paddingTop": "1rem",
            "paddingBottom": "2rem",
            "light": {
                "primaryColor": "#0f766e",
                "backgroundColor": "#ffffff",
                "secondaryBackgroundColor": "#f3f5f6",
                "textColor": "#0c1113",
                "codeTextColor": "#0c1113",
                "sidebar": {"backgroundColor": "#f7f9f9", "secondaryBackgroundColor": "#ffffff"},
            },
            "dark": {
                "primaryColor": "#3fd0be",
                "backgroundColor": "#14181a",
                "secondaryBackgroundColor": "#1f2527",
                "textColor": "#e6ebec",
                "codeTextColor": "#e6ebec",
                "sidebar": {"backgroundColor": "#1a1f21", "secondaryBackgroundColor": "#262d30"},
            },
        },
    }
)
"""What `.streamlit/config.toml` of a checkout says as well: loopback only, no statistics, no tracebacks, two themes."""


_LEAST = (3, 11)
_REPEATED = frozenset(("server.allowedHosts",))


def command(root: Path, port: int) -> list[str]:
    """Return the command line of the server.

    Args:
        root: The folder that files are chosen under.
        port: Where it listens.
    """
    entry = Path(__file__).with_name("entry.py")
    flags = [f"--{name}={said}" for name, value in _flat(OPTIONS) for said in _written(name, value)]
    server = [sys.executable, "-m", "domainaug.app.start", "run", str(entry), f"--server.port={port}", *flags]
    return [*server, "--", "--root", str(root)]


def serve(root: Path, port: int) -> int:
    """Run the server until it is ended; return its exit status.

    Raises:
        DomainAugError: This Python is too old for Streamlit.
        MissingExtra: Streamlit is not installed.
        OutputError: `root` is no folder, or nothing can listen on that port.
    """
    if sys.version_info < _LEAST:
        raise DomainAugError(f"the app needs Python {_LEAST[0]}.{_LEAST[1]} or newer, as Streamlit does; this is older")
    if find_spec("streamlit") is None:
        raise MissingExtra("The app", "app")
    if not root.is_dir():
        raise OutputError(f"--root {root}: there is no such folder; name one that holds your images")
    _check_free(port)
    print(f"http://localhost:{port}  (Ctrl-C stops it)", file=sys.stderr)  # once nothing is refused
    # nothing in the command is a user's but a folder and a number
    running = subprocess.Popen(command(root.resolve(), port))  # noqa: S603
    before = signal.signal(signal.SIGTERM, lambda *_: running.terminate())  # who ends the command means the server
    try:
        return running.wait()
    except KeyboardInterrupt:
        return running.wait()  # the terminal told the server, too
    finally:
        signal.signal(signal.SIGTERM, before)


def _check_free(port: int) -> None:
    """Refuse a port before its address is told: whatever listens there already would be taken for this app."""
    with socket.socket() as trying:
        if os.name == "posix":  # elsewhere this would let two listen; here it is what the server itself does
            trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind(("127.0.0.1", port))
        except OSError as error:
            why = "something else listens there" if error.errno == errno.EADDRINUSE else error.strerror
            raise OutputError(f"--port {port}: {why}; name another, such as --port 8600") from None


def _flat(options: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _written(name: str, value: Any) -> list[str]:
    """Return what stands after an option's equals sign; an option that may be repeated is given once for each value."""
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, list):
        return value if name in _REPEATED else [json.dumps(value)]
    return [str(value)]
