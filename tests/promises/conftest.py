"""domainaug as its users meet it: a command in a process of its own, and the files that it leaves."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

PARTS = "manufacturing/metal-surface"
HIDDEN = (".tmp-", ".lock", "ledger.sqlite")


@dataclass(frozen=True)
class Ended:
    """What a command left behind, its files apart."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def data(self) -> Any:
        """What it said to machines."""
        return json.loads(self.out)


Command = Callable[..., Ended]


def command_line(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "domainaug", *map(str, arguments)]


@pytest.fixture
def command() -> Command:
    """Run `domainaug ARGUMENTS`; whatever it does, it never prints a traceback nor exits with a status of its own."""

    def run(*arguments: object, expect: int | None = None, timeout: float = 120, **more: Any) -> Ended:
        began = time.monotonic()
        environment = {name: value for name, value in os.environ.items() if name != "NO_ALBUMENTATIONS_UPDATE"}
        environment |= more.pop("env", {})
        done = subprocess.run(
            command_line(*arguments), capture_output=True, text=True, timeout=timeout, env=environment, **more
        )
        ended = Ended(done.returncode, done.stdout, done.stderr, time.monotonic() - began)
        assert "Traceback" not in ended.out + ended.err, ended.err
        assert "fault of domainaug" not in ended.err, ended.err
        assert ended.code in (0, 1, 2, 130), ended.err
        if expect is not None:
            assert ended.code == expect, ended.err
        return ended

    return run


SEVERAL = """
import json, os, sys
from domainaug.cli import main
folder, codes = sys.argv[1], []
for number, line in enumerate(json.loads(sys.argv[2])):
    for descriptor in (1, 2):
        os.dup2(os.open(f"{folder}/{number}.{descriptor}", os.O_CREAT | os.O_WRONLY | os.O_APPEND), descriptor)
    sys.argv = ["domainaug", *line]
    try:
        main()
        codes.append(0)
    except SystemExit as ended:
        codes.append(ended.code or 0)
    sys.stdout.flush(), sys.stderr.flush()
with open(f"{folder}/codes", "w") as stream:
    json.dump(codes, stream)
"""


@pytest.fixture
def commands(tmp_path_factory) -> Callable[..., list[Ended]]:
    """Run several command lines in one process, held to the same as one: starting Python is most of what they take.

    What their worker processes print is kept too: the files behind stdout and stderr are read when all have ended.
    """

    def run(*lines: tuple[object, ...], timeout: float = 240, env: Any = None) -> list[Ended]:
        folder = tmp_path_factory.mktemp("told")
        environment = {name: value for name, value in os.environ.items() if name != "NO_ALBUMENTATIONS_UPDATE"}
        texts = json.dumps([[str(word) for word in line] for line in lines])
        driver = [sys.executable, "-c", SEVERAL, str(folder), texts]
        done = subprocess.run(
            driver, capture_output=True, text=True, timeout=timeout, env={**environment, **(env or {})}
        )
        assert done.returncode == 0, done.stderr
        ended = []
        for number, code in enumerate(json.loads((folder / "codes").read_text())):
            out, err = ((folder / f"{number}.{descriptor}").read_text() for descriptor in (1, 2))
            assert "Traceback" not in out + err, err
            assert "fault of domainaug" not in err, err
            assert code in (0, 1, 2, 130), err
            ended.append(Ended(code, out, err, 0.0))
        return ended

    return run


@pytest.fixture
def starting() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start `domainaug ARGUMENTS` as the head of a process group of its own."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: object, before: tuple[object, ...] = ()) -> subprocess.Popen[bytes]:
        line = [*map(str, before), *command_line(*arguments)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen(line, start_new_session=True, **quiet))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def photo(seed: int, shape: tuple[int, int] = (96, 128)) -> np.ndarray:
    """A gray picture with structure at every scale, so that any change of it shows."""
    rng = np.random.default_rng(seed)
    pixels = np.zeros(shape)
    for size in (4, 16, 48):
        small = Image.fromarray(rng.random((size, size)).astype(np.float32))
        pixels += np.asarray(small.resize(shape[::-1], Image.Resampling.BICUBIC))
    return (40 + 160 * (pixels - pixels.min()) / np.ptp(pixels)).astype(np.uint8)


@pytest.fixture
def photos() -> Callable[..., Path]:
    """Make a folder of pictures; every third has a mask."""

    def make(folder: Path, count: int = 12, *, order: int = 1) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for index in list(range(count))[::order]:
            Image.fromarray(photo(index)).save(folder / f"part {index}.png")
            if index % 3 == 0:
                mask = np.zeros((96, 128), np.uint8)
                mask[30:60, 40:80] = 1
                Image.fromarray(mask).save(folder / f"part {index}_mask.png")
        return folder

    return make


@pytest.fixture
def slices() -> Callable[..., Path]:
    """Make a folder of CT slices, one stack, from the CT that pydicom's wheel carries."""

    def make(folder: Path, count: int = 3, name: str = "slice-{}.dcm", **tags: Any) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(count):
            dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
            dataset.ImagePositionPatient = [-10.0, 20.0, 5.0 * index]
            dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
            dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.7.{index + 1}"
            dataset.InstanceNumber = index + 1
            for tag, value in tags.items():
                setattr(dataset, tag, value)
            dataset.save_as(folder / name.format(index))
        return folder

    return make


@pytest.fixture
def tree() -> Callable[..., dict[str, str]]:
    """The SHA-256 of every file that a reader of an output folder sees: all but the ledger, which holds times."""

    def digests(folder: Path) -> dict[str, str]:
        return {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.relative_to(folder).parts[0].startswith(HIDDEN)
        }

    return digests


@pytest.fixture
def outline() -> Callable[..., dict[str, tuple[int, int]]]:
    """Size and time of every file below a folder, to see that nothing outside of the output was touched."""

    def stand(folder: Path, *, without: Path) -> dict[str, tuple[int, int]]:
        return {
            str(path): (path.lstat().st_size, path.lstat().st_mtime_ns)
            for path in folder.rglob("*")
            if path != without and without not in path.parents and not path.is_dir()
        }

    return stand
