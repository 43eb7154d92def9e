"""Writing a derived image: one function for every part of the standard that speaks of one.

A derived image says so (PS3.3 C.7.6.1.1.2), names what it came from (C.12.4), and keeps nothing that its new
pixels make untrue. `_PARTS` at the end lists the parts in order; each takes the header under construction, the
source's header and the deed. What is wrong to derive at all is refused first, as `LabelError`.

The same source, profile, seed and copy give the same bytes: UIDs are hashes, and no time of the run is written
(Instance Creation Date is left out; Content Date and the dates of study, series and acquisition stay the
source's). When a run was made is in its ledger.
"""

from __future__ import annotations

import copy
import io

from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSNearLossless,
    PositronEmissionTomographyImageStorage,
)
from pydicom.valuerep import format_number_as_ds

from domainaug.errors import LabelError
from domainaug.medical.carried import kept
from domainaug.medical.coding import coded, name_scheme, referring
from domainaug.medical.deeds import OURS, Code, Deed, is_mirrored
from domainaug.medical.laterality import SIDED, SIDES, check_sides, swap_sides
from domainaug.medical.opening import quiet
from domainaug.medical.pixels import Stored, native_size
from domainaug.medical.placed import patient_orientation, tell_place
from domainaug.medical.plausible import COLORS, PALETTE, UNKNOWN_TEXT, may_have_text

__all__ = [
    "EVERYWHERE",
    "IMPLEMENTATION_CLASS_UID",
    "READ",
    "WRITTEN",
    "check_truth",
    "derive",
    "description_of",
    "file_meta",
    "image_pixel",
    "naming_source",
    "to_bytes",
]

IMPLEMENTATION_CLASS_UID = UID("2.25.123273886500726457815381145730312536456")
"""Says who wrote a file (PS3.10 7.1)."""


# -- what may not be derived at all -----------------------------------------------------------------------


def check_truth(source: Dataset, deed: Deed) -> None:
    """Refuse a copy that would say something untrue.

    Raises:
        LabelError: A mirrored image that names its side, unless the sides can be exchanged (C.7.3.1, C.7.6.1), moved
            text (C.7.6.1), or a CT whose values were windowed and would be read as HU (C.8.2.1.1.2).
    """
    if "Window" in deed.steps and source.get("Modality") == "CT":
        raise LabelError(
            "Window makes shares of a window of HU, and a CT's stored values would still be read as HU; leave it out "
            "of the pipeline and window what a network is shown, after the series is read"
        )
    if deed.mirrored:
        check_sides(source, deed.allowed)
    elif is_mirrored(deed.effects) or (deed.moved and deed.undeclared):
        for name in SIDES:
            if str(source.get(name) or "") in ("L", "R"):
                raise LabelError(
                    f"the image is (or may be) mirrored and its {name} names a side, which would no longer be true; "
                    "mirror patients with AnatomicalMirror, which exchanges the sides, and leave other mirrors, and "
                    "transforms that nobody has declared, out of the pipeline"
                )
    if deed.relaid and source.get("BurnedInAnnotation") == "YES":
        raise LabelError(
            "text is burned into the image (BurnedInAnnotation YES) and would be moved, mirrored or cut with it; "
            "leave geometric transforms out of the pipeline"
        )
    if deed.relaid and may_have_text(source) and UNKNOWN_TEXT not in deed.allowed:
        raise LabelError(
            "nothing says whether text is burned into the image (BurnedInAnnotation is missing, as it often is in "
            "ultrasound and captures), and it would be moved, mirrored or cut with it; look and "
            f"allow {UNKNOWN_TEXT}, or leave geometric transforms out of the pipeline"
        )


# -- the parts --------------------------------------------------------------------------------------------


