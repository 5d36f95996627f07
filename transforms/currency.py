"""Amounts in one reporting currency beside the original ones, with the rate that was used. Nothing is converted silently.

What a rate means: one unit of `base_currency` is worth `rate` units of `quote_currency` (`contracts/fx.py`). Which rate
counts for a trade is decided here and nowhere else:

* a trade in the reporting currency has the rate 1 and no day;
* a direct quote (trade's currency to reporting currency) before an inverse one;
* of either the newest of the market day or up to seven days before it, never a later one: central banks publish on working
  days, and Easter or the turn of the year can take four days in a row;
* an inverse quote gives 1 / rate, rounded half even to the nine decimals of a rate. Where that is too coarse (a Colombian peso
  is 0.0002 EUR), the direct quote has to be delivered;
* no crossing over a third currency, and nothing else: no rate means null.
"""

import polars as pl

from transforms import numbers
from transforms.places import DAY, with_places
from transforms.words import listed, words

__all__ = ["DAYS_A_RATE_LASTS", "with_reporting_amount"]

DAYS_A_RATE_LASTS = 7
"""How many days before the market day a rate may be of."""

_RATE, _MONEY = pl.Decimal(18, 9), pl.Decimal(18, 2)
_RATE_DECIMALS = 9
_FOUND, _DAY, _AGE, _IS_INVERSE = "_fx_rate", "_fx_date", "_age", "_is_inverse"


def with_reporting_amount(trades: pl.DataFrame, fx: pl.DataFrame, reporting_currency: str) -> pl.DataFrame:
    """The trades in their order with `reporting_currency`, `fx_rate`, `fx_date` and `reporting_amount` beside them.

    `trades` has `date`, `currency`, `amount`; `fx` one row per `date`, `base_currency`, `quote_currency`. `reporting_amount` is
    amount × fx_rate rounded half even to two decimals. It and `reporting_currency`, as a word, are null where no rate is known,
    or where the product needs more than 16 digits before the point; `fx_date` is null as well where no rate was needed.
    """
    rates, place = _rates_met(trades, _rates(fx, reporting_currency), reporting_currency)
    rated = trades.with_columns(rates["fx_rate"].gather(place), rates["fx_date"].gather(place))
    is_all_same = (rates["currency"] == reporting_currency).all()
    converted = pl.col("amount") if is_all_same else numbers.product_exact(pl.col("amount"), pl.col("fx_rate")).round(2)
    return rated.with_columns(converted.cast(_MONEY, strict=False).alias("reporting_amount")).with_columns(
        pl.when(pl.col("reporting_amount").is_not_null())
        .then(pl.lit(reporting_currency, pl.Enum([reporting_currency])))
        .alias("reporting_currency")
    )


def _rates_met(trades: pl.DataFrame, rates: pl.DataFrame, reporting_currency: str) -> tuple[pl.DataFrame, pl.Series]:
    """A row per day and currency that the trades have, with `fx_rate` and `fx_date`; and which of them is each trade's."""
    currency = words(trades["currency"])
    days = with_places(trades.select("date"))
    both = pl.DataFrame([days[DAY], currency]).select(
        pl.col(DAY).cast(pl.Int64) * (listed(currency).len() + 1)
        + pl.col("currency").to_physical().cast(pl.Int64).fill_null(listed(currency).len())
    )
    pairs = pl.DataFrame([both.to_series().alias("pair"), days["date"], currency]).unique("pair", maintain_order=True)
    met = pairs.with_columns(pl.col("currency").cast(pl.String)).join(
        rates, on=["date", "currency"], how="left", validate="m:1", maintain_order="left"
    )
    is_same = pl.col("currency") == reporting_currency
    rate = pl.when(is_same).then(pl.lit(1).cast(_RATE)).otherwise(pl.col(_FOUND))
    places = pl.repeat(None, max(pairs["pair"].to_list(), default=0) + 1, dtype=pl.UInt32, eager=True)
    placed = places.scatter(pairs["pair"], pl.int_range(pairs.height, dtype=pl.UInt32, eager=True))
    return met.select("currency", rate.alias("fx_rate"), pl.col(_DAY).alias("fx_date")), placed.gather(both.to_series())


def _rates(fx: pl.DataFrame, reporting_currency: str) -> pl.DataFrame:
    """For each `date` and foreign `currency` with a rate that counts: the rate and its day."""
    foreign = fx.filter(pl.col("base_currency") != pl.col("quote_currency"))
    direct = foreign.filter(pl.col("quote_currency") == reporting_currency).select(
        pl.col("base_currency").alias("currency"), pl.col("date").alias(_DAY), pl.col("rate").alias(_FOUND)
    )
    inverse = foreign.filter(pl.col("base_currency") == reporting_currency).select(
        pl.col("quote_currency").alias("currency"), pl.col("date").alias(_DAY), _inverse(pl.col("rate")).alias(_FOUND)
    )
    quotes = pl.concat(
        [direct.with_columns(pl.lit(0).alias(_IS_INVERSE)), inverse.with_columns(pl.lit(1).alias(_IS_INVERSE))]
    ).drop_nulls(_FOUND)
    ages = pl.DataFrame({_AGE: range(DAYS_A_RATE_LASTS + 1)}, schema={_AGE: pl.Int32})
    serves = (pl.col(_DAY).to_physical() + pl.col(_AGE)).cast(pl.Date).alias("date")
    return (
        quotes.join(ages, how="cross")
        .with_columns(serves)
        .sort(_IS_INVERSE, _AGE)
        .unique(["date", "currency"], keep="first", maintain_order=True)
        .select("date", "currency", _FOUND, _DAY)
    )


def _inverse(rate: pl.Expr) -> pl.Expr:
    """1 / rate, rounded half even; null where it has more digits before the point than a rate has."""
    one = 10 ** (2 * _RATE_DECIMALS)
    units = numbers.divided_half_even(pl.lit(one, pl.Int128), rate.to_physical().cast(pl.Int128))
    return numbers.scaled(units, _RATE_DECIMALS).cast(_RATE, strict=False)
