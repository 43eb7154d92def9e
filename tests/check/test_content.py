import numpy as np
import pytest

from domainaug.check.content import field_pictures
from domainaug.generators import Frame


def test_medical_profiles_are_shown_slices_that_ship_inside_pydicom():
    pictures = field_pictures(None, "medical/ct-chest", Frame(512, 512, low=-1024, high=3071, unit="HU"))
    assert len(pictures) == 2
    for picture in pictures:
        assert picture.shape == (256, 256)
        assert picture.dtype == np.float32
        assert picture.min() >= -1024
        assert picture.max() <= 3071
        assert picture.std() > 100


@pytest.mark.parametrize(("channels", "shape"), [(1, (256, 256)), (3, (256, 256, 3)), (4, (256, 256, 4))])
def test_others_are_shown_photographs_in_the_channels_of_the_field(channels, shape):
    pictures = field_pictures(None, "driving/front-camera", Frame(channels=channels))
    assert [picture.shape for picture in pictures] == [shape, shape]
    assert all(picture.dtype == np.uint8 for picture in pictures)
    if channels == 3:
        assert any((picture[..., 0] != picture[..., 2]).any() for picture in pictures)


def test_medical_color_is_gray_in_every_channel():
    picture = field_pictures(None, "medical/x", Frame(channels=3))[0]
    assert (picture[..., 0] == picture[..., 2]).all()


def test_ones_own_are_taken_as_they_are():
    own = np.zeros((10, 12), np.uint16)
    (picture,) = field_pictures([own], "medical/x", Frame())
    assert picture is own
    assert field_pictures([], "medical/x", Frame()) == ()
