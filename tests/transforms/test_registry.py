"""The list of our transforms: loaded when asked for, in recipes by name, saved under lasting names."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

import domainaug
from domainaug import transforms
from domainaug._albumentations import A
from domainaug.errors import ProfileError, UnknownName
from domainaug.profile import load_profile
from domainaug.profile.recipe import recipe_classes
from domainaug.recipe import build_recipe, scaled_parameters
from domainaug.transforms import TRANSFORMS, GaussianNoise
from domainaug.transforms.changing import Changing
from domainaug.transforms.fusing import ChangesValues, MovesPixels, MovesVoxels

sys.path.insert(0, str(Path(__file__).parent))
from examples import EXAMPLES, named


def run(code):
    root = Path(domainaug.__file__).parents[1]
    return subprocess.run([sys.executable, "-c", code], check=True, cwd=root, capture_output=True, text=True).stdout


class TestList:
    def test_importing_the_package_loads_none_of_them(self):
        loaded = run("import sys, domainaug.transforms; print(*sys.modules)").split()
        assert not {"numpy", "albumentations", "numba"} & set(loaded)

    def test_every_name_is_there_and_has_examples(self):
        assert set(TRANSFORMS) == set(transforms.__all__) - {"TRANSFORMS"} == {type(each).__name__ for each in EXAMPLES}
        assert all(getattr(transforms, name) is one for name, one in TRANSFORMS.items())
        assert set(TRANSFORMS) <= set(dir(transforms))

    def test_an_unknown_name_says_what_there_is(self):
        with pytest.raises(AttributeError, match=r"no attribute 'Gama'; it has .*Gamma"):
            _ = transforms.Gama

    @pytest.mark.parametrize("transform", EXAMPLES, ids=named)
    def test_each_offers_what_a_pass_asks_for(self, transform):
        alone = {"ColoredNoise"}
        looks = {
            "DrawDefect-0",
            "DrawDefect-1",
            "DrawDefect-2",
            "CropMm-2",
            "CropMm-3",
            "Pose-0",
            "Pose-1",
            "Pose-2",
        }  # at the picture, which what is pending makes
        looks |= {"ComponentCrop-0", "PasteDefect-0", "PasteDefect-1"}
        looks |= {"SyntheticAnomaly-0", "SyntheticAnomaly-1", "SyntheticAnomaly-2"}
        turns = {"AnatomicalMirror-1", "Reorient-0", "Reorient-1"}  # labels change sides, or steps after it are told
        turns |= {"ComponentCrop-1", "ComponentCrop-2"}
        alone |= {"Ghosting", "GibbsRinging", "KSpaceSpike", "PatientMotion", "RicianNoise", "ThickSlices"}
        alone |= {"BeamHardening", "KernelNoise", "LowDose", "MetalStreaks", "Rings"}
        alone |= {"Collimation", "Exposure", "GridLines", "QuantumNoise", "Scatter"}
        alone |= {"AcousticClutter", "AcousticShadow", "DepthAttenuation", "Speckle"}
        alone |= {"FundusHaze", "StainJitter", "UnevenLight", "PasteDefect", "SyntheticAnomaly"}
        alone |= {"DrawDefect", "Fog", "LensDrops", "NightLike", "RainInAir", "SnowInAir", "SunGlare", "WetRoad"}
        offers = isinstance(transform, ChangesValues | MovesPixels | MovesVoxels)
        assert offers == (type(transform).__name__ not in alone)
        how = "picture" if named(transform) in looks else "alone" if named(transform) in turns else "shape"
        assert transform.draws_from == how


class TestSaving:
    @pytest.mark.parametrize("transform", EXAMPLES, ids=named)
    def test_what_is_saved_is_loaded_again(self, transform):
        saved = A.to_dict(transform)
        assert saved["transform"]["__class_fullname__"] == f"domainaug.transforms.{type(transform).__name__}"
        again = A.from_dict(saved)
        assert type(again) is type(transform)
        assert A.to_dict(again) == saved
        assert repr(again) == repr(transform)

    def test_pipelines_find_them_by_name_in_a_new_process(self):
        code = (
            "import domainaug.pipeline\n"
            "from domainaug._albumentations import A\n"
            "print(A.from_dict({'transform': {'__class_fullname__': 'domainaug.transforms.Gamma', 'p': 1.0,"
            " 'log_gamma': [-0.1, 0.1]}}))"
        )
        assert run(code).strip() == "Gamma(p=1.0, log_gamma=(-0.1, 0.1))"


class TestParameters:
    @pytest.mark.parametrize("transform", EXAMPLES, ids=named)
    def test_an_unknown_one_is_refused_with_the_nearest(self, transform):
        with pytest.raises(UnknownName, match=rf"{type(transform).__name__}: no parameter is called 'q'"):
            type(transform)(q=1)
        with pytest.raises(UnknownName, match="did you mean 'std'"):
            GaussianNoise(stdd=3.0)

    @pytest.mark.parametrize("transform", EXAMPLES, ids=named)
    def test_no_strength_is_a_transform_that_does_nothing(self, transform):
        cls = type(transform)
        given = {name: getattr(transform, name) for name in cls.neutral if getattr(transform, name) is not None}
        scaled = scaled_parameters(cls, {**given, "p": 1.0}, 0.5)
        for name, value in given.items():
            assert scaled[name] != value or not _far(value, cls.neutral[name])
            assert _far(scaled[name], cls.neutral[name]) == pytest.approx(_far(value, cls.neutral[name]) / 2)


def _far(value, neutral):
    return max(_far(each, neutral) for each in value) if isinstance(value, tuple) else abs(value - neutral)


class TestRecipes:
    def test_they_are_built_by_name(self):
        (built,) = build_recipe([{"GaussianNoise": {"std": [5, 12], "p": 0.4}}])
        assert (type(built), built.std, built.p) == (GaussianNoise, (5.0, 12.0), 0.4)

    def test_a_wrong_value_names_its_place(self):
        with pytest.raises(ProfileError, match=r"^recipe\[0\]: Gamma: log_gamma: a number or two in order"):
            build_recipe([{"Gamma": {"log_gamma": "much"}}])

    @pytest.mark.parametrize(
        ("step", "told"),
        [
            ({"GaussianNoise": {"std": (5, 400)}}, "GaussianNoise(std=(10, 50)) instead of (5, 400): MED227 allows at"),
            ({"Deform": {"displacement_mm": (0, 40)}}, "Deform(displacement_mm=(0, "),
            ({"Gamma": {"log_gamma": 0.8}}, "Gamma(log_gamma=(-0.0"),
        ],
    )
    def test_a_profile_narrows_them_to_its_limits(self, step, told):
        pipeline = replace(load_profile("medical/ct-chest"), recipe=(step,)).compose(seed=1)
        assert len(pipeline.narrowed) == 1
        assert pipeline.narrowed[0].startswith(told)
        assert "instead of" in pipeline.narrowed[0]
        assert pipeline.transforms[0].p == 0.5

    def test_a_new_one_is_one_class_and_one_entry(self, monkeypatch):
        class Doubled(Changing):
            """Doubles shares."""

            def draw(self):
                return {}

        toy = ModuleType("domainaug.transforms.toy")
        toy.Doubled = Doubled
        monkeypatch.setitem(sys.modules, toy.__name__, toy)
        monkeypatch.setitem(transforms._FAMILIES, "Doubled", "toy")
        recipe_classes.cache_clear()
        try:
            (built,) = build_recipe([{"Doubled": {"p": 1.0}}])
        finally:
            recipe_classes.cache_clear()
            vars(transforms).pop("Doubled", None)
        assert type(built) is Doubled


class TestGuide:
    TEXT = (Path(domainaug.__file__).parents[1] / "docs" / "transforms.md").read_text(encoding="utf-8")

    def test_it_has_a_row_and_a_paragraph_for_each(self):
        for name in TRANSFORMS:
            assert f"| `{name}` |" in self.TEXT
            assert f"**`{name}`**" in self.TEXT

    def test_its_transform_of_your_own_works_alone_and_in_a_pipeline(self, tmp_path):
        parts = self.TEXT.split("```python\n")
        code = parts[2].split("```")[0]
        script = tmp_path / "guide.py"
        script.write_text(
            code + "import numpy as np\nfrom domainaug.pipeline import Pipeline\n"
            "image = np.full((4, 4), 100, np.uint8)\n"
            "print(Brighter(p=1)(image=image)['image'].max() > 100, "
            "Pipeline([Brighter(p=1), Brighter(p=1)], seed=0)(image=image)['image'].max() > 100)",
            encoding="utf-8",
        )
        done = subprocess.run([sys.executable, str(script)], check=True, capture_output=True, text=True)
        assert done.stdout.split() == ["True", "True"]
