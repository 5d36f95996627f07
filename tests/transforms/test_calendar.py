"""The delivery calendar: every day from 2000 to 2040 in a dozen zones, against Python's `zoneinfo`.

The exhaustive tests stay in polars; what they compare with is computed apart, day by day, from `zoneinfo`.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from transforms import calendar

ZONES = (
    "Europe/Madrid",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Bogota",
    "America/Sao_Paulo",  # until 2018 the clock skipped midnight
    "America/Havana",  # midnight occurs twice
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Apia",  # 2011-12-30 does not exist
    "Etc/GMT-10",
)
FIRST, LAST = date(2000, 1, 1), date(2040, 12, 31)
DAY = timedelta(days=1)
START, END = pl.col("delivery_start"), pl.col("delivery_end")

days = st.dates(FIRST, LAST)
zones = st.sampled_from(ZONES)
lengths = st.sampled_from(calendar.PERIOD_MINUTES)


@lru_cache
def _hours(zone: str, begins: int = 0) -> pl.DataFrame:
    """Every hourly period of the zone, made once and shared."""
    return calendar.delivery_calendar(zone, FIRST, LAST, 60, begins).collect()


def _first_instants(zone: str, first: date, last: date, begins: int = 0) -> list[datetime]:
    """The instant at which each day begins, found by `zoneinfo` alone: the first whose local clock has reached the day."""
    clock = ZoneInfo(zone)
    found = []
    for number in range((last - first).days + 1):
        wanted = datetime.combine(first + number * DAY, datetime.min.time()) + timedelta(hours=begins)
        instant = wanted.replace(tzinfo=clock, fold=0).astimezone(UTC)
        if instant.astimezone(clock).replace(tzinfo=None) != wanted:  # skipped: step back to the change
            instant = min(
                at
                for at in (instant + timedelta(minutes=m) for m in range(-1500, 1501, 30))
                if at.astimezone(clock).replace(tzinfo=None) >= wanted
            )
        found.append(instant)
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_hours_tile_every_day_from_2000_to_2040_exactly(zone: str):
    frame = _hours(zone)
    begins = _first_instants(zone, FIRST, LAST + DAY)
    assert frame["delivery_start"][0] == begins[0]
    assert frame["delivery_end"][-1] == begins[-1]
    assert (frame["delivery_end"][:-1] == frame["delivery_start"][1:]).all(), "no gap and no overlap"
    assert (frame["delivery_end"] > frame["delivery_start"]).all()
    by_day = frame.group_by("date", maintain_order=True).agg(START.first().alias("begin"), END.last().alias("end"))
    expected = pl.DataFrame(
        {"date": [FIRST + n * DAY for n in range(len(begins) - 1)], "begin": begins[:-1], "end": begins[1:]}
    ).with_columns(pl.col("begin", "end").cast(pl.Datetime("us", "UTC")))
    assert_frame_equal(by_day, expected.filter(pl.col("begin") < pl.col("end")))


@pytest.mark.parametrize("zone", ZONES)
def test_expressions_say_of_every_hour_what_the_calendar_says(zone: str):
    made = _hours(zone).select(
        calendar.market_day(START, zone).alias("date"),
        calendar.period_number(START, zone, 60).alias("period_number"),
        calendar.periods_in_day(pl.col("date"), zone, 60).alias("periods_in_day"),
        "delivery_start",
        "delivery_end",
        calendar.local_label(START, zone).alias("local_label"),
        calendar.hour_beginning(START, zone).alias("hour_beginning"),
        calendar.hour_ending(START, zone).alias("hour_ending"),
    )
    assert_frame_equal(made, _hours(zone))
    last = calendar.market_day(END - timedelta(microseconds=1), zone)
    assert _hours(zone).select((last == pl.col("date")).all()).item(), "a period lies in one day"


@pytest.mark.parametrize("zone", ZONES)
def test_numbers_count_from_one_and_the_hour_ends_one_after_it_begins(zone: str):
    frame = _hours(zone)
    counted = frame.group_by("date").agg(
        (pl.col("period_number") == pl.int_range(1, pl.len() + 1)).all().alias("in_order"),
        (pl.col("periods_in_day") == pl.len()).all().alias("complete"),
    )
    assert counted.select(pl.col("in_order", "complete").all()).row(0) == (True, True)
    assert (frame["hour_ending"] == frame["hour_beginning"] + 1).all()
    assert frame["hour_beginning"].is_between(0, 23).all()


@pytest.mark.parametrize(
    ("zone", "lengths_of_days"),
    [
        ("Europe/Madrid", {1380: 41, 1440: 14894, 1500: 41}),
        ("America/New_York", {1380: 41, 1440: 14894, 1500: 41}),
        ("America/Bogota", {1440: 14976}),
        ("Etc/GMT-10", {1440: 14976}),
        ("Australia/Lord_Howe", {1410: 41, 1440: 14894, 1470: 41}),
    ],
)
def test_a_year_has_one_short_day_and_one_long_one(zone: str, lengths_of_days: dict[int, int]):
    every_day = pl.select(date=pl.date_range(FIRST, LAST))
    lengths = every_day.select(calendar.day_minutes(pl.col("date"), zone))["date"].value_counts()
    assert dict(lengths.iter_rows()) == lengths_of_days


@given(zone=zones, day=days, minutes=lengths, begins=st.sampled_from((0, 6, 9)))
@example(zone="Australia/Lord_Howe", day=date(2026, 10, 3), minutes=60, begins=0)
@example(zone="Pacific/Apia", day=date(2011, 12, 29), minutes=5, begins=0)
@example(zone="America/Sao_Paulo", day=date(2018, 11, 3), minutes=15, begins=0)
@example(zone="America/Havana", day=date(2020, 10, 31), minutes=30, begins=0)
def test_periods_of_every_length_tile_any_three_days(zone: str, day: date, minutes: int, begins: int):
    frame = calendar.delivery_calendar(zone, day, day + 2 * DAY, minutes, begins).collect()
    starts = _first_instants(zone, day, day + 3 * DAY, begins)
    assert (frame["delivery_start"][0], frame["delivery_end"][-1]) == (starts[0], starts[-1])
    assert (frame["delivery_end"][:-1] == frame["delivery_start"][1:]).all()
    lengths = frame.select((END - START).dt.total_minutes())["delivery_end"]
    assert (lengths.max(), lengths.min() > 0) == (minutes, True)
    again = frame.select(
        calendar.market_day(START, zone, begins).alias("date"),
        calendar.period_number(START, zone, minutes, begins).alias("period_number"),
        calendar.periods_in_day(pl.col("date"), zone, minutes, begins).alias("periods_in_day"),
    )
    assert_frame_equal(again, frame.select(again.columns))


instants = st.timedeltas(2 * DAY, 14_970 * DAY).map(lambda since: datetime(2000, 1, 1, tzinfo=UTC) + since)


@given(zone=zones, at=instants, minutes=lengths)
@example(zone="Europe/Madrid", at=datetime(2026, 10, 25, 0, 59, 59, 999999, tzinfo=UTC), minutes=15)
@example(zone="Europe/Madrid", at=datetime(2026, 10, 25, 1, tzinfo=UTC), minutes=15)
def test_any_instant_lies_where_zoneinfo_puts_it(zone: str, at: datetime, minutes: int):
    local = at.astimezone(ZoneInfo(zone))
    (begin,) = _first_instants(zone, local.date(), local.date())
    frame = pl.LazyFrame({"at": [at]}, schema={"at": pl.Datetime("us", "UTC")})
    got = frame.select(
        calendar.market_day(pl.col("at"), zone).alias("day"),
        calendar.period_number(pl.col("at"), zone, minutes).alias("number"),
        calendar.hour_ending(pl.col("at"), zone).alias("ending"),
        calendar.local_label(pl.col("at"), zone).str.head(5).alias("label"),
    ).collect()
    number = (at - begin) // timedelta(minutes=minutes) + 1
    assert got.row(0) == (local.date(), number, local.hour + 1, f"{local:%H:%M}")


@pytest.mark.parametrize(
    ("zone", "day", "counts"),
    [
        ("Europe/Madrid", date(2026, 3, 29), (23, 46, 92, 276)),
        ("Europe/Madrid", date(2026, 10, 25), (25, 50, 100, 300)),
        ("Europe/Madrid", date(2026, 6, 1), (24, 48, 96, 288)),
        ("America/Bogota", date(2026, 3, 29), (24, 48, 96, 288)),
        ("Australia/Lord_Howe", date(2026, 10, 4), (24, 47, 94, 282)),  # 23.5 hours: the last hour is half of one
        ("Australia/Lord_Howe", date(2026, 4, 5), (25, 49, 98, 294)),
    ],
)
def test_periods_in_a_day_of_each_length(zone: str, day: date, counts: tuple[int, ...]):
    frame = pl.LazyFrame({"date": [day]})
    exprs = [calendar.periods_in_day(pl.col("date"), zone, m).alias(str(m)) for m in calendar.PERIOD_MINUTES]
    assert frame.select(exprs).collect().row(0) == counts


def test_the_repeated_hour_has_two_numbers_and_the_skipped_one_has_none():
    long = calendar.delivery_calendar("Europe/Madrid", date(2026, 10, 25), date(2026, 10, 25), 60).collect()
    assert long["local_label"].to_list()[:5] == ["00:00", "01:00", "02:00A", "02:00B", "03:00"]
    assert long["hour_ending"].to_list()[:5] == [1, 2, 3, 3, 4]
    assert long["period_number"].to_list() == list(range(1, 26))
    short = calendar.delivery_calendar("Europe/Madrid", date(2026, 3, 29), date(2026, 3, 29), 60).collect()
    assert short["local_label"].to_list()[:4] == ["00:00", "01:00", "03:00", "04:00"]
    assert short["period_number"].to_list() == list(range(1, 24))


@pytest.mark.parametrize("zone", ["Europe/Madrid", "Europe/Berlin"])
def test_the_short_and_the_long_gas_day_are_saturdays_in_every_year(zone: str):
    every_day = pl.select(date=pl.date_range(FIRST, LAST)).with_columns(
        calendar.day_minutes(pl.col("date"), zone, calendar.GAS_DAY_BEGINS).alias("minutes")
    )
    odd = every_day.filter(pl.col("minutes") != 1440)
    assert odd["minutes"].to_list() == [1380, 1500] * 41
    assert odd["date"].dt.weekday().unique().to_list() == [6]


def test_the_gas_day_begins_at_five_utc_in_winter_and_four_in_summer():
    frame = pl.select(date=pl.date_range(FIRST, LAST))
    starts = frame.select(calendar.day_start(pl.col("date"), "Europe/Berlin", calendar.GAS_DAY_BEGINS))["date"]
    assert set(starts.dt.hour().unique()) == {4, 5}
    march = calendar.delivery_calendar("Europe/Berlin", date(2026, 3, 27), date(2026, 3, 29), 60, 6).collect()
    assert march.group_by("date", maintain_order=True).len()["len"].to_list() == [24, 23, 24]
    assert march["hour_beginning"][0] == 6


@pytest.mark.parametrize("minutes", [0, 1, 7, 45, 120, -60])
def test_a_length_that_no_market_trades_is_refused(minutes: int):
    message = f"a delivery period of {minutes} minutes is not one of the market's; allowed are 60, 30, 15, 5"
    for make in (
        lambda: calendar.period_number(START, "Europe/Madrid", minutes),
        lambda: calendar.periods_in_day(START, "Europe/Madrid", minutes),
        lambda: calendar.delivery_calendar("Europe/Madrid", FIRST, LAST, minutes),
    ):
        with pytest.raises(ValueError, match=message):
            make()


def test_null_is_null_and_an_empty_frame_keeps_its_types():
    frame = pl.LazyFrame({"at": [None], "day": [None]}, schema={"at": pl.Datetime("us", "UTC"), "day": pl.Date})
    at, day, zone = pl.col("at"), pl.col("day"), "Europe/Madrid"
    made = frame.select(
        calendar.market_day(at, zone).alias("a"),
        calendar.period_number(at, zone, 15).alias("b"),
        calendar.periods_in_day(day, zone, 15).alias("c"),
        calendar.hour_ending(at, zone).alias("d"),
        calendar.local_label(at, zone).alias("e"),
        calendar.day_start(day, zone).alias("f"),
    )
    assert made.collect().row(0) == (None,) * 6
    assert made.head(0).collect().schema == made.collect().schema
    assert calendar.delivery_calendar(zone, LAST, FIRST, 60).collect().height == 0


def test_the_zone_may_stand_in_a_column():
    at = datetime(2026, 10, 25, 6, tzinfo=UTC)
    names = ["Europe/Madrid", "America/Bogota", "Asia/Tokyo", None]
    frame = pl.LazyFrame({"delivery_start": [at] * 4, "market_zone": names})
    made = calendar.of_zone(lambda zone: calendar.period_number(START, zone, 60), ["Europe/Madrid", "America/Bogota"])
    # 06:00 UTC: Madrid's long day began eight hours earlier, Bogota's one hour earlier
    assert frame.select(made).collect().to_series().to_list() == [9, 2, None, None]
