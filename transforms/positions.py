"""The mart `positions_daily`: long and short by energy type, market zone and counterparty, and the month's position so far."""

import polars as pl

from contracts.model import Dataset
from transforms.carrying import carried_through_month
from transforms.carrying import opening as opening_of
from transforms.places import grouped, in_order_of
from transforms.schema import frame_schema
from transforms.words import TEXTS

__all__ = ["carried", "opening", "positions_of_days"]

_OF_PERIOD = ("delivery_start", "delivery_end")
_RUNNING = {"net_month_to_date_mwh": "net_mwh"}
_SUMS = ("bought_mwh", "sold_mwh", "net_mwh", "long_mwh", "short_mwh")


def positions_of_days(trades: pl.LazyFrame, contract: Dataset) -> pl.LazyFrame:
    """One row per date, energy type, market zone and counterparty with a trade, ordered by them. In: curated transactions.

    bought_mwh = Σ quantity of purchases; sold_mwh of sales; net_mwh = bought - sold. For each delivery period p, which is a
    start and an end, net_p = bought_p - sold_p; long_mwh = Σ max(net_p, 0); short_mwh = Σ max(-net_p, 0). An hour sold short
    is not covered by another hour of the same day, which the day's net alone would hide. A period is netted with itself
    only: an hour and its four quarters are five. Columns: those of the contract but what `carried` adds.
    """
    schema = frame_schema(contract)
    is_buy = pl.col("transaction_type") == "buy"
    quantity = pl.col("quantity_mwh").cast(schema["net_mwh"])
    periods = grouped(
        trades,
        (*contract.key, *_OF_PERIOD),
        pl.when(is_buy).then(quantity).sum().alias("bought_mwh"),
        pl.when(~is_buy).then(quantity).sum().alias("sold_mwh"),
        pl.len().cast(pl.Int64).alias("trades"),
    )
    net = pl.col("bought_mwh") - pl.col("sold_mwh")
    netted = periods.with_columns(
        net.alias("net_mwh"),
        pl.when(net > 0).then(net).alias("long_mwh"),
        pl.when(net < 0).then(-net).alias("short_mwh"),
    )
    days = grouped(netted, contract.key, pl.col(*_SUMS, "trades").sum())
    shown = [name for name in contract.column_names if name not in _RUNNING]
    return in_order_of(days, contract.key).select(shown).with_columns(TEXTS)


def carried(days: pl.LazyFrame, contract: Dataset) -> pl.LazyFrame:
    """The mart of whole months, ordered by its key, from the rows that `positions_of_days` made of all their dates.

    A key has a row on each date of its month from its first trade on: sums of 0 where it has none, and net_month_to_date_mwh
    = Σ net_mwh from the first of the month. The month is the product: what was bought for May is no cover for June. Rows of
    the mart itself may be given for dates that did not change, their carried rows are recognised by having no trades.
    """
    key = [name for name in contract.key if name != "date"]
    return carried_through_month(days, key, _SUMS, _RUNNING).select(contract.column_names)


def opening(day: pl.LazyFrame) -> pl.LazyFrame:
    """A date of the mart, to be given to `carried` in the place of all of its month up to itself; see `carrying.opening`."""
    return opening_of(day, _RUNNING)
