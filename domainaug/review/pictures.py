"""What a reviewer looks at: a copy beside what it was made from, labels drawn, and where the two differ."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.errors import DomainAugError, UnreadableInput
from domainaug.layouts import layout_for, layout_named
from domainaug.layouts.layout import Item, Layout
from domainaug.medical.remarks import DERIVED_HERE
from domainaug.medical.zipped import unpacked
from domainaug.preview.apart import list_apart, read_apart, scan_apart
from domainaug.preview.drawing import difference, fit, mark
from domainaug.preview.marks import Marks, marks_of
from domainaug.preview.planes import plane_of
from domainaug.preview.sources import ENDINGS, Subject, pixels_of
from domainaug.preview.windows import Window, window_named, windows_for
from domainaug.review.candidates import Candidate
from domainaug.review.rendered import CLEAN, CLEARER, Opened, View, clearest, open_view, views_of
from domainaug.run.apart import apart
from domainaug.run.ledger import LEDGER, Ledger
from domainaug.run.plan import SIMULATION, with_allowed

__all__ = ["Look", "Panel", "Pictures"]

Picture = NDArray[np.uint8]
_Along: TypeAlias = Literal["slice", "frame"]


_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Original": "The original that the copy was made from",
        CLEAN: "The same part without its defects",
        CLEARER: "The same scene in the clearest weather that was rendered",
    }
)


class Panel(NamedTuple):
    """One of the pictures that lie side by side.

    Attributes:
        title: "Original", "Copy" ...
        picture: (h, w, 3).
        alt: What it is, in words.
    """

    title: str
    picture: Picture
    alt: str


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A copy as it is shown.

    Attributes:
        copy: (h, w, 3), labels drawn.
        original: The same of what it was made from; None where that cannot be shown.
        difference: Where the copy is lighter (orange) or darker (blue); None where the two are of different sizes.
        beside: What the original is, for its caption: "Original", or what lies beside a rendered picture.
        note: Why there is no original, or "".
        along: What there are several of: "slice", or "frame" of what moves or has several cameras.
        slices: How many there are; 1 for a picture.
        slice: Which of them is shown.
        window: What is black and white, by name.
        windows: The names there are.
        labels: How many labels are drawn on the copy, on this slice.
    """

    copy: Picture
    original: Picture | None
    difference: Picture | None
    beside: str
    note: str
    along: _Along
    slices: int
    slice: int
    window: str
    windows: tuple[str, ...]
    labels: int

    @property
    def panels(self) -> tuple[Panel, ...]:
        """What lies side by side."""
        there = [] if self.original is None else [Panel(self.beside, self.original, _WORDS[self.beside])]
        judged = "Copy" if self.beside == "Original" and there else "To judge"
        there.append(Panel(judged, self.copy, "The copy to judge" if judged == "Copy" else "The picture to judge"))
        if self.difference is not None:
            there.append(Panel("Difference", self.difference, "Where it is lighter, in orange, or darker, in blue"))
        return tuple(there)


