"""What was done, in DICOM's words."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from pydicom.sr.codedict import codes

from domainaug.effects import EFFECTS, Interval, Needs
from domainaug.medical.deeds import (
    CODES,
    Deed,
    codes_for,
    derived_uid,
    describe_effects,
    effects_in,
    faint_in,
    is_mirrored,
)
from domainaug.medical.placed import Placed

FOLLOWS_FROM_OTHERS = {"field_of_view", "outside", "duplicated", "misregistration"}


def test_every_effect_a_gray_image_can_show_has_a_code():
    gray = {name for name, row in EFFECTS.items() if row.needs not in (Needs.COLOR, Needs.SCENE)}
    assert gray - set(CODES) == FOLLOWS_FROM_OTHERS
    assert set(CODES) <= set(EFFECTS)


def test_codes_of_the_standard_are_those_of_the_standard():
    group = codes.cid7203
    known = {(code.value, code.meaning.casefold()) for code in (getattr(group, name) for name in group.dir())}
    for code in {code for code in CODES.values() if code.scheme == "DCM"}:
        assert (code.value, code.meaning.casefold()) in known


def test_our_own_codes_fit_their_elements():
    for code in CODES.values():
        assert len(code.value) <= 16
        assert len(code.scheme) <= 16
        assert len(code.meaning) <= 64


def test_a_uid_is_always_the_same_and_never_another_s():
    uid = derived_uid("1.2.3", "digest", 7, 0)
    assert uid == derived_uid("1.2.3", "digest", 7, 0)
    assert len({uid, derived_uid("1.2.3", "digest", 7, 1), derived_uid("1.2.3", "digest", 8, 0)}) == 3
    assert re.fullmatch(r"2\.25\.[1-9][0-9]{0,38}", uid)


def test_the_record_of_a_pipeline_is_understood():
    record = {"effects": {"noise": 0.02, "rotation": [-3.0, -3.0], "occlusion": [0.1, None], "mirror_horizontal": 1}}
    assert effects_in(record) == {
        "mirror_horizontal": Interval(1, 1),
        "rotation": Interval(-3, -3),
        "noise": Interval(0.02, 0.02),
        "occlusion": Interval(0.1, math.inf),
    }
    assert list(effects_in(record)) == ["mirror_horizontal", "rotation", "noise", "occlusion"]


@pytest.mark.parametrize(
    "record", [{}, {"effects": None}, {"effects": {"unheard_of": 3}}, {"effects": {"rotation": 0.1}}]
)
def test_what_is_absent_or_unknown_does_not_count(record):
    assert effects_in(record) == {}


def test_what_lies_below_what_counts_is_known_all_the_same():
    record = {"effects": {"rotation": 3, "scale": 1.001}, "faint": {"noise": 0.002, "brightness": 0, "unheard_of": 3}}
    assert effects_in(record) == {"rotation": Interval(3, 3)}
    assert faint_in(record) == {"scale": Interval(1.001, 1.001), "noise": Interval(0.002, 0.002)}
    assert faint_in({}) == {}


def mirrored(*names):
    return is_mirrored({name: Interval(1, 1) for name in names})


def test_two_mirrors_in_the_plane_are_a_half_turn():
    assert mirrored("mirror_horizontal")
    assert mirrored("mirror_vertical")
    assert not mirrored("mirror_horizontal", "mirror_vertical")
    assert mirrored("mirror_left_right")
    assert not mirrored("mirror_left_right", "mirror_superior_inferior")
    assert not mirrored()


def test_codes_are_those_of_what_happened_each_once():
    effects = effects_in({"effects": {"rotation": 3, "scale": 1.1, "noise": 0.1, "brightness": 0.1, "gamma": 1.3}})
    assert [code.value for code in codes_for(effects, moved=True)] == ["113085", "113042", "TONE"]
    assert codes_for({}, moved=False) == ()
    assert [code.value for code in codes_for({}, moved=True)] == ["113085"]


def values(effects=(), faint=(), *, moved=False):
    codes = codes_for(dict(effects), moved=moved, faint=dict(faint), changed=True)
    return [code.value for code in codes]


def test_changed_pixels_always_have_a_code():
    assert values(faint={"brightness": Interval(0.002, 0.002), "noise": Interval(0.001, 0.001)}) == ["113042"]
    assert values(faint={"blur": Interval(0, 0.5)}) == ["113088"]
    assert values(faint={"outside": Interval(0.001, 0.001)}) == ["CHANGED"]
    assert values() == ["CHANGED"]


def test_what_may_not_have_happened_gives_no_code_beside_what_did():
    assert values(moved=True, faint={"blur": Interval(0, 0.5), "noise": Interval(0.001, 0.002)}) == ["113085", "113042"]


def test_faint_effects_of_unchanged_pixels_give_no_code():
    assert codes_for({}, moved=False, faint={"noise": Interval(0.001, 0.001)}, changed=False) == ()


def test_effects_are_told_in_words():
    effects = effects_in({"effects": {"rotation": 3.25, "noise": [0.01, 0.02], "mirror_vertical": 1}})
    assert describe_effects(effects, changed=True) == "mirror_vertical, rotation 3.25 deg, noise 1 to 2 %"


def test_what_lies_below_what_counts_is_told_as_such():
    effects, faint = {"rotation": Interval(-2.2, -2.2)}, {"noise": Interval(0.002, 0.002)}
    assert describe_effects(effects, faint=faint, changed=True) == "rotation -2.2 deg; below what counts: noise 0.2 %"
    assert describe_effects({}, faint=faint, changed=True) == "below what counts: noise 0.2 %"


def test_a_faint_factor_is_not_rounded_to_one():
    faint = {"contrast": Interval(1.0003, 1.0003), "scale": Interval(0.9996, 0.9996)}
    assert describe_effects({}, faint=faint, changed=True).endswith("contrast 1.0003 x, scale 0.9996 x")


def test_whether_pixels_changed_is_never_told_wrongly():
    assert describe_effects({}, changed=True) == "pixels changed"
    assert describe_effects({}, changed=True, undeclared=True) == "of an undeclared transform"
    assert describe_effects({}, faint={"noise": Interval(1e-5, 1e-5)}) == "no pixel differs from the source"
    mirrored = {"mirror_horizontal": Interval(1, 1)}
    assert describe_effects(mirrored) == "mirror_horizontal; no pixel differs from the source"
    assert describe_effects(mirrored, changed=True, undeclared=True).endswith("that nobody has declared")


def test_pixels_that_were_only_cut_off_were_not_resampled():
    cut = Placed((0,), 10, 10, None)
    deed = Deed("1", "2", "3", 1, 0, "p", 0, "0", moved=False, effects={"shift": Interval(0.1, 0.1)}, placed=cut)
    assert [code.value for code in deed.codes] == ["GRID"]
    assert [code.value for code in replace(deed, placed=replace(cut, interpolated=True)).codes] == ["113085"]
