"""Giving a scenario to the page: one under the root, pasted, or uploaded with the map and the catalogs it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

import streamlit as st

from domainaug.app.links import choose
from domainaug.app.root import MOST_UPLOADED, Root, checked_upload
from domainaug.app.scenes.scenarios import FOLDER, MOST_POINTS, SUFFIXES, Told, is_openscenario, scenarios_under
from domainaug.errors import DomainAugError, UnreadableInput
from domainaug.scenario import find_simulators

__all__ = ["choose_scenario", "fitted"]

_BESIDE = (".xodr", ".xosc")
_MOST_READ = {False: 200_000, True: 4_000_000}  # bytes of a scenario in YAML, and in XML with its trajectories
_MOST_FILES = 20
_NAME = re.compile(r"\w[\w .()+-]{0,119}")
_FILE = re.compile(r"""(<(?:LogicFile|ScenarioFile)\b[^>]*?\bfilepath\s*=\s*)(["'])([^"'<>]*)\2""")
_DIRECTORY = re.compile(r"""(<Directory\b[^>]*?\bpath\s*=\s*)(["'])([^"'<>]*)\2""")
_VARIED = re.compile(r"""<ScenarioFile\b[^>]*?\bfilepath\s*=\s*["']([^"'<>]*)["']""")
_CATALOG = re.compile(r"<Catalog\s")
_AS_WRITTEN = "as written"
_WAYS = {"file": "Under the root", "paste": "Paste", "upload": "Upload"}
_EXAMPLE = """\
id: street-weathers
title: One street, four weathers, two hours
simulator: street
world: {layout: city, seed: 1}
fixed: {quality: draft, width: 320, height: 192}
vary:
  weather: [noon, fog-dense, rain-heavy, snow]
  hour: [10 h, 22 h]
sample: {method: grid}
"""


def choose_scenario(root: Root) -> Told | None:
    """Draw the choice of a scenario and of who renders it; None as long as there is nothing to read."""
    names = scenarios_under(root)
    ways = [way for way in _WAYS if names or way != "file"]
    way = choose(
        st.segmented_control, "Scenario", ways, key="scenario_from", usual=ways[0], required=True,
        format_func=lambda one: _WAYS[one], width="stretch", wrap=False,
    )  # fmt: skip
    told: Told | None
    if way == "file":
        file = choose(st.selectbox, "File", names, key="scenario", usual=names[0], help="Type to search.")
        told = Told(_text_of(root.inside(file).read_bytes()), file)
    else:
        told = _pasted() if way == "paste" else _uploaded()
    simulator, servers = _choose_simulator()
    count = st.number_input(
        "Variants", 1, MOST_POINTS, None, key="scenario_count", bind="query-params", placeholder="as written",
        help="How many points are taken; of a grid it is all.",
    )  # fmt: skip
    if told is None or not told.text.strip():
        return None
    return Told(told.text, told.file, simulator, servers, count, told.called, told.beside)


def fitted(text: str, beside: Mapping[str, bytes]) -> str:
    """Return an OpenSCENARIO file that names files which were uploaded with it, wherever they lay before.

    Args:
        text: The file.
        beside: The uploads, by name: browsers leave out the folders that they lay in.
    """

    def named(found: re.Match[str]) -> str:
        name = PurePosixPath(found[3].replace("\\", "/")).name
        return f"{found[1]}{found[2]}{name}{found[2]}" if name in beside else found[0]

    text = _FILE.sub(named, text)
    if any(_is_catalog(content) for name, content in beside.items() if name.endswith(".xosc")):
        text = _DIRECTORY.sub(r"\1\2.\2", text)
    return text


def _pasted() -> Told:
    text: str = st.text_area(
        "Scenario, YAML or OpenSCENARIO", _EXAMPLE, height=260, key="scenario_text", max_chars=_MOST_READ[False],
        persist_state="session",
    )  # fmt: skip
    if not (is_openscenario(text) or ".xodr" in text):
        return Told(text)
    beside = _files("Map and catalogs that it names", _BESIDE, "scenario_beside")
    if not beside:
        st.caption(f"Without them they are looked for under the root, from {FOLDER}/ on.")
    return _with(text, "scenario", beside)


def _uploaded() -> Told | None:
    found = _files("Scenario, with the map and catalogs it names", (*SUFFIXES, ".xodr"), "scenario_upload")
    if not found:
        return None
    mains = _mains(found)
    if not mains:
        raise DomainAugError("none of the uploads is a scenario: that is a YAML file, or OpenSCENARIO 1.x (.xosc)")
    main = choose(st.selectbox, "File", mains, key="scenario_main", usual=mains[0]) if len(mains) > 1 else mains[0]
    beside = {name: content for name, content in found.items() if name != main}
    return _with(_text_of(found[main]), main.rpartition(".")[0], beside)


def _with(text: str, called: str, beside: Mapping[str, bytes]) -> Told:
    """Return a scenario with the files beside it; what names them by way of folders names them here."""
    ready = {
        name: fitted(_text_of(content), beside).encode() if name.endswith(".xosc") else content
        for name, content in beside.items()
    }
    return Told(fitted(text, beside), called=called, beside=tuple(sorted(ready.items())))


def _mains(found: Mapping[str, bytes]) -> list[str]:
    """Return the scenarios among uploads: no maps, no catalogs, and none that another one varies."""
    texts = {name: _text_of(content) for name, content in found.items() if name.endswith(SUFFIXES)}
    varied = {PurePosixPath(told.replace("\\", "/")).name for text in texts.values() for told in _VARIED.findall(text)}
    return [name for name in texts if name not in varied and not _is_catalog(found[name])]


def _files(label: str, endings: tuple[str, ...], key: str) -> dict[str, bytes]:
    """Draw an uploader, and return what was uploaded, by name.

    Raises:
        UnreadableInput: One of them is empty, too large, of another kind, or has no name that others could call it by.
        DomainAugError: There are too many, or two of one name.
    """
    given = st.file_uploader(
        label, sorted({ending[1:] for ending in endings}), key=key, accept_multiple_files=True,
        max_upload_size=MOST_UPLOADED // 1024**2,
    )  # fmt: skip
    if len(given) > _MOST_FILES:
        raise DomainAugError(f"at most {_MOST_FILES} files make a scenario, got {len(given)}; put it under the root")
    found: dict[str, bytes] = {}
    for file in given:
        name, content = PurePosixPath(file.name.replace("\\", "/")).name, file.getvalue()
        suffix = checked_upload(name, content, endings)
        if not _NAME.fullmatch(name):
            raise UnreadableInput("name", "an upload is called by letters, digits, spaces and . _ ( ) + -; rename it")
        name = name[: -len(suffix)] + suffix
        if found.setdefault(name, content) != content:
            raise DomainAugError(f"two uploads are called {name}; take one of them away")
    return found


def _choose_simulator() -> tuple[str, tuple[str, ...]]:
    names = [_AS_WRITTEN, *find_simulators()]
    name = choose(
        st.selectbox, "Rendered by", names, key="simulator", usual=_AS_WRITTEN, format_func=str.capitalize,
        help="In place of whom the scenario names.",
    )  # fmt: skip
    if name != "carla":
        return ("" if name == _AS_WRITTEN else name), ()
    told = st.text_input(
        "Servers", "127.0.0.1:2000", key="servers", bind="query-params", max_chars=400,
        help="HOST:PORT; several, with commas between them, share the variants.",
    )  # fmt: skip
    return name, tuple(one.strip() for one in told.split(",") if one.strip())


def _text_of(content: bytes) -> str:
    """Return a scenario's text.

    Raises:
        UnreadableInput: It is too long, or no text.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableInput("encoding", "the scenario is not UTF-8 text") from None
    most = _MOST_READ[is_openscenario(text)]
    if len(content) > most:
        raise UnreadableInput("too-large", f"a scenario has {most // 1000} kB at most")
    return text


def _is_catalog(content: bytes) -> bool:
    return _CATALOG.search(content.decode("utf-8", "replace")) is not None
