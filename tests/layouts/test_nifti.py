"""NIfTI data sets: cases are found as each field lays them out, channels stay together, masks lie on their image."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nibabel.processing import resample_from_to

from domainaug.errors import UnreadableInput
from domainaug.layouts import layout_for
from domainaug.layouts.nifti import Nifti
from domainaug.run import augment, replay
from domainaug.run.ledger import LEDGER, Ledger

SHAPE = (40, 44, 20)
AFFINE = nibabel.affines.from_matvec(np.diag((-1.0, 1.1, 2.0)), (20, -25, -10))
PROFILE = """
id: tests/nifti
version: 1.0.0
title: A volume
description: Turns, tones and noise.
applies_to: {dicom: {Modality: [MODALITY]}, channels: 1}
frame: {size: [40, 44], channels: 1, spacing_mm: 1.0, volume: true}
value_range: {unit: level}
limits:
  - effect: [rotation, tilt, scale, shift, outside, local_warp, mirror_horizontal, gamma, noise, tone, field_of_view,
      brightness, contrast, impulse_noise, aspect, shear]
    code: TES301
    allow: any
    reason: Nothing is at stake.
    evidence: [{strength: opinion}]
recipe: """
TURN = "[{Affine: {rotate: [15, 15], scale: [1.05, 1.05], p: 1.0}}]"
TILT = "[{VolumeAffine: {rotate: [[6, 6], [4, 4], [8, 8]], p: 1.0}}]"
STILL = "[{RandomGamma: {gamma_limit: [130, 130], p: 1.0}}]"
NOISE = "[{GaussNoise: {std_range: [0.05, 0.05], p: 1.0}}]"
MIRROR = "[{HorizontalFlip: {p: 1.0}}]"
CROP = "[{CenterCrop: {height: 30, width: 32, p: 1.0}}]"


def blob(affine: np.ndarray = AFFINE, shape: tuple[int, int, int] = SHAPE, middle: Any = (4, -4, 6)) -> np.ndarray:
    """An ellipsoid in the patient, as any grid shows it."""
    places = nibabel.affines.apply_affine(affine, np.moveaxis(np.indices(shape), 0, -1)) - middle
    return ((places / (9, 7, 8)) ** 2).sum(-1) <= 1


def save(path: Path, values: np.ndarray, affine: np.ndarray | None = AFFINE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    kind: Any = nibabel.Nifti1Pair if path.suffix == ".img" else nibabel.Nifti1Image
    kind(values, affine).to_filename(path)
    return path


def scan(number: int = 0, affine: np.ndarray = AFFINE, shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    noise = np.random.default_rng(number).normal(0, 5, shape)
    return (np.where(blob(affine, shape), 900, 200) + noise).astype(np.int16)


def load(path: Path) -> np.ndarray:
    return np.asarray(nibabel.load(path).dataobj)


@pytest.fixture
def ran(tmp_path: Path) -> Callable[..., Path]:
    def run(source: Path, recipe: str, *, copies: int = 1, out: str = "out", modality: str = "MR", **how: Any) -> Path:
        profile = tmp_path / "profile.yaml"
        profile.write_text(PROFILE.replace("MODALITY", modality) + recipe + "\n", encoding="utf-8")
        where = tmp_path / out
        how = {"engine": "serial", "timeout": None, "memory_limit": None, **how}
        summary = augment(source, where, profile=profile, copies=copies, seed=5, **how)
        run.summary = summary  # type: ignore[attr-defined]
        return where

    return run


def names(out: Path) -> list[str]:
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*.nii*"))


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Dice."""
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