class Pictures:
    """Reads the copies of a run and what they were made from, from any thread.

    Folders are listed when something of them is asked for, and again when a copy has come since.
    """

    def __init__(self, out: Path | str, header: Mapping[str, Any]) -> None:
        """Take the output folder of a run, and the header of its ledger."""
        self.out, self.header = Path(out), header
        self._copies: dict[str, tuple[Layout, Item]] | None = None
        self._originals: dict[str, tuple[Layout, Item]] | None = None
        self._why = ""
        self._clearest: dict[str, str] = {}
        self._views: dict[tuple[str, str | None], Opened] = {}
        self._kept: dict[tuple[str, str, int], Subject] = {}
        self._lock = threading.Lock()

    def look(
        self,
        candidate: Candidate,
        *,
        longest: int = 720,
        slice_index: int | None = None,
        window: str | None = None,
        labels: bool = True,
    ) -> Look:
        """Return a copy as it is shown, beside its original.

        Args:
            candidate: Which copy.
            longest: The longer side of a picture; smaller ones are not enlarged.
            slice_index: Which slice of a volume; by default the one with most labels, else the one in the middle.
            window: Name of what is black and white; by default what suits best.
            labels: Whether labels are drawn.

        Raises:
            UnreadableInput: The copy cannot be read: a run may still be writing it.
        """
        pair = self._rendered(candidate, slice_index) if self._is_rendered else self._augmented(candidate, slice_index)
        first = pair.source or pair.made
        windows = windows_for(_thinned(first), first.unit, first.sample.value_range)
        name = window if window in windows else next(iter(windows))
        shown = _Shown(window_named(windows, name), pair.place, longest, labels)
        plain, copy = shown.of(pair.made, pair.marks)
        changed = original = None
        if pair.source is not None:
            deep = 0 if pair.source.kind == "image" else int(pair.source.values.shape[0]) - 1
            place = pair.place if pair.source.kind == "image" else min(pair.place, deep)
            before, original = replace(shown, slice=place).of(pair.source, pair.source_marks)
            changed = difference(before, plain) if before.shape == plain.shape else None
        return Look(
            copy, original, changed, pair.beside, pair.note, pair.along, pair.depth, pair.place, name, tuple(windows),
            _count(pair.marks, pair.made, pair.place),
        )  # fmt: skip

    @property
    def _is_rendered(self) -> bool:
        return self.header.get("layout") == SIMULATION

    def _augmented(self, candidate: Candidate, wanted: int | None) -> _Pair:
        made = self._shown_copy(candidate)
        source, note = self._original(candidate)
        marks = marks_of(made.sample)
        depth = 1 if made.kind == "image" else int(made.values.shape[0])
        place = _slice(marks, depth) if wanted is None else min(max(wanted, 0), depth - 1)
        before = Marks() if source is None else marks_of(source.sample)
        along: _Along = "frame" if made.kind == "frames" else "slice"
        return _Pair(made, marks, source, before, "Original", note, along, depth, place)

    def _rendered(self, candidate: Candidate, wanted: int | None) -> _Pair:
        if candidate.key not in self._clearest:  # it has come since the ledger was read
            with Ledger(self.out / LEDGER) as ledger:
                self._clearest = clearest(ledger.rows())
        views = self._views_of(candidate.key, candidate.copy)
        if not views:
            return _Pair(self._shown_copy(candidate), Marks(), note=_NO_ORIGINAL)
        place = min(max(wanted or 0, 0), len(views) - 1)
        view = views[place]
        beside, title = view.clean, CLEAN
        if beside is None and self._clearest.get(candidate.key):
            alike = self._views_of(self._clearest[candidate.key], candidate.copy)
            beside, title = next((one.picture for one in alike if one.place == view.place), None), CLEARER
        opened = self._opened(candidate, view, beside)
        pair = _Pair(opened.made, opened.marks, note=_NO_ORIGINAL, along="frame", depth=len(views), place=place)
        if opened.beside is None:
            return pair
        before = opened.marks if title == CLEARER else Marks()
        return replace(pair, source=opened.beside, source_marks=before, beside=title, note="")

    def _views_of(self, key: str, copy: int) -> tuple[View, ...]:
        with Ledger(self.out / LEDGER) as ledger:
            return views_of([file.path for file in ledger.files(key, copy)])

    def _opened(self, candidate: Candidate, view: View, beside: str | None) -> Opened:
        name = (view.picture, beside)
        with self._lock:
            kept = self._views.get(name)
        if kept is not None:
            return kept
        found = apart(partial(open_view, self.out, view, beside), name=f"picture {candidate.id}")
        with self._lock:
            while len(self._views) >= _KEPT:
                del self._views[next(iter(self._views))]
            self._views[name] = found
        return found

    def _copy(self, candidate: Candidate) -> Subject:
        if self._copies is None or candidate.path not in self._copies:
            self._copies = self._listed_copies()
        found = self._copies.get(candidate.path)
        if found is None:
            found = self._by_itself(candidate)
        return self._read("copy", candidate.id, *found)

    def _shown_copy(self, candidate: Candidate) -> Subject:
        """Read a copy; what is wrong with it is told without the name of its file, which may name a patient."""
        try:
            return self._copy(candidate)
        except UnreadableInput as error:
            words = str(error).removeprefix(f"{error.path}: ")
            raise UnreadableInput(error.code, f"copy {candidate.id} cannot be shown: {words}") from None

    def _original(self, candidate: Candidate) -> tuple[Subject | None, str]:
        if self._originals is None:
            self._originals = self._listed_originals()
        found = self._originals.get(candidate.key)
        if found is None:
            return None, self._why or "The original is not where it was"
        try:
            return self._read("original", candidate.key, *found), ""
        except DomainAugError:
            return None, "The original cannot be read any more"

    def _read(self, what: str, name: str, layout: Layout, item: Item) -> Subject:
        stamp = max((path.stat().st_mtime_ns for path in item.files if path.exists()), default=0)
        key = (what, name, stamp)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None:
            return kept
        found = read_apart(layout, item, most=_MOST)
        with self._lock:
            while len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = found
        return found

    def _layout(self, *also: str) -> Layout:
        return with_allowed(layout_named(str(self.header["layout"])), (*(self.header.get("allow") or ()), *also))

    def _layout_of_copies(self) -> Layout:
        if self.header.get("format") == "nifti":
            return layout_named("nifti")
        if self.header.get("defects"):  # good parts came in one layout, and what was drawn on them goes out in another
            return layout_for(self.out)
        # Derived images are otherwise refused, so that nobody augments copies of copies.
        return self._layout(DERIVED_HERE) if self.header["layout"] == "dicom-study" else self._layout()

    def _listed_copies(self) -> dict[str, tuple[Layout, Item]]:
        """Return where copies are, by the path of each of their files, read as the data set that they are."""
        if self._is_rendered:
            return {}
        try:
            layout = self._layout_of_copies()
            items = scan_apart(layout, self.out).items
        except DomainAugError:  # what describes the whole (a COCO file) is written last
            return {}
        root = self.out.resolve()
        return {
            path.resolve().relative_to(root).as_posix(): (layout, item)
            for item in items
            for path in item.files
            if path.resolve().is_relative_to(root)
        }

    def _by_itself(self, candidate: Candidate) -> tuple[Layout, Item]:
        """Return a copy as a file by itself, without labels: of a run that is not done, or of another simulator."""
        with Ledger(self.out / LEDGER) as ledger:
            paths = [file.path for file in ledger.files(candidate.key, candidate.copy)]
        first = next((path for path in paths if path.lower().endswith(ENDINGS)), candidate.path)
        layout, scan = list_apart(self.out / first)
        if not scan.items:
            raise DomainAugError(f"copy {candidate.id}: its files cannot be shown as pictures")
        return layout, scan.items[0]

    def _listed_originals(self) -> dict[str, tuple[Layout, Item]]:
        place = self.out / str(self.header.get("source"))
        try:
            layout = self._layout()
            found = scan_apart(layout, unpacked(place)).items if place.exists() else ()
        except (DomainAugError, OSError):
            found = ()
        if not found:
            self._why = "The originals are not where they were"
        return {item.key: (layout, item) for item in found}


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """A copy, what lies beside it, and the labels of both; the attributes of `Look` that follow from them."""

    made: Subject
    marks: Marks
    source: Subject | None = None
    source_marks: Marks = Marks()  # noqa: RUF009 - never changed
    beside: str = ""
    note: str = ""
    along: _Along = "slice"
    depth: int = 1
    place: int = 0


