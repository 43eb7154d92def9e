"""Everything about a radiograph that a scenario can set."""

from __future__ import annotations

from domainaug.scenario import Axis
from domainaug_simulators.radiograph.scatter import GRIDS

__all__ = ["AXES"]


def _moving(
    name: str, meaning: str, default: float, unit: str, low: float, high: float, *, whole: bool = False
) -> Axis:
    return Axis(name, meaning, default, unit, low, high, whole=whole, moves_labels=True)


AXES = (
    Axis("view", "From where: PA, AP, LL (left side at the detector) or RL.", "PA", choices=("PA", "AP", "LL", "RL"),
         moves_labels=True),
    _moving("turn", "Turn of the detector about the patient's long axis, toward their left; oblique views.", 0.0, "deg",
            -180, 180),
    _moving("tilt", "Tilt of the detector toward the head.", 0.0, "deg", -60, 60),
    _moving("roll", "Turn of the picture in its plane, counter-clockwise.", 0.0, "deg", -180, 180),
    _moving("source_to_detector", "From the focal spot to the detector.", 1800.0, "mm", 300, 5000),
    _moving("air_gap", "From the patient to the detector.", 30.0, "mm", 0, 1500),
    _moving("shift_across", "By how much the detector is off the central ray, along rows.", 0.0, "mm", -500, 500),
    _moving("shift_down", "By how much the detector is off the central ray, along columns.", 0.0, "mm", -500, 500),
    _moving("rows", "Rows of the detector.", 1024, "px", 16, 6000, whole=True),
    _moving("columns", "Columns of the detector.", 1024, "px", 16, 6000, whole=True),
    _moving("pitch", "From one pixel to the next.", 0.42, "mm", 0.02, 20),
    _moving("field_width", "Share of the columns that the collimator leaves open.", 1.0, "", 0.05, 1),
    _moving("field_height", "Share of the rows that the collimator leaves open.", 1.0, "", 0.05, 1),
    Axis("kvp", "Tube voltage.", 120.0, "kV", 40, 150),
    Axis("exposure", "Mean air kerma at the detector behind the patient, as automatic exposure control holds it.", 2.5,
         "uGy", 0.01, 1000),
    Axis("aluminum", "Filtration of the beam, the tube's own with it.", 4.0, "mm", 0.5, 40),
    Axis("copper", "Additional filtration with copper.", 0.0, "mm", 0, 2),
    Axis("grid", "Anti-scatter grid.", "12:1", choices=tuple(GRIDS)),
    Axis("scatter", "Scatter, as a factor on what the model says; 0 is none.", 1.0, "", 0, 3),
    Axis("focal_spot", "Side of the focal spot.", 1.0, "mm", 0, 5),
    Axis("noise", "Whether photons are counted.", "on", choices=("on", "off")),
    Axis("efficiency", "Share of the photons that the detector counts.", 0.65, "", 0.01, 1),
    Axis("scintillator", "H of the scintillator's transfer 1 / (1 + H f²).", 0.3, "mm2", 0, 5),
    Axis("electronic", "Noise of the electronics, in counted photons a pixel.", 4.0, "", 0, 1000),
    Axis("response", "How values follow exposure.", "log", choices=("log", "linear")),
    Axis("processing", "As the detector gives it (raw), or as systems show it (shown).", "shown",
         choices=("raw", "shown")),
    Axis("photometric", "Whether high values are white (bones have them) or black.", "MONOCHROME2",
         choices=("MONOCHROME1", "MONOCHROME2")),
    Axis("bits", "Bits of a stored value.", 12, "bits", 8, 16, whole=True),
    Axis("format", "What is written.", "dicom", choices=("dicom", "png")),
)  # fmt: skip
"""In the order reports list them."""