# -- plain folders ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", [TURN, TILT], ids=["turn", "tilt"])
@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_a_mask_beside_its_image_lies_where_the_copy_shows_it(
    tmp_path: Path, ran: Callable[..., Path], recipe: str, ending: str
) -> None:
    source = tmp_path / "source"
    save(source / f"patient 1/scan{ending}", scan())
    save(source / f"patient 1/scan_seg{ending}", blob().astype(np.uint8))
    out = ran(source, recipe, copies=2)
    assert ran.summary.exit_code == 0, ran.summary
    assert names(out) == [f"patient 1/scan_aug00{n}{tail}{ending}" for n in (0, 1) for tail in ("", "_seg")]
    image, mask = (load(out / f"patient 1/scan_aug000{tail}{ending}") for tail in ("", "_seg"))
    assert (image.dtype, mask.dtype) == (np.int16, np.uint8)
    assert overlap(mask == 1, image > 550) > 0.98
    assert overlap(mask == 1, blob()) < 0.97  # it moved
    assert replay(out, engine="serial").ok


@pytest.mark.parametrize(
    ("image", "label"),
    [
        ("a.nii.gz", "a-label.nii.gz"),
        ("a.nii.gz", "a_mask.nii"),
        ("sub/a.b.nii.gz", "sub/a.b.seg.nii.gz"),
        ("images/a.nii.gz", "labels/a.nii.gz"),
        ("images/x/a.nii.gz", "masks/x/a_mask.nii.gz"),
        ("imagesTr/a.nii.gz", "labelsTr/a.nii.gz"),
        ("a.hdr", "a_seg.hdr"),
    ],
)
def test_masks_are_found_where_people_put_them(tmp_path: Path, image: str, label: str) -> None:
    for name in (image, label):
        path = save(tmp_path / name.replace(".hdr", ".img"), scan())
        assert path.is_file()
    (tmp_path / "notes.txt").write_text("x")
    found = layout_for(tmp_path).scan(tmp_path)
    (item,) = found.items
    heads = [path.relative_to(tmp_path).as_posix() for path in item.files if path.suffix != ".img"]
    assert heads == [image, label]
    assert (found.set_aside, found.ignored) == ((), 1)


def test_what_cannot_be_paired_is_set_aside(tmp_path: Path) -> None:
    save(tmp_path / "lone_mask.nii.gz", scan())
    save(tmp_path / "twice.nii", scan())
    save(tmp_path / "twice.nii.gz", scan())
    save(tmp_path / "dwi.nii.gz", scan())
    (tmp_path / "dwi.bvec").write_text("0 0 1")
    found = Nifti().scan(tmp_path)
    assert {(one.key, one.code) for one in found.set_aside} == {
        ("lone_mask", "mask-without-image"),
        ("twice", "ambiguous-pair"),
        ("dwi", "gradients"),
    }
    assert [item.key for item in found.items] == ["twice"]


def test_one_file_is_a_source(tmp_path: Path, ran: Callable[..., Path]) -> None:
    out = ran(save(tmp_path / "a.nii.gz", scan()), STILL)
    assert names(out) == ["a_aug000.nii.gz"]


def test_files_with_a_common_beginning_and_one_mask_are_channels(tmp_path: Path, ran: Callable[..., Path]) -> None:
    source = tmp_path / "source"
    for number, name in enumerate(("t1", "t1ce", "t2", "flair")):
        save(source / f"case_01/case_01_{name}.nii.gz", scan(number))
    save(source / "case_01/case_01_seg.nii.gz", blob().astype(np.uint8) * 4)
    (item,) = Nifti().scan(source).items
    assert item.detail["modality"] == "MR"
    out = ran(source, TILT)
    assert names(out) == sorted(
        f"case_01/case_01_aug000_{name}.nii.gz" for name in ("t1", "t1ce", "t2", "flair", "seg")
    )
    seg = load(out / "case_01/case_01_aug000_seg.nii.gz")
    for name in ("t1", "t1ce", "t2", "flair"):
        assert overlap(seg == 4, load(out / f"case_01/case_01_aug000_{name}.nii.gz") > 550) > 0.98


# -- nnU-Net and the Decathlon ------------------------------------------------------------------------------


