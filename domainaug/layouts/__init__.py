"""Datasets on disk: which layout a source has, and reading and writing it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from domainaug.errors import UnknownName, UnreadableInput
from domainaug.layouts.layout import Layout
from domainaug.layouts.simulated import is_simulated

__all__ = ["LAYOUTS", "layout_for", "layout_named"]

_WHERE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "coco": ("coco", "Coco"),
        "cityscapes": ("cityscapes", "Cityscapes"),
        "kitti": ("kitti", "Kitti"),
        "mvtec-ad": ("mvtec", "MvtecAd"),
        "visa": ("visa", "Visa"),
        "yolo": ("yolo", "Yolo"),
        "labelme": ("labelme", "LabelMe"),
        "dicom-study": ("dicom_study", "DicomStudy"),
        "nifti": ("nifti", "Nifti"),
        "image-folder": ("image_folder", "ImageFolder"),
    }
)
"""Module and class of each, the most telling first; imported when asked for: few runs need pydicom and OpenCV both."""

LAYOUTS = tuple(_WHERE)
"""Every layout, in the order they are tried."""


def layout_for(source: Path | str) -> Layout:
    """Return the layout of a source, told by its names and first bytes.

    Raises:
        UnreadableInput: There is nothing at `source` (`missing`), or nothing that can be augmented (`no-layout`).
    """
    source = Path(source)
    if not source.exists():
        raise UnreadableInput("missing", "there is no such file or folder", path=source)
    if is_simulated(source):
        message = (
            "these were rendered, with labels beside them; `domainaug export` makes a data set of streets and parts"
        )
        raise UnreadableInput("no-layout", message, path=source)
    for name in LAYOUTS:
        layout = layout_named(name)
        if layout.recognizes(source):
            return layout
    message = "no images with or without labels, DICOM or NIfTI files were found here; name the folder that holds them"
    raise UnreadableInput("no-layout", message, path=source)


def layout_named(name: str) -> Layout:
    """Return the layout called `name`.

    Raises:
        domainaug.errors.UnknownName: There is none; the message names the nearest.
    """
    if name not in _WHERE:
        raise UnknownName("layout", name, LAYOUTS)
    module, kind = _WHERE[name]
    found: Layout = getattr(import_module(f"domainaug.layouts.{module}"), kind)()
    return found
