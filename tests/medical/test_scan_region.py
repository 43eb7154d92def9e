"""Scan regions of real ultrasound files, and of their headers."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.pixels import apply_color_lut

from domainaug.errors import ImageError
from domainaug.medical.scan_region import scan_region, tagged_regions


def opened(name):
    """Return the header and the picture of a file that ships with pydicom, 8 bits a channel."""
    path = get_testdata_file(name, download=False)
    if path is None:
        pytest.skip(f"{name} is not installed")
    dataset = pydicom.dcmread(path)
    picture = dataset.pixel_array
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        picture = (apply_color_lut(picture, dataset) >> 8).astype(np.uint8)
    return dataset, picture


class TestPictures:
    """Truth is what was read off the pictures by eye."""

    def test_a_convex_probe_on_a_dark_screen(self):
        _, picture = opened("examples_palette.dcm")
        found = scan_region(picture)
        assert found.kind == "fan"
        assert found.opening == pytest.approx(69, abs=3)
        assert found.apex[0] == pytest.approx(460, abs=6)
        assert found.apex[1] + found.near == pytest.approx(97, abs=6)
        assert not found.mask[:60].any()  # the plate with names
        assert not found.mask[:, :120].any()  # what the scanner was set to
        assert found.mask[300, 460]

    def test_a_linear_probe_with_color_flow(self):
        _, picture = opened("examples_rgb_color.dcm")
        found = scan_region(picture)
        assert found.kind == "rectangle"
        assert found.box == pytest.approx((5, 54, 315, 169), abs=6)
        colored = np.ptp(picture.astype(int), axis=2) > 60
        assert not found.mask[colored].any()
        assert found.mask[100, 30]

    def test_a_phased_array_is_told_better_by_its_cine(self):
        _, frames = opened("examples_ybr_color.dcm")
        found = scan_region(frames, cine=True)
        assert found.kind == "fan"
        assert found.opening == pytest.approx(83, abs=3)
        assert found.apex == pytest.approx((170, 4), abs=5)
        assert found.apex[1] + found.far == pytest.approx(203, abs=5)
        assert not found.mask[:, 305:].any()  # settings at the right
        assert not found.mask[210:].any()  # and the keys below


class TestHeaders:
    def test_a_region_is_found_in_its_rectangle_and_knows_its_pixels(self):
        dataset, picture = opened("examples_palette.dcm")
        (tissue,) = tagged_regions(dataset, picture)
        assert tissue.spacing == pytest.approx((0.2623, 0.2623), abs=1e-4)
        assert tissue.region.kind == "fan"
        assert tissue.region.apex[0] == pytest.approx(460, abs=6)
        assert not tissue.region.mask[:60].any()

    def test_two_views_side_by_side_are_two_regions(self):
        dataset, picture = opened("gdcm-US-ALOKA-16.dcm")
        left, right = tagged_regions(dataset, picture)
        assert not left.region.mask[:, 336:].any()
        assert not right.region.mask[:, :336].any()
        assert left.region.mask[300, 200]
        assert right.region.mask[300, 480]
        assert left.spacing == right.spacing == pytest.approx((0.3827, 0.3827), abs=1e-4)

    def test_without_regions_it_is_the_picture_that_tells(self):
        dataset, picture = opened("examples_rgb_color.dcm")
        (one,) = tagged_regions(dataset, picture)
        assert one.spacing is None
        assert np.array_equal(one.region.mask, scan_region(picture).mask)

    def test_a_rectangle_outside_the_picture_is_refused(self):
        dataset, picture = opened("examples_palette.dcm")
        with pytest.raises(ImageError, match="the header is of another picture, or damaged"):
            tagged_regions(dataset, picture[:40, :50])
