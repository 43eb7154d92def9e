"""Writes docs/dicom-files.md: every DICOM image in the wheels at hand, read, augmented, written, and held to the gate.

python docs/render_dicom_files.py
"""

from __future__ import annotations

import gzip
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pydicom
from pydicom.uid import UID

from domainaug.layouts.dicom_study import DicomStudy
from domainaug.layouts.layout import Scan, SetAside
from domainaug.medical.gate import Complaint, everybody, hold
from domainaug.medical.plausible import UNKNOWN_TEXT
from domainaug.medical.validators import dciodvfy, source_errors
from domainaug.profile import Profile
from domainaug.run.job import Job, Task

TARGET = Path(__file__).parent / "dicom-files.md"

WHEELS = {
    "pydicom": ("pydicom", "data/charset_files", "data/test_files"),
    "pydicom-data": ("data_store", "data"),
    "nibabel": ("nibabel", "nicom/tests/data"),
}
"""Where a wheel keeps its DICOM files: the package, and folders in it."""

INTENSITY: tuple[dict[str, Any], ...] = (
    {"RandomGamma": {"gamma_limit": [115, 115], "p": 1}},
    {"GaussianBlur": {"sigma_limit": [0.7, 0.7], "blur_limit": 0, "p": 1}},
    {"GaussNoise": {"std_range": [0.01, 0.01], "p": 1}},
)
GEOMETRY: tuple[dict[str, Any], ...] = (
    {"Affine": {"rotate": [4, 4], "scale": [1.03, 1.03], "translate_percent": [0.02, 0.02], "p": 1}},
)
PIPELINES = {"intensity": INTENSITY, "geometry": GEOMETRY, "both": (*GEOMETRY, *INTENSITY)}


@dataclass(frozen=True)
class Source:
    """A file, or a folder with one series.

    Attributes:
        wheel: What it comes with.
        name: Its path in there.
        path: Where it is.
    """

    wheel: str
    name: str
    path: Path


@dataclass
class Outcome:
    """What became of one source.

    Attributes:
        codes: Why files, series or copies were set aside, by pipeline; "" where something was written.
        images: How many files were read.
        before: The most error lines of dciodvfy of any file.
        after: The same of the copies, by pipeline.
        complaints: What anybody had against the copies, by pipeline.
        asked: Who was asked.
    """

    codes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    images: int = 0
    before: int = 0
    after: dict[str, int] = field(default_factory=dict)
    complaints: dict[str, tuple[Complaint, ...]] = field(default_factory=dict)
    asked: tuple[str, ...] = ()


# -- what there is ----------------------------------------------------------------------------------------


def sources(scratch: Path) -> list[Source]:
    """Return every DICOM image in the wheels that are installed; files of a DICOMDIR by the folder of their series.

    Args:
        scratch: Where compressed files are unpacked to.
    """
    found: dict[tuple[str, str], Path] = {}
    for wheel, (package, *folders) in WHEELS.items():
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            continue
        root = Path(next(iter(spec.submodule_search_locations)))
        for folder in folders:
            for path in sorted((root / folder).rglob("*")):
                path = _unpacked(path, scratch / wheel)
                if not is_image(path):
                    continue
                series = "dicomdirtests" in path.parts
                place = path.parent if series else path
                name = place.relative_to(scratch / wheel if scratch in path.parents else root / folder).as_posix()
                found.setdefault((wheel, name), place)
    return [Source(wheel, name, path) for (wheel, name), path in found.items()]


def _unpacked(path: Path, scratch: Path) -> Path:
    """Return a file as it is, or what is in it, where it is compressed."""
    if path.suffix != ".gz":
        return path
    scratch.mkdir(parents=True, exist_ok=True)
    name = path.stem if "." in path.stem else f"{path.stem}.dcm"
    (scratch / name).write_bytes(gzip.decompress(path.read_bytes()))
    return scratch / name


def is_image(path: Path) -> bool:
    """Return whether a file says, in a header that can be read somehow, that it has rows."""
    return _header(path).get("Rows") is not None


