"""What the run and the client's process tell each other: JSON, and arrays as they lie in memory; never pickles."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["CARRIER", "read", "write"]

CARRIER: Final = 65_535
"""What both call the vehicle that carries the sensors: nobody in labels, `ego vehicle` among Cityscapes' classes."""

_SIZE: Final = struct.Struct("<I")


def write(stream: BinaryIO, told: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None = None) -> None:
    """Write a message."""
    held = {name: np.ascontiguousarray(array) for name, array in (arrays or {}).items()}
    forms = [[name, array.dtype.str, list(array.shape)] for name, array in held.items()]
    head = json.dumps([told, forms]).encode()
    stream.write(_SIZE.pack(len(head)) + head)
    for array in held.values():
        stream.write(array.tobytes())
    stream.flush()


def read(stream: BinaryIO) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read a message.

    Raises:
        EOFError: The other side is gone.
    """
    told, forms = json.loads(_exactly(stream, _SIZE.unpack(_exactly(stream, _SIZE.size))[0]))
    arrays = {}
    for name, form, shape in forms:
        kind = np.dtype(form)
        arrays[name] = np.frombuffer(_exactly(stream, kind.itemsize * math.prod(shape)), kind).reshape(shape)
    return told, arrays


def _exactly(stream: BinaryIO, size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise EOFError
    return content
