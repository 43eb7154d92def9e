"""Calibrating on a data set: what its labeled defects measure, class by class, and a profile that says so."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from domainaug._version import __version__
from domainaug.errors import DomainAugError, LabelError, OutputError, UnreadableInput
from domainaug.layouts import layout_for
from domainaug.layouts.layout import Item, Layout, SetAside
from domainaug.manufacturing.calibrate import (
    Calibration,
    RealDefect,
    calibration_of,
    held_out,
    real_defects,
    refused_of,
    sizes_of,
)
from domainaug.manufacturing.defects import KINDS
from domainaug.manufacturing.gate import Gate
from domainaug.manufacturing.measures import Measures
from domainaug.manufacturing.response import find_part
from domainaug.manufacturing.sizes import Empirical, LearnedSizes, Measured
from domainaug.manufacturing.sources import BANK, learned_settings
from domainaug.medical.zipped import unpacked
from domainaug.profile import load_profile
from domainaug.profile.model import Profile
from domainaug.profile.part import Part
from domainaug.run.augmenting import MEMORY_LIMIT, default_workers
from domainaug.run.defects.labeled import Labeled, survey
from domainaug.run.defects.running import with_pitch
from domainaug.run.engines import engine_named
from domainaug.run.job import Made, Outcome, Task, set_aside
from domainaug.run.plan import relative
from domainaug.run.publish import write_whole
from domainaug.run.summary import Progress

__all__ = ["QUANTILES", "ClassCalibration", "SetCalibration", "calibrate_set", "check_apart_from"]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Of each measure, in tables."""

_SHOWN = ("contrast", "length_mm", "width_mm", "area_mm2")
_KNOTS = 21  # values that a distribution is written with
_PLACES = 500


@dataclass(frozen=True, slots=True)
class ClassCalibration:
    """One class.

    Attributes:
        name: The class.
        pictures: How many show it.
        found: Its defects, measured.
        before: Code to how many of them the profile's gate would refuse.
        calibration: Thresholds and sizes; None where there are too few.
        after: Code to how many of them those thresholds would refuse.
        held_out: How many are refused by thresholds taken from other pictures, and how many were judged so.
    """

    name: str
    pictures: int
    found: tuple[RealDefect, ...]
    before: Mapping[str, int]
    calibration: Calibration | None
    after: Mapping[str, int]
    held_out: tuple[int, int] = (0, 0)

    @property
    def sizes(self) -> LearnedSizes | None:
        """Sizes and places; None where nothing is marked."""
        return sizes_of(self.found) if self.found else None

    def quantiles(self, name: str) -> tuple[float, ...]:
        """Return the quantiles of a measure; none where there are no defects."""
        values = [getattr(one.measures, name) for one in self.found]
        return tuple(float(value) for value in np.quantile(values, QUANTILES)) if values else ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {
            "class": self.name,
            "pictures": self.pictures,
            "defects": len(self.found),
            "quantiles": {name: [round(value, 4) for value in self.quantiles(name)] for name in _SHOWN},
            "refused_before": dict(self.before),
            "gate": None if self.calibration is None else self.calibration.gate.to_mapping(),
            "refused_after": dict(self.after),
            "refused_held_out": list(self.held_out),
        }


