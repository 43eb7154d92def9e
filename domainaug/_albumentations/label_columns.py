"""The numbers that stand for labels in the columns behind those of boxes."""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.errors import LabelError

__all__ = ["label_columns"]


def label_columns(processor: Any, label: float | str) -> list[float]:
    """Return what stands for a label in each label column, which has been seen if boxes had labels, and is made if not.

    Args:
        processor: That of albumentations for boxes.
        label: A number or a word.

    Raises:
        LabelError: The labels of the call are numbers, and this is a word, or the other way round.
    """
    fields = processor.params.label_fields or ()
    if not fields and isinstance(label, str):
        raise LabelError(f"box_label={label!r}: boxes without label fields can only be called by numbers")
    columns = []
    for name in fields:
        seen = processor.label_manager.metadata.get("bboxes", {}).get(name)
        if seen is not None and seen.is_numerical == isinstance(label, str):
            kind = "numbers" if seen.is_numerical else "words"
            raise LabelError(f"box_label={label!r}: the labels of {name} are {kind}; give one of them")
        columns.append(float(np.ravel(processor.label_manager.process_field("bboxes", name, [label]))[0]))
    return columns
