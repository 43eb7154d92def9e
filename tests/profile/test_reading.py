"""YAML is read strictly: what a profile does not need is refused, with the place, and fast."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domainaug.errors import ProfileError
from domainaug.profile.reading import MAX_BYTES, MAX_DEPTH, parse_document, read_document


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1.0.0", "1.0.0"),
        ("2020-01-01", "2020-01-01"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-3", -3),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("'no'", "no"),
        ("'1'", "1"),
        ("10 deg", "10 deg"),
        ("5 %", "5 %"),
        ("12345678901234567890", 12345678901234567890.0),
    ],
)
def test_plain_words_are_what_yaml_1_2_says(written, meant):
    value = parse_document(f"a: {written}\n").data["a"]
    assert value == meant
    assert type(value) is type(meant)


def test_every_value_and_key_has_its_place():
    document = parse_document("a: 1\nb:\n  - x: 2\n    y: {z: 3}\n")
    assert document.data == {"a": 1, "b": [{"x": 2, "y": {"z": 3}}]}
    assert document.mark(("b", 0, "y", "z")) == (4, 12)
    assert document.mark(("b", 0, "y", "z"), key=True) == (4, 9)
    assert document.mark(("b", 0, "missing", "deeper")) == (3, 5), "what is not there is placed at what holds it"


REFUSED = {
    "an alias": ("a: &x [1]\nb: *x\n", 1, "anchors"),
    "an anchor alone": ("a: 1\nb: &x 2\n", 2, "anchors"),
    "a python tag": ("a: !!python/object/apply:os.system [ls]\n", 1, "tags"),
    "a plain tag": ("a: !!int 3\n", 1, "tags"),
    "a tag on the top": ("!x\na: 3\n", 1, "tags"),
    "a merge key": ("a: {x: 1}\nb:\n  <<: *a\n", 3, "anchors"),
    "a key twice": ("a: 1\nb: 2\na: 3\n", 3, "'a' is written twice; the first is on line 1"),
    "a nested key twice": ("a: {x: 1,\n  x: 2}\n", 2, "'x' is written twice"),
    "a YAML 1.1 directive": ("%YAML 1.1\n---\na: no\n", 2, "directives"),
    "a second document": ("a: 1\n---\nb: 2\n", 2, "second document"),
    "a tab": ("a:\n\tb: 1\n", 2, "is not YAML"),
    "an open bracket": ("a: [1,\n", 2, "is not YAML"),
    "two colons": ("a: b: c\n", 1, "is not YAML"),
    "a control character": ("a: 1\nb: \x00\n", 2, "is not YAML"),
    "a number as a key": ("a:\n  1: 2\n", 2, "a key is a word"),
    "a list as a key": ("? [a, b]\n: 1\n", 1, "a key is a word"),
    "infinity": ("a: .inf\n", 1, "not a number a profile can use"),
    "not a number": ("a: .nan\n", 1, "not a number a profile can use"),
    "a list": ("- a\n", 1, "holds a list"),
    "nothing": ("# only a comment\n", 1, "holds nothing"),
    "a word": ("profile\n", 1, "holds a text"),
}


@pytest.mark.parametrize(("text", "line", "words"), REFUSED.values(), ids=REFUSED)
def test_what_a_profile_does_not_need_is_refused_with_its_place(text, line, words):
    with pytest.raises(ProfileError, match=words) as caught:
        parse_document(text, path=Path("p.yaml"))
    assert caught.value.line == line
    assert str(caught.value).startswith(f"p.yaml:{line}")


BOMBS = {
    "brackets": "a: " + "[" * 100_000,
    "braces": "{a: " * 50_000,
    "spaced brackets": "[ " * 100_000,
    "filled brackets": "[a, " * 60_000,
    "dashes": "- " * 100_000,
    "question marks": "? " * 100_000,
    "indents": "a:\n" + "".join(" " * i + "-\n" for i in range(1, 600)),
    "aliases": "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]\n" for i in range(1, 30)),
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_bombs_end_at_once(text):
    start = time.thread_time()  # not the clock: other processes may want the processor
    with pytest.raises(ProfileError):
        parse_document(text)
    assert time.thread_time() - start < 1.0


def test_depth_is_allowed_up_to_the_limit_and_no_further():
    def nested(levels: int) -> str:
        return "a: " + "".join("{x: [" if i % 2 else "[{y: " for i in range(levels)) + "1"

    deepest = "a: " + "[1, " * (MAX_DEPTH - 1) + "1" + "]" * (MAX_DEPTH - 1)
    assert parse_document(deepest).data["a"][0] == 1
    with pytest.raises(ProfileError, match="nested deeper than 32"):
        parse_document("a: " + "[1, " * MAX_DEPTH + "1" + "]" * MAX_DEPTH)
    with pytest.raises(ProfileError, match="nested deeper than 32"):
        parse_document(nested(40))


class TestFiles:
    def test_a_file_larger_than_the_limit_is_not_read(self, tmp_path):
        path = tmp_path / "big.yaml"
        path.write_bytes(b"# " + b"x" * MAX_BYTES)
        with pytest.raises(ProfileError, match="at most 262144"):
            read_document(path)

    def test_a_missing_file_and_a_folder_are_named(self, tmp_path):
        with pytest.raises(ProfileError, match="no such profile file"):
            read_document(tmp_path / "none.yaml")
        with pytest.raises(ProfileError, match="is not a file"):
            read_document(tmp_path)

    def test_bytes_that_are_not_utf8_have_a_line(self, tmp_path):
        path = tmp_path / "latin.yaml"
        path.write_bytes(b"a: 1\ntitle: caf\xe9\n")
        with pytest.raises(ProfileError, match="UTF-8") as caught:
            read_document(path)
        assert caught.value.line == 2

    def test_a_byte_order_mark_is_no_content(self, tmp_path):
        path = tmp_path / "bom.yaml"
        path.write_bytes(b"\xef\xbb\xbfa: 1\n")
        assert read_document(path).data == {"a": 1}


def mapping_or_located_error(text: str) -> None:
    fault = None
    try:
        assert isinstance(parse_document(text).data, dict)
    except ProfileError as error:
        fault = error
    assert fault is None or fault.line is not None


@given(st.text(max_size=200))
def test_any_text_is_a_mapping_or_a_profile_error(text):
    mapping_or_located_error(text)


@given(st.text(alphabet="[]{}:,-?&*!|>'\"%@`# \n\tab01.", max_size=80))
def test_any_run_of_yaml_signs_is_a_mapping_or_a_profile_error(text):
    mapping_or_located_error(text)
