"""What makes a stack, in which order, and what makes it wrong: series with known geometry."""

from __future__ import annotations

import math

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domainaug.medical import read_study
from domainaug.medical.instance import read_instance
from domainaug.medical.stacks import judge, split


def codes(one):
    return {finding.code for finding in one.findings}


def only(folder):
    study = read_study(folder)
    assert study.set_aside == ()
    (one,) = study.series
    return one


def test_slices_are_ordered_by_position_not_by_name_or_number(series):
    one = only(series((0, 5, 10, 15)))
    assert [x.position[2] for x in one.instances] == [0, 5, 10, 15]
    assert one.kind == "volume"
    assert one.refusal is None
    assert codes(one) == {"padding-value"}


def test_a_stack_says_where_it_lies(series):
    geometry = only(series((0, 2.5, 5))).geometry
    assert geometry.slice_spacing == pytest.approx(2.5)
    assert geometry.spacing == (0.661468, 0.661468)
    assert geometry.origin == (-10.0, 20.0, 0.0)
    assert (geometry.row, geometry.column, geometry.normal) == ((1, 0, 0), (0, 1, 0), (0, 0, 1))


@pytest.mark.parametrize("tags", [{"PatientID": "another"}, {"StudyInstanceUID": "1.2.826.0.5"}])
def test_images_of_two_patients_or_studies_are_never_one_stack(series, tags):
    """Whoever replaced identifiers may have given one Series Instance UID to all."""
    study = read_study(series((0, 5, 10, 15), each=lambda index: tags if index > 1 else {}))
    assert [len(one.instances) for one in study.series] == [2, 2]
    assert all("split" in codes(one) for one in study.series)


def test_a_lean_too_small_for_a_step_counts_where_it_adds_up(series):
    """0.2 degrees in steps of 5 mm: half a pixel after twenty slices."""
    lean = [(0.0, 0.0174 * index, 5.0 * index) for index in range(21)]
    assert only(series(lean[:4])).refusal is None
    assert only(series(lean, folder="long")).refusal.code == "gantry-tilt"


def test_order_and_normal_follow_the_orientation(series):
    one = only(series((0, 5, 10), ImageOrientationPatient=[1, 0, 0, 0, -1, 0]))
    assert [x.position[2] for x in one.instances] == [10, 5, 0]
    assert one.geometry.normal == (0, 0, -1)
    assert one.refusal is None


def test_a_missing_slice_is_found_with_its_place(series):
    one = only(series((0, 5, 15, 20)))
    assert one.refusal.code == "missing-slice"
    assert one.refusal.message == "slices are 5 mm apart, but 10 mm after slice 2"


def test_a_spacing_within_a_thousandth_is_even(series):
    assert only(series((0, 5, 10.004, 15))).refusal is None
    one = only(series((0, 5, 10.02, 15), folder="uneven"))
    assert codes(one) & {"missing-slice", "uneven-spacing"} == {"uneven-spacing"}
    assert one.refusal.message == "slices are 5 mm apart, but 4.98 to 5.02 mm after slice 2, 3"


def test_roundings_of_steps_do_not_add_up_to_a_shift_of_the_last_slice(series):
    heights = np.concatenate([[0.0], np.cumsum([5.0] * 21 + [5.004] * 19)])
    geometry = only(series(tuple(heights.tolist()))).geometry
    assert geometry.slice_spacing * 40 == pytest.approx(heights[-1], abs=1e-6)


def test_a_missing_slice_among_uneven_ones_is_told_apart(series):
    one = only(series((0, 5, 10, 13, 18, 23.1, 33, 38)))
    messages = {finding.code: finding.message for finding in one.findings}
    assert messages["missing-slice"].endswith("9.9 mm after slice 6")
    assert messages["uneven-spacing"].endswith("3 to 5.1 mm after slice 3, 5")


def test_two_slices_at_one_position_are_found(series):
    one = only(series((0, 5, 5, 10)))
    assert one.refusal.code == "duplicate-position"
    assert "after slice 2" in one.refusal.message


def test_a_tilted_gantry_is_found_with_its_angle(series):
    lean = math.tan(math.radians(15))
    one = only(series([(0, z * lean, z) for z in (0, 5, 10, 15)]))
    assert one.refusal.code == "gantry-tilt"
    assert "15.0 degrees" in one.refusal.message


def test_a_tilted_stack_with_a_missing_slice_shows_both(series):
    one = only(series([(0, z * 0.2, z) for z in (0, 5, 15, 20)]))
    assert {"gantry-tilt", "missing-slice"} <= codes(one)


def test_slices_shifted_against_each_other_are_found(series):
    one = only(series([(0, 0, 0), (3, 0, 5), (0, 0, 10), (0, 0, 15)]))
    assert one.refusal.code == "shifted-slices"


