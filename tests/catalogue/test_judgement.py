"""What the catalogue says about pipelines people write: gentle ones pass, known mistakes are named."""

import pytest

from domainaug._albumentations import A
from domainaug.profile.catalogue import load_profile
from domainaug.transforms import (
    AcousticShadow,
    DepthAttenuation,
    KernelNoise,
    QuantumNoise,
    RicianNoise,
    StainJitter,
    SymmetryTurn,
)

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
    "medical/ct-head": [A.Rotate(15), A.GaussNoise(std_range=(0.001, 0.003))],
    "medical/ct-abdomen": [
        A.Affine(rotate=(-10, 10), scale=(0.93, 1.07), keep_ratio=True),
        KernelNoise(std=(5, 20), kernel="standard", spacing=(0.8, 0.8)),
    ],
    "medical/mri-prostate": [A.Rotate(8), A.RandomGamma((85, 118)), RicianNoise(std_share=(0.005, 0.02))],
    "medical/pet": [
        A.Affine(rotate=(-10, 10), scale=(0.9, 1.1), keep_ratio=True),
        A.GaussianBlur(blur_limit=0, sigma_limit=(0.4, 0.8)),
    ],
    "medical/ultrasound": [
        A.Affine(scale=(0.95, 1.05), keep_ratio=True),
        A.RandomGamma((80, 125)),
        DepthAttenuation(db=(1, 8)),
    ],
    "medical/echocardiography": [
        A.Affine(translate_percent=(-0.05, 0.05)),
        AcousticShadow(db=(4, 12)),
    ],
    "medical/fundus": [
        A.Rotate(30),
        A.RandomBrightnessContrast((-0.1, 0.1), (-0.1, 0.1)),
        A.HueSaturationValue(8, 10, 0),
    ],
    "medical/dermoscopy": [
        A.Transpose(),
        A.VerticalFlip(),
        A.HorizontalFlip(),
        A.Rotate(45, border_mode=4),
        A.RandomBrightnessContrast((-0.1, 0.1), (-0.1, 0.1)),
        A.HueSaturationValue(10, 20, 10),
    ],
    "medical/histopathology": [A.D4(), StainJitter(gain=0.07, offset=0.02)],
    "medical/mammography": [
        A.Affine(rotate=(-8, 8), scale=(0.9, 1.1), keep_ratio=True),
        A.RandomBrightnessContrast((-0.1, 0.2), (-0.2, 0.2)),
    ],
    "medical/radiograph-bone": [A.Rotate(20), A.RandomGamma((80, 125)), A.GaussNoise(std_range=(0.005, 0.02))],
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
    "manufacturing/strip-steel": [A.HorizontalFlip(), A.Rotate(2), A.GaussNoise(std_range=(0.005, 0.02))],
    "manufacturing/wood": [A.HorizontalFlip(), A.VerticalFlip(), A.Rotate(3), A.RandomBrightnessContrast(0.08, 0.08)],
    "manufacturing/leather": [A.D4(), A.Rotate(30, border_mode=4), A.RandomBrightnessContrast(0.1, 0.1)],
    "manufacturing/tile": [A.D4(), A.Rotate(30, border_mode=4), A.GaussNoise(std_range=(0.005, 0.02))],
    "manufacturing/fabric": [A.Affine(translate_percent=(-0.01, 0.01)), A.RandomBrightnessContrast(0.1, 0.1)],
    "manufacturing/pcb": [
        A.Affine(rotate=(-3, 3), scale=(0.97, 1.03), keep_ratio=True),
        A.GaussNoise(std_range=(0.01, 0.03)),
        A.HueSaturationValue(1, 5, 0),
    ],
    "manufacturing/wafer-map": [A.D4(), A.Rotate(180, interpolation=0)],
    "manufacturing/casting-xray": [
        A.D4(),
        A.MultiplicativeNoise((0.92, 1.08)),
        QuantumNoise(photons=(5000, 50000), response="linear", bright="exposed"),
    ],
    "manufacturing/weld-xray": [
        A.HorizontalFlip(),
        A.VerticalFlip(),
        A.Affine(translate_percent=(-0.05, 0.05)),
        A.RandomBrightnessContrast(0.1, 0.1),
    ],
    "manufacturing/bottle": [A.Rotate(180), A.HorizontalFlip(), A.RandomBrightnessContrast(0.1, 0.1)],
    "manufacturing/screw": [A.Rotate(180), A.RandomRotate90(), A.GaussNoise(std_range=(0.01, 0.03))],
    "manufacturing/glass": [A.Affine(translate_percent=(-0.02, 0.02)), A.MultiplicativeNoise((0.93, 1.07))],
    "manufacturing/injection-molding": [A.Rotate(8), A.RandomBrightnessContrast(0.1, 0.1)],
    "driving/front-camera": [
        A.Affine(rotate=(-3, 3), scale=(0.9, 1.2), keep_ratio=True),
        A.RandomGamma((70, 140)),
        A.MotionBlur((3, 7), allow_shifted=False),
    ],
    "driving/surround-camera": [A.Affine(rotate=(-3, 3), scale=(0.95, 1.1), keep_ratio=True), A.RandomGamma((80, 125))],
    "driving/night": [A.RandomGamma((80, 125)), A.GaussNoise(std_range=(0.01, 0.05))],
    "driving/traffic-signs": [
        A.Rotate(5),
        A.RandomGamma((70, 140)),
        A.GaussianBlur(blur_limit=0, sigma_limit=(0.4, 1)),
    ],
    "driving/lanes": [A.Affine(rotate=(-3, 3), scale=(0.9, 1.2), keep_ratio=True), A.RandomGamma((70, 140))],
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
    ("medical/ct-head", A.HorizontalFlip(), "MED250"),
    ("medical/ct-head", A.GaussNoise(std_range=(0.007, 0.01)), "MED253"),
    ("medical/ct-head", A.ElasticTransform(alpha=200, sigma=10), "MED252"),
    ("medical/ct-abdomen", A.HorizontalFlip(), "MED270"),
    ("medical/ct-abdomen", A.RandomGamma((70, 150)), "MED222"),
    ("medical/ct", A.CLAHE(), "MED225"),
    ("medical/mri-prostate", A.HorizontalFlip(), "MED360"),
    ("medical/mri-prostate", A.Rotate(30), "MED361"),
    ("medical/mri", A.InvertImg(), "MED320"),
    ("medical/pet", A.RandomGamma((70, 150)), "MED815"),
    ("medical/pet", A.RandomBrightnessContrast(), "MED816"),
    ("medical/pet", A.HorizontalFlip(), "MED801"),
    ("medical/pet", A.CoarseDropout(), "MED831"),
    ("medical/ultrasound", A.VerticalFlip(), "MED402"),
    ("medical/ultrasound", A.HorizontalFlip(), "MED401"),
    ("medical/ultrasound", A.Rotate(30), "MED403"),
    ("medical/ultrasound", A.Rotate(5), "MED404"),
    ("medical/ultrasound", A.CoarseDropout(), "MED436"),
    ("medical/ultrasound", A.ChannelShuffle(), "MED426"),
    ("medical/echocardiography", A.HorizontalFlip(), "MED450"),
    ("medical/echocardiography", A.Affine(scale=(0.8, 1.2)), "MED451"),
    ("medical/fundus", A.HorizontalFlip(), "MED540"),
    ("medical/fundus", A.VerticalFlip(), "MED541"),
    ("medical/fundus", A.RandomRotate90(), "MED542"),
    ("medical/fundus", A.Posterize(2), "MED517"),
    ("medical/fundus", A.Solarize(), "MED516"),
    ("medical/fundus", A.ToGray(), "MED523"),
    ("medical/fundus", A.CoarseDropout(), "MED559"),
    ("medical/dermoscopy", A.HueSaturationValue(30, 20, 10), "MED609"),
    ("medical/dermoscopy", A.ToGray(), "MED523"),
    ("medical/dermoscopy", A.ChannelShuffle(), "MED523"),
    ("medical/dermoscopy", A.GridDistortion(distort_limit=1.0), "MED605"),
    ("medical/dermoscopy", A.CoarseDropout(hole_height_range=(0.5, 0.6), hole_width_range=(0.5, 0.6)), "MED533"),
    ("medical/histopathology", A.RandomScale((0.5, 0.5)), "MED703"),
    ("medical/histopathology", A.ToGray(), "MED523"),
    ("medical/histopathology", StainJitter(gain=0.5, offset=0.1), "MED706"),
    ("medical/histopathology", A.GaussianBlur(blur_limit=0, sigma_limit=(4, 5)), "MED712"),
    ("medical/mammography", A.HorizontalFlip(), "MED160"),
    ("medical/mammography", A.VerticalFlip(), "MED161"),
    ("medical/mammography", A.GaussianBlur(blur_limit=0, sigma_limit=(2, 3)), "MED168"),
    ("medical/mammography", A.SaltAndPepper(), "MED167"),
    ("medical/mammography", A.CoarseDropout(), "MED172"),
    ("medical/radiograph-bone", A.HorizontalFlip(), "MED180"),
    ("medical/radiograph-bone", A.Rotate(60), "MED122"),
    ("manufacturing/metal-surface", A.RandomRotate90(), "MFG203"),
    ("manufacturing/metal-surface", A.ElasticTransform(alpha=200, sigma=10), "MFG108"),
    ("manufacturing/metal-surface", A.CoarseDropout(), "MFG135"),
    ("manufacturing/aligned-assembly", A.Rotate(5), "MFG222"),
    ("manufacturing/aligned-assembly", A.HorizontalFlip(), "MFG221"),
    ("manufacturing/aligned-assembly", A.RandomGridShuffle(), "MFG109"),
    ("manufacturing/strip-steel", A.RandomRotate90(), "MFG203"),
    ("manufacturing/strip-steel", A.RandomResizedCrop((200, 200), scale=(0.3, 1.0)), "MFG253"),
    ("manufacturing/strip-steel", A.RandomScale((0.2, 0.2)), "MFG252"),
    ("manufacturing/strip-steel", A.SaltAndPepper(), "MFG255"),
    ("manufacturing/wood", A.RandomRotate90(), "MFG301"),
    ("manufacturing/wood", A.ColorJitter(hue=(-0.1, 0.1)), "MFG305"),
    ("manufacturing/wood", A.GridDropout(), "MFG308"),
    ("manufacturing/leather", A.ElasticTransform(alpha=200, sigma=10), "MFG325"),
    ("manufacturing/leather", A.HueSaturationValue(20, 0, 0), "MFG327"),
    ("manufacturing/tile", A.HueSaturationValue(10, 0, 0), "MFG346"),
    ("manufacturing/tile", A.GaussianBlur(blur_limit=0, sigma_limit=(2, 3)), "MFG348"),
    ("manufacturing/fabric", A.HorizontalFlip(), "MFG361"),
    ("manufacturing/fabric", A.RandomRotate90(), "MFG362"),
    ("manufacturing/fabric", A.GridDistortion(distort_limit=0.5), "MFG367"),
    ("manufacturing/fabric", A.Perspective(), "MFG366"),
    ("manufacturing/pcb", A.HorizontalFlip(), "MFG401"),
    ("manufacturing/pcb", A.Rotate(45), "MFG402"),
    ("manufacturing/pcb", A.HueSaturationValue(20, 0, 0), "MFG406"),
    ("manufacturing/pcb", A.Downscale((0.25, 0.5)), "MFG409"),
    ("manufacturing/pcb", A.CoarseDropout(), "MFG410"),
    ("manufacturing/wafer-map", A.RandomResizedCrop((64, 64)), "MFG455"),
    ("manufacturing/wafer-map", A.Affine(translate_percent=(0.1, 0.1)), "MFG456"),
    ("manufacturing/wafer-map", A.ElasticTransform(alpha=200, sigma=10), "MFG457"),
    ("manufacturing/wafer-map", A.RandomBrightnessContrast(), "MFG460"),
    ("manufacturing/wafer-map", A.GaussNoise(), "MFG461"),
    ("manufacturing/wafer-map", A.GaussianBlur(blur_limit=0, sigma_limit=(1, 2)), "MFG463"),
    ("manufacturing/casting-xray", A.RandomGamma((70, 150)), "MFG508"),
    ("manufacturing/casting-xray", A.CLAHE(), "MFG509"),
    ("manufacturing/casting-xray", A.ElasticTransform(alpha=200, sigma=10), "MFG108"),
    ("manufacturing/casting-xray", A.InvertImg(), "MFG117"),
    ("manufacturing/weld-xray", A.RandomRotate90(), "MFG543"),
    ("manufacturing/weld-xray", A.Affine(shear=(-10, 10)), "MFG546"),
    ("manufacturing/weld-xray", A.RandomResizedCrop((512, 1024), scale=(0.2, 1.0)), "MFG547"),
    ("manufacturing/bottle", A.Affine(scale={"x": (0.8, 1.2), "y": (1, 1)}), "MFG605"),
    ("manufacturing/bottle", A.Perspective(), "MFG608"),
    ("manufacturing/bottle", A.RandomSunFlare(), "MFG610"),
    ("manufacturing/screw", A.HorizontalFlip(), "MFG641"),
    ("manufacturing/screw", A.VerticalFlip(), "MFG641"),
    ("manufacturing/screw", A.Transpose(), "MFG641"),
    ("manufacturing/screw", A.RandomResizedCrop((1024, 1024), scale=(0.3, 1.0)), "MFG647"),
    ("manufacturing/glass", A.RandomBrightnessContrast((0.2, 0.2), (0, 0)), "MFG702"),
    ("manufacturing/glass", A.RandomShadow(), "MFG706"),
    ("manufacturing/glass", A.SaltAndPepper(), "MFG709"),
    ("manufacturing/injection-molding", A.Morphological(), "MFG810"),
    ("manufacturing/injection-molding", A.HueSaturationValue(20, 0, 0), "MFG806"),
    ("manufacturing/injection-molding", A.HorizontalFlip(), "MFG101"),
    ("driving/front-camera", A.HorizontalFlip(), "DRV101"),
    ("driving/front-camera", A.ChannelShuffle(), "DRV127"),
    ("driving/front-camera", A.ColorJitter(), "DRV124"),
    ("driving/surround-camera", A.HorizontalFlip(), "DRV201"),
    ("driving/surround-camera", A.Affine(scale=(0.8, 1.0), keep_ratio=True), "DRV202"),
    ("driving/night", A.RandomBrightnessContrast((0.3, 0.3), (0, 0)), "DRV301"),
    ("driving/night", A.RandomGamma((40, 250)), "DRV303"),
    ("driving/traffic-signs", A.HorizontalFlip(), "DRV401"),
    ("driving/traffic-signs", A.HueSaturationValue(10, 0, 0), "DRV404"),
    ("driving/traffic-signs", A.ToGray(), "DRV406"),
    ("driving/lanes", A.HorizontalFlip(), "DRV501"),
    ("driving/lanes", A.ElasticTransform(alpha=200, sigma=10), "DRV505"),
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
    assert codes("medical/radiograph-bone", flip, laterality_free=True) == set()
    assert codes("medical/mammography", flip, laterality_free=True) == set()
    assert codes("medical/ultrasound", flip, marker_free=True) == set()
    assert codes("medical/fundus", flip, laterality_free=True) == set()
    assert codes("medical/ct-head", flip, sided_labels=False) == set()
    assert codes("medical/pet", flip, lesion_only_labels=True) == set()
    assert "MED450" in codes("medical/echocardiography", flip, marker_free=True)
    assert "MFG207" in codes("manufacturing/metal-surface", flip, handed=True)


