"""Promise 5 for NIfTI: what was written into headers, extensions and sidecars for people stays in the source."""

from __future__ import annotations

import gzip
import json
import logging
import struct
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest

from domainaug.medical.nifti import NiftiImage
from domainaug.run import augment

sys.path.insert(0, str(Path(__file__).parent))
from canaries import CANARY, leaks, told_by, zipped_under

AFFINE = np.diag((1.5, 1.5, 3.0, 1.0))
MR = ("--profile", "medical/brain-mri")


def written(path: Path, values: np.ndarray, *, version: int = 1) -> Path:
    """Write a file in which every text names a patient: fields, three kinds of extensions, and the gzip header."""
    kind = nibabel.Nifti1Image if version == 1 else nibabel.Nifti2Image
    kind = nibabel.Nifti1Pair if path.suffix == ".img" else kind
    image = kind(values, AFFINE)
    image.header["descrip"], image.header["aux_file"] = f"{CANARY}^Jane 1937", f"{CANARY}.dcm"
    image.header["intent_name"] = CANARY
    if version == 1:
        image.header["db_name"], image.header["data_type"] = CANARY, CANARY
    dicom = struct.pack("<HH2sH", 0x0010, 0x0010, b"PN", 10) + f"{CANARY} ".encode()
    for code, content in ((2, dicom), (4, f"<AFNI_attributes self_idcode='{CANARY}'/>".encode()), (6, CANARY.encode())):
        image.header.extensions.append(nibabel.nifti1.Nifti1Extension(code, content))
    path.parent.mkdir(parents=True, exist_ok=True)
    image.to_filename(path)
    if path.suffix == ".gz":
        path.write_bytes(zipped_under(f"{CANARY}.nii", gzip.decompress(path.read_bytes())))
    return path


def brain(number: int = 0) -> np.ndarray:
    places = np.indices((24, 28, 12)).transpose(1, 2, 3, 0) - (12, 14, 6)
    inside = ((places / (9, 11, 5)) ** 2).sum(-1) < 1
    return (inside * 700 + np.random.default_rng(number).normal(100, 9, inside.shape)).astype(np.int16)


def mask() -> np.ndarray:
    return (brain() > 500).astype(np.uint8)


