import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from domainaug.kernels import cache
from domainaug.kernels.cache import Folders, folders

POSIX = pytest.mark.skipif(not hasattr(os, "getuid"), reason="files have no owners' modes here")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(cache.tempfile, "tempdir", str(tmp_path / "tmp"))
    folders.cache_clear()
    yield tmp_path
    folders.cache_clear()


def unwritable(monkeypatch: pytest.MonkeyPatch, *closed: Path) -> None:
    """Folders that take no file, even where the tests run as root."""
    asked = cache._writable
    monkeypatch.setattr(cache, "_writable", lambda folder: folder not in closed and asked(folder))


@pytest.mark.skipif(sys.platform != "linux", reason="each system has its own place")
def test_the_users_cache_takes_code(home: Path) -> None:
    assert folders().write == home / "home" / ".cache" / "domainaug" / "kernels"


def test_the_users_cache_may_be_elsewhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "xdg"))
    assert folders() == Folders(home / "xdg" / "domainaug" / "kernels", (home / "xdg" / "domainaug" / "kernels",))


def test_numbas_own_variable_comes_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(home / "shared"))
    assert folders().write == home / "shared" / "domainaug"


def test_a_folder_filled_before_is_read_though_it_cannot_be_written(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(home / "image"))
    filled = home / "image" / "domainaug"
    filled.mkdir(parents=True)
    unwritable(monkeypatch, filled)
    found = folders()
    assert found.read[0] == filled
    assert found.write == found.read[1] != filled


def test_without_a_home_the_temporary_folder_takes_code_for_this_user_only(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "file"))
    found = folders().write
    assert found is not None
    assert found.parent.parent == home / "tmp"
    if hasattr(os, "getuid"):
        assert stat.S_IMODE(found.parent.stat().st_mode) == 0o700


@POSIX
def test_a_temporary_folder_that_others_can_write_is_not_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "file"))
    laid = home / "tmp" / f"domainaug-{os.getuid()}"
    laid.mkdir()
    laid.chmod(0o777)
    assert folders() == Folders(None, ())


@POSIX
def test_a_temporary_folder_that_leads_elsewhere_is_not_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_text("")
    (home / "elsewhere").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "file"))
    (home / "tmp" / f"domainaug-{os.getuid()}").symlink_to(home / "elsewhere")
    assert folders() == Folders(None, ())
