"""How labels name the images they were drawn on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydicom import Dataset

__all__ = ["framed"]


def framed(references: Iterable[Dataset]) -> Iterator[tuple[str, int]]:
    """Yield the frames that references to images name: UID and number, from 1 (PS3.3 10.3)."""
    for one in references:
        numbers = one.get("ReferencedFrameNumber")
        for number in [numbers] if isinstance(numbers, int) else numbers or ():
            yield str(one.ReferencedSOPInstanceUID), int(number)
