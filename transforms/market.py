"""The mart `market_daily`: what was bought and sold on a market day, and at which volume-weighted price.

Also the sums and prices by side that the other marts on prices make in the same way for smaller groups.
"""

from collections.abc import Sequence

import polars as pl

from contracts.model import Dataset
from transforms import numbers
from transforms.places import grouped
from transforms.schema import frame_schema

__all__ = ["VALUE", "by_side", "market_daily", "priced", "side_by_side", "vwap"]

VALUE = "_value"
"""Σ(price × quantity) in whole 10^-12 of money. The contract of `amount` lets a trade have 10^28 of them, so 10^10 trades fit."""

_SIDES = {"bought": "buy", "sold": "sell"}
_PRICE_SCALE = 6


def market_daily(trades: pl.LazyFrame, contract: Dataset) -> pl.LazyFrame:
    """One row per date, energy type and currency, ordered by them. In: curated transactions.

    For each side s: s_mwh = Σ quantity; s_amount = Σ amount; s_vwap = Σ(price × quantity) / Σ quantity, exact and rounded
    half even at the end, null where Σ quantity is 0; margin_per_mwh, the spread, = sold_vwap - bought_vwap. Unweighted
    averages of prices would let a trade of 1 kWh count as much as one of 1 GWh, so there are none.

    Adds up to the trades: bought_mwh + sold_mwh to their MWh, bought_amount + sold_amount to their amounts in each
    currency, trades to their number.
    """
    groups = side_by_side(by_side(trades, contract.key), contract.key)
    return priced(groups, contract).select(contract.column_names).sort(contract.key)


def by_side(trades: pl.LazyFrame, key: Sequence[str], *more: pl.Expr) -> pl.LazyFrame:
    """One row per key and `transaction_type`: Σ `quantity_mwh`, Σ `amount`, `VALUE`, the number of `trades`, and `more`.

    The only pass over the trades: sides are told apart here by grouping, because a condition in each sum costs three times
    as much. Marts of one key that are collected together share it.
    """
    value = pl.col("quantity_mwh").to_physical() * pl.col("price_per_mwh").to_physical()
    return grouped(
        trades,
        (*key, "transaction_type"),
        pl.col("quantity_mwh").cast(pl.Decimal(38, 6)).sum(),
        pl.col("amount").cast(pl.Decimal(38, 2)).sum(),
        value.sum().alias(VALUE),
        pl.len().cast(pl.Int64).alias("trades"),
        *more,
    )


def side_by_side(sides: pl.LazyFrame, key: Sequence[str]) -> pl.LazyFrame:
    """One row per key of `by_side`: bought_mwh, sold_mwh and so on, 0 where a side has no trade, and `trades` of both."""
    columns = {"mwh": "quantity_mwh", "amount": "amount", VALUE: VALUE}
    sums = [
        pl.col(column).filter(pl.col("transaction_type") == kind).sum().alias(f"{side}_{name}")
        for side, kind in _SIDES.items()
        for name, column in columns.items()
    ]
    return sides.group_by(key).agg(*sums, pl.col("trades").sum())


def priced(groups: pl.LazyFrame, contract: Dataset) -> pl.LazyFrame:
    """What `side_by_side` made, with `bought_vwap`, `sold_vwap` and `margin_per_mwh` beside its sums."""
    schema = frame_schema(contract)
    prices = groups.with_columns(
        vwap(pl.col(f"{side}_{VALUE}"), pl.col(f"{side}_mwh")).cast(schema[f"{side}_vwap"]).alias(f"{side}_vwap")
        for side in _SIDES
    )
    margin = pl.col("sold_vwap") - pl.col("bought_vwap")
    return prices.with_columns(margin.cast(schema["margin_per_mwh"]).alias("margin_per_mwh"))


def vwap(value: pl.Expr, quantity_mwh: pl.Expr) -> pl.Expr:
    """Σ(price × quantity) / Σ quantity to six decimals, half even; null where the quantity is not above zero.

    `value` counts 10^-12, as `VALUE` does, and a decimal(38,6) counts 10^-6, so their whole-number quotient counts 10^-6.
    """
    divisor = pl.when(quantity_mwh > 0).then(quantity_mwh.to_physical())
    return numbers.scaled(numbers.divided_half_even(value, divisor), _PRICE_SCALE)
