"""Images to begin with, one or more for every profile: from inside wheels, or rendered by our simulators."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from domainaug.app.rendered import Scene, is_kept, lidar, plate, put_scene, sign, street
from domainaug.errors import DomainAugError

__all__ = ["SAMPLES", "Sample", "available", "lay_out", "sample_named", "samples_for"]

_PHOTOGRAPHS = ("skimage", "data")
_PYDICOM = ("pydicom", "data/test_files")
_MORE_DICOM = ("data_store", "data")
_NIFTI = ("nibabel", "tests/data")


@dataclass(frozen=True, slots=True)
class Sample:
    """An image that ships inside a wheel, or that is rendered.

    Attributes:
        name: Of the sample, in addresses.
        title: For people.
        domain: Of the profiles that it is for ("medical").
        profile: The profile it fits best.
        about: What it is and where it comes from.
        package: The package it is in, and the folder there.
        file: Its name there.
        masked: Makes the mask that goes with it, from its gray values, or None.
        suits: Other profiles that it is an image for.
        stands_in: Profiles whose own images ship in no wheel, and that it comes nearest to.
        scene: How it is rendered, or None for one of a wheel.
    """

    name: str
    title: str
    domain: str
    profile: str
    about: str
    package: tuple[str, str] = ("", "")
    file: str = ""
    masked: Callable[[np.ndarray], np.ndarray] | None = None
    suits: tuple[str, ...] = ()
    stands_in: tuple[str, ...] = ()
    scene: Scene | None = None

    @property
    def path(self) -> Path | None:
        """Where it is; None where its package is not installed or came without it, or where it is rendered."""
        if self.scene is not None:
            return None
        spec = find_spec(self.package[0])
        if spec is None or not spec.submodule_search_locations:
            return None
        path = Path(next(iter(spec.submodule_search_locations)), self.package[1], self.file)
        return path if path.is_file() else None

    @property
    def possible(self) -> bool:
        """Whether it can be shown: it is there, or what renders it is installed."""
        return self.path is not None if self.scene is None else self.scene.possible

    @property
    def ready(self) -> bool:
        """Whether it is there at once, and need not be rendered first."""
        return self.scene is None or is_kept(self.name)

    def fit(self, profile: str) -> int:
        """Return how well it fits: 0 made for a profile, 1 of its kind, 2 stands in, 3 of its domain, 4 of another."""
        named = ((self.profile,), self.suits, self.stands_in)
        domain = 3 if self.domain == profile.partition("/")[0] else 4
        return next((number for number, names in enumerate(named) if profile in names), domain)


def _coins(gray: np.ndarray) -> np.ndarray:
    from domainaug.demo.material import coin_mask

    return coin_mask(gray)


SAMPLES = (
    Sample("chest-radiograph", "Chest radiograph", "medical", "medical/chest-xray",
           "A computed radiograph (CR, MONOCHROME1) from pydicom-data.", _MORE_DICOM, "RG1_J2KR.dcm"),
    Sample("ct-slice", "CT slice", "medical", "medical/ct-chest",
           "A slice through a thoracic vertebra, in HU, from pydicom.", _PYDICOM, "CT_small.dcm",
           suits=("medical/ct",)),
    Sample("pancreas", "CT slice of an abdomen", "medical", "medical/ct-abdomen",
           "A slice through the pancreas, in HU, from pydicom-data.", _MORE_DICOM, "explicit_VR-UN.dcm",
           suits=("medical/ct",)),
    Sample("ct-head", "CT slice of a head", "medical", "medical/ct-head",
           "A slice in HU from pydicom-data.", _MORE_DICOM, "693_J2KR.dcm", suits=("medical/ct",)),
    Sample("brain-volume", "MR volume of a head", "medical", "medical/brain-mri",
           "A functional MR volume of 24 slices from nibabel.", _NIFTI, "example4d.nii.gz"),
    Sample("mr-slice", "MR slice of a shoulder", "medical", "medical/mri",
           "A slice of 1024 x 1024 from pydicom-data.", _MORE_DICOM, "MR2_J2KR.dcm",
           stands_in=("medical/mri-prostate",)),
    Sample("tibia", "Radiograph of a tibia", "medical", "medical/radiograph-bone",
           "A computed radiograph of a non-ossifying fibroma, from pydicom-data.", _MORE_DICOM, "RG3_J2KR.dcm"),
    Sample("phantom", "Phantom of a head", "medical", "medical/pet",
           "Ellipses of Shepp and Logan, which tomographs are tested with, from scikit-image.", _PHOTOGRAPHS,
           "phantom.png"),
    Sample("cell", "Cell", "medical", "medical/mammography",
           "Soft edges in gray, from scikit-image; no mammogram ships in a wheel.", _PHOTOGRAPHS, "cell.png"),
    Sample("ultrasound", "Ultrasound screen", "medical", "medical/ultrasound",
           "Power Doppler of a lymph node from pydicom.", _PYDICOM, "examples_rgb_color.dcm"),
    Sample("echocardiogram", "Echocardiogram", "medical", "medical/echocardiography",
           "Through the esophagus, with Doppler; from pydicom-data.", _MORE_DICOM, "color-px.dcm"),
    Sample("retina", "Retina", "medical", "medical/fundus",
           "A fundus photograph from scikit-image.", _PHOTOGRAPHS, "retina.jpg", stands_in=("medical/dermoscopy",)),
    Sample("tissue", "Stained section", "medical", "medical/histopathology",
           "DAB and hematoxylin, from scikit-image.", _PHOTOGRAPHS, "ihc.png"),
    Sample("coins", "Parts with masks", "manufacturing", "manufacturing/aligned-assembly",
           "Coins from scikit-image; each has a label that must move along.", _PHOTOGRAPHS, "coins.png", _coins,
           stands_in=("manufacturing/bottle", "manufacturing/pcb", "manufacturing/screw")),
    Sample("brushed-plate", "Brushed plate with defects", "manufacturing", "manufacturing/metal-surface",
           "A scratch, a dent and pits with their masks, rendered by the surface simulator.",
           suits=("manufacturing/strip-steel",), scene=plate("brushed")),
    Sample("molded-plate", "Plastic plate with defects", "manufacturing", "manufacturing/injection-molding",
           "A scratch, a dent and pits with their masks, rendered by the surface simulator.", scene=plate("plastic")),
    Sample("gravel", "Rough surface", "manufacturing", "manufacturing/metal-surface",
           "Gravel from scikit-image; no sheet of metal ships in a wheel.", _PHOTOGRAPHS, "gravel.png",
           stands_in=("manufacturing/casting-xray", "manufacturing/weld-xray", "manufacturing/strip-steel",
                      "manufacturing/leather", "manufacturing/injection-molding")),
    Sample("brick", "Brick wall", "manufacturing", "manufacturing/tile",
           "Brick from scikit-image.", _PHOTOGRAPHS, "brick.png", stands_in=("manufacturing/glass",)),
    Sample("grass", "Fibers", "manufacturing", "manufacturing/fabric",
           "Grass from scikit-image; it has threads, as cloth has.", _PHOTOGRAPHS, "grass.png",
           stands_in=("manufacturing/wood",)),
    Sample("dies", "Squares in rows", "manufacturing", "manufacturing/wafer-map",
           "A chessboard from scikit-image: the nearest to dies.", _PHOTOGRAPHS, "chessboard_GRAY.png"),
    Sample("street", "Street by day, with labels", "driving", "driving/front-camera",
           "Classes, boxes and points of a LiDAR, rendered by the street simulator.",
           suits=("driving/surround-camera",), scene=street("noon")),
    Sample("street-night", "Street by night, with labels", "driving", "driving/night",
           "Classes, boxes and points of a LiDAR, rendered by the street simulator.", scene=street("night", "highway")),
    Sample("highway", "Highway, with labels", "driving", "driving/lanes",
           "Classes, boxes and points of a LiDAR, rendered by the street simulator.",
           suits=("driving/front-camera",), scene=street("overcast", "highway")),
    Sample("traffic-sign", "Traffic sign, with its mask", "driving", "driving/traffic-signs",
           "Cut out of a street, rendered by the street simulator.", scene=sign()),
    Sample("lidar", "LiDAR from above, with outlines", "driving", "driving/lidar",
           "Gray by height, 64 m across, rendered by the street simulator.", scene=lidar()),
    Sample("motorcycle", "Motorcycle", "driving", "driving/front-camera",
           "The nearest thing to a road inside a wheel, from scikit-image.", _PHOTOGRAPHS, "motorcycle_left.png"),
    Sample("cat", "Photograph", "general", "general/photo",
           "Chelsea, from scikit-image.", _PHOTOGRAPHS, "chelsea.png"),
)  # fmt: skip
"""Every sample; those whose package is not installed cannot be shown."""


def available() -> Iterator[Sample]:
    """Yield the samples that can be shown."""
    return (sample for sample in SAMPLES if sample.possible)


def samples_for(profile: str) -> tuple[Sample, ...]:
    """Return the samples that can be shown, those that fit a profile best first; see `Sample.fit`.

    Args:
        profile: Its id.
    """
    return tuple(sorted(available(), key=lambda one: one.fit(profile)))


def sample_named(name: str) -> Sample | None:
    """Return the installed sample of this name, or None."""
    return next((one for one in available() if one.name == name), None)


def lay_out(sample: Sample, folder: Path) -> Path:
    """Copy or render a sample, and its labels, into a folder of its own, and return that.

    Args:
        sample: One that can be shown.
        folder: Where folders of samples are made; what is there already is not made again.
    """
    place = folder / sample.name
    if place.is_dir():
        return place
    folder.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f".{sample.name}-", dir=folder))
    source = sample.path
    if sample.scene is not None:
        put_scene(sample.name, sample.scene, making)
    elif source is None:
        raise DomainAugError(f"{sample.name}: is not installed any more; choose another sample")
    elif sample.masked is None:
        shutil.copyfile(source, making / source.name)
    else:
        for name in ("images", "masks"):
            (making / name).mkdir()
        with Image.open(source) as opened:
            gray = np.asarray(opened.convert("L"))
        Image.fromarray(gray).save(making / "images" / source.name)
        Image.fromarray(sample.masked(gray)).save(making / "masks" / f"{source.stem}.png")
    try:
        making.rename(place)
    except OSError:  # another session was faster
        shutil.rmtree(making, ignore_errors=True)
    return place
