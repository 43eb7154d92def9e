"""Four labels as one number: what is fetched, and which places are listed."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug.kernels.jit.quads import CHUNK, ONES, differing, fetch

ROWS, COLUMNS = 9, 14


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32"])
@pytest.mark.parametrize("count", [1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 7])
def test_places_are_listed_where_the_four_labels_are_not_one(dtype: str, count: int) -> None:
    rng = np.random.default_rng(count)
    limit = np.iinfo(dtype).max
    labels = np.array([0, 1, limit], dtype)[np.kron(rng.integers(0, 3, (3, 3)), np.ones((3, 5), int))][:, :COLUMNS]
    two = np.concatenate([np.zeros_like(labels), labels])  # the mask looked at is the second of two
    y, x = rng.integers(0, ROWS - 1, count), rng.integers(0, COLUMNS - 1, count)
    index = (y * COLUMNS + x).astype(np.uint32)
    ones = ONES[labels.itemsize]
    quads, where = np.full(count + CHUNK, ones), np.empty(count + 1, np.int32)
    source, out = two.reshape(-1), np.full(count + 3, 7, dtype)
    fetch(source, labels.size, COLUMNS, index, count, quads)
    listed = differing(quads, ones, count, out, 3, where)
    around = np.stack([labels[y + b, x + a] for b in (0, 1) for a in (0, 1)])
    apart = (around != around[0]).any(axis=0)
    assert where[:listed].tolist() == np.flatnonzero(apart).tolist()
    np.testing.assert_array_equal(out[3:][~apart], around[0][~apart])
    assert out[:3].tolist() == [7, 7, 7]


def test_four_labels_of_four_bytes_that_are_not_one_are_no_number_of_one() -> None:
    source = np.array([5, 5, 5, 6], np.uint32)
    quads = np.zeros(1, np.uint64)
    fetch(source, 0, 2, np.zeros(1, np.uint32), 1, quads)
    assert quads[0] == 1
    source[3] = 5
    fetch(source, 0, 2, np.zeros(1, np.uint32), 1, quads)
    assert quads[0] == np.uint64(5) * ONES[4]
