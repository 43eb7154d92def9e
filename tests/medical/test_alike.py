"""What a file repeats is not parsed again, and everything comes out as if it had been."""

from __future__ import annotations

import io

import numpy as np
import pydicom
import pytest
from pydicom.filereader import read_dataset

from domainaug.errors import UnreadableInput
from domainaug.medical import alike, load, plain, read_study
from domainaug.medical.alike import Opener, differing
from domainaug.medical.explicit import walk
from domainaug.medical.instance import ASKED, describe, describe_placed, read_instance
from domainaug.medical.opening import open_dicom
from domainaug.medical.pixels import decode, pixel_type


def place(instance):
    return np.empty((instance.rows, instance.columns), pixel_type(instance.storage))


def whole(path):
    dataset = open_dicom(path, pixels=True)
    return decode(dataset, describe(dataset, path))


@pytest.mark.parametrize("kind", range(6))
def test_headers_and_pixels_are_those_of_the_strict_reader(kind, series, odd_ones):
    folder = series(range(0, 60, 5), each=lambda index: odd_ones(index)[kind])
    opener = Opener()
    for path in sorted(folder.iterdir()):
        strict = open_dicom(path, pixels=True)
        instance = describe(strict, path)
        pixels = strict.pop("PixelData") and decode(open_dicom(path, pixels=True), instance)
        strict.pop("DataSetTrailingPadding", None)
        picture = opener.picture(path, place)
        found = picture.opened.dataset
        found.pop("DataSetTrailingPadding", None)
        assert picture.finished()
        assert picture.opened.instance == instance == opener.header(path).instance
        assert np.array_equal(picture.plane, pixels)
        assert found.to_json() == strict.to_json()
        assert found.file_meta.to_json() == strict.file_meta.to_json()


def test_only_the_first_file_of_a_series_is_parsed(series, monkeypatch):
    folder = series(range(0, 100, 5))
    strictly = []
    monkeypatch.setattr(alike, "open_dicom", lambda path, **how: strictly.append(path) or open_dicom(path, **how))
    study = read_study(folder)
    assert len(strictly) == 1
    load(study.series[0].files)
    assert len(strictly) == 2


