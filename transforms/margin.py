"""The mart `margin_daily`: sales less purchases where both met in one delivery period, and what is left open apart."""

import polars as pl

from contracts.marts_market import MARKET_PERIOD
from contracts.model import Dataset
from transforms import numbers
from transforms.market import by_side, side_by_side
from transforms.schema import frame_schema

__all__ = ["margin_daily"]

_PERIOD = MARKET_PERIOD.key
"""What has to be equal for energy to match."""
_MONEY = pl.Decimal(38, 2)
_STEP = 10**9


def margin_daily(trades: pl.LazyFrame, contract: Dataset) -> pl.LazyFrame:
    """One row per date, market zone, energy type and currency, ordered by them. In: curated transactions.

    In each delivery period of a row: matched = min(Σ bought MWh, Σ sold MWh), or 0; matched_cost = Σ bought amount × matched /
    Σ bought MWh, rounded half even to cents, which is the matched energy at the purchases' average price weighted by volume;
    matched_revenue the same of sales; long = bought - matched in MWh and in money, short = sold - matched. The periods are
    then summed; matched_margin = matched_revenue - matched_cost. Nothing else is rounded, so no cent is lost: what rounding
    takes from the matched part is in the open one. Where a period is matched whole its amounts are the trades' own.

    Only equal periods match: an hour bought and its quarters sold stay open, long and short.

    Adds up to the trades: matched_mwh + long_mwh to the MWh bought, matched_mwh + short_mwh to those sold; in each currency
    matched_cost + long_amount to the amounts of purchases, matched_revenue + short_amount to those of sales; trades to
    their number.
    """
    schema = frame_schema(contract)
    periods = side_by_side(by_side(trades, _PERIOD), _PERIOD)
    matched = periods.with_columns(
        pl.min_horizontal("bought_mwh", "sold_mwh").clip(0).alias("matched_mwh")
    ).with_columns(_part("bought").alias("matched_cost"), _part("sold").alias("matched_revenue"))
    days = matched.group_by(contract.key).agg(
        pl.col("matched_mwh", "matched_cost", "matched_revenue", "trades").sum(),
        (pl.col("matched_revenue") - pl.col("matched_cost")).sum().alias("matched_margin"),
        (pl.col("bought_mwh") - pl.col("matched_mwh")).sum().alias("long_mwh"),
        (pl.col("bought_amount") - pl.col("matched_cost")).sum().alias("long_amount"),
        (pl.col("sold_mwh") - pl.col("matched_mwh")).sum().alias("short_mwh"),
        (pl.col("sold_amount") - pl.col("matched_revenue")).sum().alias("short_amount"),
        pl.len().cast(pl.Int64).alias("periods"),
        (pl.col("matched_mwh") > 0).sum().cast(pl.Int64).alias("matched_periods"),
    )
    return days.select(pl.col(name).cast(dtype) for name, dtype in schema.items()).sort(contract.key)


def _part(side: str) -> pl.Expr:
    """The part of the side's amount that its matched volume has: amount × matched / volume; 0 where none is matched.

    In whole cents and millionths of MWh. The product of the two would outgrow 128 bits with a dozen of the largest trades
    that contracts allow, so the amount is divided in two steps, as on paper; this holds 10^5 of them in one period. The
    first step's quotient counts an even number of cents, so the second alone decides which way a half is rounded.
    """
    cents, matched = pl.col(f"{side}_amount").to_physical(), pl.col("matched_mwh").to_physical()
    volume = pl.when(pl.col("matched_mwh") > 0).then(pl.col(f"{side}_mwh").to_physical())
    high = cents // _STEP
    low = cents - high * _STEP
    whole = high * matched // volume
    rest = high * matched - whole * volume
    part = whole * _STEP + numbers.divided_half_even(rest * _STEP + low * matched, volume)
    return part.fill_null(0).reinterpret(dtype=_MONEY)
