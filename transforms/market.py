"""The mart `market_daily`: what was bought and sold on a market day, and at which volume-weighted price."""

import polars as pl

from contracts.model import Dataset
from transforms import numbers
from transforms.schema import frame_schema

__all__ = ["market_daily", "vwap"]

_PRICE_SCALE = 6


def market_daily(trades: pl.LazyFrame, contract: Dataset) -> pl.LazyFrame:
    """One row per date, energy type and currency, ordered by them. In: curated transactions.

    For each side s: s_mwh = Σ quantity; s_amount = Σ amount; s_vwap = Σ(price × quantity) / Σ quantity, exact and rounded
    half even at the end, null where Σ quantity is 0; margin_per_mwh = sold_vwap - bought_vwap. Unweighted averages of prices
    would let a trade of 1 kWh count as much as one of 1 GWh, so there are none.
    """
    schema = frame_schema(contract)
    value = numbers.product_exact(pl.col("quantity_mwh"), pl.col("price_per_mwh"))
    sums: list[pl.Expr] = []
    for side, kind in (("bought", "buy"), ("sold", "sell")):
        is_side = pl.col("transaction_type") == kind
        sums += [
            _sum_where(pl.col("quantity_mwh"), is_side, schema[f"{side}_mwh"]).alias(f"{side}_mwh"),
            _sum_where(pl.col("amount"), is_side, schema[f"{side}_amount"]).alias(f"{side}_amount"),
            _sum_where(value, is_side, numbers.EXACT).alias(f"_{side}_value"),
        ]
    grouped = trades.group_by(contract.key).agg(*sums, pl.len().cast(pl.Int64).alias("trades"))
    priced = grouped.with_columns(
        vwap(pl.col(f"_{side}_value"), pl.col(f"{side}_mwh")).cast(schema[f"{side}_vwap"]).alias(f"{side}_vwap")
        for side in ("bought", "sold")
    )
    margin = pl.col("sold_vwap") - pl.col("bought_vwap")
    return (
        priced.with_columns(margin.cast(schema["margin_per_mwh"]).alias("margin_per_mwh"))
        .select(contract.column_names)
        .sort(contract.key)
    )


def vwap(value: pl.Expr, quantity_mwh: pl.Expr) -> pl.Expr:
    """Σ(price × quantity) / Σ quantity to six decimals, half even; null where the quantity is not above zero.

    `value` is exact to the twelfth decimal and `quantity_mwh` to the sixth, so their whole-number quotient counts 10^-6.
    """
    divisor = pl.when(quantity_mwh > 0).then(quantity_mwh.cast(pl.Decimal(38, 6)).to_physical())
    return numbers.scaled(numbers.divided_half_even(value.to_physical(), divisor), _PRICE_SCALE)


def _sum_where(value: pl.Expr, condition: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return pl.when(condition).then(value).cast(dtype).sum()
