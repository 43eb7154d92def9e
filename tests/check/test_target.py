import sys
import textwrap

import pytest

from domainaug._albumentations import A
from domainaug.check import load_target
from domainaug.errors import DomainAugError, UnknownName

MODULE = """
    import albumentations as A

    print("training starts")
    LIMIT = 5

    pipeline = A.Compose([
        A.HorizontalFlip(p=0.5),
        A.OneOf([
            A.Rotate(limit=LIMIT),
            A.Blur(),
        ]),
    ])

    def build():
        return A.Compose([A.VerticalFlip()])

    def broken():
        raise RuntimeError("no data\\nhere")

    def nothing():
        return None

    def darker(image):
        return image * 0.5

    def get_transform(size=256, mean=0.5):
        return A.Compose([A.Transpose()])

    def by_split(split, size):
        return A.Compose([])

    def maybe(image=None):
        return image

    class Holder:
        inner = pipeline

    size = 512
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "training_steps.py").write_text(textwrap.dedent(MODULE))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.endswith("training_steps")]:
        del sys.modules[name]


@pytest.mark.parametrize("place", ["training_steps", "training_steps.py"])
def test_a_compose_is_found_by_module_or_file_with_its_lines(project, place):
    path = list(sys.path)
    target = load_target(f"{place}:pipeline")
    assert isinstance(target.value, A.Compose)
    assert target.source.file == "training_steps.py"
    assert [target.source.line(path) for path in [(), (0,), (1,), (1, 0), (1, 1)]] == [7, 8, 9, 10, 11]
    assert sys.path == path


def test_a_function_without_arguments_is_called_for_what_it_returns(project):
    target = load_target("training_steps:build")
    assert isinstance(target.value, A.Compose)
    assert target.source.line((0,)) == 16


def test_a_factory_whose_arguments_all_have_defaults_is_called(project):
    target = load_target("training_steps:get_transform")
    assert isinstance(target.value, A.Compose)


def test_a_function_whose_picture_has_a_default_is_no_factory(project):
    assert load_target("training_steps:maybe").value(2) == 2


def test_a_factory_that_needs_arguments_is_one_sentence(project):
    with pytest.raises(DomainAugError, match="needs split, size: it is a factory; name one that takes no arguments"):
        load_target("training_steps.py:by_split")


def test_a_function_of_an_image_is_the_target_itself(project):
    assert load_target("training_steps:darker").value(2) == 1


def test_attributes_of_attributes_are_found(project):
    assert isinstance(load_target("training_steps:Holder.inner").value, A.Compose)


def test_what_a_module_prints_is_talk_not_data(project, capsys):
    load_target("training_steps.py:pipeline")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "training starts" in captured.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("training_steps", "is no target; give module:attribute"),
        (":pipeline", "is no target"),
        ("nowhere_at_all:pipeline", "there is no module 'nowhere_at_all'"),
        ("nowhere.py:pipeline", "there is no such file"),
        ("training_steps:pipelin", "did you mean 'pipeline'"),
        ("training_steps:broken", "calling training_steps:broken failed: RuntimeError: no data here"),
        ("training_steps:nothing", "is a NoneType, not a Compose"),
        ("training_steps:size", "is an int, not a Compose"),
        ("training_steps:Holder", "is the class Holder, not a Compose"),
        ("nowhere.json", "there is no such file"),
    ],
)
def test_every_misuse_is_one_sentence(project, text, words):
    with pytest.raises(DomainAugError, match=words) as caught:
        load_target(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("import nowhere_at_all", "importing failing failed: ModuleNotFoundError"),
        ("x = 1 +", "importing failing failed: SyntaxError"),
        ("raise SystemExit(3)", "importing failing failed: SystemExit: 3"),
        ("1 / 0", "importing failing failed: ZeroDivisionError"),
    ],
)
def test_a_module_that_cannot_be_imported_is_one_sentence(tmp_path, monkeypatch, body, words):
    (tmp_path / "failing.py").write_text(body)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DomainAugError, match=words):
        load_target("failing:pipeline")


def test_an_unknown_attribute_is_an_unknown_name(project):
    with pytest.raises(UnknownName) as caught:
        load_target("training_steps:pipelin")
    assert caught.value.nearest == "pipeline"
