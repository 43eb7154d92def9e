"""One street on the page: a draft at once, the better picture when it is there, and labels over either."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass

import streamlit as st

from domainaug.app.legible import main_action, show_code
from domainaug.app.links import address, choose
from domainaug.app.pictures import show_picture
from domainaug.app.root import Root
from domainaug.app.scenes.legends import show_legend
from domainaug.app.scenes.studios import refine, studio_for
from domainaug.app.scenes.weathering import Slider, draw_slider
from domainaug.app.words import in_a_sentence, plain
from domainaug.preview.overlays import LAYERS, overlaid
from domainaug.preview.scenes import LAYOUTS, Place, Shot, Studio
from domainaug.scenario import Value

__all__ = ["Cover", "choose_cover", "choose_place", "show_scene"]

_EVERY = 0.8  # seconds between two looks at a picture that is being refined; the first begins it
_FINE = 1280  # pixels across: overlays are drawn that fine
_STREET, _CARLA = "street", "carla"
_ASKED, _LAST, _BUILT = "scene-asked", "scene-last", "scene-built"
_SIZE: dict[str, Value] = {"width": 640, "height": 384}
_WHERE = (
    Slider("along", "Along the road", 1.0, 0.05, "percent"),
    Slider("density", "Traffic and people", 3.0, 0.25, "%.2f", about="0 none, 1 a usual day."),
    Slider("time", "Seconds later", 60.0, 0.5, "%.1f s", about="Everybody moves on."),
)
_WHERE_USUAL: Mapping[str, float] = {"along": 0.3, "density": 1.0, "time": 0.0}
_CAMERA = (
    Slider("exposure", "Exposure", 3.0, 0.25, "%.2f EV", low=-3.0, about="Stops brighter than the camera meters."),
    Slider("lens_drops", "Drops on the lens", 0.2, 0.01, "percent"),
)


@dataclass(frozen=True, slots=True)
class Cover:
    """What is drawn over a picture.

    Attributes:
        layer: One of `LAYERS`.
        boxes: Around things.
        points: Of the LiDAR.
        strength: Of the layer, 0 to 1.
    """

    layer: str = LAYERS[0]
    boxes: bool = False
    points: bool = False
    strength: float = 0.6


@dataclass(slots=True, eq=False)
class _Asked:
    """A better picture.

    Attributes:
        name: Of its variant.
        since: When the draft was drawn first.
        coming: It, once it is being rendered.
    """

    name: str
    since: float
    coming: Future[Shot] | None = None


def choose_place() -> tuple[Place, dict[str, Value]]:
    """Draw the choice of a street and of who shows it; return it, with the values of its axes."""
    simulator = choose(
        st.segmented_control, "Shown by", (_STREET, _CARLA), key="by", usual=_STREET, required=True, width="stretch",
        format_func=lambda one: "Built in" if one == _STREET else "CARLA server",
        help="The street simulator, or a CARLA server; `domainaug serve-carla` is one that needs no GPU.",
    )  # fmt: skip
    if simulator == _CARLA:
        server = st.text_input(
            "Server", "127.0.0.1:2000", key="server", bind="query-params", max_chars=120, help="HOST:PORT"
        )
        layout = st.text_input(
            "Map", "", key="map", bind="query-params", max_chars=120, placeholder="the one at hand",
            help="Such as Town10HD_Opt; of `serve-carla` city, highway, junction or suburb.",
        )  # fmt: skip
        place = Place(_CARLA, layout.strip(), _seed(), 0, server.strip())
    else:
        layout = choose(
            st.segmented_control, "Street", LAYOUTS, key="layout", usual=LAYOUTS[0], required=True, wrap=True,
            format_func=str.capitalize,
        )  # fmt: skip
        place = Place(_STREET, layout, _seed())
    values: dict[str, Value] = {one.name: draw_slider(one, _WHERE_USUAL[one.name]) for one in _WHERE}
    if simulator == _STREET:
        values |= {one.name: draw_slider(one, 0.0) for one in _CAMERA}
    return place, values


def choose_cover() -> Cover:
    """Draw the choice of labels that are shown, and return it; it is part of the address."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layer = choose(
            st.segmented_control, "Show", LAYERS, key="layer", usual=LAYERS[0], required=True,
            format_func=str.capitalize,
        )  # fmt: skip
        boxes = st.toggle("Boxes", key="boxes", bind="query-params")
        points = st.toggle("LiDAR", key="lidar", bind="query-params")
    return Cover(layer, bool(boxes), bool(points))


def show_scene(root: Root, place: Place, values: Mapping[str, Value], cover: Cover) -> None:
    """Draw a street in a weather: a draft first, and the better picture in its place when it is rendered.

    Args:
        root: For messages.
        place: The street.
        values: Of its axes.
        cover: The labels over it.
    """
    studio = studio_for(place)
    if place.simulator == _CARLA:
        _on_server(studio, {**values, **_SIZE}, cover)
    else:
        _built_in(root, studio, values, cover)
    with st.expander("Take along", key="scene-take-along", icon=":material/shopping_bag:"):
        text = place.written({**values, **_SIZE})
        st.caption("As a scenario: `domainaug simulate scene.yaml out/` renders the same, with all of its labels.")
        show_code(text)
        st.download_button("Download", text, file_name="scene.yaml", mime="application/yaml", key="scene-download")
        st.caption("A link to this view")
        show_code(address())


