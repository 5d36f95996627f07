"""Which marts there are, what each is computed from, and which of its sums have to be those of the trades.

A day mart of some dates needs the trades of those dates. A month mart carries something from day to day within a month
(`month_marts.py`): its rows of a day are computed with the others, and then the month is carried. The marts on the quality
of deliveries are made from the ledger, in `quality.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

import polars as pl

from contracts import CURATED
from contracts.model import Dataset
from jobs.ledger import LedgerImbalanceError
from transforms import exposure, positions
from transforms.benchmarks import price_benchmarks
from transforms.exposure import exposure_of_days
from transforms.margin import margin_daily
from transforms.mark_to_market import mark_to_market
from transforms.market import market_daily
from transforms.market_period import market_period
from transforms.portfolio import portfolio_mix
from transforms.positions import positions_of_days
from transforms.settlement import settlement_daily
from transforms.totals import Totals

__all__ = ["DAY_MARTS", "EACH", "MARTS", "MONTH_MARTS", "Claims", "DayMart", "Inputs", "MonthMart", "check_days"]


EACH = "*"
_WIDE_MWH, _WIDE_MONEY = pl.Decimal(38, 6), pl.Decimal(38, 2)


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What marts are computed from. `trades`: current ones, enriched. `early`, `late`: see `Versions`.

    `prices`: of the curve what counts, see `mark_to_market.newest_prices`; no rows where no curve was delivered.
    """

    trades: pl.LazyFrame
    early: pl.LazyFrame
    late: pl.LazyFrame
    providers: pl.DataFrame
    clients: pl.DataFrame
    prices: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class Claims:
    """Columns of a mart that add up, over a day, to the trades' rows, MWh and money of each currency.

    `EACH` for rows: the mart has one for each trade. An empty tuple claims nothing. A run fails where a claim does not hold.
    """

    rows: tuple[str, ...] = ()
    mwh: tuple[str, ...] = ()
    money: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DayMart:
    """A mart that needs the trades of a date and nothing else to say that date. One that is not wanted has no rows."""

    contract: Dataset
    compute: Callable[[Inputs, Dataset], pl.LazyFrame]
    claims: Claims
    is_wanted: Callable[[Inputs], bool] = lambda _: True


@dataclass(frozen=True, kw_only=True)
class MonthMart:
    """A mart with something that is carried from day to day within a month.

    `of_days` gives the rows of the dates with trades; `carried` takes those of whole months, and the credit limits that
    `exposure.limits_of` gives, and makes the mart of them. `opening` makes of a date of the mart what `carried` takes in the
    place of all dates of its month up to that one.
    """

    contract: Dataset
    of_days: Callable[[Inputs, Dataset], pl.LazyFrame]
    carried: Callable[[pl.LazyFrame, pl.LazyFrame, Dataset], pl.LazyFrame]
    opening: Callable[[pl.LazyFrame], pl.LazyFrame]
    claims: Claims


_SIDES = {"mwh": ("bought_mwh", "sold_mwh"), "money": ("bought_amount", "sold_amount")}