def nnunet(source: Path, cases: int = 2) -> Path:
    for case in range(cases):
        for channel in range(2):
            save(source / f"imagesTr/liver_{case:03d}_{channel:04d}.nii.gz", scan(10 * case + channel))
        save(source / f"labelsTr/liver_{case:03d}.nii.gz", blob().astype(np.uint8))
    save(source / "imagesTs/liver_900_0000.nii.gz", scan())
    meta = {"channel_names": {"0": "T1", "1": "FLAIR"}, "labels": {"background": 0, "left lobe": 1, "right lobe": 2},
            "numTraining": cases, "file_ending": ".nii.gz", "name": "Liver"}  # fmt: skip
    (source / "dataset.json").write_text(json.dumps(meta))
    return source


def test_nnunet_comes_out_as_nnunet(tmp_path: Path, ran: Callable[..., Path]) -> None:
    source = nnunet(tmp_path / "source")
    found = layout_for(source).scan(source)
    assert [(item.key, item.group, item.detail["modality"]) for item in found.items] == [
        ("liver_000", "liver_000", "MR"),
        ("liver_001", "liver_001", "MR"),
    ]
    assert found.ignored == 1  # the test image
    out = ran(source, TURN, copies=2)
    assert names(out) == sorted(
        f"{place}_{case}_aug{copy}{channel}.nii.gz"
        for case in ("000", "001")
        for copy in ("000", "001")
        for place, channel in (("imagesTr/liver", "_0000"), ("imagesTr/liver", "_0001"), ("labelsTr/liver", ""))
    )
    meta = json.loads((out / "dataset.json").read_text())
    assert meta == json.loads((source / "dataset.json").read_text()) | {"numTraining": 4}
    for copy in ("liver_000_aug000", "liver_001_aug001"):
        mask = load(out / f"labelsTr/{copy}.nii.gz") == 1
        for channel in (0, 1):
            assert overlap(mask, load(out / f"imagesTr/{copy}_{channel:04d}.nii.gz") > 550) > 0.98
    assert replay(out, engine="serial").ok


def test_an_incomplete_case_of_nnunet_is_set_aside(tmp_path: Path) -> None:
    source = nnunet(tmp_path / "source", 3)
    (source / "imagesTr/liver_000_0001.nii.gz").unlink()
    (source / "labelsTr/liver_001.nii.gz").unlink()
    found = Nifti().scan(source)
    assert {(one.key, one.code) for one in found.set_aside} == {
        ("liver_000", "missing-channel"),
        ("liver_001", "missing-label"),
    }
    assert [item.key for item in found.items] == ["liver_002"]


