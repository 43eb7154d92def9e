"""Enhanced CT, MR and PET objects with known geometry and values, every module and group of them filled in.

Validators have nothing to say against them, so that whatever they say of a copy is the copy's own. Tests are given this
module as `phantom`.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom import Dataset
from pydicom.data import get_testdata_file
from pydicom.tag import Tag
from pydicom.uid import (
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    EnhancedPETImageStorage,
    ExplicitVRLittleEndian,
)


@pytest.fixture(scope="session")
def phantom() -> ModuleType:
    """Everything here."""
    return sys.modules[__name__]


@pytest.fixture(scope="session")
def philips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real Enhanced MR of 176 frames, with groups of the standard and private ones, in nibabel's wheel; all black."""
    found = find_spec("nibabel")
    place = Path(str(found.origin)).parent / "nicom/tests/data/philips_mprage.dcm.gz" if found else Path()
    if not place.is_file():
        pytest.skip("nibabel's test data are not installed")
    path = tmp_path_factory.mktemp("philips") / "mprage.dcm"
    path.write_bytes(gzip.decompress(place.read_bytes()))
    return path


@pytest.fixture(scope="session")
def perfusion() -> Path:
    """A real Enhanced CT of two frames, in pydicom-data."""
    return _in_pydicom_data("eCT_Supplemental.dcm")


@pytest.fixture(scope="session")
def groupless() -> Path:
    """A real Enhanced MR that lost its functional groups, in pydicom-data."""
    return _in_pydicom_data("emri_small.dcm")


def _in_pydicom_data(name: str) -> Path:
    found = get_testdata_file(name, download=False)
    if found is None:
        pytest.skip("pydicom-data is not installed")
    return Path(str(found))


ROWS, COLUMNS = 32, 40
SPACING = (0.75, 0.5)
STEP = 2.5
OBLIQUE = (0.8, 0.6, 0.0, 0.0, 0.0, -1.0)
"""A row runs left and back, a column down; slices follow each other along (-0.6, 0.8, 0)."""


def item(**values: Any) -> Dataset:
    """Return a data set."""
    out = Dataset()
    for name, value in values.items():
        setattr(out, name, value)
    return out


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """Return a coded entry."""
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def normal(orientation: Sequence[float]) -> np.ndarray:
    """Return the direction in which slices follow each other."""
    return np.cross(orientation[:3], orientation[3:])


def place(slice_number: float, orientation: Sequence[float] = OBLIQUE, origin: Sequence[float] = (-31, 17, 5)) -> list:
    """Return where the first pixel of a slice lies, mm."""
    return [round(float(x), 6) for x in np.array(origin) + slice_number * STEP * normal(orientation)]


def stored(slice_number: int) -> np.ndarray:
    """Return the stored values of a slice: a ramp, and the number of the slice in its first row."""
    ramp = np.linspace(100, 3000, ROWS * COLUMNS).reshape(ROWS, COLUMNS).astype("<u2") + np.uint16(slice_number)
    ramp[0] = 10 + slice_number
    return ramp


def frame(slice_number: float, *, stack: str = "1", index: Sequence[int] = (), **groups: Any) -> dict[str, Any]:
    """Return the groups that a frame has for itself; `content` and others by name add to them or replace them."""
    at = place(slice_number, groups.pop("orientation", OBLIQUE))
    content = item(
        StackID=stack,
        InStackPositionNumber=int(slice_number) + 1,
        DimensionIndexValues=list(index) or [1, int(slice_number) + 1],
        FrameReferenceDateTime="20200101120000",
        FrameAcquisitionDateTime="20200101120000",
        FrameAcquisitionDuration=10.0,
    )
    for name, value in groups.pop("content", {}).items():
        setattr(content, name, value)
    found = {"FrameContentSequence": content, "PlanePositionSequence": item(ImagePositionPatient=at)}
    return {**found, **groups}


