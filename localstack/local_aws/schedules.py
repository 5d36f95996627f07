"""When a schedule is due: EventBridge's `cron(minute hour day month weekday year)` and `rate(number unit)`, in UTC.

Everything of AWS's syntax but `W` (EventBridge user guide, "Cron expressions"). Proves nothing about the seconds that AWS
lets pass after the minute.
"""

import calendar
import logging
import re
import weakref
from datetime import datetime, timedelta

__all__ = ["Diary", "ScheduleError", "is_due"]

_LOG = logging.getLogger(__name__)

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_YEARS = (1970, 2199)


class ScheduleError(ValueError):
    """A schedule is not in AWS's syntax, or asks for what is not emulated."""


class Diary:
    """Remembers since when things have been on a schedule and when they were last asked about: each is due once a minute."""

    def __init__(self) -> None:
        self._seen: weakref.WeakKeyDictionary[object, tuple[datetime, datetime]] = weakref.WeakKeyDictionary()

    def is_due(self, owner: object, expression: str, now: datetime) -> bool:
        """Whether a thing's schedule is due in this minute. What was never asked about before begins with the next one."""
        minute = now.replace(second=0, microsecond=0)
        since, asked = self._seen.setdefault(owner, (minute, minute))
        if minute <= asked:
            return False
        self._seen[owner] = (since, minute)
        try:
            return is_due(expression, minute, since)
        except ScheduleError:
            _LOG.exception("a schedule that AWS may know is not kept here")
            return False


def is_due(expression: str, minute: datetime, since: datetime) -> bool:
    """Whether a schedule is due in a minute.

    Args:
        expression: `cron(...)` or `rate(...)`.
        minute: The minute asked about, in UTC, without seconds.
        since: When the schedule was made; a rate counts from there.

    Raises:
        ScheduleError: The expression cannot be read.
    """
    rate = _RATE.fullmatch(expression)
    if rate:
        passed = minute - since.replace(second=0, microsecond=0)
        return passed > timedelta() and passed % timedelta(**{f"{rate[2]}s": int(rate[1])}) == timedelta()
    cron = _CRON.fullmatch(expression)
    if not cron:
        raise ScheduleError(
            f"{expression!r} is no schedule: write cron(minute hour day month weekday year) or rate(5 minutes)"
        )
    return _matches(cron.groups(), minute)


def _matches(fields: tuple[str, ...], minute: datetime) -> bool:
    minutes, hours, days, months, weekdays, years = fields
    met = [  # all of them, so that one that cannot be read is said whatever the others are
        minute.minute in _values(minutes, 0, 59),
        minute.hour in _values(hours, 0, 23),
        minute.month in _values(_numbered(months, _MONTHS), 1, 12),
        minute.year in _values(years, *_YEARS),
        _is_day(days, minute),
        _is_weekday(_numbered(weekdays, _WEEKDAYS), minute),
    ]
    return all(met)


def _is_day(field: str, minute: datetime) -> bool:
    """`?` leaves it to the weekday; `L` is the month's last day."""
    if field == "?":
        return True
    last = calendar.monthrange(minute.year, minute.month)[1]
    return minute.day in _values(str(last) if field == "L" else field, 1, 31)


def _is_weekday(field: str, minute: datetime) -> bool:
    """1 is Sunday; `5L` is the month's last Thursday, `3#2` its second Tuesday, `L` alone Saturday."""
    if field == "?":
        return True
    weekday = minute.isoweekday() % 7 + 1
    last = re.fullmatch(r"([1-7])L", field)
    if last:
        return weekday == int(last[1]) and minute.day + 7 > calendar.monthrange(minute.year, minute.month)[1]
    nth = re.fullmatch(r"([1-7])#([1-5])", field)
    if nth:
        return weekday == int(nth[1]) and (minute.day + 6) // 7 == int(nth[2])
    return weekday in _values("7" if field == "L" else field, 1, 7)


def _numbered(field: str, names: tuple[str, ...]) -> str:
    for number, name in enumerate(names, 1):
        field = re.sub(name, str(number), field, flags=re.IGNORECASE)
    return field


def _values(field: str, low: int, high: int) -> set[int]:
    """The numbers that a field of a cron expression names: `*`, lists, ranges and steps."""
    found: set[int] = set()
    for part in field.split(","):
        match = re.fullmatch(r"(?:\*|(\d+)(?:-(\d+))?)(?:/(\d+))?", part)
        if not match:
            raise ScheduleError(f"{part!r} of {field!r} cannot be read in a cron expression, or is not emulated")
        first = int(match[1]) if match[1] else low
        open_end = match[1] is None or (match[3] and not match[2])
        until = high if open_end else int(match[2] or first)
        if not low <= first <= until <= high:
            raise ScheduleError(f"{part!r} of {field!r} is outside {low} to {high}")
        found.update(range(first, until + 1, int(match[3] or 1)))
    return found