@dataclass(frozen=True, slots=True)
class SetCalibration:
    """What the labeled defects of a data set say.

    Attributes:
        profile: What the thresholds begin with.
        classes: Each class.
        set_aside: Pictures whose labels could not be used, and why.
    """

    profile: Profile
    classes: tuple[ClassCalibration, ...]
    set_aside: tuple[SetAside, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        aside = [{"key": one.key, "code": one.code, "reason": one.reason} for one in self.set_aside]
        part = self.profile.part
        return {
            "profile": self.profile.id,
            "pixel_pitch_mm": None if part is None else part.pixel_pitch_mm,
            "levels": list(QUANTILES),
            "classes": [each.to_dict() for each in self.classes],
            "set_aside": aside,
        }

    def saved(self, path: Path | str, *, name: str | None = None) -> Path:
        """Write a profile that extends the one this began with, with thresholds, sizes and places by class.

        Args:
            path: The YAML file; replaced where it is there.
            name: Its id; made of its file's name where None.

        Raises:
            OutputError: It cannot be written, or is the file that it would extend.
        """
        from ruamel.yaml import YAML

        path = Path(path)
        check_apart_from(path, self.profile.path)
        words = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "parts"
        out = io.StringIO()
        writer = YAML()
        writer.default_flow_style = None
        writer.width = 120
        writer.dump(self._document(path, name or f"calibrated/{words}"), out)
        try:
            write_whole(path, out.getvalue().encode())
        except OSError as error:
            raise OutputError(f"{path}: the profile cannot be written: {error.strerror}") from None
        return path

    def _document(self, path: Path, name: str) -> dict[str, Any]:
        count = sum(len(each.found) for each in self.classes)
        part = self.profile.part
        assert part is not None
        return {
            "id": name,
            "version": "1.0.0",
            "title": f"{self.profile.title}, calibrated",
            "description": f"Thresholds, sizes and places of {count} labeled defects, by domainaug {__version__}.",
            "extends": _parent(self.profile, path),
            "part": {"pixel_pitch_mm": part.pixel_pitch_mm},
            "defects": {each.name: _entry(each) for each in self.classes if each.found},
        }

    def __str__(self) -> str:
        return "\n".join([*_measures_table(self.classes), "", *_refusals_table(self.classes, self.profile)])


def check_apart_from(path: Path, extended: Path | None) -> None:
    """Refuse to write a profile over the one that it extends.

    Raises:
        OutputError: They are the same file.
    """
    if extended is not None and extended.resolve() == path.resolve():
        raise OutputError(f"{path}: the new profile extends this one; choose another file for it")


def calibrate_set(
    source: Path | str,
    *,
    profile: Profile | Path | str = "manufacturing/surface",
    options: Mapping[str, Any] | None = None,
    pitch_mm: float | None = None,
    layout: Layout | None = None,
    workers: int | None = None,
    engine: str = "local",
    memory_limit: int | None = MEMORY_LIMIT,
    timeout: float | None = 60.0,
    progress: Callable[[Progress], None] | None = None,
) -> SetCalibration:
    """Measure the labeled defects of a data set, and take thresholds of the gate from them, class by class.

    Thresholds lie where about one real defect in twenty would be refused that they were not taken from. A class of
    fewer than eight defects keeps the profile's thresholds.

    Args:
        source: A data set with masks, outlines or run lengths of defects.
        profile: What is known of the part, and the thresholds to begin with.
        options: Options of the profile, name to value.
        pitch_mm: Millimeters from pixel to pixel, where the profile does not say.
        layout: How the source is laid out; found out by default.
        workers: Processes; as many as processors by default.
        engine: "local", or "serial" for a debugger.
        memory_limit: Bytes a worker may take, or None.
        timeout: Seconds one picture may take, or None.
        progress: Called after every picture, in this thread.

    Raises:
        DomainAugError: The profile or the source cannot be used, or nothing says how many mm a pixel is.
        UnreadableInput: No label marks a defect.
    """
    known = with_pitch(profile if isinstance(profile, Profile) else load_profile(profile, options=options), pitch_mm)
    if known.part is None or known.part.pixel_pitch_mm is None:
        raise DomainAugError(
            f"{known.id}: sizes of defects are in mm, and nothing says how many a pixel is; give the profile "
            "part: {pixel_pitch_mm: 0.1}, or --pitch 0.1"
        )
    folder = unpacked(Path(source))
    labeled = survey(layout_for(folder) if layout is None else layout, folder)
    names: dict[str, list[str]] = {}
    items: dict[str, Item] = {}
    for name, listed in labeled.classes.items():
        for item in listed:
            names.setdefault(item.key, []).append(name)
            items[item.key] = item
    if not items:
        raise UnreadableInput("no-labels", "no picture here has a label of a defect to calibrate on", path=source)
    work = _Measuring(labeled, names, known.part, memory_limit, timeout)
    chosen = engine_named(engine, workers=max(workers or default_workers(), 1))
    found: dict[str, dict[str, list[RealDefect]]] = {}
    aside: list[SetAside] = list(labeled.set_aside)
    tasks = [Task(items[key], (0,)) for key in sorted(items)]
    for number, outcome in enumerate(chosen.run(work, tasks, stopping=lambda: False), 1):
        if isinstance(outcome, SetAside):
            aside.append(outcome)
        else:
            found[outcome.key] = {name: [_read(one) for one in told] for name, told in outcome.labels.items()}
        if progress is not None:
            progress(Progress(number, len(tasks), len(aside)))
    classes = tuple(_of_class(name, found, Gate.from_mapping(known.gate)) for name in labeled.classes)
    if not any(each.found for each in classes):
        raise UnreadableInput("no-labels", "no label here marks a defect of at least 4 pixels", path=source)
    return SetCalibration(known, classes, tuple(sorted(aside, key=lambda one: one.key)))


def _of_class(name: str, found: Mapping[str, Mapping[str, Sequence[RealDefect]]], gate: Gate) -> ClassCalibration:
    shown = [found[key][name] for key in sorted(found) if name in found[key]]
    real = tuple(one for listed in shown for one in listed)
    seen = [one.measures for one in real]
    try:
        made = calibration_of(real, gate)
    except LabelError:
        return ClassCalibration(name, len(shown), real, refused_of(seen, gate), None, {})
    after = refused_of(seen, made.gate)
    return ClassCalibration(name, len(shown), real, refused_of(seen, gate), made, after, held_out(shown, gate))


@dataclass(frozen=True, slots=True)
class _Measuring:
    """Measures the defects of every picture; travels to the workers, as `domainaug.run.job.Work` does."""

    labeled: Labeled
    names: Mapping[str, Sequence[str]]
    part: Part
    memory_limit: int | None
    timeout: float | None
    made: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    narrowed: tuple[str, ...] = ()

    def rehearse(self) -> None:
        """Do nothing: nothing is compiled."""

    def perform(self, task: Task) -> Iterator[Outcome]:
        """Measure the defects of one picture; never raises for a bad input."""
        try:
            told = {name: list(self._measured(task.item, name)) for name in self.names[task.item.key]}
            if not any(told.values()):
                raise LabelError("its labels mark no defect of at least 4 pixels")
        except Exception as error:  # codecs raise anything; one bad file never stops a batch
            yield set_aside(error, task.item, None, "reading it")
            return
        yield Made(task.item.key, 0, Path(), (), {}, told, "", 0.0)

    def _measured(self, item: Item, name: str) -> Iterator[dict[str, Any]]:
        picture, mask, value_range = self.labeled.marked(item, name)
        whole = self.part.foreground.by in ("none", "masks")
        inside = None if whole else find_part(picture, self.part.foreground, value_range)
        assert self.part.pixel_pitch_mm is not None
        for one in real_defects(picture, mask, self.part.pixel_pitch_mm, inside=inside, value_range=value_range):
            yield {"measures": asdict(one.measures), "size": asdict(one.size)}


def _read(told: Mapping[str, Any]) -> RealDefect:
    return RealDefect(Measures(**told["measures"]), Measured(**told["size"]))


def _parent(profile: Profile, path: Path) -> str:
    """Return what the written profile extends: an id of the catalogue, or the path of a file beside it."""
    try:
        if load_profile(profile.id).path == profile.path:
            return profile.id
    except DomainAugError:
        pass
    return profile.id if profile.path is None else relative(profile.path, path.parent)


def _entry(one: ClassCalibration) -> dict[str, Any]:
    """Return how runs make the defects of a class: drawn where it is called as a kind is, else from a bank."""
    source = next((kind for kind in KINDS if kind in re.split(r"[\W_]+", one.name.lower())), BANK)
    sizes = one.sizes
    assert sizes is not None
    entry: dict[str, Any] = {"from": source}
    for name, size in learned_settings(source, sizes).items():
        if isinstance(size, Empirical):
            values = np.quantile(size.values, np.linspace(0, 1, min(_KNOTS, len(size.values))))
            entry[name] = {"empirical": [float(f"{value:.4g}") for value in values]}
        else:
            entry[name] = size.ends[0]
    if source != BANK:
        entry["places"] = [[round(down, 3), round(right, 3)] for down, right in sizes.places[:_PLACES]]
    if one.calibration is not None:
        entry["gate"] = one.calibration.gate.to_mapping()
    return entry


def _measures_table(classes: Sequence[ClassCalibration]) -> Iterator[str]:
    wide = max(len("class"), *(len(each.name) for each in classes))
    levels = "".join(f"{100 * level:8.0f} %" for level in QUANTILES)
    yield f"{'class':{wide}}  pictures  defects  {'measure':9}{levels}"
    for each in classes:
        for number, name in enumerate(_SHOWN):
            counts = f"{each.name:{wide}}  {each.pictures:8}  {len(each.found):7}" if number == 0 else " " * (wide + 19)
            yield f"{counts}  {name:9}" + "".join(f"{value:10.3g}" for value in each.quantiles(name))


def _refusals_table(classes: Sequence[ClassCalibration], profile: Profile) -> Iterator[str]:
    def told(counts: Mapping[str, int], of: int) -> str:
        return ", ".join(f"{code} {count} of {of}" for code, count in counts.items()) or "none"

    yield f"real defects that a gate would refuse, that of {profile.id} and the calibrated one:"
    for each in classes:
        count = len(each.found)
        after = "too few to calibrate" if each.calibration is None else told(each.after, count)
        yield f"{each.name}: {told(each.before, count)} -> {after}"
        if each.calibration is not None:
            gate = each.calibration.gate
            assert gate.length_mm is not None
            assert gate.area_mm2 is not None
            lengths, areas = (f"{low:.3g} to {high:.3g}" for low, high in (gate.length_mm, gate.area_mm2))
            yield (
                f"  thresholds: contrast {gate.contrast:.3g}, length {lengths} mm, area {areas} mm2, "
                f"distance {gate.distance:.3g}, on part {gate.on_part:.3g}"
            )
            refused, judged = each.held_out
            if judged:
                yield f"  thresholds of other pictures would refuse {refused} of {judged}"
