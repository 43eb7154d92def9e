import io

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("streamlit")

from domainaug.app.pictures import encoded, room_for


def read(data):
    with Image.open(io.BytesIO(data)) as picture:
        return picture.format, picture.mode, np.asarray(picture)


def test_color_is_kept_without_a_loss():
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    kind, mode, back = read(encoded(picture))
    assert (kind, mode) == ("PNG", "RGB")
    assert np.array_equal(back, picture)


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3)])
def test_gray_is_written_as_gray(shape):
    picture = np.zeros(shape, np.uint8)
    picture[5:10] = 77
    kind, mode, back = read(encoded(picture))
    assert (kind, mode) == ("PNG", "L")
    assert np.array_equal(back, picture if picture.ndim == 2 else picture[..., 0])


def test_a_street_gets_a_wider_column_than_a_square():
    square, photograph, street = (np.zeros((100, width, 3), np.uint8) for width in (100, 150, 330))
    assert room_for([square, photograph], 170) == 170
    assert room_for([square, street], 170) == room_for([street], 170) == 289
    assert room_for([], 170) == 170
