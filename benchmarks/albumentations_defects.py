"""What albumentations 2.0.8 does, and what `domainaug.Pipeline` does with the same transforms: A1 to A12.

    python benchmarks/albumentations_defects.py            # a table; A1 runs two processes twice, about 30 s

Every figure is measured when this runs. A1 uses a real DataLoader where torch is installed.
"""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from domainaug._albumentations import A
from domainaug.errors import DomainAugError
from domainaug.pipeline import Pipeline
from domainaug.profile.recipe import recipe_classes
from domainaug.recipe import build_recipe

NEEDED: dict[str, dict[str, Any]] = {
    "AtLeastOneBBoxRandomCrop": {"height": 40, "width": 40},
    "CenterCrop": {"height": 40, "width": 40},
    "Crop": {"x_max": 40, "y_max": 40},
    "CropAndPad": {"percent": (-0.1, 0.1)},
    "CropNonEmptyMaskIfExists": {"height": 40, "width": 40},
    "GridElasticDeform": {"num_grid_xy": (4, 4), "magnitude": 3},
    "LongestMaxSize": {"max_size": 50},
    "Pad": {"padding": 5},
    "PadIfNeeded": {"min_height": 80, "min_width": 80},
    "RandomCrop": {"height": 40, "width": 40},
    "RandomResizedCrop": {"size": (48, 48)},
    "RandomSizedCrop": {"min_max_height": (30, 50), "size": (48, 48)},
    "Resize": {"height": 40, "width": 50},
    "SmallestMaxSize": {"max_size": 50},
    "XYMasking": {"num_masks_x": 1, "num_masks_y": 1, "mask_x_length": 5, "mask_y_length": 5},
}
APART = {"Normalize", "ToFloat", "FromFloat", "ToTensorV2", "ToRGB"}  # these change the type or rank on purpose
PART = np.zeros((64, 64), np.uint8)
PART[20:30, 20:30] = 1
HU, TWELVE = (-1024, 3071), (0, 4095)


def transforms() -> Iterator[tuple[str, Any]]:
    """Yield every stock transform of pictures that can be built without somebody else's data."""
    for name, cls in recipe_classes().items():
        if name in APART or not cls.__module__.startswith("albumentations.") or issubclass(cls, A.Transform3D):
            continue
        try:
            transform = cls(**NEEDED.get(name, {}), **({"p": 1} if "p" in inspect.signature(cls).parameters else {}))
            A.Compose([transform])(image=np.full((64, 64, 3), 90, np.uint8), mask=np.ones((64, 64), np.uint8))
        except Exception:  # it needs boxes, metadata or a font
            continue
        yield name, transform


def outcomes(make: Callable[[Any], Any], image: np.ndarray, judge: Callable[[Any], str]) -> dict[str, int]:
    """Count what becomes of `image` over all transforms: the judge's words, "raises", or "refuses clearly"."""
    counts: dict[str, int] = {}
    for _, transform in transforms():
        try:
            word = judge(make(transform)(image=image, mask=PART)["image"])
        except DomainAugError:
            word = "refused in a sentence"
        except Exception:
            word = "raises"
        counts[word] = counts.get(word, 0) + 1
    return counts


def told(counts: dict[str, int]) -> str:
    """Put counts into words."""
    total = sum(counts.values())
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items())) + f" (of {total})"


def workers(kind: str) -> str:
    """A1."""
    script = Path(__file__).resolve().parents[1] / "tests" / "pipeline" / "worker_draws.py"
    engine = "torch" if find_spec("torch") else "processes"
    runs = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", str(script), kind, engine, "fork"], capture_output=True, check=True
        )
        runs.append(json.loads(done.stdout))
    first, second = runs[0]
    return (
        f"{len(set(first))} of 16 distinct, {len(set(first + second))} of 32 over two epochs; "
        f"two runs {'equal' if runs[0] == runs[1] else 'differ'} ({engine})"
    )


def plain(transform: Any) -> Any:
    return A.Compose([transform], seed=0)


def ours(value_range: tuple[float, float]) -> Callable[[Any], Any]:
    return lambda transform: Pipeline([transform], seed=0, value_range=value_range)


def ramp(low: float, high: float, dtype: str, channels: int = 3) -> np.ndarray:
    share = np.random.default_rng(0).random((64, 64, channels))
    return (low + share * (high - low)).astype(dtype)


def stays(dtype: str, low: float, high: float) -> Callable[[Any], str]:
    def judge(out: np.ndarray) -> str:
        if out.dtype != dtype:
            return "come back as another type"
        if out.max() <= 1 < high and out.max() - out.min() < 2:
            return "clipped to [0, 1]"
        return "right" if low - 200 <= out.min() and out.max() <= high + 200 else "leave the range"

    return judge


