import os

import pytest

from domainaug.app.root import MOST_UPLOADED, Root, checked_upload, root_of
from domainaug.errors import OutputError, UnreadableInput


@pytest.fixture
def filled(root, tmp_path):
    for name in ("b.png", "a/scan.nii.gz", "a/A.PNG", ".hidden.png", ".secret/x.png", "note.txt"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"x")
    (tmp_path / "outside.png").write_bytes(b"x")
    (root / "link.png").symlink_to(tmp_path / "outside.png")
    (root / "inner.png").symlink_to(root / "b.png")
    return Root(root.resolve())


class TestListing:
    def test_files_are_told_by_ending_and_name(self, filled):
        assert filled.files((".png",)) == ("a/A.PNG", "b.png", "inner.png")
        assert filled.files((".nii.gz",)) == ("a/scan.nii.gz",)

    def test_hidden_ones_and_links_that_lead_out_are_left_out(self, filled):
        assert not {".hidden.png", ".secret/x.png", "link.png"} & set(filled.files(()))

    def test_what_cannot_be_opened_or_shown_is_left_out(self, filled, root):
        (root / "loop.png").symlink_to(root / "loop.png")
        (root / "nowhere.png").symlink_to(root / "gone.png")
        (root / "line\nbreak.png").write_bytes(b"x")
        (root / os.fsdecode(b"latin-\xe9.png")).write_bytes(b"x")
        os.mkfifo(root / "pipe.png")
        assert filled.files((".png",)) == ("a/A.PNG", "b.png", "inner.png")
        with pytest.raises(UnreadableInput, match="no such file"):
            filled.inside("loop.png")

    def test_a_large_folder_is_cut_short(self, filled):
        assert len(filled.files((), most=2)) == 2

    def test_folders_start_with_the_root(self, filled):
        assert filled.folders() == (".", "a")

    def test_a_run_is_one_folder_whatever_it_made(self, filled, root):
        for name in ("out/ledger.sqlite", "out/scratch/part_aug000.png", "z/part.png"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(b"x")
        assert filled.folders() == (".", "a", "out", "z")
        assert "out/scratch/part_aug000.png" not in filled.files(())
        assert "out/ledger.sqlite" in filled.files(())
        assert Root(root / "out").folders() == (".", "scratch")  # unless it is what the app was started for


class TestInside:
    def test_what_is_there_is_found(self, filled, root):
        assert filled.inside("a/A.PNG") == root / "a" / "A.PNG"
        assert filled.inside(".") == root

    @pytest.mark.parametrize("name", ["../outside.png", "/etc/passwd", "a/../../outside.png", "link.png", "b\0.png"])
    def test_nothing_outside_is_reached(self, filled, name):
        with pytest.raises(UnreadableInput, match="outside the folder") as refused:
            filled.inside(name)
        assert refused.value.code == "outside"

    def test_what_is_not_there_is_said(self, filled):
        with pytest.raises(UnreadableInput, match="no such file"):
            filled.inside("c.png")


class TestNew:
    def test_a_new_file_gets_its_folder(self, filled, root):
        assert filled.new("profiles/own.yaml") == root / "profiles" / "own.yaml"
        assert (root / "profiles").is_dir()

    @pytest.mark.parametrize("name", ["../own.yaml", "/tmp/own.yaml", ".", "b.png"])
    def test_nothing_is_written_outside_or_over_what_is_there(self, filled, name):
        with pytest.raises(OutputError):
            filled.new(name)


def test_messages_do_not_tell_where_the_root_lies(filled, root):
    assert filled.short(f"{root}{os.sep}a: broken") == "a: broken"
    assert filled.short(f"{root}: empty") == "the root: empty"


class TestRootOf:
    def test_it_is_what_the_server_was_told(self, root):
        assert root_of(["--root", str(root)]).folder == root.resolve()

    def test_without_a_word_it_is_the_working_folder(self, root, monkeypatch):
        monkeypatch.chdir(root)
        assert root_of([]).folder == root.resolve()

    def test_no_folder_is_refused(self, root):
        with pytest.raises(UnreadableInput, match="no such folder"):
            root_of(["--root", str(root / "missing")])


class TestUploads:
    def test_the_ending_is_all_that_a_name_is_good_for(self):
        assert checked_upload("../../etc/Scan.NII.GZ", b"x", (".nii.gz", ".gz")) == ".nii.gz"

    @pytest.mark.parametrize(
        ("name", "content", "code"),
        [
            ("a.png", b"", "empty"),
            ("a.png", bytes(MOST_UPLOADED + 1), "too-large"),
            ("a.exe", b"x", "not-an-image"),
            ("png", b"x", "not-an-image"),
        ],
    )
    def test_the_rest_is_refused(self, name, content, code):
        with pytest.raises(UnreadableInput) as refused:
            checked_upload(name, content, (".png",))
        assert refused.value.code == code
