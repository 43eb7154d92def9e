"""Weather and hour as sliders: a preset sets all of them, and what was turned since is part of the address."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import streamlit as st

from domainaug.app.links import asked_for, choose
from domainaug.driving.sun import sun_position
from domainaug.driving.weather import PRESETS, RANGES, Weather
from domainaug.scenario import Value

__all__ = ["Slider", "choose_weather", "draw_slider", "hour_of"]

_USUAL = "noon"
_DAYS: Mapping[str, int] = MappingProxyType({"winter": 355, "spring": 80, "summer": 172})
_NAME, _SEASON = "weather", "season"


@dataclass(frozen=True, slots=True)
class Slider:
    """A slider.

    Attributes:
        name: Of the axis; it is the key in the address too.
        label: In words.
        high: Where it ends.
        step: From one place to the next.
        shown: How numbers are written, as `st.slider` wants it.
        low: Where it begins.
        about: What else should be known.
    """

    name: str
    label: str
    high: float
    step: float
    shown: str
    low: float = 0.0
    about: str | None = None


_HOUR = Slider("hour", "Hour", 24.0, 0.25, "%.2f h", about="True solar time, at 48 degrees north.")
_FALLING = (
    Slider("rain", "Rain", 50.0, 0.5, "%.1f mm/h", about="Wets the road and closes the sky by itself."),
    Slider("snowfall", "Snowfall", 10.0, 0.5, "%.1f mm/h", about="As the water it melts to."),
    Slider("snow_cover", "Snow on the ground", 1.0, 0.05, "percent"),
    Slider("clouds", "Clouds", 1.0, 0.05, "percent"),
    Slider("wetness", "Wet ground", 1.0, 0.05, "percent"),
    Slider("puddles", "Puddles", 1.0, 0.05, "percent"),
)
_SIGHTS = tuple(
    sorted({20.0, 40.0, 100.0, 200.0, 800.0, 1500.0, 3000.0, 10_000.0, 100_000.0}
           | {weather.visibility for weather in PRESETS.values()})
)  # fmt: skip


def choose_weather() -> dict[str, Value]:
    """Draw the sliders, and return the values of axes that they stand for; they are part of the address."""
    name = choose(
        st.selectbox, "Weather", list(PRESETS), key=_NAME, usual=_USUAL, on_change=_to_preset,
        format_func=lambda one: one.replace("-", " ").capitalize(), help="Sets all of the sliders.",
    )  # fmt: skip
    weather = PRESETS[name]
    values: dict[str, Value] = {"turbidity": weather.turbidity, "wind": weather.wind, "wind_from": weather.wind_from}
    season = choose(
        st.segmented_control, "Season", list(_DAYS), key=_SEASON, usual="summer", required=True,
        format_func=str.capitalize, width="stretch",
    )  # fmt: skip
    values["day"] = _DAYS[season]
    values["hour"] = draw_slider(_HOUR, _usual(weather, "hour"))
    values["visibility"] = choose(
        st.select_slider, "Sight", _SIGHTS, key="visibility", usual=weather.visibility, format_func=_in_meters,
        help="How far one sees through haze and fog; what falls takes its own share.",
    )  # fmt: skip
    for slider in _FALLING:
        values[slider.name] = draw_slider(slider, _usual(weather, slider.name))
    return values


def draw_slider(slider: Slider, usual: float, **more: Any) -> float:
    """Draw a slider that is part of the address, and return where it stands.

    Args:
        slider: Which.
        usual: Where it stands when nobody turned it.
        **more: For the widget: `disabled` ...
    """
    key = slider.name
    if key not in st.session_state:
        st.session_state[key] = _asked(slider, usual)
    st.session_state[key] = st.session_state[key]  # said anew: a widget that another page has is of this one now
    value = float(
        st.slider(
            slider.label, slider.low, slider.high, step=slider.step, format=slider.shown, key=key, help=slider.about,
            persist_state="session", **more,
        )
    )  # fmt: skip
    if value == usual:
        st.query_params.pop(key, None)
    elif asked_for(key) != f"{value:g}":
        st.query_params[key] = f"{value:g}"
    return value


def hour_of(altitude: float, day: int) -> float:
    """Return the quarter of an hour, after noon, at which the sun is nearest to a height.

    Args:
        altitude: Degrees over the horizon.
        day: Of the year.
    """
    quarters = [12 + quarter / 4 for quarter in range(49)]
    return min(quarters, key=lambda hour: abs(sun_position(hour, day)[0] - altitude))


def _usual(weather: Weather, name: str) -> float:
    if name == "hour":
        return hour_of(weather.sun_altitude, _DAYS["summer"])
    return float(getattr(weather, name))


def _to_preset() -> None:
    """Put every slider where the weather that was just chosen has it."""
    weather = PRESETS[st.session_state[_NAME]]
    for slider in (_HOUR, *_FALLING):
        st.session_state[slider.name] = _usual(weather, slider.name)
    st.session_state["visibility"] = weather.visibility


def _asked(slider: Slider, usual: float) -> float:
    """Return where the address puts a slider, held to its ends and steps; where it is usually, if it says nothing."""
    try:
        asked = float(asked_for(slider.name))
    except ValueError:
        return usual
    if not math.isfinite(asked):
        return usual
    steps = round((min(max(asked, slider.low), slider.high) - slider.low) / slider.step)
    return slider.low + steps * slider.step


def _in_meters(meters: float) -> str:
    return f"{meters / 1000:g} km" if meters >= 1000 else f"{meters:g} m"


assert set(RANGES) >= {slider.name for slider in _FALLING}
