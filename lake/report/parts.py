"""What a section of the report consists of: sentences, charts, and the table that says the same as a chart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

__all__ = ["Chart", "Figure", "Insights", "Key", "Plot", "Section", "Table", "Tile", "Tiles", "Value"]

Value = str | int | Decimal | date | None
"""What a cell holds: the mart's own value, which is written with all its digits."""

Figure = dict[str, Any]
"""`data` and `layout` as plotly.js takes them. Decimals become numbers when the page is written."""


@dataclass(frozen=True)
class Table:
    """The rows behind a chart. Headings carry the unit where a column has one."""

    headings: Sequence[str]
    rows: Sequence[Sequence[Value]]

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Value]], columns: Mapping[str, str], currency: str = "") -> "Table":
        """The columns that are named, each under its heading, in which ¤ stands for the currency."""
        headings = [heading.replace("¤", currency) for heading in columns.values()]
        return cls(headings, [[row[name] for name in columns] for row in rows])


@dataclass(frozen=True)
class Plot:
    """One panel of a chart. `label` is empty where the chart has only one."""

    label: str
    figure: Figure
    height: int = 300


@dataclass(frozen=True)
class Key:
    """A line of the legend: a colour by its CSS name, and `bar`, `line`, `dots` (a dotted line), `area`, or a plotly symbol."""

    label: str
    colour: str
    shape: str = "bar"


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart with its heading, its unit, what has to be known to read it, and its table.

    Panels that are `small` stand beside each other as far as the screen is wide. `currency` is empty where the chart is not of
    one currency.
    """

    title: str
    unit: str
    plots: Sequence[Plot]
    table: Table
    note: str = ""
    keys: Sequence[Key] = ()
    currency: str = ""
    small: bool = False


@dataclass(frozen=True)
class Insights:
    """Sentences that say what the charts below them show."""

    sentences: Sequence[str]
    currency: str = ""


@dataclass(frozen=True)
class Tile:
    """A number that is read at a glance, with its unit and what it is of."""

    label: str
    value: str
    unit: str = ""
    note: str = ""


@dataclass(frozen=True)
class Tiles:
    """The numbers at the head of the page."""

    tiles: Sequence[Tile]
    currency: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page. `name` is its anchor."""

    name: str
    title: str
    lead: str
    blocks: Sequence[Chart | Insights | Tiles] = ()
