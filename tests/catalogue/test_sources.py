"""Who says so: every rule has evidence, every source exists, is used and says what of it was read."""

import pytest

from domainaug.profile.catalogue import catalogue_folder, list_profiles, load_profile
from domainaug.profile.citations import references
from domainaug.profile.model import Evidence, Limit

EVERY = list_profiles(include_abstract=True)
REFERENCES = references(catalogue_folder() / "references.bib")
LIMITS = [(name, limit) for name in EVERY for limit in load_profile(name).limits]
READ = ("abstract read", "code read", "code and training notes read", "page read", "thread read", "configurations read")


def evidence() -> list[tuple[str, Evidence]]:
    return [(limit.code, item) for _, limit in LIMITS for item in (*limit.evidence, *limit.counter_evidence)]


def test_every_citation_exists_and_every_reference_is_cited() -> None:
    assert {item.cite for _, item in evidence() if item.cite} == set(REFERENCES)


@pytest.mark.parametrize("key", sorted(REFERENCES))
def test_a_reference_can_be_found_and_says_what_was_read(key: str) -> None:
    reference = REFERENCES[key]
    assert reference.url.startswith("https://")
    assert reference.author or reference.fields.get("school")
    note = reference.fields["note"].casefold()
    assert any(words in note for words in READ), note


@pytest.mark.parametrize("key", [key for key, entry in REFERENCES.items() if entry.kind == "article"])
def test_an_article_has_a_doi_and_a_year(key: str) -> None:
    assert REFERENCES[key].doi.startswith("10.")
    assert REFERENCES[key].year.isdigit()


def test_every_rule_has_evidence() -> None:
    assert [(name, limit.code) for name, limit in LIMITS if not limit.evidence] == []


def test_what_nobody_is_cited_for_is_marked_as_opinion() -> None:
    for code, item in evidence():
        assert item.strength in ("strong", "moderate", "opinion"), code
        if not item.cite:
            assert item.strength == "opinion", code
        if item.strength != "opinion":
            assert item.cite, code
            assert item.note, code


def test_a_source_of_which_only_the_abstract_was_read_says_so_where_it_is_cited() -> None:
    abstracts = {key for key, entry in REFERENCES.items() if entry.fields["note"].casefold().startswith("abstract")}
    silent = [
        (limit.code, item.cite)
        for _, limit in LIMITS
        for item in limit.evidence
        if item.cite in abstracts and "(abstract read)" not in item.note
    ]
    assert silent == []


def test_what_is_from_memory_is_never_more_than_an_opinion() -> None:
    assert [code for code, item in evidence() if "from memory" in item.note and item.strength != "opinion"] == []


def findings_against(limits: list[tuple[str, Limit]], code: str) -> set[str]:
    return {item.cite for _, limit in limits if limit.code == code for item in limit.counter_evidence}


def test_those_who_break_a_rule_and_win_are_named() -> None:
    assert {"sowrirajan2021moco", "kaggle-rsna-2018-top"} <= findings_against(LIMITS, "MED101")
    assert {"nnunet", "monai-model-zoo", "rsna-2019-ich-first"} <= findings_against(LIMITS, "MED201")
    assert {"monai-model-zoo"} <= findings_against(LIMITS, "MED301")
    assert {"atilim2024pcb"} <= findings_against(LIMITS, "MFG222")
    assert {"chen2026strip"} <= findings_against(LIMITS, "MFG253")
    assert {"wang2021wood"} <= findings_against(LIMITS, "MFG308")
    assert {"daffodil-leather"} <= findings_against(LIMITS, "MFG327")
    assert {"waferguard"} <= findings_against(LIMITS, "MFG456")
    assert {"hai2024casting"} <= findings_against(LIMITS, "MFG509")
    assert {"li2024weld"} <= findings_against(LIMITS, "MFG552")
    assert {"rsna-2023-mammography-first"} <= findings_against(LIMITS, "MED160")
    assert {"liu2022deepdrid"} <= findings_against(LIMITS, "MED540")
    assert {"siim-isic-2020-first"} <= findings_against(LIMITS, "MED605")
    assert {"nnunet"} <= findings_against(LIMITS, "MED815")
    assert {"kovacs2024autopet"} <= findings_against(LIMITS, "MED836")
