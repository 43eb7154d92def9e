"""Steps on LiDAR clouds in a row, held against a profile as pipelines on pictures are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from domainaug.driving.clouds import AirIn, Cloud, CloudStep, DropPoints, MirrorCloud, RangeNoise, ScaleCloud, TurnCloud
from domainaug.effects import EFFECTS, Interval
from domainaug.errors import CheckFailed, ImageError
from domainaug.profile import Profile, load_profile
from domainaug.profile.units import bounds

__all__ = ["CloudPipeline", "cloud_pipeline"]


@dataclass(slots=True)
class CloudPipeline:
    """Steps that happen to a cloud one after the other, each by chance.

    Attributes:
        steps: What may happen.
        seed: From 0 to 2^64 - 1; fixes every draw.
        record: What happened in the last call: `key`, and `steps`, each with its name and its effects.
    """

    steps: Sequence[CloudStep]
    seed: int = 0
    record: dict[str, Any] = field(default_factory=dict, init=False)
    _calls: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse what cannot happen by chance.

        Raises:
            ImageError: A chance is not from 0 to 1, or the seed is out of range.
        """
        for step in self.steps:
            if not 0 <= step.p <= 1:
                raise ImageError(f"{type(step).__name__}: p={step.p!r}; a chance is from 0 to 1")
        if not 0 <= self.seed < 2**64:
            raise ImageError(f"seed={self.seed!r}; it is a whole number from 0 to 2^64 - 1")

    def __call__(self, cloud: Cloud, *, key: str | None = None) -> Cloud:
        """Return what becomes of a cloud.

        Args:
            cloud: The cloud.
            key: What names it, say its file: the same seed and key give the same draws, in any order of calls. By
                default the number of the call.

        Raises:
            ImageError: It is no Cloud.
            LabelError: A step cannot keep calibration or boxes true.
        """
        if not isinstance(cloud, Cloud):
            raise ImageError(f"LiDAR cloud: got {type(cloud).__name__}; wrap points in domainaug.driving.clouds.Cloud")
        name = f"#{self._calls}" if key is None else key
        self._calls += 1
        done: list[dict[str, Any]] = []
        for number, step in enumerate(self.steps):
            digest = hashlib.sha256(f"{name}/{number}".encode()).digest()
            draw = np.random.Generator(np.random.Philox(key=[self.seed, int.from_bytes(digest[:8], "big")]))
            if draw.random() >= step.p:
                continue
            cloud, amounts = step.applied(cloud, draw)
            done.append({"name": type(step).__name__, "effects": amounts})
        self.record = {"key": name, "steps": done}
        return cloud

    def bounds(self) -> dict[str, Interval]:
        """Return what all steps together may do at most, by effect."""
        total: dict[str, Interval] = {}
        for step in self.steps:
            for name, most in step.bounds().items():
                if step.p > 0:
                    row = EFFECTS[name]
                    reached = most if step.p == 1 else most.hull(row.still)
                    total[name] = row.then(total[name], reached) if name in total else reached
        return total

    def check(self, profile: Profile | str) -> list[str]:
        """Return what the steps do that a profile does not allow, a sentence each; empty where all is well.

        Args:
            profile: It, or its id.
        """
        profile = load_profile(profile) if isinstance(profile, str) else profile
        found = []
        for name, most in self.bounds().items():
            for limit in profile.in_force(name):
                allowed = bounds(limit, profile.frame)
                if limit.code not in profile.waivers and most not in allowed:
                    unit = EFFECTS[name].unit
                    found.append(
                        f"{limit.code}: {name} {most.low:g} to {most.high:g} {unit}, allowed {allowed.low:g} to "
                        f"{allowed.high:g}: {limit.reason}"
                    )
        return found


def cloud_pipeline(profile: Profile | str = "driving/lidar", *, seed: int = 0) -> CloudPipeline:
    """Return what a profile allows to be done to clouds, ready to use.

    Half of the clouds are mirrored where the profile's option `side_free` is on; a third gets fog, rain or snow.

    Args:
        profile: It, or its id.
        seed: Fixes every draw.

    Raises:
        CheckFailed: The profile is tighter than these steps; says which rule.
    """
    profile = load_profile(profile) if isinstance(profile, str) else profile
    mirror = [MirrorCloud(p=0.5)] if profile.options.get("side_free") else []
    made = CloudPipeline(
        [
            AirIn(visibility=(100.0, 2000.0), p=0.12),
            AirIn(rain=(1.0, 30.0), p=0.12),
            AirIn(snowfall=(0.3, 3.0), p=0.12),
            *mirror,
            TurnCloud((-45.0, 45.0)),
            ScaleCloud((0.95, 1.05)),
            RangeNoise((0.0, 0.03), p=0.5),
            DropPoints((0.0, 0.15), p=0.5),
        ],
        seed,
    )
    beyond = made.check(profile)
    if beyond:
        raise CheckFailed(f"the steps for clouds go beyond {profile.id}: {'; '.join(beyond)}")
    return made
