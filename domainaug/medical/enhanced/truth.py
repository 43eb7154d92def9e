"""What validators miss in derived Enhanced objects: each frame is asked what a classic image is asked.

A frame's groups are laid out flat, with what its Derivation Image says beside them, and held against the frame that
it names. Besides, the object has to agree with its frames.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from pydicom import Dataset

from domainaug.medical.enhanced.groups import FRAMES, first_item, frame_headers
from domainaug.medical.instance import describe
from domainaug.medical.opening import open_dicom
from domainaug.medical.pixels import Stored, decode
from domainaug.medical.verify import PRIVATE, Untruth, holds_private, untruths

__all__ = ["verify_frames"]

_LIFTED = ("DerivationDescription", "DerivationCodeSequence", "SourceImageSequence")


def verify_frames(source: Path, derived: Path, *, private: Collection[str] = ()) -> tuple[Untruth, ...]:
    """Return what a derived Enhanced object says that is not so, each kind once.

    Args:
        source: The file it was derived from.
        derived: The file.
        private: Private creators whose elements were asked for.

    Raises:
        UnreadableInput: One of them cannot be read.
    """
    before, after = open_dicom(source, pixels=True), open_dicom(derived, pixels=True)
    planes = _planes(before, source), _planes(after, derived)
    sources = list(frame_headers(before, source))
    found = [*_of_object(before, after), *([PRIVATE] if holds_private(after, private) else [])]
    for index, header in enumerate(frame_headers(after, derived)):
        number = _lift(header, after, index)
        if not 1 <= number <= len(sources):
            found.append(Untruth("source-frame", "a frame does not name the frame that it came from"))
            continue
        pair = planes[0][number - 1], planes[1][index]
        found.extend(untruths(sources[number - 1], header, pair, secondary=False))
    if derived.read_bytes()[:128] != bytes(128):
        found.append(Untruth("preamble", "its preamble is not empty"))
    return tuple(dict.fromkeys(found))


def _planes(dataset: Dataset, path: Path) -> Stored:
    pixels = decode(dataset, describe(dataset, path))
    return pixels if pixels.ndim > 2 else pixels[None]


def _lift(header: Dataset, after: Dataset, index: int) -> int:
    """Put what a frame says of its derivation where classic images say it, and return the frame it names, or 0."""
    items = after[FRAMES].value[index].get("DerivationImageSequence") or []
    if len(items) != 1:
        return 0
    for name in _LIFTED:
        header.pop(name, None)
        if name in items[0]:
            header[name] = items[0][name]
    named = first_item(header, "SourceImageSequence")
    number = named.get("ReferencedFrameNumber", 0) if named is not None else 0
    return number if isinstance(number, int) else 0


def _of_object(before: Dataset, after: Dataset) -> Iterator[Untruth]:
    """Yield what the object says of its frames, or of the source, that is not so."""
    kinds = [list(header.get("ImageType") or ()) for header in frame_headers(after, Path())]
    every = zip(after.get("ImageType") or (), *kinds, strict=False)
    if any(told != ({*of_frames}.pop() if len({*of_frames}) == 1 else "MIXED") for told, *of_frames in every):
        yield Untruth("image-type", "ImageType does not agree with the types of the frames")
    named = {
        str(one.get("ReferencedSOPInstanceUID"))
        for study in after.get("SourceImageEvidenceSequence") or ()
        for series in study.get("ReferencedSeriesSequence") or ()
        for one in series.get("ReferencedSOPSequence") or ()
    }
    if str(before.SOPInstanceUID) not in named:
        yield Untruth("evidence", "the object that its frames came from is not among the evidence")
    if not _is_indexed(after):
        yield Untruth("dimensions", "its frames are not indexed by its dimensions, or two of them alike")


def _is_indexed(after: Dataset) -> bool:
    count = len(after.get("DimensionIndexSequence") or ())
    contents = [first_item(frame, "FrameContentSequence") for frame in after[FRAMES].value]
    rows = [one.get("DimensionIndexValues") if one is not None else None for one in contents]
    values = [tuple(row) if isinstance(row, Sequence) else () if row is None else (row,) for row in rows]
    return all(len(row) == count for row in values) and (not count or len(set(values)) == len(values))
