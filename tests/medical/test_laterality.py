"""Sides in a header: exchanged where the patient is mirrored, or the copy is refused."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom import Dataset

from domainaug.errors import LabelError
from domainaug.medical.laterality import check_sides, is_mirrored_patient, swap_sides
from domainaug.medical.lying import orientation_in
from domainaug.medical.study import read_study
from domainaug.medical.verify import verify_series
from domainaug.run import augment

MIRRORED = {"mirror_left_right": 1, "mirror_horizontal": 1}

PROFILE = """
id: tests/mirrored
version: 1.0.0
title: A film
description: Sides change.
applies_to: {dicom: {Modality: [DX]}, channels: 1}
frame: {size: [48, 40], channels: 1}
value_range: {low: 0, high: 4095, unit: level, fill: 0}
limits:
  - effect: [mirror_horizontal, mirror_vertical]
    code: TES301
    allow: any
    reason: Sides follow.
    evidence: [{strength: opinion}]
recipe: """


def header(**tags):
    made = Dataset()
    for name, value in tags.items():
        setattr(made, name, value)
    return made


def coded(value, scheme, meaning, **more):
    return header(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning, **more)


def step(name, **effects):
    return {"transform": name, "effects": effects}


class TestWhetherThePatientWasMirrored:
    @pytest.mark.parametrize(
        ("steps", "answer"),
        [
            ([step("AnatomicalMirror", **MIRRORED)], True),
            ([step("AnatomicalMirror", **MIRRORED), step("Affine", rotation=4.0)], True),
            ([step("AnatomicalMirror", **MIRRORED)] * 2, False),
            ([step("HorizontalFlip", mirror_horizontal=1)], False),
            ([step("AnatomicalMirror", **MIRRORED), step("VerticalFlip", mirror_vertical=1)], False),
            ([step("AnatomicalMirror", **MIRRORED), step("D4", mirror_horizontal=[0, 1])], False),
            ([step("GaussNoise", noise=0.1)], False),
        ],
    )
    def test_is_told_by_its_steps(self, steps, answer):
        assert is_mirrored_patient({"steps": steps}) is answer

    def test_nobody_knows_beside_a_step_that_nobody_declared(self):
        assert not is_mirrored_patient({"steps": [step("AnatomicalMirror", **MIRRORED)], "undeclared": ["Mine"]})


class TestExchanged:
    @pytest.mark.parametrize(
        ("name", "before", "after"),
        [
            ("Laterality", "L", "R"),
            ("ImageLaterality", "R", "L"),
            ("ImageLaterality", "B", "B"),
            ("ImageLaterality", "U", "U"),
            ("FrameLaterality", "R", "L"),
            ("ViewPosition", "LL", "RL"),
            ("ViewPosition", "RLO", "LLO"),
            ("ViewPosition", "AP", "AP"),
            ("ViewPosition", "MLO", "MLO"),
            ("PatientPosition", "HFDR", "HFDL"),
            ("PatientPosition", "HFS", "HFS"),
        ],
    )
    def test_an_attribute(self, name, before, after):
        out = header(**{name: before})
        swap_sides(out)
        assert out[name].value == after
        swap_sides(out)
        assert out[name].value == before

    def test_modifiers_of_the_region_and_of_the_structure(self):
        region = coded("72696002", "SCT", "Knee", AnatomicRegionModifierSequence=[coded("7771000", "SCT", "Left")])
        bone = coded("71341001", "SCT", "Femur")
        bone.PrimaryAnatomicStructureModifierSequence = [coded("G-A100", "SRT", "Right"), coded("1", "99X", "distal")]
        out = header(AnatomicRegionSequence=[region], PrimaryAnatomicStructureSequence=[bone])
        swap_sides(out)
        (modifier,) = out.AnatomicRegionSequence[0].AnatomicRegionModifierSequence
        assert (modifier.CodeValue, modifier.CodeMeaning) == ("24028007", "Right")
        side, other = out.PrimaryAnatomicStructureSequence[0].PrimaryAnatomicStructureModifierSequence
        assert (side.CodeValue, other.CodeMeaning) == ("G-A101", "distal")

    def test_the_anatomy_of_a_frame(self):
        anatomy = header(FrameLaterality="L", AnatomicRegionSequence=[coded("72696002", "SCT", "Knee")])
        groups = header(FrameAnatomySequence=[anatomy])
        swap_sides(groups)
        assert groups.FrameAnatomySequence[0].FrameLaterality == "R"

    @pytest.mark.parametrize("text", ["KNEE LEFT", "right hip", "Hand_L", "LT WRIST"])
    def test_texts_of_the_series_that_name_a_side_go(self, text):
        out = header(ProtocolName=text, StudyDescription=text)
        swap_sides(out)
        assert "ProtocolName" not in out
        assert out.StudyDescription == text  # it is that of the study, which is the source's

    def test_other_texts_stay(self):
        out = header(ProtocolName="Lower extremity, bright", ImageComments="RLD")
        swap_sides(out)
        assert (out.ProtocolName, out.ImageComments) == ("Lower extremity, bright", "RLD")


class TestRefused:
    @pytest.mark.parametrize("part", ["CHEST", "ABDOMEN", "CHEST ABDOMEN", "HEART"])
    def test_body_parts_with_organs_to_one_side(self, part):
        with pytest.raises(LabelError, match="organs there lie to one side"):
            check_sides(header(BodyPartExamined=part), frozenset())
        check_sides(header(BodyPartExamined=part), frozenset({"mirrored-situs"}))

    def test_no_body_part_unless_a_side_is_named(self):
        with pytest.raises(LabelError, match="nothing says which body part"):
            check_sides(header(), frozenset())
        check_sides(header(ImageLaterality="L"), frozenset())
        check_sides(header(BodyPartExamined="KNEE"), frozenset())

    @pytest.mark.parametrize("name", ["AnatomicRegionSequence", "PrimaryAnatomicStructureSequence", "ViewCodeSequence"])
    def test_codes_that_hold_a_side(self, name):
        source = header(BodyPartExamined="HIP", **{name: [coded("1", "SCT", "Left hip")]})
        with pytest.raises(LabelError, match=f"a code in {name} holds the side"):
            check_sides(source, frozenset({"mirrored-situs"}))


class TestHowAnImageLies:
    @pytest.mark.parametrize(
        ("orientation", "letters"),
        [
            ([1, 0, 0, 0, 1, 0], "SPL"),
            ([0, 1, 0, 0, 0, -1], "RIP"),
            ([1, 0, 0, 0, 0, -1], "PIL"),
            ([-1, 0, 0, 0, -1, 0], "SAR"),
            ([0.8, 0.6, 0, -0.6, 0.8, 0], "SPL"),
        ],
    )
    def test_is_read_off_its_geometry(self, series, orientation, letters):
        axes = np.array(orientation, float).reshape(2, 3)
        normal = np.cross(*axes)
        folder = series([tuple(float(each) for each in 5.0 * at * normal) for at in range(3)])
        for path in folder.iterdir():
            one = pydicom.dcmread(path)
            one.ImageOrientationPatient = orientation
            one.save_as(path)
        (found,) = read_study(folder).series
        assert orientation_in(pydicom.dcmread(found.files[0]), found, volume=True) == letters

    @pytest.mark.parametrize(
        ("told", "letters"),
        [
            (["L", "F"], "IL"),
            (["P", "H"], "SP"),
            (["AR", "FL"], "IA"),
            ([], None),
            (["", ""], None),
            (["X", "F"], None),
        ],
    )
    def test_is_read_off_the_patient_orientation_of_a_projection(self, radiograph, told, letters):
        path = radiograph(PatientOrientation=told)
        (found,) = read_study(path).series
        assert orientation_in(pydicom.dcmread(path), found, volume=False) == letters


def ran(tmp_path, path, recipe="[{AnatomicalMirror: {p: 1.0}}]", **options):
    folder = tmp_path / "films"
    folder.mkdir()
    path.rename(folder / "film.dcm")
    profile = tmp_path / "mirrored.yaml"
    profile.write_text(PROFILE + recipe, encoding="utf-8")
    done = augment(folder, tmp_path / "out", profile=profile, seed=3, engine="serial", timeout=None, **options)
    return done, folder / "film.dcm", sorted((tmp_path / "out").rglob("IM*.dcm"))


class TestProjections:
    def test_a_radiograph_is_mirrored_by_its_patient_orientation(self, tmp_path, radiograph):
        path = radiograph(
            BodyPartExamined="KNEE", ImageLaterality="L", PatientOrientation=["L", "F"], ViewPosition="LLO"
        )
        done, source, made = ran(tmp_path, path)
        assert (done.done, done.set_aside) == (1, ())
        before, after = pydicom.dcmread(source), pydicom.dcmread(made[0])
        assert np.array_equal(after.pixel_array, before.pixel_array[:, ::-1])
        assert (after.ImageLaterality, after.ViewPosition) == ("R", "RLO")
        assert after.PatientOrientation == ["L", "F"]
        assert verify_series([source], made) == ()

    def test_one_that_shows_no_left_and_right_is_refused(self, tmp_path, radiograph):
        path = radiograph(BodyPartExamined="KNEE", ImageLaterality="L", PatientOrientation=["A", "F"])
        (aside,) = ran(tmp_path, path)[0].set_aside
        assert "left-right does not run along a picture" in aside.reason

    def test_one_that_does_not_say_how_it_lies_is_refused(self, tmp_path, radiograph):
        (aside,) = ran(tmp_path, radiograph(BodyPartExamined="KNEE", PatientOrientation=[]))[0].set_aside
        assert "has to know which way the 2 axes of the array point" in aside.reason

    def test_one_that_is_turned_round_says_where_its_edges_point(self, tmp_path, radiograph):
        path = radiograph(PatientOrientation=["L", "F"], ImagerPixelSpacing=[0.2, 0.1])
        done, source, made = ran(tmp_path, path, recipe="[{Reorient: {to: LS}}]")
        assert (done.done, done.set_aside) == (1, ())
        before, after = pydicom.dcmread(source), pydicom.dcmread(made[0])
        assert np.array_equal(after.pixel_array, before.pixel_array[::-1].T)
        assert after.PatientOrientation == ["H", "L"]
        assert after.ImagerPixelSpacing == [0.1, 0.2]
        assert after.SourceImageSequence[0].SpatialLocationsPreserved == "REORIENTED_ONLY"
        assert after.SourceImageSequence[0].PatientOrientation == ["L", "F"]
        assert verify_series([source], made) == ()
