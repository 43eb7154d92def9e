"""What validators miss: is a derived image true, not only well-formed?

dciodvfy accepts changed pixels under ImageType ORIGINAL, lossy compression that was forgotten, a misspelled
SyntheticData, stale smallest and largest values, an image that is its own source, places said to be preserved
that are not, a frame of reference that was kept although content moved, and changed pixels of which no code says what
changed them. Each is looked for here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.uid import PositronEmissionTomographyImageStorage

from domainaug.medical.carried import drop_private
from domainaug.medical.deeds import MIRRORED, RESAMPLING, TURNED, UNCHANGED
from domainaug.medical.enhanced.groups import is_enhanced
from domainaug.medical.instance import describe
from domainaug.medical.laterality import SIDES
from domainaug.medical.opening import open_dicom
from domainaug.medical.pixels import Stored, decode
from domainaug.medical.placed import patient_orientation
from domainaug.medical.plausible import COLORS, PALETTE

__all__ = ["PRIVATE", "Untruth", "holds_private", "untruths", "verify_image", "verify_series"]


@dataclass(frozen=True, slots=True)
class Untruth:
    """Something that a derived image says and that is not so.

    Attributes:
        code: A stable code.
        message: One sentence, free of patient identifiers.
    """

    code: str
    message: str


PRIVATE = Untruth("private", "it carries private elements, which nobody can know to be true")

_SAME = (
    "SOPClassUID",
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "Modality",
    "SpecificCharacterSet",
    "Rows",
    "Columns",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "SliceThickness",
    "Laterality",
    "ImageLaterality",
    "FrameLaterality",
    "BurnedInAnnotation",
    "PatientIdentityRemoved",
    "PhotometricInterpretation",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelPaddingValue",
    "RescaleSlope",
    "RescaleIntercept",
    "ModalityLUTSequence",
)
"""What a derived image shares with its source: patient, grid, and the meaning of its values."""


_OF_COLOR = ("PhotometricInterpretation", "BitsAllocated", "BitsStored", "HighBit", "PixelPaddingValue")
"""What differs where color was written in another way; all of it is red, green and blue then."""

_OF_THE_GRID = (
    *("Rows", "Columns", "PixelSpacing", "ImagerPixelSpacing", "ImagePositionPatient", "ImageOrientationPatient"),
)
"""What differs where pixels were cut off, added or resampled, and then has to agree with itself."""


def verify_image(source: Path, derived: Path, *, private: Collection[str] = ()) -> tuple[Untruth, ...]:
    """Return what a derived image says that is not so.

    Args:
        source: The file it was derived from.
        derived: The file.
        private: Private creators whose elements were asked for.

    Raises:
        UnreadableInput: One of them cannot be read.
    """
    before, after = open_dicom(source, pixels=True), open_dicom(derived, pixels=True)
    if is_enhanced(before):
        from domainaug.medical.enhanced.truth import verify_frames  # it asks of each frame what is asked here

        return verify_frames(source, derived, private=private)
    pixels = decode(before, describe(before, source)), decode(after, describe(after, derived))
    secondary = after.get("SOPClassUID") != PositronEmissionTomographyImageStorage
    found = untruths(before, after, pixels, secondary=secondary)
    if holds_private(after, private):
        found.append(PRIVATE)
    if derived.read_bytes()[:128] != bytes(128):
        found.append(Untruth("preamble", "its preamble is not empty"))
    return tuple(found)


def untruths(
    before: Dataset, after: Dataset, pixels: tuple[Stored, Stored], *, secondary: bool = True
) -> list[Untruth]:
    """Return what the header of a derived image says that is not so.

    Args:
        before: The header of its source.
        after: Its header.
        pixels: Stored values of both.
        secondary: Whether it has to be of a secondary kind; PET images and frames of Enhanced objects may not (PS3.3
            C.8.9.4.1.1, C.8.16.1.2).
    """
    changed = pixels[0].shape != pixels[1].shape or not np.array_equal(*pixels)
    found = [
        Untruth(code, message)
        for code, message, holds in (*_CHECKS, *((f"changed-{name}", "", _same(name)) for name in _kept(before, after)))
        if not holds(before, after) and (secondary or code != "secondary")
        for message in [message or f"{code.removeprefix('changed-')} differs from the source's"]
    ]
    image_type = list(after.get("ImageType") or [])
    if changed and image_type[:1] != ["DERIVED"]:
        found.append(Untruth("image-type", "pixels differ from the source's, and ImageType does not say DERIVED"))
    if changed and not after.get("DerivationCodeSequence"):
        found.append(Untruth("derivation-code", "pixels differ from the source's, and no code says by what"))
    if changed and UNCHANGED in _description(after):
        found.append(Untruth("unchanged", "pixels differ from the source's, and it says that none does"))
    if not secondary and _kind(after) != ["DERIVED", "PRIMARY"]:
        found.append(Untruth("frame-type", "its type is not DERIVED, PRIMARY"))
    for name, value in _extremes(after, pixels[1].min(), pixels[1].max()):
        found.append(Untruth("stale-extremes", f"{name} is not {value}"))
    return found


def verify_series(
    sources: Sequence[Path], derived: Sequence[Path], *, private: Collection[str] = ()
) -> tuple[Untruth, ...]:
    """Return what a derived series says that is not so, each image against its source and all together.

    Args:
        sources: Files of the source, in order.
        derived: The derived files, in the same order.
        private: Private creators whose elements were asked for.

    Raises:
        UnreadableInput: One of them cannot be read.
    """
    found = [one for pair in zip(sources, derived, strict=True) for one in verify_image(*pair, private=private)]
    headers = [open_dicom(path, pixels=False) for path in derived]
    for name in ("SeriesInstanceUID", "FrameOfReferenceUID", "StudyInstanceUID", "SeriesNumber"):
        if len({str(header.get(name)) for header in headers}) > 1:
            found.append(Untruth("split-series", f"{name} is not the same in all images"))
    for name in ("SOPInstanceUID", "InstanceNumber"):
        if len({str(header.get(name)) for header in headers}) < len(headers):
            found.append(Untruth("repeated-instance", f"{name} repeats"))
    return tuple(found)


# -- checks: (source, derived) -> whether all is well -----------------------------------------------------

Check = Callable[[Dataset, Dataset], bool]


def _same(name: str) -> Check:
    return lambda before, after: bool(before.get(name) == after.get(name))


def _new(name: str) -> Check:
    return lambda before, after: bool(after.get(name)) and after.get(name) != before.get(name)


def _kept(before: Dataset, after: Dataset) -> tuple[str, ...]:
    if after.get("SOPClassUID") == PositronEmissionTomographyImageStorage and _is_wider(before, after):
        return tuple(name for name in _kept_of(before, after) if name != "RescaleSlope")
    return _kept_of(before, after)


def _is_wider(before: Dataset, after: Dataset) -> bool:
    """Whether a slice goes up to more than its source can say, which is why it scales itself anew."""
    return bool(after.get("RescaleSlope", 0) > before.get("RescaleSlope", 0))


def _kept_of(before: Dataset, after: Dataset) -> tuple[str, ...]:
    color = _OF_COLOR if before.get("PhotometricInterpretation") in COLORS else ()
    other = (*color, *(_OF_THE_GRID if _relaid(before, after) else ()), *(SIDES if _is_mirrored(after) else ()))
    return tuple(name for name in _SAME if name not in other)


def _is_mirrored(after: Dataset) -> bool:
    return any(item.get("CodeValue") == MIRRORED.value for item in after.get("DerivationCodeSequence") or [])


def _sides_follow(before: Dataset, after: Dataset) -> bool:
    """Whether a mirrored patient has every side exchanged; other images are asked whether it is the same."""
    other = {"L": "R", "R": "L"}
    pairs = [(str(before.get(name) or ""), str(after.get(name) or "")) for name in SIDES]
    return not _is_mirrored(after) or all(new == other.get(old, old) for old, new in pairs)


def _relaid(before: Dataset, after: Dataset) -> bool:
    """Whether an image lies on other pixels than its source, and says so; what it says of them is then checked."""
    return "Grid: " in _description(after) and _moved(before, after)


def _grid_is_sound(before: Dataset, after: Dataset) -> bool:
    """Whether all distances of pixels changed by one factor, and the slice still lies in planes of its source."""
    if not _relaid(before, after):
        return True
    order = slice(None, None, -1 if _swapped(before, after) else 1)
    paces = [
        np.array(after[name].value, float) / np.array(before[name].value, float)[order]
        for name in ("PixelSpacing", "ImagerPixelSpacing")
        if before.get(name) and after.get(name)
    ]
    told = all((name in after) == (name in before) for name in _OF_THE_GRID)
    return told and all(np.allclose(pace, paces[0], rtol=1e-6) and (pace > 0).all() for pace in paces)


def _swapped(before: Dataset, after: Dataset) -> bool:
    """Whether rows and columns changed places."""
    axes = [np.array(one.get("ImageOrientationPatient") or (), float) for one in (before, after)]
    if all(each.size == 6 for each in axes):
        return bool(abs(axes[0][:3] @ axes[1][:3]) < 0.5)
    letters = patient_orientation(before), patient_orientation(after)
    ends = [None if each is None else {"L": "R", "P": "A", "H": "F"}.get(each[0][0], each[0][0]) for each in letters]
    return ends[0] != ends[1]


def _same_plane(before: Dataset, after: Dataset) -> bool:
    """Whether rows and columns still run along those of the source, one way or the other."""
    axes = [np.array(one.get("ImageOrientationPatient") or (), float) for one in (before, after)]
    if axes[0].size != 6 or axes[1].size != 6:
        return axes[0].size == axes[1].size
    along = np.abs(axes[0].reshape(2, 3) @ axes[1].reshape(2, 3).T)
    return bool(np.allclose(np.sort(along, axis=None), (0, 0, 1, 1), atol=1e-4))


def _moved(before: Dataset, after: Dataset) -> bool:
    return any(item.get("SpatialLocationsPreserved") != "YES" for item in after.get("SourceImageSequence") or [])


def _has_one_source(before: Dataset, after: Dataset) -> bool:
    items = after.get("SourceImageSequence") or []
    alone = len(items) == 1 or (bool(items) and _relaid(before, after))  # a slice in between shows two
    return alone and items[0].get("ReferencedSOPInstanceUID") == before.SOPInstanceUID


def _frame_follows_motion(before: Dataset, after: Dataset) -> bool:
    frames = before.get("FrameOfReferenceUID"), after.get("FrameOfReferenceUID")
    if _relaid(before, after) and frames[0] == frames[1]:  # the patient stayed, other pixels show them
        return True
    return not frames[0] or bool(frames[0] != frames[1]) == _moved(before, after)


def _says_that_it_moved(before: Dataset, after: Dataset) -> bool:
    """Whether an image that a code calls resampled, mirrored or turned says that places were not preserved."""
    codes = {item.get("CodeValue") for item in after.get("DerivationCodeSequence") or []}
    return _moved(before, after) or not codes & {RESAMPLING.value, MIRRORED.value, TURNED.value}


def _has_short_numbers(before: Dataset, after: Dataset) -> bool:
    """Whether decimal strings that differ from the source's have 16 characters at most (PS3.5 6.2)."""
    return all(
        len(str(number)) <= _LONGEST_NUMBER
        for element in after
        if element.VR == "DS" and element.value is not None and before.get(element.tag) != element
        for number in ([element.value] if isinstance(element.value, str | float) else element.value)
    )


