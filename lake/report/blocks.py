"""The blocks of a section as HTML: sentences, tiles, and charts with their legend and their table."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from lake.report.html import Html, element, joined
from lake.report.parts import Chart, Figure, Insights, Key, Plot, Section, Tile, Tiles, Value
from lake.report.words import exact

__all__ = ["Figures", "section_html"]


class Figures:
    """The figures of a page by the name under which its script finds them."""

    def __init__(self) -> None:
        self.by_name: dict[str, Figure] = {}

    def add(self, figure: Figure) -> str:
        """Keeps the figure and names it."""
        name = f"plot-{len(self.by_name) + 1}"
        self.by_name[name] = figure
        return name


def section_html(section: Section, figures: Figures) -> Html:
    """A section with its heading, which the navigation leads to."""
    heading = element("h2", section.title, id=f"{section.name}-title")
    lead = _prose("p", section.lead, class_="lead") if section.lead else Html()
    blocks = (_block(block, figures) for block in section.blocks)
    return element("section", heading, lead, *blocks, id=section.name, aria_labelledby=f"{section.name}-title")


def _block(block: Chart | Insights | Tiles, figures: Figures) -> Html:
    match block:
        case Insights():
            items = (_prose("li", sentence) for sentence in block.sentences)
            return element("ul", *items, class_="insights", data_currency=block.currency or False)
        case Tiles():
            return element("dl", *map(_tile, block.tiles), class_="tiles", data_currency=block.currency or False)
        case _:
            return _chart(block, figures)


def _tile(tile: Tile) -> Html:
    unit = joined(" ", element("span", tile.unit, class_="unit")) if tile.unit else Html()
    value = element("dd", element("span", tile.value, class_="value"), unit)
    note = element("dd", tile.note, class_="note") if tile.note else Html()
    return element("div", element("dt", tile.label), value, note)


def _chart(chart: Chart, figures: Figures) -> Html:
    name = f"chart-{len(figures.by_name) + 1}-{'-'.join(chart.title.lower().split())[:24]}"
    unit = joined(" ", element("span", chart.unit, class_="unit")) if chart.unit else Html()
    panels = [_plot(plot, chart, figures) for plot in chart.plots]
    return element(
        "figure",
        element("figcaption", element("h3", chart.title, unit, id=name), _legend(chart)),
        element("div", *panels, class_="panels small" if chart.small else "panels") if panels else Html(),
        _prose("p", chart.note, class_="note") if chart.note else Html(),
        _table(chart),
        aria_labelledby=name,
        data_currency=chart.currency or False,
    )


def _legend(chart: Chart) -> Html:
    return element("ul", *map(_key, chart.keys), class_="legend") if chart.keys else Html()


def _key(key: Key) -> Html:
    mark = element("span", class_=f"mark {key.shape}", style=f"--mark:var(--{key.colour})", aria_hidden="true")
    return element("li", mark, key.label)


def _plot(plot: Plot, chart: Chart, figures: Figures) -> Html:
    said = (
        f"Chart: {chart.title}{', ' + plot.label if plot.label else ''}, {chart.unit}. The table below has its numbers."
    )
    style = f"height:{plot.height}px"
    drawn = element("div", class_="plot", role="img", aria_label=said, data_plot=figures.add(plot.figure), style=style)
    return element("div", element("h4", plot.label) if plot.label else Html(), drawn, class_="panel")


def _table(chart: Chart) -> Html:
    table = chart.table
    numeric = [any(isinstance(row[i], int | Decimal) for row in table.rows) for i in range(len(table.headings))]
    heads = (
        element("th", head, scope="col", class_="n" if n else False)
        for head, n in zip(table.headings, numeric, strict=True)
    )
    rows = (element("tr", *_cells(row, numeric)) for row in table.rows)
    made = element("table", element("thead", element("tr", *heads)), element("tbody", *rows))
    box = element("div", made, class_="scroll", tabindex="0", role="region", aria_label=f"Table: {chart.title}")
    count = f"{len(table.rows):,} rows" if len(table.rows) != 1 else "1 row"
    summary = element("summary", "Table ", element("span", f"{chart.title}, {count}", class_="unit"))
    return element("details", summary, box, open=not chart.plots)


def _cells(row: Sequence[Value], numeric: list[bool]) -> Iterator[Html]:
    for index, (value, n) in enumerate(zip(row, numeric, strict=True)):
        name = "th" if index == 0 else "td"
        yield element(name, exact(value), scope="row" if index == 0 else False, class_="n" if n else False)


def _prose(name: str, text: str, **attributes: str) -> Html:
    """A sentence in which what stands between backticks is a command or a name of the lake."""
    parts = text.split("`")
    inner = (element("code", part) if index % 2 else joined(part) for index, part in enumerate(parts))
    return element(name, *inner, **attributes)
