"""Frames as slices: which of them make one stack, where it lies, and what its values are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from domainaug.medical import read_study
from domainaug.medical.other_readers import Reading, disagreement, installed, read_with

SHUFFLED = (3, 0, 4, 1, 2)


@pytest.fixture
def shuffled(phantom, tmp_path):
    """A CT of five slices, in an order that is not theirs."""
    frames = [phantom.frame(k) for k in SHUFFLED]
    return phantom.enhanced(tmp_path / "ct.dcm", frames, map(phantom.stored, SHUFFLED))


def test_known_geometry_is_read_exactly(phantom, shuffled):
    (series,) = read_study(shuffled).series
    found = series.geometry
    assert (series.kind, series.unit, series.size, series.findings) == ("volume", "HU", (5, 32, 40), ())
    assert (found.spacing, found.slice_spacing) == (phantom.SPACING, pytest.approx(phantom.STEP, abs=1e-6))
    assert list(found.origin) == phantom.place(0)
    assert (*found.row, *found.column) == phantom.OBLIQUE
    np.testing.assert_allclose(found.normal, phantom.normal(phantom.OBLIQUE), atol=1e-12)


def test_frames_are_sorted_by_where_they_lie_whatever_their_order_and_their_numbers(phantom, shuffled, tmp_path):
    (series,) = read_study(shuffled).series
    assert [one.frame for one in series.instances] == [SHUFFLED.index(k) for k in range(5)]
    expected = np.stack([phantom.stored(k) for k in range(5)])
    np.testing.assert_array_equal(series.pixels(stored=True), expected)
    lying = [phantom.frame(k, content={"InStackPositionNumber": 5 - k}, index=(1, 5 - k)) for k in SHUFFLED]
    (again,) = read_study(phantom.enhanced(tmp_path / "lies.dcm", lying, map(phantom.stored, SHUFFLED))).series
    np.testing.assert_array_equal(again.pixels(stored=True), expected)


def test_values_are_exact_with_a_rescale_for_each_frame(phantom, tmp_path):
    rescales = [(1, -1024), (0.5, 3), (2.25, -7)]
    frames = [
        phantom.frame(k, PixelValueTransformationSequence=phantom.item(
            RescaleSlope=slope, RescaleIntercept=intercept, RescaleType="HU"))
        for k, (slope, intercept) in enumerate(rescales)
    ]  # fmt: skip
    (series,) = read_study(phantom.enhanced(tmp_path / "ct.dcm", frames, map(phantom.stored, range(3)))).series
    assert [one.code for one in series.findings] == ["rescale-per-slice"]
    for k, (slope, intercept) in enumerate(rescales):
        np.testing.assert_array_equal(series.pixels()[k], phantom.stored(k) * float(slope) + intercept)


def test_other_programs_read_the_same_stack(phantom, tmp_path):
    path = phantom.enhanced(tmp_path / "ct.dcm", map(phantom.frame, range(5)), map(phantom.stored, range(5)))
    (series,) = read_study(path).series
    ours = Reading(series.pixels(), matrix_of(series))
    asked = [name for name in ("GDCM", "dcm2niix") if name in installed()]
    if not asked:
        pytest.skip("neither SimpleITK nor dcm2niix is installed")
    assert {name: disagreement(ours, read_with(name, [path], 12)) for name in asked} == dict.fromkeys(asked, "")


def matrix_of(series):
    from domainaug.medical.labels import Grid

    return Grid.of_series(series).matrix


# -- several stacks ---------------------------------------------------------------------------------------

SEVERAL = {
    "stacks": [{"stack": "1"}, {"stack": "2"}],
    "echoes": [{"MREchoSequence": {"EffectiveEchoTime": time}} for time in (10.0, 20.0, 30.0)],
    "b-values": [
        {"MRDiffusionSequence": {"DiffusionBValue": b, "DiffusionDirectionality": "NONE"}} for b in (0.0, 9.0)
    ],
    "moments": [{"content": {"TemporalPositionIndex": moment}} for moment in (1, 2, 3)],
    "phases of the heart": [
        {"CardiacSynchronizationSequence": {"NominalCardiacTriggerDelayTime": time}} for time in (0.0, 50.0)
    ],
    "inversions": [
        {"MRModifierSequence": {"InversionRecovery": "YES", "InversionTimes": [time]}} for time in (50.0, 90.0)
    ],
}


def parts(phantom, kind):
    if kind == "magnitude and phase":
        return [{"MRImageFrameTypeSequence": phantom.frame_type_mr(component=one)} for one in ("MAGNITUDE", "PHASE")]
    if kind == "directions":
        return [{"MRDiffusionSequence": phantom.item(
            DiffusionBValue=900.0, DiffusionDirectionality="DIRECTIONAL",
            DiffusionGradientDirectionSequence=[phantom.item(DiffusionGradientOrientation=list(map(float, way)))],
        )} for way in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]  # fmt: skip
    plain = {"content", "stack"}
    return [
        {name: value if name in plain else phantom.item(**value) for name, value in one.items()}
        for one in SEVERAL[kind]
    ]


@pytest.mark.parametrize("kind", [*SEVERAL, "magnitude and phase", "directions"])
def test_what_lies_at_one_place_and_is_not_the_same_is_of_several_stacks(phantom, tmp_path, kind):
    each = parts(phantom, kind)
    frames = [phantom.frame(k, **part) for k, part in itertools.product(range(4), each)]
    pixels = [phantom.stored(k + 100 * n) for k, n in itertools.product(range(4), range(len(each)))]
    path = phantom.enhanced(tmp_path / "mr.dcm", frames, pixels, kind="MR")
    found = read_study(path).series
    assert [series.size for series in found] == [(4, 32, 40)] * len(each)
    assert all("split" in {one.code for one in series.findings} and series.refusal is None for series in found)
    assert len({series.key for series in found}) == len(each)
    firsts = sorted(int(series.pixels(stored=True)[0, 0, 0]) for series in found)
    assert firsts == [10 + 100 * n for n in range(len(each))]
    for series in found:
        begin = int(series.pixels(stored=True)[0, 0, 0])
        assert [int(plane[0, 0]) for plane in series.pixels(stored=True)] == [begin + k for k in range(4)]


def test_stacks_that_lie_across_each_other(phantom, tmp_path):
    across = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    turned = {"PlaneOrientationSequence": phantom.item(ImageOrientationPatient=list(across))}
    frames = [phantom.frame(k) for k in range(3)]
    frames += [phantom.frame(k, stack="2", orientation=across, **turned) for k in range(2)]
    path = phantom.enhanced(tmp_path / "mr.dcm", frames, map(phantom.stored, range(5)), kind="MR")
    found = read_study(path).series
    assert sorted(len(series.instances) for series in found) == [2, 3]
    assert all({"split", "mixed-orientation"} == {one.code for one in series.findings} for series in found)


def test_where_nothing_else_tells_frames_apart_their_dimension_does(phantom, tmp_path):
    pointers = (
        ("StackID", "FrameContentSequence"),
        ("InStackPositionNumber", "FrameContentSequence"),
        ("MetaboliteMapDescription", "MRMetaboliteMapSequence"),
    )
    frames = [phantom.frame(k, index=(1, k + 1, n)) for k, n in itertools.product(range(3), (1, 2))]
    path = phantom.enhanced(tmp_path / "mr.dcm", frames, map(phantom.stored, range(6)), kind="MR", dimensions=pointers)
    assert [series.size[0] for series in read_study(path).series] == [3, 3]


def test_a_dimension_that_counts_every_frame_splits_nothing(phantom, tmp_path):
    pointers = (("InStackPositionNumber", "FrameContentSequence"), ("FrameReferenceDateTime", "FrameContentSequence"))
    frames = [phantom.frame(k, index=(k + 1, k + 1)) for k in range(4)]
    path = phantom.enhanced(tmp_path / "ct.dcm", frames, map(phantom.stored, range(4)), dimensions=pointers)
    (series,) = read_study(path).series
    assert (series.size[0], series.findings) == (4, ())


def test_an_object_in_several_files_is_one_stack(phantom, tmp_path):
    """A concatenation (PS3.3 C.7.6.16.2.2.4): frames 0 and 1 in one file, 2 to 4 in another."""
    for number, run in enumerate((range(2), range(2, 5)), start=1):
        phantom.enhanced(
            tmp_path / f"part{3 - number}.dcm", map(phantom.frame, run), map(phantom.stored, run),
            SOPInstanceUID=f"1.2.826.0.5.{number}", ConcatenationUID="1.2.826.0.5.9", InConcatenationNumber=number,
            InConcatenationTotalNumber=2, ConcatenationFrameOffsetNumber=run.start, InstanceNumber=number,
            SOPInstanceUIDOfConcatenationSource="1.2.826.0.5.8",
        )  # fmt: skip
    (series,) = read_study(tmp_path).series
    assert (series.size[0], len(series.files), series.findings) == (5, 2, ())
    assert [int(plane[0, 0]) for plane in series.pixels(stored=True)] == [10, 11, 12, 13, 14]


def test_two_objects_of_one_place_are_two_stacks(phantom, tmp_path):
    for number in (1, 2):
        pixels = [phantom.stored(k + 100 * number) for k in range(3)]
        uid = f"1.2.826.0.5.{number}"
        phantom.enhanced(tmp_path / f"{number}.dcm", map(phantom.frame, range(3)), pixels, SOPInstanceUID=uid)
    assert [series.size[0] for series in read_study(tmp_path).series] == [3, 3]


# -- what is wrong with a stack ---------------------------------------------------------------------------


@pytest.mark.parametrize(("slices", "code"), [((0, 1, 1, 2), "duplicate-position"), ((0, 1, 2, 4, 5), "missing-slice")])
def test_a_stack_that_is_none_is_refused_like_a_classic_one(phantom, tmp_path, slices, code):
    frames = [phantom.frame(k, index=(1, n + 1)) for n, k in enumerate(slices)]
    (series,) = read_study(phantom.enhanced(tmp_path / "ct.dcm", frames, map(phantom.stored, slices))).series
    assert series.refusal.code == code


def test_a_tilted_gantry_is_found(phantom, tmp_path):
    flat = {"PlaneOrientationSequence": phantom.item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])}
    frames = [
        phantom.frame(k, PlanePositionSequence=phantom.item(ImagePositionPatient=[0, 0.6 * k, 2.5 * k]))
        for k in range(4)
    ]
    path = phantom.enhanced(tmp_path / "ct.dcm", frames, map(phantom.stored, range(4)), shared=flat)
    assert read_study(path).series[0].refusal.code == "gantry-tilt"


def test_frames_without_a_place_are_images_one_by_one(phantom, tmp_path):
    frames = [phantom.frame(k, PlanePositionSequence=None) for k in range(2)]
    (series,) = read_study(phantom.enhanced(tmp_path / "ct.dcm", frames, map(phantom.stored, range(2)))).series
    assert (series.kind, [one.code for one in series.findings]) == ("images", ["no-geometry"])


# -- values that are colors -------------------------------------------------------------------------------


def test_colored_values_that_measure_something_are_read(perfusion):
    (series,) = read_study(perfusion).series
    assert (series.size, series.unit, series.geometry.slice_spacing) == ((2, 512, 512), "level", 10.0)
    assert [one.frame for one in series.instances] == [1, 0]


def test_values_that_are_nothing_but_colors_are_refused(phantom, tmp_path):
    colored = phantom.item(
        FrameType=["DERIVED", "PRIMARY", "VOLUME", "NONE"], PixelPresentation="COLOR",
        VolumetricProperties="VOLUME", VolumeBasedCalculationTechnique="NONE",
    )  # fmt: skip
    path = phantom.enhanced(
        tmp_path / "ct.dcm", [phantom.frame(0)], [phantom.stored(0)], shared={"CTImageFrameTypeSequence": colored}
    )
    assert [one.code for one in read_study(path).set_aside] == ["not-gray"]


def test_pet_is_read_in_its_unit(phantom, tmp_path):
    path = phantom.enhanced(tmp_path / "pt.dcm", map(phantom.frame, range(3)), map(phantom.stored, range(3)), kind="PT")
    (series,) = read_study(path).series
    assert (series.modality, series.unit, series.size) == ("PT", "BQML", (3, 32, 40))
    np.testing.assert_array_equal(series.pixels()[2], phantom.stored(2) * 2.5)


def test_a_real_scanner(philips):
    (series,) = read_study(philips).series
    assert (series.modality, series.size, series.findings) == ("MR", (176, 256, 256), ())
    assert series.geometry.slice_spacing == pytest.approx(1, abs=1e-5)
    assert series.instances[0].storage.slope == 2.1079365079365
