"""Rows of the transforms that draw weather or writing on the picture: what they hide has no useful bound."""

from __future__ import annotations

from typing import Any

from domainaug.declare.registry import row
from domainaug.declare.sets import ANY_COLOR, ANY_TONE, up_to
from domainaug.effects import EFFECTS, Interval
from domainaug.generators import Frame, Generators

__all__: list[str] = []

_LOOSE: dict[str, Interval | float] = {
    **ANY_TONE,
    **ANY_COLOR,
    **{
        name: EFFECTS[name].anything
        for name in (
            "local_gain",
            "noise",
            "impulse_noise",
            "blur",
            "motion_blur",
            "sharpening",
            "occlusion",
            "foreign_content",
            "inversion",
            "loss_of_color",
        )
    },
    "pixelation": Interval(1.0, 4.0),
    "loss_of_levels": up_to(4.0),
}


@row("RandomFog", "RandomRain", "RandomSnow", "RandomSunFlare", "RandomGravel", "Spatter")
def _drawn_weather(transform: Any, frame: Frame) -> Generators:
    return Generators.bounds(
        _LOOSE,
        content=True,
        weather=1.0,
    )


@row("TextImage")
def _writing(transform: Any, frame: Frame) -> Generators:
    return Generators.bounds(
        content=True, foreign_content=1.0, occlusion=1.0, impulse_noise=1.0, local_gain=EFFECTS["local_gain"].anything
    )
