"""From a tree of compositions to the steps of one call.

Which steps run is chance alone and does not depend on the picture, so it is settled first, in one walk; what
each draws is settled when its turn comes. Every node of the tree, composition or transform, has a random
stream of its own, named by its position.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from domainaug._albumentations import A
from domainaug.pipeline.streams import Stream, Streams

__all__ = ["Step", "leaves", "plan", "walks_like"]

_AGAIN = 1 << 31  # above any index: marks the second and later turns of one child
