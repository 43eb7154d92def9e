"""docs/catalogue.md says what the profiles say."""

import importlib.util
from pathlib import Path

import pytest

from domainaug.profile.catalogue import list_profiles, load_profile

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "catalogue.md").read_text(encoding="utf-8")


def test_the_page_is_in_step_with_the_profiles() -> None:
    spec = importlib.util.spec_from_file_location("render_catalogue", DOCS / "render_catalogue.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.render() == PAGE, "run: python docs/render_catalogue.py"


@pytest.mark.parametrize("name", list_profiles(include_abstract=True))
def test_every_rule_is_on_the_page_with_its_reason(name: str) -> None:
    for limit in load_profile(name).limits:
        (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {limit.code} |")]
        assert limit.effect.name in row
        assert limit.reason in row
        for item in (*limit.evidence, *limit.counter_evidence):
            assert item.cite in row
