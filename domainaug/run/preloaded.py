"""Imported once by the server that workers are forked from, and by nobody else: all that a worker will need."""

from __future__ import annotations

import gc

import domainaug.check
import domainaug.check.narrow
import domainaug.declare
import domainaug.layouts.coco
import domainaug.layouts.image_folder
import domainaug.pipeline
import domainaug.profile
import domainaug.recipe
import domainaug.run.worker  # noqa: F401
from domainaug.run.rehearsal import rehearse_kernels

__all__: list[str] = []

rehearse_kernels()
gc.freeze()  # what is here stays: no worker is to look through it again and again, nor to copy it by doing so
