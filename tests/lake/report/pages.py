"""Reads a report as a browser does: its charts with their tables and figures, its sentences, its headings, its scripts."""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "input", "br"}


@dataclass
class Chart:
    """A chart of the page. `plots` are the names of its figures."""

    currency: str
    title: str = ""
    labelled_by: str = ""
    headings: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    plots: list[str] = field(default_factory=list)
    summaries: int = 0

    def numbers(self, heading: str) -> list[Decimal | None]:
        """A column of the table as the numbers that it shows; a dash is null."""
        cells = [row[self.headings.index(heading)] for row in self.rows]
        return [None if cell == "–" else Decimal(cell.replace(",", "")) for cell in cells]

    def column(self, heading: str) -> list[str]:
        """A column of the table as it is shown."""
        return [row[self.headings.index(heading)] for row in self.rows]


@dataclass
class Sentence:
    """A sentence of an insight, with the currency that it is of, or none."""

    currency: str
    text: str


class Page(HTMLParser):
    """A parsed report. Raises `AssertionError` where an element is closed that is not open."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = text
        self.charts: list[Chart] = []
        self.sentences: list[Sentence] = []
        self.headings: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self._text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    @property
    def figures(self) -> dict[str, Any]:
        """The figures by name. Numbers with a point are read as decimals, digit by digit."""
        return dict(json.loads(self.scripts[0], parse_float=Decimal))

    def chart(self, title: str, currency: str = "") -> Chart:
        """The one chart whose title begins so."""
        found = [chart for chart in self.charts if chart.title.startswith(title) and chart.currency == currency]
        assert len(found) == 1, [(chart.title, chart.currency) for chart in self.charts]
        return found[0]

    def said(self, currency: str = "") -> list[str]:
        """The sentences that are of a currency, or of none."""
        return [sentence.text for sentence in self.sentences if sentence.currency == currency]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.elements.append((tag, given))
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "figure":
            self.charts.append(Chart(given.get("data-currency") or "", labelled_by=given.get("aria-labelledby") or ""))
        if tag == "tr" and self._inside("tbody"):
            self.charts[-1].rows.append([])
        if given.get("data-plot"):
            self.charts[-1].plots.append(str(given["data-plot"]))
        if tag not in VOID:
            self.open.append((tag, given))
        if tag in {"h1", "h2", "h3", "h4", "th", "td", "li", "script", "summary", "dt", "dd"}:
            self._text = ""

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1][0] == tag, (tag, self.open)
        text = self._text.strip()
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append((tag, text))
        if tag == "h3" and self._inside("figure"):
            self.charts[-1].title = text
        if tag == "summary":
            self.charts[-1].summaries += 1
        if tag in {"th", "td"}:
            (self.charts[-1].rows[-1] if self._inside("tbody") else self.charts[-1].headings).append(text)
        if tag == "script":
            self.scripts.append(self._text)
        if tag == "li":
            lists = [given for name, given in self.open if name == "ul" and given.get("class") == "insights"]
            self.sentences += [Sentence(given.get("data-currency") or "", text) for given in lists]
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self._text += data

    def _inside(self, tag: str) -> bool:
        return any(name == tag for name, _ in self.open)
