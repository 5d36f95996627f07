"""Stamps: local text to UTC instants, with the clock change taken seriously.

A naive stamp is read in the market's zone. The hour that the spring change skips does not exist there, and the hour
that the autumn change repeats exists twice; both are found here and decided by rules, never by a guess.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial

import polars as pl

from contracts.source import FieldMapping, Marks, RepeatedHour

__all__ = ["AMBIGUOUS", "NAIVE", "delivery_periods", "local_date", "period_minutes", "plain_periods"]

NAIVE = "_naive"
"""The stamp as it was written, without a zone; null where the text is no stamp."""
AMBIGUOUS = "_ambiguous"
"""Whether the stamp occurs twice and the source has no rule for it."""
_INSTANT = "_instant"
_STAMP = "_stamp"

_MINUTES = {"m": 1, "h": 60, "d": 1440}
_FIRST_DAY, _FIRST_DAY_BEYOND = date(1900, 1, 1), date(2200, 1, 1)
"""`%Y` also reads `24` as the year 24 and `+12024` as the year 12024; no contract and no delivery lies in either."""
_EPOCH = date(1970, 1, 1)
_DAY = 86_400_000_000
_FIRST_STEADY, _END_OF_STEADY = date(2000, 1, 1), date(2060, 1, 1)
_TIME_OF_DAY = re.compile("%-?[HIklTRrXMSp]")


@dataclass(frozen=True)
class _Period:
    """A delivery period's length, such as `5m` or `1y`: `count` times `unit`."""

    count: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> "_Period":
        match = re.fullmatch(r"([1-9][0-9]*)(m|h|d|mo|y)", text)
        if match is None:
            raise ValueError(f"period {text!r} is no length of time; allowed are 5m, 1h, 1d, 1mo, 1y and the like")
        return cls(int(match[1]), match[2])


def period_minutes(period: str) -> int | None:
    """The period's length in minutes; null for months and years, which have no fixed one, and for days.

    A day is 23 or 25 hours long where clocks change, so it has no fixed length either.
    """
    parsed = _Period.parse(period)
    return parsed.count * _MINUTES[parsed.unit] if parsed.unit in {"m", "h"} else None


def delivery_periods(
    frame: pl.LazyFrame, text: str, mapping: FieldMapping, zone: str, repeated_hour: RepeatedHour
) -> pl.LazyFrame:
    """Adds `delivery_start`, `delivery_end` (UTC), `date` (the market day) and the helpers `NAIVE` and `AMBIGUOUS`.

    `text` names the column with the cleaned stamp. All are null where the stamp is null, unreadable, skipped by the clock,
    or repeated without a rule.
    """
    frame = _with_naive(frame, text, mapping)
    choice = "null" if repeated_hour is RepeatedHour.REJECT else str(repeated_hour)
    zoned = pl.col(NAIVE).dt.replace_time_zone(zone, ambiguous=choice, non_existent="null")  # type: ignore[arg-type]
    frame = frame.with_columns(zoned.alias(_INSTANT))
    unresolved = pl.when(pl.col(_INSTANT).is_null()).then(pl.col(NAIVE))
    twice = unresolved.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").is_not_null()
    period = _Period.parse(mapping.period)
    if mapping.marks is Marks.START:
        start, end = pl.col(_INSTANT), _moved(pl.col(_INSTANT), period, 1)
        day: pl.Expr = pl.when(pl.col(_INSTANT).is_not_null()).then(pl.col(NAIVE).dt.date())
    else:
        start, end = _moved(pl.col(_INSTANT), period, -1), pl.col(_INSTANT)
        day = start.dt.date()
    return frame.with_columns(
        twice.alias(AMBIGUOUS),
        start.dt.convert_time_zone("UTC").alias("delivery_start"),
        end.dt.convert_time_zone("UTC").alias("delivery_end"),
        day.alias("date"),
    ).drop(_INSTANT)


