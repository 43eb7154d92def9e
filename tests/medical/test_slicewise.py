"""Slice by slice: the files of the whole volume, byte for byte, whatever the threads."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.errors import ImageError
from domainaug.medical import load, read_study, write_series
from domainaug.medical.slicewise import augment_slices


def brighter(index, plane):
    return plane + np.float32(index)


def blurred(index, plane):
    return (plane + np.roll(plane, 1, axis=0)) / 2


@pytest.mark.parametrize("each", [brighter, blurred])
@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("tags", [{}, {"PixelPaddingValue": 300}, {"PhotometricInterpretation": "MONOCHROME1"}])
def test_files_are_those_of_the_volume(each, threads, tags, series, told, tmp_path):
    files = read_study(series(range(0, 60, 5), **tags)).series[0].files
    loaded = load(files)
    seen = np.stack([each(index, plane) for index, plane in enumerate(loaded.view.seen())])
    run = told(record={"effects": {"brightness": 0.01}})
    want = write_series(loaded, seen, run)
    paths = [tmp_path / f"{index}.dcm" for index in range(len(files))]
    augment_slices(load(files), each, run, paths, durable=threads == 2, threads=threads)
    assert [path.read_bytes() for path in paths] == want


def test_a_slice_left_alone_comes_back_bit_for_bit(series, told, tmp_path):
    files = read_study(series((0, 5))).series[0].files
    before = load(files).view.stored
    paths = [tmp_path / "a", tmp_path / "b"]
    augment_slices(load(files), lambda index, plane: plane, told(), paths)
    assert np.array_equal(load(paths).view.stored, before)


@pytest.mark.parametrize("made", [lambda plane: plane[:-1], lambda plane: plane * np.nan])
def test_a_slice_that_cannot_be_stored_is_refused(made, series, told, tmp_path):
    loaded = load(read_study(series((0, 5))).series[0].files)
    with pytest.raises(ImageError):
        augment_slices(loaded, lambda index, plane: made(plane), told(), [tmp_path / "a", tmp_path / "b"])
    assert not (tmp_path / "a").exists()
