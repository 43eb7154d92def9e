import textwrap

import pytest

from domainaug._albumentations import A
from domainaug.check.locate import lines_of

PIPELINE = A.Compose([A.HorizontalFlip(), A.Rotate(), A.Rotate()])


def located(tmp_path, source, value=PIPELINE, name="pipeline"):
    path = tmp_path / "train.py"
    path.write_text(textwrap.dedent(source))
    return dict(lines_of(path, name, value))


def test_each_step_has_the_line_it_is_written_on(tmp_path):
    source = """\
        pipeline = A.Compose([
            A.HorizontalFlip(),
            A.Rotate(), A.Rotate(),
        ])
    """
    assert located(tmp_path, source) == {(): 1, (0,): 2, (1,): 3, (2,): 3}


def test_the_last_assignment_counts_and_annotations_do_not_hide_it(tmp_path):
    source = """\
        pipeline = None
        pipeline: A.Compose = A.Compose([A.HorizontalFlip(), A.Rotate(), A.Rotate()])
    """
    assert located(tmp_path, source)[()] == 2


def test_names_imported_from_the_library_are_found(tmp_path):
    assert located(tmp_path, "def pipeline():\n    return Compose([HorizontalFlip()])")[(0,)] == 2


def test_steps_made_in_a_loop_point_to_the_statement(tmp_path):
    source = "pipeline = A.Compose([A.HorizontalFlip(), *[A.Rotate() for _ in range(2)]])"
    assert located(tmp_path, source) == {(): 1, (0,): 1}


@pytest.mark.parametrize("source", ["x = (", "other = 1", ""])
def test_a_source_that_does_not_say_gives_no_lines(tmp_path, source):
    assert located(tmp_path, source) == {}


def test_a_file_that_is_gone_gives_no_lines(tmp_path):
    assert lines_of(tmp_path / "gone.py", "pipeline", PIPELINE) == ()
