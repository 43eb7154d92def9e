"""State in the address: a page that is sent to somebody else shows the same.

Numbers and switches keep themselves in the address with `bind="query-params"`. Choices would do so by the words they
are shown with; `choose` keeps them by what they are, and where an old or a mistyped address asks for what is not there
it shows the usual, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import streamlit as st

from domainaug.app.words import plain

__all__ = ["address", "asked_for", "choose", "newest", "settled", "with_query"]


T = TypeVar("T")


def with_query(page: str, values: Iterable[tuple[str, str]]) -> str:
    """Return an address with a query, in place of the one it has."""
    parts = urlsplit(page)
    bare = parts._replace(path=parts.path or "/", query="", fragment="").geturl()
    query = urlencode(list(values))
    return f"{bare}?{query}" if query else bare


def address() -> str:
    """Return the address of what is shown now; what was uploaded is not part of it."""
    values = ((key, value) for key in st.query_params for value in st.query_params.get_all(key))
    return with_query(st.context.url or "", values)


def asked_for(key: str) -> str:
    """Return what the address asks for, or ""; never more than a line of it."""
    return str(st.query_params.get(key, ""))[:400]


def newest(look: Any, place: Any, asked: str) -> tuple[str, ...]:
    """Return the names that a look gives; looked again where one that is asked for may be newer than what was kept.

    Args:
        look: A function under `st.cache_data`, from a place to names.
        place: Where it looks.
        asked: The name that should be among them, or "".
    """
    names: tuple[str, ...] = look(place)
    if asked and asked not in names:
        look.clear()
        names = look(place)
    return names


def choose(
    draw: Callable[..., Any],
    label: str,
    options: Sequence[T],
    *,
    key: str,
    usual: T,
    unsaid: T | None = None,
    **more: Any,
) -> T:
    """Draw a choice that is part of the address, and return it.

    Args:
        draw: `st.selectbox` or `st.segmented_control`.
        label: What is asked.
        options: The values there are.
        key: Of the widget, and in the address.
        usual: The value when nobody chose.
        unsaid: The value that is left out of the address; None for the usual one.
        **more: For the widget: `format_func`, `help` ...
    """
    if key not in st.session_state:
        asked = asked_for(key)
        st.session_state[key] = next((one for one in options if str(one) == asked), usual)
        if asked and str(st.session_state[key]) != asked:
            st.toast(f"{label}: {plain(asked)} is not there; the address may be old", icon=":material/link_off:")
    settled(key, options, usual)
    st.session_state[key] = st.session_state[key]  # said anew: a widget of another page has the same key
    chosen: T | None = draw(label, options, key=key, persist_state="session", **more)
    value = usual if chosen is None else chosen
    if value == (usual if unsaid is None else unsaid):
        st.query_params.pop(key, None)
    elif asked_for(key) != str(value):
        st.query_params[key] = str(value)
    return value


def settled(key: str, legal: Collection[Any], usual: Any) -> None:
    """Give a widget's state its usual value where it is none of those there are; call it before the widget.

    Args:
        key: The widget's.
        legal: The values it can have now.
        usual: The one it has otherwise.
    """
    if key in st.session_state and st.session_state[key] not in legal:
        st.session_state[key] = usual
