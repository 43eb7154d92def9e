"""The Defects page: what is chosen beside it, and the ways to look at one defect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from domainaug.app.defects.banking import show_bank
from domainaug.app.defects.calibrating import show_calibration
from domainaug.app.defects.describing import describe_part
from domainaug.app.defects.lighting import show_lights
from domainaug.app.defects.marring import TRIES, Bench, show_defect, show_tries
from domainaug.app.defects.taking import take_defect
from domainaug.app.defects.wishing import choose_finer, choose_kind, choose_place, choose_seed, click_place
from domainaug.app.links import choose
from domainaug.app.opening import Chosen, read_chosen
from domainaug.app.root import Root
from domainaug.app.tabs import show_tabs
from domainaug.manufacturing.gate import Gate
from domainaug.preview.marring import Wish, site_for, tries_of
from domainaug.preview.windows import windows_for
from domainaug.profile.model import Profile

__all__ = ["Setup", "set_up", "show_defects"]

_WHOLE = "(the whole profile)"


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """What was chosen.

    Attributes:
        profile: Of the part.
        bench: The photograph, its part and the thresholds.
        wish: The defect.
        source: What a command line would call the data set.
    """

    profile: Profile
    bench: Bench
    wish: Wish
    source: str


def set_up(profile: Profile, chosen: Chosen) -> Setup:
    """Draw everything that is asked about the part and its defect, and return the answers.

    Raises:
        DomainAugError: The photograph cannot be read, or is none of a part.
    """
    subject = read_chosen(chosen)
    with st.expander("Scale, light and outline", key="d_about"):
        part = describe_part(profile, subject)
    site = site_for(subject.sample, part)
    window = next(iter(windows_for(site.picture, subject.unit, site.value_range).values()))
    kind, sizes = choose_kind(site)
    place = choose_place(kind, site, f"{chosen.source}/{subject.item.key}")
    if place is not None:
        click_place(site, window, subject.item.key)
    seed = choose_seed()
    wish = Wish(kind, sizes | choose_finer(kind, site), seed, place)
    return Setup(profile, Bench(site, window, _choose_gate(profile), chosen.title), wish, chosen.shown_as)


def show_defects(root: Root, setup: Setup) -> None:
    """Draw the ways to look, and the one that is chosen."""
    bench, wish = setup.bench, setup.wish
    ways: dict[str, Callable[[], None]] = {
        "Defect": lambda: show_defect(bench, wish),
        "Tries": lambda: show_tries(bench, tries_of(wish, bench.site, bench.gate, most=TRIES), wish.kind),
        "Lights": lambda: show_lights(wish),
        "Bank": lambda: show_bank(root, setup.profile, bench, wish.seed, wish.place, setup.source),
        "Calibration": lambda: show_calibration(root, setup.profile, bench, wish),
        "Take along": lambda: take_defect(root, setup.profile, bench.site.part, bench.gate, wish, setup.source),
    }
    show_tabs(ways, "d_view", root)


def _choose_gate(profile: Profile) -> Gate:
    """Return the thresholds of a profile; where it has some of its own by class, draw the choice."""
    classes = {name: told["gate"] for name, told in profile.defects.items() if told.get("gate")}
    if not classes:
        return Gate.from_mapping(profile.gate)
    name = choose(
        st.selectbox, "Thresholds of", [_WHOLE, *classes], key="d_gate", usual=next(iter(classes)),
    )  # fmt: skip
    return Gate.from_mapping({**profile.gate, **classes.get(name, {})})
