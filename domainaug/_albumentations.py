"""The one door to albumentations, and everything that leans on its internals.

albumentations looks up the package index when it is imported unless told not to, so it is imported here,
after that is switched off, and everywhere else as `from domainaug._albumentations import A`.
"""

from __future__ import annotations

import os

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import albumentations as A  # noqa: E402, N812

__all__ = ["A"]
