"""A CT study from files to files: read, turn by 7 degrees, scale by 1.05, add noise of 20 HU, write a new series.

And reading alone.

Everyone reads the same files and writes one file a slice. SimpleITK follows its own example of a series reader and
writer; "by hand" is what most people write with pydicom and SciPy. Both write fewer tags than a derived series needs.
"""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Case, Clock, Contender, Reach, Scale

__all__ = ["CASES", "make_study"]

_DEGREES, _SCALE, _NOISE_HU, _AIR = 7.0, 1.05, 20.0, -1000.0
_SLICES = {"native": 200, "rle": 200, "j2k": 60}
_CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
_PROFILE = Path(__file__).with_suffix(".yaml")
Work = Callable[[], Any]
Make = Callable[[Scale], Work]


# -- the study --------------------------------------------------------------------------------------------


def make_study(folder: Path, slices: int, side: int, syntax: str = "native") -> list[Path]:
    """Write a CT series: a body with two lungs and noise, under the header of a real scanner.

    Args:
        folder: Where to; is made.
        slices: How many.
        side: Rows and columns.
        syntax: "native" (Explicit VR Little Endian), "rle" or "j2k" (JPEG 2000 lossless).
    """
    import pydicom
    from pydicom.data import get_testdata_file
    from pydicom.encaps import encapsulate
    from pydicom.uid import UID, JPEG2000Lossless, RLELossless

    folder.mkdir(parents=True)
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    dataset.Rows = dataset.Columns = side
    dataset.PixelSpacing = [0.7, 0.7]
    dataset.SeriesInstanceUID = "1.2.826.0.2.77"
    paths = []
    for index, pixels in enumerate(_body(slices, side)):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.826.0.1.77.{index + 1}")
        dataset.ImagePositionPatient, dataset.InstanceNumber = [-175.0, -175.0, index * 1.25], index + 1
        dataset.ImageOrientationPatient, dataset.SliceLocation = [1, 0, 0, 0, 1, 0], index * 1.25
        if syntax == "native":
            dataset.PixelData = pixels.tobytes()
        elif syntax == "rle":
            dataset.compress(RLELossless, pixels, generate_instance_uid=False)
        else:
            import imagecodecs

            frame = bytes(imagecodecs.jpeg2k_encode(pixels, level=0, reversible=True, codecformat="j2k"))
            dataset.PixelData = encapsulate([frame])
            dataset["PixelData"].is_undefined_length, dataset["PixelData"].VR = True, "OB"
            dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
        paths.append(folder / f"CT{index:04d}.dcm")
        dataset.save_as(paths[-1])
    return paths


