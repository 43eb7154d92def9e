"""A spliced file is the one that deriving its image whole gives, byte for byte; else nothing is spliced."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pydicom
import pytest

from domainaug.effects import Interval
from domainaug.medical import load, read_study, splice, writer
from domainaug.medical.deeds import Deed
from domainaug.medical.derive import READ, WRITTEN, derive, to_bytes
from domainaug.medical.splice import DerivedFile, Splicer
from domainaug.medical.terms import Terms
from domainaug.medical.writer import derived_files, write_series

DEED = Deed("2.25.7", "2.25.8", "2.25.9", 1, 0, "medical/ct-chest 1.0.0 (abababababab)", 7, "0.1.0", moved=True)
RECORDS = {
    "moved": {"moved": True, "record": {"effects": {"rotation": 3.0, "noise": 0.01}}},
    "still": {"moved": False, "record": {"effects": {"brightness": 0.05}, "faint": {"noise": 0.001}}},
}


TERMS = Terms(frozenset(["burned-in-unknown"]))


def whole_files(loaded, seen, told, monkeypatch):
    """The same files, every one derived whole."""
    with monkeypatch.context() as patch:
        patch.setattr(splice, "_model", lambda *_: None)
        return write_series(loaded, seen, told, TERMS)


@pytest.mark.parametrize("how", RECORDS)
@pytest.mark.parametrize("kind", range(6))
def test_all_kinds_of_differences_between_slices_come_out_as_if_derived_whole(
    kind, how, series, told, odd_ones, monkeypatch
):
    folder = series(range(0, 100, 5), each=lambda index: odd_ones(index)[kind])
    loaded = load(read_study(folder).series[0].files)
    seen = loaded.view.seen()
    seen[::3] += 9  # some slices are left alone, and say so
    run = told(**RECORDS[how])
    want = whole_files(loaded, seen, run, monkeypatch)
    got = write_series(loaded, seen, run)
    for one, other in zip(got, want, strict=True):
        assert elements(one) == elements(other)
    assert got == want


def elements(content):
    return [(x.tag, x.VR, x.value if x.VR != "SQ" else str(x)) for x in pydicom.dcmread(io.BytesIO(content)).iterall()]


@pytest.mark.parametrize("how", RECORDS)
def test_every_file_of_pydicom_comes_out_as_if_derived_whole(how, real, told, monkeypatch, tmp_path):
    tried = 0
    for path in sorted(real("CT_small.dcm").parent.glob("*.dcm")):
        try:
            loaded = load([path, path, path])
        except writer.DomainAugError:
            continue
        seen = loaded.view.seen()
        run = told(**RECORDS[how])
        assert write_series(loaded, seen, run, TERMS) == whole_files(loaded, seen, run, monkeypatch), path.name
        tried += 1
    assert tried >= 10


def test_most_slices_are_spliced(series, told, monkeypatch):
    loaded = load(read_study(series(range(0, 100, 5))).series[0].files)
    whole = []
    monkeypatch.setattr(writer, "derive", lambda *given: whole.append(given) or derive(*given))
    write_series(loaded, loaded.view.seen() + 1, told(**RECORDS["moved"]))
    assert len(whole) <= 4  # a model and a proof for each length of a UID


def test_a_splice_that_does_not_prove_itself_is_never_used(series, told, monkeypatch):
    loaded = load(read_study(series(range(0, 60, 5))).series[0].files)
    seen = loaded.view.seen() + 1
    want = write_series(loaded, seen, told())
    spoiled = splice._Model.header
    monkeypatch.setattr(splice._Model, "header", lambda *given: spoiled(*given).replace(b"DERIVED", b"DERIVEX"))
    assert write_series(loaded, seen, told()) == want


def test_another_deed_is_not_spliced(series):
    loaded = load(read_study(series((0, 5, 10))).series[0].files)
    splicer = Splicer(lambda *given: to_bytes(derive(*given)))
    plane = loaded.view.stored[0]
    for effects in ({}, {}, {"rotation": Interval(1.0, 1.0)}):
        for one in loaded.opened:
            deed = replace(DEED, effects=effects, instance_uid=f"2.25.{one.instance.sop_instance_uid[-1]}")
            assert bytes(splicer.file(one, plane, deed)) == to_bytes(derive(one.dataset, plane, deed))


def test_what_deriving_reads_and_writes_is_what_it_says(real):
    read: set[str] = set()

    class Asked(pydicom.Dataset):
        def get(self, key, default=None):
            read.add(key)
            return super().get(key, default)

        def __getattr__(self, name):
            if name[0].isupper():
                read.add(name)
            return super().__getattr__(name)

    strict = pydicom.dcmread(real("CT_small.dcm"))
    source = Asked(dict(strict.items()))
    source.file_meta = strict.file_meta
    out = derive(source, strict.pixel_array, replace(DEED, effects={"gamma": Interval(1.1, 1.1)}))
    assert {name for name in read if isinstance(name, str)} - {"SOPInstanceUID"} <= READ
    before = {element.keyword: element for element in strict}
    changed = {x.keyword for x in out if before.get(x.keyword) != x}
    assert changed - {"PixelData"} <= READ | WRITTEN


def test_files_are_written_in_parts(tmp_path):
    plane = np.arange(15, dtype=np.uint8).reshape(3, 5)
    for durable in (False, True):
        DerivedFile(b"head", plane).write(tmp_path / "x", durable=durable)
        assert (tmp_path / "x").read_bytes() == b"head" + bytes(range(15)) + b"\0" == bytes(DerivedFile(b"head", plane))
    assert bytes(DerivedFile(b"all of it")) == b"all of it"


def test_a_series_is_yielded_file_by_file(series, told):
    loaded = load(read_study(series((0, 5))).series[0].files)
    files = derived_files(loaded, loaded.view.seen(), told(), threads=1)
    assert bytes(next(files))[128:132] == b"DICM"
