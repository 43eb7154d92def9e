"""What a kernel is given, looked at before anything is allocated.

A compiled loop reads memory without asking. So everything that could lead it astray (sizes, types, singular maps,
outputs of the wrong shape) is refused here, in Python, in time that does not depend on the number of pixels.
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from domainaug.errors import ImageError

__all__ = [
    "LARGEST_PLANE",
    "check_array",
    "check_matrix",
    "check_out",
    "check_room",
    "check_shape",
    "check_spacing",
    "memory_available",
]

LARGEST_PLANE = 2**31 - 1
"""Most values in one image or slice: indices inside a slice are 32-bit, slices are counted in 64."""

_SINGULAR = 1e-12


def check_array(
    value: object,
    name: str = "image",
    *,
    dtypes: Collection[DTypeLike],
    ndim: int | Collection[int],
    planes: int = 0,
    error: type[Exception] = ImageError,
) -> NDArray[Any]:
    """Return an array that compiled code can take, copied only where it is not contiguous or not native.

    Args:
        value: What was given.
        name: What the message calls it.
        dtypes: The types the kernel has code for.
        ndim: The numbers of axes it has code for.
        planes: How many leading axes count slices; the others together are one plane.
        error: What to raise: `ImageError`, or `LabelError` for masks.

    Raises:
        ImageError: Not an array, a type or number of axes without code, empty, or 2**31 values or more in a plane.
    """
    axes = (ndim,) if isinstance(ndim, int) else tuple(ndim)
    if not isinstance(value, np.ndarray):
        raise error(f"{name} must be a NumPy array and is of type {type(value).__name__}")
    legal = [np.dtype(each).newbyteorder("=") for each in dtypes]
    native = value.dtype.newbyteorder("=")
    if native not in legal:
        listed = ", ".join(each.name for each in legal)
        raise error(f"{name} has type {value.dtype}, which has no kernel: convert it to one of {listed}")
    if value.ndim not in axes:
        listed = " or ".join(map(str, axes))
        raise error(f"{name} has {value.ndim} axes (shape {value.shape}) and needs {listed}")
    if value.size == 0:
        raise error(f"{name} is empty (shape {value.shape}): every axis needs at least one value")
    check_shape(value.shape, name, planes=planes, error=error)
    if not value.flags.c_contiguous:
        check_room(value.shape, native, f"a copy of {name}", error=error)
    return value if value.flags.c_contiguous and value.dtype.isnative else np.ascontiguousarray(value, dtype=native)


def check_shape(
    shape: Sequence[int], name: str = "output", *, planes: int = 0, error: type[Exception] = ImageError
) -> tuple[int, ...]:
    """Return a shape whose planes can be indexed with 32 bits.

    Args:
        shape: Lengths of the axes.
        name: What the message calls it.
        planes: How many leading axes count slices.
        error: What to raise.

    Raises:
        ImageError: An axis shorter than 1, or 2**31 values or more in a plane.
    """
    found = tuple(int(n) for n in shape)
    if not found or min(found) < 1:
        raise error(f"{name} of shape {found} is empty: every axis needs at least one value")
    plane = math.prod(found[planes:])
    if plane > LARGEST_PLANE:
        what = "slice" if planes else "image"
        raise error(f"{name} of shape {found} has {plane:,} values in one {what}; the most is {LARGEST_PLANE:,}")
    return found


def check_matrix(value: object, size: int, name: str = "matrix") -> NDArray[np.float64]:
    """Return a square matrix of finite numbers that can be inverted.

    Args:
        value: What was given.
        size: Rows and columns: 3 for a map of the plane, 4 for one of space.
        name: What the message calls it.

    Raises:
        ValueError: Another shape, a value that is not finite, or a singular matrix.
    """
    try:
        matrix = np.array(value, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be {size} x {size} numbers and is {value!r:.80}") from None
    if matrix.shape != (size, size):
        raise ValueError(f"{name} must be {size} x {size} numbers and has shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{name} has values that are not finite: {matrix.tolist()}")
    scale = float(np.prod(np.linalg.norm(matrix[:-1, :-1], axis=1))) * abs(matrix[-1, -1])  # Hadamard's bound
    if not abs(np.linalg.det(matrix)) > _SINGULAR * scale:
        raise ValueError(f"{name} is singular, it maps everything onto a line or a point: {matrix.tolist()}")
    return matrix


def check_spacing(value: object, axes: int, name: str = "spacing") -> tuple[float, ...]:
    """Return distances between values along each axis.

    Args:
        value: What was given, in mm; one number stands for all axes.
        axes: How many axes there are.
        name: What the message calls it.

    Raises:
        ValueError: Another number of values, or one that is not above zero and finite.
    """
    try:
        given = np.array(value, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be {axes} numbers and is {value!r:.80}") from None
    spacing = np.repeat(given, axes) if given.ndim == 0 else given
    if spacing.shape != (axes,):
        raise ValueError(f"{name} must be {axes} numbers, one for each axis, and is {value!r:.80}")
    if not (np.isfinite(spacing).all() and (spacing > 0).all()):
        raise ValueError(f"{name} must be above zero along every axis and is {spacing.tolist()}")
    return tuple(spacing.tolist())


def check_out(
    out: NDArray[Any] | None,
    shape: Sequence[int],
    dtype: DTypeLike,
    *,
    sources: Sequence[NDArray[Any]] = (),
    planes: int = 0,
    error: type[Exception] = ImageError,
) -> NDArray[Any]:
    """Return the array results go to: `out` where it fits, or a new one where memory suffices.

    Args:
        out: What the caller gave, or None.
        shape: The result's shape.
        dtype: The result's type.
        sources: Arrays that are still read while the result is written.
        planes: How many leading axes count slices.
        error: What to raise.

    Raises:
        ImageError: `out` has another shape or type, is read-only, not contiguous, or overlaps a source; the shape
            is empty or too large; or the result does not fit into memory.
    """
    shape, dtype = check_shape(shape, planes=planes, error=error), np.dtype(dtype)
    if out is None:
        check_room(shape, dtype, error=error)
        return np.empty(shape, dtype)
    if not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != dtype:
        got = f"shape {out.shape} and type {out.dtype}" if isinstance(out, np.ndarray) else type(out).__name__
        raise error(f"out must be an array of shape {shape} and type {dtype} and is of {got}")
    if not out.flags.writeable:
        raise error("out is read-only: give an array that can be written, or none")
    if not out.flags.c_contiguous:
        raise error("out is not contiguous: give a whole array in C order, or none")
    if any(np.may_share_memory(out, source) for source in sources):
        raise error("out overlaps what is read: give another array, or none")
    return out


def check_room(
    shape: Sequence[int], dtype: DTypeLike, name: str = "the result", *, error: type[Exception] = ImageError
) -> None:
    """Refuse an array that does not fit into the memory there is.

    Raises:
        ImageError: It would take more than is available; says both in GB.
    """
    needed = math.prod(int(n) for n in shape) * np.dtype(dtype).itemsize
    if needed < _SURELY_FITS:
        return
    available = memory_available()
    if available is not None and needed > available:
        raise error(
            f"{name} of shape {tuple(shape)} takes {needed / 1e9:.1f} GB and {available / 1e9:.1f} GB are "
            "available: make it smaller, or do it slice by slice"
        )


_SURELY_FITS = 2**26
"""Bytes below which nobody asks the system; asking takes longer than many a kernel."""


def memory_available() -> int | None:
    """Return bytes that can be had without swapping, within a container's limit; None where the system does not say."""
    found = [each for each in (_system_memory(), _container_memory(Path("/sys/fs/cgroup"))) if each is not None]
    return min(found, default=None)


def _system_memory() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _container_memory(root: Path) -> int | None:
    for most, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            return max(0, int((root / most).read_text()) - int((root / used).read_text()))
        except (OSError, ValueError):
            continue
    return None
