"""NIfTI images with their masks: channels and frames of a case share one draw, and masks follow on their own grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import UnreadableInput
from domainaug.kernels.regrid import Regrid
from domainaug.layouts.layout import Item, Sample, Scan, Stamp
from domainaug.layouts.nifti_bids import BIDS
from domainaug.layouts.nifti_cases import Arrangement, files_below
from domainaug.layouts.nifti_labels import NiftiLabels, description_of
from domainaug.layouts.nifti_listed import LISTED
from domainaug.layouts.nifti_plain import PLAIN
from domainaug.medical.nifti import NiftiImage
from domainaug.medical.nifti_files import stem_of
from domainaug.medical.nifti_view import NiftiView, on_grid

__all__ = ["Nifti"]

_ARRANGEMENTS: Final = (LISTED, BIDS, PLAIN)


@dataclass(frozen=True, slots=True)
class Nifti:
    """Reads and writes NIfTI images, laid out plainly, as nnU-Net and the Decathlon do, or as BIDS.

    Attributes:
        allow: Codes of what sets a case aside and is accepted: `forms-disagree`, `sheared`.
        modality: Of images of which nothing tells it, as DICOM calls it: "CT" values are HU.
        name: The name of the layout.
        refusing: What `allow` may name.
    """

    allow: frozenset[str] = frozenset()
    modality: str = ""
    name: str = "nifti"
    refusing: ClassVar[tuple[str, ...]] = ("forms-disagree", "sheared")

    def recognizes(self, source: Path) -> bool:
        """Return whether a file, or one in a folder, is called as NIfTI files are."""
        return PLAIN.recognizes(source)

    def scan(self, source: Path) -> Scan:
        """List every case, by name; files are opened where only their grids tell what belongs together."""
        found = _arrangement(source).find(source)
        ignored = 0
        if source.is_dir():
            ignored = sum(1 for path in files_below(source) if path not in found.used)
        aside = tuple(sorted(found.set_aside, key=lambda one: one.key))
        return Scan(tuple(case.item(self.modality) for case in found.cases), aside, ignored)

    def read(self, item: Item) -> Sample:
        """Read the images of a case and its masks, strictly.

        Raises:
            UnreadableInput: A file cannot be read, channels are on different grids, or a mask lies elsewhere.
        """
        detail = item.detail
        count = len(detail["images"])
        heads = _heads(item)
        images = [NiftiImage.read(path, allow=self.allow) for path in heads[:count]]
        first = images[0]
        for one in images[1:]:
            if one.placed != first.placed or not one.grid.is_same(first.grid):
                raise UnreadableInput("channels-differ", "its channels do not lie on one grid", path=item.files[0])
        channels = tuple(_channels(images, detail["modalities"], heads, apart=bool(detail["apart"])))
        structures = {int(number): name for number, name in detail["structures"].items()}
        beside = None
        if len(heads) > count:
            turn = channels[0].view.turn
            beside = NiftiLabels.read(heads[count:], first, turn, structures, self.allow)
        return _Case(beside=beside, source=channels)

    def write(self, sample: Sample, item: Item, stamp: Stamp, folder: Path) -> tuple[Path, ...]:
        """Write the images of a copy, then its masks, under the names of their source and the number of the copy.

        Raises:
            domainaug.errors.LabelError: A mask would say something untrue.
        """
        made: _Made = sample.source
        count = len(item.detail["images"])
        places = [folder / f"{before}{stamp.copy:03d}{behind}" for before, behind in item.detail["names"]]
        for place in places:
            place.parent.mkdir(parents=True, exist_ok=True)
        grid = Regrid.of_record(stamp.record["grid"]) if "grid" in stamp.record else None
        names: list[str] = []
        for one, place in zip(made.files(grid, description_of(stamp)), places[:count], strict=True):
            names.extend(path.relative_to(folder).as_posix() for path in one.write(place))
        if sample.beside is not None:
            names.extend(sample.beside.write(places[count:], folder, stamp))
        return tuple(map(Path, names))

    def finish(self, source: Path, folder: Path, items: Mapping[str, list[Mapping[str, Any]]]) -> tuple[Path, ...]:
        """Write what describes the data set of copies, where the source has such a file."""
        copies = {key: [list(one["files"]) for one in entries] for key, entries in items.items()}
        written = []
        for name, content in _arrangement(source).described(source, copies).items():
            (folder / name).write_bytes(content)
            written.append(Path(name))
        return tuple(written)


@dataclass(frozen=True, slots=True, eq=False)
class _Channel:
    """What is shown with one range: all frames of a file, or one of them."""

    name: str
    file: int
    frames: tuple[int, ...]
    view: NiftiView


def _channels(images: list[NiftiImage], modalities: list[str], heads: list[Path], *, apart: bool) -> Iterator[_Channel]:
    for file, image in enumerate(images):
        if not apart:
            yield _Channel(
                stem_of(heads[file].name), file, tuple(range(image.frames)), NiftiView.of(image, modalities[file])
            )
            continue
        if image.frames != len(modalities):
            raise UnreadableInput(
                "missing-channel", f"it has {image.frames} channels, and dataset.json lists {len(modalities)}"
            )
        for frame, modality in enumerate(modalities):
            yield _Channel(f"channel {frame}", file, (frame,), NiftiView.of(image, modality, frames=(frame,)))


class _Case(Sample):
    """A case in memory: `Jointed`."""

    __slots__ = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What the frames of the channels are called: by their channel where there are several, and by number."""
        channels: tuple[_Channel, ...] = self.source
        several = len({(channel.file, channel.name) for channel in channels}) > 1
        named = []
        for channel in channels:
            alone = several and len(channel.frames) == 1
            shown = [channel.name] if several else []
            named += [", ".join(shown if alone else [*shown, f"frame {frame}"]) for frame in channel.frames]
        return tuple(named)

    def part(self, number: int) -> Sample:
        """Return one frame of a channel, as a pipeline is given it."""
        channels: tuple[_Channel, ...] = self.source
        view, frame = [(channel.view, frame) for channel in channels for frame in channel.frames][number]
        seen, flat = view.seen(frame), view.shape[0] == 1
        return Sample(
            image=seen[0] if flat else None,
            volume=None if flat else seen,
            value_range=(view.low, view.high),
            fill=view.fill,
            spacing=view.spacing[1:] if flat else view.spacing,
            told=view.told,
            gridded=True,
        )

    def parts(self) -> Iterator[Sample]:
        """Yield every frame of every channel."""
        channels: tuple[_Channel, ...] = self.source
        return map(self.part, range(sum(len(channel.frames) for channel in channels)))

    def joined(self, parts: Iterator[tuple[Sample, Mapping[str, Any]]]) -> Sample:
        """Return the copy that parts make up, as stored values."""
        channels: tuple[_Channel, ...] = self.source
        stored: dict[int, dict[int, NDArray[Any]]] = {}
        for channel in channels:
            for frame in channel.frames:
                part, record = next(parts)
                how = {"moved": bool(record["moved"]), "regridded": "grid" in record}
                seen = part.volume if part.image is None else part.image[None]
                assert seen is not None
                stored.setdefault(channel.file, {})[frame] = channel.view.stored_again(frame, seen, **how)[0]
        return Sample(source=_Made(channels, stored))


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """The stored values of a copy, by file and frame, and what they were made from."""

    channels: tuple[_Channel, ...]
    stored: Mapping[int, Mapping[int, NDArray[Any]]]

    def files(self, grid: Regrid | None, description: str) -> Iterator[NiftiImage]:
        """Yield the images of the copy.

        Args:
            grid: The grid it is on, as shown; None for that of its source.
            description: For their headers, in place of all text that those of the source hold.
        """
        for file, frames in self.stored.items():
            view = next(channel.view for channel in self.channels if channel.file == file)
            image = view.image if grid is None else on_grid(view.image, view.turn, grid)
            stored = np.stack([frames[frame] for frame in sorted(frames)])
            yield image.without_text(description).with_stored(stored)


def _heads(item: Item) -> list[Path]:
    """Return the files of a case that have headers: not the .img of a pair."""
    heads, place = [], 0
    for count in (*item.detail["images"], *item.detail["labels"]):
        heads.append(item.files[place])
        place += count
    return heads


def _arrangement(source: Path) -> Arrangement:
    return next(one for one in _ARRANGEMENTS if one is PLAIN or one.recognizes(source))
