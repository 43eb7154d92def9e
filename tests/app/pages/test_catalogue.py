"""Preview of every profile of the catalogue, on the sample that fits it best."""

import pytest

from domainaug.app import rendered, samples
from domainaug.app.samples import lay_out, samples_for
from domainaug.profile import list_profiles

pytest.importorskip("streamlit")
pytest.importorskip("skimage")
pytest.importorskip("data_store")
pytest.importorskip("numba", reason="the packages of domainaug[street] are not installed")


def pictures(at):
    return [image.proto.imgs[0].url for image in at.image]


@pytest.mark.slow
@pytest.mark.parametrize("profile", list_profiles())
def test_it_opens_without_a_warning_and_with_its_labels_drawn(open_app, calm, tmp_path, profile):
    sample = samples_for(profile)[0]
    lay_out(sample, tmp_path / "samples")  # what has to be rendered is kept for the page
    at = calm(open_app(field=profile.partition("/")[0], profile=profile, sample=sample.name, n="2"))
    assert at.selectbox(key="sample").value == sample.name
    assert at.selectbox(key="profile").value == profile
    assert not at.warning, [one.value for one in at.warning]
    assert len(pictures(at)) >= 2
    drawn = pictures(at)
    toggles = [one for one in at.toggle if one.key == "labels"]
    assert bool(toggles) == (sample.masked is not None or sample.scene is not None)
    if toggles:
        bare = pictures(calm(toggles[0].set_value(False).run()))
        assert len(bare) == len(drawn)
        assert all(one != other for one, other in zip(drawn[:2], bare[:2], strict=True))


def test_nobody_waits_for_a_sample_that_has_to_be_rendered(open_app, calm, tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "is_kept", lambda name: False)
    monkeypatch.setattr(rendered, "user_cache", lambda: tmp_path / "cache")
    at = calm(open_app(field="driving", profile="driving/night"))
    assert at.selectbox(key="sample").value == "motorcycle"
    assert any("fits better" in one.value for one in at.caption)
    assert not (tmp_path / "cache/domainaug/samples").exists()
