"""Our own transforms: albumentations subclasses that draw few parameters and run in one pass with their neighbors.

    from domainaug.transforms import BiasField, Gamma, VolumeAffine

They go wherever an albumentations transform goes, and into the recipes of profiles by name. One file holds one
family; a new transform is a class in one of them, or in a file of its own, and one entry in `_FAMILIES`.

    fusing.py      what a transform offers so that it can share a pass
    own.py         what all of ours have in common
    moving.py      those that move the picture, carried out by themselves
    changing.py    those that change values, carried out by themselves
    arguments.py   checks of constructor arguments
    lattice.py     control points of a smooth displacement
    landing.py     where points and boxes go
    affine.py, pose.py, deform.py, crop_mm.py, mirror.py, reorient.py   where things are; space.py has the matrices,
                   body.py finds the middle of a body, orientation.py says which way an array lies in the patient
    component_crop.py   pieces about defects
    defects.py     defects on parts, with their mask
    symmetry.py    turns and mirrors that map a part onto itself
    intensity.py, noise.py   values
    slicewise.py   those that work slice by slice
    ct_*.py        CT in HU: noise, rings, beam hardening, metal; beam.py says what X-rays do
    radiograph.py, collimation.py   radiographs; detector.py says how values follow exposure
    mri.py, mri_*.py   MR: gray stacks and magnitudes; noise, motion, ghosts and so on; shears.py moves exactly
    ultrasound.py  echoes along the beams; insonified.py, scan_region.py and scan_fit.py find where they are
    stain.py, lighting.py   sections in optical density; light on skin and retina, whose disc field_circle.py finds
    weather_scene.py, weather_*.py   weather on photographs and video, by distance
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from domainaug.transforms.affine import VolumeAffine
    from domainaug.transforms.collimation import Collimation
    from domainaug.transforms.component_crop import ComponentCrop
    from domainaug.transforms.crop_mm import CropMm
    from domainaug.transforms.ct_artifacts import BeamHardening, Rings
    from domainaug.transforms.ct_metal import MetalStreaks
    from domainaug.transforms.ct_noise import KernelNoise, LowDose
    from domainaug.transforms.defects import DrawDefect
    from domainaug.transforms.deform import Deform
    from domainaug.transforms.intensity import BiasField, Gamma, Window
    from domainaug.transforms.lighting import FundusHaze, LightTemperature, UnevenLight
    from domainaug.transforms.mirror import AnatomicalMirror
    from domainaug.transforms.mri_ghosting import Ghosting
    from domainaug.transforms.mri_gibbs import GibbsRinging
    from domainaug.transforms.mri_motion import PatientMotion
    from domainaug.transforms.mri_noise import RicianNoise
    from domainaug.transforms.mri_slabs import ThickSlices
    from domainaug.transforms.mri_spike import KSpaceSpike
    from domainaug.transforms.noise import ColoredNoise, GaussianNoise
    from domainaug.transforms.pose import Pose
    from domainaug.transforms.radiograph import Exposure, GridLines, QuantumNoise, Scatter
    from domainaug.transforms.reorient import Reorient
    from domainaug.transforms.stain import StainJitter
    from domainaug.transforms.symmetry import SymmetryTurn
    from domainaug.transforms.ultrasound import AcousticClutter, AcousticShadow, DepthAttenuation, Speckle
    from domainaug.transforms.weather_air import Fog
    from domainaug.transforms.weather_falling import RainInAir, SnowInAir
    from domainaug.transforms.weather_light import NightLike, SunGlare
    from domainaug.transforms.weather_wet import LensDrops, WetRoad

    TRANSFORMS: Mapping[str, type[Any]]
    """Name to class, of every transform of ours; loads them all."""

__all__ = [
    "TRANSFORMS",
    "AcousticClutter",
    "AcousticShadow",
    "AnatomicalMirror",
    "BeamHardening",
    "BiasField",
    "Collimation",
    "ColoredNoise",
    "ComponentCrop",
    "CropMm",
    "Deform",
    "DepthAttenuation",
    "DrawDefect",
    "Exposure",
    "Fog",
    "FundusHaze",
    "Gamma",
    "GaussianNoise",
    "Ghosting",
    "GibbsRinging",
    "GridLines",
    "KSpaceSpike",
    "KernelNoise",
    "LensDrops",
    "LightTemperature",
    "LowDose",
    "MetalStreaks",
    "NightLike",
    "PasteDefect",
    "PatientMotion",
    "Pose",
    "QuantumNoise",
    "RainInAir",
    "Reorient",
    "RicianNoise",
    "Rings",
    "Scatter",
    "SnowInAir",
    "Speckle",
    "StainJitter",
    "SunGlare",
    "SymmetryTurn",
    "SyntheticAnomaly",
    "ThickSlices",
    "UnevenLight",
    "VolumeAffine",
    "WetRoad",
    "Window",
]

_FAMILIES = {
    "AcousticClutter": "ultrasound",
    "AcousticShadow": "ultrasound",
    "AnatomicalMirror": "mirror",
    "BeamHardening": "ct_artifacts",
    "BiasField": "intensity",
    "Collimation": "collimation",
    "ColoredNoise": "noise",
    "ComponentCrop": "component_crop",
    "CropMm": "crop_mm",
    "Deform": "deform",
    "DepthAttenuation": "ultrasound",
    "DrawDefect": "defects",
    "Exposure": "radiograph",
    "FundusHaze": "lighting",
    "Gamma": "intensity",
    "GaussianNoise": "noise",
    "Ghosting": "mri_ghosting",
    "GibbsRinging": "mri_gibbs",
    "GridLines": "radiograph",
    "KSpaceSpike": "mri_spike",
    "KernelNoise": "ct_noise",
    "LightTemperature": "lighting",
    "LowDose": "ct_noise",
    "MetalStreaks": "ct_metal",
    "PasteDefect": "pasting",
    "PatientMotion": "mri_motion",
    "Pose": "pose",
    "QuantumNoise": "radiograph",
    "Reorient": "reorient",
    "RicianNoise": "mri_noise",
    "Rings": "ct_artifacts",
    "Scatter": "radiograph",
    "Speckle": "ultrasound",
    "StainJitter": "stain",
    "SymmetryTurn": "symmetry",
    "SyntheticAnomaly": "pasting",
    "ThickSlices": "mri_slabs",
    "UnevenLight": "lighting",
    "VolumeAffine": "affine",
    "RainInAir": "weather_falling",
    "SnowInAir": "weather_falling",
    "NightLike": "weather_light",
    "SunGlare": "weather_light",
    "WetRoad": "weather_wet",
    "LensDrops": "weather_wet",
    "Window": "intensity",
    "Fog": "weather_air",
}
"""Name of each transform to the file it is in."""


def __getattr__(name: str) -> Any:
    if name == "TRANSFORMS":
        return MappingProxyType({one: __getattr__(one) for one in _FAMILIES})
    if name not in _FAMILIES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(sorted(_FAMILIES))}")
    value = getattr(import_module(f"{__name__}.{_FAMILIES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