_NO_ORIGINAL = "What is rendered has no original"
_MANY = 1 << 20
_MOST = 1 << 30  # bytes of the pixels of one: a run takes larger images than Preview holds copies of
_KEPT = 4  # subjects in memory: a copy, its original, and those of the copy before


@dataclass(frozen=True, slots=True)
class _Shown:
    """How pixels become a picture."""

    window: Window
    slice: int
    longest: int
    labels: bool

    def of(self, subject: Subject, marks: Marks) -> tuple[Picture, Picture]:
        """Return a subject without and with its labels."""
        values = pixels_of(subject.sample)
        if subject.kind == "image":
            plain = fit(self.window(_shrunk(values, self.longest)), self.longest)
            scale = (plain.shape[1] / values.shape[1], plain.shape[0] / values.shape[0])
        else:
            plane = plane_of(values, 0, self.slice, subject.sample.spacing)
            flat = self.window(plane.values)
            width, height = plane.size(min(self.longest, max(flat.shape[:2])))
            plain = np.asarray(plane.fitted(flat, max(width, height)), np.uint8)
            scale = (plain.shape[1] / flat.shape[1], plain.shape[0] / flat.shape[0])
            marks = marks.on_slice(0, self.slice)
        return plain, mark(plain, marks, scale=scale) if self.labels else plain


def _thinned(subject: Subject) -> NDArray[Any]:
    """Return about a million values of a picture: what is black and what is white shows in these as well."""
    values = subject.values
    step = max(1, int((values.size / _MANY) ** 0.5)) if subject.kind == "image" else 1
    return values[::step, ::step]


def _shrunk(values: NDArray[Any], longest: int) -> NDArray[Any]:
    """Return a large picture of more than 8 bits at the size it is shown in, before it is looked at under a window."""
    factor = longest / max(values.shape[:2])
    if factor >= 1 or values.dtype == np.uint8:
        return values
    size = (max(1, round(values.shape[1] * factor)), max(1, round(values.shape[0] * factor)))
    return np.asarray(cv2.resize(values.astype(np.float32), size, interpolation=cv2.INTER_AREA))


def _slice(marks: Marks, depth: int) -> int:
    """Return the slice with most labels, or the one in the middle."""
    if marks.numbers is None or marks.numbers.ndim != 3 or not marks.numbers.any():
        return depth // 2
    return int(np.argmax(np.count_nonzero(marks.numbers, axis=(1, 2))))


def _count(marks: Marks, subject: Subject, place: int) -> int:
    return marks.count if subject.kind == "image" else marks.on_slice(0, place).count
