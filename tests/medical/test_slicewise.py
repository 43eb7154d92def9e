"""Slice by slice: the files of the whole volume, byte for byte, whatever the threads."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.errors import ImageError
from domainaug.medical import load, read_study, slicewise, write_series
from domainaug.medical.slicewise import new_pixels, write_files
from domainaug.medical.writer import files_of


def brighter(first, slices):
    return slices + np.arange(first, first + len(slices), dtype=np.float32)[:, None, None]


def darker(first, slices):
    slices -= np.int16(first > 99)
    return slices


def blurred(first, slices):
    return (slices + np.roll(slices, 1, axis=1)) / 2


def augmented(loaded, each, run, paths, **how):
    pixels = new_pixels(loaded, each, moved=run.moved, threads=how.get("threads"))
    write_files(files_of(loaded, pixels, run), paths, **how)
    return [path.read_bytes() for path in paths]


@pytest.mark.parametrize("each", [brighter, darker, blurred])
@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize(
    "tags",
    [{}, {"PixelPaddingValue": 300}, {"PhotometricInterpretation": "MONOCHROME1"}, {"RescaleSlope": 0.3}],
)
def test_files_are_those_of_the_volume(each, threads, tags, series, told, tmp_path, monkeypatch):
    monkeypatch.setattr(slicewise, "_AT_ONCE", 3 * 128 * 128)
    files = read_study(series(range(0, 60, 5), **tags)).series[0].files
    loaded = load(files)
    run = told(record={"effects": {"brightness": 0.01}})
    want = write_series(loaded, each(0, loaded.view.seen()), run)
    paths = [tmp_path / f"{index}.dcm" for index in range(len(files))]
    assert augmented(load(files), each, run, paths, durable=threads == 2, threads=threads) == want


def test_a_slice_left_alone_comes_back_bit_for_bit(series, told, tmp_path):
    files = read_study(series((0, 5))).series[0].files
    before = load(files).view.stored
    paths = [tmp_path / "a", tmp_path / "b"]
    augmented(load(files), lambda first, slices: slices, told(), paths)
    assert np.array_equal(load(paths).view.stored, before)


@pytest.mark.parametrize("made", [lambda slices: slices[:, :-1], lambda slices: slices * np.nan])
def test_slices_that_cannot_be_stored_are_refused(made, series):
    loaded = load(read_study(series((0, 5))).series[0].files)
    with pytest.raises(ImageError):
        new_pixels(loaded, lambda first, slices: made(slices), moved=False)
