"""Small data sets, and what a run made of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np


def picture(seed: int, shape=(48, 40), dtype=np.uint8) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.random((6, 5, *shape[2:]))
    smooth = cv2.resize(coarse, shape[1::-1], interpolation=cv2.INTER_CUBIC).clip(0, 1)
    return (smooth * np.iinfo(dtype).max).astype(dtype)


def save(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    done, data = cv2.imencode(path.suffix, pixels)
    assert done
    path.write_bytes(data.tobytes())
    return path


def make_source(folder: Path, count: int = 6) -> Path:
    """Class folders, gray and color, some with masks beside them."""
    for index in range(count):
        place = folder / ("good" if index % 2 else "scratch")
        shape = (48, 40) if index % 3 else (48, 40, 3)
        save(place / f"part {index}.jpg", picture(index, shape))
        if index % 2 == 0:
            mask = np.zeros((48, 40), np.uint8)
            mask[15:30, 12:25] = 1
            save(place / f"part {index}.png", mask)
    return folder


def digests(out: Path, *, manifest: bool = True) -> dict[str, str]:
    """Every visible output and its digest; the ledger itself holds times."""
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
        and path.name not in (".lock",)
        and "ledger.sqlite" not in path.name
        and (manifest or path.name != "manifest.jsonl")
    }
