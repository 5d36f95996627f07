"""Stamps against Python's `zoneinfo`: every hour around each change of the clock, in zones that change in different ways."""

from datetime import UTC, date, datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.source import FieldMapping, Marks, RepeatedHour
from transforms import times

ISO = "%Y-%m-%d %H:%M:%S"
ZONES = {
    "Europe/Madrid": ("2024-03-31", "2024-10-27"),
    "America/New_York": ("2024-03-10", "2024-11-03"),
    "Australia/Lord_Howe": ("2024-04-07", "2024-10-06"),
    "America/Bogota": ("2024-03-31", "1993-02-06"),
    "Etc/GMT-10": ("2024-03-31", "2024-10-27"),
}
"""Days on which the clock changes, or does not: Lord Howe by half an hour, Bogota last in 1993."""


def periods(
    texts: list[str | None], zone: str, repeated: RepeatedHour = RepeatedHour.REJECT, **mapping: object
) -> list[dict[str, object]]:
    """What becomes of the stamps; formats, marks and period as given."""
    field = FieldMapping(**{"formats": (ISO,), "period": "1h", **mapping})
    frame = pl.DataFrame({"t": texts}, schema={"t": pl.String}).lazy()
    return times.delivery_periods(frame, "t", field, zone, repeated).collect().to_dicts()


def instants(naive: datetime, zone: str) -> list[datetime]:
    """The reference: every UTC instant at which a clock in the zone shows the stamp, none, one or two."""
    both = {naive.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(instant for instant in both if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == naive)


def around(day: str) -> list[datetime]:
    """Every quarter of an hour of the day, the one before and the one after."""
    first = datetime.fromisoformat(day) - timedelta(days=1)
    return [first + timedelta(minutes=15 * count) for count in range(3 * 96)]


@pytest.mark.parametrize("marks", [Marks.START, Marks.END])
@pytest.mark.parametrize("repeated", RepeatedHour)
@pytest.mark.parametrize("zone", ZONES)
def test_every_quarter_of_an_hour_around_a_change_means_what_zoneinfo_says(zone, repeated, marks):
    stamps = list(chain.from_iterable(around(day) for day in ZONES[zone]))
    found = periods([stamp.strftime(ISO) for stamp in stamps], zone, repeated, marks=marks, period="15m")
    for stamp, row in zip(stamps, found, strict=True):
        possible = instants(stamp, zone)
        is_unresolved = len(possible) > 1 and repeated is RepeatedHour.REJECT
        assert row[times.AMBIGUOUS] == is_unresolved, stamp
        if is_unresolved or not possible:
            assert (row["delivery_start"], row["delivery_end"], row["date"]) == (None, None, None), stamp
            continue
        instant = possible[-1] if repeated is RepeatedHour.LATEST else possible[0]
        start = instant - timedelta(minutes=15) if marks is Marks.END else instant
        assert (row["delivery_start"], row["delivery_end"]) == (start, start + timedelta(minutes=15)), stamp
        assert row["date"] == start.astimezone(ZoneInfo(zone)).date(), stamp


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Madrid", "2024-03-31", 23),
        ("Europe/Madrid", "2024-10-27", 25),
        ("Australia/Lord_Howe", "2024-10-06", 23.5),
        ("America/Bogota", "2024-03-31", 24),
    ],
)
def test_a_market_day_is_as_long_as_it_is(zone, day, hours):
    row = periods([f"{day} 00:00:00"], zone, period="1d")[0]
    assert row["delivery_end"] - row["delivery_start"] == timedelta(hours=hours)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)), st.sampled_from(sorted(ZONES)))  # noqa: DTZ001 - naive on purpose
def test_any_stamp_is_one_instant_none_or_ambiguous(stamp, zone):
    naive = stamp.replace(microsecond=0)
    row = periods([naive.strftime(ISO)], zone)[0]
    possible = instants(naive, zone)
    assert row[times.AMBIGUOUS] == (len(possible) > 1)
    assert row["delivery_start"] == (possible[0] if len(possible) == 1 else None)


def test_the_last_day_of_a_year_ends_the_year_and_belongs_to_its_first_day():
    row = periods(["2021-12-31"], "America/Anchorage", marks=Marks.LAST_DAY, period="1y", formats=("%Y-%m-%d",))[0]
    local = ZoneInfo("America/Anchorage")
    assert row["delivery_start"] == datetime(2021, 1, 1, tzinfo=local)
    assert row["delivery_end"] == datetime(2022, 1, 1, tzinfo=local)
    assert row["date"] == date(2021, 1, 1)


