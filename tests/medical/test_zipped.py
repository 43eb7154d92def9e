"""A zip file is read as the folder it was made of, and is refused where unpacking it would do harm."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import domainaug
from domainaug.errors import UnreadableInput
from domainaug.medical import read_study
from domainaug.medical.zipped import unpacked


def zipped(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder.parent))
    return path


def holding(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


class TestReading:
    def test_a_study_is_what_its_folder_is(self, series, tmp_path):
        folder = series()
        inside, plain = read_study(zipped(folder, tmp_path / "study.zip")), read_study(folder)
        assert [one.key for one in inside.series] == [one.key for one in plain.series]
        assert (inside.series[0].pixels() == plain.series[0].pixels()).all()

    def test_a_run_from_it_makes_the_same_files_and_can_be_replayed(self, series, tmp_path):
        folder = series()
        source = zipped(folder, tmp_path / "study.zip")
        given = {"profile": "medical/ct-chest", "engine": "serial"}
        domainaug.augment(source, tmp_path / "one", **given)
        domainaug.augment(folder, tmp_path / "two", **given)
        made = {path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.dcm")}
        assert len(made) == 4
        assert all((tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes() for path in made)
        assert domainaug.replay(tmp_path / "one", engine="serial").ok

    def test_what_is_no_zip_file_is_left_as_it_is(self, tmp_path):
        path = tmp_path / "a.dcm"
        path.write_bytes(b"PK no zip")
        assert unpacked(path) == path
        assert unpacked(tmp_path) == tmp_path
        assert unpacked(tmp_path / "nothing") == tmp_path / "nothing"

    def test_it_is_unpacked_once_and_again_when_it_has_changed(self, tmp_path):
        path = holding(tmp_path / "a.zip", one=b"1")
        first = unpacked(path)
        assert unpacked(path) == first
        holding(path, one=b"1", two=b"22")
        os.utime(path, ns=(1, 1))
        assert (unpacked(path) / "two").read_bytes() == b"22"

    def test_nobody_else_may_look_and_nothing_is_left_behind(self, tmp_path):
        path = holding(tmp_path / "a.zip", one=b"1")
        code = (
            "import sys, os, stat; from pathlib import Path; from domainaug.medical.zipped import unpacked\n"
            "folder = unpacked(Path(sys.argv[1])); print(folder, oct(stat.S_IMODE(os.stat(folder).st_mode)))"
        )
        told = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True)
        folder, mode = told.stdout.split()
        assert mode == "0o700"
        assert not Path(folder).exists()


class TestRefusing:
    def test_a_damaged_one(self, tmp_path):
        path = holding(tmp_path / "a.zip", one=os.urandom(4000))
        whole = bytearray(path.read_bytes())
        whole[100:140] = bytes(40)
        path.write_bytes(whole)
        with pytest.raises(UnreadableInput, match="cannot be unpacked") as told:
            unpacked(path)
        assert told.value.code == "zip-damaged"

    @pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "..\\evil"])
    def test_one_that_leads_out_of_its_folder(self, tmp_path, name):
        with pytest.raises(UnreadableInput, match="outside of its folder"):
            unpacked(holding(tmp_path / "a.zip", **{name: b"x"}))
        assert not (tmp_path / "evil").exists()

    def test_one_that_is_far_larger_than_it_looks(self, tmp_path):
        path = tmp_path / "a.zip"
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("zeros", "w", force_zip64=True) as member,
        ):
            for _ in range(350):
                member.write(bytes(1 << 20))
        assert path.stat().st_size < 10**6
        with pytest.raises(UnreadableInput, match="times its size") as told:
            unpacked(path)
        assert told.value.code == "zip-too-large"

    def test_an_encrypted_one(self, tmp_path):
        path = holding(tmp_path / "a.zip", one=b"1")
        whole = bytearray(path.read_bytes())
        for at in (whole.find(b"PK\x03\x04") + 6, whole.find(b"PK\x01\x02") + 8):
            whole[at] |= 1
        path.write_bytes(whole)
        with pytest.raises(UnreadableInput, match="encrypted"):
            unpacked(path)

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_one_with_two_files_of_one_name(self, tmp_path):
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("one", b"1")
            archive.writestr("one", b"2")
        with pytest.raises(UnreadableInput, match="two files of one name"):
            unpacked(path)

    def test_one_with_too_many_files(self, tmp_path, monkeypatch):
        monkeypatch.setattr("domainaug.medical.zipped._MOST_FILES", 3)
        with pytest.raises(UnreadableInput, match="holds 4 files; at most 3"):
            unpacked(holding(tmp_path / "a.zip", **{str(n): b"" for n in range(4)}))


def test_the_command_takes_one(series, tmp_path):
    from typer.testing import CliRunner

    from domainaug.cli import app

    source = zipped(series(), tmp_path / "study.zip")
    command = ["augment", str(source), str(tmp_path / "out"), "-p", "medical/ct-chest", "-j", "1"]
    ended = CliRunner().invoke(app, command)
    assert ended.exit_code == 0, ended.output
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 4
