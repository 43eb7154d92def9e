from dataclasses import dataclass

import pytest

pytest.importorskip("streamlit")

from domainaug.app.uploading import stored_upload
from domainaug.errors import DomainAugError, UnreadableInput


@dataclass
class Sent:
    name: str
    content: bytes = b"x"

    def getvalue(self):
        return self.content


def names(place):
    return sorted(path.name for path in place.iterdir())


def test_files_lie_in_a_folder_of_their_own(tmp_path):
    place = stored_upload([Sent("part.png"), Sent("part_mask.png")], tmp_path)
    assert place.parent == tmp_path
    assert names(place) == ["part.png", "part_mask.png"]


def test_the_same_ones_are_not_written_twice_and_others_lie_elsewhere(tmp_path):
    first = stored_upload([Sent("a.png")], tmp_path)
    assert stored_upload([Sent("a.png")], tmp_path) == first
    assert stored_upload([Sent("a.png", b"y")], tmp_path) != first
    assert names(tmp_path) == sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("tmp"))


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("..png", "upload.png"),
        ("a b\n![x](y).PNG", "a_b_x_y.png"),
        ("scan.NII.GZ", "scan.nii.gz"),
        (".dcm", "upload.dcm"),
        ("x" * 300 + ".tif", "x" * 80 + ".tif"),
    ],
)
def test_a_name_is_a_name_and_no_road(tmp_path, name, stored):
    assert names(stored_upload([Sent(name)], tmp_path)) == [stored]


def test_two_of_one_name_are_both_kept(tmp_path):
    assert len(names(stored_upload([Sent("IM1.dcm", b"1"), Sent("x/IM1.dcm", b"2")], tmp_path))) == 2


def test_other_kinds_are_refused_and_leave_nothing(tmp_path):
    with pytest.raises(UnreadableInput):
        stored_upload([Sent("a.png"), Sent("a.exe")], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_too_many_are_refused(tmp_path):
    with pytest.raises(DomainAugError, match="at most 400"):
        stored_upload([Sent(f"{n}.png") for n in range(401)], tmp_path)
