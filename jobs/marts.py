"""Which marts there are, what each is computed from, and which of its sums have to be those of the trades.

A day mart of some dates needs the trades of those dates. A month mart carries something from day to day within a month
(`month_marts.py`): its rows of a day are computed with the others, and then the month is carried. The marts on the quality
of deliveries are made from the ledger, in `quality.py`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce

import polars as pl

from contracts import CURATED
from contracts.model import Dataset
from jobs.ledger import LedgerImbalanceError
from transforms.market import market_daily
from transforms.totals import Totals

__all__ = ["DAY_MARTS", "MARTS", "MONTH_MARTS", "Claims", "DayMart", "Inputs", "MonthMart", "check_mart"]


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What marts are computed from. `trades`: current ones, enriched. `first`: each trade as it was first delivered."""

    trades: pl.LazyFrame
    first: pl.LazyFrame
    providers: pl.DataFrame
    clients: pl.DataFrame
    curve: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class Claims:
    """Columns of a mart that add up, over a day, to the trades' rows, MWh and money of each currency.

    An empty tuple claims nothing. A run fails where a claim does not hold.
    """

    rows: tuple[str, ...] = ()
    mwh: tuple[str, ...] = ()
    money: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DayMart:
    """A mart that needs the trades of a date and nothing else to say that date."""

    contract: Dataset
    compute: Callable[[Inputs, Dataset], pl.LazyFrame]
    claims: Claims = field(default_factory=Claims)


@dataclass(frozen=True, kw_only=True)
class MonthMart:
    """A mart with something that is carried from day to day within a month.

    `of_days` gives the rows of the dates with trades; `carried` takes those of whole months and gives the mart.
    """

    contract: Dataset
    of_days: Callable[[Inputs, Dataset], pl.LazyFrame]
    carried: Callable[[pl.LazyFrame, pl.DataFrame, pl.DataFrame, Dataset], pl.LazyFrame]
    claims: Claims = field(default_factory=Claims)


DAY_MARTS = (
    DayMart(
        contract=CURATED["market_daily"],
        compute=lambda given, contract: market_daily(given.trades, contract),
        claims=Claims(rows=("trades",), mwh=("bought_mwh", "sold_mwh"), money=("bought_amount", "sold_amount")),
    ),
)

MONTH_MARTS: tuple[MonthMart, ...] = ()

MARTS: tuple[DayMart | MonthMart, ...] = (*DAY_MARTS, *MONTH_MARTS)


def check_mart(contract: Dataset, claims: Claims, mart: pl.DataFrame, trades: Totals) -> None:
    """Raises `LedgerImbalanceError` where the mart's sums are not those of the `trades` it was made from."""
    found = Totals(
        rows=int(_sum(mart, claims.rows, Decimal(trades.rows))),
        mwh=_sum(mart, claims.mwh, trades.mwh),
        money=_money(mart, claims.money) if claims.money else trades.money,
    )
    if found != trades:
        raise LedgerImbalanceError(
            f"{contract.name} does not reconcile with the trades it was made from: they are {trades.to_json()}, it adds up to "
            f"{found.to_json()}. Nothing was changed; this is a fault of the lake, please report it."
        )


def _sum(mart: pl.DataFrame, columns: Iterable[str], unclaimed: Decimal) -> Decimal:
    columns = list(columns)
    if not columns:
        return unclaimed
    return reduce(Decimal.__add__, (Decimal(mart[name].sum() or 0) for name in columns))


def _money(mart: pl.DataFrame, columns: tuple[str, ...]) -> dict[str, Decimal]:
    sums = mart.group_by("currency").agg(pl.col(name).cast(pl.Decimal(38, 2)).sum() for name in columns)
    return {row["currency"]: sum((row[name] for name in columns), Decimal(0)) for row in sums.iter_rows(named=True)}
