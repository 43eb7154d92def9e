"""`AnatomicalMirror` and `Reorient`: the mirrored patient, and the array that is only turned round."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import ImageError, LabelError
from domainaug.generators import Frame
from domainaug.pipeline import Pipeline
from domainaug.pipeline.motion import motion_of
from domainaug.transforms import AnatomicalMirror, Ghosting, Reorient
from domainaug.transforms.orientation import checked_orientation, letters_of

VOLUME = np.random.default_rng(0).integers(0, 1000, (5, 7, 9)).astype(np.int16)


class TestAlongTheBody:
    @pytest.mark.parametrize(
        ("orientation", "across", "expected"),
        [
            ("SPL", "left-right", VOLUME[:, :, ::-1]),
            ("IAR", "left-right", VOLUME[:, :, ::-1]),
            ("SPL", "anterior-posterior", VOLUME[:, ::-1]),
            ("SPL", "superior-inferior", VOLUME[::-1]),
            ("RIP", "left-right", VOLUME[::-1]),
            ("PIL", "superior-inferior", VOLUME[:, ::-1]),
        ],
    )
    @pytest.mark.parametrize("make", [A.Compose, Pipeline])
    def test_the_axis_of_the_array_that_runs_along_it(self, make, orientation, across, expected):
        out = make([AnatomicalMirror(across, p=1)])(volume=VOLUME, orientation=orientation)
        assert np.array_equal(out["volume"], expected)

    def test_a_picture_takes_two_letters(self):
        mirror = AnatomicalMirror(p=1)
        assert np.array_equal(mirror(image=VOLUME[0], orientation="IL")["image"], VOLUME[0, :, ::-1])
        assert np.array_equal(mirror(image=VOLUME[0], orientation="SPL")["image"], VOLUME[0, :, ::-1])

    def test_what_the_call_says_goes_before(self):
        mirror = AnatomicalMirror("anterior-posterior", orientation="SPL", p=1)
        assert np.array_equal(mirror(volume=VOLUME)["volume"], VOLUME[:, ::-1])
        assert np.array_equal(mirror(volume=VOLUME, orientation="LPS")["volume"], VOLUME[:, ::-1])

    @pytest.mark.parametrize(("own", "lies"), [("auto", "RP"), ("auto", "SLP"), ("SPL", "RIP"), ("RIP", "SPL")])
    def test_what_was_not_declared_is_refused(self, own, lies):
        """A check held the pipeline against its limits by what the transform said: that has to stay true."""
        data = {"image": VOLUME[0]} if len(lies) == 2 else {"volume": VOLUME}
        with pytest.raises(ImageError, match=rf"lies {lies}, which it was not told.*give orientation=\"{lies}\""):
            AnatomicalMirror(orientation=own, p=1)(**data, orientation=lies)
        AnatomicalMirror(orientation=lies, p=1)(**data)

    def test_nothing_is_guessed(self):
        with pytest.raises(ImageError, match=r"AnatomicalMirror has to know which way the 3 axes of the array point"):
            AnatomicalMirror(p=1)(volume=VOLUME)
        with pytest.raises(ImageError, match="left-right does not run along a picture whose rows and columns"):
            AnatomicalMirror(p=1)(image=VOLUME[0], orientation="IP")
        with pytest.raises(ImageError, match="which way the 3 axes"):
            AnatomicalMirror(p=1)(volume=VOLUME, orientation="PL")

    @pytest.mark.parametrize("wrong", ["LL", "LR", "XPL", "S", "SPLA", "", 3, "SPP"])
    def test_what_is_no_orientation_is_refused(self, wrong):
        with pytest.raises(ValueError, match="orientation: toward what"):
            checked_orientation("Step", wrong)

    def test_twice_is_nothing(self):
        out = A.Compose([AnatomicalMirror(pairs=[[1, 2]], p=1)] * 2)(
            volume=VOLUME, mask3d=VOLUME % 3, orientation="SPL"
        )
        assert np.array_equal(out["volume"], VOLUME)
        assert np.array_equal(out["mask3d"], VOLUME % 3)


class TestSides:
    @pytest.mark.parametrize("make", [A.Compose, Pipeline])
    def test_change_places_in_masks(self, make):
        mask = np.zeros((5, 7, 9), np.uint8)
        mask[..., 1:3], mask[..., 6:8], mask[2, 3, 4] = 4, 7, 1
        out = make([AnatomicalMirror(pairs=[[4, 7]], p=1)])(volume=VOLUME, mask3d=mask, orientation="SPL")["mask3d"]
        expected = np.zeros_like(mask)
        expected[..., 6:8], expected[..., 1:3], expected[2, 3, 4] = 7, 4, 1
        expected = np.zeros_like(mask)
        expected[..., 6:8], expected[..., 1:3] = 7, 4  # the left one is the left one of the mirrored patient
        expected[2, 3, 4] = 1
        assert np.array_equal(out, expected)

    @pytest.mark.parametrize("make", [A.Compose, Pipeline])
    def test_masks_are_refused_until_somebody_says_which_labels_have_one(self, make):
        mask = np.ones((5, 7, 9), np.uint8)
        with pytest.raises(LabelError, match=r"give pairs=\[\[left, right\], \.\.\.\], or pairs=\[\] where none has"):
            make([AnatomicalMirror(p=1)])(volume=VOLUME, mask3d=mask, orientation="SPL")
        out = make([AnatomicalMirror(pairs=[], p=1)])(volume=VOLUME, mask3d=mask, orientation="SPL")
        assert np.array_equal(out["mask3d"], mask)

    @pytest.mark.parametrize("pairs", [[1, 2], [[1, 2, 3]], [[1, 2], [2, 3]], [[0, 1]], "12", [["l", "r"]]])
    def test_what_is_no_pair_is_refused(self, pairs):
        with pytest.raises(ValueError, match="AnatomicalMirror: pairs"):
            AnatomicalMirror(pairs=pairs)

    def test_points_and_boxes_go_along(self):
        compose = A.Compose(
            [AnatomicalMirror(p=1)],
            bbox_params=A.BboxParams("pascal_voc", label_fields=[]),
            keypoint_params=A.KeypointParams("xy"),
        )
        out = compose(image=np.zeros((20, 30), np.uint8), orientation="IL", keypoints=[(4, 5)], bboxes=[(2, 3, 10, 12)])
        assert np.allclose(out["keypoints"], [(25, 5)])
        assert np.allclose(out["bboxes"], [(20, 3, 28, 12)])


class TestEffects:
    @pytest.mark.parametrize(
        ("orientation", "effects"),
        [
            ("SPL", {"mirror_horizontal", "mirror_left_right"}),
            ("SLP", {"mirror_vertical", "mirror_left_right"}),
            ("RIP", {"mirror_left_right"}),
        ],
    )
    def test_are_the_patients_and_the_pictures(self, orientation, effects):
        frame, mirror = Frame(7, 9, volume=True), AnatomicalMirror(orientation=orientation, p=1)
        mirror(volume=VOLUME)
        assert set(mirror.drawn_effects(mirror.params, frame).present(frame)) == effects
        assert set(mirror.declare_effects(frame).present(frame)) == effects

    def test_are_all_that_may_be_where_the_orientation_is_not_known(self):
        frame = Frame(7, 9, volume=True)
        found = AnatomicalMirror().declare_effects(frame).present(frame)
        assert {name: (one.low, one.high) for name, one in found.items()} == {
            "mirror_horizontal": (0, 1),
            "mirror_left_right": (1, 1),
        }
        assert set(AnatomicalMirror("anterior-posterior").declare_effects(frame).present(frame)) == {
            "mirror_horizontal",
            "mirror_vertical",
            "mirror_anterior_posterior",
        }

    def test_a_profile_that_knows_sides_forbids_it_and_not_reorienting(self):
        from domainaug import load_profile

        profile = load_profile("medical/ct-chest")
        told = {one.code for one in profile.check(A.Compose([AnatomicalMirror(p=1)])).findings}
        assert told
        assert not profile.check(A.Compose([Reorient("SPL")])).findings


class TestReorient:
    def test_arrays_of_any_orientation_become_one(self):
        """A phantom with a corner that is known in the patient, read eight ways and more."""
        marked = np.zeros((5, 7, 9), np.int16)
        marked[0, 0, 0], marked[4, 0, 0], marked[0, 6, 0], marked[0, 0, 8] = 1, 2, 3, 4
        for to in ("SPL", "IAR", "LSP", "PRI", "ALS"):
            there = A.Compose([Reorient(to)])(volume=marked, orientation="SPL", spacing=(3.0, 2.0, 1.0))
            assert there["orientation"] == to
            back = A.Compose([Reorient("SPL")])(**{**there, "spacing": there["spacing"]})
            assert np.array_equal(back["volume"], marked)
            assert (back["orientation"], back["spacing"]) == ("SPL", (3.0, 2.0, 1.0))

    def test_masks_and_points_go_along(self):
        mask = (VOLUME > 800).astype(np.uint8)
        compose = A.Compose([Reorient("LIA")], keypoint_params=A.KeypointParams("xyz"))
        out = compose(volume=VOLUME, mask3d=mask, keypoints=[(2, 3, 1)], orientation="SPL")
        assert np.array_equal(out["mask3d"], (out["volume"] > 800))
        x, y, z = (round(float(each)) for each in out["keypoints"][0])
        assert out["volume"][z, y, x] == VOLUME[1, 3, 2]

    def test_boxes_of_a_picture_go_along(self):
        compose = A.Compose([Reorient("LI")], bbox_params=A.BboxParams("pascal_voc", label_fields=[]))
        image = np.zeros((20, 30), np.uint8)
        image[4:9, 3:12] = 1
        out = compose(image=image, bboxes=[(3, 4, 12, 9)], orientation="IR")
        rows, columns = np.nonzero(out["image"])
        assert np.allclose(out["bboxes"], [(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)])

    def test_steps_after_it_are_told_how_the_array_lies(self):
        steps = [Reorient("LSP"), AnatomicalMirror(p=1), Ghosting(phase_axis="auto", intensity=0.1, p=1)]
        for make in (A.Compose, Pipeline):
            out = make(steps)(volume=VOLUME.astype(np.float32), orientation="SPL", phase_axis="rows")
            assert out["volume"].shape == (9, 5, 7)
            assert steps[1].params["orientation"] == "LSP"
            assert steps[1].params["axis"] == 0
            assert steps[2].params["phase_axis"] == "columns"
        with pytest.raises(ImageError, match="has to know the phase-encode axis"):  # it runs across the slices now
            A.Compose([steps[0], steps[2]])(volume=VOLUME * 1.0, orientation="SPL", phase_axis="columns")

    def test_spacing_follows_in_a_pipeline(self):
        seen = []

        class Asks(Reorient):
            """Says what it is told."""

            def draw(self, extent, data):
                seen.append(data["spacing"])
                return super().draw(extent, data)

        Pipeline([Reorient("LSP"), Asks("SPL")])(volume=VOLUME, orientation="SPL", spacing=(3.0, 2.0, 1.0))
        assert seen == [(1.0, 3.0, 2.0)]

    def test_it_is_no_effect_and_has_a_map(self):
        pipeline = Pipeline([Reorient("SAR")])
        pipeline(volume=VOLUME, orientation="SPL")
        assert pipeline.record["effects"] == {}
        assert pipeline.record["moved"] is False
        (one,) = motion_of(pipeline, VOLUME.shape)
        assert np.array_equal(one.matrix, [[-1, 0, 0, 8], [0, -1, 0, 6], [0, 0, 1, 0], [0, 0, 0, 1]])

    def test_another_plane_is_refused(self):
        with pytest.raises(ImageError, match="an array of 2 axes that count up toward PL cannot become one of IL"):
            Reorient("IL")(image=VOLUME[0], orientation="PL")


class TestLetters:
    @pytest.mark.parametrize(
        ("axes", "letters"),
        [
            (((0, 0, 1), (0, 1, 0), (1, 0, 0)), "SPL"),
            (((0, 0, -2), (0, -1, 0), (-3, 0, 0)), "IAR"),
            (((0.1, 0, 0.9), (0.3, 0.9, 0), (0.9, -0.3, 0.1)), "SPL"),
            (((0.7, 0, 0.72), (0, 1, 0), (0.72, 0, -0.7)), "SPL"),
            (((0, 0.7, 0.7), (0, 0.7, -0.7), (1, 0, 0)), "PIL"),
        ],
    )
    def test_are_those_of_the_nearest_axes_each_once(self, axes, letters):
        assert letters_of(axes) == letters
