"""A bank from a labeled data set."""

from __future__ import annotations

import numpy as np
import pytest
from plate_sets import plate, plates, save

from domainaug.errors import UnknownName, UnreadableInput
from domainaug.manufacturing import Part
from domainaug.run.defects.banking import bank_of

PART = Part(pixel_pitch_mm=0.1)


def test_every_marked_defect_is_cut_out_once_with_what_it_came_from(tmp_path):
    told = []
    bank, aside = bank_of(plates(tmp_path), PART, progress=told.append)
    assert bank.kinds["hole"] == 3
    assert {patch.source for patch in bank.patches if patch.kind == "hole"} == {
        f"test/hole/{number:03d}.png" for number in range(3)
    }
    assert aside == ()
    assert told[-1].done == told[-1].total == len(bank.patches)


def test_one_class_and_only_so_many(tmp_path):
    bank, _ = bank_of(plates(tmp_path), PART, classes=["hole"], most=2)
    assert bank.kinds == {"hole": 2}
    with pytest.raises(UnknownName, match="holes"):
        bank_of(tmp_path, PART, classes=["holes"])


def test_a_picture_whose_label_cannot_be_read_is_set_aside(tmp_path):
    folder = plates(tmp_path)
    mask = next((folder / "ground_truth" / "hole").iterdir())
    mask.write_bytes(b"no picture")
    bank, aside = bank_of(folder, PART, classes=["hole"])
    assert bank.kinds == {"hole": 2}
    assert len(aside) == 1


def test_without_a_label_there_is_no_bank(tmp_path):
    save(tmp_path / "a.png", plate(0))
    save(tmp_path / "b.png", np.asarray(plate(1)))
    with pytest.raises(UnreadableInput, match="no label here marks"):
        bank_of(tmp_path, PART)
