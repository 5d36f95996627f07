"""Exact sums of a set of rows: how many, how much energy, how much money in each currency.

They are what the ledger balances: rows, MWh and money in = valid + rejected + repeated, to the last cent.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce

import polars as pl

from contracts.model import Dataset

__all__ = ["Totals", "totals_by", "totals_of", "totals_plan"]

_ROWS, _MWH, _MONEY, _CURRENCY = "rows", "quantity_mwh", "amount", "currency"
_WIDE_MWH, _WIDE_MONEY = pl.Decimal(38, 6), pl.Decimal(38, 2)


@dataclass(frozen=True)
class Totals:
    """Rows, energy in MWh and money by currency. Money whose currency could not be read is kept under `?`.

    A row without a readable quantity counts as a row and adds no energy; one without an amount adds no money.
    """

    rows: int = 0
    mwh: Decimal = Decimal(0)
    money: dict[str, Decimal] = field(default_factory=dict)

    def __add__(self, other: "Totals") -> "Totals":
        currencies = sorted({*self.money, *other.money})
        money = {c: self.money.get(c, Decimal(0)) + other.money.get(c, Decimal(0)) for c in currencies}
        return Totals(self.rows + other.rows, self.mwh + other.mwh, money)

    def __sub__(self, other: "Totals") -> "Totals":
        minus = Totals(-other.rows, -other.mwh, {c: -amount for c, amount in other.money.items()})
        return self + minus

    def __eq__(self, other: object) -> bool:
        """Equal where every sum is; a currency with a sum of zero is the same as none."""
        if not isinstance(other, Totals):
            return NotImplemented
        return (self.rows, self.mwh, self._nonzero()) == (other.rows, other.mwh, other._nonzero())

    def __hash__(self) -> int:
        return hash((self.rows, self.mwh))

    def to_json(self) -> dict[str, object]:
        """As the ledger writes it: numbers as text, so that no reader makes floats of them."""
        return {
            "rows": self.rows,
            "mwh": f"{self.mwh:f}",
            "money": {c: f"{amount:f}" for c, amount in sorted(self.money.items()) if amount or c},
        }

    @classmethod
    def from_json(cls, content: dict[str, object]) -> "Totals":
        """What `to_json` wrote."""
        money = content["money"]
        rows = content["rows"]
        if not isinstance(money, dict) or not isinstance(rows, int):
            raise TypeError(f"totals are {content!r}; rows must be a number and money a table of currencies")
        return cls(rows, Decimal(str(content["mwh"])), {c: Decimal(amount) for c, amount in money.items()})

    def _nonzero(self) -> dict[str, Decimal]:
        return {c: amount for c, amount in self.money.items() if amount}


def totals_plan(frame: pl.LazyFrame, contract: Dataset, *by: str) -> pl.LazyFrame:
    """The sums of a frame as one row per currency and value of `by`, which `totals_of` reads once collected, or parts of it."""
    if _MWH in contract.column_names:
        return frame.group_by(*by, _CURRENCY).agg(_sums()).sort(_CURRENCY, nulls_last=True)
    return frame.group_by(*by).agg(pl.len().alias(_ROWS)) if by else frame.select(pl.len().alias(_ROWS))


def totals_of(frame: pl.DataFrame | pl.LazyFrame, contract: Dataset) -> Totals:
    """The sums of a frame, or of a collected `totals_plan`."""
    if isinstance(frame, pl.DataFrame) and frame.is_empty():
        return Totals()
    if isinstance(frame, pl.DataFrame) and _ROWS in frame.columns:
        collected = frame
    else:
        collected = totals_plan(frame.lazy(), contract).collect()
    if _MWH not in collected.columns:
        return Totals(int(collected[_ROWS].sum()))
    parts = [
        Totals(row[_ROWS], row[_MWH] or Decimal(0), {row[_CURRENCY] or "?": row[_MONEY] or Decimal(0)})
        for row in collected.iter_rows(named=True)
    ]
    return reduce(Totals.__add__, parts, Totals())


def totals_by(frame: pl.DataFrame, by: str, contract: Dataset) -> dict[str, Totals]:
    """The sums of the rows of each value of `by`, under the value as text. For datasets with energy and money."""
    grouped = frame.lazy().group_by(by, _CURRENCY).agg(_sums()).collect()
    parts = grouped.partition_by(by, as_dict=True, include_key=False)
    return {str(value): totals_of(part, contract) for (value,), part in parts.items()}


def _sums() -> list[pl.Expr]:
    return [pl.len().alias(_ROWS), pl.col(_MWH).cast(_WIDE_MWH).sum(), pl.col(_MONEY).cast(_WIDE_MONEY).sum()]
