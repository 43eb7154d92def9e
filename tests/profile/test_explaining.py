"""`profile.explain(name)` says what is allowed, why, who says so and who does otherwise."""

from __future__ import annotations

import json

import pytest

from domainaug.errors import UnknownName
from domainaug.profile import load_profile

CHEST = load_profile("medical/chest-xray")


def effects_of(name: str, profile=CHEST) -> list[str]:
    return [one.effect for one in profile.explain(name).effects]


@pytest.mark.parametrize(
    ("asked", "effects"),
    [
        ("rotation", ["rotation"]),
        ("Rotation", ["rotation"]),
        ("field of view", ["field_of_view"]),
        ("field-of-view", ["field_of_view"]),
        ("mirror", ["mirror_horizontal", "mirror_vertical"]),
        ("flip", ["mirror_horizontal", "mirror_vertical"]),
        ("flips", ["mirror_horizontal", "mirror_vertical"]),
        ("horizontal", ["mirror_horizontal"]),
        ("zoom", ["scale", "field_of_view"]),
        ("cutout", ["occlusion"]),
        ("warp", ["perspective", "local_warp"]),
        ("MED101", ["mirror_horizontal"]),
        ("med101", ["mirror_horizontal"]),
    ],
)
def test_effects_codes_and_words_people_use(asked, effects):
    assert effects_of(asked) == effects


def test_only_effects_this_kind_of_image_can_have():
    assert "mirror_left_right" not in effects_of("mirror")
    assert "mirror_left_right" in effects_of("mirror", load_profile("medical/ct-chest"))
    assert "hue" in effects_of("color", load_profile("driving/front-camera"))


def test_transforms_come_down_to_their_effects():
    assert effects_of("HorizontalFlip") == ["mirror_horizontal"]
    said = CHEST.explain("ShiftScaleRotate")
    assert {"rotation", "scale", "shift"} <= {one.effect for one in said.effects}
    assert next(one.does for one in said.effects if one.effect == "rotation") == "by default -45 to 45 deg"
    assert "MED102 error: -10 to 10 deg" in str(said)


def test_a_transform_that_leaves_images_alone_says_so():
    assert "nothing to allow or forbid" in str(CHEST.explain("NoOp"))


def test_a_transform_that_depends_on_what_it_is_given_says_so():
    assert "depends on what it is given" in str(CHEST.explain("OneOf"))


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [("mirorr", "mirror"), ("rotatoin", "rotation"), ("HorizontalFlp", "HorizontalFlip")],
)
def test_what_nobody_knows_gets_the_nearest(asked, nearest):
    with pytest.raises(UnknownName) as caught:
        CHEST.explain(asked)
    assert caught.value.nearest == nearest


class TestTheAnswer:
    def test_everything_a_reader_needs_is_in_the_text(self):
        text = str(CHEST.explain("mirror_horizontal"))
        for part in ("MED101 error: never", "dextrocardia", "lifted by: laterality_free (No label", "does otherwise: "):
            assert part in text
        assert "https://" in text
        assert max(map(len, text.splitlines())) <= 110

    def test_rules_that_options_lift_are_marked(self):
        assert "(not in force)" in str(CHEST.with_options(laterality_free=True).explain("mirror_horizontal"))

    def test_waived_rules_are_marked_with_the_reason(self):
        text = str(CHEST.with_waivers({"MED101": "phantom images"}).explain("mirror_horizontal"))
        assert "MED101 error: never WAIVED" in text
        assert "waived because: phantom images" in text

    def test_silence_is_said(self, desk):
        text = str(desk.load("").explain("rotation"))
        assert "the profile says nothing about it" in text

    def test_plain_data_is_json(self):
        plain = json.loads(json.dumps(CHEST.explain("mirror").to_dict()))
        assert plain["profile"] == "medical/chest-xray"
        first = plain["effects"][0]["rules"][0]
        assert (first["code"], first["allowed"], first["in_force"]) == ("MED101", "never", True)
        assert first["supported_by"][0]["reference"]

    def test_html_escapes_what_people_wrote(self, desk):
        profile = desk.load(
            "limits:\n  - {effect: rotation, code: MY101, max: 1 deg, reason: <script>x</script>, "
            "evidence: [{strength: opinion}]}\n"
        )
        for page in (profile.explain("rotation")._repr_html_(), profile._repr_html_()):
            assert "<script>" not in page
            assert "&lt;script&gt;" in page
            assert "MY101" in page


class TestBounds:
    @pytest.mark.parametrize(
        ("effect", "bound", "words"),
        [
            ("rotation", "max: 10 deg", "-10 to 10 deg"),
            ("noise", "max: 0.02", "at most 2 %"),
            ("noise", "max: 30 HU", "at most 30 HU"),
            ("scale", "range: [0.9, 1.1]", "0.9 to 1.1 x"),
            ("gamma", "range: [0.75, 1.33]", "0.75 to 1.33"),
            ("field_of_view", "min: 90 %", "at least 90 %"),
            ("permutation", "allow: never", "never"),
            ("permutation", "allow: any", "any amount"),
            ("permutation", "allow: any, p_max: 0.1", "in at most 10 % of images"),
            ("blur", "max: 1.5 px, p_max: 0.25", "at most 1.5 px, in at most 25 % of images"),
        ],
    )
    def test_in_words(self, desk, rule, effect, bound, words):
        said = desk.load("limits:\n" + rule(effect, bound)).explain(effect)
        assert said.effects[0].rules[0].allowed == words
