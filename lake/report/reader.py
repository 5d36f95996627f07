"""Asks the lake: a question in DuckDB's SQL over the folder lake's tables, answered as rows that are dictionaries."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Self

from contracts.vocabulary import ENERGY_TYPES
from jobs.zones import Zones

__all__ = ["Reader", "Row", "every_day", "in_order"]

Row = dict[str, Any]


class Reader:
    """A connection to the lake for as long as the report is made; a context manager.

    `currencies` are those of the trades, the one with the most trades first: amounts do not tell which matters most.
    """

    def __init__(self, zones: Zones) -> None:
        from lake.query import connect  # DuckDB takes a moment to load

        self._connection = connect(zones)
        found = self.rows(
            "SELECT currency, sum(trades) AS trades FROM curated_market_daily GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        self.currencies: list[str] = [row["currency"] for row in found]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def rows(self, sql: str, *values: object) -> list[Row]:
        """The answer; `values` are bound to its `?` in order."""
        done = self._connection.execute(sql, list(values))
        names = [column[0] for column in done.description or []]
        return [dict(zip(names, row, strict=True)) for row in done.fetchall()]


def in_order(energy_types: Iterable[str]) -> list[str]:
    """Each energy type once, in the order of the contract, so that every chart has them in the same places."""
    found = set(energy_types)
    return [name for name in ENERGY_TYPES if name in found]


def every_day(days: Iterable[date]) -> list[date]:
    """All days from the first to the last, so that a day without trades is a gap and not a line across it."""
    found = sorted(set(days))
    return [found[0] + timedelta(days=index) for index in range((found[-1] - found[0]).days + 1)] if found else []
