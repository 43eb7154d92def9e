"""`Gamma`, `Window` and `BiasField` against NumPy, in values of any range."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domainaug.errors import ImageError
from domainaug.generators import Frame
from domainaug.pipeline import Pipeline
from domainaug.transforms import BiasField, Gamma, Window

CT = (-1024.0, 3071.0)


def ramp(low, high, dtype, shape=(40, 50)):
    return np.linspace(low, high, np.prod(shape)).reshape(shape).astype(dtype)


class TestGamma:
    @pytest.mark.parametrize(
        ("dtype", "low", "high"), [("uint8", 0, 255), ("uint16", 0, 65535), ("float32", 0, 1), ("float64", 0, 1)]
    )
    def test_is_a_power_of_the_share_of_the_range(self, dtype, low, high):
        image, gamma = ramp(low, high, dtype), Gamma((0.3, 0.3), p=1)
        out = gamma(image=image)["image"]
        expected = low + (high - low) * ((image.astype(float) - low) / (high - low)) ** np.exp(0.3)
        assert out.dtype == image.dtype
        assert np.abs(out - expected).max() <= (0.52 if np.dtype(dtype).kind == "u" else 1e-5)

    def test_negative_ends_keep_their_place(self):
        image, gamma = ramp(*CT, np.int16), Gamma((-0.4, -0.4), p=1)
        out = gamma(image=image, value_range=CT)["image"]
        expected = CT[0] + 4095 * ((image + 1024.0) / 4095) ** np.exp(-0.4)
        assert np.abs(out - expected).max() <= 0.51
        assert (out[0, 0], out[-1, -1]) == CT

    def test_below_the_range_is_its_low_end_and_above_goes_on(self):
        image = np.array([[-50.0, 0.0, 100.0, 150.0]], np.float32)
        out = Gamma((0.5, 0.5), p=1)(image=image, value_range=(0, 100))["image"]
        assert np.allclose(out, [[0, 0, 100, 100 * 1.5 ** np.exp(0.5)]], rtol=1e-5)

    def test_draws_evenly_between_the_ends(self):
        gamma = Gamma(0.3, p=1)
        drawn = [np.log(gamma.draw()["gamma"]) for _ in range(2000)]
        assert -0.3 <= min(drawn) < -0.29
        assert 0.29 < max(drawn) <= 0.3
        assert abs(np.mean(drawn)) < 0.02

    def test_what_values_mean_is_asked_for(self):
        with pytest.raises(ImageError, match=r"^Gamma needs to know what the values mean, and int16 alone does not"):
            Gamma(p=1)(image=np.zeros((4, 4), np.int16))


def dicom_window(x, center, width, low, high):
    """DICOM PS3.3 C.11.2.1.2.1, as the standard writes it."""
    x = x.astype(np.float64)
    y = ((x - (center - 0.5)) / (width - 1) + 0.5) * (high - low) + low
    y[x <= center - 0.5 - (width - 1) / 2] = low
    y[x > center - 0.5 + (width - 1) / 2] = high
    return y


class TestWindow:
    @settings(max_examples=50)
    @given(center=st.floats(-900, 2900), width=st.floats(2, 6000))
    def test_is_the_linear_function_of_dicom(self, center, width):
        image = np.arange(-1024, 3072, dtype=np.int16).reshape(64, 64)
        out = Window(center, width)(image=image, value_range=CT)["image"]
        # Shares are float32: a window of few values magnifies what they are off by.
        assert np.abs(out - dicom_window(image, center, width, *CT)).max() <= 0.51 + 4 / width

    @settings(max_examples=30)
    @given(center=st.floats(0, 1), width=st.floats(0.01, 3))
    def test_linear_exact_runs_over_the_whole_width(self, center, width):
        image = ramp(0, 1, np.float32)
        out = Window(center, width, function="linear_exact")(image=image)["image"]
        expected = np.clip((image - center) / width + 0.5, 0, 1)
        assert np.abs(out - expected).max() < 1e-4

    def test_is_what_pydicom_makes_of_the_same_tags(self):
        pydicom = pytest.importorskip("pydicom")
        from pydicom.pixels import apply_windowing

        tags = pydicom.Dataset()
        tags.PhotometricInterpretation, tags.BitsStored, tags.PixelRepresentation = "MONOCHROME2", 12, 0
        tags.WindowCenter, tags.WindowWidth = 1000, 700
        image = np.arange(4096, dtype=np.uint16).reshape(64, 64)
        out = Window(1000, 700)(image=image, value_range=(0, 4095))["image"]
        assert np.abs(out - apply_windowing(image, tags)).max() <= 0.51

    def test_low_and_high_are_the_ends_themselves(self):
        image = np.arange(256, dtype=np.uint8).reshape(16, 16)
        out = Window(low=50, high=200)(image=image)["image"]
        assert np.abs(out - np.clip((image - 50.0) / 150, 0, 1) * 255).max() < 0.501

    def test_inverted_it_is_bright_to_dark(self):
        image = np.arange(256, dtype=np.uint8).reshape(16, 16)
        plain, turned = (Window(low=50, high=200, invert=invert)(image=image)["image"] for invert in (False, True))
        assert np.abs(turned + plain.astype(int) - 255).max() <= 1
        assert turned[0, 0] == 255

    def test_ranges_are_drawn_from(self):
        window = Window((30, 50), (300, 500))
        ends = [window.draw()["window"] for _ in range(200)]
        widths = [end - begin + 1 for begin, end in ends]
        assert 300 <= min(widths) < 310
        assert 490 < max(widths) <= 500
        assert all(30 <= (begin + end + 1) / 2 <= 50 for begin, end in ends)

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            ({}, "center and width, or low and high, are needed, got none"),
            ({"center": 1, "high": 2}, "got center and high"),
            ({"center": 40, "width": 1}, "width: .* above 1 are needed, got 1"),
            ({"center": 40, "width": 0, "function": "linear_exact"}, "width: .* above 0 are needed, got 0"),
            ({"low": (0, 10), "high": (5, 20)}, "high: values above low"),
            ({"low": 0, "high": 1, "invert": "yes"}, "invert: true or false is needed, got 'yes'"),
            ({"center": 0, "width": 5, "function": "sigmoid"}, "function: one of linear, linear_exact is needed"),
        ],
    )
    def test_what_is_not_legal_is_told(self, arguments, told):
        with pytest.raises(ValueError, match=f"^Window: .*{told}"):
            Window(**arguments)


def field(coefficients, order, shape):
    """Return exp of the polynomial, term by term, over (D, H, W) or (H, W)."""
    axes = [np.linspace(-1, 1, n) if n > 1 else np.zeros(1) for n in shape]
    grids = np.meshgrid(*axes, indexing="ij")[::-1]
    x, y, z = grids if len(grids) == 3 else (*grids, 0.0)
    total, position = 0.0, 0
    for i, j, k in product(range(order + 1), repeat=3):
        if i + j + k <= order:
            total = total + coefficients[position] * x**i * y**j * z**k
            position += 1
    assert position == len(coefficients)
    return np.exp(total)


class TestBiasField:
    @pytest.mark.parametrize("order", [1, 3, 5])
    @pytest.mark.parametrize("shape", [(30, 44), (6, 30, 44), (1, 20, 20)])
    def test_multiplies_by_exp_of_a_polynomial(self, order, shape):
        bias = BiasField(0.4, order, p=1)
        values = np.random.default_rng(0).random(shape).astype(np.float32)
        name = "image" if len(shape) == 2 else "volume"
        out = bias(**{name: values})[name]
        assert np.allclose(out, values * field(bias.params["coefficients"], order, shape), rtol=2e-5, atol=1e-6)

    def test_leaves_the_value_of_no_signal(self):
        values = np.full((12, 12), 30.0, np.float32)
        assert np.allclose(BiasField(zero=30.0, p=1)(image=values)["image"], 30.0, atol=1e-4)
        out = BiasField(p=1)(image=np.zeros((12, 12), np.int16), value_range=CT)["image"]
        assert not out.any()

    def test_needs_no_range_and_may_leave_it(self):
        values = np.full((12, 12), 1000, np.int16)
        out = BiasField((0.5, 0.5), 1, p=1)(image=values)["image"]
        assert out.max() == round(1000 * np.exp(0.5 * 3))

    def test_pictures_of_a_stack_have_one_field(self):
        values = np.ones((3, 10, 10), np.float32)
        out = BiasField(p=1)(images=values)["images"]
        assert np.array_equal(out[0], out[2])

    def test_channels_of_a_volume_have_one_field(self):
        out = BiasField(p=1)(volume=np.ones((4, 10, 10, 2), np.float32))["volume"]
        assert np.array_equal(out[..., 0], out[..., 1])
        assert np.ptp(out[:, 5, 5, 0]) > 0

    def test_order_is_a_whole_number(self):
        for order in (0, 6, 2.5):
            with pytest.raises(ValueError, match="BiasField: order: a "):
                BiasField(order=order)


class TestEffects:
    def test_of_gamma_are_read_off_the_draw(self):
        frame, gamma = Frame(low=-1024.0, high=3071.0), Gamma(p=1)
        did = gamma.drawn_effects({"gamma": 1.5}, frame).effects(frame)
        assert did["gamma"].high == pytest.approx(1.5, abs=0.02)
        assert did["brightness"].high == pytest.approx(0.5**1.5 - 0.5)

    def test_of_a_window_follow_the_range(self):
        frame = Frame(low=-1024.0, high=3071.0)
        window = Window(low=-1024, high=1023.5)
        did = window.drawn_effects(window.draw(), frame).effects(frame)
        assert did["contrast"].high == pytest.approx(2.0, abs=0.01)
        assert did["brightness"].high == pytest.approx(0.5, abs=0.01)

    def test_inverting_is_an_inversion(self):
        window = Window(low=0, high=255, invert=True)
        assert window.declare_effects(Frame()).effects(Frame())["inversion"].high == pytest.approx(1.0)

    def test_of_a_field_are_its_mean_and_what_that_leaves(self):
        bias, frame = BiasField(order=1, p=1), Frame()
        even = bias.drawn_effects({"coefficients": (np.log(0.5), 0, 0, 0)}, frame).effects(frame)
        assert even["contrast"].high == pytest.approx(0.5)
        assert "local_gain" not in even
        slope = bias.drawn_effects({"coefficients": (0, 0, 0, 0.5)}, frame).effects(frame)
        assert 0.2 < slope["local_gain"].high < 0.5 * np.exp(0.5)


def test_in_a_pipeline_they_know_the_range():
    image = ramp(*CT, np.int16)
    pipeline = Pipeline([Gamma((0.2, 0.2), p=1), Window(-600, 1500)], seed=1, value_range=CT)
    out = pipeline(image=image)["image"]
    curve = CT[0] + 4095 * ((image + 1024.0) / 4095) ** np.exp(0.2)
    assert np.abs(out - dicom_window(curve, -600, 1500, *CT)).max() <= 2.9  # a level of HU is 2.73 after the window
    assert out.dtype == np.int16
