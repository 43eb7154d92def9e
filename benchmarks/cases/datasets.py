"""A folder of pictures and masks: decoded, augmented and encoded by two workers."""

from __future__ import annotations

import atexit
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Case, Contender, Reach, Scale, Took

_QUALITY = 90
_WORKERS = 2
_PROFILE = Path(__file__).with_name("dataset.yaml")


@cache
def _scratch() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="domainaug-benchmark-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@lru_cache(maxsize=2)
def _folder(scale: Scale) -> Path:
    """Write the pictures as JPEG of quality 90, each with a PNG mask in a folder beside."""
    import cv2

    count, side = (300, 512) if scale == "full" else (4, 64)
    source, rng = _scratch() / scale, np.random.default_rng(0)
    for name in ("images", "masks"):
        (source / name).mkdir(parents=True)
    for number in range(count):
        rough = rng.normal(0, 60, (side // 8, side // 8, 3)).astype(np.float32)
        picture = 128 + cv2.resize(rough, (side, side), interpolation=cv2.INTER_CUBIC)
        picture += rng.normal(0, 5, picture.shape).astype(np.float32)
        mask = (cv2.resize(rough[..., 0], (side, side)) > 50).astype(np.uint8)
        for folder, suffix, pixels, options in (
            ("images", ".jpg", np.clip(picture, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]),
            ("masks", ".png", mask, []),
        ):
            _, encoded = cv2.imencode(suffix, pixels, options)
            (source / folder / f"{number:03}{suffix}").write_bytes(encoded.tobytes())
    return source


def _empty(name: str) -> Path:
    """Return a folder that does not exist; what an earlier round left is removed."""
    out = _scratch() / f"out-{name}"
    shutil.rmtree(out, ignore_errors=True)
    return out


def _ours(scale: Scale) -> Callable[[], Any]:
    from domainaug.run import augment

    source = _folder(scale)

    def work() -> Took:
        ends: list[float] = []
        augment(
            source,
            _empty("ours"),
            profile=_PROFILE,
            seed=7,
            workers=_WORKERS,
            jpeg_quality=_QUALITY,
            progress=lambda _: ends.append(time.perf_counter()),
        )
        return _steady(ends)

    return work


def _steady(ends: list[float]) -> Took:
    """Return how long all take once the workers have started: from the first that is done to the last."""
    return Took((ends[-1] - ends[0]) * len(ends) / (len(ends) - 1))


def _script(augments: bool) -> Callable[[Scale], Callable[[], Any]]:
    def make(scale: Scale) -> Callable[[], Any]:
        source = _folder(scale)
        jobs = sorted((source / "images").iterdir())

        def work() -> Took:
            out = _empty(f"script-{augments}")
            for name in ("images", "masks"):
                (out / name).mkdir(parents=True)
            # not multiprocessing.Pool, which starts workers for ever when one cannot be started
            with ProcessPoolExecutor(_WORKERS, multiprocessing.get_context("spawn"), _start, (augments,)) as pool:
                done = as_completed([pool.submit(_one, job, out) for job in jobs])
                ends = [(one.result(), time.perf_counter())[1] for one in done]
            return _steady(ends)

        return work

    return make


_compose: Any = None


def _start(augments: bool) -> None:
    """What each worker does first: what somebody who writes such a script would."""
    global _compose
    from benchmarks.machine import one_thread_each

    one_thread_each(torch=False)
    if augments:
        from domainaug._albumentations import A
        from domainaug.profile import load_profile

        steps = [
            getattr(A, name)(**options) for step in load_profile(_PROFILE).recipe for name, options in step.items()
        ]
        _compose = A.Compose(steps)


def _one(path: Path, out: Path) -> None:
    import cv2

    image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR_RGB)
    beside = path.parents[1] / "masks" / f"{path.stem}.png"
    mask = cv2.imdecode(np.frombuffer(beside.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    if _compose is not None:
        made = _compose(image=image, mask=mask)
        image, mask = made["image"], made["mask"]
    quality = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    (out / "images" / path.name).write_bytes(cv2.imencode(".jpg", image[..., ::-1], quality)[1].tobytes())
    (out / "masks" / beside.name).write_bytes(cv2.imencode(".png", mask)[1].tobytes())


CASES = (
    Case(
        "dataset-jpeg",
        "300 JPEG 512² with PNG masks, decode → augment → encode, 2 workers once started",
        ours=(
            Contender(
                "domainaug.augment",
                _ours,
                "ours",
                note="with ledger, record of effects, and output that a crash cannot leave half done",
            ),
        ),
        peers=(
            Contender("albumentations + cv2", _script(True), needs=("albumentations",), note="ProcessPoolExecutor"),
        ),
        limits=(Contender("codec and disk alone", _script(False), "limit", note="the same pool, nothing augmented"),),
        reach=(Reach(1.5, "albumentations + cv2"), Reach(round(1 / 0.55, 2), "codec and disk alone", most=True)),
        clock="wall",
        rounds=3,
    ),
)
