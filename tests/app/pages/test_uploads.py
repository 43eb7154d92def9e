"""Uploads of strangers: each is a right picture, or one sentence that says what it is and what to do."""

import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("streamlit")
pytest.importorskip("skimage")
nibabel = pytest.importorskip("nibabel")
pydicom = pytest.importorskip("pydicom")

GRAY = np.tile(np.arange(64, dtype=np.uint8) * 3, (48, 1))
COLOR = np.dstack([GRAY, GRAY[::-1], GRAY])
MASK = np.pad(np.ones((20, 20), np.uint8), ((10, 18), (20, 24)))
NOISE = np.random.default_rng(0).integers(0, 255, (48, 64), np.uint8)
CT = Path(pydicom.data.get_testdata_file("CT_small.dcm")).read_bytes()
UPRIGHT = Image.Exif()
UPRIGHT[274] = 6
LEAKS = ("OpenCV(", "cv2", "PIL", "pydicom", "Traceback", "Error", "fault of domainaug", "/tmp")


def saved(pixels, kind="PNG", **more):
    stream = io.BytesIO()
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(stream, kind, **more)
    return stream.getvalue()


def volume(*shape):
    voxels = np.random.default_rng(0).integers(0, 900, shape).astype(np.int16)
    return gzip.compress(nibabel.Nifti1Image(voxels, np.diag([2.0, 2.0, 3.0, 1.0])).to_bytes(), 1)


def slices(*patients):
    for number, patient in enumerate(patients):
        dataset = pydicom.dcmread(io.BytesIO(CT))
        dataset.PatientID, dataset.PatientName = patient, f"Secret^{patient}"
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
        dataset.ImagePositionPatient, dataset.InstanceNumber = [0, 0, 5.0 * number], number + 1
        stream = io.BytesIO()
        dataset.save_as(stream, enforce_file_format=True)
        yield f"{number}.dcm", stream.getvalue()


def ending(name):
    return name.rpartition(".")[2]


@pytest.fixture
def shown(open_app):
    """Upload files on Preview, and return the page, and everything it says without Markdown's marks."""

    def uploaded(files, page="preview"):
        medical = any(ending(name) in ("dcm", "gz", "nii") for name, _ in files)
        profile = "medical/ct-chest" if medical else "manufacturing/aligned-assembly"
        at = open_app(page, **{"profile": profile, "from": "upload", "copies": "1"})
        box = at.file_uploader(key="upload")
        for name, content in files:
            box = box.upload(name, content)
        box.run()
        assert not at.exception
        kinds = ("error", "caption", "markdown", "title")
        said = "\n".join(str(one.value) for kind in kinds for one in at.get(kind)).replace("\\", "")
        assert not [leak for leak in LEAKS if leak in said]
        assert "Secret" not in said
        return at, said

    return uploaded


REFUSED = {
    "empty": ([("a.png", b"")], "a.png: the upload is empty; choose"),
    "too large": ([("a.png", bytes(21 << 20))], "a.png: the upload has 21 MB, and 20 MB is the most; put it below"),
    "text": ([("a.png", b"hello world")], "a.png: the content is none of PNG, JPEG, TIFF, BMP, WebP; save it as"),
    "cut png": ([("a.png", saved(NOISE)[:1500])], "a.png: the pixels are cut short or damaged; copy or save it anew"),
    "cut jpeg": ([("a.jpg", saved(NOISE, "JPEG")[:-300])], "a.jpg: the pixels are cut short or damaged; copy or"),
    "cut dicom": ([("a.dcm", CT[:20000])], "none of it can be augmented: it ends before its pixels do"),
    "cut nifti": ([("a.nii.gz", volume(8, 8, 8)[:500])], "a.nii.gz: it is cut short; copy or save it anew"),
    "five axes": ([("a.nii.gz", volume(4, 4, 4, 2, 2))], "a.nii.gz: it has more than four axes; three, and a fourth"),
    "cmyk": ([("a.jpg", saved(Image.fromarray(COLOR).convert("CMYK"), "JPEG"))], "are CMYK; gray and RGB are read"),
    "transparent": ([("a.png", saved(np.dstack([COLOR, GRAY])))], "is partly transparent, and nothing says what"),
    "not a number": ([("a.tif", saved(np.full((8, 8), np.nan, np.float32), "TIFF"))], "NaN or infinite; put numbers"),
    "two pages": (
        [("a.tif", saved(Image.fromarray(GRAY), "TIFF", save_all=True, append_images=[Image.fromarray(GRAY)]))],
        "a.tif: the file holds more than one image; save each as a file of its own",
    ),
    "another size": (
        [("a.png", saved(GRAY)), ("a_mask.png", saved(MASK[:20]))],
        "the image is 64 x 48 upright, its mask 64 x 20; they must be of one size",
    ),
    "a mask alone": ([("a_mask.png", saved(MASK))], "none of it can be augmented: this is a mask, and no image has"),
    "four rows": ([("a.png", saved(GRAY[:4, :7]))], "cannot take image uint8 (4, 7): OpenCV refuses its size or type"),
}