def test_whole_screens_of_ultrasound_stay_straight_and_cut_ones_may_turn() -> None:
    turn = [A.Rotate(8)]
    assert codes("medical/ultrasound", turn) == {"MED404"}
    assert codes("medical/ultrasound", turn, whole_screen=False) == set()


NARROWING = [
    ("medical/ct", A.RandomBrightnessContrast((0.02, 0.02), (0, 0)), {"hu_thresholded_labels": True}, "MED244"),
    ("medical/ct", A.GaussNoise(std_range=(0.008, 0.01)), {"hu_thresholded_labels": True}, "MED245"),
    ("medical/mri", A.RandomGamma((70, 130)), {"quantitative_map": True}, "MED324"),
    ("medical/pet", A.RandomBrightnessContrast((0, 0), (-0.08, 0.08)), {"uptake_labels": True}, "MED819"),
    ("medical/echocardiography", A.Affine(scale=(0.93, 1.07)), {"measured_sizes": True}, "MED452"),
    ("medical/dermoscopy", A.CoarseDropout(num_holes_range=(1, 1)), {"structure_labels": True}, "MED612"),
    ("medical/histopathology", StainJitter(gain=0.07), {"stain_labels": True}, "MED707"),
    ("medical/radiograph-bone", A.Affine(scale=(0.85, 1.15)), {"size_labels": True}, "MED181"),
    ("manufacturing/strip-steel", A.Rotate(4), {"direction_classes": True}, "MFG251"),
    ("manufacturing/leather", A.HorizontalFlip(), {"directional_light": True}, "MFG322"),
    ("manufacturing/leather", A.Rotate(60, border_mode=4), {"directional_light": True}, "MFG323"),
    ("manufacturing/tile", A.HorizontalFlip(), {"printed_design": True}, "MFG341"),
    ("manufacturing/tile", A.Rotate(10, border_mode=4), {"printed_design": True}, "MFG342"),
    ("manufacturing/pcb", A.Rotate(3), {"template_compared": True}, "MFG403"),
    ("manufacturing/pcb", A.Affine(translate_percent=(0.04, 0.04)), {"template_compared": True}, "MFG405"),
    ("manufacturing/wafer-map", A.HorizontalFlip(), {"orientation_labels": True}, "MFG452"),
    ("manufacturing/wafer-map", A.RandomRotate90(), {"orientation_labels": True}, "MFG454"),
    ("manufacturing/casting-xray", A.HorizontalFlip(), {"view_labels": True}, "MFG502"),
    ("manufacturing/casting-xray", A.RandomRotate90(), {"view_labels": True}, "MFG504"),
    ("manufacturing/weld-xray", A.HorizontalFlip(), {"markers_in_view": True}, "MFG542"),
    ("manufacturing/bottle", A.HorizontalFlip(), {"printed": True}, "MFG602"),
    ("manufacturing/bottle", A.Rotate(90), {"printed": True}, "MFG604"),
    ("manufacturing/bottle", A.Rotate(45), {"symmetry": "D4"}, "MFG603"),
    ("manufacturing/screw", A.Rotate(90), {"aligned": True}, "MFG642"),
    ("manufacturing/screw", A.Rotate(90), {"directional_light": True}, "MFG643"),
    ("manufacturing/glass", A.HueSaturationValue(2, 0, 0), {"channels_are_lights": True}, "MFG708"),
]