def _body(slices: int, side: int) -> Any:
    """Yield (side, side) int16 stored values, HU + 1024."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:side, :side] / side - 0.5
    for index in range(slices):
        lungs = (np.abs(x) - 0.18) ** 2 / 0.012 + y**2 / 0.04 < 1 + 0.2 * math.sin(index / 20)
        hu = np.where(x**2 / 0.16 + y**2 / 0.09 < 1, 40.0, -1000.0)
        hu = np.where(lungs, -850.0, hu) + rng.normal(0, 20, (side, side))
        yield np.clip(np.rint(hu + 1024), 0, 4095).astype(np.int16)


@lru_cache(maxsize=1)
def _home() -> Path:
    import atexit

    home = Path(tempfile.mkdtemp(prefix="domainaug-benchmark-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return home


@lru_cache(maxsize=8)
def _study(scale: Scale, syntax: str) -> tuple[Path, ...]:
    count, side = (_SLICES[syntax], 512) if scale == "full" else (4, 24)
    return tuple(make_study(_home() / f"{syntax}-{scale}", count, side, syntax))


def _emptied(name: str) -> Path:
    out = _home() / f"out-{name}"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    return out


# -- ours -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Told:
    """The run, as the writer is told of it."""

    profile: str = "benchmarks/dicom-study"
    profile_version: str = "1.0.0"
    profile_digest: str = "0" * 64
    seed: int = 7
    copy: int = 0
    moved: bool = True
    record: dict[str, Any] = field(default_factory=lambda: {"effects": {"rotation": 7.0, "scale": 1.05, "noise": 0.01}})
    version: str = "0"


def _matrix(side: int) -> Any:
    import cv2

    middle = (side - 1) / 2
    return cv2.getRotationMatrix2D((middle, middle), _DEGREES, 1 / _SCALE)


def _warped(seen: Any, out: Any, *, part: tuple[int, int] | None = None, threads: int | None = None) -> Any:
    from domainaug.kernels.maps import PixelMap
    from domainaug.kernels.point import Noise, Point
    from domainaug.kernels.warp import warp

    noise = Point((Noise(_NOISE_HU / 4095, key=7),), low=-1024.0, high=3071.0, clip=False, part=part)
    pixel_map = PixelMap.of(_matrix(seen.shape[-1]), seen.shape[-2:])
    return warp(seen, pixel_map, fill=_AIR, point=noise, stack=seen.ndim == 3, out=out, threads=threads)


def _volume(syntax: str, threads: int | None) -> Make:
    def make(scale: Scale) -> Work:
        from domainaug.medical import load, read_study
        from domainaug.medical.writer import derived_files

        files = _study(scale, syntax)

        def work() -> None:
            out = _emptied("volume")
            loaded = load(read_study(files[0].parent).series[0].files, threads=threads)
            seen = loaded.view.seen(threads=threads)
            made = _warped(seen, np.empty_like(seen), threads=threads)
            for index, file in enumerate(derived_files(loaded, made, _Told(), threads=threads)):
                file.write(out / f"IM{index:04d}.dcm")

        return work

    return make


def _slices(syntax: str, threads: int | None, *, durable: bool = False) -> Make:
    def make(scale: Scale) -> Work:
        from domainaug.medical import load, read_study
        from domainaug.medical.slicewise import new_pixels, write_files
        from domainaug.medical.writer import files_of

        files = _study(scale, syntax)

        def each(first: int, seen: Any) -> Any:
            return _warped(seen, np.empty_like(seen), part=(first, len(files)), threads=1)

        def work() -> None:
            out = _emptied("slices")
            loaded = load(read_study(files[0].parent).series[0].files, threads=threads)
            paths = [out / f"IM{index:04d}.dcm" for index in range(len(files))]
            pixels = new_pixels(loaded, each, moved=True, threads=threads)
            write_files(files_of(loaded, pixels, _Told()), paths, durable=durable, threads=threads)

        return work

    return make


def _in_and_out(scale: Scale) -> Work:
    from domainaug.medical import load, read_study
    from domainaug.medical.slicewise import new_pixels, write_files
    from domainaug.medical.writer import files_of

    files = _study(scale, "native")

    def brighter(first: int, seen: Any) -> Any:
        return np.add(seen, 1, out=seen)  # the least that makes other pixels

    def work() -> None:
        out = _emptied("in-and-out")
        loaded = load(read_study(files[0].parent).series[0].files, threads=1)
        pixels = new_pixels(loaded, brighter, moved=False, threads=1)
        paths = [out / f"IM{index:04d}.dcm" for index in range(len(files))]
        write_files(files_of(loaded, pixels, _Told()), paths, threads=1)

    return work


def _read(syntax: str, threads: int, *, listed: bool = True) -> Make:
    def make(scale: Scale) -> Work:
        from domainaug.medical import load, read_study

        files = _study(scale, syntax)

        def work() -> None:
            series = read_study(files[0].parent).series[0].files if listed else files
            assert load(series, threads=threads).view.stored.shape[0] == len(files)

        return work

    return make


def _augment(syntax: str) -> Make:
    def make(scale: Scale) -> Work:
        import domainaug

        source = _study(scale, syntax)[0].parent

        def work() -> None:
            out = _emptied("augment")
            summary = domainaug.augment(source, out / "run", profile=_PROFILE, seed=7, engine="serial", timeout=None)
            assert summary.done == 1

        return work

    return make


# -- others -----------------------------------------------------------------------------------------------


def _sitk(syntax: str, *, threads: int = 1) -> Make:
    def make(scale: Scale) -> Work:
        import SimpleITK as sitk  # noqa: N813

        files = _study(scale, syntax)

        def work() -> None:
            out = _emptied("sitk")
            sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
            names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(files[0].parent))
            reader = sitk.ImageSeriesReader()
            reader.SetFileNames(names)
            reader.MetaDataDictionaryArrayUpdateOn()
            image = reader.Execute()
            transform = sitk.AffineTransform(3)
            whole = np.eye(3)
            whole[:2, :2] = _matrix(image.GetSize()[0])[:, :2]
            transform.SetMatrix(whole.ravel().tolist())
            transform.SetCenter(image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in image.GetSize()]))
            moved = sitk.Resample(image, image, transform, sitk.sitkLinear, _AIR, sitk.sitkInt16)
            noisy = sitk.AdditiveGaussianNoise(moved, standardDeviation=_NOISE_HU, seed=7)
            _sitk_write(sitk, reader, noisy, out)

        return work

    return make


_COPIED = ("0010|0010", "0010|0020", "0010|0030", "0020|000d", "0020|0010", "0008|0020", "0008|0030", "0008|0060")


def _sitk_write(sitk: Any, reader: Any, image: Any, out: Path) -> None:
    """As in SimpleITK's example "Dicom Series Read Modify Write"."""
    writer = sitk.ImageFileWriter()
    writer.KeepOriginalImageUIDOn()
    for index in range(image.GetDepth()):
        plane = image[:, :, index]
        for key in _COPIED:
            if reader.HasMetaDataKey(index, key):
                plane.SetMetaData(key, reader.GetMetaData(index, key))
        plane.SetMetaData("0008|0008", "DERIVED\\SECONDARY")
        plane.SetMetaData("0020|000e", "1.2.826.0.2.78")
        plane.SetMetaData("0008|0018", f"1.2.826.0.1.78.{index + 1}")
        plane.SetMetaData("0020|0032", "\\".join(map(str, image.TransformIndexToPhysicalPoint((0, 0, index)))))
        plane.SetMetaData("0020|0013", str(index + 1))
        writer.SetFileName(str(out / f"IM{index:04d}.dcm"))
        writer.Execute(plane)


