"""The pipeline many people would write for a chest radiograph, and that the check has something to say about."""

from __future__ import annotations

import warnings

from domainaug._albumentations import A

__all__ = ["SOURCE", "common_pipeline"]

SOURCE = """A.Compose([
    A.HorizontalFlip(),
    A.ShiftScaleRotate(rotate_limit=45),
    A.CLAHE(),
    A.RandomBrightnessContrast(),
    A.CoarseDropout(),
])"""


def common_pipeline() -> A.Compose:
    """Return what `SOURCE` says; it notes which steps it applied."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # albumentations would rather have Affine than ShiftScaleRotate
        return A.Compose(
            [
                A.HorizontalFlip(),
                A.ShiftScaleRotate(rotate_limit=45),
                A.CLAHE(),
                A.RandomBrightnessContrast(),
                A.CoarseDropout(),
            ],
            save_applied_params=True,
        )
