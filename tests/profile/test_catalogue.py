"""Profiles are found by id in the catalogue, or by path; a wrong name gets the nearest right one."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from domainaug.errors import ProfileError, UnknownName
from domainaug.profile import catalogue, catalogue_folder, list_profiles, load_profile
from domainaug.profile.catalogue import title_of

EVERY = list_profiles(include_abstract=True)


def test_the_catalogue_is_listed_in_order_without_what_is_abstract():
    listed = list_profiles()
    assert "medical/chest-xray" in listed
    assert "medical/radiograph" not in listed
    assert "medical/radiograph" in EVERY
    assert listed == sorted(listed)


@pytest.mark.parametrize("name", EVERY)
def test_what_is_listed_loads_and_is_called_so(name):
    profile = load_profile(name)
    assert profile.id == name
    assert profile.abstract == (name not in list_profiles()), "listing reads `abstract` without parsing"


def test_one_domain():
    assert list_profiles("medical") == [name for name in list_profiles() if name.startswith("medical/")]
    with pytest.raises(UnknownName, match="no domain is called 'medicl'; did you mean 'medical'"):
        list_profiles("medicl")


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("medical/chest-xry", "medical/chest-xray"),
        ("chest-xray", "medical/chest-xray"),
        ("chest_xray", "medical/chest-xray"),
        ("Medical/Chest-Xray", "medical/chest-xray"),
        ("../profiles/medical/chest-xray", "medical/chest-xray"),
    ],
)
def test_an_unknown_name_gets_the_nearest(asked, nearest):
    with pytest.raises(UnknownName) as caught:
        load_profile(asked)
    assert caught.value.nearest == nearest


def test_a_path_loads_as_text_or_as_path(desk):
    path = desk.write("")
    assert load_profile(path) == load_profile(str(path))
    assert load_profile(path).path == path


def test_a_changed_file_is_read_again_and_so_is_a_changed_parent(desk, rule):
    desk.write("limits:\n" + rule("rotation", "max: 10 deg"), "up.yaml", head="id: my/up\nversion: 1.0.0\ntitle: U\n")
    assert desk.load("extends: up.yaml\n").limits[0].high == 10
    desk.write("limits:\n" + rule("rotation", "max: 7.5 deg"), "up.yaml", head="id: my/up\nversion: 1.0.0\ntitle: U\n")
    assert load_profile(desk.folder / "own.yaml").limits[0].high == 7.5


def test_loading_again_is_quick_and_gives_mappings_of_ones_own():
    first = load_profile("medical/chest-xray")
    start = time.process_time()
    again = load_profile("medical/chest-xray")
    assert time.process_time() - start < 0.05
    assert again == first
    first.options["laterality_free"] = "spoiled"  # type: ignore[index]
    first.recipe[0].clear()  # type: ignore[attr-defined]
    assert load_profile("medical/chest-xray") == again


def test_a_profile_of_the_catalogue_has_the_name_of_its_road(tmp_path, monkeypatch):
    folder = tmp_path / "profiles"
    (folder / "medical").mkdir(parents=True)
    (folder / "medical" / "knee.yaml").write_text("id: medical/elbow\nversion: 1.0.0\ntitle: Knee\n")
    monkeypatch.setattr(catalogue, "catalogue_folder", lambda: folder)
    with pytest.raises(ProfileError, match="'medical/knee'; got 'medical/elbow'"):
        load_profile("medical/knee")


def test_the_folder_holds_the_references():
    assert (catalogue_folder() / "references.bib").is_file()


def test_listing_and_loading_need_no_albumentations():
    code = (
        "import sys, domainaug as da\n"
        "for name in da.list_profiles(include_abstract=True): da.load_profile(name).explain('rotation')\n"
        "assert 'albumentations' not in sys.modules and 'cv2' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


@pytest.mark.parametrize("name", list_profiles(include_abstract=True))
def test_titles_can_be_had_without_loading(name):
    assert title_of(name) == load_profile(name).title


def test_a_title_of_a_profile_that_is_not_there_names_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'medical/chest-xray'"):
        title_of("medical/chest-xry")