def _by_hand(scale: Scale) -> Work:
    import pydicom
    from pydicom.uid import generate_uid
    from scipy.ndimage import affine_transform

    files = _study(scale, "native")

    def work() -> None:
        out, rng = _emptied("hand"), np.random.default_rng(7)
        datasets = sorted((pydicom.dcmread(path) for path in files), key=lambda one: one.ImagePositionPatient[2])
        volume = np.stack([one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept) for one in datasets])
        matrix, series = np.eye(4), generate_uid()
        matrix[1:3, 1:3] = _matrix(volume.shape[-1])[::-1, 1::-1]
        matrix[1:3, 3] = _matrix(volume.shape[-1])[::-1, 2]
        moved = affine_transform(volume, matrix, order=1, cval=_AIR)
        moved += rng.normal(0, _NOISE_HU, moved.shape)
        for index, (one, plane) in enumerate(zip(datasets, moved, strict=True)):
            one.SeriesInstanceUID, one.SOPInstanceUID = series, generate_uid()
            one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
            one.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
            stored = np.rint((plane - float(one.RescaleIntercept)) / float(one.RescaleSlope))
            one.PixelData = np.clip(stored, -32768, 32767).astype(np.int16).tobytes()
            one.save_as(out / f"IM{index:04d}.dcm")

    return work


def _pydicom_read(syntax: str) -> Make:
    def make(scale: Scale) -> Work:
        import pydicom

        files = _study(scale, syntax)

        def work() -> None:
            datasets = sorted((pydicom.dcmread(path) for path in files), key=lambda one: one.ImagePositionPatient[2])
            assert np.stack([one.pixel_array for one in datasets]).shape[0] == len(files)

        return work

    return make


def _sitk_read(syntax: str, *, threads: int = 1) -> Make:
    def make(scale: Scale) -> Work:
        import SimpleITK as sitk  # noqa: N813

        files = _study(scale, syntax)

        def work() -> None:
            sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
            reader = sitk.ImageSeriesReader()
            reader.SetFileNames(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(files[0].parent)))
            assert sitk.GetArrayFromImage(reader.Execute()).shape[0] == len(files)

        return work

    return make


def _only_bytes(scale: Scale) -> Work:
    files = _study(scale, "native")
    return lambda: [path.read_bytes() for path in files]


def _bytes(*, durable: bool) -> Make:
    def make(scale: Scale) -> Work:
        files = _study(scale, "native")

        def work() -> None:
            out = _emptied("bytes")
            for path in files:
                content = path.read_bytes()
                with (out / path.name).open("wb") as stream:
                    stream.write(content)
                    if durable:
                        stream.flush()
                        os.fsync(stream.fileno())

        return work

    return make


# -- the cases --------------------------------------------------------------------------------------------

_SITK_NOTE = "its own reader and writer; its noise is of the same size"


