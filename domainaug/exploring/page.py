"""An exploration as one HTML file: charts drawn in it, no script, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from domainaug.errors import OutputError
from domainaug.exploring.report import Exploration, Values
from domainaug.run.publish import write_whole
from domainaug.run.sets import SetPlan
from domainaug.run.summary import in_time, many

__all__ = ["page_of", "write_page"]

_ROWS: Final = 30
_STYLE: Final = """
:root { --ink: #1c2128; --quiet: #58626d; --paper: #fff; --line: #dde2e7; --bar: #2f6fb0; --bad: #b3261e;
        color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e5e9ed; --quiet: #9ba6b1; --paper: #15181b; --line: #2f353b; --bar: #6ba8e5; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
       font: 15px/1.5 system-ui, "Segoe UI", Arial, sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 32px 20px 72px; }
h1 { font-size: 1.8rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .4rem; } p { margin: .3rem 0; }
.quiet { color: var(--quiet); } .bad { color: var(--bad); font-weight: 600; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
th, td { text-align: left; vertical-align: top; padding: 4px 14px 4px 0; border-bottom: 1px solid var(--line); }
th { color: var(--quiet); font-weight: 600; } th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; }
td { overflow-wrap: anywhere; } svg { display: block; width: 100%; height: auto; } svg rect { fill: var(--bar); }
svg text { fill: var(--quiet); font-size: 11px; } td.bar { width: 34%; min-width: 90px; }
.fill { background: var(--bar); height: .75em; border-radius: 2px; margin-top: .35em; min-width: 2px; }
"""


def write_page(found: Exploration, path: Path, *, plan: SetPlan | None = None) -> None:
    """Write the page, whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    try:
        write_whole(path, page_of(found, plan=plan).encode())
    except OSError as error:
        raise OutputError(f"{path}: the page cannot be written: {error.strerror or error}") from error


def page_of(found: Exploration, *, plan: SetPlan | None = None) -> str:
    """Return the page as text.

    Args:
        found: The report.
        plan: The plan that was made of it, if one was.
    """
    parts = [
        f"<h1>{escape(found.name)}</h1>",
        f"<p class=quiet>{many(found.items, 'item')}, {found.layout}, looked at in {in_time(found.seconds)}</p>",
        *_warnings(found),
        *_profiles(found),
        *_values(found.values),
        *_pictures(found),
        *_labels(found),
        *_together(found),
        *_plan(plan),
        *_unreadable(found),
    ]
    title = f"<title>{escape(found.name)}: exploration</title>"
    head = f'<meta charset=utf-8><meta name=viewport content="width=device-width">{title}<style>{_STYLE}</style>'
    return f"<!doctype html><html lang=en><head>{head}</head><body><main>{''.join(parts)}</main></body></html>\n"


def _warnings(found: Exploration) -> Iterable[str]:
    for leak in found.leaks:
        yield f"<p class=bad>Leak: {escape(str(leak))}</p>"
    for sentence in found.rare:
        yield f"<p>Under-represented: {escape(sentence)}</p>"


def _profiles(found: Exploration) -> Iterable[str]:
    yield "<h2>Which profile fits</h2>"
    if not found.fits:
        yield "<p class=quiet>Nothing tells.</p>"
        return
    rows = [(fit.profile, fit.title, "; ".join(fit.reasons), "; ".join(fit.against)) for fit in found.fits]
    yield _table(("profile", "title", "for it", "against it"), rows)


def _values(values: Sequence[Values]) -> Iterable[str]:
    for one in values:
        yield f"<h2>Values: {escape(one.scale)}</h2>"
        yield f"<p>{one.lowest} up to {one.highest}; mean {one.mean} of the range, deviation {one.deviation}</p>"
        if one.dark or one.bright:
            yield (
                f"<p>{many(one.dark, 'item')} with more than 1 % at the dark end of the range, "
                f"{one.bright} at the bright end</p>"
            )
        yield _histogram(one)


def _histogram(one: Values) -> str:
    """Return bars, the highest as high as the chart; what reaches far over all others is cut and its share said."""
    ordered = sorted(one.histogram)
    top = max(ordered[-1] if ordered[-1] < 4 * ordered[-2] else 1.3 * ordered[-2], 1e-9)
    wide = 720 / len(one.histogram)
    bars, cut = [], ""
    for number, share in enumerate(one.histogram):
        high = min(share / top, 1) * 120
        bars.append(f"<rect x={number * wide:.1f} y={124 - high:.1f} width={wide - 1:.1f} height={high:.1f} />")
        if share > top:
            x = min(max(number * wide, 40), 660)
            cut = f"<text x={x:.0f} y=12 text-anchor=start dx={wide + 2:.0f}>{share:.0%} here</text>"
    label = f"histogram of values, {escape(one.scale)}"
    return f'<svg viewBox="0 0 720 126" role=img aria-label="{label}">{"".join(bars)}{cut}</svg>'


