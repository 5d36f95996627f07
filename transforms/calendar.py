"""The delivery calendar: days of 23, 24 and 25 hours, and the periods of 60, 30, 15 and 5 minutes that they are cut into.

Everything is counted in time that passes, from the day's first instant, so the hour that the autumn repeats has a number
of its own and the one that the spring skips has none. The expressions take an expression of UTC instants and the market's
zone, an IANA name, and are null where the instant is; `of_zone` picks the zone from a column.

A day begins at the local hour `begins`: 0 for power, `GAS_DAY_BEGINS` for gas in Central Europe. There the clocks change
inside the gas day, so the one of 23 hours is the Saturday's and not the Sunday's. Base and peak are in `calendar_load.py`.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

import polars as pl

__all__ = [
    "GAS_DAY_BEGINS",
    "PERIOD_MINUTES",
    "day_minutes",
    "day_start",
    "delivery_calendar",
    "hour_beginning",
    "hour_ending",
    "local_label",
    "market_day",
    "of_zone",
    "period_number",
    "periods_in_day",
]

PERIOD_MINUTES = (60, 30, 15, 5)
"""Market time units: the hour, Great Britain's half hour, SDAC's quarter hour since October 2025, AEMO's five minutes."""

GAS_DAY_BEGINS = 6
"""06:00 in CET and CEST, which is 05:00 UTC in winter and 04:00 UTC in summer (Regulation (EU) 312/2014, article 3(7)).

The same instants are 05:00 in Europe/London and Europe/Lisbon and 07:00 in Europe/Athens. In the United States the gas day
begins at 9 in America/Chicago (NAESB).
"""

_TICK = timedelta(microseconds=1)
_MINUTE_IN_MICROSECONDS = 60_000_000


def market_day(start: pl.Expr, zone: str, begins: int = 0) -> pl.Expr:
    """The market day (or, with `begins`, the gas day) that the instant lies in, as a date."""
    local = _local(start, zone)
    return (local.dt.offset_by(f"-{begins}h") if begins else local).dt.date()


def day_start(day: pl.Expr, zone: str, begins: int = 0) -> pl.Expr:
    """The first instant of a market day, UTC. `day` is a date.

    Where the clock skips midnight the day begins when the clock arrives beyond it, an instant after the last one before;
    where midnight occurs twice it begins at the first. A day that a zone skipped begins and ends at one instant. Until 2011
    the clocks of Newfoundland and Labrador (2006 in Moncton) went back across midnight, so that two days took turns; there
    alone the hour after that first midnight has a `market_day` before the day that begins here.
    """
    naive = day.cast(pl.Datetime("us")).dt.offset_by(f"{begins}h")
    first = naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    before = pl.when(first.is_null()).then(naive - _TICK)
    after_the_skip = before.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null") + _TICK
    return pl.coalesce(first, after_the_skip).dt.convert_time_zone("UTC")


def day_minutes(day: pl.Expr, zone: str, begins: int = 0) -> pl.Expr:
    """How long a market day is, in minutes: 1380, 1440 or 1500 where clocks change by an hour. `day` is a date."""
    return _minutes(day_start(_next(day), zone, begins) - day_start(day, zone, begins))


