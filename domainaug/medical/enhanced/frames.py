"""Every frame of an Enhanced object as an image of its own, and which of them can be of one stack.

Frames that differ in stack, echo, diffusion, time, cardiac phase or part of a complex number are of different
stacks. Where places still repeat, the dimensions of the object are asked: the first one that tells the frames of one
place apart, in as many ways everywhere, does (PS3.3 C.7.6.17).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydicom import Dataset
from pydicom.datadict import keyword_for_tag
from pydicom.tag import Tag

from domainaug.errors import UnreadableInput
from domainaug.medical.enhanced.groups import first_item, frame_headers, group_of
from domainaug.medical.plausible import is_sound_place, numbers_in

if TYPE_CHECKING:
    from domainaug.medical.instance import Instance

__all__ = ["enhanced_frames"]

_PARTS = (
    *("StackID", "ComplexImageComponent", "InversionTimes", "DiffusionDirectionality", "VelocityEncodingDirection"),
    *("NominalCardiacTriggerDelayTime", "NominalPercentageOfCardiacPhase", "ConvolutionKernel"),
)
_SPATIAL = {"InStackPositionNumber", "ImagePositionPatient", "ImageOrientationPatient", "StackID"}


def enhanced_frames(
    dataset: Dataset, path: Path, describe: Callable[[Dataset, Path], Instance]
) -> tuple[Instance, ...]:
    """Return what an Enhanced object says of each of its frames, in the order of the file.

    Args:
        dataset: Its header, with its `file_meta`.
        path: The file.
        describe: Describes the header of one image, if it is plausible.

    Raises:
        UnreadableInput: The groups are missing or inconsistent, or what they say cannot be true.
    """
    headers = tuple(frame_headers(dataset, path))
    found: list[Instance] = []
    for index, header in enumerate(headers):
        if str(header.get("PixelPresentation", "MONOCHROME")) != "MONOCHROME" and not _measures(dataset, index):
            message = "some of its values are colors of a palette; gray images are augmented"
            raise UnreadableInput("not-gray", message, path=path)
        if index and _is_elsewhere_alone(header, headers[index - 1]):
            position = numbers_in(header.get("ImagePositionPatient")) or None
            if is_sound_place(found[-1].sop_instance_uid, position):
                place = (position[0], position[1], position[2]) if position else None
                found.append(replace(found[-1], frame=index, position=place))
                continue
        known = describe(header, path)
        parts = (*known.parts, *_parts(header))
        found.append(replace(known, frame=index, frames=len(headers), parts=parts))
    return _told_apart(found, _columns(dataset, [header.get("DimensionIndexValues") for header in headers]))


_OF_ONE_FRAME = frozenset(
    map(
        Tag,
        (
            *("ImagePositionPatient", "InStackPositionNumber", "DimensionIndexValues", "FrameAcquisitionDuration"),
            *("FrameAcquisitionDateTime", "FrameReferenceDateTime"),
        ),
    )
)


def _is_elsewhere_alone(header: Dataset, before: Dataset) -> bool:
    """Return whether a frame says what the one before it says, but for its place, number and time."""
    mine, theirs = dict(header.items()), dict(before.items())
    return mine.keys() == theirs.keys() and all(
        element is theirs[tag] or tag in _OF_ONE_FRAME or element == theirs[tag] for tag, element in mine.items()
    )


def _measures(dataset: Dataset, index: int) -> bool:
    """Return whether the values that a palette colors measure something all the same (PS3.3 C.7.6.16.2.11)."""
    palette = dataset.get("RedPaletteColorLookupTableDescriptor")
    mapping = group_of(dataset, index, "RealWorldValueMappingSequence")
    if not palette or mapping is None or "RealWorldValueSlope" not in mapping:
        return False
    ends = (mapping.get(f"RealWorldValue{end}ValueMapped") for end in ("First", "Last"))
    first, last = (end if isinstance(end, int) else 0 for end in ends)
    return bool(first <= palette[1] and palette[1] + palette[0] - 1 <= last)


def _parts(header: Dataset) -> tuple[str, ...]:
    """Return what tells the stacks of an object apart, besides what tells those of classic series apart."""
    direction = first_item(header, "DiffusionGradientDirectionSequence")
    gradient = direction.get("DiffusionGradientOrientation", "") if direction is not None else ""
    return (*(str(header.get(name, "")) for name in _PARTS), str(gradient))


# -- dimensions -------------------------------------------------------------------------------------------

Column = tuple[object, ...]


def _columns(dataset: Dataset, indices: Sequence[object]) -> list[Column]:
    """Return the index values of every frame, for each dimension that is not one of space."""
    pointers = [item.get("DimensionIndexPointer") for item in dataset.get("DimensionIndexSequence") or ()]
    rows = [tuple(row) if isinstance(row, Sequence) else (row,) for row in indices]
    if not pointers or any(len(row) != len(pointers) for row in rows):
        return []
    names = [keyword_for_tag(pointer) if pointer is not None else "" for pointer in pointers]
    return [tuple(row[at] for row in rows) for at, name in enumerate(names) if name not in _SPATIAL]


def _told_apart(frames: Sequence[Instance], columns: Sequence[Column]) -> tuple[Instance, ...]:
    """Return frames with the dimension among their parts that tells those of one place apart, if there is one."""
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for index, frame in enumerate(frames):
        groups[frame.image_type, frame.parts, frame.acquisition].append(index)
    found = list(frames)
    for group in groups.values():
        places = [str((frames[index].position, frames[index].orientation)) for index in group]
        if len(set(places)) == len(group):
            continue
        for column in columns:
            values = [column[index] for index in group]
            times = len(set(values))
            if len(group) == len(set(places)) * times == len(set(zip(places, values, strict=True))):
                for index, value in zip(group, values, strict=True):
                    found[index] = replace(frames[index], parts=(*frames[index].parts, str(value)))
                break
    return tuple(found)
