"""Rendering a scenario from a page: started, watched, stopped, gone on with; another browser sees it too."""

from __future__ import annotations

import shlex
from pathlib import Path, PurePosixPath

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from domainaug.app.children import child_of, start
from domainaug.app.legible import main_action, show_code
from domainaug.app.links import asked_for
from domainaug.app.pages import page
from domainaug.app.pictures import Tile, show_tiles
from domainaug.app.root import Root
from domainaug.app.scenes.scenarios import FOLDER, Planned, Told
from domainaug.app.scenes.studios import let_go
from domainaug.app.words import in_a_sentence, plain, sentence
from domainaug.errors import DomainAugError, OutputError
from domainaug.preview.drawing import fit
from domainaug.run.ledger import LEDGER
from domainaug.run.overview import Overview, overview
from domainaug.run.summary import many
from domainaug.scenario import Value

__all__ = ["render_scenario"]

_EVERY = 1.5  # seconds between two looks
_FAILED = "scenes-failed"
_SHOWN, _LONGEST = 12, 320
_LARGEST = 4096 * 4096
_REVIEW = page("review")


def render_scenario(root: Root, told: Told, found: Planned) -> None:
    """Draw where a scenario is rendered to, how far it is, and what came of it.

    Args:
        root: Everything lies under it.
        told: The scenario as it was given.
        found: What it comes to.
    """
    name = found.scenario.id.rpartition("/")[2]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        out = (
            st.text_input(
                "Folder of the run", "", key="out", bind="query-params", max_chars=200, placeholder=f"scenes/{name}"
            ).strip()
            or f"scenes/{name}"
        )
        file = told.file
        if not file:
            usual = f"{FOLDER}/{name}/{name}{told.suffix}" if told.beside else f"{FOLDER}/{name}{told.suffix}"
            file = st.text_input("Kept as", "", key="kept_as", placeholder=usual, max_chars=200).strip() or usual
        words = _words(told, file, out)
        place = _place(root, out)
        st.button(
            **main_action("Render", "play_arrow", disabled=_goes_on(place)), key="scene-render", on_click=_begin,
            args=(root, told, file, out, words),
            help="Goes on where it stopped, if it was begun before.",
        )  # fmt: skip
    show_code(shlex.join(["domainaug", *words]))
    failed = st.session_state.pop(_FAILED, None)
    if failed:
        st.error(plain(failed))
    if _goes_on(place):
        st.fragment(_watch, run_every=_EVERY, key="scene-watching")(root, out, found)
    else:
        _ended(root, place, out, found)


def _words(told: Told, file: str, out: str) -> list[str]:
    words = ["simulate", file, out]
    words += ["--simulator", told.simulator] if told.simulator else []
    words += ["--servers", ",".join(told.servers)] if told.servers else []
    words += ["--count", str(told.count)] if told.count else []
    return words


def _begin(root: Root, told: Told, file: str, out: str, words: list[str]) -> None:
    """Keep a scenario that was pasted under the root, and start the run; what goes wrong is told when all is drawn."""
    try:
        place = _place(root, out)
        if not told.file:
            _keep(root, file, told)
            st.session_state["scenario_from"], st.session_state["scenario"] = "file", file
        let_go()
        start(words, place, root.folder)
    except (DomainAugError, OSError) as error:
        st.session_state[_FAILED] = sentence(error, root)
    if asked_for("out") != out:
        st.session_state["out"] = out


def _keep(root: Root, file: str, told: Told) -> None:
    """Write a scenario under the root, and what was uploaded with it beside it, unless the same is there.

    Raises:
        OutputError: Something else is there, or it would lie outside the root.
    """
    endings = (".xosc",) if told.suffix == ".xosc" else (".yaml", ".yml")
    if not file.endswith(endings):
        raise OutputError(f"{file}: the name of such a scenario ends in {endings[0]}")
    folder = PurePosixPath(file).parent
    wanted = {file: told.text.encode()} | {str(folder / name): content for name, content in told.beside}
    places = {root.new(name): content for name, content in wanted.items() if not _is_there(root, name, content)}
    for place, content in places.items():
        place.write_bytes(content)


