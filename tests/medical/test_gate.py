"""The gate, over every real DICOM image at hand: nobody has anything against a copy that they had not before.

What becomes of each file is written in docs/dicom-files.md, a table that people read; these tests hold it to that.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "dicom-files.md"
_LARGE = 60_000  # bytes


def _loaded():
    name = "render_dicom_files"
    spec = importlib.util.spec_from_file_location(name, PAGE.with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


RENDER = _loaded()


def _sources():
    import tempfile

    return RENDER.sources(Path(tempfile.mkdtemp(prefix="domainaug-dicom-files-")))


def _told():
    """What the page says: cells by wheel and name."""
    cells, wheel = {}, ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            wheel = line[3:]
        elif line.startswith("| `"):
            row = tuple(cell.strip() for cell in line[1:-1].split("|"))
            cells[wheel, row[0].strip("`")] = row
    return cells


def _cases():
    for source in _sources():
        size = sum(path.stat().st_size for path in ([source.path] if source.path.is_file() else source.path.iterdir()))
        marks = [pytest.mark.slow] if size > _LARGE else []
        yield pytest.param(source, id=f"{source.wheel}:{source.name}", marks=marks)


TOLD = _told()
CASES = list(_cases())


def test_the_page_names_every_file_and_no_other():
    assert set(TOLD) == {(case.values[0].wheel, case.values[0].name) for case in CASES}


@pytest.mark.filterwarnings("ignore:Invalid value for VR")  # the page quotes headers as they are
@pytest.mark.parametrize("source", CASES)
def test_a_real_file(source, tmp_path):
    outcome = RENDER.examined(source, tmp_path)
    assert [str(one) for found in outcome.complaints.values() for one in found if not one.old] == []
    cells = RENDER.row(source, outcome)
    told = TOLD[source.wheel, source.name]
    assert cells[1:6] == told[1:6]
    if outcome.after:
        assert set(cells[7].split(", ")) <= set(told[7].split(", "))  # fewer programs may be installed here
