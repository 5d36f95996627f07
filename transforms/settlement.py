"""The mart `settlement_daily`: what a day came to when it was first delivered, what it comes to now, and the difference."""

import polars as pl

from contracts.model import Dataset
from transforms.places import DAY, GROUP, grouped
from transforms.schema import frame_schema
from transforms.words import TEXTS

__all__ = ["settlement_daily"]

_WIDE = pl.Decimal(38, 2)
_COUNTED = ("amount", "gross_amount", "trades")


def settlement_daily(trades: pl.LazyFrame, early: pl.LazyFrame, late: pl.LazyFrame, contract: Dataset) -> pl.LazyFrame:
    """One row per date, counterparty and currency of a first or current version, ordered by them.

    `trades` (curated transactions) holds the newest version of each trade that is not cancelled; without `late`, which are
    some of them, and with `early` it holds the first version of each.
    Signed amounts add sales and take purchases off, gross ones add both: latest_gross_amount is Σ amount of the current
    trades. difference_amount = latest_amount - first_amount, where each version counts on its own date, for its own
    counterparty and in its own currency: a trade moved to another day is missing on one and new on the other.
    reporting_amount adds the trades' own `reporting_amount` with the same signs; amounts of several reporting currencies are
    not added, such a row has none. Of `early` and `late` the columns of the key, `transaction_type` and `amount` are read.
    """
    schema = frame_schema(contract)
    latest = _groups(trades, contract, *_amounts("latest"), *_reporting()).with_columns(_of_one_currency())
    counted_first = [pl.col(f"first_{name}") for name in _COUNTED]
    added, taken = (
        _groups(versions, contract, *_amounts("first")).select(*contract.key, *counted_first)
        for versions in (early, late)
    )
    other = pl.concat([added, taken.with_columns(-name for name in counted_first)]).group_by(contract.key)
    both = latest.join(other.agg(name.sum() for name in counted_first), on=contract.key, how="full", coalesce=True)
    first = [
        (pl.col(f"latest_{name}").fill_null(0) + pl.col(f"first_{name}").fill_null(0)).alias(f"first_{name}")
        for name in _COUNTED
    ]
    counted = both.with_columns(first).with_columns(
        pl.col(name).fill_null(0)
        for name in contract.column_names
        if name.startswith(("first_", "latest_", "trades_without_"))
    )
    difference = pl.col("latest_amount") - pl.col("first_amount")
    return (
        counted.with_columns(difference.alias("difference_amount"))
        .select(pl.col(name).cast(dtype) for name, dtype in schema.items())
        .sort(contract.key)
    )


def _groups(trades: pl.LazyFrame, contract: Dataset, *sums: pl.Expr) -> pl.LazyFrame:
    """One row per key, which is text: what is first and what is latest have words of their own."""
    return grouped(trades, contract.key, *sums).select(pl.exclude(DAY, GROUP)).with_columns(TEXTS)


def _amounts(when: str) -> list[pl.Expr]:
    return [
        _signed("amount").sum().alias(f"{when}_amount"),
        pl.col("amount").cast(_WIDE).sum().alias(f"{when}_gross_amount"),
        pl.len().cast(pl.Int64).alias(f"{when}_trades"),
    ]


def _reporting() -> list[pl.Expr]:
    currency = pl.col("reporting_currency")
    return [
        currency.min().alias("reporting_currency"),
        currency.max().alias("_other_currency"),
        _signed("reporting_amount").sum().alias("reporting_amount"),
        pl.col("reporting_amount").count().alias("_rated"),
        pl.len().alias("_trades"),
    ]


def _of_one_currency() -> list[pl.Expr]:
    """The reporting columns, emptied where trades have no rate or report in several currencies."""
    is_one = (pl.col("reporting_currency") == pl.col("_other_currency")) & (pl.col("_rated") > 0)
    rated = pl.when(is_one.fill_null(False)).then(pl.col("_rated")).otherwise(0)
    return [
        *(pl.when(is_one).then(pl.col(name)).alias(name) for name in ("reporting_currency", "reporting_amount")),
        (pl.col("_trades") - rated).alias("trades_without_rate"),
    ]


def _signed(name: str) -> pl.Expr:
    """Money that comes in above zero, money that goes out below."""
    amount = pl.col(name).cast(_WIDE)
    return pl.when(pl.col("transaction_type") == "sell").then(amount).otherwise(-amount)
