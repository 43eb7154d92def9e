"""NIfTI images: what is read is what nibabel and SimpleITK read, and what is written says all that its source said."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Extension
from nibabel.testing import data_path

from domainaug.errors import ImageError, UnreadableInput
from domainaug.medical.labels.grid import Grid
from domainaug.medical.nifti import TO_DICOM, Conflict, NiftiImage
from domainaug.medical.nifti_files import read_header

REAL = [
    "anatomical.nii",
    "example4d.nii.gz",
    "example_nifti2.nii.gz",
    "functional.nii",
    "reoriented_anat_moved.nii",
    "resampled_anat_moved.nii",
    "standard.nii.gz",
]
OBLIQUE = np.array([[1.7, -0.3, 0.4, -20], [0.35, 2.1, -0.2, 7], [-0.5, 0.4, 3.0, 30], [0, 0, 0, 1.0]])


def square(matrix: np.ndarray) -> np.ndarray:
    """The nearest matrix with axes square to each other."""
    u, _, v = np.linalg.svd(matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0))
    found = np.array(matrix)
    found[:3, :3] = (u @ v) * np.linalg.norm(matrix[:3, :3], axis=0)
    return found


def saved(path: Path, values: np.ndarray, affine: np.ndarray | None = None, kind: Any = nibabel.Nifti1Image) -> Path:
    kind(values, square(OBLIQUE) if affine is None else affine).to_filename(path)
    return path


def code_of(path: Path, **how: Any) -> str:
    with pytest.raises(UnreadableInput) as caught:
        NiftiImage.read(path, **how)
    assert str(path) in str(caught.value)
    return caught.value.code


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(0).integers(-1000, 2000, (7, 6, 5)).astype(np.int16)


# -- reading ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REAL)
def test_real_files_are_read_as_nibabel_reads_them(name: str) -> None:
    path = Path(data_path) / name
    seen: Any = nibabel.load(path)
    image = NiftiImage.read(path)
    expected = seen.get_fdata()
    expected = expected.reshape((*expected.shape, 1, 1)[:4]).T
    found = np.stack([image.values(frame) for frame in range(image.frames)])
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    corners = np.stack(np.meshgrid(*((0, n - 1) for n in image.grid.shape[::-1])), -1).reshape(-1, 3)
    there = nibabel.affines.apply_affine(seen.affine, corners) * (-1, -1, 1)
    np.testing.assert_allclose(image.grid.to_mm(corners), there, atol=1e-4)
    np.testing.assert_allclose(image.spacing, seen.header.get_zooms()[2::-1], rtol=1e-5)


@pytest.mark.parametrize("name", REAL)
def test_a_copy_of_the_same_values_is_the_same_file(name: str, tmp_path: Path) -> None:
    image = NiftiImage.read(Path(data_path) / name)
    (copy,) = image.with_stored(image.stored).write(tmp_path / name)
    content = [one.read_bytes() for one in (Path(data_path) / name, copy)]
    if name.endswith(".gz"):
        content = [gzip.decompress(one) for one in content]
    assert content[0] == content[1]


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("flip", [(1, 1, 1), (-1, 1, 1), (1, -1, -1), (-1, -1, -1)], ids=str)
def test_voxels_lie_where_simpleitk_puts_them(
    tmp_path: Path, values: np.ndarray, suffix: str, flip: tuple[int, int, int]
) -> None:
    import SimpleITK

    matrix = square(OBLIQUE) @ np.diag((*flip, 1))
    path = saved(tmp_path / f"a{suffix}", values, matrix)
    image, seen = NiftiImage.read(path), SimpleITK.ReadImage(str(path))
    second = saved(tmp_path / f"b{suffix}", values, matrix, nibabel.Nifti2Image)  # which SimpleITK does not read
    assert read_header(second).version == 2
    assert NiftiImage.read(second).grid.is_same(image.grid)
    np.testing.assert_array_equal(NiftiImage.read(second).values(), image.values())
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(seen), image.values())
    for index in ((0, 0, 0), (6, 0, 0), (0, 5, 0), (3, 2, 4)):
        np.testing.assert_allclose(image.grid.to_mm([index])[0], seen.TransformIndexToPhysicalPoint(index), atol=1e-4)


def test_a_pair_of_files_is_read_and_written(tmp_path: Path, values: np.ndarray) -> None:
    path = tmp_path / "a.hdr"
    saved(tmp_path / "a.img", values, kind=nibabel.Nifti1Pair)
    image = NiftiImage.read(path)
    np.testing.assert_array_equal(image.values(), values.T)
    header, voxels = image.with_values(values.T + 1).write(tmp_path / "b.hdr")
    assert (header.name, voxels.name) == ("b.hdr", "b.img")
    again: Any = nibabel.load(header)
    np.testing.assert_array_equal(np.asarray(again.dataobj), values + 1)
    with pytest.raises(ImageError, match="pair"):
        image.write(tmp_path / "c.nii")
    (tmp_path / "a.img").unlink()
    assert code_of(path) == "missing"


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_every_type_in_either_order_keeps_its_values(tmp_path: Path, dtype: str) -> None:
    for order in "<>":
        values = np.arange(60).reshape(3, 4, 5).astype(dtype)
        header = nibabel.Nifti1Header(endianness=order)
        header.set_data_dtype(dtype)
        path = tmp_path / f"{'be' if order == '>' else 'le'}.nii"
        nibabel.Nifti1Image(values, np.eye(4), header).to_filename(path)
        image = NiftiImage.read(path)
        assert image.header.dtype == np.dtype(dtype).newbyteorder(order)
        np.testing.assert_array_equal(image.values(), values.T)
        assert image.with_values(image.values()).to_bytes(zipped=False) == path.read_bytes()


def test_rescaled_values_go_back_by_their_own_rescale(tmp_path: Path) -> None:
    header = nibabel.Nifti1Header()
    header.set_data_dtype(np.int16)
    picture = nibabel.Nifti1Image(np.zeros((3, 4, 5), np.int16), np.eye(4), header)
    picture.header.set_slope_inter(0.5, -1024)
    picture.to_filename(tmp_path / "a.nii")
    image = NiftiImage.read(tmp_path / "a.nii")
    image = image.with_stored(np.arange(60, dtype=np.int16).reshape(image.stored.shape))
    assert image.values().dtype == np.float32
    assert image.values().ravel()[:3].tolist() == [-1024.0, -1023.5, -1023.0]
    again = image.with_values(image.values() + 10)
    np.testing.assert_array_equal(again.stored, image.stored + 20)
    assert again.with_values(np.full_like(image.values(), 1e9)).stored.max() == 32767
    with pytest.raises(ImageError, match="not finite"):
        image.with_values(np.full_like(image.values(), np.nan))


# -- headers ------------------------------------------------------------------------------------------------


def test_a_copy_says_all_that_its_source_said(tmp_path: Path, values: np.ndarray) -> None:
    picture = nibabel.Nifti1Image(values, None)
    picture.set_sform(square(OBLIQUE), code=2)
    picture.set_qform(square(OBLIQUE), code=1)
    header = picture.header
    header.set_xyzt_units("mm", "msec")
    header.set_intent("z score", name="z")
    header.set_dim_info(0, 1, 2)
    header["cal_max"], header["aux_file"], header["descrip"] = 40, b"aux", b"before"
    header.extensions.append(Nifti1Extension("comment", b"kept"))
    picture.to_filename(tmp_path / "a.nii.gz")
    image = NiftiImage.read(tmp_path / "a.nii.gz").with_values(values.T // 2, description="domainaug é" + "x" * 90)
    image.write(tmp_path / "b.nii.gz")
    again: Any = nibabel.load(tmp_path / "b.nii.gz")
    assert bytes(again.header["descrip"]).rstrip(b"\0") == b"domainaug ?" + b"x" * 68
    assert again.header.extensions[0].get_content() == b"kept"
    expected = header.copy()
    for name in header:
        if name not in ("descrip", "vox_offset", "magic", "scl_slope", "scl_inter"):
            np.testing.assert_array_equal(again.header[name], expected[name], err_msg=name)


def test_the_same_image_is_the_same_bytes_and_tells_no_time(values: np.ndarray) -> None:
    image = NiftiImage.of(values.T, Grid(values.shape[::-1], TO_DICOM @ square(OBLIQUE)))
    content = image.to_bytes()
    assert content == image.to_bytes()
    assert content[:10] == b"\x1f\x8b\x08\0\0\0\0\0\x04\xff"  # no name, no time, no system
    assert gzip.decompress(content) == image.to_bytes(zipped=False)


@pytest.mark.parametrize("side", [1, -1])
def test_a_new_image_has_both_forms(tmp_path: Path, values: np.ndarray, side: int) -> None:
    rng = np.random.default_rng(4)
    for number in range(20):
        turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        matrix = np.eye(4)
        matrix[:3, :3] = turn * (np.sign(np.linalg.det(turn)) * side, 1, 1) * rng.uniform(0.3, 4, 3)
        matrix[:3, 3] = rng.uniform(-300, 300, 3)
        path = tmp_path / f"{number}.nii"
        NiftiImage.of(values.T, Grid(values.shape[::-1], matrix)).write(path)
        header = nibabel.load(path).header
        for form in (header.get_sform(), header.get_qform()):
            np.testing.assert_allclose(TO_DICOM @ form, matrix, atol=1e-4)
        np.testing.assert_allclose(NiftiImage.read(path).grid.matrix, matrix, atol=1e-4)


# -- forms that contradict each other -----------------------------------------------------------------------


def with_forms(path: Path, sform: Any, qform: Any, values: np.ndarray) -> Path:
    picture = nibabel.Nifti1Image(values, None)
    picture.set_qform(*qform)
    picture.set_sform(*sform)
    picture.to_filename(path)
    return path


def test_forms_that_disagree_on_left_and_right_are_refused(tmp_path: Path, values: np.ndarray) -> None:
    left, right = np.diag((-2.0, 2, 2, 1)), np.diag((2.0, 2, 2, 1))
    path = with_forms(tmp_path / "a.nii", (left, 1), (right, 1), values)
    assert code_of(path) == "forms-disagree"
    with pytest.raises(Conflict, match="which side is left"):
        NiftiImage.read(path)
    accepted = NiftiImage.read(path, allow=frozenset(["forms-disagree"]))
    np.testing.assert_allclose(accepted.grid.matrix, TO_DICOM @ left)  # the sform counts


def test_forms_that_disagree_on_lengths_are_refused_in_one_frame_of_reference(
    tmp_path: Path, values: np.ndarray
) -> None:
    small, large = np.diag((2.0, 2, 2, 1)), np.diag((2.1, 2, 2, 1))
    assert code_of(with_forms(tmp_path / "a.nii", (large, 1), (small, 1), values)) == "forms-disagree"
    atlas = NiftiImage.read(with_forms(tmp_path / "b.nii", (large, 4), (small, 1), values))
    assert atlas.spacing == pytest.approx((2.0, 2.0, 2.1))


def test_axes_that_lean_are_refused_unless_the_qform_stands_straight(tmp_path: Path, values: np.ndarray) -> None:
    leaning = np.diag((2.0, 2, 2, 1))
    leaning[0, 1] = 0.2
    alone = with_forms(tmp_path / "a.nii", (leaning, 1), (None, 0), values)
    assert code_of(alone) == "sheared"
    assert NiftiImage.read(alone, allow=frozenset(["sheared"])).placed
    both = NiftiImage.read(with_forms(tmp_path / "b.nii", (leaning, 4), (np.diag((2.0, 2, 2, 1)), 1), values))
    np.testing.assert_allclose(both.grid.matrix, np.diag((-2.0, -2, 2, 1)))


def test_without_a_form_an_image_has_lengths_and_no_place(tmp_path: Path, values: np.ndarray) -> None:
    picture = nibabel.Nifti1Image(values, None)
    picture.header.set_zooms((0.5, 0.6, 3))
    picture.set_sform(None, 0)
    picture.set_qform(None, 0)
    picture.to_filename(tmp_path / "a.nii")
    image = NiftiImage.read(tmp_path / "a.nii")
    assert not image.placed
    assert image.spacing == pytest.approx((3, 0.6, 0.5))
    broken = bytearray((tmp_path / "a.nii").read_bytes())
    broken[254:256] = struct.pack("<h", 1)  # an sform of zeros, as some programs leave it
    broken[280:328] = bytes(48)
    (tmp_path / "b.nii").write_bytes(broken)
    assert not NiftiImage.read(tmp_path / "b.nii").placed


def test_lengths_in_other_units_are_millimeters(tmp_path: Path, values: np.ndarray) -> None:
    for unit, times in (("meter", 1000.0), ("micron", 0.001)):
        picture = nibabel.Nifti1Image(values, np.diag((2.0, 3, 4, 1)))
        picture.header.set_xyzt_units(unit)
        picture.to_filename(tmp_path / "a.nii")
        assert NiftiImage.read(tmp_path / "a.nii").spacing == pytest.approx((4 * times, 3 * times, 2 * times))


# -- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["c8", "c16", [("R", "u1"), ("G", "u1"), ("B", "u1")]], ids=str)
def test_colors_and_complex_numbers_are_refused(tmp_path: Path, dtype: Any) -> None:
    saved(tmp_path / "a.nii", np.zeros((3, 4, 5), dtype))
    assert code_of(tmp_path / "a.nii") == "unsupported-type"


def test_more_than_four_axes_are_refused(tmp_path: Path) -> None:
    saved(tmp_path / "a.nii", np.zeros((3, 4, 5, 1, 2), np.uint8))
    assert code_of(tmp_path / "a.nii") == "bad-size"
    saved(tmp_path / "b.nii", np.zeros((3, 4, 5, 2, 1), np.uint8))
    assert NiftiImage.read(tmp_path / "b.nii").frames == 2


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, values: np.ndarray, suffix: str) -> None:
    whole = saved(tmp_path / f"whole{suffix}", values).read_bytes()
    path = tmp_path / f"cut{suffix}"
    for length in [0, 1, 3, 100, 347, 351, len(whole) // 2, len(whole) - 9, len(whole) - 1]:
        path.write_bytes(whole[:length])
        assert code_of(path) in ("truncated", "not-nifti")


def test_flipped_bytes_of_compressed_voxels_are_found(tmp_path: Path, values: np.ndarray) -> None:
    whole = saved(tmp_path / "a.nii.gz", values).read_bytes()
    path = tmp_path / "b.nii.gz"
    for place in np.linspace(12, len(whole) - 1, 40).astype(int):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        path.write_bytes(damaged)
        assert code_of(path)


def test_headers_with_bytes_flipped_end_in_one_error_or_an_image(tmp_path: Path, values: np.ndarray) -> None:
    whole = saved(tmp_path / "a.nii", values).read_bytes()
    path, rng = tmp_path / "b.nii", np.random.default_rng(7)
    refused = 0
    for _ in range(1500):
        damaged = bytearray(whole)
        for place in rng.integers(0, 348, 3):
            damaged[place] = int(rng.integers(256))
        path.write_bytes(damaged)
        try:
            image = NiftiImage.read(path)
        except UnreadableInput:
            refused += 1
        else:
            assert image.stored.size
    assert refused > 150


def test_a_bomb_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    header = nibabel.Nifti1Header()
    header.set_data_dtype(np.int16)
    header.set_data_shape((1200, 1200, 1200))
    raw = bytearray(header.binaryblock)
    raw[108:112], raw[344:348] = struct.pack("<f", 352), b"n+1\0"
    path = tmp_path / "a.nii.gz"
    path.write_bytes(gzip.compress(bytes(raw) + bytes(4)))
    assert code_of(path) == "truncated"  # 3.5 GB cannot be in 100 bytes
    header.set_data_shape((30000, 30000, 30000))
    raw[40:56] = header.binaryblock[40:56]
    path.write_bytes(gzip.compress(bytes(raw) + bytes(4)))
    assert code_of(path) == "too-large"
    small = saved(tmp_path / "b.nii", np.zeros((3, 4, 5), np.uint8)).read_bytes()
    path.write_bytes(gzip.compress(small + bytes(200 << 20), 1))
    assert code_of(path) == "bad-length"


def test_what_is_no_nifti_is_refused(tmp_path: Path) -> None:
    assert code_of(Path(data_path) / "analyze.hdr") == "not-nifti"
    (tmp_path / "a.nii.gz").write_bytes(b"no image at all")
    assert code_of(tmp_path / "a.nii.gz") == "not-nifti"
    assert code_of(tmp_path / "none.nii") == "missing"
    assert code_of(tmp_path) == "not-a-file"


def test_several_gzip_streams_are_one_file(tmp_path: Path, values: np.ndarray) -> None:
    whole = saved(tmp_path / "a.nii", values).read_bytes()
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(whole[:400]) + gzip.compress(whole[400:]))
    np.testing.assert_array_equal(NiftiImage.read(tmp_path / "b.nii.gz").values(), values.T)
