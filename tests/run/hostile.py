"""Layouts that do what bad files make decoders do; imported by worker processes."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from domainaug.layouts.image_folder import ImageFolder
from domainaug.layouts.layout import Item, Sample


@dataclass(frozen=True, slots=True)
class Hostile(ImageFolder):
    """An image folder in which one image misbehaves."""

    bad: str = "part 2"
    deed: str = "kill"
    once: str = ""  # a file that is made at the first deed; there is no second

    def read(self, item):
        if self.bad in item.key and not (self.once and Path(self.once).exists()):
            if self.once:
                Path(self.once).touch()
            DEEDS[self.deed]()
        return super(Hostile, self).read(item)

    def write(self, sample, item, stamp, folder):
        if self.deed == "kill-second-copy" and self.bad in item.key and stamp.copy == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return super(Hostile, self).write(sample, item, stamp, folder)


def _kill():
    os.kill(os.getpid(), signal.SIGKILL)


def _segfault():
    ctypes.string_at(0)


def _eat():
    kept = [np.ones(1 << 27, np.uint8) for _ in range(40)]  # 5 GiB in pieces that are really touched
    raise AssertionError(f"nothing stopped {len(kept)} pieces")


def _hang():
    time.sleep(600)


def _stumble():
    raise KeyError("SECRET^PATIENT")


DEEDS = {
    "kill": _kill,
    "segfault": _segfault,
    "eat": _eat,
    "hang": _hang,
    "stumble": _stumble,
    "kill-second-copy": lambda: None,
}


@dataclass(frozen=True, slots=True)
class Talking(ImageFolder):
    """Says on the error output what it reads."""

    def read(self, item: Item) -> Sample:
        print(f"reading {item.key}", file=sys.stderr)
        return ImageFolder.read(self, item)


def gives(value):
    """Return what it is given."""
    return value


def raises(error):
    """Raise what it is given."""
    raise error
