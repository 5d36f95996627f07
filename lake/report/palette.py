"""The colours, for light and for dark: of energy types, of sides, of the page. They are CSS variables, which figures name.

Every colour of a mark has a contrast of 3 or more to both grounds it stands on, every colour of text 4.5 (WCAG 2.2, 1.4.11 and
1.4.3); a test computes it. The hues follow Okabe and Ito's and Tol's sets for the colour-blind. Where two energy types are
alike to somebody, the order of the stack, the panel's title and the table tell them apart, so no colour speaks alone.
"""

from contracts.vocabulary import ENERGY_TYPES

__all__ = ["DARK", "ENERGY", "LIGHT", "MARKS", "TEXTS", "energy", "variables"]

ENERGY = {
    "wind": ("#0f7ea8", "#56b4e9"),
    "solar": ("#b87a00", "#f0b429"),
    "hydro": ("#1b4f9c", "#7393e6"),
    "nuclear": ("#b0488a", "#e08cc0"),
    "gas": ("#c84b00", "#f0803c"),
    "coal": ("#4a4a4a", "#b8b8b8"),
    "oil": ("#7a2e12", "#c98a70"),
    "fossil": ("#6b5b4d", "#a89684"),
    "biomass": ("#4f7a00", "#a3c64a"),
    "geothermal": ("#882255", "#cf6f9f"),
    "battery": ("#00796b", "#4cc2b0"),
    "mixed": ("#6a5acd", "#a99cf5"),
    "unspecified": ("#767676", "#949494"),
}
"""An energy type's colour on light and on dark ground; the same everywhere in the report."""

_PAGE = {
    "ground": ("#f6f7f9", "#0f1318"),
    "card": ("#ffffff", "#181e26"),
    "ink": ("#14181f", "#eef1f5"),
    "muted": ("#55606e", "#a9b4c2"),
    "rule": ("#c3cad3", "#3a4552"),
    "grid": ("#e8ebef", "#26303b"),
    "link": ("#0b5cad", "#7db7ff"),
    "focus": ("#0b5cad", "#9ccaff"),
    "shade": ("#fff1cf", "#33301f"),
    "good": ("#1a7245", "#5fd08f"),
    "bad": ("#b3261e", "#ff8f85"),
    "sold": ("#0b6e78", "#4fc3cf"),
    "bought": ("#a8480f", "#f59a5b"),
    "net": ("#14181f", "#eef1f5"),
    "reference": ("#7d8794", "#8793a1"),
    "flow-good": ("rgba(26,114,69,0.22)", "rgba(95,208,143,0.25)"),
    "flow-bad": ("rgba(179,38,30,0.30)", "rgba(255,143,133,0.35)"),
    "flow-reference": ("rgba(85,96,110,0.30)", "rgba(169,180,194,0.30)"),
}

TEXTS = ("ink", "muted", "link", "good", "bad")
"""Colours that letters have."""

MARKS = ("sold", "bought", "net", "good", "bad", "reference", "focus", *ENERGY)
"""Colours that bars and lines have."""

LIGHT = {name: light for name, (light, _) in (_PAGE | ENERGY).items()}
DARK = {name: dark for name, (_, dark) in (_PAGE | ENERGY).items()}


def energy(name: str) -> str:
    """An energy type's colour as a figure names it."""
    return f"var(--{name if name in ENERGY_TYPES else 'unspecified'})"


def variables() -> str:
    """The style sheet's first lines: every colour on light ground, and on dark for those who prefer it."""
    light, dark = ("".join(f"--{name}:{colour};" for name, colour in theme.items()) for theme in (LIGHT, DARK))
    return f":root{{{light}}}\n@media (prefers-color-scheme: dark){{:root{{{dark}}}}}\n"