def enhanced(
    path: Path,
    frames: Iterable[Mapping[str, Any]],
    pixels: Iterable[np.ndarray],
    *,
    kind: str = "CT",
    shared: Mapping[str, Any] | None = None,
    dimensions: Sequence[tuple[str, str]] = (
        ("StackID", "FrameContentSequence"),
        ("InStackPositionNumber", "FrameContentSequence"),
    ),
    **tags: Any,
) -> Path:
    """Write an Enhanced object.

    Args:
        path: The file.
        frames: The groups of each frame, as `frame` gives them, in the order of the file.
        pixels: (rows, columns) of each, stored values of 16 bits.
        kind: CT, MR or PT.
        shared: Groups that differ from what frames share; None leaves one out.
        dimensions: Attributes that frames are indexed by, and the groups these are in.
        tags: What differs above the groups; None leaves it out.
    """
    out = Dataset()
    out.file_meta = pydicom.dataset.FileMetaDataset()
    out.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    above, groups = _KINDS[kind]
    for name, value in {**_common(), **above(), **_dimensions(dimensions), **tags}.items():
        if value is not None:
            setattr(out, name, value)
    common = {**_shared(), **groups(), **(shared or {})}
    out.SharedFunctionalGroupsSequence = [_groups(common)]
    out.PerFrameFunctionalGroupsSequence = [_groups(one) for one in frames]
    out.NumberOfFrames = tags.get("NumberOfFrames", len(out.PerFrameFunctionalGroupsSequence))
    out.PixelData = b"".join(np.ascontiguousarray(one, "<u2").tobytes() for one in pixels)
    out["PixelData"].VR = "OW"
    out.file_meta.MediaStorageSOPClassUID = out.SOPClassUID
    out.file_meta.MediaStorageSOPInstanceUID = out.SOPInstanceUID
    out.save_as(path, enforce_file_format=True)
    return path


def _groups(groups: Mapping[str, Any]) -> Dataset:
    return item(**{name: value if isinstance(value, list) else [value] for name, value in groups.items() if value})


