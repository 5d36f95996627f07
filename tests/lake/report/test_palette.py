"""The colours can be told from what they stand on, and each energy type has one of its own."""

import pytest

from contracts.vocabulary import ENERGY_TYPES
from lake.report.palette import DARK, ENERGY, LIGHT, MARKS, TEXTS, energy, variables

THEMES = {"light": LIGHT, "dark": DARK}
GROUNDS = ("ground", "card")


def luminance(colour: str) -> float:
    """WCAG 2.2's relative luminance of `#rrggbb`."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_is_wcags():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_has_the_contrast_of_aa(theme: str, ground: str):
    colours = THEMES[theme]
    assert {
        name: contrast(colours[name], colours[ground])
        for name in TEXTS
        if contrast(colours[name], colours[ground]) < 4.5
    } == {}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", [*GROUNDS, "shade"])
def test_marks_have_the_contrast_of_graphics(theme: str, ground: str):
    colours = THEMES[theme]
    assert {
        name: contrast(colours[name], colours[ground]) for name in MARKS if contrast(colours[name], colours[ground]) < 3
    } == {}


@pytest.mark.parametrize("theme", THEMES)
def test_the_chosen_currency_can_be_read(theme: str):
    assert contrast(THEMES[theme]["ground"], THEMES[theme]["ink"]) >= 4.5


def test_every_energy_type_of_the_contracts_has_a_colour_of_its_own_in_both_themes():
    assert set(ENERGY) == set(ENERGY_TYPES)
    for theme in THEMES.values():
        assert len({theme[name] for name in ENERGY_TYPES}) == len(ENERGY_TYPES)
    assert energy("wind") == "var(--wind)"


def test_the_style_sheet_defines_every_colour_for_both_themes():
    light, dark = variables().split("@media (prefers-color-scheme: dark)")
    for name in LIGHT:
        assert f"--{name}:{LIGHT[name]};" in light
        assert f"--{name}:{DARK[name]};" in dark
