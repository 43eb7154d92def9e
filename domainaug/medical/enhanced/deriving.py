"""Writing a derived Enhanced object: the frames of one stack, each with what it came from.

What classic images say above, Enhanced ones say in groups (PS3.3 C.7.6.16.2): that a frame is derived in its Frame
Type, by what and from which frame in its Derivation Image. The object is taken over with the frames of the stack
alone, in their order; what counts them, or says of all of them what is no longer true of those that are left, is
told anew. Of an image that is derived the MR Pulse Sequence module says nothing (C.8.13.4: original or mixed images
have it), and neither does that of bulk motion (C.7.6.18).
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset
from pydicom.tag import Tag

from domainaug.medical.carried import drop_private, kept
from domainaug.medical.coding import coded, name_scheme, referring
from domainaug.medical.deeds import KEPT, OURS, Code, Deed
from domainaug.medical.derive import (
    EVERYWHERE,
    check_truth,
    description_of,
    file_meta,
    naming_source,
)
from domainaug.medical.enhanced.dimensions import tell_dimensions
from domainaug.medical.enhanced.groups import FRAMES, SHARED, first_item, frame_headers, group_of
from domainaug.medical.instance import Instance
from domainaug.medical.laterality import swap_sides
from domainaug.medical.opening import quiet
from domainaug.medical.placed import Placed, tell_place

__all__ = ["FrameDeed", "derive_frames"]


@dataclass(frozen=True, slots=True)
class FrameDeed:
    """What was done to one frame of a copy.

    Attributes:
        shown: The frames that it shows; the groups of the first are taken over.
        deed: What was done.
    """

    shown: tuple[Instance, ...]
    deed: Deed

    @property
    def number(self) -> int:
        """Which frame of its file the first one is, from 0."""
        return self.shown[0].frame


_FRAME_TYPES = ("CTImageFrameTypeSequence", "MRImageFrameTypeSequence", "PETFrameTypeSequence")

_OF_ORIGINALS = (
    *("MRAcquisitionType", "PulseSequenceName", "EchoPulseSequence", "MultipleSpinEcho", "MultiPlanarExcitation"),
    *("PhaseContrast", "TimeOfFlightContrast", "SteadyStatePulseSequence", "EchoPlanarPulseSequence"),
    *("SaturationRecovery", "SpectrallySelectedSuppression", "OversamplingPhase", "GeometryOfKSpaceTraversal"),
    *("SegmentedKSpaceTraversal", "RectilinearPhaseEncodeReordering", "VelocityEncodingAcquisitionSequence"),
    *("NumberOfKSpaceTrajectories", "CoverageOfKSpace", "ArterialSpinLabelingContrast"),
    *("BulkMotionCompensationTechnique", "BulkMotionSignalSource"),
)
"""What images that are not original may not have: MR Pulse Sequence (C.8.13.4), Bulk Motion (C.7.6.18)."""

_OF_THE_WHOLE = (
    *("ConcatenationUID", "InConcatenationNumber", "InConcatenationTotalNumber", "ConcatenationFrameOffsetNumber"),
    *("SOPInstanceUIDOfConcatenationSource", "FrameExtractionSequence", SHARED, FRAMES),
)
"""What tells how the source is a part of another object (C.7.6.16.1.4, C.12.3), and what is written frame by frame."""

_STALE = ("DerivationImageSequence", "ConversionSourceAttributesSequence")
_STALE_ONCE_MOVED = ("ReferencedImageSequence", "FrameDisplayShutterSequence")

_LEFT = frozenset(map(Tag, (*_OF_ORIGINALS, *_OF_THE_WHOLE)))


def derive_frames(
    source: Dataset, frames: Sequence[FrameDeed], size: tuple[int, int], deed: Deed, path: Path
) -> Dataset:
    """Return a derived Enhanced object, but for its pixels, which come last in a file.

    Args:
        source: The header of the object it came from, with its `file_meta`; left as it is.
        frames: What was done to each frame, in the order of the file that is to be written.
        size: Rows and columns.
        deed: What was done to all of them.
        path: The file of the source.

    Raises:
        LabelError: It would say something untrue.
        UnreadableInput: The functional groups of the source are missing or inconsistent.
    """
    with quiet():
        headers = tuple(frame_headers(source, path))
        for frame in frames:
            check_truth(headers[frame.number], frame.deed)
        out = kept(Dataset({tag: source[tag] for tag in source.keys() if tag not in _LEFT}), deed)  # noqa: SIM118
        for part in EVERYWHERE:
            part(out, source, deed)
        out.NumberOfFrames = len(frames)
        setattr(out, SHARED, [_carried(first_item(source, SHARED) or Dataset(), deed)])
        setattr(out, FRAMES, [_frame(source, headers[frame.number], frame) for frame in frames])
        if any(frame.deed.placed is not None for frame in frames):
            _say_once(out)
        _image_type(out, frames, deed)
        _evidence(out, frames)
        if any(code.scheme == OURS for frame in frames for code in _codes(frame.deed)):
            name_scheme(out)
        tell_dimensions(out, [frame.deed.placed is not None for frame in frames], whole=_is_whole(source, frames))
        out.Rows, out.Columns = size
        out.file_meta = file_meta(out, deed)
    return out


def _is_whole(source: Dataset, frames: Sequence[FrameDeed]) -> bool:
    return [frame.number for frame in frames] == list(range(len(source[FRAMES].value)))


# -- groups -----------------------------------------------------------------------------------------------


def _carried(groups: Dataset, deed: Deed) -> Dataset:
    """Return those of some groups that are still true."""
    left = {*_STALE, *(_STALE_ONCE_MOVED if deed.relaid else ())}
    out = Dataset()
    for element in groups:
        if element.keyword not in left:
            out.add(copy.deepcopy(element))
    drop_private(out, deed.private)
    if deed.mirrored:
        swap_sides(out)
    if deed.placed is not None and deed.placed.straightened:
        for details in out.get("CTAcquisitionDetailsSequence") or ():
            if "GantryDetectorTilt" in details:
                details.GantryDetectorTilt = 0  # readers would shear the volume once more
    return out


def _frame(source: Dataset, header: Dataset, frame: FrameDeed) -> Dataset:
    """Return the groups of a derived frame."""
    out = _carried(source[FRAMES].value[frame.number], frame.deed)
    out.DerivationImageSequence = [_derivation(frame, header)]
    if frame.deed.placed is not None:
        _lay(out, source, header, frame.number, frame.deed.placed)
    return out


def _derivation(frame: FrameDeed, header: Dataset) -> Dataset:
    """C.7.6.16.2.6: how the frame was derived, and from which."""
    out = Dataset()
    out.DerivationDescription = description_of(frame.deed)
    out.DerivationCodeSequence = [coded(code) for code in _codes(frame.deed)]
    out.SourceImageSequence = [_source(one, header, frame.deed) for one in frame.shown]
    return out


def _codes(deed: Deed) -> tuple[Code, ...]:
    return deed.codes or (KEPT,)  # a frame has to have one


def _source(one: Instance, header: Dataset, deed: Deed) -> Dataset:
    item = naming_source(header, deed)
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = one.sop_class_uid, one.sop_instance_uid
    item.ReferencedFrameNumber = one.frame + 1
    return item


def _lay(out: Dataset, source: Dataset, header: Dataset, number: int, placed: Placed) -> None:
    """Write where a frame lies whose pixels are others than its source's."""
    laid = copy.deepcopy(header)
    tell_place(laid, header, placed)
    position, measures = Dataset(), copy.deepcopy(group_of(source, number, "PixelMeasuresSequence")) or Dataset()
    position.ImagePositionPatient = laid.ImagePositionPatient
    for name in ("PixelSpacing", "SpacingBetweenSlices"):
        if name in measures:
            measures[name] = laid[name]
    out.PlanePositionSequence, out.PixelMeasuresSequence = [position], [measures]
    if placed.turned:
        orientation = Dataset()
        orientation.ImageOrientationPatient = laid.ImageOrientationPatient
        out.PlaneOrientationSequence = [orientation]


