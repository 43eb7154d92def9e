"""Real defects of a bank, and anomalies of the papers, put on photographs of good parts with their mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from domainaug.errors import UnknownName
from domainaug.manufacturing.pasting.bank import DefectBank
from domainaug.manufacturing.sources import ANOMALIES, BANK, Source, source
from domainaug.profile.part import Part
from domainaug.transforms.arguments import share
from domainaug.transforms.puts_defects import PutOn, PutsDefects, named_kinds

__all__ = ["PasteDefect", "SyntheticAnomaly"]

Array = NDArray[Any]


class _Pastes(PutsDefects):
    """Mixed in: what is put on is a piece of a photograph."""

    def _elsewhere(self, put: PutOn, picture: Array, params: Mapping[str, Any]) -> Array:
        """Return another picture with the same pixels where the first one changed."""
        changed = put.picture != put.source
        out = picture.copy()
        where = changed.any(axis=2) if changed.ndim == 3 else changed
        if out.shape == put.picture.shape:
            out[where] = put.picture[where]
        return out


class PasteDefect(_Pastes):
    """Puts real defects of a bank on a photograph of a good part, and writes them into the mask.

    A defect keeps its size in mm, is turned and mirrored only as maps the part onto itself, lies on the part whole,
    near where its like was seen, is blended in light, and held against the gate; see `DrawDefect` for what both share.

    Args:
        bank: A `domainaug.manufacturing.DefectBank`, or the path of one that was saved; only a path can be saved with a
            pipeline.
        kind: The class; any where None, each as often as another.
        blend: "ratio", "poisson", "multiband", "feather" or "naive".
        prior: How near to where it lay it is put, as a share of the picture's size; None for anywhere.
        symmetry: What maps the part onto itself: "none", "C2" ... "D12", "round" or "texture".
        label: What the mask gets; a number.
        response: See `DrawDefect`; likewise all that follow.
        foreground: Likewise.
        gate: Likewise.
        cover: Likewise.
        tries: Likewise.
        count: Likewise.
        masks: Likewise.
        unlabeled: Likewise.
        box_label: Likewise.
        spacing: Likewise.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        UnreadableInput: The path is no bank.
        ImageError: At the call: nothing tells the spacing.
        LabelError: At the call: labels that cannot get a defect.
    """

    def __init__(
        self,
        bank: DefectBank | Path | str,
        kind: str | None = None,
        blend: str = "ratio",
        prior: float | None = 0.05,
        symmetry: str = "none",
        label: float = 1,
        response: str | Mapping[str, Any] = "srgb",
        foreground: str | Mapping[str, Any] = "none",
        gate: Mapping[str, Any] | None = None,
        cover: float = 0.1,
        tries: int = 8,
        count: int | Sequence[int] = 1,
        masks: str = "refuse",
        unlabeled: bool = False,
        box_label: float | str | None = None,
        spacing: Sequence[float] | float | None = None,
        p: float = 0.5,
    ) -> None:
        super().__init__(p=share(self, "p", p))
        self._keep(
            label=label, response=response, foreground=foreground, gate=gate, cover=cover, tries=tries, count=count,
            masks=masks, unlabeled=unlabeled, box_label=box_label, spacing=spacing,
        )  # fmt: skip
        self.bank = bank if isinstance(bank, DefectBank) else str(bank)
        self.kind, self.blend, self.prior, self.symmetry = kind, blend, prior, symmetry
        Part(symmetry=symmetry)
        found = bank if isinstance(bank, DefectBank) else DefectBank.load(bank)
        self._own = (source(BANK, {"kind": kind, "blend": blend, "prior": prior}, bank=found),)

    def _sources(self) -> tuple[Source, ...]:
        return self._own

    def _part(self, pitch: float) -> Part:
        return Part(pitch, symmetry=self.symmetry, response=self._response, foreground=self._foreground)


class SyntheticAnomaly(_Pastes):
    """Puts an anomaly as the papers of anomaly detection make them on a photograph, and writes it into the mask.

    "cutpaste" and "scar" (Li et al. 2021), "nsa" (Schlueter et al. 2022) and "perlin" (DRAEM 2021, MemSeg 2023, GLASS
    2024), from the papers: on the part, with sizes in mm or, by default, the papers' shares of the picture; a mask is
    never empty. Seams, which theirs have by design, are not held against them; what cannot be seen is refused. See
    `DrawDefect` for what the two share.

    Args:
        kinds: One of the four, several, one of which is drawn, or a mapping of them to their settings ({"perlin":
            {"share": [0.01, 0.05]}}); see `domainaug.manufacturing.sources`.
        label: What the mask gets; a number.
        response: See `DrawDefect`; likewise all that follow.
        foreground: Likewise.
        gate: Likewise; `seam` in it holds.
        cover: Likewise.
        tries: Likewise.
        count: Likewise.
        masks: Likewise.
        unlabeled: Likewise.
        box_label: Likewise.
        spacing: Likewise.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the spacing.
        LabelError: At the call: labels that cannot get a defect.
    """

    def __init__(
        self,
        kinds: str | Sequence[str] | Mapping[str, Any] = ("cutpaste", "scar", "nsa", "perlin"),
        label: float = 1,
        response: str | Mapping[str, Any] = "srgb",
        foreground: str | Mapping[str, Any] = "none",
        gate: Mapping[str, Any] | None = None,
        cover: float = 0.2,
        tries: int = 8,
        count: int | Sequence[int] = 1,
        masks: str = "refuse",
        unlabeled: bool = False,
        box_label: float | str | None = None,
        spacing: Sequence[float] | float | None = None,
        p: float = 0.5,
    ) -> None:
        super().__init__(p=share(self, "p", p))
        self._keep(
            label=label, response=response, foreground=foreground, gate=gate, cover=cover, tries=tries, count=count,
            masks=masks, unlabeled=unlabeled, box_label=box_label, spacing=spacing,
        )  # fmt: skip
        self.kinds, named = named_kinds("SyntheticAnomaly", kinds, ANOMALIES)
        for name in named:
            if name not in ANOMALIES:
                raise UnknownName("anomaly", name, ANOMALIES, where="SyntheticAnomaly")
        self._own = tuple(source(name, settings) for name, settings in named.items())

    def _sources(self) -> tuple[Source, ...]:
        return self._own
