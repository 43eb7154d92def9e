"""A server of the app and a browser in front of it, which fails on console errors and on requests to elsewhere."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest

CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
WAIT = 60_000  # milliseconds; machines are busy


def pytest_collection_modifyitems(items):
    missing = [
        name
        for name, there in (
            ("chromium", CHROMIUM),
            ("playwright", find_spec("playwright")),
            ("streamlit", find_spec("streamlit")),
        )
        if not there
    ]
    for item in items:
        if Path(__file__).parent in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(600))
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"{' and '.join(missing)} not here: make test-browser"))


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class Server:
    """`domainaug app`, running."""

    def __init__(self, root, log):
        from domainaug.app.start import command

        self.root, self.port = Path(root), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self._words = command(self.root, self.port)
        self.start()

    def start(self):
        """Start it, again at the same address if it ran before."""
        with self.log.open("a") as said:
            self.process = subprocess.Popen(self._words, stdout=said, stderr=said, cwd=self.root)
        self._wait()

    def kill(self):
        """End it as a lack of memory would: at once."""
        self.process.kill()
        self.process.wait(30)

    def _wait(self, seconds=90):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log.read_text()
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                    if answer.read() == b"ok":
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"the server did not start: {self.log.read_text()}")

    def stop(self):
        self.process.terminate()
        return self.process.wait(30)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The folder that the server is started for; a module may put files into it, or have one of its own."""
    return tmp_path_factory.mktemp("root")


@pytest.fixture(scope="module")
def server(root, tmp_path_factory):
    running = Server(root, tmp_path_factory.mktemp("log") / "server.log")
    yield running
    running.stop()
    said = running.log.read_text()
    assert "Traceback" not in said, said


class Visit:
    """One browser window; what it complains of, and whom it asks, is kept."""

    def __init__(self, page, server, shots):
        self.page, self.server, self.shots = page, server, shots
        self.complaints, self.outside = [], []
        page.set_default_timeout(WAIT)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asked)

    def _said(self, message):
        if message.type == "error":
            self.complaints.append(message.text)

    def _asked(self, request):
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in ("127.0.0.1", "localhost"):
            self.outside.append(request.url)

    def go(self, path="", **query):
        from urllib.parse import urlencode

        self.page.goto(f"{self.server.url}/{path}{'?' if query else ''}{urlencode(query)}")
        return self.settle()

    def settle(self):
        """Wait until the script has run to its end and every picture is there."""
        self.page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        self.page.wait_for_function(
            "() => !document.querySelector('[data-testid=\"stSkeleton\"]')"
            " && [...document.images].every((picture) => picture.complete && picture.naturalWidth > 0)"
        )
        return self

    def shot(self, name, *, full=False):
        """Keep a screenshot; `DOMAINAUG_SHOTS` names the folder."""
        path = self.shots / f"{name}.png"
        self.page.screenshot(path=path, full_page=full)
        return path

    def hold(self):
        assert self.complaints == []
        assert self.outside == []


@pytest.fixture(scope="session")
def shots(tmp_path_factory):
    named = os.environ.get("DOMAINAUG_SHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def playing():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        yield play


@pytest.fixture
def visiting(playing, server, shots):
    """Open windows: `with visiting(theme="dark", width=768) as visit: visit.go("preview")`."""

    @contextmanager
    def opened(theme="light", width=1280, height=900):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            context = playing.chromium.launch_persistent_context(
                profile,
                executable_path=CHROMIUM,
                headless=True,
                args=ARGUMENTS,
                color_scheme=theme,
                viewport={"width": width, "height": height},
            )
            try:
                visit = Visit(context.pages[0], server, shots)
                yield visit
                visit.hold()
            finally:
                context.close()

    return opened