def test_the_decathlon_has_channels_along_the_fourth_axis(tmp_path: Path, ran: Callable[..., Path]) -> None:
    source = tmp_path / "source"
    bright = np.stack([scan(0), scan(1) // 8], -1)
    save(source / "imagesTr/BRATS_001.nii.gz", bright)
    save(source / "labelsTr/BRATS_001.nii.gz", blob().astype(np.uint8))
    entry = {"image": "./imagesTr/BRATS_001.nii.gz", "label": "./labelsTr/BRATS_001.nii.gz"}
    meta = {"modality": {"0": "FLAIR", "1": "T1w"}, "labels": {"0": "background", "1": "tumour"}, "numTraining": 1,
            "numTest": 3, "training": [entry], "test": ["./imagesTs/a.nii.gz"]}  # fmt: skip
    (source / "dataset.json").write_text(json.dumps(meta))
    out = ran(source, NOISE)
    written = json.loads((out / "dataset.json").read_text())
    assert written["training"] == [
        {"image": "./imagesTr/BRATS_001_aug000.nii.gz", "label": "./labelsTr/BRATS_001_aug000.nii.gz"}
    ]
    assert (written["numTraining"], written["numTest"], written["test"]) == (1, 0, [])
    added = load(out / written["training"][0]["image"]).astype(float) - bright
    strengths = added.std(axis=(0, 1, 2))  # each channel has a range of its own, and noise of its own
    assert strengths[0] / strengths[1] == pytest.approx(8, rel=0.1)
    assert abs(np.corrcoef(added[..., 0].ravel(), added[..., 1].ravel())[0, 1]) < 0.02


@pytest.mark.parametrize("place", ["../outside.nii.gz", "/etc/passwd"])
def test_a_listed_file_does_not_lead_out_of_the_data_set(tmp_path: Path, place: str) -> None:
    source = nnunet(tmp_path / "source", 1)
    meta = json.loads((source / "dataset.json").read_text())
    meta["dataset"] = {"liver_000": {"images": [place, place], "label": "labelsTr/liver_000.nii.gz"}}
    (source / "dataset.json").write_text(json.dumps(meta))
    (aside,) = Nifti().scan(source).set_aside
    assert aside.code == "name"


@pytest.mark.parametrize(
    "change",
    [
        {"dataset": {"a": {"images": 5, "label": None}, "b": 3}},
        {"training": 7, "channel_names": {"0": "CT"}},
        {"training": [{"image": 3, "label": []}, 4], "labels": [1]},
        {"labels": {"a": None, "1": 2.5}},
        {"file_ending": ".nii"},
    ],
)
def test_a_strange_listing_sets_cases_aside_and_stops_nobody(tmp_path: Path, change: dict[str, Any]) -> None:
    source = nnunet(tmp_path / "source", 1)
    meta = json.loads((source / "dataset.json").read_text()) | change
    (source / "dataset.json").write_text(json.dumps(meta))
    found = Nifti().scan(source)
    assert len(found.items) + len(found.set_aside) <= 2
    Nifti().finish(source, tmp_path, {})


@pytest.mark.parametrize("content", ["{", "[]", '{"channel_names": ["CT"], "labels": {}}', "[" * 100_000])
def test_a_listing_that_cannot_be_read_is_told(tmp_path: Path, content: str) -> None:
    source = nnunet(tmp_path / "source", 1)
    (source / "dataset.json").write_text(content)
    with pytest.raises(UnreadableInput, match=r"dataset\.json"):
        Nifti().scan(source)


# -- BIDS ---------------------------------------------------------------------------------------------------


def test_bids_comes_out_as_derivatives_of_bids(tmp_path: Path, ran: Callable[..., Path]) -> None:
    source = tmp_path / "source"
    (source / "derivatives").mkdir(parents=True)
    (source / "dataset_description.json").write_text('{"Name": "x", "BIDSVersion": "1.8.0"}')
    coarse = nibabel.affines.from_matvec(np.diag((2.0, 2, 2)), (-30, -30, -20))
    for person in ("01", "02"):
        folder = f"sub-{person}/ses-a/anat/sub-{person}_ses-a"
        save(source / f"{folder}_T1w.nii.gz", scan(1))
        save(source / f"{folder}_FLAIR.nii.gz", scan(2))
        save(source / f"{folder}_acq-fast_T2w.nii.gz", scan(3, coarse, (30, 30, 20)), coarse)
        (source / f"{folder}_T1w.json").write_text("{}")
        save(source / f"derivatives/manual/{folder}_label-lesion_dseg.nii.gz", blob().astype(np.uint8))
        save(source / f"derivatives/atlas/{folder}_space-MNI152NLin2009cAsym_dseg.nii.gz", blob().astype(np.uint8))
    found = layout_for(source).scan(source)
    assert [(item.group, len(item.files)) for item in found.items] == [
        ("sub-01", 3),  # T1w and FLAIR on one grid, and the mask on it
        ("sub-01", 1),
        ("sub-02", 3),
        ("sub-02", 1),
    ] or sorted((item.group, len(item.files)) for item in found.items) == [
        ("sub-01", 1),
        ("sub-01", 3),
        ("sub-02", 1),
        ("sub-02", 3),
    ]
    assert (found.set_aside, found.ignored) == ((), 3)  # two in the space of a template, and the description
    out = ran(source, TURN)
    there = names(out)
    assert "sub-01/ses-a/anat/sub-01_ses-a_desc-aug000_FLAIR.nii.gz" in there
    assert "sub-01/ses-a/anat/sub-01_ses-a_acq-fast_desc-aug000_T2w.nii.gz" in there
    assert "derivatives/manual/sub-02/ses-a/anat/sub-02_ses-a_label-lesion_desc-aug000_dseg.nii.gz" in there
    assert len(there) == 8
    described = json.loads((out / "dataset_description.json").read_text())
    assert (described["DatasetType"], described["GeneratedBy"][0]["Name"]) == ("derivative", "domainaug")


# -- geometry -----------------------------------------------------------------------------------------------


def test_a_mask_on_another_grid_follows_on_its_own(tmp_path: Path, ran: Callable[..., Path]) -> None:
    other = nibabel.affines.from_matvec(np.diag((0.8, -0.9, 1.0)), (-16, 20, -8))
    source = tmp_path / "source"
    save(source / "scan.nii.gz", scan())
    save(source / "scan_seg.nii.gz", blob(other, (46, 50, 34)).astype(np.float32), other)
    out = ran(source, TILT)
    mask: Any = nibabel.load(out / "scan_aug000_seg.nii.gz")
    assert (mask.shape, mask.get_data_dtype()) == ((46, 50, 34), np.float32)
    np.testing.assert_allclose(mask.affine, other)
    bright: Any = nibabel.load(out / "scan_aug000.nii.gz")
    middles, volumes = [], []
    for one, level in ((mask, 0.5), (bright, 550)):
        voxels = np.argwhere(np.asarray(one.dataobj) > level)
        middles.append(nibabel.affines.apply_affine(one.affine, voxels.mean(axis=0)))
        volumes.append(len(voxels) * abs(np.linalg.det(one.affine)))
    np.testing.assert_allclose(*middles, atol=0.2)  # mm: a tenth of a slice
    assert volumes[0] == pytest.approx(volumes[1], rel=0.02)


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (0, 2, 1)], ids=str)
@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, -1), (-1, -1, 1)], ids=str)
def test_how_voxels_are_stored_changes_nothing_in_the_patient(
    tmp_path: Path, ran: Callable[..., Path], axes: tuple[int, int, int], flips: tuple[int, int, int]
) -> None:
    plain = nibabel.Nifti1Image(scan(), AFFINE)
    code = np.column_stack([axes, flips])
    turned = plain.as_reoriented(code)
    source = tmp_path / "source"
    source.mkdir()
    plain.to_filename(source / "scan.nii.gz")
    first: Any = nibabel.load(ran(source, TURN, out="plain") / "scan_aug000.nii.gz")
    turned.to_filename(source / "scan.nii.gz")
    second: Any = nibabel.load(ran(source, TURN, out="turned") / "scan_aug000.nii.gz")
    np.testing.assert_allclose(second.affine, turned.affine, atol=1e-5)
    again = second.as_reoriented(nibabel.orientations.ornt_transform(nibabel.io_orientation(second.affine),
                                                                     nibabel.io_orientation(AFFINE)))  # fmt: skip
    np.testing.assert_allclose(again.affine, AFFINE, atol=1e-4)
    np.testing.assert_array_equal(np.asarray(again.dataobj), np.asarray(first.dataobj))


