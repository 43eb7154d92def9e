"""Every transform of ours, gently and strongly: what the contracts are held against."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from domainaug.manufacturing import DefectBank, Part, patches_of
from domainaug.transforms import TRANSFORMS

__all__ = ["EXAMPLES", "named"]


def _bank() -> str:
    """Save a bank of two dark holes in a gray plate, and return where."""
    folder = Path(tempfile.mkdtemp(prefix="domainaug-bank-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shown, mask = np.full((40, 50), 130, np.uint8), np.zeros((40, 50), np.uint8)
    for row in (8, 24):
        shown[row : row + 4, 12 : 12 + row // 4] = 20
        mask[row : row + 4, 12 : 12 + row // 4] = 1
    patches = patches_of(shown, mask, Part(pixel_pitch_mm=0.1), kind="hole")
    return str(DefectBank.of(patches).save(folder / "holes.npz"))


_BANK = _bank()

_ARGUMENTS: dict[str, list[dict[str, Any]]] = {
    "AnatomicalMirror": [
        {"orientation": "SPL", "pairs": []},
        {"across": "anterior-posterior", "orientation": "SPR", "pairs": [(1, 2)]},
    ],
    "BiasField": [{"coefficients": 0.1}, {}, {"coefficients": (-0.2, 0.4), "order": 2}, {"order": 1, "zero": 20.0}],
    "ColoredNoise": [
        {"std": 4.0, "fwhm_px": 2.0},
        {"std": (2.0, 12.0), "fwhm_mm": (0.6, 2.0), "spacing": (0.5, 0.5)},
        {"std": (3.0, 6.0), "spectrum": ((0.0, 0.2, 0.4, 0.5), (0.0, 1.0, 0.6, 0.1)), "spacing": (1.0, 1.0)},
    ],
    "ComponentCrop": [
        {"size": 40, "others": "keep"},
        {"size": (30, 50), "margin": 3, "larger": "tile", "choose": "area", "ignore_label": 2},
        {"size": (12, 16), "margin": 2, "ignore_label": 2},
    ],
    "CropMm": [
        {"size_mm": 60.0, "spacing": (1.0, 0.5, 0.5)},
        {"size_mm": (None, 30.0, 45.0), "position": "random", "spacing": (3.0, 0.4, 0.3)},
        {"size_mm": (8.0, 14.0, 17.0), "position": "labels", "spacing": (2.0, 0.5, 0.5)},
        {"size_mm": (200.0, 90.0), "position": "body", "spacing": (0.9, 0.7)},
    ],
    "Deform": [
        {"displacement_px": (0.0, 3.0)},
        {"displacement_px": 12.0, "locked_borders": 0},
        {"displacement_px": 1000.0, "control_points": (9, 7), "border": "replicate"},
        {"displacement_mm": (1.0, 4.0), "spacing": (0.8, 0.5)},
    ],
    "DrawDefect": [
        {"spacing": 0.1, "masks": "each", "unlabeled": True},
        {"kinds": {"dent": {"diameter_mm": (1.0, 2.0)}}, "spacing": 0.1, "masks": "each", "unlabeled": True},
        {
            "kinds": "pore",
            "lighting": {"kind": "x-ray"},
            "response": {"curve": "log", "decades": 1.5},
            "gate": {"contrast": 0.2},
            "cover": 0.3,
            "masks": "each",
            "unlabeled": True,
            "spacing": (0.1, 0.2),
        },
    ],
    "Gamma": [{"log_gamma": 0.05}, {}, {"log_gamma": (0.2, 0.7)}],
    "GaussianNoise": [{"std": 2.0}, {"std": (3.0, 9.0)}, {"std": (15.0, 30.0)}],
    "Ghosting": [
        {"intensity": 0.05, "phase_axis": "rows"},
        {"ghosts": (2, 6), "phase_axis": "either", "center": 0.1, "acquisition": "3d"},
        {"ghosts": 12, "intensity": (0.3, 0.5), "phase_axis": "columns", "center": 0.0},
    ],
    "GibbsRinging": [{"kept": 0.9}, {"phase_axis": "either"}, {"kept": (0.15, 0.3), "acquisition": "3d"}],
    "KSpaceSpike": [{"amplitude": 0.02}, {}, {"amplitude": (0.2, 0.6), "spikes": (1, 3), "acquisition": "3d"}],
    "PasteDefect": [
        {"bank": _BANK, "spacing": 0.1, "masks": "each", "unlabeled": True},
        {
            "bank": _BANK,
            "kind": "hole",
            "blend": "poisson",
            "prior": None,
            "symmetry": "texture",
            "count": (1, 3),
            "masks": "each",
            "unlabeled": True,
            "spacing": (0.1, 0.2),
        },
    ],
    "PatientMotion": [
        {"degrees": 0.5, "mm": 0.0, "phase_axis": "rows"},
        {"phase_axis": "either", "spacing": (1.5, 0.9, 0.7)},
        {"degrees": 8.0, "mm": (-5.0, 2.0), "moves": 7, "phase_axis": "columns", "spacing": (1.0, 1.0), "center": 0.05},
        {"mm": 3.0, "phase_axis": "rows", "spacing": (2.0, 1.0, 1.0), "acquisition": "3d"},
    ],
    "Reorient": [{"to": "SPL", "orientation": "IPR"}, {"to": "SAL", "orientation": "SLP"}],
    "RicianNoise": [{"std": 2.0}, {"std_share": (0.02, 0.06)}, {"std": (15.0, 40.0), "zero": 5.0}],
    "ThickSlices": [
        {"thickness_mm": 2.0, "axis": "rows", "spacing": (1.0, 1.0)},
        {"axis": "columns", "profile": "gaussian", "distance": (0.8, 1.3), "spacing": (1.0, 0.7)},
    ],
    "BeamHardening": [
        {"water": 0.1, "bone": 0.0, "spacing": (0.3, 0.3)},
        {"spacing": (0.4, 0.4)},
        {"water": (0.5, 1.0), "bone": 1.0, "kvp": (80.0, 140.0), "spacing": (0.8, 0.6)},
    ],
    "Collimation": [
        {"opening": (0.95, 1.0), "spacing": (0.5, 0.5)},
        {"spacing": (0.5, 0.5), "response": "linear"},
        {"opening": ((0.5, 0.7), 0.8), "angle": (5.0, 15.0), "shift": 1.0, "spacing": (0.4, 0.6), "bright": "exposed"},
    ],
    "Exposure": [
        {"factor": (0.8, 1.25)},
        {"factor": (0.25, 4.0), "photons": 2e3, "response": "linear", "bright": "exposed"},
        {"factor": (0.1, 0.3), "photons": 1e3, "leveled": True},
    ],
    "GridLines": [
        {"residual": 0.02, "spacing": (0.15, 0.15)},
        {"residual": (0.1, 0.3), "lines_per_cm": (5.0, 20.0), "spacing": (0.5, 0.4), "response": "linear"},
        {"residual": 0.2, "lines_per_cm": 60.0, "along": "rows", "angle": 20.0, "spacing": (0.2, 0.2)},
    ],
    "KernelNoise": [
        {"std": 4.0, "spacing": (0.7, 0.7)},
        {"std": (2.0, 12.0), "kernel": "smooth", "spacing": (0.5, 0.9)},
        {"std": 20.0, "kernel": ("standard", "sharp"), "spacing": (0.6, 0.6)},
    ],
    "LowDose": [
        {"dose": 0.5, "noise": 5.0, "spacing": (0.7, 0.7)},
        {"spacing": (1.0, 1.0), "kernel": "sharp"},
        {"dose": (0.05, 0.2), "noise": (5.0, 15.0), "spacing": (0.6, 0.6)},
    ],
    "MetalStreaks": [
        {"objects": 1, "diameter_mm": 3.0, "metal": "titanium", "strength": 0.3, "spacing": (0.5, 0.5)},
        {"spacing": (3.0, 0.7, 0.7)},
        {"objects": (2, 4), "metal": "iron", "threshold": 1500.0, "spacing": (1.0, 1.0)},
    ],
    "Pose": [
        {},
        {"rotate": 25.0, "scale": 0.2, "shear": (-8.0, 8.0), "shift_mm": 9.0, "spacing": (2.0, 0.6, 0.6)},
        {
            "rotate": (6.0, 9.0, (5.0, 12.0)),
            "scale": (0.1, 0.2, 0.0),
            "shear": (4.0, 3.0, 2.0),
            "spacing": (3.0, 0.7, 0.5),
        },
        {"shift_mm": (12.0, (-3.0, 9.0), 6.0), "center": "field", "spacing": (2.0, 1.0, 1.0), "fill": 7.0},
    ],
    "QuantumNoise": [
        {},
        {"photons": (500.0, 5e3), "response": "linear"},
        {"photons": 200.0, "bright": "exposed", "decades": 2.0},
    ],
    "Rings": [
        {"gain_error": 0.001, "spacing": (0.7, 0.7)},
        {"spacing": (0.7, 0.7)},
        {"gain_error": (0.02, 0.05), "elements": (5, 10), "kernel": "sharp", "spacing": (0.5, 0.8)},
    ],
    "Scatter": [
        {"fraction": 0.1, "spacing": (0.5, 0.5)},
        {"spacing": (1.0, 1.0), "response": "linear"},
        {"fraction": (0.5, 0.8), "width_mm": (3.0, 10.0), "spacing": (0.4, 0.4), "bright": "exposed"},
    ],
    "AcousticClutter": [
        {"level": 0.1},
        {"region": "frame"},
        {"level": (0.4, 0.6), "decay_db": (0.0, 20.0), "dynamic_range_db": 80.0, "region": "frame"},
    ],
    "AcousticShadow": [{"db": 3.0}, {"region": "frame"}, {"db": (20.0, 50.0), "width": (0.2, 0.4), "region": "frame"}],
    "DepthAttenuation": [
        {"db": 3.0},
        {"db": (5.0, 30.0), "region": "frame"},
        {"db_cm_mhz": (0.1, 0.4), "frequency_mhz": 5.0, "spacing": (0.3, 0.3), "region": "frame"},
    ],
    "Fog": [{"visibility": 2000.0}, {}, {"visibility": (20.0, 60.0), "airlight": (0.6, 0.7, 0.8), "view": 90.0}],
    "FundusHaze": [
        {"haze": 0.05, "field": "frame"},
        {"field": "frame"},
        {"haze": (0.5, 0.9), "field": "frame", "encoding": "linear"},
    ],
    "LightTemperature": [{"mired": 10.0}, {}, {"mired": (-90.0, 180.0), "kelvin": 6000.0, "encoding": "linear"}],
    "LensDrops": [{"cover": 0.01}, {}, {"cover": (0.2, 0.4), "radius": (0.01, 0.06), "encoding": "linear"}],
    "NightLike": [{"darkness": 0.2}, {}, {"darkness": (0.5, 0.8), "headlights": 0.0, "noise": 0.03}],
    "SunGlare": [{"scatter": 0.1}, {}, {"scatter": (3.0, 6.0), "altitude": 2.0, "azimuth": (-10.0, 5.0)}],
    "WetRoad": [{"wetness": 0.2}, {}, {"wetness": (0.8, 1.0), "view": 100.0, "pitch": -5.0}],
    "RainInAir": [{"rain": 1.0}, {}, {"rain": (20.0, 40.0), "emphasis": 2.0, "world": 5, "exposure_ms": 20.0}],
    "SnowInAir": [{"snowfall": 0.1}, {}, {"snowfall": (1.5, 3.0), "emphasis": 1.5, "wind": 4.0, "encoding": "linear"}],
    "Speckle": [{"diffuse": 0.02}, {"region": "frame"}, {"diffuse": (0.5, 1.0), "axial_px": 3.0, "region": "frame"}],
    "StainJitter": [
        {"gain": 0.05, "offset": 0.0},
        {},
        {"gain": (0.5, 2.0), "offset": (-0.1, 0.2), "stains": "hed"},
        {"stains": ((0.6, 0.7, 0.3), (0.3, 0.5, 0.8))},
    ],
    "SyntheticAnomaly": [
        {"spacing": 0.1, "masks": "each", "unlabeled": True},
        {"kinds": {"perlin": {"share": (0.02, 0.05)}}, "spacing": 0.1, "masks": "each", "unlabeled": True},
        {"kinds": ("scar", "cutpaste"), "count": 2, "spacing": (0.1, 0.2), "masks": "each", "unlabeled": True},
    ],
    "SymmetryTurn": [{}, {"every": 60.0}, {"every": 120.0, "mirror": True, "axis": 30.0}],
    "UnevenLight": [{"falloff": 0.1}, {}, {"falloff": (0.6, 0.9), "offset": 1.0, "encoding": "linear"}],
    "VolumeAffine": [
        {},
        {"rotate": (-20.0, 20.0), "scale": 0.2, "translate": 0.1},
        {"rotate": (10.0, (-4.0, 8.0), (0.0, 15.0)), "scale": (0.1, 0.2, 0.0), "spacing": (3.0, 0.7, 0.5)},
        {"rotate": 0.0, "scale": 0.0, "translate_mm": (12.0, (-3.0, 9.0), 6.0), "spacing": (2.0, 1.0, 1.0)},
    ],
    "Window": [
        {"low": 10.0, "high": 245.0},
        {"center": (110.0, 140.0), "width": (180.0, 240.0)},
        {"center": 128.0, "width": 200.0, "function": "linear_exact", "invert": True},
    ],
}

EXAMPLES = [TRANSFORMS[name](**arguments, p=1.0) for name, many in _ARGUMENTS.items() for arguments in many]
"""Every example, with p = 1."""


def named(transform: Any) -> str:
    """Return the class and the place among the examples of that class."""
    name = type(transform).__name__
    same = [other for other in EXAMPLES if type(other).__name__ == name]
    return f"{name}-{next(i for i, other in enumerate(same) if other is transform)}"
