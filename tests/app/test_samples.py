import pytest

from domainaug.app.samples import SAMPLES, available, lay_out, sample_named, samples_for
from domainaug.layouts import layout_for
from domainaug.layouts.layout import Jointed
from domainaug.profile import list_profiles

pytest.importorskip("skimage")
pytest.importorskip("data_store")


def test_every_sample_has_a_profile_of_its_own_domain():
    profiles = set(list_profiles())
    for sample in SAMPLES:
        assert sample.profile in profiles
        assert sample.profile.startswith(f"{sample.domain}/")


def test_every_domain_has_one():
    assert {sample.domain for sample in available()} == {"medical", "manufacturing", "driving", "general"}


@pytest.mark.parametrize("profile", list_profiles())
def test_every_profile_has_one_that_suits_it_or_stands_in(profile):
    first, *others = samples_for(profile)
    assert first.fit(profile) <= 2
    assert all(first.fit(profile) <= one.fit(profile) for one in others)
    assert any(one.fit(profile) <= 4 and one.ready for one in samples_for(profile)), "nobody has to wait"


def test_every_profile_that_is_named_is_there():
    profiles = set(list_profiles())
    for sample in SAMPLES:
        assert {*sample.suits, *sample.stands_in} <= profiles, sample.name
        assert len({sample.profile, *sample.suits, *sample.stands_in}) == 1 + len(sample.suits) + len(sample.stands_in)


@pytest.mark.parametrize("name", [sample.name for sample in SAMPLES if sample.scene is None])
def test_a_layout_reads_it(name, tmp_path):
    sample = sample_named(name)
    if sample is None:
        pytest.skip("its package is not installed")
    place = lay_out(sample, tmp_path)
    layout = layout_for(place)
    (item,) = layout.scan(place).items
    read = layout.read(item)
    if isinstance(read, Jointed):
        read = next(read.parts())
    assert (read.image is None) != (read.volume is None)
    assert (read.mask is not None) == (sample.masked is not None)


def test_what_is_laid_out_is_not_laid_out_again(tmp_path):
    sample = next(one for one in available() if one.scene is None)
    place = lay_out(sample, tmp_path)
    before = place.stat().st_mtime_ns
    assert lay_out(sample, tmp_path) == place
    assert place.stat().st_mtime_ns == before
    assert [path.name for path in tmp_path.iterdir()] == [sample.name]


def test_those_that_fit_a_profile_come_first():
    first = samples_for("manufacturing/fabric")
    assert first[0].name == "grass"
    assert first[1].domain == "manufacturing"


def test_a_package_that_is_not_there_has_no_samples(monkeypatch):
    for module in ("samples", "rendered"):
        monkeypatch.setattr(f"domainaug.app.{module}.find_spec", lambda name: None)
    assert not list(available())
    assert sample_named("coins") is None
