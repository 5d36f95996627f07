"""Base, peak and off-peak: which hours of which days a market calls peak, as data, and expressions that apply it.

Base is every hour, peak the hours below, off-peak the rest; so base = peak + off-peak, always. Peak hours are local and
lie away from the hours at which clocks change, so a peak day has the same number of them all year round.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

import polars as pl

from transforms import numbers
from transforms.calendar import hour_beginning, market_day

__all__ = [
    "CAISO",
    "EEX",
    "ERCOT",
    "FLAT",
    "HOLIDAY_YEARS",
    "LOAD_TYPES",
    "PJM",
    "PROFILES",
    "Holidays",
    "LoadProfile",
    "is_peak",
    "load_type",
    "nerc_holidays",
    "peak_minutes",
    "peak_quantity",
    "profile_of",
]

LOAD_TYPES = ("peak", "off_peak", "base")
"""`base` is a delivery in both peak and off-peak hours, or in a market that makes no difference."""

HOLIDAY_YEARS = range(1990, 2061)
"""Years for which holidays are looked up; beyond them a market that excludes holidays has no answer, which is null."""

_EVERY_DAY = frozenset(range(1, 8))
_WEEKDAYS = frozenset(range(1, 6))
_NERC_NAMES = frozenset(
    ("New Year's Day", "Memorial Day", "Independence Day", "Labor Day", "Thanksgiving Day", "Christmas Day")
)
_SUNDAY = 7
_MINUTES_PER_HOUR = 60
_MICROSECONDS_PER_MINUTE = 60_000_000


class Holidays(StrEnum):
    """Which holidays a market takes out of its peak."""

    NONE = "none"
    NERC = "nerc"


@dataclass(frozen=True, kw_only=True)
class LoadProfile:
    """A market's peak: the local hours from `first_hour` until `end_hour` on ISO `weekdays` (1 is Monday) but `holidays`.

    Hours are beginnings: 7 until 23 is what North America writes as HE08 to HE23. A profile without weekdays has no peak.
    Raises `ValueError` for hours or weekdays that no clock or calendar shows.
    """

    name: str
    first_hour: int = 0
    end_hour: int = 24
    weekdays: frozenset[int] = frozenset()
    holidays: Holidays = Holidays.NONE

    def __post_init__(self) -> None:
        """Refuse a peak that is empty, crosses midnight, or lies on a day that is none."""
        if not 0 <= self.first_hour < self.end_hour <= 24:  # noqa: PLR2004 - hours of a day
            raise ValueError(f"{self.name}: peak from {self.first_hour} until {self.end_hour} is not within 0 and 24")
        if not self.weekdays <= _EVERY_DAY:
            raise ValueError(f"{self.name}: weekdays are {sorted(self.weekdays)}; allowed are 1 (Monday) to 7 (Sunday)")

    @property
    def has_peak(self) -> bool:
        """Whether the market tells peak from off-peak at all."""
        return bool(self.weekdays)


EEX = LoadProfile(name="EEX", first_hour=8, end_hour=20, weekdays=_WEEKDAYS)
"""European Energy Exchange, power futures: peak is 08:00 to 20:00, Monday to Friday, public holidays included."""

PJM = LoadProfile(name="PJM", first_hour=7, end_hour=23, weekdays=_WEEKDAYS, holidays=Holidays.NERC)
"""PJM: hours ending 0800 to 2300 Eastern prevailing time, Monday to Friday without NERC holidays ("5x16")."""

ERCOT = LoadProfile(name="ERCOT", first_hour=6, end_hour=22, weekdays=_WEEKDAYS, holidays=Holidays.NERC)
"""ERCOT: hours ending 0700 to 2200 Central prevailing time, Monday to Friday without NERC holidays."""

CAISO = LoadProfile(name="CAISO", first_hour=6, end_hour=22, weekdays=_WEEKDAYS | {6}, holidays=Holidays.NERC)
"""California: hours ending 0700 to 2200 Pacific prevailing time, Monday to Saturday without NERC holidays ("6x16")."""

FLAT = LoadProfile(name="flat")
"""No peak: contracts are for base, as in Colombia, and every hour counts as off-peak."""

PROFILES: dict[str, LoadProfile] = {
    **dict.fromkeys(
        (
            "Europe/Amsterdam",
            "Europe/Belgrade",
            "Europe/Berlin",
            "Europe/Bratislava",
            "Europe/Brussels",
            "Europe/Budapest",
            "Europe/Copenhagen",
            "Europe/Ljubljana",
            "Europe/Luxembourg",
            "Europe/Madrid",
            "Europe/Oslo",
            "Europe/Paris",
            "Europe/Prague",
            "Europe/Rome",
            "Europe/Stockholm",
            "Europe/Vienna",
            "Europe/Warsaw",
            "Europe/Zagreb",
            "Europe/Zurich",
        ),
        EEX,
    ),
    "America/New_York": PJM,
    "America/Chicago": ERCOT,
    "America/Los_Angeles": CAISO,
    "America/Bogota": FLAT,
}
"""The profile that a market zone has by default: in Europe the zones whose clocks show Central European time, as EEX's do.