DRAWN = {
    "one pixel": ([("a.png", saved(GRAY[:1, :1]))], "1 x 1 uint8"),
    "a line": ([("a.png", saved(np.zeros((2, 100_000), np.uint8)))], "2 x 100000 uint8"),
    "16 bit": ([("a.png", saved(GRAY.astype(np.uint16) * 200))], "48 x 64 uint16"),
    "float": ([("a.tif", saved(GRAY.astype(np.float32) / 255, "TIFF"))], "48 x 64 float32"),
    "palette": ([("a.png", saved(Image.fromarray(COLOR).convert("P")))], "48 x 64 x 3 uint8"),
    "opaque": ([("a.png", saved(np.dstack([COLOR, np.full_like(GRAY, 255)])))], "48 x 64 x 3 uint8"),
    "turned": ([("a.jpg", saved(COLOR, "JPEG", exif=UPRIGHT))], "64 x 48 x 3 uint8"),
    "twice": ([("a.png", saved(GRAY)), ("a.png", saved(GRAY))], "48 x 64 uint8"),
    "two kinds": ([("a.png", saved(GRAY)), ("b.dcm", CT)], "1 file left out; dicom-study data does not go with them."),
    "a mask as jpeg": (
        [("a.png", saved(GRAY)), ("a_mask.jpg", saved(MASK * 255, "JPEG"))],
        "1 file left out; a_mask.jpg: this is a mask, and no image has its name",
    ),
    "a series": (list(slices("one", "one", "one")), "3 x 128 x 128 int16"),
    "two patients": (list(slices("one", "one", "two", "two")), "2 x 128 x 128 int16"),
    "frames": ([("a.nii.gz", volume(8, 8, 8, 3))], "A run takes all 3 frames through one draw"),
    "many": ([(f"{n}.png", saved(np.roll(GRAY, n, 1))) for n in range(200)], "48 x 64 uint8"),
}

NAMES = (
    "<script>alert(1)</script>.png",
    "![x](http://evil/y.png).png",
    "y" * 300 + ".png",
    "a\nb.png",
    "\u202egnp.a.png",
)


@pytest.mark.parametrize(("files", "told"), REFUSED.values(), ids=REFUSED)
def test_one_sentence_says_what_it_is(shown, files, told):
    at, said = shown(files)
    assert told in said
    assert len(at.error) == 1
    assert not at.image


@pytest.mark.parametrize(("files", "told"), DRAWN.values(), ids=DRAWN)
def test_a_right_picture(shown, files, told):
    at, said = shown(files)
    assert told in said
    assert not at.error
    assert len(at.image) == 2


@pytest.mark.parametrize("name", NAMES, ids=["tag", "markdown", "long", "two lines", "turned"])
def test_a_name_does_nothing(shown, name):
    at, said = shown([(name, saved(GRAY))])
    assert not at.error
    assert "<script" not in said
    assert "![x]" not in said
    assert "\u202e" not in said


def test_letters_of_every_script_pair_a_picture_with_its_mask(shown):
    at, _ = shown([("деталь 1.png", saved(GRAY)), ("деталь 1_mask.png", saved(MASK))])
    assert at.toggle(key="labels").value is True


@pytest.mark.parametrize("page", ["check", "defects"])
def test_other_pages_say_the_same(shown, page):
    at, said = shown([("a.png", saved(NOISE)[:1500])], page)
    assert "a.png: the pixels are cut short or damaged; copy or save it anew" in said
    assert at.error


@pytest.mark.parametrize(
    ("content", "told"), [(b"", "p.json: the upload is empty"), (b"\xff\xfe\x00", "The upload is not UTF-8 text")]
)
def test_a_pipeline(open_app, content, told):
    at = open_app("check")
    at.file_uploader(key="check_upload").upload("p.json", content).run()
    assert not at.exception
    assert any(told in one.value.replace("\\", "") for one in at.error)


def test_the_frame_that_is_shown_is_chosen_and_part_of_the_link(open_app, root):
    def pictures(at):
        assert not at.exception
        return [image.proto.imgs[0].url for image in at.image]

    (root / "a.nii.gz").write_bytes(volume(8, 8, 8, 3))
    asked = {"profile": "medical/brain-mri", "from": "root", "copies": "1"}
    at = open_app(**asked)
    first = pictures(at)
    later = pictures(at.slider(key="frame_3").set_value(2).run())
    assert len(later) == 2
    assert all(one != other for one, other in zip(first, later, strict=True))
    assert pictures(open_app(**asked, frame_3="2")) == later
    at.session_state["view"] = "Take along"
    assert "part=2" in at.run().code[0].value
