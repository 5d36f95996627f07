"""The market that trades happen in: delivery hours of local days, load, sun, wind, and the prices they make.

Only sums and products of floats, so that every machine draws the same; what is written is whole thousandths of kWh and
millionths of a currency per kWh.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from lake.generator.dialects import Dialect

__all__ = ["Hour", "Weather", "delivery_price", "draw_weather", "hours_of", "output", "skipped_hour"]

_NIGHT_TO_NOON = (0.72, 0.66, 0.62, 0.60, 0.61, 0.68, 0.84, 1.04, 1.18, 1.16, 1.10, 1.06)
_NOON_TO_NIGHT = (1.05, 1.04, 0.98, 0.95, 0.97, 1.04, 1.16, 1.30, 1.36, 1.28, 1.06, 0.86)
_LOAD = (*_NIGHT_TO_NOON, *_NOON_TO_NIGHT)
"""Load of each hour of a working day relative to its mean: a morning peak at 8, an evening peak at 20."""
_DAYLIGHT = (0.08, 0.28, 0.52, 0.74, 0.90, 0.98, 1.0, 0.94, 0.80, 0.58, 0.32, 0.10)
_SUN = (*(0.0,) * 7, *_DAYLIGHT, *(0.0,) * 5)
"""Output of solar plants under a clear sky in each hour, as a share of their capacity."""
_WEEK = (1.0, 1.02, 1.02, 1.01, 0.98, 0.84, 0.74)
"""Load of each weekday relative to a working day, Monday first."""
_ENERGY_PREMIUM = {"solar": -6, "wind": -4, "hydro": 2, "nuclear": 0, "gas": 12, "coal": 9, "biomass": 5}
"""EUR/MWh over spot; the cheap ones sell most when everybody like them does."""
_CURRENCY_PER_COP = {"COP": 1.0, "USD": 1 / 4000, "EUR": 1 / 4400}
_DISPATCHED = {"hydro": 0.62, "nuclear": 0.97, "gas": 0.55, "coal": 0.48, "biomass": 0.7}


@dataclass(frozen=True)
class Weather:
    """A day's clear sky and wind, each a share between 0 and 1."""

    sky: float
    wind: float


@dataclass(frozen=True, slots=True)
class Hour:
    """One delivery hour. `stamp` is its local start as the dialect writes it.

    `is_ambiguous` says that the local day has another hour with the same stamp. `load` is relative to a mean hour,
    `sun` and `wind` are shares of full output.
    """

    day: date
    stamp: str
    is_ambiguous: bool
    load: float
    sun: float
    wind: float


def draw_weather(days: int, rng: Random) -> list[Weather]:
    """The weather of consecutive days; the second day (or the only one) is windy and clear, so that prices fall below zero."""
    wind, drawn = 0.4, []
    for _ in range(days):
        wind = min(1.0, max(0.05, 0.6 * wind + 0.5 * rng.random()))
        drawn.append(Weather(sky=0.3 + 0.7 * rng.random(), wind=wind))
    drawn[min(1, days - 1)] = Weather(sky=1.0, wind=0.95)
    return drawn


def hours_of(day: date, dialect: Dialect, weather: Weather) -> list[Hour]:
    """The 23, 24 or 25 delivery hours of a local day, in order of time."""
    instant = datetime.combine(day, time(), dialect.zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), dialect.zone).astimezone(UTC)
    hours = []
    while instant < end:
        local = instant.astimezone(dialect.zone)
        hours.append(
            Hour(
                day=day,
                stamp=local.strftime(dialect.stamp_format),
                is_ambiguous=local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset(),
                load=_LOAD[local.hour] * _WEEK[day.weekday()],
                sun=_SUN[local.hour] * weather.sky,
                wind=weather.wind,
            )
        )
        instant += timedelta(hours=1)
    return hours


def skipped_hour(day: date, zone: ZoneInfo) -> time | None:
    """The first local hour of the day that the clock change skips; null on all other days."""
    for hour in range(24):
        local = datetime.combine(day, time(hour), zone)
        if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
            return time(hour)
    return None


def output(energy: str, hour: Hour) -> float:
    """The share of its capacity that a plant of that energy type runs at."""
    if energy == "solar":
        return hour.sun
    if energy == "wind":
        return hour.wind
    return min(1.0, _DISPATCHED[energy] * (0.6 + 0.4 * hour.load))


def delivery_price(hour: Hour, energy: str, margin: float, currency: str, dialect: Dialect) -> float:
    """Millionths of `currency` per kWh; `margin` is what is added to spot, in EUR/MWh or, in Colombia, COP/kWh."""
    premium = _ENERGY_PREMIUM[energy]
    if dialect.name == "standard":
        spot = 42 + 62 * (hour.load - 0.6) - 48 * hour.sun - 42 * (hour.wind - 0.3)
        return (spot + premium + margin) * 1000
    cop = 342 + 95 * (hour.load - 0.6) - 18 * hour.sun - 12 * hour.wind + premium + margin
    return max(300.0, cop) * _CURRENCY_PER_COP[currency] * 1_000_000
