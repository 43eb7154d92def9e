"""The run's end of the line to a server: a client in a process of its own, deadlines, and new ones after a loss."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import queue
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from numpy.typing import NDArray

from domainaug.errors import DomainAugError, MissingExtra
from domainaug_simulators.carla_adapter import pipe
from domainaug_simulators.carla_adapter.faults import CaptureFailed, Event, SensorSilent, ServerLost, ServerUnfit
from domainaug_simulators.carla_adapter.servers import Claim, Server

__all__ = ["Line", "need_client"]

_ERRORS: Final = {each.__name__: each for each in (CaptureFailed, SensorSilent, ServerLost, ServerUnfit)}
_SLACK: Final = 15.0  # seconds that the client's process has beyond those of its server: it starts, and tries again
_LOADING: Final = 150.0  # seconds that a map may take
_REVIVAL: Final = 180.0  # seconds that a server may take to come back
_FAREWELL: Final = 20.0  # and a client to leave
_HURRIED: Final = 2.0  # where its server is lost
_ALIVE: Final = object()  # what a client's process tells while it waits
log = logging.getLogger("domainaug.carla")


def need_client() -> None:
    """Refuse to go on without the official client.

    Raises:
        DomainAugError: There is no wheel of it for this Python.
        MissingExtra: It is not installed.
    """
    if importlib.util.find_spec("carla") is not None:
        return
    if sys.version_info >= (3, 13):
        raise DomainAugError(
            f"CARLA's client has no wheel for Python {sys.version_info.major}.{sys.version_info.minor}; "
            "make an environment with Python 3.10 to 3.12"
        )
    raise MissingExtra("the CARLA adapter", "carla")


@dataclass(slots=True, eq=False)
class Line:
    """A line to one server.

    Attributes:
        server: Which.
        seconds: How long an answer may take.
        deadline: How long nothing may come from any sensor that is waited for.
        restart: A command that starts the server anew, or "".
        claim: What keeps other runs of this machine off the server, or None.
    """

    server: Server
    seconds: float = 20.0
    deadline: float = 15.0
    restart: str = ""
    claim: Claim | None = None
    _process: subprocess.Popen[bytes] | None = None
    _answers: queue.Queue[Any] = field(default_factory=queue.Queue)
    _opening: Mapping[str, Any] | None = None
    _entered: bool = False
    _lost: bool = False
    _littered: bool = False

    # -- asking ---------------------------------------------------------------------------------------------

    def hello(self, ego: str = "") -> dict[str, Any]:
        """Return who is there.

        Args:
            ego: A vehicle that has to be there, or "".

        Raises:
            ServerLost: Nobody is.
            ServerUnfit: The server is of another version than the client, or lacks the vehicle.
        """
        return self._asked({"do": "hello", "ego": ego}, 3 * self.seconds)[0]

    def look(self) -> dict[str, Any]:
        """Return how many actors of ours are in the world, and whether somebody is to keep time.

        Raises:
            ServerLost: The server does not answer.
        """
        return self._asked({"do": "look"}, 3 * self.seconds)[0]

    def open(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Open a world, which is opened again after a loss.

        Raises:
            ServerLost: The server did not answer.
            ServerUnfit: It has no such world.
        """
        self._entered = True
        found = self._asked({"do": "open", **told}, _LOADING + 10 * self.seconds)[0]
        self._opening = told
        return found

    def drive(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Let TrafficManager drive, and return who was where; see `Session.drive`.

        Raises:
            ServerLost: The server did not answer.
            ServerUnfit: It has no such world.
            CaptureFailed: Nobody finds room.
        """
        self._entered = True
        return self._asked({"do": "drive", **told}, _LOADING)[0]

    def frame(self, told: Mapping[str, Any], *, anew: bool = True) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return one frame, from a new client if the one at hand is lost.

        Args:
            told: What `Session.frame` is told.
            anew: Whether it is asked for anew.

        Raises:
            CaptureFailed: It could not be had; a sensor that is silent is not asked by another client.
            ServerLost: The server is gone, and did not come back.
        """
        asked, limit = {"do": "frame", **told}, max(self.seconds, self.deadline)
        why, hurried = "it was lost before", True
        if not self._lost:
            try:
                return self._asked(asked, limit)
            except SensorSilent:
                raise
            except (CaptureFailed, ServerLost) as error:
                if not anew:
                    raise
                log.warning("%s; a new client is made", str(error))  # the error itself would hold this line
                why, hurried = str(error), isinstance(error, ServerLost)
        self.revive(hurried=hurried)
        content, arrays = self._asked(asked, limit)
        content["events"].append(Event("revived", "", content["frame"], why).to_dict())
        return content, arrays

    def revive(self, *, hurried: bool = False) -> None:
        """Make a new client, after the server was started anew where that is known how, and open the world again.

        Args:
            hurried: Whether the old one hardly reaches its server.

        Raises:
            ServerLost: It does not come back.
            ServerUnfit: Something else came back.
        """
        opening, self._lost = self._opening, True
        self.close(hurried=hurried)
        until = time.monotonic() + (_REVIVAL if self.restart else self.seconds)
        try:
            self.hello()
        except ServerLost:
            if not self.restart:
                raise
            log.warning("%s is started anew: %s", self.server, self.restart)
            self._restarted()
            self._awaited(until)
        if opening is not None:
            self.open(opening)
        self._lost = self._littered = False

    def _restarted(self) -> None:
        try:
            started = subprocess.Popen(  # noqa: S603  (whoever runs this gave the command)
                shlex.split(self.restart), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            started.returncode = 0  # it outlives this process on purpose: nobody waits for it
        except OSError as error:
            raise ServerLost(f"the server is gone, and {self.restart!r} cannot be run: {error.strerror}") from None

    def _awaited(self, until: float) -> None:
        """Wait until the server answers again."""
        while True:
            self._hung_up()
            try:
                self.hello()
            except ServerLost as error:
                if time.monotonic() > until:
                    raise ServerLost(f"{self.server} did not come back within {_REVIVAL:g} s: {error}") from None
                time.sleep(0.5)
            else:
                return

    # -- the process ----------------------------------------------------------------------------------------

    def _asked(self, told: dict[str, Any], seconds: float) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        process = self._running()
        assert process.stdin is not None
        told |= {
            "host": self.server.host, "port": self.server.port, "seconds": self.seconds, "deadline": self.deadline,
        }  # fmt: skip
        try:
            pipe.write(process.stdin, told)  # type: ignore[arg-type]
            answer: Any = _ALIVE
            while answer is _ALIVE:
                answer = self._answers.get(timeout=seconds + _SLACK)
        except (OSError, queue.Empty) as error:
            answer = error
        if isinstance(answer, BaseException) or answer is None:
            hung = isinstance(answer, queue.Empty)
            self._hung_up()
            how = f"did not answer for {seconds:.0f} s" if hung else f"ended ({process.returncode})"
            raise ServerLost(
                f"the process of CARLA's client at {self.server} {how}: who listens there sent what it cannot read, "
                "is no CARLA, or hangs"
            )
        content, arrays = answer
        if "error" in content:
            raise _ERRORS[content["error"]](content["says"])
        return content, arrays

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            held = () if self.claim is None else (self.claim.number,)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "domainaug_simulators.carla_adapter.client"], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, pass_fds=held,
            )  # fmt: skip
            self._answers = queue.Queue()
            threading.Thread(target=_listen, args=(self._process, self._answers), daemon=True).start()
        return self._process

    def close(self, *, hurried: bool = False) -> None:
        """Let the client leave the server as it was found; one that cannot is ended.

        Args:
            hurried: Whether the server is lost, so that it hardly can.
        """
        process = self._process
        if process is not None and process.poll() is None and process.stdin is not None:
            with contextlib.suppress(OSError):
                pipe.write(process.stdin, {"do": "close"})  # type: ignore[arg-type]
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=_HURRIED if hurried else _FAREWELL)
        self._hung_up()

    def leave(self) -> None:
        """Let the client leave, and another run have the server; what a client that was ended left is cleared away."""
        if self._littered:
            self.close(hurried=True)
            with contextlib.suppress(DomainAugError):
                self._asked({"do": "tidy"}, self.seconds)
        self.close()
        claim, self.claim = self.claim, None
        if claim is not None:
            claim.release()

    def _hung_up(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() != 0 and self._entered:
            self._littered = True  # it was in a world, and has not left it politely
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def _listen(process: subprocess.Popen[bytes], answers: queue.Queue[Any]) -> None:
    """Pass on what the process answers, and None once it is gone."""
    assert process.stdout is not None
    try:
        while True:
            answer = pipe.read(process.stdout)  # type: ignore[arg-type]
            answers.put(_ALIVE if "alive" in answer[0] else answer)
    except (EOFError, OSError, ValueError):
        answers.put(None)
