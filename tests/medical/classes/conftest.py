"""Phantoms of kinds of images of which no real file is at hand, clean under dciodvfy and with known truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.uid import (
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    PositronEmissionTomographyImageStorage,
    UltrasoundMultiFrameImageStorage,
)

BASE: dict[str, Any] = {
    "SOPInstanceUID": "1.2.826.0.4.1",
    "StudyInstanceUID": "1.2.826.0.4.2",
    "SeriesInstanceUID": "1.2.826.0.4.3",
    "PatientName": "Phantom^Breast",
    "PatientID": "P2",
    "PatientBirthDate": "",
    "PatientSex": "",
    "StudyDate": "20200101",
    "StudyTime": "120000",
    "AccessionNumber": "",
    "ReferringPhysicianName": "",
    "StudyID": "1",
    "SeriesNumber": 1,
    "InstanceNumber": 1,
    "Manufacturer": "Maker",
    "ContentDate": "20200101",
    "ContentTime": "120000",
    "AcquisitionDate": "20200101",
    "AcquisitionTime": "120000",
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "BitsAllocated": 16,
    "BitsStored": 16,
    "HighBit": 15,
    "PixelRepresentation": 0,
}


def coded(value: str, scheme: str, meaning: str) -> pydicom.Dataset:
    item = pydicom.Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def saved(path: Path, pixels: NDArray[Any], tags: dict[str, Any]) -> Path:
    """Write an object of which `BASE` and `tags` say everything but the pixels."""
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for name, value in {**BASE, **tags}.items():
        if value is None:
            dataset.pop(name, None)
        else:
            setattr(dataset, name, value)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    content = pixels.astype(f"<u{dataset.BitsAllocated // 8}").tobytes()
    dataset.PixelData = content + b"\0" * (len(content) % 2)
    dataset["PixelData"].VR = "OW" if dataset.BitsAllocated > 8 else "OB"
    path.parent.mkdir(exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def breast(rows: int = 60, columns: int = 40) -> NDArray[np.uint16]:
    """A half disc at the left border, of 12 bits: air 0, skin 900, thicker inwards, one dense spot of 3000."""
    y, x = np.mgrid[:rows, :columns].astype(float)
    depth = 1 - np.hypot((y - rows / 2) / (rows / 2.2), x / (columns / 1.3))
    tissue = np.where(depth > 0, 900 + 1500 * np.sqrt(np.clip(depth, 0, 1)), 0)
    return np.where(np.hypot(y - 25, x - 10) < 2.5, 3000, tissue).round().astype(np.uint16)


@pytest.fixture
def mammogram(tmp_path: Path) -> Callable[..., Path]:
    """A mammogram (MG, for presentation) of a right breast."""

    def make(to: str = "mg.dcm", **tags: Any) -> Path:
        pixels = breast()
        own = {
            "SOPClassUID": DigitalMammographyXRayImageStorageForPresentation,
            "Modality": "MG",
            "PresentationIntentType": "FOR PRESENTATION",
            "ImageType": ["ORIGINAL", "PRIMARY"],
            "BodyPartExamined": "BREAST",
            "AnatomicRegionSequence": [coded("76752008", "SCT", "Breast")],
            "ViewCodeSequence": [view_code()],
            "ViewPosition": "CC",
            "PatientOrientation": ["P", "L"],
            "ImageLaterality": "R",
            "OrganExposed": "BREAST",
            "DetectorType": "DIRECT",
            "DetectorConfiguration": "AREA",
            "ImagerPixelSpacing": [0.1, 0.1],
            "BurnedInAnnotation": "NO",
            "LossyImageCompression": "00",
            "PresentationLUTShape": "IDENTITY",
            "PixelIntensityRelationship": "LOG",
            "PixelIntensityRelationshipSign": -1,
            "RescaleIntercept": 0,
            "RescaleSlope": 1,
            "RescaleType": "US",
            "AcquisitionContextSequence": [],
            "WindowCenter": 1800,
            "WindowWidth": 3600,
            "PositionerType": "MAMMOGRAPHIC",
            "PositionerPrimaryAngle": 0,
            "Rows": pixels.shape[0],
            "Columns": pixels.shape[1],
            "BitsStored": 12,
            "HighBit": 11,
        }
        return saved(tmp_path / to, pixels, {**own, **tags})

    return make


def view_code() -> pydicom.Dataset:
    item = coded("399162004", "SCT", "cranio-caudal")
    item.ViewModifierCodeSequence = []
    return item


HOT = (2, 12, 14)
"""Where the hot spot of the PET phantom lies: slice, row, column."""


@pytest.fixture(name="activity")
def activity_of_the_phantom() -> NDArray[np.float64]:
    """(5, 32, 32) what the PET phantom holds."""
    return activity()


def activity(slices: int = 5) -> NDArray[np.float64]:
    """Bq/ml in a cylinder of 5000 with a hot spot of 60000 in one slice, in air."""
    z, y, x = np.mgrid[:slices, :32, :32].astype(float)
    body = np.where(np.hypot(y - 16, x - 16) < 11, 5000.0, 0.0)
    hot = (z == HOT[0]) & (np.hypot(y - HOT[1], x - HOT[2]) < 2.5)
    return np.where(hot, 60000.0, body)


@pytest.fixture
def pet(tmp_path: Path) -> Callable[..., Path]:
    """A folder with a PET series in BQML, every slice scaled to its own brightest pixel."""

    def make(folder: str = "pet", **tags: Any) -> Path:
        place = tmp_path / folder
        place.mkdir()
        values = activity()
        for index, plane in enumerate(values):
            slope = float(f"{plane.max() / 32767:.8g}")
            own = {
                "SOPClassUID": PositronEmissionTomographyImageStorage,
                "SOPInstanceUID": f"1.2.826.0.5.{index + 1}",
                "FrameOfReferenceUID": "1.2.826.0.5.100",
                "PositionReferenceIndicator": "",
                "Modality": "PT",
                "BodyPartExamined": "CHEST",
                "ImageType": ["ORIGINAL", "PRIMARY"],
                "InstanceNumber": index + 1,
                "Units": "BQML",
                "CountsSource": "EMISSION",
                "SeriesType": ["STATIC", "IMAGE"],
                "CorrectedImage": ["DECY", "ATTN"],
                "DecayCorrection": "START",
                "CollimatorType": "NONE",
                "NumberOfSlices": len(values),
                "SeriesDate": "20200101",
                "SeriesTime": "120000",
                "ActualFrameDuration": 120000,
                "FrameReferenceTime": 0,
                "DecayFactor": 1.02,
                "ImageIndex": index + 1,
                "RadiopharmaceuticalInformationSequence": [radiopharmaceutical()],
                "PatientOrientationCodeSequence": [position()],
                "PatientGantryRelationshipCodeSequence": [coded("102540001", "SCT", "headfirst")],
                "ImagePositionPatient": [-62.0, -62.0, 4.0 * index],
                "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
                "PixelSpacing": [4, 4],
                "SliceThickness": 4,
                "RescaleIntercept": 0,
                "RescaleSlope": slope,
                "Rows": 32,
                "Columns": 32,
                "PixelRepresentation": 1,
            }
            saved(place / f"{9 - index}.dcm", (plane / slope).round(), {**own, **tags})
        return place

    return make


def radiopharmaceutical() -> pydicom.Dataset:
    item = pydicom.Dataset()
    item.RadionuclideCodeSequence = [coded("77004003", "SCT", "^18^Fluorine")]
    item.RadiopharmaceuticalStartTime = "110000"
    item.RadionuclideTotalDose = 370000000
    return item


def position() -> pydicom.Dataset:
    item = coded("102538003", "SCT", "recumbent")
    item.PatientOrientationModifierCodeSequence = [coded("40199007", "SCT", "supine")]
    return item


@pytest.fixture
def cine(tmp_path: Path) -> Callable[..., Path]:
    """A gray ultrasound cine: a sector that holds still, and in it a disc that goes one pixel to the right a frame."""

    def make(to: str = "cine.dcm", frames: int = 6, **tags: Any) -> Path:
        y, x = np.mgrid[:48, :64].astype(float)
        sector = (np.abs(np.degrees(np.arctan2(x - 32, y + 8))) < 35) & (np.hypot(x - 32, y + 8) < 52)
        pixels = np.stack(
            [np.where(np.hypot(x - 26 - frame, y - 24) < 5, 200, np.where(sector, 60, 0)) for frame in range(frames)]
        )
        own = {
            "SOPClassUID": UltrasoundMultiFrameImageStorage,
            "Modality": "US",
            "ImageType": ["ORIGINAL", "PRIMARY", "ABDOMINAL", "0001"],
            "NumberOfFrames": frames,
            "FrameIncrementPointer": 0x00181063,
            "FrameTime": 40,
            "Laterality": "",
            "PatientOrientation": "",
            "BurnedInAnnotation": "NO",
            "SequenceOfUltrasoundRegions": [region()],
            "Rows": 48,
            "Columns": 64,
            "BitsAllocated": 8,
            "BitsStored": 8,
            "HighBit": 7,
        }
        return saved(tmp_path / to, pixels, {**own, **tags})

    return make


def region() -> pydicom.Dataset:
    """A two-dimensional view of tissue, 0.2 mm wide and 0.4 mm high pixels (PS3.3 C.8.5.5)."""
    item = pydicom.Dataset()
    item.RegionSpatialFormat, item.RegionDataType, item.RegionFlags = 1, 1, 0
    item.RegionLocationMinX0, item.RegionLocationMinY0 = 0, 0
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = 63, 47
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = 3
    item.PhysicalDeltaX, item.PhysicalDeltaY = 0.02, 0.04
    return item