_LONGEST_NUMBER = 16


def _names_no_places_once_moved(before: Dataset, after: Dataset) -> bool:
    marks = [x for x in after if 0x6000 <= x.tag.group <= 0x60FF or 0x00181600 <= x.tag <= 0x00181720]
    return not (_moved(before, after) and marks)


def _stays_lossy(before: Dataset, after: Dataset) -> bool:
    return bool(before.get("LossyImageCompression") != "01" or after.get("LossyImageCompression") == "01")


def _is_unsigned_by_others(before: Dataset, after: Dataset) -> bool:
    return "DigitalSignaturesSequence" not in after and "MACParametersSequence" not in after


def _is_plain_color(before: Dataset, after: Dataset) -> bool:
    if before.get("PhotometricInterpretation") not in COLORS:
        return True
    names = ("SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration")
    return [after.get(name) for name in names] == [3, "RGB", 0] and not any(name in after for name in PALETTE)


def holds_private(after: Dataset, creators: Collection[str] = ()) -> bool:
    """Return whether an object holds private elements, but for those of some creators."""
    rest = copy.deepcopy(after)
    drop_private(rest, creators)
    return sum(1 for _ in rest.iterall()) < sum(1 for _ in after.iterall())


def _is_in_a_known_study(before: Dataset, after: Dataset) -> bool:
    """Whether an image lies in the study of its source, or names that as another one (PS3.3 C.12.2, C.8.16.1)."""
    others = [*(after.get("StudiesContainingOtherReferencedInstancesSequence") or ())]
    others += [*(after.get("SourceImageEvidenceSequence") or ())]
    return before.StudyInstanceUID in [after.get("StudyInstanceUID"), *(one.get("StudyInstanceUID") for one in others)]


