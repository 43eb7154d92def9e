"""Promise 3: no input hangs us, eats the memory, runs code, writes outside the output, or prints a traceback."""

from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.uid import DeflatedExplicitVRLittleEndian

MOST_MEMORY = 500e6
MOST_SECONDS = 40  # on a busy machine; one alone takes 4
PARTS = ("--profile", "manufacturing/metal-surface", "--workers", 2, "--json")
CT = ("--profile", "medical/ct-chest", "--workers", 2, "--json")


class Watched:
    """The most memory that any process of a session took."""

    def __init__(self, session: int) -> None:
        self.session, self.most, self.over = session, 0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        while not self.over.wait(0.02):
            for place in Path("/proc").glob("[0-9]*"):
                try:
                    if int((place / "stat").read_text().rpartition(")")[2].split()[3]) == self.session:
                        status = (place / "status").read_text()
                        self.most = max(self.most, int(status.partition("VmHWM:")[2].split()[0]) * 1024)
                except (OSError, ValueError, IndexError):
                    continue


@pytest.fixture
def confined(tmp_path, outline):
    """Run a command with a home and a folder for temporary files of its own; return how it ended and its memory."""

    def run(*arguments: object, out: Path) -> tuple[int, str, str, float]:
        for name in ("home", "tmp"):
            (tmp_path / name).mkdir(exist_ok=True)
        before = outline(tmp_path, without=out)
        environment = {**os.environ, "HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}
        # Compiled kernels are kept in the user's cache, the one other place that is written to.
        environment.setdefault("XDG_CACHE_HOME", str(Path.home() / ".cache"))
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "domainaug", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=environment,
            cwd=tmp_path,
        )
        watched = Watched(process.pid)
        told, talk = process.communicate(timeout=120)
        watched.over.set()
        watched.thread.join()
        assert time.monotonic() - began < MOST_SECONDS
        assert "Traceback" not in told + talk, talk
        assert outline(tmp_path, without=out) == before, "something outside the output folder was touched"
        return process.returncode, told, talk, watched.most

    return run


def reasons(told: str) -> dict[str, str]:
    return {aside["key"]: aside["code"] for aside in json.loads(told)["set_aside"]}


# -- pictures --------------------------------------------------------------------------------------------


