"""Draws docs/images/profiles.jpg: one row a profile, a real picture and three copies of it by the profile's recipe.

python docs/render_profiles.py

Pictures ship inside pydicom, pydicom-data, nibabel and scikit-image.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from domainaug.profile.catalogue import load_profile

TARGET = Path(__file__).parent / "images" / "profiles.jpg"
WIDTH, HEIGHT, GAP, CAPTION = 210, 210, 6, 36
INK, QUIET = "#1b1f24", "#5b6570"
SEED = 11
SEVERAL, ACROSS = 2, 4  # steps of a copy that is shown, pictures in a row

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A profile and what it is shown on.

    Attributes:
        profile: Its id.
        picture: (H, W) or (H, W, 3), in its own values.
        value_range: What values mean.
        window: Black and white.
        spacing: Millimeters a pixel.
    """

    profile: str
    picture: Array
    value_range: tuple[float, float]
    window: tuple[float, float]
    spacing: tuple[float, float]


def folder(package: str) -> Path:
    """Return the data folder of a package that is installed."""
    found = find_spec(package)
    assert found is not None
    assert found.origin is not None
    home = Path(found.origin).parent
    return {"pydicom": home / "data" / "test_files", "nibabel": home / "tests" / "data"}.get(package, home / "data")


def dicom(package: str, name: str, step: int = 1) -> Array:
    """Return the rescaled values of a file, every so many pixels; of several frames the first."""
    dataset = pydicom.dcmread(folder(package) / name)
    values = dataset.pixel_array
    if int(dataset.get("NumberOfFrames", 1)) > 1:
        values = values[0]
    if values.ndim == 3:
        return np.ascontiguousarray(values)
    rescaled = values * float(dataset.get("RescaleSlope", 1)) + float(dataset.get("RescaleIntercept", 0))
    return np.ascontiguousarray(rescaled[::step, ::step].astype(np.float32))


def photograph(name: str, step: int = 1) -> Array:
    """Return a color picture of scikit-image."""
    return np.ascontiguousarray(np.asarray(Image.open(folder("skimage") / name).convert("RGB"))[::step, ::step])


def brain() -> Array:
    """Return a slice of the echo-planar scan of nibabel."""
    import nibabel

    volume = np.asarray(nibabel.load(folder("nibabel") / "example4d.nii.gz").dataobj)[..., 0]
    return np.ascontiguousarray(np.rot90(volume[:, :, 12]).astype(np.float32))


def bone() -> Array:
    """Return a lower leg, bones bright, as it is shown."""
    values = dicom("data_store", "RG3_UNCR.dcm", 3)
    low, high = np.percentile(values, (0.5, 99.5))
    shares = np.clip((high - values) / (high - low), 0, 1)
    return np.asarray(np.rint(shares * 255), np.uint8)


def rows() -> list[Row]:
    """Return what is drawn, in order."""
    byte = (0.0, 255.0)
    leg, scan = bone(), brain()
    top = float(scan.max())
    return [
        Row("medical/echocardiography", dicom("pydicom", "examples_ybr_color.dcm"), byte, (0, 150), (0.5, 0.5)),
        Row("medical/fundus", photograph("retina.jpg", 2), byte, byte, (0.02, 0.02)),
        Row("medical/histopathology", photograph("ihc.png"), byte, byte, (0.0005, 0.0005)),
        Row("medical/radiograph-bone", leg, byte, byte, (0.5, 0.5)),
        Row("medical/ct-head", dicom("data_store", "693_UNCR.dcm"), (-1024, 3071), (-20, 100), (0.48, 0.48)),
        Row("medical/brain-mri", scan, (0, top), (0, top), (2.0, 2.0)),
    ]


def shown(picture: Array, window: tuple[float, float]) -> Array:
    """Return a picture as bytes, its window from black to white."""
    shares = np.clip((picture.astype(np.float64) - window[0]) / (window[1] - window[0]), 0, 1)
    return np.asarray(np.rint(shares * 255), np.uint8)


def tile(picture: Array, caption: str, color: str) -> Image.Image:
    """Return one captioned picture, whole, in a tile of the common size."""
    out = Image.new("RGB", (WIDTH, HEIGHT + CAPTION), "white")
    image = Image.fromarray(picture).convert("RGB")
    factor = min(WIDTH / image.width, HEIGHT / image.height)
    image = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)
    out.paste(image, ((WIDTH - image.width) // 2, CAPTION + (HEIGHT - image.height) // 2))
    pen, font = ImageDraw.Draw(out), ImageFont.load_default(12)
    lines = [""]
    for word in caption.split():
        longer = f"{lines[-1]} {word}".strip()
        lines = [*lines[:-1], longer] if pen.textlength(longer, font=font) <= WIDTH else [*lines, word]
    pen.text((1, 3), "\n".join(lines[:2]), fill=color, font=font)
    return out


def tiles(row: Row) -> list[Image.Image]:
    """Return the picture, and the first three copies to which the recipe did several things, not the same twice."""
    pipeline = load_profile(row.profile).compose(seed=SEED)
    made: list[Image.Image] = [tile(shown(row.picture, row.window), row.profile, INK)]
    before: set[tuple[str, ...]] = set()
    call: Callable[..., dict[str, Any]] = pipeline
    for key in range(40):
        out = call(image=row.picture, value_range=row.value_range, spacing=row.spacing, key=str(key))
        steps = tuple(step["transform"] for step in (pipeline.record or {})["steps"])
        if len(steps) >= SEVERAL and len(made) < ACROSS and steps not in before:
            before.add(steps)
            made.append(tile(shown(out["image"], row.window), ", ".join(steps), QUIET))
    return made


def main() -> None:
    """Draw the picture."""
    drawn = [tiles(row) for row in rows()]
    sheet = Image.new("RGB", (4 * WIDTH + 3 * GAP, len(drawn) * (HEIGHT + CAPTION + GAP)), "white")
    for down, each in enumerate(drawn):
        for across, one in enumerate(each):
            sheet.paste(one, (across * (WIDTH + GAP), down * (HEIGHT + CAPTION + GAP)))
    sheet.save(TARGET, quality=80)
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
