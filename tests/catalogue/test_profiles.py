"""The catalogue as files: what is there, what it is called, and that every word of it can be used."""

import re
from collections import Counter
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from domainaug.effects import EFFECTS
from domainaug.profile.catalogue import catalogue_folder, list_profiles, load_profile

EVERY = list_profiles(include_abstract=True)
FAMILIES = {
    "medical/radiograph": "MED1",
    "medical/chest-xray": "MED1",
    "medical/mammography": "MED1",
    "medical/radiograph-bone": "MED1",
    "medical/ct": "MED2",
    "medical/ct-chest": "MED2",
    "medical/ct-head": "MED2",
    "medical/ct-abdomen": "MED2",
    "medical/mri": "MED3",
    "medical/brain-mri": "MED3",
    "medical/mri-prostate": "MED3",
    "medical/ultrasound": "MED4",
    "medical/echocardiography": "MED4",
    "medical/color-photograph": "MED5",
    "medical/fundus": "MED5",
    "medical/dermoscopy": "MED6",
    "medical/histopathology": "MED7",
    "medical/pet": "MED8",
    "manufacturing/surface": "MFG1",
    "manufacturing/metal-surface": "MFG2",
    "manufacturing/aligned-assembly": "MFG2",
    "manufacturing/strip-steel": "MFG2",
    "manufacturing/wood": "MFG3",
    "manufacturing/leather": "MFG3",
    "manufacturing/tile": "MFG3",
    "manufacturing/fabric": "MFG3",
    "manufacturing/pcb": "MFG4",
    "manufacturing/wafer-map": "MFG4",
    "manufacturing/casting-xray": "MFG5",
    "manufacturing/weld-xray": "MFG5",
    "manufacturing/bottle": "MFG6",
    "manufacturing/screw": "MFG6",
    "manufacturing/glass": "MFG7",
    "manufacturing/injection-molding": "MFG8",
    "driving/front-camera": "DRV1",
    "driving/surround-camera": "DRV2",
    "driving/night": "DRV3",
    "driving/traffic-signs": "DRV4",
    "driving/lanes": "DRV5",
    "driving/lidar": "DRV6",
    "general/photo": "GEN1",
}


def written(name: str) -> dict:
    return YAML(typ="safe", pure=True).load((catalogue_folder() / f"{name}.yaml").read_text(encoding="utf-8"))


def test_no_profile_is_lost() -> None:
    assert set(EVERY) >= set(FAMILIES)


def test_abstract_profiles_are_only_there_to_be_extended() -> None:
    abstract = set(EVERY) - set(list_profiles())
    assert abstract == {"medical/radiograph", "medical/color-photograph", "manufacturing/surface"}
    assert abstract <= {parent for name in EVERY for parent in load_profile(name).parents}


@pytest.mark.parametrize("name", EVERY)
def test_a_profile_loads_under_the_name_of_its_road(name: str) -> None:
    profile = load_profile(name)
    assert profile.id == name
    assert profile.title
    assert profile.description.endswith(".")
    assert re.fullmatch(r"\d+\.\d+\.\d+", profile.version)


@pytest.mark.parametrize("name", EVERY)
def test_editors_are_told_where_the_schema_is(name: str) -> None:
    first = (catalogue_folder() / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../schema.json"


def test_a_code_is_one_rule_in_the_whole_catalogue() -> None:
    codes = Counter(rule["code"] for name in EVERY for rule in written(name)["limits"])
    assert {code: count for code, count in codes.items() if count > 1} == {}


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_codes_tell_the_field(name: str) -> None:
    assert {rule["code"][:4] for rule in written(name)["limits"]} == {FAMILIES[name]}


@pytest.mark.parametrize("name", EVERY)
def test_reasons_are_sentences_for_people_of_the_field(name: str) -> None:
    for rule in written(name)["limits"]:
        reason = rule["reason"]
        assert reason[0].isupper(), rule["code"]
        assert reason.rstrip().endswith("."), rule["code"]
        assert 5 <= len(reason.split()) <= 60, rule["code"]
        names = [effect for effect in EFFECTS if "_" in effect and effect in reason]
        assert names == [], f"{rule['code']} explains itself in our words: {names}"


@pytest.mark.parametrize("name", EVERY)
def test_every_option_gates_a_rule_or_sets_the_pixel_pitch(name: str) -> None:
    profile = load_profile(name)
    gates = {
        option
        for family in [name, *(child for child in EVERY if name in load_profile(child).parents)]
        for limit in load_profile(family).limits
        for condition in (limit.when, limit.unless)
        for option in condition or ()
    }
    own = {option for option, entry in written(name).get("options", {}).items() if isinstance(entry, dict)}
    assert own - gates - {"pixel_pitch_mm"} == set()
    assert all(profile.option_help[option].endswith(".") for option in profile.options)


def test_what_a_child_loosens_has_a_reason() -> None:
    metal = load_profile("manufacturing/metal-surface")
    allowed = [limit for limit in metal.in_force("mirror_horizontal") if limit.allow == "any"]
    assert [limit.code for limit in allowed] == ["MFG201"]
    assert "along the grain" in allowed[0].loosens
    loosened = {
        name: {rule["code"] for rule in written(name)["limits"] if "loosens" in rule}
        for name in EVERY
        if any("loosens" in rule for rule in written(name)["limits"])
    }
    assert loosened == {
        "manufacturing/metal-surface": {"MFG201"},
        "manufacturing/wood": {"MFG301"},
        "manufacturing/leather": {"MFG321", "MFG326"},
        "manufacturing/tile": {"MFG343"},
        "manufacturing/wafer-map": {"MFG451", "MFG453", "MFG462"},
        "manufacturing/casting-xray": {"MFG501", "MFG503"},
        "manufacturing/weld-xray": {"MFG541", "MFG543"},
        "manufacturing/bottle": {"MFG601", "MFG609"},
        "manufacturing/screw": {"MFG648"},
    }


@pytest.mark.parametrize("path", sorted(catalogue_folder().glob("*/*.yaml")), ids=lambda path: path.stem)
def test_files_stay_readable(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 500
    prose = [line for line in lines if "note:" not in line and "effect: [" not in line]
    assert [line for line in prose if len(line) > 122] == []
