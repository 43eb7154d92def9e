import pytest

pytest.importorskip("streamlit")

from domainaug.app.links import with_query


def test_a_link_has_one_query_and_every_value_in_it():
    link = with_query("http://127.0.0.1:8501/preview?old=1#top", [("profile", "medical/ct"), ("k", "a b"), ("k", "c")])
    assert link == "http://127.0.0.1:8501/preview?profile=medical%2Fct&k=a+b&k=c"


def test_nothing_to_say_leaves_the_address_bare():
    assert with_query("http://127.0.0.1:8501/preview?old=1", []) == "http://127.0.0.1:8501/preview"
