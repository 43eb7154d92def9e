"""The JSON Schema for editors is what the loader takes."""

from __future__ import annotations

import json

from domainaug.effects import EFFECTS
from domainaug.profile import catalogue_folder, list_profiles
from domainaug.profile.schema import LimitEntry, ProfileFile, schema_json


def test_the_file_in_the_catalogue_is_in_step():
    written = (catalogue_folder() / "schema.json").read_text(encoding="utf-8")
    assert written == schema_json(), "run: python -m domainaug.profile.schema > profiles/schema.json"


def test_editors_are_offered_every_effect_and_key():
    schema = json.loads(schema_json())
    rule = schema["$defs"]["LimitEntry"]
    assert rule["properties"]["effect"]["anyOf"][0]["enum"] == list(EFFECTS)
    assert set(rule["properties"]) == set(LimitEntry.model_fields)
    assert set(schema["properties"]) == set(ProfileFile.model_fields)
    assert rule["additionalProperties"] is False
    assert set(rule["required"]) == {"effect", "code", "reason"}


def test_every_key_says_what_it_takes():
    schema = json.loads(schema_json())
    for part in (schema, *schema["$defs"].values()):
        for name, entry in part["properties"].items():
            assert entry.get("description"), name


def test_profiles_of_the_catalogue_point_editors_to_it():
    for name in list_profiles(include_abstract=True):
        first = (catalogue_folder() / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
        assert first == "# yaml-language-server: $schema=../schema.json", name
