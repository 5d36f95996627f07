"""Base, peak and off-peak: every hour from 2000 to 2040 against plain Python, and blocks of any length against their hours."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from transforms import calendar
from transforms import calendar_load as load

FIRST, LAST = date(2000, 1, 1), date(2040, 12, 31)
START, END = pl.col("delivery_start"), pl.col("delivery_end")
MARKETS = (
    ("Europe/Madrid", load.EEX),
    ("Europe/Berlin", load.EEX),
    ("America/New_York", load.PJM),
    ("America/Chicago", load.ERCOT),
    ("America/Los_Angeles", load.CAISO),
    ("America/Bogota", load.FLAT),
)
_EVERY_MARKET = pytest.mark.parametrize(("zone", "profile"), MARKETS, ids=[zone for zone, _ in MARKETS])


@lru_cache
def _hours(zone: str, profile: load.LoadProfile) -> pl.DataFrame:
    """Every hour of the zone with its peak flag, minutes and load type, made once and shared."""
    made = calendar.delivery_calendar(zone, FIRST, LAST, 60).with_columns(
        load.is_peak(START, zone, profile).alias("is_peak"),
        load.peak_minutes(START, END, zone, profile).alias("peak_minutes"),
        load.load_type(START, END, zone, profile).alias("load_type"),
    )
    return made.collect()


def _is_nerc(day: date) -> bool:
    """The rule in words: three fixed Mondays and a Thursday, three dates that move from a Sunday to the Monday."""
    monday, thursday = day.isoweekday() == 1, day.isoweekday() == 4
    fixed = {(1, 1), (7, 4), (12, 25)}
    before = day - timedelta(days=1)
    return (
        (monday and day.month == 5 and day.day > 24)
        or (monday and day.month == 9 and day.day < 8)
        or (thursday and day.month == 11 and 22 <= day.day <= 28)
        or ((day.month, day.day) in fixed and day.isoweekday() != 7)
        or (monday and (before.month, before.day) in fixed)
    )


def test_nerc_holidays_are_those_of_the_rule_in_words():
    day, expected = date(load.HOLIDAY_YEARS.start, 1, 1), []
    while day.year in load.HOLIDAY_YEARS:
        expected += [day] if _is_nerc(day) else []
        day += timedelta(days=1)
    assert list(load.nerc_holidays()) == expected


def test_nerc_holidays_as_nerc_published_them():
    # NERC Resources Subcommittee, "Additional Off-peak Days" 2010-2015: Christmas 2010 stays on its Saturday
    assert [day.isoformat() for day in load.nerc_holidays(range(2010, 2012))] == [
        *("2010-01-01", "2010-05-31", "2010-07-05", "2010-09-06", "2010-11-25", "2010-12-25"),
        *("2011-01-01", "2011-05-30", "2011-07-04", "2011-09-05", "2011-11-24", "2011-12-26"),
    ]


@_EVERY_MARKET
def test_base_is_peak_and_off_peak_on_every_day(zone: str, profile: load.LoadProfile):
    per_day = (
        _hours(zone, profile)
        .group_by("date")
        .agg(
            pl.col("is_peak").sum().alias("peak"), (~pl.col("is_peak")).sum().alias("off_peak"), pl.len().alias("base")
        )
    )
    assert per_day.select((pl.col("peak") + pl.col("off_peak") == pl.col("base")).all()).item()
    assert per_day.height == (LAST - FIRST).days + 1
    assert _hours(zone, profile)["is_peak"].null_count() == 0


@_EVERY_MARKET
def test_a_day_has_all_its_peak_hours_or_none_and_only_on_the_market_s_days(zone: str, profile: load.LoadProfile):
    per_day = dict(_hours(zone, profile).group_by("date").agg(pl.col("is_peak").sum()).iter_rows())
    whole = (profile.end_hour - profile.first_hour) if profile.has_peak else 0
    for day, hours in per_day.items():
        is_out = profile.holidays is load.Holidays.NERC and _is_nerc(day)
        assert hours == (whole if day.isoweekday() in profile.weekdays and not is_out else 0), day


@_EVERY_MARKET
def test_flag_minutes_and_type_of_an_hour_say_the_same(zone: str, profile: load.LoadProfile):
    frame = _hours(zone, profile)
    assert (frame["peak_minutes"] == frame["is_peak"].cast(pl.Int64) * 60).all()
    if profile.has_peak:
        assert ((frame["load_type"] == "peak") == frame["is_peak"]).all()
        assert set(frame["load_type"].unique()) == {"peak", "off_peak"}
    else:
        assert frame["load_type"].unique().to_list() == ["base"]


@pytest.mark.parametrize(
    ("zone", "profile", "endings"),
    [
        ("Europe/Berlin", load.EEX, range(9, 21)),  # 08:00-20:00
        ("America/New_York", load.PJM, range(8, 24)),  # HE08-HE23
        ("America/Chicago", load.ERCOT, range(7, 23)),  # HE07-HE22
        ("America/Los_Angeles", load.CAISO, range(7, 23)),
    ],
)
def test_peak_hours_as_the_market_writes_them(zone: str, profile: load.LoadProfile, endings: range):
    wednesday = _hours(zone, profile).filter((pl.col("date") == date(2026, 6, 17)) & pl.col("is_peak"))
    assert wednesday["hour_ending"].to_list() == list(endings)


@pytest.mark.parametrize(
    ("zone", "profile", "day", "hours"),
    [
        ("Europe/Berlin", load.EEX, date(2026, 12, 25), 12),  # a Friday: EEX includes holidays
        ("America/New_York", load.PJM, date(2026, 12, 25), 0),
        ("America/New_York", load.PJM, date(2026, 6, 20), 0),  # a Saturday
        ("America/Los_Angeles", load.CAISO, date(2026, 6, 20), 16),
        ("America/Los_Angeles", load.CAISO, date(2026, 7, 4), 0),  # Independence Day on a Saturday stays there
        ("America/New_York", load.PJM, date(2026, 7, 3), 16),  # and the federal holiday before it is none
        ("America/New_York", load.PJM, date(2026, 6, 19), 16),  # Juneteenth is none either
        ("America/Chicago", load.ERCOT, date(2023, 1, 2), 0),  # New Year's Day 2023 was a Sunday
    ],
)
def test_peak_hours_of_days_that_markets_see_differently(zone: str, profile: load.LoadProfile, day: date, hours: int):
    assert _hours(zone, profile).filter(pl.col("date") == day)["is_peak"].sum() == hours


_markets = st.sampled_from(MARKETS)
_quarters = st.integers(0, 14_900 * 96)
_lengths = st.one_of(st.integers(0, 8), st.integers(0, 96 * 40))


def _block(first: int, length: int) -> tuple[datetime, datetime]:
    """A delivery that starts `first` quarters after 2000-01-02 and takes `length` of them."""
    start = datetime(2000, 1, 2, tzinfo=UTC) + first * timedelta(minutes=15)
    return start, start + length * timedelta(minutes=15)


def _select(start: datetime, end: datetime, *exprs: pl.Expr) -> tuple[object, ...]:
    schema = {"delivery_start": pl.Datetime("us", "UTC"), "delivery_end": pl.Datetime("us", "UTC")}
    return pl.LazyFrame([(start, end)], schema=schema, orient="row").select(*exprs).collect().row(0)


@given(market=_markets, first=_quarters, length=_lengths)
def test_the_peak_of_a_block_is_the_sum_over_its_quarters(
    market: tuple[str, load.LoadProfile], first: int, length: int
):
    zone, profile = market
    start, end = _block(first, length)
    minutes, kind = _select(
        start,
        end,
        load.peak_minutes(START, END, zone, profile).alias("minutes"),
        load.load_type(START, END, zone, profile).alias("kind"),
    )
    quarters = pl.select(at=pl.datetime_range(start, end, "15m", closed="left", time_zone="UTC"))
    expected = 15 * quarters.select(load.is_peak(pl.col("at"), zone, profile).alias("is_peak"))["is_peak"].sum()
    assert minutes == expected
    total = 15 * length
    by_minutes = {total: "peak", 0: "off_peak"}.get(expected, "base")
    assert kind == (None if total == 0 else by_minutes if profile.has_peak else "base")


@given(market=_markets, first=_quarters, length=_lengths, cut=st.floats(0, 1))
def test_peak_minutes_add_up_over_any_cut(market: tuple[str, load.LoadProfile], first: int, length: int, cut: float):
    zone, profile = market
    start, end = _block(first, length)
    middle = start + int(length * cut) * timedelta(minutes=15)
    minutes = load.peak_minutes(START, END, zone, profile)
    parts = [_select(*ends, minutes)[0] for ends in ((start, middle), (middle, end), (start, end))]
    assert parts[0] + parts[1] == parts[2]  # type: ignore[operator]


def test_a_year_of_german_peak_is_twelve_hours_on_every_weekday():
    start = datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    end = datetime(2027, 1, 1, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    minutes = load.peak_minutes(START, END, "Europe/Berlin", load.EEX)
    kind = load.load_type(START, END, "Europe/Berlin", load.EEX)
    # 2026 has 261 weekdays: 261 days of 12 hours are 3132, as EEX's calendar year says
    assert _select(start, end, minutes.alias("m"), kind.alias("k")) == (3132 * 60, "base")


@given(
    quantity=st.decimals(Decimal(-(10**11)), Decimal(10**11), places=6, allow_nan=False, allow_infinity=False),
    first=_quarters,
    length=st.integers(1, 96 * 400),
)
@example(quantity=Decimal("0.000001"), first=0, length=96)
def test_the_peak_part_of_a_quantity_is_exact_and_the_rest_is_off_peak(quantity: Decimal, first: int, length: int):
    zone, profile = "Europe/Berlin", load.EEX
    start, end = _block(first, length)
    minutes = load.peak_minutes(START, END, zone, profile)
    part, peak = _select(
        start,
        end,
        load.peak_quantity(pl.lit(quantity).cast(pl.Decimal(18, 6)), START, END, minutes).alias("part"),
        minutes.alias("peak"),
    )
    assert isinstance(part, Decimal)
    assert isinstance(peak, int)
    exact = int(quantity.scaleb(6)) * peak
    assert abs(int(part.scaleb(6)) * 15 * length - exact) * 2 <= 15 * length, "no further than half a unit away"
    assert min(0, quantity) <= part <= max(0, quantity)


@_EVERY_MARKET
def test_null_is_null_and_backwards_is_null(zone: str, profile: load.LoadProfile):
    at = datetime(2026, 6, 17, 15, tzinfo=UTC)
    frame = pl.LazyFrame(
        [(None, at), (at, None), (at, at - timedelta(hours=1))],
        schema={"delivery_start": pl.Datetime("us", "UTC"), "delivery_end": pl.Datetime("us", "UTC")},
        orient="row",
    )
    made = frame.select(
        load.is_peak(START, zone, profile).is_null().alias("is_peak"),
        load.peak_minutes(START, END, zone, profile).alias("minutes"),
        load.load_type(START, END, zone, profile).alias("kind"),
    ).collect()
    assert made["is_peak"].to_list() == [True, False, False]
    assert made["minutes"].to_list() == [None] * 3
    assert made["kind"].to_list() == [None] * 3


def test_beyond_the_years_of_known_holidays_the_answer_is_null_and_not_a_guess():
    at = datetime(2070, 6, 18, 15, tzinfo=UTC)
    after = at + timedelta(hours=1)
    exprs = [
        load.is_peak(START, "America/New_York", load.PJM).alias("is_peak"),
        load.peak_minutes(START, END, "America/New_York", load.PJM).alias("minutes"),
        load.load_type(START, END, "America/New_York", load.PJM).alias("kind"),
    ]
    assert _select(at, after, *exprs) == (None, None, None)
    assert _select(at, after, load.is_peak(START, "Europe/Berlin", load.EEX)) == (True,), "a Wednesday, 17:00"


def test_a_zone_has_its_market_s_profile_and_another_zone_none():
    for zone, profile in MARKETS:
        assert load.profile_of(zone) is profile
    assert load.profile_of("Etc/GMT-10") is load.FLAT
    assert load.profile_of("Europe/London") is load.FLAT


def test_a_zone_in_europe_has_eex_s_peak_only_where_its_clock_is_eex_s():
    here = ZoneInfo("Europe/Berlin")
    listed = [zone for zone, profile in load.PROFILES.items() if profile is load.EEX]
    for day in (date(2024, 1, 15), date(2024, 3, 31), date(2024, 7, 15), date(2024, 10, 27)):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=here)
        assert {zone for zone in listed if noon.astimezone(ZoneInfo(zone)).hour != noon.hour} == set()
    apart = ("Europe/Lisbon", "Europe/Athens", "Europe/Helsinki", "Europe/Dublin")
    assert {load.profile_of(zone) for zone in apart} == {load.FLAT}


def test_a_profile_that_no_clock_shows_is_refused():
    with pytest.raises(ValueError, match="night: peak from 22 until 6 is not within 0 and 24"):
        load.LoadProfile(name="night", first_hour=22, end_hour=6)
    with pytest.raises(ValueError, match=r"week: weekdays are \[0, 1\]; allowed are 1 \(Monday\)"):
        load.LoadProfile(name="week", weekdays=frozenset({0, 1}))
