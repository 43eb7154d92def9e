import pytest

from domainaug import list_profiles, load_profile
from domainaug.preview.questions import questions_of


def asked(profile):
    return {question.name: question for question in questions_of(load_profile(profile))}


def test_what_must_be_vouched_for_is_a_sentence_and_lifts_rules():
    question = asked("medical/chest-xray")["laterality_free"]
    assert question.kind == "yes-no"
    assert question.value is False
    assert question.says.endswith(".")
    assert "MED101" in question.lifts
    assert question.adds == ()


def test_what_makes_labels_stricter_adds_rules():
    question = asked("manufacturing/pcb")["template_compared"]
    assert {"MFG403", "MFG405"} <= set(question.adds)
    assert question.lifts == ()


def test_a_choice_has_its_answers():
    question = asked("manufacturing/glass")["lighting"]
    assert question.kind == "choice"
    assert "back-light" in question.choices
    assert question.value in question.choices


def test_a_pitch_that_nobody_told_is_a_number():
    question = asked("manufacturing/pcb")["pixel_pitch_mm"]
    assert (question.kind, question.value) == ("number", None)


def test_an_answer_given_is_the_one_shown_and_turns_its_consequence_round():
    profile = load_profile("medical/chest-xray", options={"laterality_free": True})
    (question,) = (one for one in questions_of(profile) if one.name == "laterality_free")
    assert question.value is True
    assert "MED101" in question.adds


@pytest.mark.parametrize("name", list_profiles())
def test_every_question_of_every_profile_can_be_asked_and_answered(name):
    profile = load_profile(name)
    for question in questions_of(profile):
        assert len(question.says) > 10
        others = question.choices or ((not question.value,) if question.kind == "yes-no" else ())
        for answer in others:
            assert profile.with_options(**{question.name: answer}).options[question.name] == answer