def _is_there(root: Root, name: str, content: bytes) -> bool:
    place = (root.folder / name).resolve() if "\0" not in name else root.folder
    return place.is_relative_to(root.folder) and place.is_file() and place.read_bytes() == content


def _place(root: Root, out: str) -> Path:
    place = (root.folder / out).resolve() if "\0" not in out else root.folder
    if not place.is_relative_to(root.folder) or place == root.folder:
        raise OutputError(f"{out}: a run has a folder of its own under the root; give its name")
    return place


def _goes_on(place: Path) -> bool:
    child = child_of(place)
    if child is not None and child.goes_on:
        return True
    seen = _seen(place)
    return seen is not None and seen.standing == "running"


def _seen(place: Path) -> Overview | None:
    return overview(place) if (place / LEDGER).is_file() else None


def _watch(root: Root, out: str, found: Planned) -> None:
    with in_a_sentence(root):
        place = _place(root, out)
        if not _goes_on(place):
            st.rerun()
        child, seen = child_of(place), _seen(place)
        if seen is None:
            st.progress(0.0, text="Starting: the world is looked at ...")
        else:
            st.progress(seen.share, text=_how_far(seen))
        if child is None or not child.goes_on:
            st.caption("It was started elsewhere: stop it there with Ctrl-C.")
        elif st.button("Stop", icon=":material/stop:", key="scene-stop", help="What is rendered is kept."):
            child.stop()
            st.toast("It saves and stops ...")
        _pictures(place, found)


def _ended(root: Root, place: Path, out: str, found: Planned) -> None:
    """Draw what came of a run that does not go on, if there was one."""
    child = child_of(place)
    if child is not None and child.failure:
        st.error(plain(root.short(child.failure)))
    seen = _seen(place)
    if seen is None:
        return
    if seen.standing == "stopped":
        st.progress(seen.share, text=f"Stopped: {_how_far(seen)}. Render goes on there.")
    else:
        st.success(f"{plain(out)}: {many(seen.made, 'variant')} rendered.", icon=":material/check:")
    for one in seen.set_aside:
        st.warning(plain(f"{many(one.count, 'variant')} set aside, {one.code}: {one.reason}"))
    if seen.made:
        st.page_link(
            _REVIEW, label="Review", icon=":material/fact_check:",
            query_params={"run": place.relative_to(root.folder).as_posix()},
        )  # fmt: skip
    _pictures(place, found)


def _how_far(seen: Overview) -> str:
    return f"{seen.made} variants" if seen.planned is None else f"{seen.made} of {seen.planned} variants"


def _pictures(place: Path, found: Planned) -> None:
    """Draw the first pictures that are in place, each with what varies in it."""
    tiles = []
    for variant in found.variants.variants:
        folder = place / "variants" / variant.id
        first = next(iter(sorted(one for one in folder.glob("**/*.png") if one.name.count(".") == 1)), None)
        if first is None or (picture := _small(str(first), first.stat().st_mtime_ns)) is None:
            continue
        values = ", ".join(_told(found, name, variant.values[name]) for name in found.scenario.spreads) or "As it is"
        tiles.append(Tile(picture, values, (variant.id,), f"Variant {variant.id}: {values}"))
        if len(tiles) == _SHOWN:
            break
    if tiles:
        show_tiles(st.container(), tiles, least=220, key="scene-tiles")


def _told(found: Planned, name: str, value: Value) -> str:
    """Return a value in words: words stand for themselves, numbers beside their unit or their axis."""
    if isinstance(value, str):
        return value
    unit = found.scenario.axes[name].unit
    return f"{value:g} {unit}" if unit else f"{name.replace('_', ' ')} {value:g}"


@st.cache_data(show_spinner=False, max_entries=64)
def _small(path: str, changed: int) -> NDArray[np.uint8] | None:
    """Return a picture as it is shown, or None where there is none; its size is read before its pixels."""
    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > _LARGEST:
                return None
            return fit(np.asarray(opened.convert("RGB")), _LONGEST)
    except (OSError, UnidentifiedImageError):
        return None
