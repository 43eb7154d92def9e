"""What each finding of a check looks like: on the chart, and on a picture of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from domainaug.check.finding import Finding
from domainaug.effects import EFFECTS
from domainaug.errors import DomainAugError
from domainaug.preview.drawing import fit
from domainaug.preview.planes import middle_of
from domainaug.preview.windows import Window, windows_for

if TYPE_CHECKING:
    from domainaug.check.report import Report
    from domainaug.generators import Frame
    from domainaug.preview.sources import Subject
    from domainaug.profile.model import Profile

__all__ = ["Shot", "on_chart", "on_subject", "picture_of_subject", "shots_of", "write_shots"]

Picture = NDArray[np.uint8]
Kind = Literal["chart", "before", "after", "mended", "failed"]

_CHART = 256


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A picture of a finding.

    Attributes:
        kind: "chart", "before", "after" (each as the step leaves it, at its worst), "mended", or "failed".
        picture: (h, w, 3) uint8; None where the step does not run on it.
        said: What can be seen, in words; or why nothing can.
    """

    kind: Kind
    picture: Picture | None
    said: str


def on_chart(target: Any, finding: Finding, frame: Frame, *, longest: int = 256) -> tuple[Shot, ...]:
    """Return what a finding does to the chart that the check measures with.

    Args:
        target: What was checked.
        finding: One of its report; without an effect there is nothing to show.
        frame: Gives channels and value range.
        longest: The longer side of the picture.
    """
    from domainaug.check.measured import make_probe

    chart = make_probe(replace(frame, height=_CHART, width=_CHART)).image
    shots = _shots(target, finding, chart, Window(frame.low, frame.high), frame, longest)
    return tuple(replace(shot, kind="chart") for shot in shots if shot.kind == "after")


def on_subject(
    target: Any, finding: Finding, subject: Subject, frame: Frame, *, longest: int = 256
) -> tuple[Shot, ...]:
    """Return what a finding does to a picture of one's own: before, after, and after the fix.

    Args:
        target: What was checked.
        finding: One of its report.
        subject: What it is shown on; of a volume the middle slice.
        frame: The profile's; the value range is the subject's where it tells its own.
        longest: The longer side of a picture.
    """
    picture, frame = picture_of_subject(subject, frame)
    window = next(iter(windows_for(picture, subject.unit, subject.sample.value_range).values()))
    return _shots(target, finding, picture, window, frame, longest)


def shots_of(
    target: Any, report: Report, profile: Profile, subject: Subject | None = None, *, longest: int = 256
) -> Iterator[tuple[int, tuple[Shot, ...]]]:
    """Yield the pictures of each finding that has an effect, by its number in the report.

    Args:
        target: What was checked.
        report: What the check said of it.
        profile: What it was held against.
        subject: A picture of one's own, or None for the chart alone.
        longest: The longer side of a picture.
    """
    for index, finding in enumerate(report.findings):
        if finding.effect not in EFFECTS:
            continue
        own = () if subject is None else on_subject(target, finding, subject, profile.frame, longest=longest)
        yield index, (*on_chart(target, finding, profile.frame, longest=longest), *own)


def write_shots(
    folder: Path, target: Any, report: Report, profile: Profile, subject: Subject | None = None
) -> tuple[Path, ...]:
    """Write the pictures of each finding into a folder: 00-MED101-mirror_horizontal-after.png.

    Returns:
        The files, in the order of findings.

    Raises:
        DomainAugError: The folder cannot be written to.
    """
    from PIL import Image

    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for index, shots in shots_of(target, report, profile, subject):
            finding = report.findings[index]
            for shot in shots:
                if shot.picture is not None:
                    path = folder / f"{index:02d}-{finding.code}-{finding.effect}-{shot.kind}.png"
                    Image.fromarray(shot.picture).save(path)
                    written.append(path)
    except OSError as fault:
        raise DomainAugError(f"{folder}: pictures cannot be written there: {fault.strerror or fault}") from None
    return tuple(written)


def picture_of_subject(subject: Subject, frame: Frame) -> tuple[NDArray[Any], Frame]:
    """Return one picture of a subject, of a volume the middle slice, and a frame with its channels and values."""
    values = subject.values
    picture = values if subject.kind == "image" else values[middle_of(values)[0]]
    known = subject.sample.value_range
    if known is None and picture.dtype == np.uint8:
        known = 0.0, 255.0
    low, high = known or (float(picture.min()), float(picture.max()))
    channels = 1 if picture.ndim == 2 else picture.shape[2]
    return picture, replace(frame, channels=channels, low=low, high=high if high > low else low + 1.0)


def _shots(
    target: Any, finding: Finding, picture: NDArray[Any], window: Window, frame: Frame, longest: int
) -> tuple[Shot, ...]:
    from domainaug.check.pictured import pictured

    before = Shot("before", window(fit(picture, longest)), "As it was")
    try:
        made = pictured(target, finding, picture, frame)
    except DomainAugError as error:
        return before, Shot("failed", None, str(error))
    shots = [before, Shot("after", window(fit(made.done, longest)), _told(finding, made.far))]
    if made.mended is not None:
        shots.append(Shot("mended", window(fit(made.mended, longest)), "Again at its worst"))
    return tuple(shots)


def _told(finding: Finding, far: float | None) -> str:
    from domainaug.check.wording import amount

    row, words = EFFECTS[finding.effect], finding.effect.replace("_", " ").capitalize()
    return words if far is None or row.is_flag else f"{words} {amount(row, far)}"
