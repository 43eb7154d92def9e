"""What the catalogue says about pipelines people write: gentle ones pass, known mistakes are named."""

import pytest

from domainaug._albumentations import A
from domainaug.profile.catalogue import load_profile

GENTLE = {
    "medical/chest-xray": [
        A.Affine(rotate=(-5, 5), scale=(0.95, 1.05), keep_ratio=True, translate_percent=(-0.03, 0.03)),
        A.RandomBrightnessContrast((-0.05, 0.05), (-0.1, 0.1)),
        A.GaussNoise(std_range=(0.005, 0.02)),
    ],
    "medical/ct-chest": [
        A.Affine(rotate=(-15, 15), scale=(0.9, 1.1), keep_ratio=True),
        A.GaussNoise(std_range=(0.002, 0.007)),
    ],
    "medical/brain-mri": [
        A.Rotate(15),
        A.RandomGamma((80, 125)),
        A.GaussianBlur(blur_limit=0, sigma_limit=(0.5, 1.0)),
    ],
    "manufacturing/metal-surface": [
        A.VerticalFlip(),
        A.Rotate(5),
        A.RandomBrightnessContrast((-0.1, 0.1), (-0.1, 0.1)),
    ],
    "manufacturing/aligned-assembly": [
        A.Affine(translate_percent=(-0.02, 0.02)),
        A.RandomBrightnessContrast((-0.1, 0.1), (-0.1, 0.1)),
        A.GaussNoise(std_range=(0.01, 0.03)),
    ],
    "driving/front-camera": [
        A.Affine(rotate=(-3, 3), scale=(0.9, 1.2), keep_ratio=True),
        A.RandomGamma((70, 140)),
        A.MotionBlur((3, 7), allow_shifted=False),
    ],
    "general/photo": [
        A.HorizontalFlip(),
        A.RandomResizedCrop((512, 512), scale=(0.4, 1.0)),
        A.HueSaturationValue(10, 30, 20),
        A.CoarseDropout(),
    ],
}


def codes(name: str, steps: list, **options: object) -> set[str]:
    """Return the codes of the catalogue's rules that a pipeline breaks; the check's own are not its subject."""
    report = load_profile(name, options=options).check(A.Compose(steps))
    everything = [one for finding in report.findings for one in (finding, *finding.follows)]
    return {one.code for one in everything if not one.code.startswith("DA")}


@pytest.mark.parametrize("name", sorted(GENTLE))
def test_gentle_pipelines_pass(name: str) -> None:
    assert codes(name, GENTLE[name]) == set()


def test_a_common_chest_pipeline_is_told_what_it_does() -> None:
    common = [
        A.HorizontalFlip(),
        A.ShiftScaleRotate(rotate_limit=45),
        A.CLAHE(),
        A.RandomBrightnessContrast(),
        A.CoarseDropout(),
    ]
    mirror, rotation, aspect, hole = "MED101", "MED102", "MED124", "MED115"
    assert {mirror, rotation, aspect, hole} <= codes("medical/chest-xray", common)


MISTAKES = [
    ("medical/chest-xray", A.VerticalFlip(), "MED121"),
    ("medical/chest-xray", A.InvertImg(), "MED137"),
    ("medical/chest-xray", A.RandomResizedCrop((1024, 1024)), "MED106"),
    ("medical/ct-chest", A.RandomGamma((70, 150)), "MED222"),
    ("medical/ct-chest", A.RandomBrightnessContrast(), "MED220"),
    ("medical/ct-chest", A.HorizontalFlip(), "MED201"),
    ("medical/ct-chest", A.GaussNoise(), "MED227"),
    ("medical/ct-chest", A.Rotate(45), "MED204"),
    ("medical/brain-mri", A.HorizontalFlip(), "MED301"),
    ("medical/brain-mri", A.RandomRotate90(), "MED303"),
    ("manufacturing/metal-surface", A.RandomRotate90(), "MFG203"),
    ("manufacturing/metal-surface", A.ElasticTransform(alpha=200, sigma=10), "MFG108"),
    ("manufacturing/metal-surface", A.CoarseDropout(), "MFG135"),
    ("manufacturing/aligned-assembly", A.Rotate(5), "MFG222"),
    ("manufacturing/aligned-assembly", A.HorizontalFlip(), "MFG221"),
    ("manufacturing/aligned-assembly", A.RandomGridShuffle(), "MFG109"),
    ("driving/front-camera", A.HorizontalFlip(), "DRV101"),
    ("driving/front-camera", A.ChannelShuffle(), "DRV127"),
    ("driving/front-camera", A.ColorJitter(), "DRV124"),
    ("general/photo", A.VerticalFlip(), "GEN102"),
]


@pytest.mark.parametrize(("name", "step", "code"), MISTAKES, ids=lambda part: getattr(part, "__name__", str(part))[:40])
def test_known_mistakes_are_named(name: str, step: A.BasicTransform, code: str) -> None:
    assert code in codes(name, [step])


def test_vouching_lifts_a_mirror() -> None:
    flip = [A.HorizontalFlip()]
    assert codes("medical/chest-xray", flip, laterality_free=True) == set()
    assert codes("medical/brain-mri", flip, lesion_only_labels=True) == set()
    assert codes("medical/ct-chest", flip, sided_labels=False) == set()
    assert "MFG207" in codes("manufacturing/metal-surface", flip, handed=True)
