"""A study on disk: every series in it, and every file that was set aside, with the reason."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pydicom import dcmread

from domainaug.errors import UnreadableInput
from domainaug.medical.alike import Opener
from domainaug.medical.codestream import codestream_finding
from domainaug.medical.instance import Instance
from domainaug.medical.opening import border, has_marker
from domainaug.medical.series import Series
from domainaug.medical.stacks import split
from domainaug.medical.zipped import unpacked

__all__ = ["FileSetAside", "Study", "candidates", "listed", "read_study"]

_DICOM_SUFFIXES = {"", ".dcm", ".dicom", ".ima", ".img"}


@dataclass(frozen=True, slots=True)
class FileSetAside:
    """A file that is not part of any series.

    Attributes:
        path: The file.
        index: Its place in `Study.files`, from 1.
        code: A stable reason code.
        reason: One sentence, free of patient identifiers and of the file's name.
    """

    path: Path
    index: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Study:
    """Everything that was found.

    Attributes:
        series: The stacks and sets of images, in an order that file names do not decide.
        set_aside: Files that could not be used.
        files: Every file there is, in the order that `listed` gives; "file-00003" of a report is `files[2]`.
        left_alone: Those of them that neither their name nor their first bytes make DICOM: notes, viewers.
    """

    series: tuple[Series, ...]
    set_aside: tuple[FileSetAside, ...]
    files: tuple[Path, ...] = ()
    left_alone: tuple[Path, ...] = ()

    def __str__(self) -> str:
        lines = [
            f"{one.modality} {'x'.join(map(str, one.size))} {one.kind}"
            + "".join(f"\n  {finding.code}: {finding.message}" for finding in one.findings)
            for one in self.series
        ]
        lines += [f"set aside, file {one.index}: {one.code}: {one.reason}" for one in self.set_aside]
        if self.left_alone:
            many = len(self.left_alone) > 1
            lines.append(f"left alone: {len(self.left_alone)} {'files' if many else 'file'} of another kind")
        return "\n".join(lines) or "nothing found"


def read_study(source: Path | str | Iterable[Path | str]) -> Study:
    """Read every series in a folder (with all folders in it), a zip file, a file, a DICOMDIR, or a list of files.

    Headers are read, pixels are not. Nothing is dropped in silence: a file that looks like DICOM and cannot be
    used is in `set_aside`, any other is in `left_alone`, and a stack that would be wrong as a volume says so in its
    findings.

    Args:
        source: Where to look.

    Raises:
        UnreadableInput: There is no such file or folder.
    """
    if not isinstance(source, Path | str):
        source = list(source)
    found: list[Instance] = []
    refused: list[FileSetAside] = []
    seen: set[str] = set()
    opener = Opener()
    files = listed(source)
    dicom = set(_dicom_among(files, source))
    for index, path in enumerate(files, start=1):
        if path not in dicom:
            continue
        try:
            frames = [one.instance for one in opener.header(path).frames()]
            if frames[0].sop_instance_uid in seen:
                raise UnreadableInput("duplicate-uid", "another file carries the same SOP Instance UID", path=path)
        except UnreadableInput as error:
            refused.append(FileSetAside(path, index, error.code, str(error).removeprefix(f"{path}: ")))
        else:
            seen.add(frames[0].sop_instance_uid)
            found.extend(frames)
    stacks = split(found)
    siblings = defaultdict(list)
    for stack in stacks:
        siblings[stack[0].series_uid].append(stack)
    return Study(
        series=tuple(_judged(stack, siblings[stack[0].series_uid]) for stack in stacks),
        set_aside=tuple(refused),
        files=tuple(files),
        left_alone=tuple(path for path in files if path not in dicom),
    )


def _judged(stack: list[Instance], siblings: list[list[Instance]]) -> Series:
    """Return the series of a stack; of compressed ones, the first picture is asked what it says of itself."""
    series = Series.of(stack, siblings)
    try:
        finding = codestream_finding(stack[0])
    except UnreadableInput:
        return series
    return series if finding is None else replace(series, findings=(*series.findings, finding))


def candidates(source: Path | str | Iterable[Path | str]) -> list[Path]:
    """Return the files that are, or should be, DICOM, sorted.

    In a folder that is every file with the DICM marker, and those whose name says so (.dcm, no suffix, a UID);
    other files and what is hidden are left alone, and links are not followed out of the folder.
    """
    if not isinstance(source, Path | str):
        source = list(source)
    return _dicom_among(listed(source), source)


def _dicom_among(files: list[Path], source: Path | str | Iterable[Path | str]) -> list[Path]:
    """Return those that look like DICOM; files that somebody named, rather than their folder, all count as such."""
    in_a_folder = isinstance(source, Path | str) and unpacked(Path(source)).is_dir()
    return [path for path in files if _looks_like_dicom(path)] if in_a_folder else files


def listed(source: Path | str | Iterable[Path | str]) -> list[Path]:
    """Return every file of a folder and the folders in it, of a zip file, a file, or what a DICOMDIR or a list names.

    They are in the order of `sorted(Path(source).rglob("*"))`. What is hidden, a DICOMDIR, and links that lead out
    of the folder are not among them.
    """
    if not isinstance(source, Path | str):
        return sorted(Path(path) for path in source)
    source = unpacked(Path(source))
    if source.is_dir():
        return sorted(_walk(source))
    if not source.exists():
        raise UnreadableInput("not-a-file", "there is no such file or folder", path=source)
    return sorted(_listed_in(source)) if source.name == "DICOMDIR" else [source]


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(place, name)
            inside = not path.is_symlink() or Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
            if not name.startswith(".") and name != "DICOMDIR" and inside and path.is_file():  # a pipe would wait
                yield path


def _looks_like_dicom(path: Path) -> bool:
    suffix = path.suffix.lower()
    return suffix in _DICOM_SUFFIXES - {""} or suffix[1:].isdigit() or has_marker(path) or _bare_dicom(path)


def _bare_dicom(path: Path) -> bool:
    """Return whether a file without suffix and marker starts with an element of group 0002 or 0008."""
    if path.suffix:
        return False
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
    except OSError:
        return False
    little = start[:2] in (b"\x02\x00", b"\x08\x00") and start[3:] == b"\x00"
    return little or start[:3] == b"\x00\x08\x00"


def _listed_in(dicomdir: Path) -> Iterator[Path]:
    """Yield the image files that a DICOMDIR names, none of them outside its folder."""
    root = dicomdir.parent.resolve()
    with border("damaged", "it cannot be parsed as a DICOMDIR", dicomdir):
        records = list(dcmread(dicomdir).DirectoryRecordSequence)
        names = [record.ReferencedFileID for record in records if "ReferencedFileID" in record]
    for name in names:
        path = root.joinpath(*([name] if isinstance(name, str) else map(str, name)))
        if not path.resolve().is_relative_to(root):
            raise UnreadableInput("outside-folder", "it names a file outside its folder", path=dicomdir)
        yield path
