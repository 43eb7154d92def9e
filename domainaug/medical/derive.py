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
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydicom import Dataset, dcmwrite
from pydicom.datadict import tag_for_keyword
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

from domainaug.effects import Interval
from domainaug.errors import LabelError
from domainaug.medical.coding import coded, name_scheme, referring
from domainaug.medical.deeds import CUT, MIRRORED, OURS, Code, codes_for, describe_effects, is_mirrored
from domainaug.medical.laterality import SIDED, SIDES, check_sides, swap_sides
from domainaug.medical.opening import quiet
from domainaug.medical.pixels import Stored, native_size
from domainaug.medical.placed import STALE_ONCE_CUT, Placed, tell_place
from domainaug.medical.plausible import COLORS, PALETTE, UNKNOWN_TEXT, may_have_text

__all__ = [
    "EVERYWHERE",
    "IMPLEMENTATION_CLASS_UID",
    "READ",
    "WRITTEN",
    "Deed",
    "check_truth",
    "derive",
    "description_of",
    "file_meta",
    "image_pixel",
    "kept",
    "stays",
    "to_bytes",
]

IMPLEMENTATION_CLASS_UID = UID("2.25.123273886500726457815381145730312536456")
"""Says who wrote a file (PS3.10 7.1)."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done to one image of a copy.

    Attributes:
        instance_uid: SOP Instance UID of the result.
        series_uid: Series Instance UID of the result; one per source series, profile, seed and copy.
        frame_of_reference_uid: Where the result lies; used when content moved.
        number: Instance Number, from 1.
        copy: Which copy, from 0.
        profile: Profile id, version and short digest, as text.
        seed: Seed of the run.
        version: Version of domainaug.
        moved: Whether content moved relative to the patient.
        effects: What really happened and counts.
        faint: What happened besides, below what counts.
        changed: Whether any pixel of this image differs from its source.
        undeclared: Whether something happened besides, of which nobody knows what it is.
        saturated: How many pixels of the series did not fit their bits.
        steps: Names of the transforms that were applied.
        mirrored: Whether the patient was mirrored, by AnatomicalMirror and by nothing else.
        placed: Where the image lies, if not on the pixels of its source.
        beside: SOP Class and Instance UID of other images that it shows a share of.
        allowed: Codes of findings that the user accepts.
    """

    instance_uid: str
    series_uid: str
    frame_of_reference_uid: str
    number: int
    copy: int
    profile: str
    seed: int
    version: str
    moved: bool
    effects: Mapping[str, Interval] = field(default_factory=dict)
    faint: Mapping[str, Interval] = field(default_factory=dict)
    changed: bool = True
    undeclared: bool = False
    saturated: int = 0
    steps: tuple[str, ...] = ()
    mirrored: bool = False
    placed: Placed | None = None
    beside: tuple[tuple[str, str], ...] = ()
    allowed: frozenset[str] = frozenset()

    @property
    def relaid(self) -> bool:
        """Whether a pixel shows another place than the pixel of its source with the same row and column."""
        return self.moved or self.placed is not None

    @property
    def codes(self) -> tuple[Code, ...]:
        """The derivation codes of it."""
        resampled = self.moved or (self.placed is not None and self.placed.interpolated)
        changed = self.changed and self.placed is None  # the grid's own code says what changed
        codes = codes_for(self.effects, moved=resampled, faint=self.faint, changed=changed)
        codes = (*codes, MIRRORED) if self.mirrored else codes
        return codes if self.placed is None or self.placed.interpolated else (*codes, CUT)

    @property
    def words(self) -> str:
        """It in words."""
        told = describe_effects(self.effects, faint=self.faint, changed=self.changed, undeclared=self.undeclared)
        return told if self.placed is None else f"{told}. Grid: {self.placed.why}"


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


# -- what is not carried over -----------------------------------------------------------------------------

_STALE = frozenset(
    {
        "SmallestImagePixelValue",
        "LargestImagePixelValue",
        "SmallestPixelValueInSeries",
        "LargestPixelValueInSeries",
        "SmallestImagePixelValueInPlane",
        "LargestImagePixelValueInPlane",
        "LargestMonochromePixelValue",
        "HistogramSequence",
        "IconImageSequence",
        "PixelDataProviderURL",
        "DigitalSignaturesSequence",
        "MACParametersSequence",
        "DataSetTrailingPadding",
        "InstanceCreationDate",
        "InstanceCreationTime",
        "InstanceCreatorUID",
        "ReferencedPresentationStateSequence",
        "PixelData",
    }
)
"""Statistics of the old pixels, signatures over them, and who and when made the old instance."""

