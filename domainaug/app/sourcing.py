"""Choosing what to look at: a sample, something under the root, or an upload."""

from __future__ import annotations

from contextlib import nullcontext

import streamlit as st

from domainaug.app.choosing import the_root
from domainaug.app.links import choose, settled
from domainaug.app.opening import MOST_ITEMS, Chosen, left_out, titles_of, why_not
from domainaug.app.root import MOST_UPLOADED
from domainaug.app.samples import SAMPLES, Sample, lay_out, sample_named, samples_for
from domainaug.app.uploading import Temporary, stored_upload, uploads_of_session
from domainaug.app.words import plain
from domainaug.errors import DomainAugError, MissingExtra
from domainaug.preview.sources import ENDINGS, Subject
from domainaug.profile import list_profiles
from domainaug.profile.model import Profile

__all__ = ["choose_part", "choose_source"]

WAYS = ("sample", "root", "upload")
_TOLD = {"sample": "Sample", "root": "Folder", "upload": "Upload"}
_NOT_ITS_OWN = {
    2: " It stands in: nothing of this profile's own ships in a wheel.",
    4: " It is of another field than this profile.",
}
_TITLES = {sample.name: sample.title for sample in SAMPLES}


def choose_source(profile: Profile) -> Chosen | None:
    """Draw the choice, and return it; None as long as nothing is chosen.

    Args:
        profile: The one in force: samples that fit it come first, and it may tell what values are.
    """
    way = choose(
        st.segmented_control, "Image from", WAYS, key="from", usual="sample", required=True, width="stretch",
        format_func=lambda one: _TOLD[one],
    )  # fmt: skip
    if way == "upload":
        return _upload(profile)
    return _under_root(profile) if way == "root" else _sample(profile)


def choose_part(subject: Subject) -> Subject:
    """Draw the choice among the frames or channels of a subject that has several, and return it showing that."""
    if subject.parts < 2:
        return subject
    numbers = range(subject.parts)
    in_time = all(name.startswith("frame ") for name in subject.names)
    if in_time:
        key = f"frame_{subject.parts}"
        part = int(st.slider("Frame", 0, subject.parts - 1, key=key, bind="query-params"))
    else:
        part = choose(st.selectbox, "Channel", numbers, key="channel", usual=0, format_func=subject.names.__getitem__)
    st.caption(f"A run takes all {subject.parts} {'frames' if in_time else 'channels'} through one draw.")
    return subject.showing(part)


def _sample(profile: Profile) -> Chosen:
    found = samples_for(_of_the_catalogue(profile))
    if not found:
        raise MissingExtra("A sample to look at", "demo,medical")
    names = [one.name for one in found]
    usual = next((one.name for one in found if one.ready), names[0])  # nobody waits who did not ask
    before = st.session_state.get("sample_for")
    if before is not None and before != profile.id:  # another profile: the sample that fits it, not the last one
        st.session_state["sample"] = usual
    st.session_state["sample_for"] = profile.id
    name = choose(st.selectbox, "Sample", names, key="sample", usual=usual, format_func=_sample_title)
    sample = sample_named(name)
    assert sample is not None
    if name == usual != names[0]:
        st.caption(
            f"{plain(_sample_title(names[0]))} fits better: choose it, and it is rendered, once on this machine."
        )
    with nullcontext() if sample.ready else st.spinner("Rendering it, once for good ..."):
        place = lay_out(sample, _temporary().path)
    about = _about(sample, _of_the_catalogue(profile))
    return Chosen(place, profile, None, sample.title, about, shipped=True)


def _of_the_catalogue(profile: Profile) -> str:
    """Return the id of a profile, or of the nearest of the catalogue that one of the user's own extends."""
    known = list_profiles(include_abstract=True)
    return next((name for name in (profile.id, *profile.parents) if name in known), profile.id)


def _about(sample: Sample, profile: str) -> str:
    return sample.about + _NOT_ITS_OWN.get(sample.fit(profile), "")


def _sample_title(name: str) -> str:
    return _TITLES.get(name, name)


def _under_root(profile: Profile) -> Chosen | None:
    root = the_root()
    folders = root.folders()
    folder = choose(
        st.selectbox, "Data set under the root", folders, key="folder", usual=".",
        format_func=root.called,
        help="Folders, below the one the app was started for.",
    )  # fmt: skip
    place = root.inside(folder)
    try:
        titles = titles_of(place, profile)
    except DomainAugError as error:
        st.caption(plain(root.short(str(error))))
        return None
    if not titles:
        st.caption(plain(root.short(f"Nothing in this folder can be augmented: {why_not(place, profile)}.")))
        return None
    keys = list(titles)
    key = choose(
        st.selectbox, "Item", keys, key="item", usual=keys[0], format_func=titles.__getitem__, help="Type to search."
    )
    if len(keys) == MOST_ITEMS:
        st.caption(f"The first {MOST_ITEMS} items are listed.")
    return Chosen(place, profile, key, key, shown_as=folder)


def _upload(profile: Profile) -> Chosen | None:
    files = st.file_uploader(
        "Files", type=sorted({ending.rpartition(".")[2] for ending in ENDINGS}), accept_multiple_files=True,
        key="upload", max_upload_size=MOST_UPLOADED // 1024**2,
        help="A picture with its mask (part.png, part_mask.png), the slices of a DICOM series, or a NIfTI volume.",
    )  # fmt: skip
    if not files:
        st.caption("Nothing is kept: uploads are gone when the page is closed.")
        return None
    place = stored_upload(files, uploads_of_session())
    titles = titles_of(place, profile)
    if not titles:
        raise DomainAugError(f"none of it can be augmented: {why_not(place, profile)}")
    if left := left_out(place, profile):
        st.caption(plain(left))
    keys = list(titles)
    settled("uploaded", keys, keys[0])
    key = st.selectbox("Item", keys, key="uploaded", format_func=titles.__getitem__) if len(keys) > 1 else keys[0]
    return Chosen(place, profile, key, files[0].name if len(files) == 1 else f"{len(files)} files", "Uploaded.")


@st.cache_resource(show_spinner=False)
def _temporary() -> Temporary:
    """Return a folder that goes with the server."""
    return Temporary("domainaug-app-")
