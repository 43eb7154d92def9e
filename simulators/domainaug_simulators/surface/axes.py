"""Everything of a part, its defect, its light and its camera that a scenario can set."""

from __future__ import annotations

from domainaug.scenario import Axis
from domainaug_simulators.surface.defects import DRAWN
from domainaug_simulators.surface.finishes import FINISHES
from domainaug_simulators.surface.lights import KINDS

__all__ = ["AXES"]


def _moving(
    name: str, meaning: str, default: float, unit: str, low: float, high: float, *, whole: bool = False
) -> Axis:
    return Axis(name, meaning, default, unit, low, high, whole=whole, moves_labels=True)


AXES = (
    Axis("defect", "Kind of the defect that is added to those of the world; none adds none.", "none",
         choices=("none", *DRAWN), moves_labels=True),
    _moving("defect_size", "Length of what is long, diameter of what is round.", 6.0, "mm", 0.05, 1000),
    _moving("defect_across", "Its middle on the part, to the right of the part's middle.", 0.0, "mm", -1e4, 1e4),
    _moving("defect_down", "Its middle on the part, below the part's middle.", 0.0, "mm", -1e4, 1e4),
    _moving("defect_heading", "Its direction, of what has one, counter-clockwise.", 30.0, "deg", 0, 180),
    _moving("defect_seed", "What else of it is drawn from.", 0, "", 0, 2**31 - 1, whole=True),
    Axis("light", "Bright field (a panel), dark field (a low bar), ring, dome, or back light.", "bright-field",
         choices=KINDS),
    Axis("azimuth", "Where panel or bar are, counter-clockwise from the picture's right.", 90.0, "deg", -360, 360),
    Axis("elevation", "Of panel or ring over the part.", 60.0, "deg", -90, 90),
    Axis("grazing", "Elevation of the dark field's bar.", 15.0, "deg", -90, 90),
    Axis("light_distance", "From the light to the part.", 150.0, "mm", 5, 10_000),
    Axis("light_size", "Side of the panel, width of the bar and of the ring.", 40.0, "mm", 1, 5000),
    Axis("intensity", "Factor on the light that the station is set up with.", 1.0, "x", 0, 100),
    Axis("finish", "Brushed, painted, plastic, or cast.", "brushed", choices=FINISHES),
    Axis("finish_seed", "What its texture is drawn from.", 0, "", 0, 2**31 - 1, whole=True),
    Axis("grain", "Direction of the grain of a brushed finish, counter-clockwise.", 0.0, "deg", -180, 180),
    _moving("tilt_across", "Turn of the part by which its right side sinks.", 0.0, "deg", -180, 180),
    _moving("tilt_down", "Turn of the part by which its lower side sinks.", 0.0, "deg", -180, 180),
    _moving("spin", "Turn of the part in the picture, counter-clockwise.", 0.0, "deg", -180, 180),
    _moving("shift_across", "By how much the part lies to the right.", 0.0, "mm", -1e4, 1e4),
    _moving("shift_down", "By how much the part lies lower in the picture.", 0.0, "mm", -1e4, 1e4),
    _moving("rows", "Rows of the picture.", 512, "px", 16, 4096, whole=True),
    _moving("columns", "Columns of the picture.", 512, "px", 16, 4096, whole=True),
    _moving("pitch", "On the part, from one pixel to the next.", 0.1, "mm", 0.0005, 10),
    _moving("working_distance", "From the lens to the part.", 300.0, "mm", 10, 10_000),
    Axis("lens", "With perspective, or telecentric (all rays parallel).", "perspective",
         choices=("perspective", "telecentric"), moves_labels=True),
    Axis("aperture", "Diameter of the lens's opening.", 8.0, "mm", 0.1, 200),
    Axis("defocus", "How far the part is from where it is sharp.", 0.0, "mm", -500, 500),
    Axis("softness", "Standard deviation of the blur of a sharp picture.", 0.5, "px", 0, 5),
    Axis("well", "Electrons at white.", 10_000.0, "", 50, 1e7),
    Axis("noise", "Whether electrons are counted.", "on", choices=("on", "off")),
    Axis("response", "How values follow light.", "srgb", choices=("srgb", "gamma", "linear")),
    Axis("channels", "Three channels, or gray.", "color", choices=("color", "gray")),
    Axis("least_contrast", "Contrast of any defect below which a variant is set aside.", 0.0, "", 0, 100),
    Axis("renderer", "Our own shader, or Mitsuba 3 in a process of its own.", "shader",
         choices=("shader", "mitsuba")),
    Axis("samples", "Samples in a pixel along an axis: of the shader; Mitsuba takes eight times their square.", 2, "",
         1, 16, whole=True),
)  # fmt: skip
"""In the order reports list them."""
