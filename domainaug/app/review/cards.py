"""Runs as cards: what each is, how far it is, what was set aside; looked at again while the page is open."""

from __future__ import annotations

import time
from datetime import datetime

import streamlit as st

from domainaug.app.legible import show_code
from domainaug.app.pages import page
from domainaug.app.review.reviews import runs_under
from domainaug.app.root import Root
from domainaug.app.words import in_a_sentence, plain
from domainaug.errors import DomainAugError
from domainaug.run.ledger import LEDGER
from domainaug.run.overview import Overview, overview, trace_of

__all__ = ["draw_runs"]

_EVERY = 2.0  # seconds between two looks while a run goes on
_SELDOM = 10.0  # else: one may be started
_AT_ONCE = 20
_BADGES = {
    "running": ("Running", ":material/sync:", "blue"),
    "stopped": ("Stopped", ":material/pause:", "orange"),
    "finished": ("Finished", ":material/check:", "green"),
}
_SEEN = "runs_seen"
_LIVELY = "runs_lively"
_REVIEW = page("review")


def draw_runs(root: Root) -> None:
    """Draw the runs under a root, and again and again, as long as somebody looks.

    Args:
        root: What they lie under.
    """
    lively = any(_goes_on(root, name) for name in runs_under(root))
    st.session_state[_LIVELY] = lively
    st.fragment(_cards, run_every=_EVERY if lively else _SELDOM, key="runs_cards")(root)


def _cards(root: Root) -> None:
    with in_a_sentence(root):
        names = runs_under(root)
        if any(_goes_on(root, name) for name in names) != st.session_state.get(_LIVELY):
            st.rerun()  # how often one looks depends on it
        if not names:
            st.caption("Nothing was run under the root yet.")
            show_code("domainaug augment SOURCE OUT --profile medical/chest-xray")
        elif len(names) > _AT_ONCE:
            pages = -(-len(names) // _AT_ONCE)
            number = min(st.pagination(pages, key="runs_page", bind="query-params"), pages)
            names = names[(number - 1) * _AT_ONCE : number * _AT_ONCE]
        for name in names:
            _card(root, name)


def _goes_on(root: Root, name: str) -> bool:
    try:
        return _look(root, name).standing == "running"
    except DomainAugError:  # its card says so
        return False


def _look(root: Root, name: str) -> Overview:
    out = root.inside(name)
    return _looked(str(out), trace_of(out))


@st.cache_data(max_entries=256, show_spinner=False)
def _looked(out: str, trace: tuple[object, ...]) -> Overview:
    return overview(out)


def _card(root: Root, name: str) -> None:
    with in_a_sentence(root):
        try:
            found = _look(root, name)
        except DomainAugError:
            if not (root.folder / name / LEDGER).exists():
                return  # moved or deleted since it was listed
            raise
        _draw(name, found)


def _draw(name: str, found: Overview) -> None:
    with st.container(border=True):
        label, icon, color = _BADGES[found.standing]
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{plain(name)}**", width="content")
            st.badge(label, icon=icon, color=color)  # type: ignore[arg-type]
        st.progress(found.share, text=_how_far(name, found))
        st.caption(plain(_facts(found)))
        _aside(name, found)
        with st.container(horizontal=True):
            st.page_link(
                _REVIEW, label=_judged(found), icon=":material/fact_check:",
                query_params={"run": name}, disabled=not found.made,
            )  # fmt: skip


def _how_far(name: str, found: Overview) -> str:
    what = "copies" if found.kind == "augmented" else "variants"
    made = f"{found.made} {what}" if found.planned is None else f"{found.made} of {found.planned} {what}"
    left = _left(name, found)
    return f"{made}{left}"


def _left(name: str, found: Overview) -> str:
    """Return how long a run will still take, from how fast it was while somebody looked."""
    if found.standing != "running" or found.planned is None:
        st.session_state.get(_SEEN, {}).pop(name, None)
        return ""
    seen: dict[str, tuple[float, int]] = st.session_state.setdefault(_SEEN, {})
    began, before = seen.setdefault(name, (time.monotonic(), found.made))
    done, passed = found.made - before, time.monotonic() - began
    if done < 1 or passed < _EVERY:
        return ""
    seconds = (found.planned - found.made) * passed / done
    return f", about {max(1, round(seconds / 60))} min left" if seconds > 90 else f", about {seconds:.0f} s left"


def _facts(found: Overview) -> str:
    when = datetime.fromtimestamp(found.written).strftime("%Y-%m-%d %H:%M") if found.written else ""
    verb = "Augmented under" if found.kind == "augmented" else "Rendered by"
    return f"{verb} {found.what}. Run {found.run or 'without an id'}, last changed {when}."


def _judged(found: Overview) -> str:
    return f"Review: {found.judged} judged, {found.rejected} rejected" if found.judged else "Review"


def _aside(name: str, found: Overview) -> None:
    total = sum(one.count for one in found.set_aside)
    if total:
        with st.expander(f"{total} set aside", key=f"runs_aside_{name}", icon=":material/error_outline:"):
            st.table(
                {
                    "reason": [one.code for one in found.set_aside],
                    "how many": [one.count for one in found.set_aside],
                    "what is said of the first": [plain(one.reason) for one in found.set_aside],
                },
                border="horizontal",
                hide_index=True,
                alt="Reasons for which inputs and copies were set aside",
            )
            st.caption("The same command again tries them again, once they are mended.")
    if found.narrowed:
        with st.expander(f"{len(found.narrowed)} steps narrowed", key=f"runs_narrowed_{name}", icon=":material/tune:"):
            for sentence in found.narrowed:
                st.caption(plain(sentence))
    if found.standing == "stopped":
        st.caption("It was stopped before its end: the same command goes on where it stopped.")
