"""One self-contained HTML page: pictures inlined, no script, no font or style from elsewhere."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["Section", "Tile", "render"]

_STYLE = """
:root { --ink: #1b1f24; --quiet: #5b6570; --paper: #ffffff; --panel: #f4f5f7; --line: #dfe3e8;
        --good: #1a7f4b; --bad: #b42318; color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --quiet: #9aa4b0; --paper: #14171a; --panel: #1d2126; --line: #2e343b;
          --good: #4cc38a; --bad: #ff7b6e; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
       font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 80px; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; }
h2 { font-size: 1.3rem; margin: 3.2rem 0 .3rem; }
p { margin: .3rem 0 1rem; max-width: 46rem; } .quiet { color: var(--quiet); }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 14px; margin: 1rem 0; }
figure { margin: 0; border-radius: 8px; overflow: hidden; border: 1px solid var(--line); background: var(--panel);
         display: flex; flex-direction: column; }
figure img { width: 100%; height: auto; display: block; background: #000; }
figcaption { padding: 8px 10px 10px; font-size: .8rem; line-height: 1.4; color: var(--quiet); flex: 1; }
figcaption b { color: var(--ink); display: block; font-size: .86rem; }
figure.bad { border-color: var(--bad); } figure.bad b { color: var(--bad); }
figure.good b { color: var(--good); }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; overflow-x: auto;
      font: 13.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre-wrap; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .86rem; margin: 1rem 0; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); }
th { color: var(--quiet); font-weight: 600; } td code { font-size: .82rem; overflow-wrap: anywhere; }
.verdict { font-weight: 600; } .verdict.good { color: var(--good); } .verdict.bad { color: var(--bad); }
"""

Tone = Literal["plain", "good", "bad"]


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture with a caption.

    Attributes:
        image: (H, W) or (H, W, 3) uint8.
        title: A few words.
        caption: A line or two.
        tone: Whether it is shown as right, wrong, or neither.
    """

    image: NDArray[np.uint8]
    title: str
    caption: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page; everything but the title may be left out.

    Attributes:
        title: Heading.
        text: A paragraph.
        tiles: Pictures, in a grid.
        listing: Text shown as typed.
        table: Rows of cells, the first row being headings.
        verdict: A closing line.
        verdict_tone: How the closing line is shown.
    """

    title: str
    text: str = ""
    tiles: Sequence[Tile] = field(default_factory=tuple)
    listing: str = ""
    table: Sequence[Sequence[str]] = field(default_factory=tuple)
    verdict: str = ""
    verdict_tone: Tone = "good"


def render(title: str, lead: str, sections: Iterable[Section], *, tile_width: int = 420) -> str:
    """Return the page as text.

    Args:
        title: Heading of the page.
        lead: First paragraph.
        sections: Its parts, in order.
        tile_width: Pictures wider than this are scaled down, in pixels.
    """
    body = "\n".join(_section(section, tile_width) for section in sections)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{html.escape(title)}</h1>\n<p>{html.escape(lead)}</p>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _section(section: Section, tile_width: int) -> str:
    parts = [f"<h2>{html.escape(section.title)}</h2>"]
    if section.text:
        parts.append(f'<p class="quiet">{html.escape(section.text)}</p>')
    if section.tiles:
        parts.append('<div class="tiles">' + "".join(_tile(tile, tile_width) for tile in section.tiles) + "</div>")
    if section.listing:
        parts.append(f"<pre>{html.escape(section.listing)}</pre>")
    if section.table:
        parts.append(_table(section.table))
    if section.verdict:
        parts.append(f'<p class="verdict {section.verdict_tone}">{html.escape(section.verdict)}</p>')
    return "<section>" + "\n".join(parts) + "</section>"


def _tile(tile: Tile, width: int) -> str:
    alt = html.escape(f"{tile.title}. {tile.caption}", quote=True)
    return (
        f'<figure class="{tile.tone}"><img alt="{alt}" src="{_inline(tile.image, width)}">'
        f"<figcaption><b>{html.escape(tile.title)}</b>{html.escape(tile.caption)}</figcaption></figure>"
    )


def _inline(image: NDArray[np.uint8], width: int) -> str:
    picture = Image.fromarray(image)
    if picture.width > width:
        picture = picture.resize(
            (width, max(1, round(picture.height * width / picture.width))), Image.Resampling.LANCZOS
        )
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _table(rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in rows[0])
    lines = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:])
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'
