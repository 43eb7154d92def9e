"""Files that would take the memory or the server: each is one sentence, on every page that opens some."""

import sys
from pathlib import Path

import pytest

PREVIEW = str(Path(__file__).parents[2] / "preview")
if PREVIEW not in sys.path:
    sys.path.append(PREVIEW)

from bombs import BOMBS  # noqa: E402 - found by the line before

pytest.importorskip("streamlit")
pytest.importorskip("skimage")

PART = {"profile": "manufacturing/aligned-assembly", "copies": "1", "from": "root"}
MEDICAL = {**PART, "profile": "medical/ct-chest"}


def told(at):
    """What a page says of what it could not open."""
    assert not at.exception
    said = [one.value for one in (*at.error, *at.caption)]
    assert not any(word in "\n".join(said) for word in ("fault of domainaug", "Traceback", "/tmp"))
    return "\n".join(said).replace("\\", "")


@pytest.mark.parametrize("name", BOMBS)
def test_in_preview(open_app, root, name):
    BOMBS[name](root / name)
    said = told(open_app(**(MEDICAL if "dcm" in name or "nii" in name else PART)))
    assert any(
        word in said
        for word in ("more than", "more memory", "cut short", "its Rows", "ends before", "several frames", "damaged")
    )


@pytest.mark.parametrize("page", ["check", "defects"])
def test_on_other_pages(open_app, root, page):
    BOMBS["a.png"](root / "a.png")
    at = open_app(page, **PART)
    assert "60000 x 60000 pixels are more than the 200,000,000 allowed" in told(at)
