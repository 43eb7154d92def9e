"""What the header of an image gives away besides: codes of findings that nothing but a report asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pydicom import Dataset
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSNearLossless,
)

__all__ = ["ASKED_FOR_REMARKS", "DERIVED_HERE", "SAID", "is_ours", "remarks_in"]

DERIVED_HERE = "derived-by-domainaug"
"""Code of an image that is a copy already."""

_LOSSY = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless, JPEG2000, HTJ2K)
_MEASURED = frozenset(
    (
        *("ADC", "EADC", "FA", "CBF", "CBV", "RCBF", "RCBV", "MTT", "TTP", "TMAX", "PHASE MAP", "VELOCITY MAP"),
        *("T1 MAP", "T2 MAP", "T2_STAR MAP", "R1 MAP", "R2 MAP", "R2_STAR MAP", "PROTON_DENSITY MAP", "FIELD_MAP"),
    )
)
"""Values of Image Type whose pixels are measurements (PS3.3 C.8.13.3.1 and what vendors write)."""


def is_ours(dataset: Dataset) -> bool:
    """Whether domainaug derived an image, by the equipment that contributed to it."""
    equipment = dataset.get("ContributingEquipmentSequence") or []
    return any(str(one.get("ManufacturerModelName", "")) == "domainaug" for one in equipment)


def remarks_in(dataset: Dataset) -> frozenset[str]:
    """Return the codes of what a header gives away; `SAID` has their words."""
    return frozenset(code for code, applies in _RULES.items() if applies(dataset))


def _syntax(dataset: Dataset) -> str:
    return str(dataset.file_meta.TransferSyntaxUID)


def _kinds(dataset: Dataset) -> frozenset[str]:
    kinds = dataset.get("ImageType") or ()
    return frozenset((kinds,) if isinstance(kinds, str) else map(str, kinds))


def _padded_with_the_other_sign(dataset: Dataset) -> bool:
    value = dataset.get("PixelPaddingValue")
    return isinstance(value, int) and (value > 32767 if dataset.get("PixelRepresentation") == 1 else value < 0)


_RULES: Mapping[str, Callable[[Dataset], bool]] = {
    DERIVED_HERE: is_ours,
    "big-endian": lambda header: _syntax(header) == ExplicitVRBigEndian,
    "deflated": lambda header: _syntax(header) == DeflatedExplicitVRLittleEndian,
    "lossy": lambda header: header.get("LossyImageCompression") == "01" or _syntax(header) in _LOSSY,
    "palette": lambda header: header.get("PhotometricInterpretation") == "PALETTE COLOR",
    "ybr": lambda header: str(header.get("PhotometricInterpretation", "")).startswith("YBR"),
    "voi-lut": lambda header: bool(header.get("VOILUTSequence")),
    "padding-sign": _padded_with_the_other_sign,
    "quantitative-map": lambda header: bool(_kinds(header) & _MEASURED),
    "trace": lambda header: bool(_kinds(header) & {"TRACE", "TRACEW"}),
}

SAID: Mapping[str, str] = MappingProxyType(
    {
        DERIVED_HERE: "domainaug derived it: a copy of a copy says less than it seems, and may leak into a test set",
        "big-endian": "it is written in big-endian order, which the standard has retired; copies are little-endian",
        "deflated": "its data set is deflated; copies are not",
        "lossy": "it was compressed with loss at some time: its noise and finest texture are not the scanner's",
        "palette": "its pixels are numbers of colors in a palette; copies are in red, green and blue",
        "ybr": "its color is written as luminance and differences; copies are in red, green and blue",
        "voi-lut": "a look-up table says how it is displayed; it is augmented before that table, and keeps it",
        "padding-sign": "its padding value has another sign than its pixels; it is read as it was meant",
        "quantitative-map": "its pixels are measurements: what changes their scale changes what they say",
        "trace": "it is a mean over directions of diffusion, and no single measurement",
    }
)
"""What each code means, in a sentence."""

ASKED_FOR_REMARKS = ("ContributingEquipmentSequence", "LossyImageCompression", "VOILUTSequence")
"""What remarks ask a header for, besides what describing it does."""