def plain(source: Path) -> Path:
    """Images of every kind of file with masks, and some that cannot be taken, each in its own way."""
    for number, name in enumerate(("one.nii.gz", "two.nii", "three.img")):
        stem, dot, ending = name.partition(".")
        written(source / f"{stem}{dot}{ending}", brain(number))
        written(source / f"{stem}_seg{dot}{ending}", mask())
    written(source / "four.nii.gz", brain(4), version=2)
    whole = written(source / "cut.nii", brain(5)).read_bytes()
    (source / "cut.nii").write_bytes(whole[: len(whole) // 2])
    (source / "text.nii").write_text(CANARY * 100)
    written(source / "alone_seg.nii.gz", mask())
    written(source / "off.nii.gz", brain(6))
    written(source / "off_seg.nii.gz", brain(7) * 0.37)
    return source


def bids(source: Path) -> Path:
    for person in ("01", "02"):
        stem = source / f"sub-{person}/anat/sub-{person}"
        written(Path(f"{stem}_T1w.nii.gz"), brain())
        told = {
            "PatientName": CANARY,
            "PatientBirthDate": CANARY,
            "InstitutionName": CANARY,
            "MagneticFieldStrength": 3,
        }
        Path(f"{stem}_T1w.json").write_text(json.dumps(told))
        labels = source / f"derivatives/manual/sub-{person}/anat/sub-{person}_label-lesion_dseg.nii.gz"
        written(labels, mask())
    (source / "dataset_description.json").write_text(json.dumps({"Name": CANARY, "Authors": [CANARY]}))
    (source / "participants.tsv").write_text(f"participant_id\tname\nsub-01\t{CANARY}\n")
    return source


def listed(source: Path) -> Path:
    for number in range(2):
        written(source / f"imagesTr/case{number}_0000.nii.gz", brain(number))
        written(source / f"labelsTr/case{number}.nii.gz", mask())
    told = {"channel_names": {"0": "T1"}, "labels": {"background": 0, "brain": 1}, "numTraining": 2}
    told |= {"file_ending": ".nii.gz", "description": CANARY, "patients": {"case0": CANARY}}
    (source / "dataset.json").write_text(json.dumps(told))
    return source


SOURCES = pytest.mark.parametrize("make", [plain, bids, listed], ids=lambda make: make.__name__)


@SOURCES
def test_there_is_something_to_hide(tmp_path, make):
    source = make(tmp_path / "source")
    images = [nibabel.load(path) for path in source.rglob("*.nii*") if path.stem not in ("text", "cut")]
    assert images
    for image in images:
        assert CANARY in str(image.header) + str(image.header.extensions)
        assert len(image.header.extensions) == 3
    assert all(CANARY.encode() in path.read_bytes()[:40] for path in source.rglob("*.nii.gz"))


@pytest.mark.slow
@SOURCES
def test_no_command_says_any_of_it_and_no_copy_has_it(tmp_path, commands, make):
    source, out = make(tmp_path / "source"), tmp_path / "out"
    run = ("augment", source, out, *MR, "--copies", 2, "--workers", 2)
    lines = {
        "dry run": (*run, "--dry-run", "--json"),
        "run": (*run, "--json"),
        "again, in words": run,
        "replay": ("replay", out, "--json"),
        "study": ("study", source, "--json"),
        "doctor": ("doctor", "--phi", source),
    }
    ended = dict(zip(lines, commands(*lines.values()), strict=True))
    told = {f"{stream} of {name}": getattr(one, stream) for name, one in ended.items() for stream in ("out", "err")}
    assert ended["run"].data["done"] >= 4
    asides = {aside["code"] for aside in ended["run"].data["set_aside"]}
    assert asides == ({"truncated", "not-nifti", "mask-without-image", "not-a-mask"} if make is plain else set())
    told |= told_by(out)
    assert "within " in " ".join(told)
    assert {"ledger.sqlite", "manifest.jsonl", "ledger"} <= told.keys()
    assert not leaks(told)


def test_not_even_the_log_of_every_library_at_its_most_talkative_says_it(tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    source = plain(tmp_path / "source")
    summary = augment(source, tmp_path / "out", profile="medical/brain-mri", engine="serial", timeout=None)
    assert summary.done == 4
    printed = capfd.readouterr()
    said = {"log": caplog.text, "out": printed.out, "err": printed.err, "summary": repr(summary)}
    assert not leaks(said)


def test_a_copy_says_which_run_made_it_and_keeps_what_says_how_to_read_it(tmp_path):
    source, out = tmp_path / "source", tmp_path / "out"
    written(source / "one.nii.gz", brain())
    written(source / "one_seg.nii.gz", mask())
    augment(source, out, profile="medical/brain-mri", engine="serial", timeout=None, seed=3)
    for name in ("one_aug000.nii.gz", "one_aug000_seg.nii.gz"):
        copy = nibabel.load(out / name)
        assert bytes(copy.header["descrip"]).startswith(b"domainaug ")
        assert b"seed 3, copy 0" in bytes(copy.header["descrip"])
        assert not copy.header.extensions
        assert np.allclose(copy.affine, AFFINE)
        assert copy.header["sform_code"] == nibabel.load(source / "one.nii.gz").header["sform_code"]


@pytest.mark.parametrize("version", [1, 2])
def test_an_image_of_ones_own_loses_its_text_and_nothing_else(tmp_path, version):
    image = NiftiImage.read(written(tmp_path / "one.nii.gz", brain(), version=version))
    bare = image.without_text("by me")
    assert leaks({"before": image.to_bytes(zipped=False).decode("latin-1")})
    assert not leaks({"after": bare.to_bytes(zipped=False).decode("latin-1")})
    bare.write(tmp_path / "bare.nii.gz")
    again = NiftiImage.read(tmp_path / "bare.nii.gz")
    assert np.array_equal(again.values(), image.values())
    assert again.grid.is_same(image.grid)
    texts = {"descrip", "aux_file", "intent_name", "db_name", "data_type", "vox_offset"}
    for name in set(image.header.record.dtype.names) - texts:
        assert again.header.record[name].tobytes() == image.header.record[name].tobytes(), name
    assert bytes(again.header.record["descrip"]) == b"by me"
