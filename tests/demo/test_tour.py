import re

import pytest
from typer.testing import CliRunner

from domainaug.cli import app
from domainaug.demo.material import gather
from domainaug.demo.tour import Tour, draws, make_room, take
from domainaug.errors import MissingExtra, OutputError

pytest.importorskip("data_store")
pytest.importorskip("skimage")


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    said = []
    made = take(tmp_path_factory.mktemp("demo") / "out", quick=True, say=said.append)
    return made, said


@pytest.mark.slow
class TestTour:
    def test_everything_it_claims_comes_true(self, tour):
        made, _ = tour
        assert made.ok
        assert made.outputs == made.identical >= 8
        assert made.findings >= 5
        assert made.new_errors in (0, None)

    def test_the_page_opens_offline_and_shows_every_dataset(self, tour):
        made, _ = tour
        page = made.page.read_text(encoding="utf-8")
        assert not re.search(r'(src|href)="(?!data:)', page)
        for title in ("A chest radiograph", "A CT slice", "An MR slice", "A retina", "A stained section"):
            assert title in page
        for title in ("An ultrasound screen", "Parts with masks", "Surfaces", "camera"):
            assert title in page
        assert page.count("<figure") >= 20
        assert "MED101" in page

    def test_it_says_what_it_does(self, tour):
        _, said = tour
        assert sum(line.startswith("augment:") for line in said) == 9

    def test_no_name_of_a_patient_is_on_the_page(self, tour):
        made, _ = tour
        page = made.page.read_text(encoding="utf-8")
        import pydicom

        for path in (made.page.parent / "source").rglob("*.dcm"):
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
            for value in (dataset.get("PatientName"), dataset.get("PatientID")):
                assert not value or len(str(value)) < 4 or str(value) not in page


class TestRoom:
    def test_an_earlier_tour_makes_room(self, tmp_path):
        make_room(tmp_path)
        (tmp_path / "source").mkdir()
        (tmp_path / "source" / "old.png").write_bytes(b"")
        make_room(tmp_path)
        assert not (tmp_path / "source").exists()

    def test_a_folder_that_holds_something_else_is_left_alone(self, tmp_path):
        (tmp_path / "thesis.txt").write_text("mine")
        with pytest.raises(OutputError, match="holds something else"):
            take(tmp_path, say=lambda _: None)
        assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]

    def test_missing_wheels_are_named(self, tmp_path, monkeypatch):
        monkeypatch.setattr("domainaug.demo.material.find_spec", lambda _: None)
        with pytest.raises(MissingExtra, match=r'pip install "domainaug\[demo\]"'):
            gather(tmp_path)

    @pytest.mark.parametrize(("identical", "errors", "exit_code"), [(3, 0, 0), (2, 0, 1), (3, 1, 1), (3, None, 0)])
    def test_the_command_fails_when_a_claim_does_not_come_true(
        self, monkeypatch, tmp_path, identical, errors, exit_code
    ):
        made = Tour(tmp_path / "index.html", 3, identical, errors, 6, 1.0)
        monkeypatch.setattr("domainaug.demo.tour.take", lambda *_, **__: made)
        result = CliRunner().invoke(app, ["demo", "--out", str(tmp_path)])
        assert result.exit_code == exit_code
        assert result.stdout.strip() == str(tmp_path / "index.html")


def test_draws_of_the_common_pipeline_are_told_by_their_steps():
    import numpy as np

    image = np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)
    made = list(draws(image, wanted=3))
    assert len(made) == 3
    for picture, names in made:
        assert picture.shape == image.shape
        assert len(names.split(", ")) >= 2
