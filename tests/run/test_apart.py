"""A call in a worker process: what it gives comes back, and whatever goes wrong with it is one sentence."""

import json
import math
import multiprocessing
import os
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from hostile import DEEDS, gives, raises

from domainaug.errors import DomainAugError, MissingExtra, UnreadableInput
from domainaug.run.apart import apart


def test_what_a_call_gives_comes_back():
    assert apart(partial(json.loads, "[1, 2]")) == [1, 2]


def test_arrays_and_mappings_that_nobody_changes_travel():
    given = {"pixels": np.arange(6).reshape(2, 3), "names": MappingProxyType({1: "lung"})}
    back = apart(partial(gives, given))
    assert np.array_equal(back["pixels"], given["pixels"])
    assert back["names"] == given["names"]
    assert isinstance(back["names"], MappingProxyType)


def test_an_input_that_cannot_be_read_is_refused_as_it_was_there():
    error = UnreadableInput("truncated", "it is cut short", path=Path("in/a.png"))
    with pytest.raises(UnreadableInput) as refused:
        apart(partial(raises, error))
    assert (refused.value.code, refused.value.path, str(refused.value)) == (error.code, error.path, str(error))


def _lacking(what):
    raise MissingExtra(what, "medical")  # does not travel as it is


def test_other_errors_of_domainaug_say_what_they_say():
    with pytest.raises(DomainAugError, match="PDF needs packages"):
        apart(partial(_lacking, "PDF"))


def test_what_a_library_raises_is_told_by_its_place_alone():
    with pytest.raises(UnreadableInput) as refused:
        apart(DEEDS["stumble"], name="a.dcm")
    assert str(refused.value).startswith("a.dcm: reading it failed with KeyError (hostile.py:")
    assert "SECRET" not in str(refused.value)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on memory")
@pytest.mark.parametrize("call", [DEEDS["eat"], partial(np.zeros, 1 << 33, np.uint8)], ids=["by and by", "at once"])
def test_too_much_memory_is_a_sentence_that_says_what_to_do(call):
    with pytest.raises(UnreadableInput) as refused:
        apart(call, name="scan.nii.gz", memory_limit=1 << 29)
    assert refused.value.code == "memory"
    assert str(refused.value) == (
        "scan.nii.gz: reading it took more memory than allowed; make it smaller, or cut it into parts"
    )


def test_too_much_time_is_a_sentence_and_the_process_is_gone():
    with pytest.raises(UnreadableInput, match=r"^a.png: it took longer than 0.5 s; make it smaller"):
        apart(DEEDS["hang"], name="a.png", timeout=0.5)
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("deed", ["kill", "segfault"])
def test_a_decoder_that_dies_takes_nobody_along(deed, capfd):
    with pytest.raises(UnreadableInput) as refused:
        apart(DEEDS[deed], name="a.jp2")
    assert refused.value.code == "decoder-crash"
    assert "was ended by SIG" in str(refused.value)
    assert apart(partial(math.sqrt, 9.0)) == 3.0
    assert "Traceback" not in capfd.readouterr().err
