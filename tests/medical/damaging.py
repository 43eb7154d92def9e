"""Damages one DICOM file in many ways and reads each result, in a process of its own that may die of it.

python damaging.py FILE COUNT SEED WHERE (header, pixels or cuts)  ->  one line of JSON
"""

from __future__ import annotations

import collections
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from domainaug.errors import UnreadableInput
from domainaug.medical import load


def damaged(whole: bytes, count: int, seed: int, where: str):
    """Yield the file with a byte changed in its header, with one to three changed in its pixels, or cut."""
    draws, pixels = random.Random(seed), whole.rindex(b"\xe0\x7f\x10\x00")
    for index in range(count):
        if where == "cuts":
            yield whole[: len(whole) * index // count]
            continue
        content = bytearray(whole)
        for _ in range(1 if where == "header" else draws.randint(1, 3)):
            at = draws.randrange(128, pixels) if where == "header" else draws.randrange(pixels + 20, len(whole))
            content[at] ^= draws.randrange(1, 256)
        yield bytes(content)


def main(file: str, count: str, seed: str, where: str) -> None:
    """Read everything, and say what became of it."""
    source = Path(file)
    before = load([source]).view.stored.copy()
    room = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told: collections.Counter[str] = collections.Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "damaged.dcm")
        for content in damaged(source.read_bytes(), int(count), int(seed), where):
            path.write_bytes(content)
            start = time.process_time()
            try:
                after = load([path]).view.stored
                told["same" if np.array_equal(before, after) else "other"] += 1
            except UnreadableInput as error:
                told[error.code] += 1
            slowest = max(slowest, time.process_time() - start)
    most = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - room) / 1024
    print(json.dumps({"told": told, "slowest": slowest, "megabytes": most}))


if __name__ == "__main__":
    main(*sys.argv[1:])
