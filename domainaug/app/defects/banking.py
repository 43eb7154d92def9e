"""The bank on the Defects page: real defects cut from a labeled data set, and one of them on the photograph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from domainaug.app.choosing import called
from domainaug.app.defects.marring import TRIES, Bench, show_numbers, show_pictures, show_tries, show_verdict
from domainaug.app.legible import main_action, show_code
from domainaug.app.links import choose, settled
from domainaug.app.pictures import Tile, show_tiles
from domainaug.app.root import Root
from domainaug.app.words import plain
from domainaug.layouts.layout import SetAside
from domainaug.manufacturing.pasting.bank import DefectBank
from domainaug.manufacturing.pasting.blending import BLENDS
from domainaug.preview.closeups import patch_picture
from domainaug.preview.defect_snippets import defect_command, patch_python
from domainaug.preview.marring import pasted_tries
from domainaug.profile.model import Profile
from domainaug.profile.part import Part
from domainaug.run.defects.banking import bank_of
from domainaug.run.summary import Progress, many

__all__ = ["choose_labeled", "show_bank"]

_PAGE = 24  # patches that are shown at once
_FEW = 14  # patches that are shown without scrolling
_STATE = "d_banked"

Kept = tuple[str, Part, DefectBank, tuple[SetAside, ...]]


@dataclass(frozen=True, slots=True)
class Banking:
    """What a bank is looked at with.

    Attributes:
        folder: The labeled data set, by its name under the root.
        profile: Of the part.
        bench: The photograph and the thresholds.
        seed: Of the place, where it is left to chance.
        place: Where it goes.
        source: What a command line would call the good parts.
    """

    folder: str
    profile: Profile
    bench: Bench
    seed: int
    place: tuple[float, float] | None
    source: str


def show_bank(
    root: Root, profile: Profile, bench: Bench, seed: int, place: tuple[float, float] | None, source: str
) -> None:
    """Draw the bank, and one of it on the photograph.

    Args:
        root: What data sets lie under.
        profile: See `Banking`; likewise all that follow.
        bench: Likewise.
        seed: Likewise.
        place: Likewise.
        source: Likewise.
    """
    folder, asked = choose_labeled(root, "Cut them out", "content_cut", "d_cut_out")
    kept: Kept | None = st.session_state.get(_STATE)
    if asked:
        kept = _cut(root, folder, bench.site.part)
        st.session_state[_STATE] = kept
    if kept is None or kept[:2] != (folder, bench.site.part):
        st.info(
            f"Press Cut them out to see the labeled defects of {plain(root.called(folder))}.",
            icon=":material/content_cut:",
        )
        return
    _, _, bank, aside = kept
    told = ", ".join(f"{count} {name}" for name, count in bank.kinds.items())
    lost = f" {many(len(aside), 'picture')} could not be used: {aside[0].reason}." if aside else ""
    st.caption(plain(f"{told}. Defects that the edge of a picture cuts are left out.{lost}"))
    number = _choose(bank)
    _gallery(bank, bench.site.part, number)
    _paste(root, Banking(folder, profile, bench, seed, place, source), bank, number)


def choose_labeled(root: Root, label: str, icon: str, key: str) -> tuple[str, bool]:
    """Draw the choice of a labeled data set with the button of what is done with it.

    Args:
        root: What data sets lie under.
        label: Of the button.
        icon: Of the button.
        key: Of the button.

    Returns:
        The folder's name under the root, and whether the button was pressed.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        folder = choose(
            st.selectbox, "Labeled data set", root.folders(), key="d_bank", usual=".", format_func=root.called,
            help="A folder under the root with pictures of defects and their masks, outlines or run lengths.",
        )  # fmt: skip
        return folder, st.button(**main_action(label, icon), key=key)


def _cut(root: Root, folder: str, part: Part) -> Kept:
    bar = st.progress(0.0, text="Looking for labels ...")

    def tell(progress: Progress) -> None:
        bar.progress(progress.done / max(progress.total, 1), text=f"{progress.done} of {progress.total} pictures")

    try:
        return (folder, part, *bank_of(root.inside(folder), part, progress=tell))
    finally:
        bar.empty()


def _choose(bank: DefectBank) -> int:
    """Draw the choice of a patch, and return its number, from 0."""
    settled("d_patch", range(1, len(bank.patches) + 1), 1)
    return int(st.number_input(f"Defect, 1 to {len(bank.patches)}", 1, len(bank.patches), key="d_patch", width=200)) - 1


def _gallery(bank: DefectBank, part: Part, chosen: int) -> None:
    first = chosen // _PAGE * _PAGE
    tiles = []
    for number, patch in enumerate(bank.patches[first : first + _PAGE], first):
        size = f"{patch.area_mm2:.3g} mm²"
        mark = " · chosen" if number == chosen else ""
        alt = f"Defect {number + 1}, {patch.kind}, {size}"
        tiles.append(Tile(patch_picture(patch, part), f"{number + 1}{mark}", (f"{patch.kind}, {size}",), alt))
    tall: Any = 330 if len(tiles) > _FEW else "content"
    show_tiles(st.container(height=tall, border=True, key="d_gallery"), tiles, least=90, key="d_patches")
    if len(bank.patches) > _PAGE:
        last = min(first + _PAGE, len(bank.patches))
        st.caption(f"{first + 1} to {last} of {len(bank.patches)}; another number shows others.")


def _paste(root: Root, setup: Banking, bank: DefectBank, number: int) -> None:
    patch, bench = bank.patches[number], setup.bench
    blend = choose(st.segmented_control, "Blend", list(BLENDS), key="d_blend", usual="ratio", required=True)
    scale = st.slider(
        "Times as large as it was", 0.3, 3.0, 1.0, 0.05, key="d_scale", bind="query-params",
        help="A run puts real defects on as large as they were.",
    )  # fmt: skip
    tries = pasted_tries(
        patch, bench.site, seed=setup.seed, place=setup.place, blend=blend, gate=bench.gate, scale=scale, most=TRIES
    )
    st.markdown(f"**Defect {number + 1} on this photograph**, cut from {plain(patch.source)}")
    show_verdict(tries[0])
    show_pictures(bench, tries[0], patch.kind)
    show_numbers(tries[0], bench.gate)
    with st.expander("Tries", key="d_bank_tries", icon=":material/casino:"):
        show_tries(bench, tries, patch.kind)
    with st.expander("Take along", key="d_bank_take", icon=":material/shopping_bag:"):
        st.markdown("**This defect, in Python**")
        folder = root.called(setup.folder)
        told: dict[str, Any] = {"seed": setup.seed, "place": setup.place, "blend": blend, "scale": scale}
        show_code(patch_python(folder, number, bench.site.part, bench.gate.to_mapping(), **told))
        st.markdown("**Of this class, as large as they were, on the command line**")
        pitch = bench.site.pitch_mm
        written = setup.profile.part is not None and setup.profile.part.pixel_pitch_mm == pitch
        command = defect_command(
            called(root, setup.profile), patch.kind, pitch, source=setup.source, seed=setup.seed, written=written,
            bank=folder,
        )  # fmt: skip
        show_code(command)