def _pictures(found: Exploration) -> Iterable[str]:
    yield "<h2>Images</h2>"
    yield _counts("size", found.shapes)
    yield _counts("channels", found.channels)
    yield _counts("type", found.types)
    if found.spacing:
        yield _counts("spacing, mm", found.spacing)
    for trait, counts in found.traits.items():
        yield _counts(trait, counts)
    if found.parts:
        yield _counts("part", found.parts)


def _labels(found: Exploration) -> Iterable[str]:
    if found.classes:
        yield f"<h2>Classes</h2><p>{found.imbalance:.3g} items of the commonest for one of the rarest</p>"
        most = found.classes[0].items
        rows = [
            (one.name, _Number(one.items), _Bar(one.items / most), _Number(one.groups), _Number(one.objects))
            for one in found.classes[:_ROWS]
        ]
        yield _table(("class", "items", "", "groups", "objects"), rows) + _more(len(found.classes))
    if found.objects:
        yield "<h2>Labeled objects</h2>"
        sizes = [
            (one.name, _Number(one.objects), _Number(one.items), str(one.size), str(one.width or ""),
             str(one.height or ""), f"{one.share.median:.2%}")
            for one in found.objects[:_ROWS]
        ]  # fmt: skip
        heads = ("class", "objects", "items", "pixels", "width", "height", "of the image")
        yield _table(heads, sizes) + _more(len(found.objects))


def _together(found: Exploration) -> Iterable[str]:
    groups = found.groups
    yield "<h2>What must stay together</h2>"
    if groups.known:
        yield f"<p>{many(groups.count, 'group')}, of {groups.size} items; the largest has {groups.largest:.0%}</p>"
    else:
        yield "<p>No groups are known: every item stands for itself.</p>"
    if found.same:
        same = [(", ".join(keys),) for keys in found.same[:_ROWS]]
        yield _table(("the same bytes",), same) + _more(len(found.same))
    if found.near:
        pairs = [
            (pair.one, pair.other, f"{pair.likeness:.3f}", " / ".join(filter(None, pair.parts)))
            for pair in found.near[:_ROWS]
        ]
        yield _table(("near duplicates", "", "likeness", "parts"), pairs) + _more(len(found.near))


def _plan(plan: SetPlan | None) -> Iterable[str]:
    if plan is None:
        return
    yield f"<h2>Plan</h2><p>{many(plan.total, 'copy')} of what is trained on</p>"
    rows = [
        (line.name or "(no class)", _Number(line.items), _Number(line.copies), _Number(line.total),
         _Number(line.wanted))
        for line in plan.lines()[:_ROWS]
    ]  # fmt: skip
    yield _table(("class", "items", "copies", "in all", "wanted"), rows)
    parts = [(part, *(_Number(count[name]) for name in ("items", "groups", "copies"))) for part, count in
             plan.counts().items()]  # fmt: skip
    yield _table(("part", "items", "groups", "copies"), parts)


def _unreadable(found: Exploration) -> Iterable[str]:
    if found.unreadable:
        yield f"<h2>Not readable: {len(found.unreadable)}</h2>"
        rows = [(one.key, one.code, one.reason) for one in found.unreadable[:_ROWS]]
        yield _table(("item", "code", "reason"), rows) + _more(len(found.unreadable))


class _Number(int):
    """A number in a table, set to the right."""


class _Bar(float):
    """A share of the longest, drawn."""


def _counts(name: str, counts: Mapping[Any, int]) -> str:
    most = max(counts.values(), default=1)
    rows = [(str(value), _Number(count), _Bar(count / most)) for value, count in list(counts.items())[:8]]
    return _table((name, "items", ""), rows) + _more(len(counts), 8)


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    listed = [tuple(row) for row in rows]
    right = [isinstance(value, _Number) for value in listed[0]] if listed else [False] * len(heads)
    top = "".join(f"<th{' class=n' if far else ''}>{escape(head)}</th>" for head, far in zip(heads, right, strict=True))
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in listed)
    return f"<div class=scroll><table><tr>{top}</tr>{body}</table></div>"


def _cell(value: Any) -> str:
    if isinstance(value, _Bar):
        return f'<td class=bar><div class=fill style="width:{value:.1%}"></div></td>'
    if isinstance(value, _Number):
        return f"<td class=n>{value:d}</td>"
    return f"<td>{escape(str(value))}</td>"


def _more(count: int, shown: int = _ROWS) -> str:
    return f"<p class=quiet>... and {count - shown} more</p>" if count > shown else ""