def _matches_its_meta(before: Dataset, after: Dataset) -> bool:
    meta = after.file_meta
    pair = meta.get("MediaStorageSOPClassUID"), meta.get("MediaStorageSOPInstanceUID")
    return bool(pair == (after.get("SOPClassUID"), after.get("SOPInstanceUID")))


_CHECKS: tuple[tuple[str, str, Check], ...] = (
    ("same-instance", "it carries the SOP Instance UID of its source", _new("SOPInstanceUID")),
    ("same-series", "it is in the series of its source", _new("SeriesInstanceUID")),
    ("source-reference", "it does not name the image it came from, and that alone", _has_one_source),
    ("frame-of-reference", "its frame of reference is new without motion, or old with it", _frame_follows_motion),
    ("grid", "it lies on other pixels than its source, and sizes of pixels do not agree", _grid_is_sound),
    ("plane", "its rows and columns do not run along those of its source", _same_plane),
    ("sides", "the patient is mirrored, and a side that it names is not", _sides_follow),
    ("places", "it was resampled, mirrored or turned, and says that places are preserved", _says_that_it_moved),
    ("long-number", "a decimal string has more than 16 characters", _has_short_numbers),
    ("stale-marks", "content moved, and overlays, shutters or collimators did not", _names_no_places_once_moved),
    ("lossy-forgotten", "its source was compressed with loss, and it does not say so", _stays_lossy),
    ("signed", "it carries signatures over the pixels of its source", _is_unsigned_by_others),
    ("study", "it is in another study than its source, and does not name that", _is_in_a_known_study),
    ("file-meta", "its file meta information names another object", _matches_its_meta),
    ("color", "it is in color, and not in red, green and blue of one plane", _is_plain_color),
    ("synthetic", "SyntheticData is not YES", lambda _, after: after.get("SyntheticData") == "YES"),
    ("secondary", "ImageType is not DERIVED, SECONDARY", lambda _, after: _kind(after) == ["DERIVED", "SECONDARY"]),
    ("description", "it does not say how it was derived", lambda _, after: 0 < len(_description(after)) <= 1024),
)


def _kind(after: Dataset) -> list[str]:
    return list(after.get("ImageType") or [])[:2]


def _description(after: Dataset) -> str:
    return str(after.get("DerivationDescription") or "")


def _extremes(after: Dataset, lowest: int, highest: int) -> Iterator[tuple[str, int]]:
    for name, value in (("SmallestImagePixelValue", lowest), ("LargestImagePixelValue", highest)):
        if name in after and after[name].value != value:
            yield name, value
