import errno

import pytest

pytest.importorskip("streamlit")

from domainaug.app.root import Root
from domainaug.app.words import plain, sentence
from domainaug.errors import UnreadableInput


def shown(text):
    """What a Markdown renderer shows of escaped text."""
    from markdown_it import MarkdownIt

    return MarkdownIt().renderInline(plain(text))


@pytest.mark.parametrize(
    "name", ["![x](http://elsewhere/x.png)", "<img src=x>", "a_b_c *d*", "$x$ :red[y]", "`code`", "[l](u)"]
)
def test_a_name_draws_nothing(name):
    pytest.importorskip("markdown_it")
    rendered = shown(name)
    assert not any(tag in rendered for tag in ("<img", "<a ", "<em", "<code", "<strong"))


def test_directives_of_streamlit_are_shown_as_they_are():
    assert plain(":red[y] $x$") == r"\:red\[y\] \$x\$"


class TestSentence:
    def test_what_was_raised_on_purpose_speaks_for_itself(self, tmp_path):
        error = UnreadableInput("ends", "it ends early", path=tmp_path / "a.png")
        assert sentence(error, Root(tmp_path)) == "a.png: it ends early"

    def test_what_helps_is_said_where_the_error_does_not(self):
        assert sentence(UnreadableInput("truncated", "a.png is cut")) == "a.png is cut; copy or save it anew"
        assert sentence(UnreadableInput("truncated", "a.png is cut; ask")) == "a.png is cut; ask"

    def test_a_name_does_not_turn_the_words_around_it(self):
        assert plain("\u202egnp.a\u2069 is cut") == "gnp.a is cut"

    def test_of_a_fault_only_the_place_is_told(self):
        try:
            raise KeyError("Doe^John")
        except KeyError as error:
            told = sentence(error)
        assert "KeyError, test_words.py:" in told
        assert "Doe" not in told


def test_a_disk_that_refuses_is_no_fault_of_ours_and_names_no_file():
    told = sentence(PermissionError(errno.EACCES, "Permission denied", "/data/Smith^John.dcm"))
    assert told == "The disk refuses: Permission denied. See to the rights and the room of the folder."
