"""`Pipeline(A.Compose)`: value ranges, seeds, label safety, the record.

A call goes through these:

    pipeline.py    the class
    clock.py       what the chance of a call depends on
    guards.py      what is refused
    ranges.py      what values mean; to [0, 1] and back
    execution.py   carrying a plan out, step by step
    pictures.py    one draw on pictures of any rank and number of channels
    masks.py       masks by coverage
    slices.py      a call on a volume that nobody holds, a few slices at a time
    labels.py      boxes and points
    record.py      what a call drew and did
"""

from domainaug.pipeline.pipeline import Pipeline
from domainaug.transforms import TRANSFORMS  # noqa: F401  # so that `A.from_dict` knows them by name

__all__ = ["Pipeline"]
