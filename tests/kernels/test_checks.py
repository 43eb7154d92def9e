from pathlib import Path

import numpy as np
import pytest

from domainaug.errors import ImageError, LabelError
from domainaug.kernels import checks
from domainaug.kernels.checks import (
    check_array,
    check_matrix,
    check_out,
    check_room,
    check_shape,
    check_spacing,
    memory_available,
)

DTYPES = (np.uint8, np.int16, np.float32)


def lent(shape: tuple[int, ...], dtype: object = np.uint8) -> np.ndarray:
    """An array of any size that takes no memory."""
    return np.broadcast_to(np.zeros((), dtype), shape)


def test_an_array_that_fits_is_not_copied() -> None:
    image = np.zeros((4, 5), np.int16)
    assert check_array(image, dtypes=DTYPES, ndim=2) is image
    frozen = image.view()
    frozen.flags.writeable = False
    assert np.shares_memory(check_array(frozen, dtypes=DTYPES, ndim=(2, 3)), image)


@pytest.mark.parametrize("view", ["strided", "reversed", "transposed", "fortran", "big endian"])
def test_an_array_in_another_order_is_copied_into_ours(view: str) -> None:
    image = np.arange(48, dtype=np.int16).reshape(6, 8)
    given = {
        "strided": image[::2, ::3],
        "reversed": image[::-1],
        "transposed": image.T,
        "fortran": np.asfortranarray(image),
        "big endian": image.astype(">i2"),
    }[view]
    taken = check_array(given, dtypes=DTYPES, ndim=2)
    assert taken.flags.c_contiguous
    assert taken.dtype == np.int16
    assert taken.dtype.isnative
    assert np.array_equal(taken, given)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1, 2]], "must be a NumPy array and is of type list"),
        (None, "must be a NumPy array and is of type NoneType"),
        (np.zeros((2, 2), np.float64), "type float64, which has no kernel: convert it to one of uint8, int16, float32"),
        (np.zeros((2, 2), np.complex64), "type complex64"),
        (np.zeros((2, 2), object), "type object"),
        (np.zeros((2, 2), bool), "type bool"),
        (np.zeros(2, np.uint8), r"1 axes \(shape \(2,\)\) and needs 2 or 3"),
        (np.zeros((2, 2, 2, 2), np.uint8), "4 axes"),
        (np.zeros((0, 5), np.uint8), r"empty \(shape \(0, 5\)\)"),
        (np.zeros((5, 0, 3), np.uint8), "empty"),
    ],
)
def test_what_no_kernel_takes_is_refused(value: object, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        check_array(value, dtypes=DTYPES, ndim=(2, 3))
    with pytest.raises(LabelError, match=r"^mask "):
        check_array(value, "mask", dtypes=DTYPES, ndim=(2, 3), error=LabelError)


def test_a_plane_ends_where_32_bits_end_and_slices_do_not() -> None:
    with pytest.raises(ImageError, match=r"2,147,483,648 values in one image; the most is 2,147,483,647"):
        check_array(lent((2**16, 2**15)), dtypes=DTYPES, ndim=2)
    assert check_shape((2**31 - 1, 1)) == (2**31 - 1, 1)
    assert check_shape((5000, 1000, 1000), planes=1) == (5000, 1000, 1000)
    with pytest.raises(ImageError, match="in one slice"):
        check_shape((1, 2**16, 2**15), planes=1)
    with pytest.raises(ImageError, match="every axis needs at least one value"):
        check_shape((3, -1))
    with pytest.raises(ImageError, match="empty"):
        check_shape(())


@pytest.mark.parametrize("size", [3, 4])
def test_a_map_that_can_be_inverted_passes(size: int) -> None:
    given = np.eye(size)
    given[0, 1] = 0.3
    matrix = check_matrix(given.tolist(), size)
    assert matrix.dtype == np.float64
    assert np.array_equal(matrix, given)
    assert check_matrix(np.diag([1e-4] * (size - 1) + [1.0]), size)[0, 0] == 1e-4  # tiny is not singular
    assert check_matrix(np.diag([1e5] * (size - 1) + [1.0]), size)[0, 0] == 1e5


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.zeros((3, 3)), "singular"),
        (np.diag([1.0, 0.0, 1.0]), "singular"),
        ([[1, 2, 0], [2, 4, 0], [0, 0, 1]], "singular"),
        ([[1 / 3, 1, 0], [1, 3, 0], [0, 0, 1]], "singular"),
        (np.diag([1.0, 1.0, 0.0]), "singular"),
        (np.diag([np.nan, 1, 1]), "not finite"),
        (np.diag([np.inf, 1, 1]), "not finite"),
        (np.eye(4), r"3 x 3 numbers and has shape \(4, 4\)"),
        (np.eye(3)[:2], r"shape \(2, 3\)"),
        ("rotate", "3 x 3 numbers and is 'rotate'"),
        ([[1, 2], [3]], "3 x 3 numbers"),
        (None, "3 x 3 numbers"),
    ],
)
def test_a_matrix_that_is_no_map_is_refused(matrix: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_matrix(matrix, 3)


def test_spacing_is_above_zero_along_every_axis() -> None:
    assert check_spacing((2.5, 0.7, 0.7), 3) == (2.5, 0.7, 0.7)
    assert check_spacing(0.7, 2) == (0.7, 0.7)
    assert check_spacing(np.float32(2), 1) == (2.0,)
    for wrong in ((1, 0, 1), (1, -1, 1), (1, np.nan, 1), (np.inf, 1, 1), 0.0):
        with pytest.raises(ValueError, match="above zero along every axis"):
            check_spacing(wrong, 3)
    for wrong in ((1, 1), "wide", None, [[1, 1, 1]]):
        with pytest.raises(ValueError, match=r"spacing (must be 3 numbers|must be above zero)"):
            check_spacing(wrong, 3)


def test_a_result_goes_where_the_caller_says() -> None:
    out = np.zeros((3, 4), np.float32)
    assert check_out(out, (3, 4), np.float32) is out
    made = check_out(None, (3, 4), np.int16)
    assert (made.shape, made.dtype) == ((3, 4), np.int16)


def test_an_output_that_does_not_fit_is_refused() -> None:
    image = np.zeros((6, 8), np.uint8)
    for wrong, message in (
        (np.zeros((4, 3), np.float32), r"shape \(3, 4\) and type float32 and is of shape \(4, 3\)"),
        (np.zeros((3, 4), np.float64), "type float64"),
        ([[0.0]], "is of list"),
        (np.zeros((6, 4), np.float32)[::2], "not contiguous"),
        (np.zeros((4, 3), np.float32).T, "not contiguous"),
        (lent((3, 4), np.float32), "read-only"),
    ):
        with pytest.raises(ImageError, match=message):
            check_out(wrong, (3, 4), np.float32)
    for overlapping in (image, image[:3], image[3:]):
        with pytest.raises(ImageError, match="overlaps"):
            check_out(overlapping, overlapping.shape, np.uint8, sources=(image,))
    assert check_out(image[:3], (3, 8), np.uint8, sources=(image[3:],)) is not None
    with pytest.raises(ImageError, match="empty"):
        check_out(None, (3, 0), np.uint8)


def test_what_does_not_fit_into_memory_is_refused_before_it_is_asked_for() -> None:
    with pytest.raises(ImageError, match=r"takes 4398\.0 GB and [0-9.]+ GB are available"):
        check_room((1 << 20, 1 << 10, 1 << 10), np.float32)
    with pytest.raises(LabelError, match="GB"):
        check_out(None, (1 << 20, 1 << 10, 1 << 10), np.float32, planes=1, error=LabelError)
    check_room((512, 512, 64), np.int16)


def test_memory_is_what_the_system_and_the_container_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert memory_available() > 1e8
    (tmp_path / "memory.max").write_text("5000\n")
    (tmp_path / "memory.current").write_text("2000\n")
    assert checks._container_memory(tmp_path) == 3000
    (tmp_path / "memory.max").write_text("max\n")
    assert checks._container_memory(tmp_path) is None
    monkeypatch.setattr(checks, "_container_memory", lambda root: 3000)
    assert memory_available() == 3000
    monkeypatch.setattr(checks, "_system_memory", lambda: None)
    monkeypatch.setattr(checks, "_container_memory", lambda root: None)
    assert memory_available() is None
    check_room((1 << 30, 1 << 20), np.float32)  # where nobody knows, the allocation itself says no