def period_number(start: pl.Expr, zone: str, minutes: int, begins: int = 0) -> pl.Expr:
    """The number of the delivery period that the instant lies in, from 1: to 24, 23 or 25 for hours, 96, 92 or 100 for quarters.

    Raises `ValueError` for a length that is not one of `PERIOD_MINUTES`.
    """
    _check(minutes)
    passed = _minutes(start - day_start(market_day(start, zone, begins), zone, begins))
    return (passed // minutes + 1).cast(pl.Int16)


def periods_in_day(day: pl.Expr, zone: str, minutes: int, begins: int = 0) -> pl.Expr:
    """How many delivery periods a market day has. `day` is a date; the lake's column `date` is one.

    Where the day is no whole number of periods (23.5 hours on Lord Howe Island) the last one is shorter, and counts.
    Raises `ValueError` for a length that is not one of `PERIOD_MINUTES`.
    """
    _check(minutes)
    return ((day_minutes(day, zone, begins) + (minutes - 1)) // minutes).cast(pl.Int16)


def hour_beginning(start: pl.Expr, zone: str) -> pl.Expr:
    """The local hour that the instant lies in, 0 to 23, named by its beginning. A repeated hour has one name twice."""
    return _zoned(start, zone).dt.hour().cast(pl.Int16)


def hour_ending(start: pl.Expr, zone: str) -> pl.Expr:
    """The local hour that the instant lies in, 1 to 24, named by its end, as North American markets do: HE08 is 07 to 08."""
    return hour_beginning(start, zone) + 1


def local_label(start: pl.Expr, zone: str) -> pl.Expr:
    """The local time as `HH:MM`; where the clock shows it twice `HH:MMA` is the first time and `HH:MMB` the second."""
    local = _local(start, zone)
    first = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    second = local.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")
    instant = _zoned(start, zone)
    suffix = pl.when(first == second).then(pl.lit("")).when(instant == first).then(pl.lit("A")).otherwise(pl.lit("B"))
    return pl.when(start.is_not_null()).then(pl.concat_str(local.dt.strftime("%H:%M"), suffix))


def of_zone(make: Callable[[str], pl.Expr], zones: Iterable[str], zone: pl.Expr | None = None) -> pl.Expr:
    """An expression made for each of the zones, taken where the column `market_zone` (or `zone`) says so.

    `of_zone(lambda zone: period_number(pl.col("delivery_start"), zone, 60), ["Europe/Madrid"])`. Null where the column is
    null or names another zone. Every zone costs once for all rows, so name those that occur.
    """
    column = pl.col("market_zone") if zone is None else zone
    return pl.coalesce(*(pl.when(column == name).then(make(name)) for name in dict.fromkeys(zones)))


def delivery_calendar(zone: str, first: date, last: date, minutes: int, begins: int = 0) -> pl.LazyFrame:
    """One row per delivery period of the market days `first` to `last`, both included, ordered by `delivery_start`.

    `date` is the market day; `period_number` counts from 1 to `periods_in_day`; `delivery_start` and `delivery_end` are UTC
    instants, the end not part of the period; `local_label`, `hour_beginning` and `hour_ending` are the local clock's at its
    start. Nothing is null. The periods of a day tile it exactly. Raises `ValueError` for a length that is not one of
    `PERIOD_MINUTES`.
    """
    _check(minutes)
    days = pl.LazyFrame({"date": [first, last]}).select(pl.date_range(pl.col("date").first(), pl.col("date").last()))
    bounded = days.with_columns(
        day_start(pl.col("date"), zone, begins).alias("_begin"),
        day_start(_next(pl.col("date")), zone, begins).alias("_end"),
    )
    starts = pl.datetime_ranges("_begin", "_end", f"{minutes}m", closed="left").alias("delivery_start")
    periods = bounded.with_columns(starts).explode("delivery_start", empty_as_null=False)
    start = pl.col("delivery_start")
    return periods.select(
        "date",
        (_minutes(start - pl.col("_begin")) // minutes + 1).cast(pl.Int16).alias("period_number"),
        ((_minutes(pl.col("_end") - pl.col("_begin")) + (minutes - 1)) // minutes)
        .cast(pl.Int16)
        .alias("periods_in_day"),
        start,
        pl.min_horizontal(start + timedelta(minutes=minutes), "_end").alias("delivery_end"),
        local_label(start, zone).alias("local_label"),
        hour_beginning(start, zone).alias("hour_beginning"),
        hour_ending(start, zone).alias("hour_ending"),
    )


def _zoned(instant: pl.Expr, zone: str) -> pl.Expr:
    return instant.dt.convert_time_zone(zone)


def _local(instant: pl.Expr, zone: str) -> pl.Expr:
    """What the clock on the wall shows, without a zone."""
    return _zoned(instant, zone).dt.replace_time_zone(None)


def _next(day: pl.Expr) -> pl.Expr:
    return day + timedelta(days=1)


def _minutes(duration: pl.Expr) -> pl.Expr:
    """A duration in whole minutes, rounded down."""
    return duration.dt.total_microseconds() // _MINUTE_IN_MICROSECONDS


def _check(minutes: int) -> None:
    if minutes not in PERIOD_MINUTES:
        allowed = ", ".join(map(str, PERIOD_MINUTES))
        raise ValueError(f"a delivery period of {minutes} minutes is not one of the market's; allowed are {allowed}")