def _header(path: Path) -> pydicom.Dataset:
    try:
        if not path.is_file() or path.suffix in (".py", ".pyc", ".json", ".txt"):
            return pydicom.Dataset()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = pydicom.dcmread(path, stop_before_pixels=True, force=path.suffix in (".dcm", ""))
            _ = header.get("Rows"), header.get("SOPClassUID")
            return header
    except Exception:
        return pydicom.Dataset()


# -- what becomes of it -----------------------------------------------------------------------------------


def examined(source: Source, scratch: Path, pipelines: tuple[str, ...] = tuple(PIPELINES)) -> Outcome:
    """Read a source, augment it with each pipeline, write it, and ask everybody who is installed.

    Args:
        source: What is examined.
        scratch: An empty folder.
        pipelines: Names out of `PIPELINES`.
    """
    layout, outcome = DicomStudy(allow=frozenset({UNKNOWN_TEXT})), Outcome(asked=everybody())
    scan = layout.scan(source.path)
    outcome.images = sum(len(item.files) for item in scan.items)
    outcome.before = max((len(source_errors(path)) for item in scan.items for path in item.files), default=0)
    for name in pipelines:
        _augmented(layout, scan, name, scratch / name, outcome)
    return outcome


def _augmented(layout: DicomStudy, scan: Scan, name: str, out: Path, outcome: Outcome) -> None:
    profile = Profile(id=f"gate/{name}", version="1.0.0", title="The gate", limits=(), recipe=PIPELINES[name])
    out.mkdir(parents=True)
    job = Job(profile=profile, layout=layout, seed=7, strength=1.0, out=out, version="0")
    codes = {aside.code for aside in scan.set_aside}
    complaints: list[Complaint] = []
    for item in scan.items:
        for made in job.perform(Task(item, (0,))):
            if isinstance(made, SetAside):
                codes.add(made.code)
                continue
            derived = [made.folder / file.path for file in made.files]
            outcome.after[name] = max(outcome.after.get(name, 0), *(len(dciodvfy(path)) for path in derived))
            complaints += hold(item.files, derived)
    outcome.codes[name] = tuple(sorted(codes))
    outcome.complaints[name] = tuple(complaints)


# -- the page ---------------------------------------------------------------------------------------------

COLUMNS = ("file", "SOP class", "transfer syntax", "photometric", "frames", "what became of it", "errors", "agree")
_SYNTAXES = {
    "1.2.840.10008.1.2": "implicit little endian",
    "1.2.840.10008.1.2.1": "explicit little endian",
    "1.2.840.10008.1.2.1.99": "deflated",
    "1.2.840.10008.1.2.2": "explicit big endian",
    "1.2.840.10008.1.2.4.50": "JPEG baseline",
    "1.2.840.10008.1.2.4.51": "JPEG extended",
    "1.2.840.10008.1.2.4.57": "JPEG lossless",
    "1.2.840.10008.1.2.4.70": "JPEG lossless SV1",
    "1.2.840.10008.1.2.4.80": "JPEG-LS",
    "1.2.840.10008.1.2.4.81": "JPEG-LS near-lossless",
    "1.2.840.10008.1.2.4.90": "JPEG 2000 lossless",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
    "1.2.840.10008.1.2.5": "RLE",
}


def row(source: Source, outcome: Outcome) -> tuple[str, ...]:
    """Return the cells of a source, in the order of `COLUMNS`."""
    files = sorted(source.path.iterdir()) if source.path.is_dir() else [source.path]
    header = _header(files[0])
    syntax = str(getattr(header, "file_meta", {}).get("TransferSyntaxUID", ""))
    kind = UID(str(header.get("SOPClassUID", "")))
    return (
        source.name,
        kind.name.removesuffix(" Storage").removesuffix(" Image") if kind else "none",
        _SYNTAXES.get(syntax, "not said"),
        str(header.get("PhotometricInterpretation", "")),
        str(len(files) if len(files) > 1 else header.get("NumberOfFrames") or 1),
        told(outcome),
        f"{outcome.before} → {max(outcome.after.values())}" if outcome.after else "",
        ", ".join(_short(name) for name in outcome.asked if not _against(outcome, name)) if outcome.after else "",
    )