@pytest.mark.parametrize(("name", "step", "options", "code"), NARROWING, ids=[row[3] for row in NARROWING])
def test_an_answer_forbids_what_would_make_the_label_wrong(
    name: str, step: A.BasicTransform, options: dict[str, bool], code: str
) -> None:
    assert code not in codes(name, [step])
    assert code in codes(name, [step], **options)


def test_a_common_pipeline_for_defects_is_told_what_it_does_to_a_screw_and_to_leather() -> None:
    """One list of steps; what it does is the same, and what it means is not."""
    common = [
        A.HorizontalFlip(p=0.5),
        A.RandomRotate90(p=0.5),
        A.ColorJitter(p=0.5),
        A.CoarseDropout(p=0.5),
    ]
    screws, hides = codes("manufacturing/screw", common), codes("manufacturing/leather", common)
    assert {"MFG641", "PRT103", "MFG135"} <= screws
    assert {"MFG327", "MFG135"} <= hides
    assert codes("manufacturing/leather", common[:2]) == set()


def test_turns_follow_the_symmetry_that_is_said() -> None:
    quarter, sixth = [SymmetryTurn(every=90, p=1.0)], [SymmetryTurn(every=60, p=1.0)]
    assert codes("manufacturing/bottle", quarter, symmetry="D4") == set()
    assert "MFG603" in codes("manufacturing/bottle", sixth, symmetry="D4")
    assert codes("manufacturing/tile", quarter, symmetry="D4") == set()
    assert "MFG361" not in codes("manufacturing/fabric", [A.HorizontalFlip()], symmetry="D2")


def test_glass_is_judged_by_its_lighting() -> None:
    brighter = [A.RandomBrightnessContrast((0.15, 0.15), (0, 0))]
    assert "MFG702" in codes("manufacturing/glass", brighter)
    assert "MFG702" not in codes("manufacturing/glass", brighter, lighting="bright-field")


def test_the_winning_pipeline_for_melanoma_is_told_what_the_field_thinks_of_it() -> None:
    """Flips, light and hue pass; the distortions, the equalization and the size of the hole do not."""
    winning = [
        A.Transpose(p=0.5),
        A.VerticalFlip(p=0.5),
        A.HorizontalFlip(p=0.5),
        A.RandomBrightnessContrast(0.2, 0.2, p=0.75),
        A.GridDistortion(num_steps=5, distort_limit=1.0, p=0.7),
        A.CLAHE(clip_limit=4.0, p=0.7),
        A.HueSaturationValue(10, 20, 10, p=0.5),
    ]
    found = codes("medical/dermoscopy", winning)
    assert "MED605" in found
    assert found.isdisjoint({"MED601", "MED602"})
    assert codes("medical/dermoscopy", winning[:3]) == set()