def test_a_crop_says_where_its_voxels_lie(tmp_path: Path, ran: Callable[..., Path]) -> None:
    source = tmp_path / "source"
    source.mkdir()
    both = nibabel.Nifti1Image(scan(), AFFINE)
    both.set_qform(AFFINE, code=1)
    both.to_filename(source / "scan.nii.gz")
    save(source / "scan_seg.nii.gz", blob().astype(np.uint8))
    out = ran(source, CROP)
    assert ran.summary.exit_code == 0, ran.summary.set_aside
    image, mask = (nibabel.load(out / f"scan_aug000{tail}.nii.gz") for tail in ("", "_seg"))
    assert image.shape == mask.shape == (32, 30, 20)
    np.testing.assert_array_equal(image.affine, mask.affine)
    np.testing.assert_allclose(image.header.get_qform(), image.affine, atol=1e-5)
    whole = nibabel.Nifti1Image(scan().astype(np.float32), AFFINE)
    np.testing.assert_array_equal(resample_from_to(whole, image, order=0).get_fdata(), np.asarray(image.dataobj))
    np.testing.assert_array_equal(np.asarray(mask.dataobj), blob(image.affine, image.shape))


@pytest.mark.parametrize("to", ["IAR", "LPS", "ASL"])
def test_reoriented_voxels_stay_where_they_are(tmp_path: Path, ran: Callable[..., Path], to: str) -> None:
    source = tmp_path / "source"
    source.mkdir()
    both = nibabel.Nifti1Image(scan(), AFFINE)
    both.set_qform(AFFINE, code=1)
    both.header.set_dim_info(freq=0, phase=1, slice=2)
    both.to_filename(source / "scan.nii.gz")
    save(source / "scan_seg.nii.gz", blob().astype(np.uint8))
    out = ran(source, f"[{{Reorient: {{to: {to}}}}}]")
    assert ran.summary.exit_code == 0, ran.summary.set_aside
    image, mask = (nibabel.load(out / f"scan_aug000{tail}.nii.gz") for tail in ("", "_seg"))
    np.testing.assert_allclose(image.header.get_qform(), image.affine, atol=1e-4)
    axes = [nibabel.io_orientation(one)[:, 0].astype(int).tolist() for one in (AFFINE, image.affine)]
    assert [axes[1][each] for each in image.header.get_dim_info()] == [axes[0][each] for each in (0, 1, 2)]
    for one, values in ((image, scan()), (mask, blob())):
        again = nibabel.as_closest_canonical(one)
        plain = nibabel.as_closest_canonical(nibabel.Nifti1Image(values.astype(np.int16), AFFINE))
        np.testing.assert_allclose(again.affine, plain.affine, atol=1e-4)
        np.testing.assert_array_equal(np.asarray(again.dataobj), np.asarray(plain.dataobj))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda affine: nibabel.affines.from_matvec(affine[:3, :3], (26, -25, -10)), "mask-elsewhere"),
        (lambda affine: None, "no-geometry"),
    ],
    ids=["elsewhere", "nowhere"],
)
def test_a_mask_that_lies_elsewhere_is_a_mistake(
    tmp_path: Path, ran: Callable[..., Path], change: Callable[[np.ndarray], Any], code: str
) -> None:
    save(tmp_path / "source/scan.nii.gz", scan())
    affine = change(AFFINE)
    mask = nibabel.Nifti1Image(blob().astype(np.uint8), affine)
    if affine is None:
        mask.set_sform(None, 0)
        mask.set_qform(None, 0)
    mask.to_filename(tmp_path / "source/scan_seg.nii.gz")
    ran(tmp_path / "source", TURN)
    assert [one.code for one in ran.summary.set_aside] == [code]


