"""The mart `counterparty_exposure`: who owes whom for the month's deliveries, how concentrated, and against which limit."""

from decimal import Decimal
from fractions import Fraction

import polars as pl

from contracts.model import Dataset
from transforms import numbers
from transforms.carrying import carried_through_month
from transforms.carrying import opening as opening_of
from transforms.places import grouped, in_order_of
from transforms.schema import frame_schema
from transforms.words import TEXTS

__all__ = ["carried", "exposure_of_days", "limits_of", "opening"]

_RUNNING = {"exposure_amount": "net_amount"}
_SUMS = ("receivable_amount", "payable_amount", "net_amount")
_OF_SHARE = ("date", "currency")
_SHARE_SCALE = 6
_MILLION = 10**_SHARE_SCALE
_LIMB = 2**45
"""Squares of cents do not fit 128 bits; those of halves of 45 bits do, up to 10^27 cents and 10^10 rows."""


def exposure_of_days(trades: pl.LazyFrame, contract: Dataset) -> pl.LazyFrame:
    """One row per date, counterparty, kind and currency with a trade, ordered by the key. In: curated transactions.

    receivable_amount = Σ amount of sales; payable_amount of purchases; net_amount = receivable - payable. Below zero, as
    amounts at negative prices are, a receivable is owed the other way. Columns: date, the key, these and `trades`.
    """
    is_sale = pl.col("transaction_type") == "sell"
    amount = pl.col("amount").cast(frame_schema(contract)["net_amount"])
    days = grouped(
        trades,
        contract.key,
        pl.when(is_sale).then(amount).sum().alias("receivable_amount"),
        pl.when(~is_sale).then(amount).sum().alias("payable_amount"),
        pl.len().cast(pl.Int64).alias("trades"),
    )
    net = pl.col("receivable_amount") - pl.col("payable_amount")
    return (
        in_order_of(days, contract.key)
        .with_columns(net.alias("net_amount"), TEXTS)
        .select(*contract.key, *_SUMS, "trades")
    )


def limits_of(providers: pl.LazyFrame, clients: pl.LazyFrame) -> pl.LazyFrame:
    """The credit limits there are: `counterparty_id`, `counterparty_kind`, `credit_limit`, `credit_currency`.

    In: curated providers and clients. A limit without a currency is none: it could be compared with nothing.
    """
    limits = [
        frame.select(
            pl.col(f"{kind}_id").alias("counterparty_id"),
            pl.lit(kind).alias("counterparty_kind"),
            "credit_limit",
            "credit_currency",
        )
        for kind, frame in (("provider", providers), ("client", clients))
    ]
    return pl.concat(limits).drop_nulls(["credit_limit", "credit_currency"])


def carried(days: pl.LazyFrame, limits: pl.LazyFrame, contract: Dataset) -> pl.LazyFrame:
    """The mart of whole months, ordered by its key, from the rows that `exposure_of_days` made of all their dates.

    A key has a row on each date of its month from its first trade on. exposure_amount e = Σ net_amount from the first of the
    month; with S = Σ max(e, 0) over the date and currency, exposure_share = max(e, 0) / S and hhi = Σ max(e, 0)² / S², both
    null where S is 0, rounded half even to six decimals; hhi comes of the exact shares, not of the rounded ones. Against a
    limit L in the row's currency, utilisation = max(e, 0) / L and is_over_limit = e > L. `limits` as `limits_of` gives them:
    those of today, also on past dates. Rows of the mart may be given for dates that did not change, as in `positions.py`.
    """
    schema = frame_schema(contract)
    key = [name for name in contract.key if name != "date"]
    positive = pl.when(pl.col("exposure_amount") > 0).then(pl.col("exposure_amount").to_physical()).otherwise(0)
    rows = carried_through_month(days, key, _SUMS, _RUNNING).with_columns(positive.cast(pl.Int128).alias("_owed"))
    shared = rows.join(_concentration(rows), on=_OF_SHARE, how="left", validate="m:1", maintain_order="left").join(
        limits, on=["counterparty_id", "counterparty_kind"], how="left", validate="m:1", maintain_order="left"
    )
    limit = pl.when(pl.col("credit_currency") == pl.col("currency")).then("credit_limit")
    return shared.with_columns(
        _part("_owed", pl.col("_total")).cast(schema["exposure_share"]).alias("exposure_share"),
        _part("_owed", limit.to_physical()).cast(schema["utilisation"]).alias("utilisation"),
        (pl.col("exposure_amount") > limit).alias("is_over_limit"),
    ).select(contract.column_names)


def opening(day: pl.LazyFrame) -> pl.LazyFrame:
    """A date of the mart, to be given to `carried` in the place of all of its month up to itself; see `carrying.opening`."""
    return opening_of(day, _RUNNING)


def _concentration(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Of each date and currency the sum of what is owed, in cents, and the index `hhi`."""
    high, low = pl.col("_owed") // _LIMB, pl.col("_owed") % _LIMB
    sums = rows.group_by(_OF_SHARE).agg(
        pl.col("_owed").sum().alias("_total"),
        (high * high).sum().alias("_high"),
        (high * low).sum().alias("_cross"),
        (low * low).sum().alias("_low"),
    )
    parts = pl.struct("_total", "_high", "_cross", "_low")
    index = parts.map_batches(_index, return_dtype=pl.Decimal(7, _SHARE_SCALE))
    return sums.select(*_OF_SHARE, "_total", index.alias("hhi"))


def _index(sums: pl.Series) -> pl.Series:
    """Σ e² / (Σ e)² in whole numbers of any size; null where Σ e is 0."""
    values: list[Decimal | None] = []
    for of_day in sums.to_list():
        squares = of_day["_high"] * _LIMB**2 + 2 * of_day["_cross"] * _LIMB + of_day["_low"]
        total = of_day["_total"]
        rounded = round(Fraction(squares * _MILLION, total**2)) if total else None
        values.append(None if rounded is None else Decimal(rounded).scaleb(-_SHARE_SCALE))
    return pl.Series(sums.name, values, dtype=pl.Decimal(7, _SHARE_SCALE))


def _part(cents: str, whole: pl.Expr) -> pl.Expr:
    """The cents as a part of the whole, which counts cents too; null where the whole is null or not above zero."""
    divisor = pl.when(whole > 0).then(whole)
    return numbers.scaled(numbers.divided_half_even(pl.col(cents) * _MILLION, divisor), _SHARE_SCALE)
