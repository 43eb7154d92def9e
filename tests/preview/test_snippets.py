import shlex
import subprocess
import sys

import cv2
import numpy as np
from typer.testing import CliRunner

import domainaug as da
from domainaug import load_profile
from domainaug.cli import app
from domainaug.preview.snippets import command_line, preview_command, python_lines

_KEEP = "import numpy; [numpy.save(f'{one.copy}.npy', one.sample.image) for one in copies]"


def test_the_lines_run_and_make_the_pictures_of_a_run(masked, tmp_path, monkeypatch):
    profile = load_profile("manufacturing/aligned-assembly", options={"pixel_pitch_mm": 0.1})
    drawn = {"copies": 2, "seed": 7, "strength": 0.5}
    lines = python_lines(profile, "data", "images/b.png", **drawn)
    assert len([line for line in lines.splitlines() if line]) <= 6
    monkeypatch.chdir(tmp_path)
    assert masked == tmp_path / "data"
    done = subprocess.run([sys.executable, "-c", f"{lines}\n{_KEEP}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    line = command_line(profile, "data", **drawn)
    done = CliRunner().invoke(app, shlex.split(line)[1:])
    assert done.exit_code == 0, done.output
    for copy in range(2):
        written = cv2.imread(f"out/images/b_aug{copy:03d}.png", cv2.IMREAD_UNCHANGED)
        assert np.array_equal(np.load(f"{copy}.npy"), written)


def test_what_is_trained_with_stands_in_the_last_line(scene):
    profile = load_profile("manufacturing/pcb")
    space = {"da": da, "profile": profile}
    exec(python_lines(profile, seed=7, strength=0.5).splitlines()[-1], space)
    image = np.repeat(scene[..., None], 3, axis=2)
    expected = profile.compose(seed=7, strength=0.5)(image=image)["image"]
    assert np.array_equal(space["pipeline"](image=image)["image"], expected)


def test_defaults_are_not_repeated():
    lines = python_lines(load_profile("medical/chest-xray"))
    assert "options" not in lines
    assert "strength" not in lines


def test_the_command_is_understood_and_writes_the_copies(masked, tmp_path):
    profile = load_profile("manufacturing/aligned-assembly", options={"pixel_pitch_mm": 0.1})
    words = shlex.split(command_line(profile, str(masked), str(tmp_path / "out"), copies=2, seed=5))
    assert words[0] == "domainaug"
    done = CliRunner().invoke(app, [*words[1:], "--dry-run"])
    assert done.exit_code == 0, done.output


def test_names_are_quoted_where_a_shell_would_read_them():
    line = command_line(load_profile("medical/chest-xray"), "my data; rm -rf x")
    assert shlex.split(line)[2] == "my data; rm -rf x"


def test_copies_of_the_folder_one_is_in_go_beside_it(masked, monkeypatch):
    monkeypatch.chdir(masked)
    done = CliRunner().invoke(app, shlex.split(command_line(load_profile("manufacturing/pcb"), "."))[1:])
    assert done.exit_code == 0, done.output
    assert (masked.parent / "out" / "images" / "a_aug000.png").is_file()


def test_the_sheet_of_the_page_can_be_had_on_the_command_line(masked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = preview_command(load_profile("manufacturing/pcb"), str(masked), copies=2, seed=5, item="images/b.png")
    done = CliRunner().invoke(app, shlex.split(line)[1:])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "sheet.png").is_file()
