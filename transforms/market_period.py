"""The mart `market_period`: as `market_daily`, for each delivery period of a market zone, with its place in the calendar."""

from functools import reduce

import polars as pl

from contracts.model import Dataset
from transforms.calendar import PERIOD_MINUTES, day_start, period_number
from transforms.calendar_load import load_type, profile_of
from transforms.market import by_side, priced, side_by_side
from transforms.schema import frame_schema
from transforms.zoned import with_zoned

__all__ = ["market_period"]

_MICROSECONDS_PER_MINUTE = 60_000_000
_START, _END = pl.col("delivery_start"), pl.col("delivery_end")


def market_period(trades: pl.LazyFrame, contract: Dataset) -> pl.LazyFrame:
    """One row per date, market zone, delivery period, energy type and currency, ordered by them. In: curated transactions.

    Sums, volume-weighted prices and the spread are those of `market_daily`, over smaller groups. period_minutes is the
    period's length, rounded down; period_number counts periods of that length from the market day's first instant, null
    where 60, 30, 15 or 5 minutes is not the length or the period does not begin on that grid; load_type is peak, off_peak or
    base by the zone's default profile (`calendar_load.profile_of`).

    Two periods are one where both their ends are: an hour and the four quarters in it are five periods. Adds up to the
    trades, and to `market_daily` over zones and periods: bought_mwh + sold_mwh to their MWh, bought_amount + sold_amount to
    their amounts in each currency, trades to their number.
    """
    schema = frame_schema(contract)
    groups = side_by_side(by_side(trades, contract.key), contract.key)
    minutes = _length() // _MICROSECONDS_PER_MINUTE
    timed = priced(groups, contract).with_columns(minutes.alias("period_minutes"))
    placed = with_zoned(
        timed,
        {
            "period_number": (_number, schema["period_number"]),
            "load_type": (lambda zone: load_type(_START, _END, zone, profile_of(zone)), schema["load_type"]),
        },
    )
    return placed.select(contract.column_names).sort(contract.key)


def _number(zone: str) -> pl.Expr:
    """The period's number among those of its own length; null where the market day is not cut so."""
    is_of_length = {minutes: _length() == minutes * _MICROSECONDS_PER_MINUTE for minutes in PERIOD_MINUTES}
    numbers = [pl.when(is_it).then(period_number(_START, zone, m)) for m, is_it in is_of_length.items()]
    is_market_unit = reduce(pl.Expr.__or__, is_of_length.values())
    passed = (_START - day_start(pl.col("date"), zone)).dt.total_microseconds()
    return pl.when(is_market_unit & (passed % _length() == 0)).then(pl.coalesce(numbers))


def _length() -> pl.Expr:
    return (_END - _START).dt.total_microseconds()
