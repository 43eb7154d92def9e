"""The gate: a derived file has no error that its source had not, by validators that are not ours."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from domainaug.errors import MissingExtra
from domainaug.medical import load, read_study, validators, verify, write_series
from domainaug.medical.series import Series

DICOMDIR_SERIES = {
    "CT": "dicomdirtests/98892001/CT5N",
    "MR": "dicomdirtests/98892003/MR1",
    "CR": "dicomdirtests/77654033/CR1",
}
FILES = ["CT_small.dcm", "MR_small.dcm", "MR_small_bigendian.dcm", "MR_small_RLE.dcm", "MR_small_jp2klossless.dcm"]
FILES += [
    "MR_small_jpeg_ls_lossless.dcm",
    "MR_small_implicit.dcm",
    "693_J2KI.dcm",
    "examples_overlay.dcm",
    "J2K_pixelrep_mismatch.dcm",
]
MANY = {"rotation": 3.0, "noise": 0.01, "gamma": [1.2, 1.2], "blur": 1.0, "contrast": 1.1, "occlusion": 0.1}


def copies(one: Series, folder: Path, run) -> tuple[list[Path], list[Path]]:
    """Write a copy of a series, its pixels moved if the run says so."""
    loaded = load(one.files)
    seen = loaded.view.seen()
    seen = np.roll(seen, 2, axis=2) if run.moved else seen
    written = []
    for number, content in enumerate(write_series(loaded, seen, run)):
        written.append(folder / f"{one.key}-{number}.dcm")
        written[-1].write_bytes(content)
    return list(one.files), written


def assert_gate(source: Path, folder: Path, run) -> None:
    for one in read_study(source).series:
        before, after = copies(one, folder, run)
        for pair in zip(before, after, strict=True):
            assert validators.new_errors(*pair) == frozenset()
            assert validators.no_new_errors(*pair)
        assert validators.dcentvfy([*before, *after]) <= validators.dcentvfy(before)
        assert verify.verify_series(before, after) == ()


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("folder", DICOMDIR_SERIES.values(), ids=DICOMDIR_SERIES)
def test_derived_real_series_have_no_new_errors(folder, moved, real, told, tmp_path):
    place = real("CT_small.dcm").parent / folder
    assert_gate(place, tmp_path, told(moved=moved, record={"effects": MANY if moved else {}}))


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("name", FILES)
def test_derived_real_files_have_no_new_errors_in_any_transfer_syntax(name, moved, real, told, tmp_path):
    assert_gate(real(name), tmp_path, told(moved=moved, record={"effects": MANY if moved else {}}))


@pytest.mark.parametrize("moved", [False, True])
def test_a_derived_radiograph_has_no_errors_at_all(moved, radiograph, told, tmp_path):
    source = radiograph()
    assert validators.dciodvfy(source) == frozenset()
    assert_gate(source, tmp_path, told(moved=moved, record={"effects": MANY if moved else {}}))


def test_a_derived_series_with_a_side_and_a_shutter_has_no_new_errors(edited, told, tmp_path):
    source = edited(
        "MR_small.dcm", BodyPartExamined="KNEE", Laterality="L", ShutterShape="RECTANGULAR",
        ShutterLeftVerticalEdge=1, ShutterRightVerticalEdge=60, ShutterUpperHorizontalEdge=1,
        ShutterLowerHorizontalEdge=60,
    )  # fmt: skip
    assert_gate(source, tmp_path, told(moved=True, record={"effects": {"shift": 0.02}}))


@pytest.mark.skipif(
    "DOMAINAUG_CT_SERIES" not in os.environ, reason="DOMAINAUG_CT_SERIES names a folder with a CT series"
)
def test_a_derived_clinical_series_has_no_new_errors(told, tmp_path):
    assert_gate(Path(os.environ["DOMAINAUG_CT_SERIES"]), tmp_path, told(moved=True, record={"effects": MANY}))


def test_an_error_that_is_new_is_seen(edited, real):
    damaged = edited("CT_small.dcm", Rows=None)
    found = validators.new_errors(real("CT_small.dcm"), damaged)
    assert any("Rows" in line for line in found)
    assert not validators.no_new_errors(real("CT_small.dcm"), damaged)


def test_entities_that_disagree_are_seen(series):
    folder = series((0, 5), each=lambda index: {"SeriesNumber": index})
    assert validators.dcentvfy(sorted(folder.iterdir()))


def test_a_validator_that_is_not_installed_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, real: Callable[[str], Path]
):
    monkeypatch.setattr(validators, "find_tool", lambda name: None)
    with pytest.raises(MissingExtra, match=r"domainaug\[dev\]"):
        validators.dciodvfy(real("CT_small.dcm"))