def _dimensions(pointers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    organization = "1.2.826.0.4.9"
    entries = [
        item(
            DimensionOrganizationUID=organization,
            DimensionIndexPointer=Tag(pointer),
            FunctionalGroupPointer=Tag(group),
        )
        for pointer, group in pointers
    ]
    return {
        "DimensionOrganizationSequence": [item(DimensionOrganizationUID=organization)],
        "DimensionIndexSequence": entries,
    }


def _common() -> dict[str, Any]:
    return {
        "SOPInstanceUID": "1.2.826.0.4.1",
        "StudyInstanceUID": "1.2.826.0.4.2",
        "SeriesInstanceUID": "1.2.826.0.4.3",
        "FrameOfReferenceUID": "1.2.826.0.4.4",
        "PatientName": "Phantom^Enhanced",
        "PatientID": "P1",
        "PatientBirthDate": "",
        "PatientSex": "",
        "StudyDate": "20200101",
        "StudyTime": "120000",
        "ContentDate": "20200101",
        "ContentTime": "120000",
        "AcquisitionDateTime": "20200101120000",
        "AcquisitionDuration": 10.0,
        "AccessionNumber": "",
        "ReferringPhysicianName": "",
        "StudyID": "1",
        "SeriesNumber": 1,
        "InstanceNumber": 1,
        "AcquisitionNumber": 1,
        "Manufacturer": "Maker",
        "ManufacturerModelName": "Model",
        "DeviceSerialNumber": "1",
        "SoftwareVersions": "1",
        "PatientPosition": "HFS",
        "PositionReferenceIndicator": "",
        "ContentQualification": "RESEARCH",
        "PixelPresentation": "MONOCHROME",
        "VolumetricProperties": "VOLUME",
        "VolumeBasedCalculationTechnique": "NONE",
        "AcquisitionContextSequence": [],
        "BurnedInAnnotation": "NO",
        "LossyImageCompression": "00",
        "PresentationLUTShape": "IDENTITY",
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": ROWS,
        "Columns": COLUMNS,
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
    }


def _shared() -> dict[str, Any]:
    return {
        "PixelMeasuresSequence": item(SliceThickness=STEP, SpacingBetweenSlices=STEP, PixelSpacing=list(SPACING)),
        "PlaneOrientationSequence": item(ImageOrientationPatient=list(OBLIQUE)),
        "FrameAnatomySequence": item(AnatomicRegionSequence=[code("69536005", "SCT", "Head")], FrameLaterality="U"),
        "FrameVOILUTSequence": item(WindowCenter=40, WindowWidth=400),
    }


def _ct() -> dict[str, Any]:
    return {
        "SOPClassUID": EnhancedCTImageStorage,
        "Modality": "CT",
        "ImageType": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
    }


def _shared_ct() -> dict[str, Any]:
    return {
        "CTImageFrameTypeSequence": item(
            FrameType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
            PixelPresentation="MONOCHROME",
            VolumetricProperties="VOLUME",
            VolumeBasedCalculationTechnique="NONE",
        ),
        "PixelValueTransformationSequence": item(RescaleIntercept=-1024, RescaleSlope=1, RescaleType="HU"),
        "IrradiationEventIdentificationSequence": item(IrradiationEventUID="1.2.826.0.4.5"),
        "CTAcquisitionTypeSequence": item(AcquisitionType="SPIRAL", ConstantVolumeFlag="NO", FluoroscopyFlag="NO"),
        "CTAcquisitionDetailsSequence": item(
            RotationDirection="CW",
            RevolutionTime=0.5,
            SingleCollimationWidth=0.5,
            TotalCollimationWidth=20.0,
            TableHeight=100,
            GantryDetectorTilt=0,
            DataCollectionDiameter=500,
        ),
        "CTTableDynamicsSequence": item(TableSpeed=10.0, TableFeedPerRotation=10.0, SpiralPitchFactor=0.5),
        "CTPositionSequence": item(
            TablePosition=0.0,
            DataCollectionCenterPatient=[0.0, 0.0, 0.0],
            ReconstructionTargetCenterPatient=[0.0, 0.0, 0.0],
        ),
        "CTGeometrySequence": item(DistanceSourceToDetector=1000, DistanceSourceToDataCollectionCenter=500.0),
        "CTReconstructionSequence": item(
            ReconstructionAlgorithm="FILTER_BACK_PROJ",
            ConvolutionKernel="B30",
            ConvolutionKernelGroup="SOFT",
            ReconstructionDiameter=16,
            ReconstructionPixelSpacing=list(reversed(SPACING)),
            ReconstructionAngle=360.0,
            ImageFilter="NONE",
        ),
        "CTExposureSequence": item(
            ExposureTimeInms=500.0, XRayTubeCurrentInmA=100.0, ExposureInmAs=50.0, ExposureModulationType="NONE"
        ),
        "CTXRayDetailsSequence": item(
            KVP=120, FocalSpots=1, FilterType="NONE", FilterMaterial="ALUMINUM", CalciumScoringMassFactorPatient=1.0
        ),
    }


def _mr() -> dict[str, Any]:
    return {
        "SOPClassUID": EnhancedMRImageStorage,
        "Modality": "MR",
        "ImageType": ["ORIGINAL", "PRIMARY", "T1", "NONE"],
        "ComplexImageComponent": "MAGNITUDE",
        "AcquisitionContrast": "T1",
        "ResonantNucleus": "1H",
        "KSpaceFiltering": "NONE",
        "MagneticFieldStrength": 3,
        "ApplicableSafetyStandardAgency": "IEC",
        "MRAcquisitionType": "2D",
        "PulseSequenceName": "SE",
        "EchoPulseSequence": "SPIN",
        "MultipleSpinEcho": "NO",
        "MultiPlanarExcitation": "NO",
        "PhaseContrast": "NO",
        "TimeOfFlightContrast": "NO",
        "SteadyStatePulseSequence": "NONE",
        "EchoPlanarPulseSequence": "NO",
        "SaturationRecovery": "NO",
        "SpectrallySelectedSuppression": "NONE",
        "OversamplingPhase": "NONE",
        "GeometryOfKSpaceTraversal": "RECTILINEAR",
        "SegmentedKSpaceTraversal": "SINGLE",
        "RectilinearPhaseEncodeReordering": "LINEAR",
        "NumberOfKSpaceTrajectories": 1,
        "BulkMotionCompensationTechnique": "NONE",
        "CardiacSynchronizationTechnique": "NONE",
        "RespiratoryMotionCompensationTechnique": "NONE",
    }


def frame_type_mr(value: str = "T1", component: str = "MAGNITUDE") -> Dataset:
    """Return what kind of MR image a frame is."""
    return item(
        FrameType=["ORIGINAL", "PRIMARY", value, "NONE"],
        PixelPresentation="MONOCHROME",
        VolumetricProperties="VOLUME",
        VolumeBasedCalculationTechnique="NONE",
        ComplexImageComponent=component,
        AcquisitionContrast="T1",
    )


def _shared_mr() -> dict[str, Any]:
    return {
        "MRImageFrameTypeSequence": frame_type_mr(),
        "PixelValueTransformationSequence": item(RescaleIntercept=0, RescaleSlope=1, RescaleType="US"),
        "MRTimingAndRelatedParametersSequence": item(
            RepetitionTime=500,
            FlipAngle=90,
            EchoTrainLength=1,
            RFEchoTrainLength=1,
            GradientEchoTrainLength=0,
            SpecificAbsorptionRateSequence=[
                item(SpecificAbsorptionRateDefinition="IEC_WHOLE_BODY", SpecificAbsorptionRateValue=0.1)
            ],
            GradientOutputType="DB_DT",
            GradientOutput=1.0,
            OperatingModeSequence=[item(OperatingModeType="RF", OperatingMode="IEC_NORMAL")],
        ),
        "MRFOVGeometrySequence": item(
            InPlanePhaseEncodingDirection="ROW",
            MRAcquisitionFrequencyEncodingSteps=ROWS,
            MRAcquisitionPhaseEncodingStepsInPlane=COLUMNS,
            PercentSampling=100,
            PercentPhaseFieldOfView=100,
        ),
        "MREchoSequence": item(EffectiveEchoTime=10.0),
        "MRModifierSequence": item(
            InversionRecovery="NO",
            FlowCompensation="NONE",
            Spoiling="NONE",
            T2Preparation="NO",
            SpectrallySelectedExcitation="NONE",
            SpatialPresaturation="NONE",
            PartialFourier="NO",
            ParallelAcquisition="NO",
        ),
        "MRImagingModifierSequence": item(
            MagnetizationTransfer="NONE",
            BloodSignalNulling="NO",
            Tagging="NONE",
            TransmitterFrequency=123.0,
            PixelBandwidth=100,
        ),
        "MRReceiveCoilSequence": item(
            ReceiveCoilName="HEAD",
            ReceiveCoilManufacturerName="",
            ReceiveCoilType="VOLUME",
            QuadratureReceiveCoil="YES",
        ),
        "MRTransmitCoilSequence": item(
            TransmitCoilName="BODY", TransmitCoilManufacturerName="", TransmitCoilType="BODY"
        ),
        "MRAveragesSequence": item(NumberOfAverages=1),
    }


_CORRECTIONS = (
    *("DecayCorrected", "AttenuationCorrected", "ScatterCorrected", "DeadTimeCorrected", "GantryMotionCorrected"),
    *("PatientMotionCorrected", "CountLossNormalizationCorrected", "RandomsCorrected", "SensitivityCalibrated"),
    *("NonUniformRadialSamplingCorrected", "DetectorNormalizationCorrection"),
)


def _pt() -> dict[str, Any]:
    drug = item(
        RadionuclideCodeSequence=[code("77004003", "SCT", "^18^Fluorine")],
        RadiopharmaceuticalAgentNumber=1,
        AdministrationRouteCodeSequence=[code("47625008", "SCT", "Intravenous route")],
        RadiopharmaceuticalStartDateTime="20200101110000",
        RadiopharmaceuticalStopDateTime="20200101110000",
        RadionuclideTotalDose=350,
        RadionuclideHalfLife=6586,
        RadionuclidePositronFraction=0.97,
        RadiopharmaceuticalCodeSequence=[code("35321007", "SCT", "Fluorodeoxyglucose F^18^")],
    )
    return {
        "SOPClassUID": EnhancedPETImageStorage,
        "Modality": "PT",
        "ImageType": ["ORIGINAL", "PRIMARY", "STATIC", "NONE"],
        "BitsStored": 16,
        "HighBit": 15,
        "RadiopharmaceuticalInformationSequence": [drug],
        "AcquisitionStartCondition": "MANU",
        "AcquisitionTerminationCondition": "TIME",
        "AcquisitionTerminationConditionData": 600,
        "TerminationTimeThreshold": 600.0,
        "TypeOfDetectorMotion": "NONE",
        "TransverseDetectorSeparation": 2.0,
        "AxialDetectorDimension": 2.0,
        "CollimatorType": "NONE",
        "CoincidenceWindowWidth": 12,
        "EnergyWindowRangeSequence": [item(EnergyWindowLowerLimit=425, EnergyWindowUpperLimit=650)],
        "TableMotion": "STATIC",
        "TimeOfFlightInformationUsed": "FALSE",
        "ViewCodeSequence": [code("62824007", "SCT", "transverse")],
        "CountsSource": "EMISSION",
        **dict.fromkeys(_CORRECTIONS, "NO"),
    }


def _shared_pt() -> dict[str, Any]:
    return {
        "PETFrameTypeSequence": item(
            FrameType=["ORIGINAL", "PRIMARY", "STATIC", "NONE"],
            PixelPresentation="MONOCHROME",
            VolumetricProperties="VOLUME",
            VolumeBasedCalculationTechnique="NONE",
        ),
        "PixelValueTransformationSequence": item(RescaleIntercept=0, RescaleSlope=2.5, RescaleType="BQML"),
        "RadiopharmaceuticalUsageSequence": item(RadiopharmaceuticalAgentNumber=1),
        "PETFrameAcquisitionSequence": item(
            TableHeight=100, GantryDetectorTilt=0, GantryDetectorSlew=0, DataCollectionDiameter=700
        ),
        "PETDetectorMotionDetailsSequence": item(RotationDirection="CW", RevolutionTime=1.0),
        "PETPositionSequence": item(
            TablePosition=0.0,
            DataCollectionCenterPatient=[0.0, 0.0, 0.0],
            ReconstructionTargetCenterPatient=[0.0, 0.0, 0.0],
        ),
        "PETFrameCorrectionFactorsSequence": item(
            PrimaryPromptsCountsAccumulated=1000,
            SliceSensitivityFactor=1.0,
            DeadTimeFactor=1.0,
            ScatterFractionFactor=0.1,
        ),
        "PETReconstructionSequence": item(
            ReconstructionType="3D",
            ReconstructionAlgorithm="ITERATIVE",
            IterativeReconstructionMethod="NO",
            ReconstructionDiameter=16,
            ReconstructionPixelSpacing=list(reversed(SPACING)),
        ),
    }


_KINDS = {"CT": (_ct, _shared_ct), "MR": (_mr, _shared_mr), "PT": (_pt, _shared_pt)}
