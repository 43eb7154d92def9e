"""Names of outputs: one for each input and copy, inside the folder, and short enough for any disk."""

from __future__ import annotations

import os
import unicodedata
from pathlib import PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domainaug.layouts.naming import copy_stem, is_text, safe_relative, stems

NAMES = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="/\\"), min_size=1, max_size=120
).filter(lambda name: name not in (".", ".."))
KEYS = st.builds("/".join, st.lists(NAMES, min_size=1, max_size=3)).map(lambda stem: f"{stem}.png")


def test_a_plain_name_stays_as_it_is():
    assert stems(["scratch/part 1.jpg"]) == {"scratch/part 1.jpg": "scratch/part 1"}
    assert copy_stem("scratch/part 1", 7) == "scratch/part 1_aug007"


def test_names_that_differ_in_suffix_case_or_composition_do_not_clash():
    keys = ["a.jpg", "a.tif", "B.png", "b.png", "\u00e9.png", "e\u0301.png", "c.png"]
    found = stems(keys)
    assert found["c.png"] == "c"
    assert found["a.jpg"].startswith("a-")
    folded = {unicodedata.normalize("NFC", stem).casefold() for stem in found.values()}
    assert len(folded) == len(keys)


@given(st.lists(KEYS, unique=True, max_size=12), st.integers(0, 3), st.integers(0, 1200))
@example(["a.jpg", "a.tif", "a-ca978112.png"], 0, 1)
def test_no_two_copies_share_a_name_and_all_fit(keys, first, second):
    found = stems(keys)
    assert found == stems(keys[::-1])
    outputs = [f"{copy_stem(found[key], copy)}.png" for key in keys for copy in {first, second}]
    folded = {unicodedata.normalize("NFC", name).casefold() for name in outputs}
    assert len(folded) == len(outputs)
    for key, name in ((key, copy_stem(found[key], 0)) for key in keys):
        assert len(os.fsencode(PurePosixPath(name).name)) <= 215
        assert PurePosixPath(name).parent == PurePosixPath(key).parent


@given(st.text(max_size=60))
@example("../x.png")
@example("a/../../x.png")
@example("/etc/passwd")
@example("C:\\x.png")
@example("..\\x.png")
@example("\0")
def test_a_safe_name_never_leads_out(name):
    path = safe_relative(name)
    if path is not None:
        joined = os.path.normpath(f"/some/folder/{path}")
        assert joined == "/some/folder" or joined.startswith("/some/folder/")


@pytest.mark.parametrize("name", ["../x.png", "a/../../b", "/abs.png", "C:/x.png", "..\\x.png", "", "a\0b"])
def test_names_that_lead_out_are_refused(name):
    assert safe_relative(name) is None


def test_windows_separators_are_understood():
    assert str(safe_relative("train\\a.png")) == "train/a.png"


def test_names_that_are_not_text():
    assert is_text("größe 1.png")
    assert not is_text(os.fsdecode(b"\xff.png"))
    assert not is_text("two\nlines.png")
