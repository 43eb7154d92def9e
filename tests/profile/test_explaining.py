"""`profile.explain(name)` says what is allowed, why, who says so and who does otherwise."""

from __future__ import annotations

import json

import pytest

from domainaug.errors import UnknownName, nearest
from domainaug.profile import load_profile

CHEST = load_profile("medical/chest-xray")
HEAD = "id: my/own\nversion: 1.0.0\ntitle: My own\n"


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


class TestWordsThatNameNoEffect:
    BRAIN = load_profile("medical/brain-mri")

    def test_the_rules_that_speak_of_it_are_found(self):
        (one,) = self.BRAIN.explain("bias field").effects
        assert one.effect == "local_gain"
        assert any("bias field" in source.note for rule in one.rules for source in rule.supported_by)
        assert {one.effect for one in CHEST.explain("lungs").effects} >= {"brightness"}

    def test_people_call_it_otherwise(self):
        assert effects_of("bias", self.BRAIN) == ["local_gain"]
        assert effects_of("window", self.BRAIN) == ["brightness", "contrast", "tone"]

    @pytest.mark.parametrize("asked", ["wibblefoo", "the", "zz"])
    def test_nothing_is_guessed_where_nothing_is_close_and_effects_are_listed(self, asked):
        with pytest.raises(UnknownName, match="known: aspect, blur, brightness, ") as caught:
            self.BRAIN.explain(asked)
        assert caught.value.nearest is None

    def test_a_short_word_is_not_taken_for_another_with_another_first_letter(self):
        assert nearest("window", ["snow", "rain"]) is None
        assert nearest("windw", ["snow", "window"]) == "window"
        assert nearest("mirorr", ["mirror"]) == "mirror"

    def test_codes_are_not_guessed_but_listed(self):
        with pytest.raises(UnknownName, match=r"these begin so: MED101, MED102, .* more") as caught:
            CHEST.with_waivers({"MED1": "phantoms"})
        assert caught.value.nearest is None
        with pytest.raises(UnknownName, match="known: MED301, MED302, "):
            self.BRAIN.explain("MED1")


class TestATransformThatDoesNothingUnlessTold:
    def test_its_parameters_and_their_rules_are_told(self):
        said = load_profile("manufacturing/metal-surface").explain("Affine")
        assert said.note.startswith(
            "at its defaults it does nothing; with parameters it can cause: rotation (rotate), "
        )
        assert "governed by `rotate`" in {one.does for one in said.effects}
        assert "MFG203 error: -5 to 5 deg" in str(said)
        assert said.note in said._repr_html_()


def test_a_rule_for_many_effects_is_told_once():
    text = str(load_profile("general/photo").explain("CLAHE"))
    assert text.count("people still name what is in") == 1
    assert text.count("GEN101 error: any amount\n    as above") >= 3


class TestWhereARuleIsWritten:
    def test_in_a_file_of_ones_own_it_is_the_path(self, desk, rule):
        desk.write("limits:\n" + rule("rotation", "max: 5 deg"), "parent.yaml", head=HEAD.replace("own", "parent"))
        child = desk.load("extends: parent.yaml\nlimits:\n" + rule("scale", "range: [0.9, 1.1]", code="MY102"))
        for effect, place in (("rotation", "parent.yaml:5"), ("scale", "own.yaml:6")):
            (told,) = child.explain(effect).effects[0].rules
            assert told.origin == str(desk.folder / place)

    def test_in_the_catalogue_it_is_the_id(self):
        assert CHEST.explain("MED101").effects[0].rules[0].origin.startswith("medical/chest-xray:")


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