_STALE_ONCE_MOVED = frozenset(
    {
        "ReferencedImageSequence",
        "GraphicAnnotationSequence",
        "SequenceOfUltrasoundRegions",
        "PositionReferenceIndicatorSequence",
        "FieldOfViewOrigin",
        "FieldOfViewRotation",
        "FieldOfViewHorizontalFlip",
    }
)
"""What points at places in the picture, besides overlays, shutters and collimators."""

_STALE_TAGS = frozenset(map(tag_for_keyword, _STALE))
_STALE_ONCE_CUT_TAGS = frozenset(map(tag_for_keyword, STALE_ONCE_CUT))
_STALE_ONCE_MOVED_TAGS = frozenset(map(tag_for_keyword, _STALE_ONCE_MOVED))


def kept(source: Dataset, deed: Deed) -> Dataset:
    """Copy a header, or some elements of one, without what new pixels make untrue.

    That is by C.7.6.3, C.9.2, C.7.6.11 and PS3.15. What becomes of an element depends on no other one.
    """
    out = Dataset()
    for element in source:
        if stays(element.tag, deed):
            out.add(copy.deepcopy(element) if element.VR == "SQ" else copy.copy(element))  # items are changed in place
    out.remove_private_tags()
    return out


def stays(tag: int, deed: Deed) -> bool:
    """Return whether an element is still true of new pixels."""
    group, number = tag >> 16, tag & 0xFFFF
    if group & 1 or group == 0x0002 or tag in _STALE_TAGS:
        return False
    if deed.placed is not None and tag in _STALE_ONCE_CUT_TAGS:
        return False
    return not (deed.relaid and (tag in _STALE_ONCE_MOVED_TAGS or _marks_a_place(group, number)))


def _marks_a_place(group: int, element: int) -> bool:
    is_overlay = 0x6000 <= group <= 0x60FF
    is_shutter_or_collimator = group == 0x0018 and 0x1600 <= element <= 0x1720
    return is_overlay or is_shutter_or_collimator


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
    item = _reference(source)
    item.SpatialLocationsPreserved = "NO" if deed.relaid else "YES"
    item.PurposeOfReferenceCodeSequence = [coded(Code("121322", "DCM", "Source image for image processing operation"))]
    out.SourceImageSequence = [item]
    for kind, uid in deed.beside:
        other = copy.deepcopy(item)
        other.ReferencedSOPClassUID, other.ReferencedSOPInstanceUID = kind, uid
        out.SourceImageSequence.append(other)


def _common_instance_reference(out: Dataset, source: Dataset, deed: Deed) -> None:
    """C.12.2: the series that the source is in."""
    series = Dataset()
    series.SeriesInstanceUID = source.SeriesInstanceUID
    others = [referring(*pair) for pair in deed.beside]
    series.ReferencedInstanceSequence = [_reference(source), *others]
    out.ReferencedSeriesSequence = [series]


_LOSSY = {
    JPEGBaseline8Bit: "ISO_10918_1",
    JPEGExtended12Bit: "ISO_10918_1",
    JPEGLSNearLossless: "ISO_14495_1",
    JPEG2000: "ISO_15444_1",
    HTJ2K: "ISO_15444_15",
}


def _lossy_compression(out: Dataset, source: Dataset, deed: Deed) -> None:
    """C.7.6.1.1.5: once lossy, always lossy, however it is written now."""
    syntax = source.file_meta.TransferSyntaxUID
    if syntax in _LOSSY and not source.get("LossyImageCompression"):
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
    _general_series,
    _frame_of_reference,
    _general_image,
    _general_reference,
    _common_instance_reference,
    _image_plane,
    _laterality,
    _lossy_compression,
    _color,
)
"""Rescale, window, padding value and acquisition stay as they are, as values are taken back through the
same rescale; so do spacing and position, unless pixels were cut off, added or resampled."""

READ = frozenset(
    {
        *SIDED,
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
        f"domainaug {deed.version}: profile {deed.profile}, seed {deed.seed}, copy {deed.copy}{saturated}. "
        f"Effects: {deed.words}"
    )[:1024]


def _reference(source: Dataset) -> Dataset:
    return referring(source.SOPClassUID, source.SOPInstanceUID)


def _ascii(text: str) -> str:
    """Return `text` in the characters that every character set has, and without DICOM's separator."""
    return "".join(letter if " " <= letter <= "~" and letter != "\\" else "?" for letter in text)