def _reading(syntax: str, name: str, reach: Reach, clock: Clock, threads: int) -> Case:
    native = syntax == "native"
    return Case(
        name="ct-read" if native else f"ct-read-{syntax}",
        work=f"read a CT series of {_SLICES[syntax]} x 512 x 512, {name}, into one array in slice order",
        ours=(
            Contender("domainaug", _read(syntax, threads), "ours", note="files looked for, headers judged, then read"),
            Contender("domainaug, known files", _read(syntax, threads, listed=False), "ours", note="`medical.load`"),
        ),
        peers=(
            Contender("pydicom", _pydicom_read(syntax), note="`dcmread` and `pixel_array`, sorted by position"),
            Contender("SimpleITK", _sitk_read(syntax, threads=threads), needs=("SimpleITK",)),
        ),
        limits=(Contender("read the bytes", _only_bytes, "limit"),) if native else (),
        reach=(reach,),
        clock=clock,
        rounds=5 if native else 3,
    )


def _compressed(syntax: str, name: str, reach: Reach, clock: Clock, threads: int) -> Case:
    return Case(
        name=f"ct-study-{syntax}",
        work=f"the same with {_SLICES[syntax]} slices of {name}",
        ours=(Contender("domainaug, slice-wise", _slices(syntax, threads), "ours", ("imagecodecs",)),),
        peers=(
            Contender("SimpleITK", _sitk(syntax, threads=threads), needs=("SimpleITK", "imagecodecs"), note=_SITK_NOTE),
        ),
        limits=(),
        reach=(reach,),
        clock=clock,
        rounds=3,
    )


CASES = (
    Case(
        name="ct-study",
        work="CT study 200 x 512 x 512: read, affine, noise, write as a new series",
        ours=(
            Contender("domainaug, slice-wise", _slices("native", 1), "ours", note="as `augment` does it"),
            Contender("domainaug, as a volume", _volume("native", 1), "ours", note="as steps need it that look across"),
            Contender(
                "domainaug.augment", _augment("native"), "ours", note="with digests, ledger and files on the disk"
            ),
        ),
        peers=(
            Contender("SimpleITK", _sitk("native"), needs=("SimpleITK",), note=_SITK_NOTE),
            Contender("pydicom + SciPy", _by_hand, "by hand", ("scipy",), rounds=3),
        ),
        limits=(Contender("read and write the bytes", _bytes(durable=False), "limit"),),
        reach=(Reach(4, "SimpleITK"), Reach(12, "best by hand")),
        rounds=5,
    ),
    Case(
        name="ct-study-wall",
        work="the same slice by slice, on all cores, wall time",
        ours=(
            Contender("domainaug, slice-wise, files on the disk", _slices("native", _CORES, durable=True), "ours"),
            Contender("domainaug, slice-wise", _slices("native", _CORES), "ours"),
        ),
        peers=(Contender("SimpleITK", _sitk("native", threads=_CORES), needs=("SimpleITK",), note=_SITK_NOTE),),
        limits=(
            Contender("read and write the bytes, files on the disk", _bytes(durable=True), "limit"),
            Contender("read and write the bytes", _bytes(durable=False), "limit"),
        ),
        reach=(
            Reach(1.5, "read and write the bytes, files on the disk", most=True),
            Reach(1.5, "read and write the bytes", most=True, ours="domainaug, slice-wise"),
        ),
        clock="wall",
        rounds=5,
    ),
    Case(
        name="ct-in-and-out",
        work="the same study read and written as a new series, 1 HU added",
        ours=(
            Contender("domainaug", _in_and_out, "ours", note="headers judged, pixels told apart, UIDs of their own"),
        ),
        peers=(),
        limits=(Contender("read and write the bytes", _bytes(durable=False), "limit"),),
        reach=(Reach(4, "read and write the bytes", most=True),),
        rounds=15,
    ),
    _reading("native", "not compressed", Reach(3, "pydicom"), "cpu", 1),
    _reading("rle", "run-length code", Reach(2, "pydicom"), "wall", _CORES),
    _reading("j2k", "lossless JPEG 2000", Reach(1.5, "pydicom"), "wall", _CORES),
    _compressed("rle", "run-length code", Reach(8, "SimpleITK"), "cpu", 1),
    _compressed("j2k", "lossless JPEG 2000", Reach(1.4, "SimpleITK"), "wall", _CORES),
)


def main() -> None:
    """Measure these cases alone, and print medians in milliseconds, CPU and wall."""
    from benchmarks.harness import judge, measure
    from benchmarks.machine import one_thread_each

    one_thread_each()
    for case in CASES:
        outcome = measure(case, 3, say=print)
        print(f"\n{case.name}: {case.work} ({case.clock})")
        for timing in outcome.timings:
            print(f"  {timing.contender.name:45} {timing.median * 1e3:9.0f} ms  {timing.why_not}")
        for verdict in judge(outcome):
            print(f"  {verdict.reach}: {verdict.times}")


if __name__ == "__main__":
    main()
