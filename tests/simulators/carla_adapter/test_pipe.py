"""Messages between the run and the client's process come as they were sent."""

from __future__ import annotations

import io

import numpy as np
import pytest
from domainaug_simulators.carla_adapter import pipe


def test_words_and_arrays_come_as_they_were_sent():
    stream = io.BytesIO()
    arrays = {"a": np.arange(12, dtype=np.uint8).reshape(3, 4)[:, ::2], "b": np.zeros((0, 4), np.float32)}
    pipe.write(stream, {"frame": 3, "name": "ä"}, arrays)
    pipe.write(stream, {"more": [1.5]})
    stream.seek(0)
    told, found = pipe.read(stream)
    assert told == {"frame": 3, "name": "ä"}
    assert all(
        np.array_equal(found[name], array) and found[name].dtype == array.dtype for name, array in arrays.items()
    )
    assert pipe.read(stream) == ({"more": [1.5]}, {})


@pytest.mark.parametrize("left", [0, 2, 10, 30])
def test_half_a_message_is_the_end(left):
    stream = io.BytesIO()
    pipe.write(stream, {"frame": 3}, {"a": np.zeros(100)})
    with pytest.raises(EOFError):
        pipe.read(io.BytesIO(stream.getvalue()[:left]))