def _sop_common(out: Dataset, source: Dataset, deed: Deed) -> None:
    """C.12.1: a new identity; synthetic; who processed it."""
    out.SOPInstanceUID = deed.instance_uid
    out.SyntheticData = "YES"
    equipment = Dataset()
    equipment.PurposeOfReferenceCodeSequence = [coded(Code("109102", "DCM", "Processing Equipment"))]
    equipment.Manufacturer = "domainaug"
    equipment.ManufacturerModelName = "domainaug"
    equipment.SoftwareVersions = deed.version
    equipment.ContributionDescription = "Augmentation of training images"
    out.ContributingEquipmentSequence = [*out.get("ContributingEquipmentSequence", []), equipment]


def _coding_scheme(out: Dataset, source: Dataset, deed: Deed) -> None:
    """C.12.1.1.1: who stands behind codes that are not DICOM's own."""
    if any(code.scheme == OURS for code in deed.codes):
        name_scheme(out)


_OF_THE_STUDY = (
    *("StudyInstanceUID", "StudyID", "AccessionNumber", "IssuerOfAccessionNumberSequence"),
    *("ReferencedStudySequence", "RequestAttributesSequence", "ReferencedPerformedProcedureStepSequence"),
)
"""What files an image under its study and under what was asked for."""


def _general_study(out: Dataset, source: Dataset, deed: Deed) -> None:
    """C.7.2.1: the study of its source, unless the user wants copies filed apart; the time of the study stays."""
    if deed.study_uid is None:
        return
    for name in _OF_THE_STUDY:
        out.pop(name, None)
    out.StudyInstanceUID, out.StudyID, out.AccessionNumber = deed.study_uid, "", ""


def _general_series(out: Dataset, source: Dataset, deed: Deed) -> None:
    """C.7.3.1: never part of the series it came from."""
    out.SeriesInstanceUID = deed.series_uid
    before = source.get("SeriesNumber")
    number = (int(before) if before not in (None, "") else 0) + 9000 + 10000 * deed.copy
    out.SeriesNumber = number if number < 2**31 else 9000 + deed.copy
    out.SeriesDescription = _ascii(f"AUG copy {deed.copy} {deed.profile}")[:64]


def _frame_of_reference(out: Dataset, source: Dataset, deed: Deed) -> None:
    """C.7.4.1: content that moved no longer lies where the source's coordinates say."""
    if deed.moved and source.get("FrameOfReferenceUID"):
        out.FrameOfReferenceUID = deed.frame_of_reference_uid


def _general_image(out: Dataset, source: Dataset, deed: Deed) -> None:
    """C.7.6.1: derived, secondary (PT knows only primary ones: C.8.9.4.1.1), and by what; AXIAL ... still holds."""
    out.InstanceNumber = deed.number
    before = source.get("ImageType") or []
    before = [before] if isinstance(before, str) else list(before)
    second = "PRIMARY" if source.SOPClassUID == PositronEmissionTomographyImageStorage else "SECONDARY"
    out.ImageType = ["DERIVED", second, *before[2:]]
    out.DerivationDescription = description_of(deed)
    out.pop("DerivationCodeSequence", None)
    if deed.codes:
        out.DerivationCodeSequence = [coded(code) for code in deed.codes]


def _general_reference(out: Dataset, source: Dataset, deed: Deed) -> None:
    """C.12.4: the one image it came from, and whether a place in it is the same place here."""
    item = naming_source(source, deed)
    out.SourceImageSequence = [item]
    for kind, uid in deed.beside:
        other = copy.deepcopy(item)
        other.ReferencedSOPClassUID, other.ReferencedSOPInstanceUID = kind, uid
        out.SourceImageSequence.append(other)


def naming_source(source: Dataset, deed: Deed) -> Dataset:
    """Return an item that names a source, and says whether places in it are the same here (PS3.3 C.12.4.1)."""
    item = _reference(source)
    item.SpatialLocationsPreserved = "NO" if deed.relaid else "YES"
    letters = patient_orientation(source)
    if deed.placed is not None and deed.placed.only_turned and not deed.moved and letters is not None:
        item.SpatialLocationsPreserved, item.PatientOrientation = "REORIENTED_ONLY", list(letters)
    item.PurposeOfReferenceCodeSequence = [coded(Code("121322", "DCM", "Source image for image processing operation"))]
    return item


