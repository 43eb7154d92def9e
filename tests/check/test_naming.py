"""Names of a file that may be pipelines, found without running it."""

import pytest

from domainaug.check.naming import names_in
from domainaug.errors import UnreadableInput


def test_names_in_the_order_of_the_file_those_that_speak_first(tmp_path):
    file = tmp_path / "train.py"
    file.write_text(
        "import albumentations as A\nSIZE = 3\nlogger = get()\n_hidden = A.Compose([])\n"
        "def main(): pass\ntrain_transform: object = A.Compose([])\nclass Noise: pass\naugment = lambda image: image\n"
        "raise SystemExit('run')\n"
    )
    assert names_in(file) == ("train_transform", "augment", "logger", "main", "Noise")


@pytest.mark.parametrize(("content", "says"), [("def :", "line 1"), ("\0", "no Python"), (None, "No such file")])
def test_what_cannot_be_read_is_told(tmp_path, content, says):
    file = tmp_path / "train.py"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UnreadableInput, match=says):
        names_in(file)
