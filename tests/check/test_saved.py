import json

import pytest

from domainaug._albumentations import A
from domainaug.check import check, load_target
from domainaug.check.saved import MOST_BYTES, read_saved, write_saved
from domainaug.errors import DomainAugError, UnknownName, UnreadableInput

PIPELINE = A.Compose([A.HorizontalFlip(p=0.5), A.OneOf([A.Rotate(limit=45), A.GaussNoise()], p=0.5)])


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_what_albumentations_saved_is_read(tmp_path, suffix):
    path = tmp_path / f"steps.{suffix}"
    A.save(PIPELINE, path, data_format=suffix)
    pipeline, _ = read_saved(path)
    assert repr(pipeline) == repr(PIPELINE)
    assert repr(load_target(str(path)).value) == repr(PIPELINE)


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_what_is_written_is_read_by_albumentations(tmp_path, suffix):
    path = tmp_path / f"steps.{suffix}"
    write_saved(PIPELINE, path)
    assert repr(A.load(path, data_format=suffix)) == repr(PIPELINE)
    assert [x.name for x in tmp_path.iterdir()] == [path.name]


def test_steps_have_the_lines_they_stand_on(tmp_path):
    path = tmp_path / "steps.json"
    write_saved(PIPELINE, path)
    _, lines = read_saved(path)
    text = path.read_text().splitlines()
    for where, line in lines:
        node = PIPELINE
        for index in where:
            node = node[index]
        assert type(node).__name__ in text[line - 1]


def test_an_argument_the_class_does_not_have_is_a_finding_with_the_nearest_name(tmp_path, film):
    data = A.to_dict(A.Compose([A.GaussNoise(std_range=(0.01, 0.02))]))
    data["transform"]["transforms"][0]["std_rang"] = [0.3, 0.4]
    path = tmp_path / "steps.json"
    path.write_text(json.dumps(data))
    (finding,) = check(load_target(str(path)).value, film, measured=False).findings
    assert finding.code == "DA101"
    assert "no argument 'std_rang'" in finding.found
    assert "did you mean 'std_range'?" in finding.found


def saved(*steps):
    return {"transform": {"__class_fullname__": "Compose", "p": 1.0, "transforms": list(steps)}}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", "{", "broken JSON in line 1, column"),
        ("a.yaml", "a: [1\nb: 2", "broken YAML in line 2"),
        ("a.yaml", "a: &x [1]\nb: *x\n", "line 2 uses an alias"),
        ("a.json", "[1, 2]", "is not what A.save.. writes"),
        ("a.json", "[" * 5000, "cannot be read|broken"),
        (
            "a.json",
            json.dumps(saved({"__class_fullname__": "HorizontalFlop", "p": 1})),
            "did you mean 'HorizontalFlip'",
        ),
        ("a.json", json.dumps(saved({"__class_fullname__": "os.system", "p": 1})), "no transform is called 'system'"),
        ("a.json", json.dumps(saved({"p": 1})), "step 0 is not what A.save"),
        ("a.json", json.dumps(saved({"__class_fullname__": "Rotate", "limit": "x", "p": 1})), "albumentations refuses"),
        ("a.json", json.dumps(saved({"__class_fullname__": "OneOf", "transforms": 3, "p": 1})), "no list of steps"),
        ("a.json", " " * (MOST_BYTES + 1), "bytes; a saved pipeline has at most"),
    ],
)
def test_a_file_that_is_no_pipeline_is_one_sentence(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises((UnreadableInput, UnknownName), match=words) as caught:
        read_saved(path)
    assert "\n" not in str(caught.value)


def test_text_that_is_not_utf8_and_a_folder_are_one_sentence(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableInput, match="not UTF-8"):
        read_saved(path)
    with pytest.raises(UnreadableInput):
        read_saved(tmp_path)


def unchanged(image, **_):
    return image


def test_a_pipeline_that_cannot_be_saved_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(DomainAugError, match="cannot save this pipeline"):
        write_saved(A.Compose([A.Lambda(image=unchanged)]), path)
    assert path.read_text() == "old"


def test_a_folder_that_does_not_exist_is_one_sentence(tmp_path):
    with pytest.raises(DomainAugError, match="cannot be written"):
        write_saved(PIPELINE, tmp_path / "nowhere" / "a.json")
