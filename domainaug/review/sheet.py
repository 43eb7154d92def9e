"""A sheet to judge without the app: one HTML file with everything in it, which saves a table of verdicts."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from string import Template

import cv2

from domainaug.errors import DomainAugError
from domainaug.review.candidates import Candidate
from domainaug.review.facts import facts_of
from domainaug.review.pictures import Panel, Pictures
from domainaug.review.reasons import Reason
from domainaug.review.reviewing import Review
from domainaug.run.publish import write_whole

__all__ = ["write_sheet"]

_INTRO = (
    "Accept what could have come from your own device, as it is labeled; reject what could not. Keys: a accept, "
    "x reject, s skip, u undo, 1 to 9 a reason, j and k the next and the one before. What you say stays in this "
    "browser until you save it; <code>domainaug review OUT --import verdicts.csv</code> puts it into the ledger."
)
_ANSWERS = (("accept", "Accept", "a"), ("reject", "Reject", "x"), ("skip", "Skip", "s"))
_QUALITY = 88


def write_sheet(
    review: Review,
    path: Path | str,
    candidates: Sequence[Candidate],
    *,
    longest: int = 480,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write a sheet of copies beside their originals, and return how many are on it.

    Args:
        review: The review.
        path: The file; one that is there is written over.
        candidates: What is on it.
        longest: The longer side of a picture, in pixels.
        progress: Called with how many are drawn, and of how many.

    Raises:
        OutputError: The file cannot be written.
    """
    pictures, cards = Pictures(review.out, review.header), []
    for number, one in enumerate(candidates, 1):
        cards.append(_card(number, one, pictures, review.reasons, longest))
        if progress is not None:
            progress(number, len(candidates))
    template = Template((Path(__file__).parent / "sheet.html").read_text(encoding="utf-8"))
    run = str(review.header.get("run", ""))
    title = f"Review of run {run}" if run else "Review"
    text = template.substitute(title=escape(title), intro=_INTRO, cards="\n".join(cards), run=json.dumps(run))
    write_whole(Path(path), text.encode())
    return len(cards)


def _card(number: int, one: Candidate, pictures: Pictures, reasons: Sequence[Reason], longest: int) -> str:
    try:
        look = pictures.look(one, longest=longest)
        figures = "".join(map(_figure, look.panels))
        note = look.note
    except DomainAugError as error:
        figures, note = "", str(error)
    facts = "; ".join([facts_of(one), *([note] if note else [])])
    answers = "".join(
        f'<button data-answer="{answer}" aria-pressed="false">{words}<kbd>{key}</kbd></button>'
        for answer, words, key in _ANSWERS
    )
    why = "".join(
        f'<button data-reason="{reason.code}" aria-pressed="false">{escape(reason.words)}{_key(place)}</button>'
        for place, reason in enumerate(reasons, 1)
    )
    return (
        f'<article id="c{one.id}" data-verdict=""><h2>{number} <span class="pale">{one.id}</span><output></output></h2>'
        f'<div class="pictures">{figures}</div><p class="facts">{escape(facts)}</p>'
        f'<div class="choices">{answers}</div><div class="choices reasons">{why}'
        f'<input placeholder="In your own words" aria-label="Note" maxlength="2000"></div></article>'
    )


def _key(place: int) -> str:
    return f"<kbd>{place}</kbd>" if place < 10 else ""


def _figure(panel: Panel) -> str:
    done, data = cv2.imencode(".jpg", panel.picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise DomainAugError(f"{panel.title.lower()}: the picture cannot be encoded")
    source = f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}"
    return f'<figure><img alt="{panel.alt}" src="{source}"><figcaption>{panel.title}</figcaption></figure>'