def test_two_orientations_are_two_stacks(series):
    turned = {"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]}
    study = read_study(series([(0, 0, 0), (0, 0, 5), (0, 3, 0), (0, 6, 0)], each=lambda i: turned if i > 1 else {}))
    assert [x.size[0] for x in study.series] == [2, 2]
    assert all({"split", "mixed-orientation"} <= codes(x) and x.refusal is None for x in study.series)


def test_a_localizer_is_apart_from_the_stack_it_shares_a_series_with(series):
    localizer = {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}
    study = read_study(series((0, 5, 10, 12), each=lambda i: localizer if i == 3 else {}))
    assert sorted(x.size[0] for x in study.series) == [1, 3]
    single = next(x for x in study.series if x.size[0] == 1)
    assert "localizer" in codes(single)
    assert single.kind == "images"


@pytest.mark.parametrize("tag", ["EchoTime", "DiffusionBValue", "TemporalPositionIdentifier"])
def test_interleaved_stacks_are_taken_apart(tag, series):
    study = read_study(series((0, 0, 5, 5, 10, 10), each=lambda i: {tag: 1 + i % 2}))
    assert [x.size[0] for x in study.series] == [3, 3]
    assert all(x.refusal is None for x in study.series)


def test_repeated_acquisitions_are_taken_apart(series):
    study = read_study(series((0, 0, 5, 5), each=lambda i: {"AcquisitionNumber": 1 + i % 2}))
    assert [x.size[0] for x in study.series] == [2, 2]


def test_acquisitions_that_only_count_slices_stay_one_stack(series):
    assert only(series((0, 5, 10), each=lambda i: {"AcquisitionNumber": i + 1})).size[0] == 3


@pytest.mark.parametrize("tag", ["PixelSpacing", "SeriesInstanceUID"])
def test_what_differs_in_grid_or_series_is_not_one_stack(tag, series):
    other = {"PixelSpacing": [0.5, 0.5], "SeriesInstanceUID": "1.2.3.4"}[tag]
    study = read_study(series((0, 5, 10, 15), each=lambda i: {tag: other} if i > 1 else {}))
    assert [x.size[0] for x in study.series] == [2, 2]


def test_slices_stored_in_different_ways_are_refused(series):
    one = only(series((0, 5), each=lambda i: {"BitsStored": 15, "HighBit": 14} if i else {}))
    assert one.refusal.code == "mixed-storage"


def test_slices_in_different_frames_of_reference_are_refused(series):
    one = only(series((0, 5), each=lambda i: {"FrameOfReferenceUID": f"1.2.{i + 3}"}))
    assert one.refusal.code == "mixed-frames"


def test_slices_with_different_rescale_types_are_refused(series):
    assert only(series((0, 5), each=lambda i: {"RescaleType": "US"} if i else {})).refusal.code == "mixed-rescale"


def test_a_rescale_of_its_own_for_every_slice_is_noted_not_refused(series):
    one = only(series((0, 5, 10), each=lambda i: {"RescaleSlope": 1 + i}))
    assert "rescale-per-slice" in codes(one)
    assert one.refusal is None


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"ImagePositionPatient": None}, "no-geometry"),
        ({"RescaleSlope": None, "RescaleIntercept": None}, "no-rescale"),
        ({"BurnedInAnnotation": "YES"}, "burned-in"),
        ({"PhotometricInterpretation": "MONOCHROME1"}, "monochrome1"),
        ({"PixelSpacing": None}, "no-spacing"),
        ({"PixelPaddingValue": None}, None),
    ],
)
def test_what_headers_give_away_is_noted(tags, code, edited):
    found = codes(only(edited(**tags)))
    assert code in found if code else found == {"single-slice"}


def test_images_without_a_position_are_not_a_stack(series):
    one = only(series((0, 5, 10), each=lambda i: {"ImagePositionPatient": None}))
    assert one.kind == "images"
    assert one.geometry is None


@settings(max_examples=25)
@given(data=st.data())
def test_order_does_not_depend_on_the_order_of_files(data):
    positions = [0.0, 5.0, 10.0, 15.0, 20.0]
    stack = [_made(z) for z in positions]
    shuffled = data.draw(st.permutations(stack))
    (found,) = split(shuffled)
    assert [x.position[2] for x in found] == positions
    assert judge(found, [found]) == judge(stack, [stack])


@settings(max_examples=25)
@given(angles=st.tuples(*[st.floats(-180, 180)] * 3), step=st.floats(0.5, 10))
def test_a_straight_stack_is_straight_however_it_lies(angles, step):
    row, column = _turned(angles)
    normal = np.cross(row, column)
    stack = [_made(tuple(normal * step * i), (*row, *column)) for i in range(4)]
    (found,) = split(stack)
    geometry, findings = judge(found, [found])
    assert not [x for x in findings if x.refuses]
    assert geometry.slice_spacing == pytest.approx(step)
    assert np.allclose(geometry.normal, normal)


def _turned(angles):
    a, b, c = np.radians(angles)
    z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    x = np.array([[1, 0, 0], [0, np.cos(c), -np.sin(c)], [0, np.sin(c), np.cos(c)]])
    turn = z @ y @ x
    return turn[:, 0], turn[:, 1]


def _made(position, orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0)):
    from dataclasses import replace
    from pathlib import Path

    from pydicom.data import get_testdata_file

    global _TEMPLATE  # read once: hypothesis asks for many
    if _TEMPLATE is None:
        _TEMPLATE = read_instance(Path(str(get_testdata_file("CT_small.dcm"))))
    at = position if isinstance(position, tuple) else (0.0, 0.0, position)
    uid = f"1.2.{abs(hash(at))}"
    return replace(_TEMPLATE, position=tuple(map(float, at)), orientation=tuple(orientation), sop_instance_uid=uid)


_TEMPLATE = None


def test_the_real_ct_series_in_the_wheel_has_a_gap(real):
    folder = real("CT_small.dcm").parent / "dicomdirtests/77654033/CT2"
    assert only(folder).refusal.code == "missing-slice"
    heights = sorted(float(pydicom.dcmread(path).ImagePositionPatient[2]) for path in folder.iterdir())
    assert max(np.diff(heights)) > 200
