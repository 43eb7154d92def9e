"""Where a pipeline to check comes from: the text of a saved one, or code under the root."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from domainaug.app.check.checking import (
    EXAMPLE,
    Picture,
    Said,
    checked_text,
    draw_findings,
    draw_summary,
    pictures_of,
)
from domainaug.app.choosing import called, the_root
from domainaug.app.legible import main_action, show_code
from domainaug.app.links import choose
from domainaug.app.opening import Chosen, read_chosen
from domainaug.app.root import MOST_UPLOADED, Root, checked_upload
from domainaug.app.words import plain, sentence
from domainaug.errors import DomainAugError
from domainaug.preview.snippets import answers, check_command
from domainaug.preview.sources import Subject
from domainaug.profile.catalogue import in_catalogue
from domainaug.profile.model import Profile

__all__ = ["check_code", "check_saved"]

_TEXT, _BEFORE = "check_text", "check_before"
_SAVED = (".json", ".yaml", ".yml")


def check_saved(profile: Profile, chosen: Chosen | None) -> None:
    """Draw the text of a saved pipeline, what was found in it, and fixes at a click."""
    st.session_state.setdefault(_TEXT, EXAMPLE)
    head = st.container(horizontal=True, vertical_alignment="center")
    with st.expander("The pipeline", expanded=True, key="check_editor"):
        left, right = st.columns(2, gap="medium")
        with left:
            st.text_area(
                "As A.save writes it, JSON or YAML", key=_TEXT, height=240, max_chars=1_000_000,
                persist_state="session",
                help="Paste yours. Nothing in it is run: only names of transforms are looked up.",
            )  # fmt: skip
            _choose_upload()
    text = st.session_state[_TEXT] or ""
    if not text.strip():
        st.info("Paste a saved pipeline, or upload one.")
        return
    key = (profile.id, profile.digest, repr(sorted(profile.options.items())))
    said = checked_text(text, key, profile)
    with right:
        _draw_python(said, profile)
    report = said.report.as_dict()
    with head:
        _draw_head(said, report, profile)

    def shown(number: int) -> tuple[Picture, ...]:
        subject = None if chosen is None else read_chosen(chosen)
        files = () if subject is None else tuple(f"{path} {path.stat().st_mtime_ns}" for path in subject.item.files)
        return _shots(text, number, (*key, *_name(chosen), *files), said, profile, subject)

    def fix(numbers: Sequence[int]) -> None:
        _mend(said, profile, numbers)

    draw_findings(report, shown, fix if hasattr(said.pipeline, "transforms") else None)


def check_code(root: Root, profile: Profile, chosen: Chosen | None) -> None:
    """Draw the choice of a file and a name in it, and what was found once it has been asked for."""
    from domainaug.check.naming import names_in

    files = root.files((".py",))
    if not files:
        st.info("There is no Python file under the root.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        file = choose(st.selectbox, "File under the root", files, key="file", usual=files[0])
        names = names_in(root.inside(file))
        if not names:
            st.info("Nothing in this file could be a pipeline.")
            return
        name = choose(st.selectbox, "Name in it", names, key="name", usual=names[0])
        asked = st.button(**main_action("Import and check", "play_arrow"), key="check_run")
    st.caption("Checking imports the file: its code runs, in a process of its own that may take a minute.")
    target, options = f"{root.inside(file)}:{name}", answers(profile)
    key = (target, profile.id, profile.digest, repr(options), *_name(chosen))
    if asked:
        _run(key, target, profile, options, chosen)
    done = st.session_state.get("check_done")
    if done is None or done[0] != key:
        return
    _, report, shots = done
    draw_summary(report, st.container())
    draw_findings(report, lambda number: shots[number], None)
    if any(one["fix"] for one in report["findings"]):
        st.button(
            "Mend it, and go on with the saved one", icon=":material/build:", key="check_take", on_click=_take,
            args=(root, target, profile, options),
        )  # fmt: skip


def _choose_upload() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button("Start from an example", key="check_example", on_click=_put, args=(EXAMPLE,))
        before = st.session_state.get(_BEFORE)
        st.button("Undo", icon=":material/undo:", key="check_undo", on_click=_undo, disabled=not before)
    st.file_uploader(
        "Or upload one", type=[one[1:] for one in _SAVED], key="check_upload", on_change=_take_upload,
        max_upload_size=MOST_UPLOADED // 1024**2,
    )  # fmt: skip
    refused = st.session_state.get("check_refused")
    if refused:
        st.error(refused)


def _take_upload() -> None:
    given = st.session_state.get("check_upload")
    st.session_state["check_refused"] = ""
    if given is None:
        return
    try:
        checked_upload(given.name, given.getvalue(), _SAVED)
        _put(given.getvalue().decode("utf-8"))
    except UnicodeDecodeError:
        st.session_state["check_refused"] = "The upload is not UTF-8 text."
    except DomainAugError as error:
        st.session_state["check_refused"] = plain(sentence(error))


def _draw_python(said: Said, profile: Profile) -> None:
    from domainaug.check.saved import saved_text
    from domainaug.check.written import python_of

    st.caption("The same in Python")
    show_code(python_of(said.pipeline), height=240)
    with st.container(horizontal=True):
        st.download_button(
            "Download", saved_text(said.pipeline, ".json"), file_name="pipeline.json", mime="application/json",
            icon=":material/download:", key="check_download",
        )  # fmt: skip
    show_code(check_command(profile, named=called(the_root(), profile)))


def _draw_head(said: Said, report: dict[str, object], profile: Profile) -> None:
    draw_summary(report, st.container())
    count = len(said.report.fixable)
    if count and hasattr(said.pipeline, "transforms"):
        st.button(
            **main_action(f"Apply {'the fix' if count == 1 else f'all {count} fixes'}", "build"),
            key="check_fix_all", on_click=_mend, args=(said, profile, None),
        )  # fmt: skip


@st.cache_resource(show_spinner=False, max_entries=128)
def _shots(
    text: str, number: int, key: tuple[str, ...], _said: Said, _profile: Profile, _subject: Subject | None
) -> tuple[Picture, ...]:
    from domainaug.preview.findings import on_chart, on_subject

    finding = _said.report.findings[number]
    shots = on_chart(_said.pipeline, finding, _profile.frame)
    if _subject is not None:
        shots = (*shots, *on_subject(_said.pipeline, finding, _subject, _profile.frame))
    return pictures_of(shots)


def _mend(said: Said, profile: Profile, numbers: Sequence[int] | None) -> None:
    """Put the mended pipeline in place of the text; of some findings, or of all until none is left."""
    from domainaug.check import check
    from domainaug.check.mending import mend, mend_one
    from domainaug.check.saved import saved_text

    if numbers is None:
        mended = mend(said.pipeline, said.report, lambda pipeline: check(pipeline, profile, name="pipeline")).pipeline
    else:
        mended = mend_one(said.pipeline, [said.report.findings[number] for number in numbers])
    _put(saved_text(mended, ".json"))


def _put(text: str) -> None:
    """Put a text in place; the one before can be had back."""
    st.session_state.setdefault(_BEFORE, []).append(st.session_state.get(_TEXT, ""))
    st.session_state[_TEXT] = text


def _undo() -> None:
    st.session_state[_TEXT] = st.session_state[_BEFORE].pop()


def _run(
    key: tuple[str, ...], target: str, profile: Profile, options: Mapping[str, object], chosen: Chosen | None
) -> None:
    from domainaug.check.apart import check_apart

    waiting = st.skeleton(height=320)
    sample, item = (None, None) if chosen is None else (chosen.source, chosen.key)
    try:
        if chosen is not None:
            read_chosen(chosen)  # what is wrong with it is told here; the other process has no limits
        with tempfile.TemporaryDirectory(prefix="domainaug-check-") as folder:
            report = check_apart(target, _loaded_by(profile), Path(folder), options=options, sample=sample, item=item)
            shots = [_read_shots(Path(folder), number) for number in range(len(report["findings"]))]
    finally:
        waiting.empty()
    st.session_state["check_done"] = (key, report, shots)


def _read_shots(folder: Path, number: int) -> tuple[Picture, ...]:
    order = ("chart", "before", "after", "mended")
    found = {path.stem.rpartition("-")[2]: path for path in folder.glob(f"{number:02d}-*.png")}
    return tuple(Picture(kind, found[kind].read_bytes(), "") for kind in order if kind in found)


def _take(root: Root, target: str, profile: Profile, options: Mapping[str, object]) -> None:
    from domainaug.check.apart import mend_apart

    with tempfile.TemporaryDirectory(prefix="domainaug-check-") as folder:
        path = Path(folder, "mended.json")
        try:
            mend_apart(target, _loaded_by(profile), path, options=options)
        except DomainAugError as error:
            st.toast(plain(sentence(error, root)), icon=":material/error:")
            return
        _put(path.read_text(encoding="utf-8"))
    st.session_state["pipeline"] = "saved"


def _loaded_by(profile: Profile) -> str:
    """Return what another process loads a profile by."""
    return profile.id if profile.path is None or in_catalogue(profile.path) else str(profile.path)


def _name(chosen: Chosen | None) -> tuple[str, ...]:
    return () if chosen is None else (str(chosen.source), str(chosen.key))
