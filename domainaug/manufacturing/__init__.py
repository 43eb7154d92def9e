"""Defects on photographs of parts: sized in mm, drawn in light, masked by what they cover, and measured.

Site        a photograph, its part and its scale
kind        a kind of defect with sizes (`defects/`)
Defect      height, albedo, roughness, coverage and mask, whatever made it
Relight     draws a defect on the photograph
Gate        accepts it, or says why not; `calibrate` takes its thresholds from real defects
draw_defect all of that
DefectBank  real defects, put on other photographs (`pasting/`); cut_paste, scar, nsa, perlin_texture from the papers
accepted    any of these, behind the gate
"""

from domainaug.manufacturing.calibrate import Calibration, calibrate
from domainaug.manufacturing.defect import Defect
from domainaug.manufacturing.defects import KINDS, kind
from domainaug.manufacturing.drawing import Outcome, accepted, draw_defect
from domainaug.manufacturing.gate import Gate, Refusal, Verdict
from domainaug.manufacturing.measures import Measures, measures_of
from domainaug.manufacturing.pasting.bank import DefectBank
from domainaug.manufacturing.pasting.patch import patches_of
from domainaug.manufacturing.pasting.synthetic import cut_paste, nsa, perlin_texture, scar
from domainaug.manufacturing.relight import Drawn, Relight
from domainaug.manufacturing.response import find_part, to_light, to_values
from domainaug.manufacturing.site import Site
from domainaug.manufacturing.sizes import (
    Constant,
    Empirical,
    LearnedSizes,
    LogUniform,
    Normal,
    Uniform,
    learn_sizes,
    measure,
)
from domainaug.manufacturing.tones import learn_tones
from domainaug.profile.part import Foreground, Lighting, Part, Response

__all__ = [
    "KINDS",
    "Calibration",
    "Constant",
    "Defect",
    "DefectBank",
    "Drawn",
    "Empirical",
    "Foreground",
    "Gate",
    "LearnedSizes",
    "Lighting",
    "LogUniform",
    "Measures",
    "Normal",
    "Outcome",
    "Part",
    "Refusal",
    "Relight",
    "Response",
    "Site",
    "Uniform",
    "Verdict",
    "accepted",
    "calibrate",
    "cut_paste",
    "draw_defect",
    "find_part",
    "kind",
    "learn_sizes",
    "learn_tones",
    "measure",
    "measures_of",
    "nsa",
    "patches_of",
    "perlin_texture",
    "scar",
    "to_light",
    "to_values",
]
