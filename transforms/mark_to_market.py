"""The mart `mark_to_market`: what the trades would gain or lose at the newest market prices that were delivered."""

import polars as pl

from contracts.model import Dataset
from transforms import numbers
from transforms.calendar_load import load_type, profile_of
from transforms.places import group_of, grouped
from transforms.schema import frame_schema
from transforms.words import TEXTS
from transforms.zoned import with_zoned

__all__ = ["mark_to_market", "newest_prices"]

_ANY, _BASE = "unspecified", "base"
"""The energy type of a price that is for any, and the product that is for every hour."""
_START, _END = pl.col("delivery_start"), pl.col("delivery_end")
_PRICED = ("date", "market_zone", "energy_type", "currency", "delivery_start", "delivery_end")
"""Trades that agree in these have the same market price; the date follows from the others, and with it they are a period."""
_DAY = ("market_zone", "currency", "_day")
_PRODUCT = ("market_zone", "currency", "product", "energy_type", "delivery_start", "delivery_end")
_MONEY = pl.Decimal(38, 2)
_MARKET, _AS_OF, _LOAD = "_market_price", "_as_of", "_load_type"


def mark_to_market(trades: pl.LazyFrame, curve: pl.LazyFrame, contract: Dataset) -> pl.LazyFrame:
    """One row per date, energy type, market zone, counterparty and currency, ordered by them. In: curated trades and curve.

    A price applies to a trade in its own zone and currency whose period holds the trade's, whose product is `base` or the
    trade's load type (by the zone's default profile), and whose energy type is the trade's or `unspecified`. Of several the
    one for the shortest period counts, then that for the trade's energy type, then that for its load type; of one product and
    period the newest as_of there is, also where it is later than the trade.

    With market = quantity × market price, rounded half even to the cent as `amount` is: market_amount = Σ market of purchases
    - Σ market of sales, trade_amount the same of `amount`, mark_to_market_amount = market_amount - trade_amount, which is
    Σ (market price - trade price) × signed quantity but for that rounding. valued and unvalued MWh and amounts are of both
    sides and add up to the trades'. What of the gain is realised depends on the reader's clock, and there is none here.
    """
    schema = frame_schema(contract)
    is_buy = pl.col("transaction_type") == "buy"
    has_price = pl.col(_MARKET).is_not_null()
    quantity, amount = pl.col("quantity_mwh").cast(schema["net_mwh"]), pl.col("amount").cast(_MONEY)
    market = numbers.product_exact(pl.col("quantity_mwh"), pl.col(_MARKET)).round(2).cast(_MONEY)
    sums = {
        "valued_mwh": pl.when(has_price).then(quantity),
        "unvalued_mwh": pl.when(~has_price).then(quantity),
        "valued_amount": pl.when(has_price).then(amount),
        "unvalued_amount": pl.when(~has_price).then(amount),
        "net_mwh": pl.when(has_price).then(pl.when(is_buy).then(quantity).otherwise(-quantity)),
        "trade_amount": pl.when(has_price).then(pl.when(is_buy).then(amount).otherwise(-amount)),
        "market_amount": pl.when(is_buy).then(market).otherwise(-market),
    }
    by = group_of(trades.collect_schema(), _PRICED)
    names = [name.meta.output_name() for name in by]
    met = trades.select(by).join(_prices(trades, curve), on=names, how="left", validate="m:1", maintain_order="left")
    valued = pl.concat([trades, met.drop(names)], how="horizontal")  # a join would copy what it only passes on
    summed = grouped(
        valued,
        contract.key,
        pl.len().cast(pl.Int64).alias("trades"),
        (~has_price).sum().cast(pl.Int64).alias("trades_without_price"),
        *(value.sum().alias(name) for name, value in sums.items()),
        pl.col(_AS_OF).min().alias("oldest_as_of"),
        pl.col(_AS_OF).max().alias("newest_as_of"),
    )
    known = pl.when(pl.col("trades") > pl.col("trades_without_price")).then("market_amount")
    return (
        summed.with_columns(known.alias("market_amount"))
        .with_columns((pl.col("market_amount") - pl.col("trade_amount")).alias("mark_to_market_amount"))
        .select(contract.column_names)
        .with_columns(TEXTS)
        .sort(contract.key)
    )


def newest_prices(curve: pl.LazyFrame) -> pl.LazyFrame:
    """Of each product, period, market, energy type and currency the price with the newest as_of. In: curated curve."""
    newest = pl.col("price_per_mwh").sort_by("as_of").last()
    return curve.group_by(_PRODUCT).agg(newest, pl.col("as_of").max())


def _prices(trades: pl.LazyFrame, curve: pl.LazyFrame) -> pl.LazyFrame:
    """The market price of every period, energy type, zone and currency in the trades that has one.

    A price meets the periods that start on one of its days, so that neither a year of hours is compared with a year of
    hours, nor a yearly price forgotten.
    """
    by = group_of(trades.collect_schema(), _PRICED)
    names = [name.meta.output_name() for name in by]
    wanted = trades.with_columns(by).select({*_PRICED, *names}).unique(names).with_columns(TEXTS)
    loaded = with_zoned(wanted, {_LOAD: (lambda zone: load_type(_START, _END, zone, profile_of(zone)), pl.String())})
    days = pl.date_ranges(_START.dt.date(), _END.dt.offset_by("-1us").dt.date()).alias("_day")
    by_day = newest_prices(curve).with_columns(days).explode("_day")
    met = loaded.with_columns(_START.dt.date().alias("_day")).join(by_day, on=_DAY, suffix="_of_price")
    start, end, energy = (pl.col(f"{name}_of_price") for name in ("delivery_start", "delivery_end", "energy_type"))
    applies = (
        (start <= _START)
        & (end >= _END)
        & ((pl.col("product") == _BASE) | (pl.col("product") == pl.col(_LOAD)).fill_null(False))
        & ((energy == _ANY) | (energy == pl.col("energy_type")))
    )
    closest = (end - start, energy == _ANY, pl.col("product") == _BASE, -start.to_physical())
    return (
        met.filter(applies)
        .sort(closest)
        .unique(_PRICED, keep="first", maintain_order=True)
        .select(*names, pl.col("price_per_mwh").alias(_MARKET), pl.col("as_of").alias(_AS_OF))
    )