def test_channels_on_two_grids_are_set_aside(tmp_path: Path, ran: Callable[..., Path]) -> None:
    source = nnunet(tmp_path / "source", 1)
    save(source / "imagesTr/liver_000_0001.nii.gz", scan(), AFFINE @ np.diag((1, 1, 1.5, 1)))
    ran(source, TURN)
    assert [one.code for one in ran.summary.set_aside] == ["channels-differ"]


# -- values -------------------------------------------------------------------------------------------------


def test_frames_move_together_and_noise_differs(tmp_path: Path, ran: Callable[..., Path]) -> None:
    still = np.repeat(scan()[..., None], 3, axis=3)
    source = save(tmp_path / "bold.nii.gz", still)
    moved = load(ran(source, TILT, out="moved") / "bold_aug000.nii.gz")
    np.testing.assert_array_equal(moved[..., 0], moved[..., 2])
    noisy = load(ran(source, NOISE, out="noisy") / "bold_aug000.nii.gz").astype(float) - still
    assert abs(np.corrcoef(noisy[..., 0].ravel(), noisy[..., 1].ravel())[0, 1]) < 0.02
    with Ledger(tmp_path / "noisy" / LEDGER) as ledger:
        (row,) = ledger.rows()
    assert row.record["parts"] == 3