def png(width: int, height: int) -> bytes:
    """A PNG header with a size of its own choice."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(b""))]
    body = [struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in
            [*chunks, (b"IEND", b"")]]  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def hostile_pictures(folder: Path) -> dict[str, str]:
    """Write pictures that harm those who read them naively, and return the reason that each is refused for."""
    Image.new("1", (20_000, 20_000)).save(folder / "bomb.png")
    Image.fromarray(np.full((200, 200, 3), 90, np.uint8)).save(folder / "cut.jpg", quality=95)
    (folder / "cut.jpg").write_bytes((folder / "cut.jpg").read_bytes()[:-400])
    (folder / "nothing.png").write_bytes(png(0, 0))
    (folder / "headless.png").write_bytes(png(300, 300))
    values = np.zeros((40, 40), np.float32)
    values[3, 4] = np.nan
    Image.fromarray(values).save(folder / "nan.tif")
    (folder / "text.png").write_text("<?php system('rm -rf /'); ?>")
    (folder / "empty.bmp").write_bytes(b"")
    return {
        "bomb.png": "too-large",
        "cut.jpg": "truncated",
        "nothing.png": "empty",
        "headless.png": "truncated",
        "nan.tif": "not-finite",
        "text.png": "not-an-image",
        "empty.bmp": "empty",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_hostile_pictures_are_set_aside_each_with_its_reason(tmp_path, photos, confined):
    source, out = photos(tmp_path / "source", 2), tmp_path / "out"
    expected = hostile_pictures(source)
    code, told, talk, memory = confined("augment", source, out, *PARTS, out=out)
    assert code == 1
    assert reasons(told) == expected
    assert json.loads(told)["done"] == 2
    assert memory < MOST_MEMORY
    assert f"{len(expected)} set aside" in talk


def test_a_picture_that_links_to_another_place_brings_nothing_back(tmp_path, photos, command, outline):
    source, out = photos(tmp_path / "source", 1), tmp_path / "out"
    (tmp_path / "secret.png").write_text("secret")
    (source / "link.png").symlink_to(tmp_path / "secret.png")
    (source / "loop").symlink_to(source)
    before = outline(tmp_path, without=out)
    ended = command("augment", source, out, *PARTS, expect=1)
    assert reasons(ended.out) == {"link.png": "not-an-image"}
    assert "secret" not in ended.out + ended.err
    assert outline(tmp_path, without=out) == before


# -- DICOM -----------------------------------------------------------------------------------------------


def hostile_dicom(folder: Path) -> int:
    """Write DICOM files that harm those who read them naively, and return how many."""
    whole = Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()
    (folder / "cut.dcm").write_bytes(whole[: len(whole) // 2])
    (folder / "headless.dcm").write_bytes(whole[:132] + bytes(range(256)) * 40 + whole[500:])
    damaged = bytearray(whole)
    damaged[400:1400:7] = bytes(len(damaged[400:1400:7]))
    (folder / "damaged.dcm").write_bytes(damaged)

    end = whole.index(b"\xe0\x7f\x10\x00")  # where pixels begin
    nested = b"\x08\x00\x15\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 5000
    (folder / "nested.dcm").write_bytes(whole[:end] + nested + whole[end:])

    meta = pydicom.filereader.read_file_meta_info(str(get_testdata_file("CT_small.dcm")))
    meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    stream = io.BytesIO()
    pydicom.filewriter.write_file_meta_info(pydicom.filebase.DicomIO(stream), meta)
    packer = zlib.compressobj(9, wbits=-15)
    zeros = b"".join([*(packer.compress(bytes(1 << 24)) for _ in range(64)), packer.flush()])  # 1 GiB of them
    (folder / "bomb.dcm").write_bytes(bytes(128) + b"DICM" + stream.getvalue() + zeros)
    assert (folder / "bomb.dcm").stat().st_size < 2e6
    return 5


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_hostile_dicom_files_are_set_aside_each_with_its_reason(tmp_path, slices, confined):
    source, out = slices(tmp_path / "source"), tmp_path / "out"
    count = hostile_dicom(source)
    code, told, talk, memory = confined("augment", source, out, *CT, out=out)
    assert code == 1
    asides = json.loads(told)["set_aside"]
    assert len(asides) == count
    assert {"too-large", "nested-too-deep", "truncated"} <= {aside["code"] for aside in asides}
    assert all(aside["reason"] and aside["code"] for aside in asides)
    assert json.loads(told)["done"] == 1  # the whole stack is one item
    assert memory < MOST_MEMORY
    assert f"{count} set aside" in talk


@pytest.mark.parametrize("evil", ["../", "/tmp/", "..\\", "1.2/../../../"])
def test_a_uid_that_is_a_path_leads_nowhere(tmp_path, slices, command, outline, evil):
    source, out = tmp_path / "deep" / "source", tmp_path / "deep" / "out"
    path = slices(source, 1) / "slice-0.dcm"
    header = pydicom.dcmread(path)
    content = path.read_bytes()
    for number, name in enumerate(("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID")):
        uid = str(header[name].value)
        content = content.replace(uid.encode(), f"{(evil * 20)[: len(uid) - 5]}evil{number}".encode())
    path.write_bytes(content)
    before = outline(tmp_path, without=out)
    ended = command("augment", source, out, *CT)
    assert ended.code in (0, 1)
    assert "evil" not in ended.out + ended.err
    assert outline(tmp_path, without=out) == before
    assert not [path for path in out.rglob("*") if "evil" in path.name]


# -- profiles --------------------------------------------------------------------------------------------

HEAD = "id: test/bomb\nversion: 1.0.0\ntitle: A bomb\n"
BOMBS = {
    "laughs": HEAD
    + "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    "nested lists": HEAD + "limits: " + "[" * 50_000,
    "nested maps": HEAD + "".join("  " * depth + "a:\n" for depth in range(2000)),
    "huge": HEAD + "# " + "x" * 30_000_000,
    "python object": HEAD + "limits: !!python/object/apply:os.system ['touch MARK']\n",
    "python name": HEAD + "recipe: !!python/name:os.system\n",
    "no text": HEAD + "reason: \x00\x01\x02",
    "same key twice": HEAD + HEAD,
    "extends a path": HEAD + "extends: ../../../../etc/passwd\n",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_profile_is_one_sentence(tmp_path, command, name):
    path, mark = tmp_path / "bomb.yaml", tmp_path / "mark"
    path.write_text(BOMBS[name].replace("MARK", str(mark)))
    ended = command("show", path, expect=2, cwd=tmp_path)
    assert ended.err.startswith("error: ")
    assert len(ended.err.strip().splitlines()) == 1
    assert len(ended.err) < 2000
    assert ended.seconds < 20
    assert not mark.exists()


RECIPES = {
    "a function": "os.system: {command: touch MARK}",
    "a class of another library": "subprocess.Popen: {args: [touch, MARK]}",
    "a private name": "__import__: {name: os}",
    "code as a value": "Affine: {rotate: \"__import__('os').system('touch MARK')\"}",
    "a function of one's own": "Lambda: {image: os.system}",
}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_names_transforms_and_nothing_else(tmp_path, photos, command, name):
    path, mark = tmp_path / "hostile.yaml", tmp_path / "mark"
    path.write_text(f"{HEAD}limits: []\nrecipe:\n  - {RECIPES[name].replace('MARK', str(mark))}\n")
    ended = command("augment", photos(tmp_path / "source", 1), tmp_path / "out", "--profile", path, expect=2)
    assert ended.err.startswith(f"error: {path}:6:")
    assert len(ended.err.strip().splitlines()) == 1
    assert not mark.exists()


def test_a_recipe_that_was_refused_leaves_no_run_in_the_way_of_a_better_one(tmp_path, photos, command):
    source, path = photos(tmp_path / "source", 1), tmp_path / "mine.yaml"
    for name, status in (("os.system", 2), ("HorizontalFlip", 0)):
        path.write_text(f"{HEAD}limits: []\nrecipe:\n  - {name}: {{}}\n")
        command("augment", source, tmp_path / "out", "--profile", path, expect=status)


# -- saved pipelines -------------------------------------------------------------------------------------


def step(name: str, **more: object) -> dict[str, object]:
    return {"__class_fullname__": name, "p": 1.0, **more}


def saved(*steps: object) -> str:
    return json.dumps({"__version__": "2.0.8", "transform": step("Compose", transforms=steps)})


SAVED = {
    "a function of os": saved(step("os.system", command="touch MARK")),
    "a class of another library": saved(step("subprocess.Popen", args=["touch", "MARK"])),
    "a lambda": saved({"__class_fullname__": "Lambda", "__name__": "os.system", "p": 1.0}),
    "a child of a child": saved(step("OneOf", transforms=[step("builtins.eval", source="open('MARK', 'w')")])),
    "nested without end": '{"transform":' * 50_000,
    "not a number": saved(step("Rotate", limit=float("nan"))),
}


@pytest.mark.parametrize("name", SAVED)
def test_a_saved_pipeline_runs_nothing(tmp_path, command, name):
    path, mark = tmp_path / "saved.json", tmp_path / "MARK"
    path.write_text(SAVED[name].replace("MARK", str(mark)))
    ended = command("check", path, "--profile", "medical/chest-xray", cwd=tmp_path)
    assert ended.code == 2
    assert ended.err.startswith("error: ")
    assert len(ended.err.strip().splitlines()) == 1
    assert not mark.exists()


def test_a_saved_yaml_pipeline_makes_no_objects(tmp_path, command):
    path = tmp_path / "saved.yaml"
    path.write_text(f"transform: !!python/object/apply:os.system ['touch {tmp_path / 'mark'}']\n")
    assert command("check", path, "--profile", "medical/chest-xray", expect=2).err.startswith("error: ")
    assert not (tmp_path / "mark").exists()
