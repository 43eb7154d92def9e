"""Pictures on a page: small, lossless, each with a text for those who cannot see it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from domainaug.app.words import plain

__all__ = ["Tile", "encoded", "room_for", "show_picture", "show_tiles"]

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A picture with what is said below it.

    Attributes:
        picture: (h, w) or (h, w, 3) uint8.
        title: One or two words.
        lines: What happened to it, a line each.
        alt: What can be seen, for those who cannot.
    """

    picture: Picture
    title: str
    lines: tuple[str, ...]
    alt: str


def encoded(picture: Picture) -> bytes:
    """Return a picture as PNG, written fast rather than small: it goes to a browser on this machine.

    Args:
        picture: (h, w) or (h, w, 3); what has no color is written without.
    """
    ready = picture
    if picture.ndim == 3:
        red, green, blue = (picture[..., channel] for channel in range(3))
        gray = np.array_equal(red, green) and np.array_equal(green, blue)
        ready = np.ascontiguousarray(red if gray else picture[..., ::-1])
    done, data = cv2.imencode(".png", ready, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    assert done
    return bytes(data)


def show_picture(where: Any, picture: Picture, alt: str) -> None:
    """Draw a picture as wide as its column, without a loss.

    Args:
        where: The column or container.
        picture: (h, w) or (h, w, 3).
        alt: What can be seen, for those who cannot.
    """
    # In the page itself: a file on the server is gone when a slider has moved on before the browser asks for it.
    address = "data:image/png;base64," + base64.b64encode(encoded(picture)).decode("ascii")
    where.image(address, width="stretch", alt=alt)


def show_tiles(where: Any, tiles: Iterable[Tile], *, least: int = 170, key: str = "tiles") -> None:
    """Draw pictures in as many columns as there is room for.

    Args:
        where: The container.
        tiles: The pictures.
        least: The narrowest a column may be, in pixels, for pictures that are not much wider than high.
        key: Of the grid.
    """
    shown = list(tiles)
    with where, st.grid(min_column_width=room_for([tile.picture for tile in shown], least), key=key):
        for tile in shown:
            with st.container(gap="xsmall"):
                show_picture(st, tile.picture, tile.alt)
                said = "  \n".join(_unbroken(plain(line)) for line in tile.lines)
                st.caption(f"**{plain(tile.title)}**  \n{said}")


def room_for(pictures: Sequence[Picture], least: int) -> int:
    """Return the narrowest a column may be, in pixels: a street or a panorama needs more than a square.

    Args:
        pictures: Those in the columns.
        least: For pictures that are not much wider than high.
    """
    widest = max((picture.shape[1] / picture.shape[0] for picture in pictures), default=1.0)
    return round(least * min(max(widest / 1.5, 1.0), 1.7))


def _unbroken(text: str) -> str:
    """Return text in which a number keeps its unit on its line."""
    return (
        text.replace(" %", "\u00a0%").replace(" deg", "\u00a0deg").replace(" px", "\u00a0px").replace(" mm", "\u00a0mm")
    )