def test_an_image_left_alone_is_the_same_voxels(tmp_path: Path, ran: Callable[..., Path]) -> None:
    rng = np.random.default_rng(3)
    values = {"double": rng.normal(0, 1e5, SHAPE), "wide": rng.integers(-(2**30), 2**30, SHAPE).astype(np.int32),
              "holes": np.where(blob(), np.nan, scan()).astype(np.float32)}  # fmt: skip
    for name, one in values.items():
        save(tmp_path / f"source/{name}.nii.gz", one)
    out = ran(tmp_path / "source", STILL, strength=0.0)
    for name, one in values.items():
        np.testing.assert_array_equal(load(out / f"{name}_aug000.nii.gz"), one)


def test_what_is_no_number_is_background(tmp_path: Path, ran: Callable[..., Path]) -> None:
    away = blob(middle=(-8, 0, 6))
    source = save(tmp_path / "scan.nii.gz", np.where(away, np.nan, scan()).astype(np.float32))
    toned = load(ran(source, STILL, out="toned") / "scan_aug000.nii.gz")
    np.testing.assert_array_equal(np.isnan(toned), away)
    assert np.isfinite(load(ran(source, TURN, out="turned") / "scan_aug000.nii.gz")).all()
    save(source, np.where(away, np.inf, scan()).astype(np.float32))
    ran(source, STILL, out="infinite")
    assert [one.code for one in ran.summary.set_aside] == ["not-finite"]


def test_a_ct_is_in_hu_and_what_was_not_scanned_stays_so(tmp_path: Path, ran: Callable[..., Path]) -> None:
    body = scan() - 800  # 100 HU in air
    body[:, :, 0] = -3024
    save(tmp_path / "source/scan.nii.gz", body)
    out = ran(tmp_path / "source", NOISE, modality="CT")
    made = load(out / "scan_aug000.nii.gz")
    np.testing.assert_array_equal(made[:, :, 0], -3024)
    spread = (made.astype(float) - body)[..., 1:]
    assert spread.std() == pytest.approx(0.05 * 4095, rel=0.1)  # of -1024 to 3071 HU
    for name, wrong in (("bytes", scan().astype(np.uint8)), ("shares", (scan() / 2000.0).astype(np.float32))):
        source = save(tmp_path / f"{name}.nii.gz", wrong)
        ran(source, NOISE, modality="CT", out=name)
        assert [one.code for one in ran.summary.set_aside] == ["not-hounsfield"]


def test_an_image_of_another_modality_is_set_aside(tmp_path: Path, ran: Callable[..., Path]) -> None:
    ran(nnunet(tmp_path / "source", 1), NOISE, modality="CT")
    assert [one.code for one in ran.summary.set_aside] == ["other-modality"]


# -- labels -------------------------------------------------------------------------------------------------


def test_a_mirrored_patient_has_left_and_right_exchanged(tmp_path: Path, ran: Callable[..., Path]) -> None:
    source = nnunet(tmp_path / "source", 1)
    mask = blob().astype(np.uint8)
    mask[20:][mask[20:] == 1] = 2
    save(source / "labelsTr/liver_000.nii.gz", mask)
    made = load(ran(source, MIRROR, out="named") / "labelsTr/liver_000_aug000.nii.gz")
    np.testing.assert_array_equal(made, np.choose(mask, [0, 2, 1])[::-1])
    meta = json.loads((source / "dataset.json").read_text())
    for labels in ({"background": 0, "left lobe": 1, "rest": 2}, {"background": 0}):
        (source / "dataset.json").write_text(json.dumps(meta | {"labels": labels}))
        ran(source, MIRROR, out=f"labels {len(labels)}")
        assert [one.code for one in ran.summary.set_aside] == ["label"]


def test_what_vanished_is_told_by_number(tmp_path: Path, ran: Callable[..., Path]) -> None:
    source = tmp_path / "source"
    mask = blob().astype(np.uint8)
    mask[0, 0, 0] = 7
    save(source / "scan.nii.gz", scan())
    save(source / "scan_seg.nii.gz", mask)
    out = ran(source, TURN)
    with Ledger(out / LEDGER) as ledger:
        (row,) = ledger.rows()
    assert row.record["labels"]["vanished"] == {"mask": [7]}


