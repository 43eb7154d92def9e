"""What docs/app.md shows runs."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from domainaug import load_profile
from domainaug.cli import app

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "app.md").read_text(encoding="utf-8")


@pytest.fixture
def data(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    Image.fromarray(np.tile(np.arange(64, dtype=np.uint8) * 3, (64, 1))).save(tmp_path / "data" / "a.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_lines_of_python(data, capsys):
    (lines,) = (block for block in re.findall(r"```python\n(.*?)```", GUIDE, re.S) if "open_subject" in block)
    exec(lines, {})
    assert len(capsys.readouterr().out.splitlines()) == 8
    assert load_profile(data / "films.yaml").recipe[0]["Affine"]["rotate"] == [-8, 8]


def test_the_command(data):
    (line,) = re.findall(r"^domainaug (preview [^#\n]*)", GUIDE, re.M)
    done = CliRunner().invoke(app, line.split())
    assert done.exit_code == 0, done.output
    assert (data / "sheet.png").is_file()
