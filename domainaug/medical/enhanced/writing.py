"""The files of a derived stack of frames: one for each Enhanced object that the stack came from."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pydicom import Dataset

from domainaug.errors import DomainAugError, UnreadableInput
from domainaug.medical.deeds import Deed, derived_uid
from domainaug.medical.derive import to_bytes
from domainaug.medical.enhanced.deriving import FrameDeed, derive_frames
from domainaug.medical.instance import Instance
from domainaug.medical.loading import Loaded
from domainaug.medical.opening import quiet
from domainaug.medical.pixels import Stored
from domainaug.medical.placed import Placed
from domainaug.medical.splice import DerivedFile

__all__ = ["frame_files", "objects_of"]


def objects_of(instances: Sequence[Instance], places: Sequence[Placed] | None) -> list[list[int]]:
    """Return which slices of a copy go into which file, each in the order of its frames.

    Args:
        instances: The source's, in slice order.
        places: Where the images of the copy lie, if not where the source's do.
    """
    if places is None:
        slices = sorted(range(len(instances)), key=lambda index: instances[index].frame)
        sources = [instances[index].sop_instance_uid for index in slices]
    else:
        slices = list(range(len(places)))
        sources = [instances[place.sources[0]].sop_instance_uid for place in places]
    found: dict[str, list[int]] = {uid: [] for uid in sorted(set(sources))}
    for uid, index in zip(sources, slices, strict=True):
        found[uid].append(index)
    return list(found.values())


def frame_files(
    loaded: Loaded,
    stored: Stored,
    changed: Sequence[bool],
    deed: Deed,
    places: Sequence[Placed] | None,
    run: Sequence[object],
) -> Iterator[DerivedFile]:
    """Yield the files of a derived stack of frames.

    Args:
        loaded: The source.
        stored: (slices, rows, columns) stored values of the copy, little-endian.
        changed: Whether any pixel of a slice differs from the source's.
        deed: What was done to all of them.
        places: Where the images of the copy lie, if not where the source's do.
        run: What tells this copy from others of the same source.

    Raises:
        LabelError: The copy would say something untrue.
        UnreadableInput: A header cannot be written again.
    """
    instances = [one.instance for one in loaded.opened]
    headers = {one.instance.sop_instance_uid: one.dataset for one in loaded.opened}
    for number, slices in enumerate(objects_of(instances, places), start=1):
        frames = [_frame(instances, index, changed[index], deed, places) for index in slices]
        uid = derived_uid("frames", frames[0].shown[0].sop_instance_uid, loaded.key, *run)
        whole = _of_all(replace(deed, instance_uid=uid, number=number), frames)
        in_order = slices == list(range(len(stored)))  # then there is nothing to copy
        yield _file(headers, frames, stored if in_order else stored[slices], whole)


def _frame(
    instances: Sequence[Instance], index: int, changed: bool, deed: Deed, places: Sequence[Placed] | None
) -> FrameDeed:
    if places is None:
        return FrameDeed((instances[index],), replace(deed, changed=bool(changed)))
    shown = tuple(instances[each] for each in places[index].sources)
    return FrameDeed(shown, replace(deed, changed=True, placed=places[index]))


def _of_all(deed: Deed, frames: Sequence[FrameDeed]) -> Deed:
    """Return what was done to the object: it shows a share of whatever any frame shows one of."""
    objects = {(one.sop_class_uid, one.sop_instance_uid) for frame in frames for one in frame.shown}
    first = frames[0].shown[0]
    beside = tuple(sorted(objects - {(first.sop_class_uid, first.sop_instance_uid)}))
    changed = any(frame.deed.changed for frame in frames)
    return replace(deed, changed=changed, placed=frames[0].deed.placed, beside=beside)


def _file(headers: Mapping[str, Dataset], frames: Sequence[FrameDeed], pixels: Stored, deed: Deed) -> DerivedFile:
    first = frames[0].shown[0]
    size = pixels.shape[1], pixels.shape[2]
    try:
        with quiet():
            header = to_bytes(derive_frames(headers[first.sop_instance_uid], frames, size, deed, first.path))
    except DomainAugError:
        raise
    except Exception as error:  # the message of a library may quote a tag's value
        message = f"its header cannot be written again ({type(error).__name__})"
        raise UnreadableInput("unwritable-header", message) from None
    kind, length = b"OW" if pixels.itemsize > 1 else b"OB", pixels.nbytes + pixels.nbytes % 2
    return DerivedFile(header + struct.pack("<HH2sHI", 0x7FE0, 0x10, kind, 0, length), pixels)