def plain_periods(text: str, mapping: FieldMapping, zone: str) -> list[pl.Expr] | None:
    """`NAIVE` and, to be added after it one by one, `delivery_start`, `delivery_end`, `date`: what `delivery_periods` gives.

    Only for stamps in the first format on days without a clock change; of all others the start is null. It takes a tenth of
    the time. `text` names a column with the stamp as delivered. Null where the mapping's marks or period need the calendar.
    """
    period = _Period.parse(mapping.period)
    if mapping.marks is not Marks.START or period.unit not in {"m", "h"}:
        return None
    naive = pl.when(~pl.col(text).str.ends_with(":60")).then(_read(pl.col(text), mapping.formats[0]))
    instant = pl.col(NAIVE).map_batches(
        partial(_instants, zone), return_dtype=pl.Datetime("us", "UTC"), is_elementwise=True
    )
    return [
        naive.alias(NAIVE),
        instant.alias("delivery_start"),
        _moved(pl.col("delivery_start"), period, 1).alias("delivery_end"),
        pl.col(NAIVE).dt.date().alias("date"),
    ]


def _instants(zone: str, naive: pl.Series) -> pl.Series:
    """The instants of naive stamps by the table of days, a tenth of the work of asking the zone; null where the table has null."""
    units = naive.to_physical()
    day = (units // _DAY - (_FIRST_STEADY - _EPOCH).days).cast(pl.UInt32, strict=False)
    return (units - _steady_offsets(zone).gather(day, null_on_oob=True)).cast(pl.Datetime("us", "UTC"))


@lru_cache
def _steady_offsets(zone: str) -> pl.Series:
    """How far ahead of UTC the zone's clocks are on each day from `_FIRST_STEADY` on, in microseconds; null where they change.

    Looked up four times a day: clocks that are the same before and after six hours were not changed in between.
    """
    stamps = pl.datetime_range(_FIRST_STEADY, _END_OF_STEADY, "6h", time_unit="us", eager=True)
    instants = stamps.dt.replace_time_zone(zone, ambiguous="null", non_existent="null")
    ahead = stamps.to_physical() - instants.to_physical()
    stays = (ahead == ahead.shift(-1)).fill_null(value=False)
    days = pl.DataFrame({"day": stamps.dt.date(), "ahead": ahead, "stays": stays}).group_by("day", maintain_order=True)
    return days.agg(pl.when(pl.col("stays").all()).then(pl.col("ahead").first()))["ahead"]


def local_date(text: pl.Expr, formats: tuple[str, ...]) -> pl.Expr:
    """The text as a calendar day of 1900 to 2199 in the first format that fits; null where none does."""
    return pl.coalesce(*(_sane(text.str.to_date(form, strict=False, exact=True)) for form in formats))


def _with_naive(frame: pl.LazyFrame, text: str, mapping: FieldMapping) -> pl.LazyFrame:
    """Adds `NAIVE`. Later formats see only what earlier ones left, so the common case pays for one.

    A minute of 61 seconds is refused: read leniently it would name the minute after it. Each step is a column of its own,
    because an expression inside an expression would be evaluated again wherever it stands.
    """
    is_leap_second = pl.col(text).str.ends_with(":60")
    for index, form in enumerate(mapping.formats):
        left = pl.when(pl.col(NAIVE).is_null()).then(pl.col(text)) if index else pl.col(text)
        frame = frame.with_columns(_read(left, form).alias(_STAMP))
        stamp = pl.when(~is_leap_second).then(_sane(pl.col(_STAMP)))
        frame = frame.with_columns((pl.coalesce(NAIVE, stamp) if index else stamp).alias(NAIVE))
    if mapping.marks is Marks.LAST_DAY:
        frame = frame.with_columns(pl.col(NAIVE).dt.truncate("1d").dt.offset_by("1d"))
    return frame.drop(_STAMP)


def _read(text: pl.Expr, form: str) -> pl.Expr:
    """Without the parser's cache: to look a stamp up takes longer than to parse it."""
    if not _TIME_OF_DAY.search(form):
        return text.str.to_date(form, strict=False, exact=True, cache=False).cast(pl.Datetime("us"))
    return text.str.to_datetime(form, strict=False, exact=True, time_unit="us", cache=False)


def _sane(day: pl.Expr) -> pl.Expr:
    return pl.when(day.is_between(pl.lit(_FIRST_DAY), pl.lit(_FIRST_DAY_BEYOND), closed="left")).then(day)


def _moved(instant: pl.Expr, period: _Period, direction: int) -> pl.Expr:
    """The instant moved by the period: minutes and hours on the clock of physics, longer ones on the calendar."""
    count = period.count * direction
    if period.unit in {"m", "h"}:
        return instant + pl.duration(minutes=count * _MINUTES[period.unit])
    return instant.dt.offset_by(f"{count}{period.unit}")