def _common_instance_reference(out: Dataset, source: Dataset, deed: Deed) -> None:
    """C.12.2: the series that the source is in, in its own study or in another."""
    series = Dataset()
    series.SeriesInstanceUID = source.SeriesInstanceUID
    others = [referring(*pair) for pair in deed.beside]
    series.ReferencedInstanceSequence = [_reference(source), *others]
    if deed.study_uid is None:
        out.ReferencedSeriesSequence = [series]
        return
    study = Dataset()
    study.ReferencedSeriesSequence, study.StudyInstanceUID = [series], source.StudyInstanceUID
    out.pop("ReferencedSeriesSequence", None)
    out.StudiesContainingOtherReferencedInstancesSequence = [study]


_LOSSY = {
    JPEGBaseline8Bit: "ISO_10918_1",
    JPEGExtended12Bit: "ISO_10918_1",
    JPEGLSNearLossless: "ISO_14495_1",
    JPEG2000: "ISO_15444_1",
    HTJ2K: "ISO_15444_15",
}
_NEVER_LOSSLESS = (JPEGBaseline8Bit, JPEGExtended12Bit)


def _lossy_compression(out: Dataset, source: Dataset, deed: Deed) -> None:
    """C.7.6.1.1.5: once lossy, always lossy, however it is written now."""
    syntax = source.file_meta.TransferSyntaxUID
    said = source.get("LossyImageCompression")
    if syntax in _LOSSY and (not said or (said != "01" and syntax in _NEVER_LOSSLESS)):
        out.LossyImageCompression = "01"
        out.LossyImageCompressionMethod = _LOSSY[syntax]
        whole = native_size(source)
        out.LossyImageCompressionRatio = f"{whole / max(len(source.PixelData), 1):.6g}"
    if "compression" in deed.effects or "compression" in deed.faint:
        out.LossyImageCompression = "01"


def _image_plane(out: Dataset, source: Dataset, deed: Deed) -> None:
    """C.7.6.2, C.7.6.3, 10.7: where the pixels lie, once they are others than the source's."""
    if deed.placed is not None:
        tell_place(out, source, deed.placed)


def _modality_lut(out: Dataset, source: Dataset, deed: Deed) -> None:
    """C.11.1: the rescale of the source, but for a PET slice that became brighter than its own can say."""
    if deed.slope is not None:
        out.RescaleSlope = format_number_as_ds(deed.slope)


_INTEGERS = ("PixelPaddingValue", "PixelPaddingRangeLimit")  # of one sample


def _color(out: Dataset, source: Dataset, deed: Deed) -> None:
    """C.7.6.3.1.2: whatever color was written in, it is red, green and blue now, pixel by pixel; ICC profiles stay."""
    if source.get("PhotometricInterpretation") not in COLORS:
        return
    if source.PhotometricInterpretation == "PALETTE COLOR":
        out.BitsAllocated, out.BitsStored, out.HighBit = 8, 8, 7
    for name in (*PALETTE, *_INTEGERS, "PaletteColorLookupTableUID"):
        out.pop(name, None)
    out.SamplesPerPixel, out.PhotometricInterpretation, out.PlanarConfiguration = 3, "RGB", 0


def _laterality(out: Dataset, source: Dataset, deed: Deed) -> None:
    """C.7.3.1, C.7.6.1, 10.5: a mirrored patient has what was on the left on the right."""
    if deed.mirrored:
        swap_sides(out)


EVERYWHERE = (
    _sop_common,
    _coding_scheme,
    _general_study,
    _general_series,
    _frame_of_reference,
    _common_instance_reference,
    _laterality,
    _lossy_compression,
)
"""Parts of every derived object; each takes the header under construction, the source's, and the deed."""

