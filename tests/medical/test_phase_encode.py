"""The phase-encode axis: what headers call it, and what real pictures show."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import Dataset, Sequence

from domainaug.medical.phase_encode import phase_axis


def header(direction=None, **groups):
    dataset = Dataset()
    if direction is not None:
        dataset.InPlanePhaseEncodingDirection = direction
    for name, directions in groups.items():
        items = []
        for each in directions:
            geometry, group = header(each), Dataset()
            group.MRFOVGeometrySequence = Sequence([geometry])
            items.append(group)
        setattr(dataset, name, Sequence(items))
    return dataset


class TestHeaders:
    @pytest.mark.parametrize(
        ("written", "axis"), [("COL", "rows"), ("COLUMN", "rows"), ("ROW", "columns"), ("OTHER", None), ("", None)]
    )
    def test_phase_encoded_in_columns_changes_the_row_number(self, written, axis):
        assert phase_axis(header(written)) == axis

    def test_a_header_that_does_not_say(self):
        assert phase_axis(header()) is None

    def test_enhanced_images_say_it_in_their_functional_groups(self):
        assert phase_axis(header(SharedFunctionalGroupsSequence=["COLUMN"])) == "rows"
        assert phase_axis(header(PerFrameFunctionalGroupsSequence=["ROW", "ROW"])) == "columns"

    def test_frames_that_disagree_have_none(self):
        assert phase_axis(header(PerFrameFunctionalGroupsSequence=["ROW", "COLUMN"])) is None
        assert phase_axis(header(PerFrameFunctionalGroupsSequence=["ROW", "OTHER"])) is None


@pytest.mark.skipif(find_spec("data_store") is None, reason="pydicom-data is not installed")
@pytest.mark.parametrize("name", ["MR2_UNCR.dcm", "MR-SIEMENS-DICOM-WithOverlays.dcm"])
def test_real_pictures_have_less_resolution_along_the_axis_read(name):
    # Fewer lines are measured than points along a line, and pictures are padded with zeros in k-space.
    dataset = pydicom.dcmread(Path(find_spec("data_store").origin).parent / "data" / name)
    power = np.abs(np.fft.fft2(dataset.pixel_array.astype(float)))
    rows, columns = (np.abs(np.fft.fftfreq(size)) for size in power.shape)
    band = 0.24, 0.3
    along_rows = power[(rows > band[0]) & (rows < band[1])].mean()
    along_columns = power[:, (columns > band[0]) & (columns < band[1])].mean()
    assert phase_axis(dataset) == "rows"
    assert along_rows < 0.6 * along_columns