A zone is not a market (MISO's Chicago is not ERCOT's): where a mart knows the market it names the profile itself. See
`docs/decisions/0009-a-zone-has-a-peak-only-where-it-is-known.md`.
"""


def profile_of(zone: str) -> LoadProfile:
    """The default profile of a market zone; `FLAT` for a zone that is not in `PROFILES`."""
    return PROFILES.get(zone, FLAT)


@lru_cache
def nerc_holidays(years: range = HOLIDAY_YEARS) -> tuple[date, ...]:
    """The six off-peak days of each year that NERC's Resources Subcommittee lists, in order.

    New Year's, Memorial, Independence, Labor, Thanksgiving and Christmas Day. One on a Sunday is kept on the Monday after;
    one on a Saturday stays there, unlike the federal holiday, which moves to the Friday.
    """
    import holidays  # takes a second, and only markets that exclude holidays need it

    listed = holidays.country_holidays("US", years=years, observed=False, language="en_US")
    days = [day for day, name in listed.items() if _NERC_NAMES & set(name.split("; "))]
    return tuple(sorted(day + timedelta(days=day.isoweekday() == _SUNDAY) for day in days))


def is_peak(start: pl.Expr, zone: str, profile: LoadProfile) -> pl.Expr:
    """Whether the UTC instant lies in a peak hour of the market; false throughout where the market has no peak.

    For periods of an hour or less. Null where the instant is, or its year has no holidays looked up (`HOLIDAY_YEARS`).
    """
    if not profile.has_peak:
        return pl.when(start.is_not_null()).then(pl.lit(False))
    hour = hour_beginning(start, zone)
    in_hours = (hour >= profile.first_hour) & (hour < profile.end_hour)
    return _is_peak_day(market_day(start, zone), profile) & in_hours


def peak_minutes(start: pl.Expr, end: pl.Expr, zone: str, profile: LoadProfile) -> pl.Expr:
    """How many minutes of a delivery of any length, from one UTC instant to before another, are peak; whole, rounded down.

    Counts days instead of hours, so a delivery of a year costs what one of an hour does. Null as in `is_peak`, and where the
    delivery ends before it starts. The off-peak minutes are the delivery's others.
    """
    is_forward = end >= start
    if not profile.has_peak:
        return pl.when(is_forward).then(pl.lit(0, pl.Int64))
    days = pl.business_day_count(
        market_day(start, zone),
        market_day(end, zone),
        week_mask=[day in profile.weekdays for day in sorted(_EVERY_DAY)],
        holidays=_listed(profile),
    ).cast(pl.Int64)
    whole_days = days * ((profile.end_hour - profile.first_hour) * _MINUTES_PER_HOUR)
    within = _peak_minutes_before(end, zone, profile) - _peak_minutes_before(start, zone, profile)
    return pl.when(is_forward).then(whole_days + within)


def load_type(start: pl.Expr, end: pl.Expr, zone: str, profile: LoadProfile) -> pl.Expr:
    """One of `LOAD_TYPES` for a delivery of any length; null as in `peak_minutes`, and for a delivery without length."""
    if not profile.has_peak:
        return pl.when(end > start).then(pl.lit("base"))
    minutes = pl.when(end > start).then((end - start).dt.total_microseconds() // _MICROSECONDS_PER_MINUTE)
    # none of the minutes gives -1, some give 0, all give 1; so the peak minutes are worked out once and not three times
    share = (peak_minutes(start, end, zone, profile) * 2 - 1) // (pl.when(minutes > 0).then(minutes) * 2 - 1)
    return share.replace_strict({-1: "off_peak", 0: "base", 1: "peak"}, default=None, return_dtype=pl.String)


def peak_quantity(quantity: pl.Expr, start: pl.Expr, end: pl.Expr, peak: pl.Expr) -> pl.Expr:
    """The peak part of a quantity (decimal(18,6)) that flows evenly over a delivery of which `peak` minutes are peak.

    Rounded half even to six decimals, as `numbers.EXACT`; what is left of the quantity is its off-peak part, so that the two
    add up exactly. Null where an input is, or the delivery has no length.
    """
    minutes = (end - start).dt.total_microseconds() // _MICROSECONDS_PER_MINUTE
    length = pl.when(minutes > 0).then(minutes).cast(pl.Int128)
    units = quantity.cast(pl.Decimal(38, 6)).to_physical() * peak.cast(pl.Int128)
    return numbers.scaled(numbers.divided_half_even(units, length), 6)


def _peak_minutes_before(instant: pl.Expr, zone: str, profile: LoadProfile) -> pl.Expr:
    """How many peak minutes of its market day lie before the instant; null where holidays are not known."""
    local = instant.dt.convert_time_zone(zone)
    minute = local.dt.hour().cast(pl.Int64) * _MINUTES_PER_HOUR + local.dt.minute()
    first, end = profile.first_hour * _MINUTES_PER_HOUR, profile.end_hour * _MINUTES_PER_HOUR
    return _is_peak_day(local.dt.date(), profile).cast(pl.Int64) * (minute.clip(first, end) - first)


def _is_peak_day(day: pl.Expr, profile: LoadProfile) -> pl.Expr:
    """Whether the market day has peak hours; null where it is beyond the years whose holidays are looked up."""
    is_weekday = day.dt.weekday().is_in(sorted(profile.weekdays))
    if profile.holidays is Holidays.NONE:
        return is_weekday
    known = day.is_between(date(HOLIDAY_YEARS.start, 1, 1), date(HOLIDAY_YEARS.stop - 1, 12, 31))
    return pl.when(known).then(is_weekday & ~day.is_in(_listed(profile)))


def _listed(profile: LoadProfile) -> tuple[date, ...]:
    return nerc_holidays() if profile.holidays is Holidays.NERC else ()
