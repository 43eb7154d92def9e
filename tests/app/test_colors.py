"""Text and charts can be read on every ground that the two themes have (WCAG 2.2: 4.5 to 1, and 3 to 1)."""

import pytest

pytest.importorskip("streamlit", reason="the packages of domainaug[app] are not installed")

from domainaug.app import colors, legible
from domainaug.app.start import OPTIONS

THEMES = {name: OPTIONS["theme"][name] for name in ("light", "dark")}
KINDS = ("backgroundColor", "secondaryBackgroundColor")
GROUNDS = {
    name: [ground[kind] for ground in (theme, theme["sidebar"]) for kind in KINDS] for name, theme in THEMES.items()
}


def channels(color):
    return [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def luminance(color):
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(over, under, share):
    """Return a color over another, as translucent as Streamlit draws its captions and what is chosen."""
    return "#" + "".join(
        f"{round(255 * (share * a + (1 - share) * b)):02x}"
        for a, b in zip(channels(over), channels(under), strict=True)
    )


def test_black_on_white_has_the_most_contrast_there_is():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", THEMES)
def test_text_captions_and_the_accent_can_be_read(name):
    theme = THEMES[name]
    for ground in GROUNDS[name]:
        assert contrast(theme["textColor"], ground) >= 7
        assert contrast(mixed(theme["textColor"], ground, 0.6), ground) >= 4.5, "a caption"
        assert contrast(theme["codeTextColor"], ground) >= 7
    for ground in GROUNDS[name][::2]:  # what is chosen has a tint of the accent below it
        assert contrast(theme["primaryColor"], mixed(theme["primaryColor"], ground, 0.1)) >= 4.5


def test_the_label_of_a_main_button_can_be_read():
    assert contrast("#ffffff", THEMES["light"]["primaryColor"]) >= 4.5
    assert contrast(legible.ON_LIGHT_TEAL, THEMES["dark"]["primaryColor"]) >= 4.5


@pytest.mark.parametrize("name", ["THERE", "ACCEPTED", "REJECTED", "LIMIT", "NEW_LIMIT", "GRAY"])
@pytest.mark.parametrize("theme", THEMES)
def test_marks_of_charts_stand_out(name, theme):
    assert contrast(getattr(colors, name), THEMES[theme]["backgroundColor"]) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("color", colors.COLORS)
def test_what_was_there_and_what_was_made_stand_out(color, theme):
    assert contrast(color, THEMES[theme]["backgroundColor"]) >= 3