def _built_in(root: Root, studio: Studio, values: Mapping[str, Value], cover: Cover) -> None:
    """Draw what the street simulator shows: at once, and better a moment later."""
    fine, draft = ({**values, **_SIZE, "quality": quality} for quality in ("normal", "draft"))
    known = studio.kept(fine)
    if known is not None:
        _draw(known, cover)
        return
    shot = _first(studio, draft)
    st.fragment(_refining, run_every=_EVERY, key="scene-refining")(root, studio, fine, shot, cover)


def _on_server(studio: Studio, values: dict[str, Value], cover: Cover) -> None:
    """Draw what a server showed last; it is asked for more at a click, since a picture takes it many frames."""
    with st.spinner(f"Asking the server at {plain(studio.place.server)} ..."):  # one that is silent is given its time
        known = studio.kept(values)
    before: Shot | None = st.session_state.get(_LAST)
    if known is None:
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(**main_action("Take the picture", "photo_camera"), key="scene-take"):
                known = _first(studio, values)
            elif before is not None:
                st.caption("The sliders were moved since; this is the picture before.")
            else:
                st.caption(f"The server at {plain(studio.place.server)} answers. Nothing was rendered yet.")
    if known is not None:
        st.session_state[_LAST] = known
    shot = known or before
    if shot is not None:
        _draw(shot, cover)


def _seed() -> int:
    return int(st.number_input("Number of the street", 0, 9999, 1, key="street", bind="query-params"))


def _first(studio: Studio, values: Mapping[str, Value]) -> Shot:
    """Return a picture; while a street is built, something is there to see."""
    if studio.kept(values) is None and st.session_state.get(_BUILT) != studio.variant(values).labels:
        waiting = st.empty()
        with waiting.container():
            st.caption("Building the street and all of its labels, once for all weathers ...")
            st.skeleton(height=460)
        try:
            shot = studio.shot(values)
        finally:
            waiting.empty()
    else:
        shot = studio.shot(values)
    st.session_state[_BUILT] = shot.variant.labels
    return shot


def _refining(root: Root, studio: Studio, fine: dict[str, Value], draft: Shot, cover: Cover) -> None:
    """Draw the draft; once nothing moved for a moment have the better picture rendered, and then draw all anew."""
    with in_a_sentence(root):
        if studio.kept(fine) is not None:
            st.rerun()
        name = studio.variant(fine).id
        asked: _Asked | None = st.session_state.get(_ASKED)
        if asked is None or asked.name != name:
            if asked is not None and asked.coming is not None:
                asked.coming.cancel()
            asked = st.session_state[_ASKED] = _Asked(name, time.monotonic())
        elif asked.coming is None and time.monotonic() - asked.since >= _EVERY / 2:
            asked.coming = refine(studio, fine)
        if asked.coming is not None and asked.coming.done():
            asked.coming.result()  # it is kept by now, or this says why not
        _draw(draft, cover, "Draft, being refined. ")


def _draw(shot: Shot, cover: Cover, standing: str = "") -> None:
    scale = max(1, round(_FINE / shot.picture.shape[1])) if cover.boxes or cover.points else 1
    picture = overlaid(
        shot, cover.layer, strength=cover.strength, boxes=cover.boxes, points=cover.points, scale=scale
    )  # fmt: skip
    show_picture(st, picture, _alt(shot, cover))
    st.caption(
        f"{standing}{_facts(shot)} {'Built and rendered' if shot.built else 'Rendered'} in {shot.seconds:.1f} s. "
        f"Labels {shot.variant.labels}: the same files in every weather."
    )
    show_legend(shot, cover.layer, things=cover.boxes or cover.layer == "things", points=cover.points)


def _alt(shot: Shot, cover: Cover) -> str:
    over = [] if cover.layer == LAYERS[0] else [cover.layer]
    over += ["boxes"] if cover.boxes else []
    over += ["points of the LiDAR"] if cover.points else []
    return f"A street: {_facts(shot)}" + (f" Over it {', '.join(over)}." if over else "")


def _facts(shot: Shot) -> str:
    told = shot.weather
    high = told["sun_altitude"]
    parts = [f"Sun {abs(high):.0f} deg {'over' if high >= 0 else 'below'} the horizon"]
    sight = told["visibility"]
    parts.append(f"sight {sight / 1000:g} km" if sight >= 1000 else f"sight {sight:g} m")
    for name, unit in (("rain", "mm/h of rain"), ("snowfall", "mm/h of snow")):
        if told[name] > 0:
            parts.append(f"{told[name]:g} {unit}")
    parts.append(f"{told['clouds']:.0%} clouds")
    return plain(f"{', '.join(parts)}.")