@pytest.mark.parametrize(
    ("last", "first"), [("2024-02-29", "2024-02-01"), ("2023-02-28", "2023-02-01"), ("2024-03-31", "2024-03-01")]
)
def test_the_last_day_of_a_month_gives_the_whole_month(last, first):
    row = periods([last], "Europe/Madrid", marks=Marks.LAST_DAY, period="1mo", formats=("%Y-%m-%d",))[0]
    assert row["date"] == date.fromisoformat(first)


def test_an_hour_that_ends_at_midnight_belongs_to_the_day_before():
    row = periods(["2024-05-02 00:00:00"], "Europe/Madrid", marks=Marks.END)[0]
    assert row["date"] == date(2024, 5, 1)
    assert row["delivery_end"] == datetime(2024, 5, 1, 22, tzinfo=UTC)


NO_STAMPS = [
    None,
    "",
    "2024-02-30 00:00:00",
    "2024-05-01 24:00:00",
    "2024-05-01 10:00:60",
    "24-05-01 10:00:00",
    "mañana",
]
NO_STAMPS += ["+12024-05-01 10:00:00", "-2024-05-01 10:00:00", "1899-12-31 23:00:00", "2200-01-01 00:00:00"]
NO_STAMPS += ["2024-05-01", "2024-05-01 10:00:00Z", "2024-05-01 10:00:00.5", "0000-01-01 00:00:00"]


@pytest.mark.parametrize("text", NO_STAMPS)
def test_what_is_no_stamp_of_the_declared_form_and_century_is_null(text):
    row = periods([text], "Europe/Madrid")[0]
    assert [row[name] for name in (times.NAIVE, "delivery_start", "delivery_end", "date")] == [None] * 4
    assert row[times.AMBIGUOUS] is False


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2024-05-06 13:14:15", "%Y-%m-%d %H:%M:%S"),
        ("06/05/2024 13:14", "%d/%m/%Y %H:%M"),
        ("06/05/24 01:14 PM", "%d/%m/%y %I:%M %p"),
        ("2024-05-06T13:14:15.250", "%Y-%m-%dT%H:%M:%S%.f"),
        ("2024-05-06 13:14:15", "%F %T"),
        ("2024-05-06 13:14", "%F %R"),
        ("06 May 2024 13:14", "%d %b %Y %H:%M"),
    ],
)
def test_every_form_of_a_time_of_day_keeps_the_time_of_day(text, form):
    naive = periods([text], "Etc/UTC", formats=(form,))[0][times.NAIVE]
    assert naive.replace(second=0, microsecond=0) == datetime(2024, 5, 6, 13, 14)  # noqa: DTZ001 - naive on purpose
    assert naive.second == (15 if ":15" in text else 0)


def test_later_forms_read_only_what_earlier_ones_left():
    rows = periods(
        ["01/02/2024", "2024-02-01", "x"], "Etc/UTC", formats=("%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d"), period="1d"
    )
    assert [row["date"] for row in rows] == [date(2024, 2, 1), date(2024, 2, 1), None]


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_written_days_are_read_back_in_either_form(day):
    frame = pl.DataFrame({"t": [f"{day:%Y-%m-%d}", f"{day:%d/%m/%Y}", f"{day:%m.%d.%Y}"]})
    read = frame.select(times.local_date(pl.col("t"), ("%Y-%m-%d", "%d/%m/%Y"))).to_series().to_list()
    assert read == [day, day, None]


@pytest.mark.parametrize(
    "text", ["05/06/24", "31/02/2024", "05/06/2024 10:00", "05/06/12024", "05/06/1899", "05/06/2200"]
)
def test_what_is_no_day_of_these_centuries_is_null(text):
    assert pl.DataFrame({"t": [text]}).select(times.local_date(pl.col("t"), ("%d/%m/%Y",))).item() is None


@pytest.mark.parametrize(
    ("period", "minutes"), [("5m", 5), ("1h", 60), ("12h", 720), ("1d", None), ("1mo", None), ("2y", None)]
)
def test_only_minutes_and_hours_have_a_fixed_length(period, minutes):
    assert times.period_minutes(period) == minutes


@pytest.mark.parametrize("period", ["", "1", "h", "0h", "1w", "-1h", "1 h"])
def test_a_period_that_is_no_length_is_refused(period):
    with pytest.raises(ValueError, match="is no length of time; allowed are 5m, 1h, 1d, 1mo, 1y"):
        times.period_minutes(period)
