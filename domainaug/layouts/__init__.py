"""Datasets on disk: which layout a source has, and reading and writing it."""

from __future__ import annotations

from pathlib import Path

from domainaug.errors import UnreadableInput
from domainaug.layouts.layout import Layout

__all__ = ["LAYOUTS", "layout_for", "layout_named"]

LAYOUTS = (
    *("coco", "cityscapes", "kitti", "yolo", "mvtec-ad", "visa", "labelme"),
    *("dicom-study", "nifti", "image-folder"),
)
"""Every layout, in the order they are tried: the most telling first."""


def layout_for(source: Path | str) -> Layout:
    """Return the layout of a source, told by its names and first bytes.

    Raises:
        UnreadableInput: There is nothing at `source` (`missing`), or nothing that can be augmented (`no-layout`).
    """
    source = Path(source)
    if not source.exists():
        raise UnreadableInput("missing", "there is no such file or folder", path=source)
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
    # Imported when asked for: pydicom and OpenCV take a while, and few runs need both.
    if name == "coco":
        from domainaug.layouts.coco import Coco

        return Coco()
    if name == "cityscapes":
        from domainaug.layouts.cityscapes import Cityscapes

        return Cityscapes()
    if name == "kitti":
        from domainaug.layouts.kitti import Kitti

        return Kitti()
    if name == "yolo":
        from domainaug.layouts.yolo import Yolo

        return Yolo()
    if name == "mvtec-ad":
        from domainaug.layouts.mvtec import MvtecAd

        return MvtecAd()
    if name == "visa":
        from domainaug.layouts.visa import Visa

        return Visa()
    if name == "labelme":
        from domainaug.layouts.labelme import LabelMe

        return LabelMe()
    if name == "dicom-study":
        from domainaug.layouts.dicom_study import DicomStudy

        return DicomStudy()
    if name == "nifti":
        from domainaug.layouts.nifti import Nifti

        return Nifti()
    if name == "image-folder":
        from domainaug.layouts.image_folder import ImageFolder

        return ImageFolder()
    from domainaug.errors import UnknownName

    raise UnknownName("layout", name, LAYOUTS)