FAULTS = {
    "bad-geometry": {"ImagePositionPatient": [1e6, 0, 0]},
    "bad-bits": {"HighBit": 7},
    "bad-spacing": {"PixelSpacing": [0.0001, 1]},
    "multi-frame": {"NumberOfFrames": 2},
    "bad-size": {"Rows": 0},
    "truncated": {"Rows": 4000},
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_bad_file_among_good_ones_is_refused_as_it_is_alone(code, series):
    folder = series((0, 5, 10), each=lambda index: FAULTS[code] if index == 1 else {})
    bad = folder / "7-1.dcm"
    opener = Opener()
    opener.header(folder / "0-0.dcm")
    for read in (opener.header, read_instance):
        with pytest.raises(UnreadableInput) as caught:
            read(bad)
        assert caught.value.code == code
    assert [one.code for one in read_study(folder).set_aside] == [code]


@pytest.mark.parametrize("cut", [1, 2, 1000, 33_000, 38_000])
def test_a_file_that_is_cut_is_refused_as_it_is_alone(cut, series):
    folder = series((0, 5), DataSetTrailingPadding=None)
    good, bad = folder / "0-0.dcm", folder / "7-1.dcm"
    bad.write_bytes(bad.read_bytes()[:-cut])
    opener = Opener()
    opener.picture(good, place)
    codes = []
    for read in (lambda: opener.picture(bad, place), lambda: whole(bad)):
        with pytest.raises(UnreadableInput) as caught:
            read()
        codes.append(caught.value.code)
    assert codes[0] == codes[1]


def outcome(read, path):
    try:
        return read(path)
    except UnreadableInput as error:
        return error.code


def test_a_file_whose_name_is_damaged_is_refused_as_it_is_alone(series):
    folder = series((0, 5))
    bad = folder / "7-1.dcm"
    bad.write_bytes(bad.read_bytes().replace(b"1.2.826.0.1.", b"1.2.826.0.x."))
    assert outcome(read_instance, bad) == "bad-uid"
    assert [one.code for one in read_study(folder).set_aside] == ["bad-uid"]


def test_damaged_bytes_never_make_it_more_lenient_than_the_strict_reader(series):
    folder = series((0, 5))
    good, bad = folder / "0-0.dcm", folder / "7-1.dcm"
    content, rng = bad.read_bytes(), np.random.default_rng(0)
    opener, agreed = Opener(), 0
    opener.header(good)
    for _ in range(150):
        damaged = bytearray(content)
        for at in rng.integers(132, 6000, rng.integers(1, 4)):
            damaged[at] = rng.integers(0, 256)
        bad.write_bytes(bytes(damaged))
        strict, found = (outcome(read, bad) for read in (read_instance, lambda path: opener.header(path).instance))
        assert found == strict
        agreed += not isinstance(strict, str)
    assert agreed > 20


def test_describing_asks_for_what_it_says_it_asks_for(real):
    names: set[str] = set()

    class Asked(pydicom.Dataset):
        def get(self, key, default=None):
            names.add(key)
            return super().get(key, default)

        def __contains__(self, name):
            names.add(name)
            return super().__contains__(name)

        def __getattr__(self, name):
            if name[0].isupper():
                names.add(name)
            return super().__getattr__(name)

    for name in ("CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm"):
        strict = open_dicom(real(name), pixels=False)
        asked = Asked(dict(strict.items()))
        asked.file_meta = strict.file_meta
        assert describe(asked, real(name)) == read_instance(real(name))
    assert {name for name in names if isinstance(name, str)} <= set(ASKED)


def test_a_place_is_held_against_the_rules(real):
    known = read_instance(real("CT_small.dcm"))
    assert describe_placed(known, known.path, known.sop_instance_uid, known.position) == known
    for uid, position in (("x", (0.0, 0.0, 0.0)), ("1.2", (0.0, 0.0)), ("1.2", (0.0, 0.0, 2e5))):
        assert describe_placed(known, known.path, uid, position) is None


def test_headers_are_held_against_the_one_that_took_the_first_one_s_place(series):
    varied = [{}, {"RescaleIntercept": -1000, "ImageComments": "another layout"}, {}]
    files = sorted(series((0, 5, 10), each=lambda index: varied[index]).iterdir(), key=lambda path: path.name[2:])
    opener = Opener()
    for path in files[:2]:
        opener.strictly(path, place)
    assert opener.header(files[2]).instance == read_instance(files[2])


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SOPInstanceUID", "1.2.3", True),
        ("ImagePositionPatient", ["-163.7001953125", "1", "+2.5"], True),
        ("SliceLocation", "1e3", False),
        ("InstanceNumber", "12", True),
        ("ContentTime", "120000.123", True),
        ("StudyDescription", "head, axial", True),
        ("StudyDescription", " led by a space", False),
        ("StudyDescription", ["two", "values"], False),
        ("Rows", 512, True),
        ("OtherPatientIDsSequence", [], False),
        ("PatientName", "A^B", False),
    ],
)
def test_plain_elements_decode_and_are_written_again_as_they_were(name, value, expected):
    dataset = pydicom.Dataset()
    setattr(dataset, name, value)
    written = encoded(dataset)
    assert plain.is_plain(written) == expected
    again = read_dataset(io.BytesIO(written), is_implicit_VR=False, is_little_endian=True)
    assert [element.value for element in again] == [element.value for element in dataset]
    assert encoded(again) == written


def encoded(dataset):
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, dataset, implicit_vr=False, little_endian=True)
    return stream.getvalue()


def test_a_layout_tells_headers_apart_as_walking_through_them_does(series):
    alike = series((10, 15, 20, 25), each=lambda index: {"InstanceNumber": index + 1})
    contents = [path.read_bytes() for path in sorted(alike.iterdir())]
    first = walk(contents[0])
    layout = plain.Layout.of(contents[0], first, frozenset())
    for content in contents:
        elements, changed = layout.match(content) or pytest.fail("laid out alike")
        other = walk(content)
        assert (elements.meta, elements.body) == (other.meta, other.body)
        assert changed == differing(other.body, first.body)
    assert layout.match(contents[1].replace(b"\x20\x00\x13\x00IS", b"\x20\x00\x13\x00LO")) is None
    assert layout.match(contents[1][:3000]) is None