DAY_MARTS = (
    DayMart(
        contract=CURATED["market_daily"],
        compute=lambda given, contract: market_daily(given.trades, contract),
        claims=Claims(rows=("trades",), **_SIDES),
    ),
    DayMart(
        contract=CURATED["market_period"],
        compute=lambda given, contract: market_period(given.trades, contract),
        claims=Claims(rows=("trades",), **_SIDES),
    ),
    DayMart(
        contract=CURATED["margin_daily"],
        compute=lambda given, contract: margin_daily(given.trades, contract),
        claims=Claims(
            rows=("trades",),
            mwh=("matched_mwh", "matched_mwh", "long_mwh", "short_mwh"),  # what met was bought once and sold once
            money=("matched_cost", "matched_revenue", "long_amount", "short_amount"),
        ),
    ),
    DayMart(
        contract=CURATED["price_benchmarks"],
        compute=lambda given, contract: price_benchmarks(given.trades, contract),
        claims=Claims(rows=(EACH,), mwh=("quantity_mwh",), money=("amount",)),
    ),
    DayMart(
        contract=CURATED["portfolio_mix"],
        compute=lambda given, contract: portfolio_mix(given.trades, given.providers.lazy(), contract),
        claims=Claims(rows=("trades",), mwh=_SIDES["mwh"], money=("cost", "revenue")),
    ),
    DayMart(
        contract=CURATED["settlement_daily"],
        compute=lambda given, contract: settlement_daily(given.trades, given.early, given.late, contract),
        claims=Claims(rows=("latest_trades",), money=("latest_gross_amount",)),
    ),
    DayMart(
        contract=CURATED["mark_to_market"],
        compute=lambda given, contract: mark_to_market(given.trades, given.prices.lazy(), contract),
        claims=Claims(rows=("trades",), mwh=("valued_mwh", "unvalued_mwh"), money=("valued_amount", "unvalued_amount")),
        is_wanted=lambda given: not given.prices.is_empty(),
    ),
)

MONTH_MARTS = (
    MonthMart(
        contract=CURATED["positions_daily"],
        of_days=lambda given, contract: positions_of_days(given.trades, contract),
        carried=lambda days, _, contract: positions.carried(days, contract),
        opening=positions.opening,
        claims=Claims(rows=("trades",), mwh=_SIDES["mwh"]),
    ),
    MonthMart(
        contract=CURATED["counterparty_exposure"],
        of_days=lambda given, contract: exposure_of_days(given.trades, contract),
        carried=exposure.carried,
        opening=exposure.opening,
        claims=Claims(rows=("trades",), money=("receivable_amount", "payable_amount")),
    ),
)

MARTS: tuple[DayMart | MonthMart, ...] = (*DAY_MARTS, *MONTH_MARTS)


def check_days(contract: Dataset, claims: Claims, mart: pl.DataFrame, trades: Mapping[str, Totals]) -> None:
    """Raises `LedgerImbalanceError` where on any day the mart's sums are not those of the `trades` it was made from."""
    found = _claimed(claims, mart)
    for day in found.keys() | trades.keys():
        made, sums = trades.get(day, Totals()), found.get(day, Totals())
        counted = Totals(
            rows=sums.rows if claims.rows else made.rows,
            mwh=sums.mwh if claims.mwh else made.mwh,
            money=sums.money if claims.money else made.money,
        )
        if counted != made:
            raise LedgerImbalanceError(
                f"{contract.name} does not reconcile with the trades of {day} that it was made from: they are "
                f"{made.to_json()}, it adds up to {counted.to_json()}. Nothing was changed; this is a fault of the lake, please "
                f"report it."
            )


def _claimed(claims: Claims, mart: pl.DataFrame) -> dict[str, Totals]:
    """What the claimed columns of the mart add up to, by day; one pass, because marts are many and so are days."""
    by = ["date", "currency"] if claims.money else ["date"]
    sums = mart.group_by(by).agg(
        _sum([pl.len() if name == EACH else pl.col(name).sum() for name in claims.rows], pl.Int64()).alias("rows"),
        _sum([pl.col(name).cast(_WIDE_MWH).sum() for name in claims.mwh], _WIDE_MWH).alias("mwh"),
        _sum([pl.col(name).cast(_WIDE_MONEY).sum() for name in claims.money], _WIDE_MONEY).alias("money"),
    )
    found: dict[str, Totals] = {}
    for row in sums.with_columns(pl.col("date").cast(pl.String)).iter_rows(named=True):
        money = {row["currency"]: row["money"]} if claims.money else {}
        found[row["date"]] = found.get(row["date"], Totals()) + Totals(row["rows"], row["mwh"], money)
    return found


def _sum(sums: list[pl.Expr], dtype: pl.DataType) -> pl.Expr:
    return reduce(pl.Expr.__add__, sums).cast(dtype) if sums else pl.lit(0).cast(dtype)
