"""References are read strictly, and cited in one readable line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domainaug.errors import ProfileError
from domainaug.profile import catalogue_folder, cite
from domainaug.profile.citations import parse_references, references

TEXT = r"""
% What we read.
@article{muller-2021-knees,
  author  = {M{\"u}ller, Anna and O'Neill, Bob and Nguy, C.},
  title   = {Knees \& {MRI}: 10--20~mm},
  journal = {J. Knees},
  year    = 2021,
  doi     = {10.1000/x_1},
}
@misc{two-people, author = "Ada Lovelace and Babbage, Charles", title = "Is it mirrored?", url = "https://e.org/~a"}
@misc{nobody, title = {Anonymous}, year = {1999}, eprint = {1906.03347}}
"""


def test_fields_are_read_and_tex_is_taken_off():
    found = parse_references(TEXT)
    one = found["muller-2021-knees"]
    assert list(found) == ["muller-2021-knees", "two-people", "nobody"]
    assert one.title == "Knees & MRI: 10\u201320 mm"
    assert one.author.startswith("M\u00fcller, Anna")
    assert (one.year, one.doi, one.kind) == ("2021", "10.1000/x_1", "article")


def test_one_readable_line():
    lines = [str(one) for one in parse_references(TEXT).values()]
    assert lines == [
        "M\u00fcller et al. (2021). Knees & MRI: 10\u201320 mm. J. Knees. https://doi.org/10.1000/x_1",
        "Ada Lovelace and Babbage. Is it mirrored? https://e.org/~a",
        "Anonymous (1999). https://arxiv.org/abs/1906.03347",
    ]


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("@artcle{a, title = {x}}", (1, 1), "did you mean @article"),
        ("\n\nsome words", (3, 1), "expected an entry"),
        ("@misc{a, title = {x}}\n@misc{a, title = {y}}", (2, 1), "'a' is there twice"),
        ("@misc{a, title = {x}, title = {y}}", (1, 23), "'title' is there twice"),
        ("@misc{a, year = 1999}", (1, 1), "'a' has no title"),
        ("@misc{a, title = {x}", (1, 21), "expected `,` and a field"),
        ("@misc{a, title = {x", (1, 18), "not closed"),
        ("@misc{a, title = x}", (1, 18), "expected a value"),
        ("@misc{a, 3 = {x}}", (1, 10), "expected a field"),
        ("@string{x = {y}}", (1, 1), "no kind of entry is called @string"),
    ],
)
def test_what_is_not_read_has_a_place(text, place, told):
    with pytest.raises(ProfileError, match=told) as caught:
        parse_references(text)
    assert (caught.value.line, caught.value.column) == place


@given(st.text(alphabet='@misc{}a,=" \n%title12\\', max_size=60))
def test_any_text_is_references_or_a_located_error(text):
    fault = None
    try:
        parse_references(text)
    except ProfileError as error:
        fault = error
    assert fault is None or fault.line is not None


def test_every_reference_of_the_catalogue_can_be_found_by_a_reader():
    found = references(catalogue_folder() / "references.bib")
    assert len(found) > 10
    for one in found.values():
        assert one.title
        assert one.url.startswith("https://"), one.key
        assert "\n" not in str(one)
        assert "{" not in str(one)


def test_an_unknown_key_gets_the_nearest():
    known = next(iter(references(catalogue_folder() / "references.bib")))
    assert cite(known).key == known
    with pytest.raises(ProfileError, match=f"did you mean '{known}'"):
        cite(known[:-1])


def test_a_missing_file_holds_no_references(tmp_path):
    assert references(tmp_path / "references.bib") == {}
