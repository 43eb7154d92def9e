import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from domainaug import load_profile
from domainaug.cli import app
from domainaug.layouts.layout import Sample
from domainaug.preview import variants
from domainaug.preview.sheet import Look, picture_of, sheet_of
from domainaug.preview.sources import Subject


@pytest.fixture
def profile():
    return load_profile("manufacturing/aligned-assembly")


def test_labels_are_drawn_unless_they_are_in_the_way(subject):
    assert not np.array_equal(Look(subject)(subject.sample), Look(subject, labels=False)(subject.sample))
    assert np.array_equal(Look(subject, labels=False, longest=128)(subject.sample)[..., 0], subject.values)


def test_a_copy_is_shown_under_the_window_of_its_original(subject):
    brighter = Sample(image=np.minimum(subject.values.astype(np.int32) + 40, 255).astype(np.uint8))
    look = Look(subject, labels=False)
    assert look.bare(brighter).mean() > look.bare(subject.sample).mean() + 20


def test_what_differs_is_nothing_where_nothing_happened(subject):
    assert (Look(subject).difference(subject.sample) == 236).all()


def test_planes_of_a_volume_are_shown_in_proportion(subject):
    values = np.zeros((5, 20, 30), np.int16)
    values[2, 8:12, 10:20] = np.arange(100, 200, 10)
    labels = Sample(volume=values, spacing=(4.0, 1.0, 1.0))
    body = Subject(subject.layout, subject.item, labels)
    assert Look(body, longest=60)(labels).shape == (40, 60, 3)
    assert Look(body, axis=1, longest=60)(labels).shape == (40, 60, 3)
    assert Look(body, axis=2, longest=60)(labels).shape == (60, 60, 3)
    assert Look(body, index=2, longest=60)(labels).max() > Look(body, index=0, longest=60)(labels).max()


def test_a_sheet_has_the_original_and_every_copy(subject, profile):
    few = sheet_of(subject, profile, variants(subject, profile, copies=range(3)), tile=96)
    many = sheet_of(subject, profile, variants(subject, profile, copies=range(7)), tile=96)
    assert few.dtype == np.uint8
    assert many.shape[0] > few.shape[0]


def test_small_pictures_grow_by_whole_numbers(subject):
    assert Look(subject, longest=300)(subject.sample).shape == (192, 256, 3)
    bare = Look(subject, labels=False, longest=300)(subject.sample)
    assert np.array_equal(bare[::2, ::2, 0], subject.values)


def test_a_picture_is_no_longer_than_told(subject):
    assert max(picture_of(subject, longest=64).shape[:2]) == 64


class TestCommand:
    def run(self, *words):
        return CliRunner().invoke(app, ["preview", *map(str, words)])

    def test_it_writes_a_sheet_and_says_where(self, masked, tmp_path):
        out = tmp_path / "sheet.png"
        done = self.run(masked, "-p", "manufacturing/aligned-assembly", "-n", 3, "--tile", 64, "--out", out)
        assert done.exit_code == 0, done.output
        assert done.stdout.strip() == str(out)
        with Image.open(out) as sheet:
            assert sheet.format == "PNG"

    def test_what_a_run_would_set_aside_is_told_as_such(self, tmp_path):
        ct = pytest.importorskip("pydicom.data").get_testdata_file("CT_small.dcm")
        done = self.run(ct, "-p", "medical/chest-xray", "-n", 1, "--tile", 64, "--out", tmp_path / "sheet.png")
        assert done.exit_code == 0, done.output
        assert "note: a run sets this aside (other-modality): it is CT" in done.stderr

    def test_machines_are_told_what_happened(self, masked, tmp_path):
        out = tmp_path / "sheet.png"
        done = self.run(masked, "-p", "manufacturing/aligned-assembly", "-n", 2, "--out", out, "--json")
        told = json.loads(done.stdout)
        assert told["item"] == "images/a.png"
        assert [one["copy"] for one in told["copies"]] == [0, 1]

    def test_changes_are_another_sheet(self, masked, tmp_path):
        sheets = []
        for name, more in (("a", []), ("b", ["--changes"])):
            done = self.run(masked, "-p", "manufacturing/pcb", "-n", 1, "--out", tmp_path / f"{name}.png", *more)
            assert done.exit_code == 0, done.output
            sheets.append((tmp_path / f"{name}.png").read_bytes())
        assert sheets[0] != sheets[1]

    def test_a_sheet_that_is_no_png_is_misuse(self, masked, tmp_path):
        done = self.run(masked, "-p", "manufacturing/pcb", "--out", tmp_path / "sheet.jpg")
        assert "ends in .png" in str(done.exception)
