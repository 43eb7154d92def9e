"""The ways to look at copies: side by side, plane by plane, by header, by rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from domainaug.app.explaining import show_limits
from domainaug.app.links import choose
from domainaug.app.opening import Chosen
from domainaug.app.pictures import Tile, show_tiles
from domainaug.app.preview.heading import show_headers
from domainaug.app.preview.slicing import choose_point, show_planes, show_point
from domainaug.app.preview.taking import take_along
from domainaug.app.tabs import show_tabs
from domainaug.app.words import plain
from domainaug.preview.apart import draw_apart
from domainaug.preview.marks import marks_of
from domainaug.preview.sheet import Look
from domainaug.preview.sources import Subject
from domainaug.preview.variants import Drawn, Variant
from domainaug.preview.windows import Window, window_named, windows_for
from domainaug.profile.model import Profile

__all__ = ["View", "drawn_for", "show_views"]

_SMALL, _LARGE = 400, 900  # longer sides in pixels: in the grid, and where two are looked at closely


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What is looked at, and how it was made.

    Attributes:
        subject: The original.
        chosen: Where it came from.
        profile: With answers, and its recipe turned.
        made: The copies.
        seed: Of the draws.
        strength: Share of the recipe.
        turned: Whether the recipe is not that of the profile's file any more.
    """

    subject: Subject
    chosen: Chosen
    profile: Profile
    made: Drawn
    seed: int
    strength: float
    turned: bool


@st.cache_resource(show_spinner=False, max_entries=4)
def drawn_for(
    key: tuple[str, ...], seed: int, copies: int, strength: float, _subject: Subject, _profile: Profile
) -> Drawn:
    """Return copies; those that were drawn last are kept, for when only the way they are looked at changes.

    Args:
        key: Tells subjects and recipes apart.
        seed: Of the draws.
        copies: How many.
        strength: Share of the recipe.
        _subject: What copies are made of.
        _profile: The limits and the recipe.
    """
    return draw_apart(_subject, _profile, seed=seed, copies=range(copies), strength=strength)


def show_views(view: View) -> None:
    """Draw the ways to look, and the one that is chosen."""
    for sentence in view.made.narrowed:
        st.caption(f":material/info: Narrowed to the limits: {plain(sentence)}")
    close = "Planes" if view.subject.kind != "image" else "Values"
    ways: dict[str, Callable[[View], None]] = {"Copies": _copies, close: _close}
    if view.subject.is_dicom:
        ways["Header"] = _header
    ways |= {"Limits": _limits, "Take along": _take}
    show_tabs({title: partial(show, view) for title, show in ways.items()}, "view")


def _copies(view: View) -> None:
    subject = view.subject
    with st.container(horizontal=True, vertical_alignment="bottom"):
        ways = ("pictures", "changes")
        how = choose(
            st.segmented_control, "Show", ways, key="show", usual=ways[0], required=True, format_func=str.capitalize
        )
        window = _choose_window(subject)
        labels = _choose_labels(subject)
    index = _choose_slice(subject)
    look = Look(subject, window=window, index=index, labels=labels, longest=_SMALL)
    show_tiles(st.container(), _tiles(subject, view.made, look, changes=how == "changes"))
    if how == "changes":
        st.caption("Orange became lighter, blue darker, under the same window; gray is as it was.")


def _close(view: View) -> None:
    subject = view.subject
    with st.container(horizontal=True, vertical_alignment="bottom"):
        variant = _choose_copy(view.made)
        window = _choose_window(subject)
        labels = _choose_labels(subject)
    point = choose_point(subject)
    if subject.kind == "image":
        show_point(subject, variant, point, Look(subject, window=window, labels=labels, longest=_LARGE))
    else:
        show_planes(subject, variant, point, window, labels=labels)


def _header(view: View) -> None:
    variant = _choose_copy(view.made)
    show_headers(view.subject, view.profile, variant, seed=view.seed)


def _limits(view: View) -> None:
    show_limits(view.profile)


def _take(view: View) -> None:
    copies = len(view.made.variants)
    take_along(
        view.profile, view.chosen, turned=view.turned, copies=copies, seed=view.seed, strength=view.strength,
        part=view.subject.part,
    )  # fmt: skip


def _tiles(subject: Subject, made: Drawn, look: Look, *, changes: bool) -> list[Tile]:
    shape = f"{' x '.join(map(str, subject.values.shape))} {subject.values.dtype}"
    tiles = [Tile(look(subject.sample), "Original", (shape,), f"Original: {subject.item.key}, {shape}")]
    for one in made.variants:
        picture = look.difference(one.sample) if changes else look(one.sample)
        kind = "Where it differs from the original, copy" if changes else "Copy"
        lost = (f"{one.lost} {'label' if one.lost == 1 else 'labels'} left the picture",) if one.lost else ()
        said = (*one.happened, *lost)
        tiles.append(Tile(picture, f"Copy {one.copy}", said, f"{kind} {one.copy}: {', '.join(said)}"))
    return tiles


def _choose_copy(made: Drawn) -> Variant:
    names = [one.copy for one in made.variants]
    chosen = choose(st.segmented_control, "Copy", names, key="copy", usual=names[0], required=True)
    return next((one for one in made.variants if one.copy == chosen), made.variants[0])


def _choose_window(subject: Subject) -> Window:
    windows = windows_for(subject.values, subject.unit, subject.sample.value_range)
    names = list(windows)
    if len(names) < 2:
        return windows[names[0]]
    name = choose(
        st.segmented_control, "Window", names, key="window", usual=names[0], required=True, format_func=str.capitalize
    )
    return window_named(windows, name)


def _choose_labels(subject: Subject) -> bool:
    if not marks_of(subject.sample).count:
        return False
    return bool(st.toggle("Labels", value=True, key="labels", bind="query-params"))


def _choose_slice(subject: Subject) -> int | None:
    """Draw the slider of the slice that a volume is shown at."""
    if subject.kind == "image":
        return None
    depth = subject.values.shape[0]
    return (
        int(st.slider("Slice", 0, depth - 1, depth // 2, key=f"slice_{depth}", bind="query-params")) if depth > 1 else 0
    )