_PARTS = (
    _sop_common,
    _coding_scheme,
    _general_study,
    _general_series,
    _frame_of_reference,
    _general_image,
    _general_reference,
    _common_instance_reference,
    _image_plane,
    _laterality,
    _lossy_compression,
    _modality_lut,
    _color,
)
"""Rescale, window, padding value and acquisition stay as they are, as values are taken back through the
same rescale; so do spacing and position, unless pixels were cut off, added or resampled."""

READ = frozenset(
    {
        *SIDED,
        *_OF_THE_STUDY,
        "StudiesContainingOtherReferencedInstancesSequence",
        "BurnedInAnnotation",
        "SpecificCharacterSet",
        "PhotometricInterpretation",
        "SOPClassUID",
        "SeriesInstanceUID",
        "SeriesNumber",
        "FrameOfReferenceUID",
        "ImageType",
        "ContributingEquipmentSequence",
        "CodingSchemeIdentificationSequence",
        "LossyImageCompression",
        "LossyImageCompressionMethod",
        "LossyImageCompressionRatio",
        "Rows",
        "Columns",
        "PatientOrientation",
        "ImageOrientationPatient",
        "BitsAllocated",
    }
)
"""What the parts, or writing at all, ask a source for, besides its SOP Instance UID."""

WRITTEN = frozenset(
    {
        "SOPInstanceUID",
        "SyntheticData",
        "InstanceNumber",
        "SeriesDescription",
        "DerivationDescription",
        "DerivationCodeSequence",
        "SourceImageSequence",
        "ReferencedSeriesSequence",
    }
)
"""What the parts write whatever the source says, besides what is in `READ`."""


def derive(source: Dataset, pixels: Stored, deed: Deed) -> Dataset:
    """Return a derived image.

    Args:
        source: The header of the image it came from, with its `file_meta`; left as it is.
        pixels: (rows, columns) stored values, little-endian, of the type that the header announces; behind the
            number of frames, and before samples of color, where there are several.
        deed: What was done.

    Raises:
        LabelError: It would say something untrue.
    """
    check_truth(source, deed)
    with quiet():
        out = kept(source, deed)
        for part in _PARTS:
            part(out, source, deed)
        image_pixel(out, pixels)
        out.file_meta = file_meta(out, deed)
    return out


def image_pixel(out: Dataset, pixels: Stored) -> None:
    """C.7.6.3, PS3.5 8: native pixels of even length, in words where a pixel takes more than a byte."""
    content = pixels.tobytes()
    out.PixelData = content + b"\0" * (len(content) % 2)
    out["PixelData"].VR = "OW" if pixels.itemsize > 1 else "OB"


def file_meta(out: Dataset, deed: Deed) -> FileMetaDataset:
    """Return the file meta information of a derived object (PS3.10 7.1)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = out.SOPClassUID
    meta.MediaStorageSOPInstanceUID = out.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = f"DOMAINAUG_{deed.version}"[:16].upper()
    return meta


def to_bytes(derived: Dataset) -> bytes:
    """Return a derived image as a file: zero preamble, Explicit VR Little Endian."""
    stream = io.BytesIO()
    with quiet():
        derived.preamble = bytes(128)
        dcmwrite(stream, derived, implicit_vr=False, little_endian=True, enforce_file_format=True)
    return stream.getvalue()


def description_of(deed: Deed) -> str:
    """Return how something was derived, for a Derivation Description: ST, 1024 characters at most."""
    saturated = f"; {deed.saturated} pixels of the series saturated" if deed.saturated else ""
    return _ascii(
        f"domainaug {deed.version}: profile {deed.profile}, seed {deed.seed}, copy {deed.copy}{saturated}. {deed.words}"
    )[:1024]


def _reference(source: Dataset) -> Dataset:
    return referring(source.SOPClassUID, source.SOPInstanceUID)


def _ascii(text: str) -> str:
    """Return `text` in the characters that every character set has, and without DICOM's separator."""
    return "".join(letter if " " <= letter <= "~" and letter != "\\" else "?" for letter in text)