def test_segments_that_overlap_stay_along_the_fourth_axis(tmp_path: Path, ran: Callable[..., Path]) -> None:
    source = tmp_path / "source"
    pile = np.stack([blob(), blob(middle=(0, -2, 5))], -1).astype(np.uint8)
    save(source / "scan.nii.gz", scan())
    save(source / "scan_seg.nii.gz", pile)
    made = load(ran(source, TURN) / "scan_aug000_seg.nii.gz")
    assert made.shape == pile.shape
    assert set(np.unique(made)) == {0, 1}
    image = load(tmp_path / "out/scan_aug000.nii.gz") > 550
    assert overlap(made[..., 0] == 1, image) > 0.98 > overlap(made[..., 1] == 1, image)


# -- runs ---------------------------------------------------------------------------------------------------


def test_a_damaged_file_stops_nobody(tmp_path: Path, ran: Callable[..., Path]) -> None:
    source = tmp_path / "source"
    whole = save(source / "a.nii.gz", scan()).read_bytes()
    (source / "b.nii.gz").write_bytes(whole[: len(whole) // 2])
    save(source / "c.nii.gz", np.zeros(SHAPE, np.complex64))
    out = ran(source, TURN)
    assert {(one.key, one.code) for one in ran.summary.set_aside} == {("b", "truncated"), ("c", "unsupported-type")}
    assert names(out) == ["a_aug000.nii.gz"]


def test_the_same_run_is_the_same_bytes_and_goes_on(tmp_path: Path, ran: Callable[..., Path]) -> None:
    source = nnunet(tmp_path / "source")
    one, two = ran(source, TURN, copies=2, out="one"), ran(source, TURN, copies=1, out="two")
    ran(source, TURN, copies=2, out="two")
    assert ran.summary.skipped == 2
    for name in [*names(one), "dataset.json"]:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_workers_write_the_bytes_that_one_process_writes(tmp_path: Path, ran: Callable[..., Path]) -> None:
    source = nnunet(tmp_path / "source")
    one = ran(source, NOISE, out="one")
    two = ran(source, NOISE, out="two", engine="local", workers=2, memory_limit=4 << 30)
    for name in [*names(one), "dataset.json", "manifest.jsonl"]:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_contradictions_are_accepted_by_name(tmp_path: Path, ran: Callable[..., Path]) -> None:
    image = nibabel.Nifti1Image(scan(), None)
    image.set_qform(np.diag((2.0, 2, 2, 1)), 1)
    image.set_sform(np.diag((-2.0, 2, 2, 1)), 1)
    (tmp_path / "source").mkdir()
    image.to_filename(tmp_path / "source/scan.nii.gz")
    ran(tmp_path / "source", TURN, out="refused")
    assert [one.code for one in ran.summary.set_aside] == ["forms-disagree"]
    out = ran(tmp_path / "source", TURN, out="accepted", allow=["forms-disagree"])
    assert ran.summary.exit_code == 0
    assert replay(out, engine="serial").ok


@pytest.mark.parametrize("shape", [(40, 44), (40, 44, 1), (40, 1, 44), (1, 40, 44)], ids=str)
def test_a_single_slice_is_a_picture(tmp_path: Path, ran: Callable[..., Path], shape: tuple[int, ...]) -> None:
    flat = scan()[:, :, 8]
    source = tmp_path / "source"
    save(source / "scan.nii.gz", flat.reshape(shape))
    save(source / "scan_seg.nii.gz", blob()[:, :, 8].astype(np.uint8).reshape(shape))
    out = ran(source, TURN)
    assert ran.summary.exit_code == 0, ran.summary.set_aside
    image, mask = (load(out / f"scan_aug000{tail}.nii.gz") for tail in ("", "_seg"))
    assert image.shape == mask.shape == shape
    assert overlap(mask == 1, image > 550) > 0.97
    assert not np.array_equal(mask.reshape(40, 44), blob()[:, :, 8])