def told(outcome: Outcome) -> str:
    """Return what became of a source in all pipelines, and what anybody complains of."""
    written = [name for name in outcome.codes if name in outcome.after]
    refused = {codes for name, codes in outcome.codes.items() if codes}
    parts = []
    if written:
        parts.append("written" if len(written) == len(outcome.codes) else f"written ({', '.join(written)})")
    parts += sorted(", ".join(codes) for codes in refused)
    said = "; ".join(parts)
    complaints = {str(one) for found in outcome.complaints.values() for one in found}
    return "; ".join([said, *sorted(complaints)]).replace("|", "/")


def _against(outcome: Outcome, name: str) -> bool:
    return any(one.who == name for found in outcome.complaints.values() for one in found)


def _short(name: str) -> str:
    return {"dciodvfy": "iod", "dcentvfy": "ent", "dcm2niix": "niix"}.get(name, name)


def page(rows: Sequence[tuple[str, tuple[str, ...]]]) -> str:
    """Return the page, given the wheel and the cells of every source."""
    parts = [_HEAD.format(count=len(rows), written=sum("written" in cells[5] for _, cells in rows)), _matrix(rows)]
    for wheel in dict.fromkeys(wheel for wheel, _ in rows):
        lines = [f"\n## {wheel}\n", _line(COLUMNS), _line(["---"] * len(COLUMNS))]
        lines += [_line([f"`{cells[0]}`", *cells[1:]]) for name, cells in rows if name == wheel]
        parts.append("\n".join(lines))
    return "\n".join(parts) + "\n"


def _matrix(rows: Sequence[tuple[str, tuple[str, ...]]]) -> str:
    """Return the table of SOP classes and transfer syntaxes: files that were written, of those there are."""
    kinds = sorted({cells[1] for _, cells in rows})
    syntaxes = [name for name in (*_SYNTAXES.values(), "not said") if any(cells[2] == name for _, cells in rows)]
    lines = [_line(["SOP class", *syntaxes]), _line(["---"] * (len(syntaxes) + 1))]
    for kind in kinds:
        there = [[cells for _, cells in rows if cells[1:3] == (kind, syntax)] for syntax in syntaxes]
        counts = [f"{sum('written' in cells[5] for cells in some)} of {len(some)}" if some else "" for some in there]
        lines.append(_line([kind, *counts]))
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


_HEAD = """# DICOM files that were tried

Written by `python docs/render_dicom_files.py`; `tests/medical/test_gate.py` does the same for every file and holds
this page to it. Every DICOM file with pixels in the wheels of pydicom, pydicom-data and nibabel is read, augmented by
three pipelines (intensity: gamma, blur and noise; geometry: a turn, a scale and a shift; both), and written, with
`burned-in-unknown` allowed: none of the ultrasound files and captures says whether text is burned in. Of
{count} files and series, {written} are written; of the others the code says why they are set aside
([what the codes mean](dicom.md#what-is-set-aside)).

*errors* are the error lines of dciodvfy, at most, before and after: real files are rarely free of them, and a copy
never has one that its source had not. *agree* are those who have nothing against the copies: dciodvfy (iod) and
dcentvfy (ent); GDCM (in SimpleITK), DCMTK and dcm2niix (niix), which read the same pixels at the same place in the
patient as we do.

## SOP classes and transfer syntaxes

How many are written, of those there are.
"""


def main() -> None:
    """Write the page."""
    warnings.simplefilter("ignore")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for number, source in enumerate(sources(scratch / "unpacked")):
            rows.append((source.wheel, row(source, examined(source, scratch / str(number)))))
            print(source.wheel, *rows[-1][1], sep=" | ", flush=True)
    TARGET.write_text(page(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