def _say_once(out: Dataset) -> None:
    """Say of places and sizes what all frames share in the shared groups, and the rest in theirs (C.7.6.16.1.1)."""
    shared, frames = out[SHARED].value[0], out[FRAMES].value
    for name in ("PlanePositionSequence", "PixelMeasuresSequence", "PlaneOrientationSequence"):
        if not all(name in frame for frame in frames):
            continue
        shared.pop(name, None)
        if all(frame[name] == frames[0][name] for frame in frames):
            shared.add(frames[0][name])
            for frame in frames:
                del frame[name]


# -- what the object says of its frames -------------------------------------------------------------------


def _image_type(out: Dataset, frames: Sequence[FrameDeed], deed: Deed) -> None:
    """C.8.16.1: derived; of original patients still; and as resampled, where nothing else was derived before."""
    every = list(_frame_types(out))
    for one in every:
        before = [str(value) for value in one.get("FrameType") or ()]
        one.FrameType = [*_derived(before, deed)]
    for name in ("PixelPresentation", "VolumetricProperties", "VolumeBasedCalculationTechnique"):
        _told_of_all(out, every, name)
    for name in ("ComplexImageComponent", "AcquisitionContrast"):
        if any(name in one for one in every):
            _told_of_all(out, every, name)
    kinds = [list(one.FrameType) for one in every] or [_derived([str(x) for x in out.get("ImageType") or ()], deed)]
    out.ImageType = [
        values.pop() if len(values) == 1 else "MIXED" for values in (set(one) for one in zip(*kinds, strict=False))
    ]