def offset(make: Callable[[Any], Any]) -> str:
    """A4: how far +0.2 of brightness moves 12-bit values."""
    image = np.full((8, 8), 1000, np.uint16)
    step = A.RandomBrightnessContrast((0.2, 0.2), (0, 0), p=1)
    return f"+0.2 adds {np.median(make(step)(image=image)['image'].astype(float)) - 1000:.0f} of 4095"


def registration(make: Callable[[Any], Any]) -> str:
    """The mask beside the picture (effects.md, section 6)."""
    y, x = np.mgrid[:256, :256]
    mask = (np.hypot(x - 131.7, y - 120.3) <= 40).astype(np.uint8)
    worst = 0.0
    for step in (A.Affine(scale=(1.5, 1.5), p=1), A.RandomResizedCrop((256, 256), (0.7, 0.9), p=1), A.Resize(100, 110)):
        out = make(step)(image=mask.astype(np.float32), mask=mask)
        there = [np.array(np.nonzero(part)).mean(axis=1) for part in (out["mask"], out["image"] >= 0.5)]
        worst = max(worst, float(np.abs(there[0] - there[1]).max()))
    return f"{worst:.3f} px at worst"


def two_flips(make: Callable[[list[Any]], Any]) -> str:
    """A12."""
    pipeline, corner = (
        make([A.HorizontalFlip(p=0.5), A.VerticalFlip(p=0.5)]),
        np.arange(4, dtype=np.uint8).reshape(2, 2),
    )
    first = [int(pipeline(image=corner)["image"][0, 0]) for _ in range(400)]
    return ", ".join(f"{first.count(code)} {word}" for code, word in enumerate(("none", "H", "V", "both")))


def attempt(work: Callable[[], Any]) -> str:
    try:
        return str(work())
    except DomainAugError as error:
        return f"refused: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0][:60]}"


def second_call(pipeline: Any, **key: Any) -> str:
    image = np.full((16, 16), 0.5, np.float32)
    same = np.array_equal(*(pipeline(image=image, **key)["image"] for _ in range(2)))
    return "equals the first" + (" for the same key" if key else "") if same else "differs from the first"


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Yield number, defect, plain figure, ours."""
    floats, short, signed = ramp(*HU, "float32"), ramp(*TWELVE, "uint16"), ramp(*HU, "int16")
    gray, five = np.full((64, 64), 90, np.uint8), np.full((64, 64, 5), 90, np.uint8)
    yield "A1", "2 workers", workers("plain"), workers("ours")
    for number, name, image, value_range in (
        ("A2", "float32 HU", floats, HU),
        ("A3", "uint16", short, TWELVE),
        ("A5", "int16 HU", signed, HU),
    ):
        judge = stays(str(image.dtype), *value_range)
        yield number, name, told(outcomes(plain, image, judge)), told(outcomes(ours(value_range), image, judge))
        if number == "A3":
            yield "A4", "12 bits in uint16", offset(plain), offset(ours(TWELVE))
    eight = ours((0, 255))
    for number, name, image in (("A6", "1 channel", gray), ("A7", "5 channels", five)):
        judge = lambda out: "right"  # noqa: E731
        yield number, name, told(outcomes(plain, image, judge)), told(outcomes(eight, image, judge))
    nan, none = np.full((8, 8), np.nan, np.float32), np.zeros((0, 0), np.uint8)
    flip, resize = A.HorizontalFlip(p=1), A.Resize(8, 8)
    yield (
        "A8", "NaN",
        attempt(lambda: f"passes, {np.isnan(plain(flip)(image=nan)['image']).sum()} NaN out"),
        attempt(lambda: Pipeline([flip])(image=nan)),
    )  # fmt: skip
    yield "A8", "0 x 0", attempt(lambda: plain(resize)(image=none)), attempt(lambda: Pipeline([resize])(image=none))
    yield (
        "A9", "unknown parameter",
        attempt(lambda: f"warns, std_range = {A.GaussNoise(std_rang=(0.5, 0.6)).std_range}"),
        attempt(lambda: build_recipe([{"GaussNoise": {"std_rang": [0.5, 0.6]}}])),
    )  # fmt: skip
    saved = {
        name: "seed" in A.to_dict(p)["transform"]
        for name, p in (("plain", plain(flip)), ("ours", Pipeline([flip], seed=0)))
    }
    word = {True: "in to_dict", False: "not in to_dict"}
    yield "A10", "seed when saved", word[saved["plain"]], word[saved["ours"]]
    noise = A.GaussNoise(p=1)
    yield "A11", "second call", second_call(plain(noise)), second_call(Pipeline([noise], seed=0), key="k")
    yield (
        "A12",
        "two flips, p = .5",
        two_flips(lambda x: A.Compose(x, seed=0)),
        two_flips(lambda x: Pipeline(x, seed=0)),
    )
    yield "--", "mask beside picture", registration(plain), registration(lambda x: Pipeline([x], seed=0))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print("| | matter | albumentations 2.0.8 | domainaug |\n|---|---|---|---|")
    for row in rows():
        print("| " + " | ".join(row) + " |", flush=True)
