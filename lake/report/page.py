"""The page: style, sections, figures and script in one file that asks no network for anything.

A content security policy in its head forbids every request, and every script but the three that are its own, each by its hash: what
data might smuggle in could not run.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from importlib.resources import files

from lake.report.blocks import Figures, section_html
from lake.report.html import Html, element, joined
from lake.report.palette import variables
from lake.report.parts import Section

__all__ = ["figures_json", "page"]


def page(sections: Sequence[Section], currencies: Sequence[str], title: str = "Energy Lake") -> str:
    """The whole page. The first currency is the one that is shown at first."""
    figures = Figures()
    parts = [section_html(section, figures) for section in sections]
    plotly, script = _plotly(), _own("page.js")
    body = element(
        "body",
        element("a", "Skip to the report", href="#report", class_="skip"),
        element("header", element("h1", title)),
        element("div", _navigation(sections), _choice(currencies), class_="top"),
        element("main", _without_script(), *parts, id="report"),
        _footer(),
        element("script", figures_json(figures), type="application/json", id="figures"),
        element("script", Html(plotly)),
        element("script", Html(script)),
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(plotly, script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{title}: report"),
        element("style", Html(variables() + _own("page.css") + _shown(currencies))),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _navigation(sections: Sequence[Section]) -> Html:
    links = (element("li", element("a", section.name.capitalize(), href=f"#{section.name}")) for section in sections)
    return element("nav", element("ul", *links), aria_label="Sections")


def _choice(currencies: Sequence[str]) -> Html:
    """Radio buttons, which a style sheet alone turns into what is shown: they work without a script."""
    if not currencies:
        return Html()
    options = [
        joined(
            element(
                "input", type="radio", name="currency", id=f"currency-{code}", value=code, checked=code == currencies[0]
            ),
            element("label", code, for_=f"currency-{code}"),
        )
        for code in currencies
    ]
    return element("fieldset", element("legend", "Currency"), *options, class_="choice")


def _shown(currencies: Sequence[str]) -> str:
    """Of what belongs to a currency only the chosen one is shown."""
    return "".join(
        f'body:has(#currency-{code}:checked) [data-currency]:not([data-currency="{code}"]){{display:none}}\n'
        for code in currencies
    )


def _without_script() -> Html:
    return element(
        "noscript", element("p", "The charts need JavaScript. The tables have all their numbers.", class_="note")
    )


def _footer() -> Html:
    said = "Tables hold every digit; sentences and charts round, half even. Drawn by plotly.js (MIT licence)."
    return element("footer", element("p", said))


def figures_json(figures: Figures) -> Html:
    """The figures. `<` is written as its code, so that no text can end the element that it stands in."""
    text = json.dumps(figures.by_name, default=_plain, ensure_ascii=False, separators=(",", ":"))
    return Html(text.replace("<", "\\u003c"))


def _plain(value: object) -> float | str:
    match value:
        case Decimal():
            return float(value)
        case date():
            return value.isoformat()
        case _:
            raise TypeError(f"{value!r} is nothing that a figure can show")


def _policy(*scripts: str) -> str:
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts
    )
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:"


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def _own(name: str) -> str:
    return (files("lake.report") / name).read_text(encoding="utf-8")
