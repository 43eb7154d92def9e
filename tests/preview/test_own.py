import pytest

from domainaug import load_profile
from domainaug.errors import OutputError, ProfileError
from domainaug.preview.knobs import turned
from domainaug.preview.own import own_profile, save_profile


@pytest.fixture
def chest():
    return load_profile("medical/chest-xray")


def test_what_was_turned_is_saved_and_read_back(chest, tmp_path):
    mine = turned(chest.with_options(laterality_free=True), {"0.rotate": (-8, 8)}, ["2"])
    loaded = save_profile(own_profile(mine, "own/films", "Films of our hospital"), tmp_path / "films.yaml")
    assert loaded.id == "own/films"
    assert loaded.title == "Films of our hospital"
    assert loaded.parents[0] == "medical/chest-xray"
    assert loaded.options["laterality_free"] is True
    assert loaded.limits == chest.limits
    assert [next(iter(step)) for step in loaded.recipe] == ["Affine", "OneOf", "OneOf"]
    assert loaded.recipe[0]["Affine"]["rotate"] == [-8, 8]
    assert loaded.compose(seed=0).narrowed == ()


def test_it_reads_as_if_written_by_hand(chest):
    text = own_profile(turned(chest, {"0.rotate": (-8, 8)}), "own/films")
    assert "extends: medical/chest-xray" in text
    assert "  - Affine: {rotate: [-8, 8]," in text
    assert "options" not in text
    assert "!!" not in text
    assert "#" not in text


def test_what_was_not_changed_is_left_to_the_parent(chest):
    text = own_profile(chest, "own/films")
    assert "recipe" not in text
    assert "options" not in text


def test_one_of_ones_own_can_be_extended_again(chest, tmp_path):
    first = save_profile(own_profile(turned(chest, {"0.rotate": (-8, 8)}), "own/one"), tmp_path / "one.yaml")
    again = save_profile(own_profile(turned(first, {"0.rotate": (-9, 9)}), "own/two"), tmp_path / "two.yaml")
    assert again.recipe[0]["Affine"]["rotate"] == [-9, 9]
    assert again.parents[0] == "own/one"


def test_it_says_the_way_from_where_it_will_lie_and_not_where_that_is(chest, tmp_path):
    first = save_profile(own_profile(chest, "own/one"), tmp_path / "profiles" / "one.yaml")
    text = own_profile(first, "own/two", folder=tmp_path / "mine")
    assert "extends: ../profiles/one.yaml" in text
    assert save_profile(text, tmp_path / "mine" / "two.yaml").parents[0] == "own/one"


@pytest.mark.parametrize("name", ["", "Own Films", "../films", "own\nid: x", "/abs"])
def test_a_name_that_is_none_is_refused(chest, name):
    with pytest.raises(ProfileError, match="no name of a profile"):
        own_profile(chest, name)


def test_a_title_is_text_and_nothing_else(chest, tmp_path):
    title = 'Films: "ours" # {not: yaml} \n - x'
    loaded = save_profile(own_profile(chest, "own/films", title), tmp_path / "films.yaml")
    assert loaded.title == " ".join(title.split())


def test_nothing_is_written_over(chest, tmp_path):
    path = tmp_path / "films.yaml"
    path.write_text("mine")
    with pytest.raises(OutputError, match="is there already"):
        save_profile(own_profile(chest, "own/films"), path)
    assert path.read_text() == "mine"


def test_what_cannot_be_read_back_is_not_written(tmp_path):
    with pytest.raises(ProfileError):
        save_profile("id: own/films\nversion: 1.0.0\ntitle: x\nextends: medical/no-such\n", tmp_path / "films.yaml")
    assert list(tmp_path.iterdir()) == []
