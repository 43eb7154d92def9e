"""Real images that ship inside wheels, laid out as the datasets a user would bring."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from domainaug.errors import MissingExtra

__all__ = ["Station", "gather"]


@dataclass(frozen=True, slots=True)
class Station:
    """One stop of the demo: a dataset and the profile of its field.

    Attributes:
        name: Folder name.
        profile: Profile id.
        title: Heading.
        what: What the pictures are and where they come from.
        source: The folder.
    """

    name: str
    profile: str
    title: str
    what: str
    source: Path


def gather(folder: Path) -> list[Station]:
    """Copy the material into `folder`, one sub-folder a station.

    Raises:
        MissingExtra: scikit-image or pydicom-data is not installed.
    """
    pydicom_files = _inside("pydicom") / "data" / "test_files"
    more_dicom = _inside("data_store") / "data"
    photographs = _inside("skimage") / "data"
    return [
        Station(
            "chest-radiograph",
            "medical/chest-xray",
            "A chest radiograph",
            "A real computed radiograph (CR, MONOCHROME1, JPEG 2000) from pydicom-data.",
            _copy(folder / "chest-radiograph", [more_dicom / "RG1_J2KR.dcm"]),
        ),
        Station(
            "ct",
            "medical/ct-chest",
            "A CT slice",
            "A real slice through a thoracic vertebra, in HU, from pydicom.",
            _copy(folder / "ct", [pydicom_files / "CT_small.dcm"]),
        ),
        Station(
            "mr",
            "medical/mri",
            "An MR slice",
            "A real slice of a shoulder from pydicom-data.",
            _copy(folder / "mr", [more_dicom / "MR2_J2KR.dcm"]),
        ),
        Station(
            "ultrasound",
            "medical/ultrasound",
            "An ultrasound screen",
            "Real power Doppler of a lymph node from pydicom: echoes change along the beams, the writing stays.",
            _copy(folder / "ultrasound", [pydicom_files / "examples_rgb_color.dcm"]),
        ),
        Station(
            "retina",
            "medical/fundus",
            "A retina",
            "A real fundus photograph from scikit-image; the optic disc stays on its side.",
            _copy(folder / "retina", [photographs / "retina.jpg"]),
        ),
        Station(
            "tissue",
            "medical/histopathology",
            "A stained section",
            "A real section with DAB and hematoxylin from scikit-image: it has no upright, and may lie any way round.",
            _copy(folder / "tissue", [photographs / "ihc.png"]),
        ),
        Station(
            "parts",
            "manufacturing/aligned-assembly",
            "Parts with masks",
            "A photograph of coins from scikit-image, with a mask of the coins that must move along.",
            _coins(folder / "parts", photographs / "coins.png"),
        ),
        Station(
            "textures",
            "manufacturing/metal-surface",
            "Surfaces",
            "Gravel and brick from scikit-image: no sheet of metal ships in a wheel, so its limits stand in.",
            _copy(folder / "textures", [photographs / "gravel.png", photographs / "brick.png"]),
        ),
        Station(
            "street",
            "driving/front-camera",
            "In front of the camera",
            "A photograph of a motorcycle from scikit-image, the nearest thing to a road inside a wheel.",
            _copy(folder / "street", [photographs / "motorcycle_left.png"]),
        ),
    ]


def _inside(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra("The demo's material", "demo")
    return Path(next(iter(spec.submodule_search_locations)))


def _copy(folder: Path, files: list[Path]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copyfile(file, folder / file.name)
    return folder


def _coins(folder: Path, photograph: Path) -> Path:
    """Lay out images/ and masks/: each coin its own label, found by Otsu's threshold on the shaded photograph."""
    with Image.open(photograph) as opened:
        image = np.asarray(opened.convert("L"))
    for name, picture in (("images", image), ("masks", coin_mask(image))):
        (folder / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / name / "coins.png")
    return folder


def coin_mask(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a mask of the coins, each with its own label from 1.

    Args:
        image: (H, W) the photograph, brighter at the top.
    """
    shade = cv2.GaussianBlur(image.astype(np.float32), (0, 0), 40)
    flat = np.clip(image / shade * 110, 0, 255).astype(np.uint8)
    smooth = cv2.GaussianBlur(flat, (0, 0), 2)
    _, solid = cv2.threshold(smooth, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    for operation, size in ((cv2.MORPH_CLOSE, 5), (cv2.MORPH_OPEN, 15)):
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        solid = cv2.morphologyEx(solid, operation, disc)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid.astype(np.uint8), connectivity=8)
    mask = np.zeros(image.shape, np.uint8)
    kept = [n for n in range(1, count) if 600 < stats[n, cv2.CC_STAT_AREA] < 6000]
    for label, component in enumerate(kept, start=1):
        mask[labels == component] = label
    return mask
