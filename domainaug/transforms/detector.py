"""What a radiograph's values say about the exposure of its detector, and the transforms that work on that."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.functionals import LEVELS
from domainaug.transforms.arguments import choice, number, share
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import Ranged
from domainaug.transforms.slicewise import Plane, SliceWise

__all__ = ["Exposed", "exposure_of", "share_of"]

Array = NDArray[Any]


def exposure_of(shares: Any, response: str, decades: float, bright: str) -> Any:
    """Return exposure, 1 being what the end of the range stands for that most exposure reaches.

    Args:
        shares: Values as shares of their range.
        response: "linear": values count exposure, as those of raw detectors do. "log": its logarithm, as nearly all
            that is archived or shown does.
        decades: Powers of ten from the least to the most exposure, of "log".
        bright: "dense" where bright means little exposure (bones are white), "exposed" where it means much.
    """
    much = 1 - shares if bright == "dense" else shares
    return much if response == "linear" else 10.0 ** (decades * (much - 1))


def share_of(exposure: Any, response: str, decades: float, bright: str) -> Any:
    """Return values as shares of their range; beyond the least exposure and the most the detector is at its end."""
    if response == "linear":
        much = np.clip(exposure, 0, 1)
    else:
        much = np.clip(1 + np.log10(np.maximum(exposure, 1e-30)) / decades, 0, 1)
    return 1 - much if bright == "dense" else much


class Exposed(Ranged, SliceWise):
    """Mixed into an albumentations class, before it; a new transform has `draw`, `exposed` and its effects.

    Args:
        response: How values follow exposure: "log" or "linear".
        decades: Powers of ten of exposure that the value range spans, of "log".
        bright: "dense" where bones are white, "exposed" where they are black.
        p: How often it happens.
    """

    def __init__(self, response: str = "log", decades: float = 2.0, bright: str = "dense", p: float = 0.5) -> None:
        super().__init__(p=share(self, "p", p))  # type: ignore[call-arg]
        self.response = choice(self, "response", response, ("log", "linear"))
        self.decades = number(self, "decades", decades, above=0.0, most=8.0)
        self.bright = choice(self, "bright", bright, ("dense", "exposed"))

    @abstractmethod
    def exposed(self, exposure: NDArray[np.float32], params: Drawn, stream: int) -> Array:
        """Return exposure, (rows, columns), as it becomes; 1 is full scale."""

    def plane(self, values: Plane, params: Drawn, stream: int) -> Array:
        """Return a picture as the detector would have read it."""
        low, high = params["value_range"]
        shares = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
        made = share_of(self.exposed(exposure_of(shares, *self._how).astype(np.float32), params, stream), *self._how)
        return np.asarray(low + made * (high - low))

    @property
    def _how(self) -> tuple[str, float, str]:
        return self.response, self.decades, self.bright

    def curve(self, factor: float) -> NDArray[np.float64]:
        """Return the tone curve of `factor` times the exposure, at `LEVELS`."""
        return np.asarray(share_of(factor * exposure_of(LEVELS, *self._how), *self._how), np.float64)

    def spread(self, deviation: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the standard deviation of values (shares of the range) from that of exposure, both at `LEVELS`."""
        if self.response == "linear":
            return deviation
        exposure = np.maximum(exposure_of(LEVELS, *self._how), 1e-30)
        return np.asarray(deviation / (exposure * np.log(10) * self.decades), np.float64)
