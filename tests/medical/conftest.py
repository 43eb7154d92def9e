"""Real files that pydicom's wheel carries, and series with known faults made from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian


@pytest.fixture
def real() -> Callable[[str], Path]:
    """The path of a file in pydicom's wheel."""
    return lambda name: Path(str(get_testdata_file(name)))


@pytest.fixture
def edited(tmp_path: Path, real: Callable[[str], Path]) -> Callable[..., Path]:
    """A copy of a real file with tags changed (None removes one)."""

    def make(name: str = "CT_small.dcm", to: str = "edited.dcm", **tags: Any) -> Path:
        dataset = pydicom.dcmread(real(name))
        path = tmp_path / to
        path.parent.mkdir(parents=True, exist_ok=True)
        edit(dataset, tags).save_as(path)
        return path

    return make


@pytest.fixture
def series(tmp_path: Path, real: Callable[[str], Path]) -> Callable[..., Path]:
    """A folder with a CT series, one slice per position, named so that file order is not slice order."""

    def make(positions: Any = (0, 5, 10, 15), *, folder: str = "series", each: Any = None, **tags: Any) -> Path:
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        for index, position in enumerate(positions):
            at = position if isinstance(position, list | tuple) else (-10.0, 20.0, position)
            dataset = pydicom.dcmread(real("CT_small.dcm"))
            dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = (
                f"1.2.826.0.1.{folder_number(folder)}.{index + 1}"
            )
            dataset.SeriesInstanceUID = f"1.2.826.0.2.{folder_number(folder)}"
            dataset.ImagePositionPatient = [float(x) for x in at]
            dataset.SliceLocation = dataset.ImagePositionPatient[2]
            dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
            dataset.InstanceNumber = 100 - index
            dataset.PixelData = (dataset.pixel_array + np.int16(index)).tobytes()
            edit(dataset, {**tags, **(each(index) if each else {})})
            dataset.save_as(place / f"{(index * 7) % 10}-{index}.dcm")
        return place

    return make


@pytest.fixture
def radiograph(tmp_path: Path) -> Callable[..., Path]:
    """A digital radiograph (DX) whose every module is filled in, so that a validator has nothing to say."""

    def make(to: str = "dx.dcm", **tags: Any) -> Path:
        dataset = pydicom.Dataset()
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        edit(dataset, dx_tags())
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        ramp = np.linspace(0, 4095, 48 * 40).reshape(48, 40).astype("<u2")
        dataset.PixelData = ramp.tobytes()
        dataset["PixelData"].VR = "OW"
        edit(dataset, tags)
        dataset.save_as(tmp_path / to, enforce_file_format=True)
        return tmp_path / to

    return make


def edit(dataset: pydicom.Dataset, tags: Mapping[str, Any]) -> pydicom.Dataset:
    for name, value in tags.items():
        if value is None:
            dataset.pop(name, None)
        else:
            setattr(dataset, name, value)
    return dataset


def folder_number(folder: str) -> int:
    return sum(map(ord, folder))


def code_item(value: str, scheme: str, meaning: str) -> pydicom.Dataset:
    item = pydicom.Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def dx_tags() -> dict[str, Any]:
    return {
        "SOPClassUID": DigitalXRayImageStorageForPresentation,
        "SOPInstanceUID": "1.2.826.0.3.1",
        "StudyInstanceUID": "1.2.826.0.3.2",
        "SeriesInstanceUID": "1.2.826.0.3.3",
        "PatientName": "Phantom^Chest",
        "PatientID": "P1",
        "PatientBirthDate": "",
        "PatientSex": "",
        "StudyDate": "20200101",
        "StudyTime": "120000",
        "AccessionNumber": "",
        "ReferringPhysicianName": "",
        "StudyID": "1",
        "SeriesNumber": 1,
        "InstanceNumber": 1,
        "Modality": "DX",
        "Manufacturer": "Maker",
        "PresentationIntentType": "FOR PRESENTATION",
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "ContentDate": "20200101",
        "ContentTime": "120000",
        "AcquisitionDate": "20200101",
        "BodyPartExamined": "CHEST",
        "AnatomicRegionSequence": [code_item("51185008", "SCT", "Chest")],
        "ViewCodeSequence": [code_item("399348003", "SCT", "antero-posterior")],
        "ViewPosition": "AP",
        "PatientOrientation": ["L", "F"],
        "ImageLaterality": "U",
        "DetectorType": "DIRECT",
        "DetectorConfiguration": "AREA",
        "ImagerPixelSpacing": [0.5, 0.5],
        "PixelSpacing": [0.5, 0.5],
        "BurnedInAnnotation": "NO",
        "LossyImageCompression": "00",
        "PresentationLUTShape": "IDENTITY",
        "PixelIntensityRelationship": "LOG",
        "PixelIntensityRelationshipSign": -1,
        "RescaleIntercept": 0,
        "RescaleSlope": 1,
        "RescaleType": "US",
        "AcquisitionContextSequence": [],
        "WindowCenter": 2048,
        "WindowWidth": 4096,
        "PositionerType": "NONE",
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": 48,
        "Columns": 40,
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
    }


@dataclass(frozen=True)
class Told:
    """A run, as a writer is told of it."""

    profile: str = "medical/ct-chest"
    profile_version: str = "1.0.0"
    profile_digest: str = "ab" * 32
    seed: int = 7
    copy: int = 0
    moved: bool = False
    record: Mapping[str, Any] = field(default_factory=dict)
    version: str = "0.1.0"


@pytest.fixture
def told() -> type[Told]:
    """The run that a copy is made in."""
    return Told


@pytest.fixture
def odd_ones() -> Callable[[int], list[dict[str, Any]]]:
    """Tags by the place of a slice, of several kinds: what differs from slice to slice in real series."""
    return varied


def varied(index: int) -> list[dict[str, Any]]:
    """What differs from slice to slice in real series: plain values, texts, sequences, missing and private elements."""
    item = pydicom.Dataset()
    item.CodeValue = f"{index}"
    return [
        {"AcquisitionTime": f"1200{index:02d}.5", "XRayTubeCurrent": 100 + index, "SliceLocation": index * 2.5},
        {"PatientComments": f" spaced {index}", "ImageComments": "ü" * index, "WindowCenter": [40, index + 1]},
        {"ProcedureCodeSequence": [item]},
        {"KVP": None} if index % 2 else {"KVP": "120", "StudyDescription": "a" * index},
        {"RescaleIntercept": -1024 + index, "AcquisitionNumber": index},
        {"InstanceNumber": 10 ** (index % 5), "ContentTime": ""},
    ]
