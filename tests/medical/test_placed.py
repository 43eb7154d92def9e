"""Where the images of a copy lie, and what their headers say of it."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from domainaug.errors import LabelError
from domainaug.kernels.regrid import Regrid
from domainaug.medical import load, read_study, write_series
from domainaug.medical.placed import as_they_lie, laid_anew
from domainaug.medical.validators import find_tool, new_errors
from domainaug.medical.verify import verify_image


def grid(shape, frame, start=(0, 0, 0), step=(1, 1, 1)):
    return Regrid(shape, frame, tuple(map(float, start)), tuple(map(float, step)))


def derived(files, regrid, told, tmp_path, pixels=None):
    """Write a copy whose pixels are on another grid; what they are does not matter."""
    loaded = load(files)
    seen = np.full(regrid.shape, loaded.view.low, loaded.view.dtype) if pixels is None else pixels
    found = []
    for number, content in enumerate(write_series(loaded, seen, told(record={"grid": regrid.as_record()}))):
        (tmp_path / f"{number}.dcm").write_bytes(content)
        found.append(tmp_path / f"{number}.dcm")
    return found


# -- radiographs: nothing but distances ---------------------------------------------------------------------


def test_a_resized_radiograph_has_larger_pixels_everywhere(radiograph, told, tmp_path):
    source = radiograph(FieldOfViewShape="RECTANGLE", FieldOfViewDimensions=[24, 20], ImagerPixelSpacing=[0.55, 0.6])
    (path,) = derived([source], grid((1, 24, 10), (1, 48, 40), (0, 0.5, 1.5), (1, 2, 4)), told, tmp_path)
    after = pydicom.dcmread(path)
    assert (after.Rows, after.Columns) == (24, 10)
    assert after.PixelSpacing == [1.0, 2.0]
    assert after.ImagerPixelSpacing == [1.1, 2.4]
    assert after.pixel_array.shape == (24, 10)
    assert "ImagePositionPatient" not in after
    assert "FieldOfViewDimensions" not in after
    assert after.DerivationCodeSequence[0].CodeValue == "113085"
    assert "Grid: resampled from 48 x 40 to 24 x 10" in after.DerivationDescription
    assert verify_image(source, path) == ()


def test_a_cropped_radiograph_keeps_the_size_of_its_pixels(radiograph, told, tmp_path):
    source = radiograph()
    (path,) = derived([source], grid((1, 20, 30), (1, 48, 40), (0, 7, 3)), told, tmp_path)
    after = pydicom.dcmread(path)
    assert after.PixelSpacing == [0.5, 0.5]
    assert [item.CodeValue for item in after.DerivationCodeSequence] == ["GRID"]
    assert after.SourceImageSequence[0].SpatialLocationsPreserved == "NO"
    assert verify_image(source, path) == ()


@pytest.mark.skipif(find_tool("dciodvfy") is None, reason="dciodvfy is not installed")
@pytest.mark.parametrize(("start", "step"), [((0, 7, 3), (1, 1, 1)), ((0, 0.5, 0.5), (1, 2, 2))])
def test_validators_have_nothing_new_to_say_of_radiographs(radiograph, told, tmp_path, start, step):
    source = radiograph()
    (path,) = derived([source], grid((1, 20, 20), (1, 48, 40), start, step), told, tmp_path)
    assert new_errors(source, path) == frozenset()


def test_text_in_the_pixels_is_not_cut(radiograph, told, tmp_path):
    with pytest.raises(LabelError, match="cut with it"):
        derived([radiograph(BurnedInAnnotation="YES")], grid((1, 20, 30), (1, 48, 40)), told, tmp_path)


def test_a_copy_without_motion_keeps_marks_only_on_its_own_grid(radiograph, told, tmp_path):
    source = radiograph(ShutterShape="RECTANGULAR", ShutterLeftVerticalEdge=2)
    (path,) = derived([source], grid((1, 20, 30), (1, 48, 40)), told, tmp_path)
    assert "ShutterShape" not in pydicom.dcmread(path)


# -- slices: along the normal -------------------------------------------------------------------------------


def test_slices_that_are_cut_off_are_no_sources(series, told, tmp_path):
    files = read_study(series((0, 5, 10, 15, 20))).series[0].files
    paths = derived(files, grid((3, 128, 128), (5, 128, 128), (1, 0, 0)), told, tmp_path)
    copies = [pydicom.dcmread(path) for path in paths]
    assert [one.ImagePositionPatient[2] for one in copies] == [5, 10, 15]
    sources = [pydicom.dcmread(path) for path in files[1:4]]
    assert [one.SourceImageSequence[0].ReferencedSOPInstanceUID for one in copies] == [
        one.SOPInstanceUID for one in sources
    ]
    assert [one.SliceLocation for one in copies] == [5, 10, 15]
    assert [one.InstanceNumber for one in copies] == [1, 2, 3]


def test_slices_that_are_added_lie_beyond_the_ends(series, told, tmp_path):
    files = read_study(series((0, 5, 10))).series[0].files
    paths = derived(files, grid((6, 128, 128), (3, 128, 128), (-2, 0, 0)), told, tmp_path)
    copies = [pydicom.dcmread(path) for path in paths]
    assert [one.ImagePositionPatient[2] for one in copies] == [-10, -5, 0, 5, 10, 15]
    assert ["SliceLocation" in one for one in copies] == [False, False, True, True, True, False]
    assert len({one.SOPInstanceUID for one in copies}) == 6
    (found,) = read_study(paths).series
    assert found.refusal is None
    assert found.geometry.slice_spacing == pytest.approx(5)


def test_slices_in_between_name_the_two_they_show(series, told, tmp_path):
    files = read_study(series((0, 4, 8), SpacingBetweenSlices=4)).series[0].files
    paths = derived(files, grid((5, 128, 128), (3, 128, 128), (0, 0, 0), (0.5, 1, 1)), told, tmp_path)
    copies = [pydicom.dcmread(path) for path in paths]
    assert [one.ImagePositionPatient[2] for one in copies] == [0, 2, 4, 6, 8]
    assert [len(one.SourceImageSequence) for one in copies] == [1, 2, 1, 2, 1]
    assert {float(one.SpacingBetweenSlices) for one in copies} == {2}
    assert {float(one.SliceThickness) for one in copies} == {float(pydicom.dcmread(files[0]).SliceThickness)}


def test_the_first_pixel_moves_by_pixels_of_the_source(series):
    (one,) = read_study(series((0, 5, 10), ImageOrientationPatient=[0, 1, 0, 0, 0, -1])).series
    places = laid_anew(one, as_they_lie(one), grid((3, 60, 50), (3, 128, 128), (0, 10, 20), (1, 1, 1)))
    row, column = 20 * 0.661468, 10 * 0.661468
    for place, instance in zip(places, one.instances, strict=True):
        x, y, z = instance.position
        assert place.position == pytest.approx((x, y + row, z - column))


def test_numbers_fit_their_sixteen_characters(series, told, tmp_path):
    files = read_study(series((0.123456789, 5.123456789, 10.123456789))).series[0].files
    third = grid((3, 42, 42), (3, 128, 128), (0, 1 / 3, 1 / 7), (1, 128 / 42, 128 / 42))
    for path in derived(files, third, told, tmp_path):
        one = pydicom.dcmread(path)
        for name in ("ImagePositionPatient", "PixelSpacing"):
            assert all(len(str(value.original_string)) <= 16 for value in one[name].value)


def test_pixels_of_another_size_than_the_record_says_are_refused(radiograph, told, tmp_path):
    from domainaug.errors import ImageError

    with pytest.raises(ImageError, match="record of its pipeline"):
        derived([radiograph()], grid((1, 20, 30), (1, 48, 40)), told, tmp_path, pixels=np.zeros((1, 20, 31)))


def test_the_same_copy_has_the_same_bytes(series, told, tmp_path):
    files = read_study(series((0, 4, 8))).series[0].files
    cut = grid((5, 60, 60), (3, 128, 128), (0, 2, 2), (0.5, 1, 1))
    contents = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        contents.append([path.read_bytes() for path in derived(files, cut, told, tmp_path / name)])
    assert contents[0] == contents[1]
