"""All cases, in the order they are measured and written down."""

from __future__ import annotations

from benchmarks import dicom_study
from benchmarks.cases import carla, datasets, defects, pictures, stacks, streets, volumes

CASES = (
    *pictures.CASES,
    *volumes.CASES,
    *stacks.CASES,
    *dicom_study.CASES,
    *defects.CASES,
    *datasets.CASES,
    *streets.CASES,
    *carla.CASES,
)
