"""`CropMm`: pieces of a size in millimeters, whole pixels, whole components, and the patient in place."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import ImageError
from domainaug.generators import Frame
from domainaug.pipeline import Pipeline
from domainaug.pipeline.motion import motion_of
from domainaug.transforms import CropMm, Deform

SPACING = (3.0, 0.8, 0.5)
VOLUME = np.arange(12 * 40 * 48, dtype=np.int16).reshape(12, 40, 48)


class TestSize:
    def test_is_in_millimeters_along_every_axis(self):
        out = CropMm((12.0, 16.0, 10.0), spacing=SPACING)(volume=VOLUME)["volume"]
        assert out.shape == (4, 20, 20)
        assert np.array_equal(out, VOLUME[4:8, 10:30, 14:34])

    def test_one_number_is_for_all_axes_and_null_for_all_there_is(self):
        assert CropMm(12.0, spacing=SPACING)(volume=VOLUME)["volume"].shape == (4, 15, 24)
        assert CropMm((None, 16.0, None), spacing=SPACING)(volume=VOLUME)["volume"].shape == (12, 20, 48)

    def test_a_picture_takes_the_last_two(self):
        assert CropMm((12.0, 16.0, 10.0), spacing=SPACING)(image=VOLUME[0])["image"].shape == (20, 20)

    def test_is_met_to_half_a_pixel(self):
        for mm in (5.1, 7.3, 9.9):
            rows, columns = CropMm(mm, spacing=SPACING)(image=VOLUME[0])["image"].shape
            assert abs(rows * 0.8 - mm) <= 0.4
            assert abs(columns * 0.5 - mm) <= 0.25

    def test_of_the_call_goes_before_and_there_has_to_be_one(self):
        assert CropMm(8.0, spacing=SPACING)(image=VOLUME[0], spacing=(1.0, 1.0))["image"].shape == (8, 8)
        with pytest.raises(ImageError, match=r"CropMm has to know how many mm a pixel is: pass spacing=\(\[slices,\]"):
            CropMm(8.0)(image=VOLUME[0])
        with pytest.raises(ImageError, match="CropMm was told a size along 2 axes and is given 3"):
            CropMm((8.0, 8.0), spacing=SPACING)(volume=VOLUME)

    @pytest.mark.parametrize("size", [0.0, -3.0, (4.0,), (1.0, 2.0, 3.0, 4.0), "large", (4.0, "x")])
    def test_what_is_none_is_refused(self, size):
        with pytest.raises(ValueError, match="CropMm: size_mm"):
            CropMm(size)


class TestTooSmall:
    def test_is_padded_on_both_sides_with_the_fill_of_the_pipeline(self):
        pipeline = Pipeline([CropMm((44.0, 24.0, 30.0))], value_range=(-1024, 3071), fill=-1000)
        out = pipeline(volume=VOLUME, mask3d=(VOLUME > 0).astype(np.uint8), spacing=SPACING)
        assert out["volume"].shape == (15, 30, 60)
        assert (out["volume"][:1] == -1000).all()
        assert (out["volume"][..., :6] == -1000).all()
        assert not out["mask3d"][..., :6].any()
        inside = out["volume"][2:14, :, 6:54]
        assert np.array_equal(inside, VOLUME[:, 5:35])

    def test_or_refused(self):
        crop = CropMm((30.0, 30.0), too_small="refuse", spacing=SPACING)
        with pytest.raises(ImageError, match=r"CropMm: \(38, 60\) pixels are asked for and the picture has \(40, 48\)"):
            crop(image=VOLUME[0])


class TestPlace:
    def test_at_random_it_reaches_every_corner_and_stays_inside(self):
        crop = A.Compose([CropMm(8.0, "random", spacing=(1.0, 1.0))], seed=1)
        image = np.arange(100, dtype=np.uint8).reshape(10, 10)
        starts = {int(crop(image=image)["image"][0, 0]) for _ in range(200)}
        assert starts == {0, 1, 2, 10, 11, 12, 20, 21, 22}

    def test_about_the_body_as_far_as_the_picture_reaches(self):
        rows, columns = np.mgrid[:100, :140]
        image = np.where(np.hypot(columns - 96, rows - 40) < 25, 40, -1000).astype(np.int16)
        out = CropMm(70.0, "body", spacing=(1.0, 1.0))
        cut = out(image=image)["image"]
        assert out.params["begin"] == (5, 61)
        assert (cut > 0).sum() == (image > 0).sum()

    def test_padding_is_shared_out_wherever_the_place_would_be(self):
        for position in ("center", "body", "random", "labels"):
            crop = CropMm(20.0, position, spacing=(1.0, 1.0))
            crop(image=np.full((10, 14), 9, np.uint8), mask=np.ones((10, 14), np.uint8))
            assert crop.params["begin"] == (-5, -3)


class TestLabels:
    def masks(self):
        mask = np.zeros((60, 80), np.uint8)
        mask[5:12, 6:16], mask[40:55, 50:70], mask[20:24, 40:44] = 1, 2, 3
        return mask

    def test_one_piece_is_whole_and_the_others_are_not_cut_where_they_need_not_be(self):
        mask, kept = self.masks(), set()
        crop = CropMm(26.0, "labels", spacing=(1.0, 1.0))
        compose = A.Compose([crop], seed=4)
        for _ in range(60):
            out = compose(image=mask, mask=mask)["mask"]
            label = crop.params["kept"]
            kept.add(label)
            assert (out == label).sum() == (mask == label).sum()
            for other in {1, 2, 3} - set(crop.params["cut"]):
                assert (out == other).sum() in (0, (mask == other).sum())
        assert kept == {1, 2, 3}

    def test_what_is_cut_is_in_the_record(self):
        mask = np.zeros((10, 60), np.uint8)
        mask[:, 20:24], mask[:, 26:60] = 1, 2
        pipeline = Pipeline([CropMm((10.0, 12.0), "labels")], seed=0)
        told = []
        for _ in range(30):
            pipeline(image=mask, mask=mask, spacing=(1.0, 1.0))
            told.append(pipeline.record["steps"][0]["params"])
        assert all(one["cut"] == [2] for one in told if one["kept"] == 2)
        assert any(one["cut"] == [] for one in told if one["kept"] == 1)

    def test_a_piece_that_is_larger_fills_the_crop(self):
        mask = np.zeros((50, 50), np.uint8)
        mask[5:45, 8:42] = 1
        crop = A.Compose([CropMm(12.0, "labels", spacing=(1.0, 1.0))], seed=2)
        assert all(crop(image=mask, mask=mask)["mask"].all() for _ in range(10))

    def test_pieces_of_a_volume_and_of_several_masks(self):
        mask = np.zeros((2, 12, 40, 48), np.uint8)
        mask[0, 2:5, 4:9, 4:9], mask[1, 8:11, 30:38, 40:46] = 1, 1
        crop = CropMm((12.0, 12.0, 8.0), "labels", spacing=SPACING)
        compose = A.Compose([crop], seed=5)
        whole = [int(one.sum()) for one in mask]
        for _ in range(20):
            out = compose(volume=VOLUME, masks3d=mask)["masks3d"]
            assert any(int(one.sum()) == n for one, n in zip(out, whole, strict=True))

    def test_without_one_it_is_anywhere(self):
        crop = CropMm(12.0, "labels", spacing=(1.0, 1.0))
        crop(image=VOLUME[0], mask=np.zeros((40, 48), np.uint8))
        assert (crop.params["kept"], crop.params["cut"]) == (None, [])

    def test_boxes_and_points_go_along(self):
        image = np.zeros((40, 48), np.uint8)
        for make in (A.Compose, Pipeline):
            compose = make(
                [CropMm((16.0, 12.0), spacing=(0.8, 0.5))],
                bbox_params=A.BboxParams("pascal_voc", label_fields=["names"], min_visibility=0.3),
                keypoint_params=A.KeypointParams("xy"),
            )
            boxes = [(20, 15, 30, 25), (0, 0, 14, 12)]  # the second shows 4 of 168 pixels
            out = compose(image=image, bboxes=boxes, names=["in", "out"], keypoints=[(20, 15), (1, 1)])
            assert np.allclose(out["bboxes"], [(8, 5, 18, 15)])
            assert list(out["names"]) == ["in"]
            assert np.allclose(out["keypoints"], [(8, 5)])


class TestEffects:
    def test_are_read_off_the_draw(self):
        crop, frame = CropMm((18.0, 16.0, 12.0), spacing=SPACING), Frame(40, 48, volume=True)
        crop(volume=VOLUME)
        did = crop.drawn_effects(crop.params, frame).effects(frame)
        assert did["field_of_view"].low == pytest.approx(6 * 20 * 24 / VOLUME.size)

    def test_without_a_spacing_anything_may_be_lost(self):
        frame = Frame(40, 48)
        assert CropMm(10.0).declare_effects(frame).effects(frame)["field_of_view"].low == 0

    def test_it_shares_a_pass_with_a_bend(self):
        pipeline = Pipeline([CropMm((None, 16.0, 12.0)), Deform(displacement_px=2.0, p=1)], seed=0, value_range=(0, 9))
        pipeline(volume=np.ones((12, 40, 48), np.float32), spacing=SPACING)
        assert [one.shape for one in motion_of(pipeline, (12, 40, 48))] == [(12, 20, 24), (12, 20, 24)]