def _frame_types(out: Dataset) -> Iterator[Dataset]:
    """Yield the groups that tell of what type frames are: those of frames where they have one, else the shared one."""
    own = [first_item(frame, name) for frame in out[FRAMES].value for name in _FRAME_TYPES]
    shared = [first_item(out[SHARED].value[0], name) for name in _FRAME_TYPES]
    return (one for one in (*own, *shared) if one is not None)


def _derived(kind: Sequence[str], deed: Deed) -> list[str]:
    """Return a Frame Type of four values for what was derived from a frame of another."""
    flavor, contrast = (*kind[2:4], *("NONE", "NONE")[max(len(kind) - 2, 0) :])
    resampled = deed.moved or (deed.placed is not None and deed.placed.interpolated)
    return ["DERIVED", "PRIMARY", flavor, "RESAMPLED" if resampled and contrast == "NONE" else contrast]


def _told_of_all(out: Dataset, every: Iterable[Dataset], name: str) -> None:
    values = {str(one[name].value) for one in every if name in one}
    if values:
        setattr(out, name, values.pop() if len(values) == 1 else "MIXED")


def _evidence(out: Dataset, frames: Sequence[FrameDeed]) -> None:
    """C.8.16.1: everything that groups refer to, by study and series."""
    studies: dict[str, dict[str, set[tuple[str, str]]]] = {}
    for one in (each for frame in frames for each in frame.shown):
        objects = studies.setdefault(one.study_uid, {}).setdefault(one.series_uid, set())
        objects.add((one.sop_class_uid, one.sop_instance_uid))
    out.SourceImageEvidenceSequence = [_study(uid, series) for uid, series in studies.items()]
    groups = [out[SHARED].value[0], *out[FRAMES].value]
    if not any("ReferencedImageSequence" in group for group in groups):
        out.pop("ReferencedImageEvidenceSequence", None)


def _study(uid: str, series: Mapping[str, Collection[tuple[str, str]]]) -> Dataset:
    study = Dataset()
    study.ReferencedSeriesSequence = []
    for series_uid, objects in series.items():
        one = Dataset()
        one.ReferencedSOPSequence = [referring(*pair) for pair in sorted(objects)]
        one.SeriesInstanceUID = series_uid
        study.ReferencedSeriesSequence.append(one)
    study.StudyInstanceUID = uid
    return study
