"""The files of exchange rates and of forward prices, which the standard exporter delivers: one of each a week.

Rates are the central bank's: what one euro was worth, on working days, from a week before the first delivery day on. The
curve is for the hours of the coming week as the market saw them the day before.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random

from lake.generator.dialects import STANDARD
from lake.generator.kinds import Effect, Kind
from lake.generator.market import Weather, delivery_price, hours_of
from lake.generator.party_files import PartyFile, PartyRow

__all__ = ["RATE_KINDS", "curve_files", "fx_files"]

_WEEK = timedelta(days=7)
_MOST_CURVE_DAYS = 28
_MOST_WEEKLY_DAYS, _LONG_FILE = 92, timedelta(days=28)
_WORKING_DAYS = 5
_QUOTES = {"USD": (10_850, 4), "COP": (440_000, 2)}
"""What a euro is worth at first, in units of so many decimals."""
_FX_HEADER = ("date", "base_currency", "quote_currency", "rate")
_CURVE_HEADER = ("as_of", "product", "delivery_start", "price_per_mwh")


def _kind(dataset: str, name: str, reason: str, sentence: str, effect: Effect) -> Kind:
    reasons = (reason,) if reason else ()
    return Kind(name=name, sentence=sentence, effect=effect, reasons=reasons, dataset=dataset, sources=(STANDARD.name,))


_ZERO = _kind("fx_daily", "fx_rate_zero", "rate_zero", "A euro that is worth nothing.", Effect.REJECTED)
_STRANGE = _kind(
    "fx_daily", "fx_currency_unknown", "quote_currency_unknown", "A currency that is gone.", Effect.REJECTED
)
_CORRECTED = _kind(
    "fx_daily", "fx_correction", "", "The rate of a day in a later file, with another value.", Effect.HISTORY
)
_TWICE = _kind(
    "fx_daily", "fx_repeated_key", "", "The rate of a day twice in a file; the later row wins.", Effect.HISTORY
)
_NO_PRICE = _kind("curve", "curve_price_missing", "price_missing", "An hour without a price.", Effect.REJECTED)
_NO_HOUR = _kind("curve", "curve_bad_date", "delivery_time_bad_date", "An hour that is none.", Effect.REJECTED)

RATE_KINDS = (_ZERO, _STRANGE, _CORRECTED, _TWICE, _NO_PRICE, _NO_HOUR)


def fx_files(start: date, days: int, rng: Random, *, is_dirty: bool) -> list[PartyFile]:
    """The files of exchange rates, in order of delivery. Every later file corrects the newest rate of the one before."""
    worth = {quote: units for quote, (units, _) in _QUOTES.items()}
    files: list[PartyFile] = []
    day, end, delivered = start - _WEEK, start + timedelta(days=days), start
    newest: tuple[date, int] | None = None
    while day <= end:
        rows = [_rate(newest[0], "USD", newest[1] + 7, _CORRECTED)] if newest else []
        while day <= min(delivered, end):
            if day.weekday() < _WORKING_DAYS:
                worth = {quote: units + rng.randrange(-60, 61) * units // 10_000 for quote, units in worth.items()}
                rows += [_rate(day, quote, units) for quote, units in worth.items()]
                newest = (day, worth["USD"])
            day += timedelta(days=1)
        if is_dirty and not files:
            rows = [*rows[:3], *_dirty_rates(start - _WEEK), *rows[3:]]
        if newest and not files:
            rows.append(_rate(newest[0], "USD", newest[1] + 3, _TWICE))
        files.append(_file("fx_daily", min(delivered, end), _FX_HEADER, rows))
        delivered += _WEEK if days <= _MOST_WEEKLY_DAYS else _LONG_FILE
    return files


def curve_files(
    start: date, days: int, weather: Mapping[date, Weather], rng: Random, *, is_dirty: bool
) -> list[PartyFile]:
    """The files of forward prices for up to four weeks, in order of delivery. Hours that occur twice on their day have none."""
    files: list[PartyFile] = []
    for first in range(0, min(days, _MOST_CURVE_DAYS), _WEEK.days):
        as_of = start + timedelta(days=first - 1)
        coming = [start + timedelta(days=n) for n in range(first, min(first + _WEEK.days, days))]
        rows = [row for day in coming for row in _prices(as_of, day, weather[day], rng)]
        if is_dirty and not files:
            rows = [*rows[:5], *_dirty_prices(as_of, coming[0]), *rows[5:]]
        files.append(_file("curve", as_of, _CURVE_HEADER, rows))
    return files


def _rate(day: date, quote: str, units: int, kind: Kind | None = None) -> PartyRow:
    text = STANDARD.number(units, _QUOTES[quote][1])
    return PartyRow(line=STANDARD.line([STANDARD.day(day), "EUR", quote, text]), key=f"{day} {quote}", kind=kind)


def _dirty_rates(day: date) -> list[PartyRow]:
    words = ((_ZERO, "GBP", "0.000"), (_STRANGE, "ESP", "166.386"))
    return [
        PartyRow(line=STANDARD.line([STANDARD.day(day), "EUR", quote, rate]), key="", kind=kind)
        for kind, quote, rate in words
    ]


def _prices(as_of: date, day: date, weather: Weather, rng: Random) -> list[PartyRow]:
    rows = []
    for hour in hours_of(day, STANDARD, weather):
        cents = round(delivery_price(hour, "nuclear", 0, "EUR", STANDARD) / 10) + rng.randrange(-300, 301)
        if not hour.is_ambiguous:
            rows.append(_price(as_of, hour.stamp, STANDARD.number(cents, 2)))
    return rows


def _dirty_prices(as_of: date, day: date) -> list[PartyRow]:
    return [
        _price(as_of, f"{day} 05:00:00", STANDARD.nulls[2], _NO_PRICE),
        _price(as_of, f"{day} 24:30:00", "50.00", _NO_HOUR),
    ]


def _price(as_of: date, stamp: str, price: str, kind: Kind | None = None) -> PartyRow:
    line = STANDARD.line([STANDARD.day(as_of), "base", stamp, price])
    return PartyRow(line=line, key="" if kind else f"{as_of} {stamp}", kind=kind)


def _file(dataset: str, day: date, header: Sequence[str], rows: Sequence[PartyRow]) -> PartyFile:
    return PartyFile(
        dataset=dataset,
        source=STANDARD.name,
        ingest_date=day,
        file=f"{STANDARD.name}/{day}/{dataset}.csv",
        header=STANDARD.line(list(header)),
        rows=tuple(rows),
    )
