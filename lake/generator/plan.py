"""Which files of transactions there will be, when they are delivered, and how many rows of what each holds.

Every count is decided here, so that the files together have exactly the rows that were asked for. What the rows are is
drawn later, file by file in order of delivery (`exporter.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from lake.generator.dialects import ESTANDAR, STANDARD, Dialect

__all__ = ["FilePlan", "plan_files", "split_rows"]

_RETURNING = 0.03
_REPEATED = 0.004
_LATE = 0.06
_LATE_AFTER = timedelta(days=4)
_CORRECTIONS_EVERY = 3
_WHOLE_FILE_LATE = 5
"""Which of every fourteen files comes late as a whole."""
_WEEK = (1.0, 1.0, 1.0, 1.0, 1.0, 0.85, 0.75)
_ENDINGS = {STANDARD.name: ("", ".gz", "", "", ".zst", "", ""), ESTANDAR.name: (".zst", "", "", ".gz", "", "", "")}
"""What every seventh file is compressed as, by its number within the source."""
_MOST_FILES = ((92, 1), (730, 7))
"""Up to so many days, so many days share a file; beyond, thirty."""


@dataclass(frozen=True, kw_only=True)
class FilePlan:
    """One file of transactions to be.

    `fresh` rows are delivered for the first time, `repeated` ones stand a second time in this file, `again` ones were
    delivered before, in files whose `returns` say on which later ingest dates some of their trades come again.
    `dirty` is how many rows shall be spoiled, where that many fit.
    """

    source: str
    ingest_date: date
    file: str
    days: tuple[date, ...] = ()
    fresh: int = 0
    repeated: int = 0
    again: int = 0
    dirty: int = 0
    returns: tuple[date, ...] = ()
    is_late: bool = False
    has_bom: bool = False
    line_end: str = "\n"

    @property
    def rows(self) -> int:
        """Records in the file, without its header."""
        return self.fresh + self.repeated + self.again


def split_rows(rows: int) -> dict[str, int]:
    """How many of all rows each source delivers; the standard one gets the odd row."""
    spanish = int(rows * ESTANDAR.share)
    return {STANDARD.name: rows - spanish, ESTANDAR.name: spanish}


def plan_files(dialect: Dialect, start: date, days: int, rows: int, dirt: float) -> list[FilePlan]:
    """The files of one source, in order of delivery; together they have exactly `rows` rows, and each has at least one."""
    chunks = _chunks(start, days)
    counts = _shares(rows, [sum(_WEEK[day.weekday()] for day in chunk) for chunk in chunks])
    returning = [min(share, count // 3) for share, count in zip(_spread(counts, _RETURNING), counts, strict=True)]
    repeated = [min(share, count // 9) for share, count in zip(_spread(counts, _REPEATED), counts, strict=True)]
    dates = _correction_dates(chunks)
    files: list[FilePlan] = []
    for number, chunk in enumerate(chunks):
        main = _first_delivery(dialect, number, chunk)
        fresh = counts[number] - returning[number] - repeated[number]
        late = int(fresh * _LATE) if number % 5 == 0 else 0
        targets = _targets(main.ingest_date, dates, returning[number])
        files.append(replace(main, fresh=fresh - late, repeated=repeated[number], returns=targets))
        files.append(_late_rest(dialect, chunk, late))
    files += _correction_files(dialect, [day for plan in files for day in plan.returns])
    files = sorted((plan for plan in files if plan.rows), key=lambda plan: (plan.ingest_date, plan.file))
    dirty = _spread([plan.rows for plan in files], dirt)
    return [replace(plan, dirty=count) for plan, count in zip(files, dirty, strict=True)]


def _chunks(start: date, days: int) -> list[tuple[date, ...]]:
    per_file = next((each for most, each in _MOST_FILES if days <= most), 30)
    every = [start + timedelta(days=index) for index in range(days)]
    return [tuple(every[first : first + per_file]) for first in range(0, days, per_file)]


def _shares(total: int, weights: Sequence[float]) -> list[int]:
    """`total` cut into whole parts by weight; the parts add up to it."""
    whole, passed, shares, given = sum(weights), 0.0, [], 0
    for weight in weights:
        passed += weight
        upto = min(total, round(total * passed / whole))
        shares.append(upto - given)
        given = upto
    shares[-1] += total - given
    return shares


def _spread(counts: Sequence[int], share: float) -> list[int]:
    """That share of each count in whole numbers, with what is rounded off carried over to the next."""
    seen, parts, given = 0, [], 0
    for count in counts:
        seen += count
        upto = int(seen * share + 1e-9)
        parts.append(min(count, upto - given))
        given = upto
    return parts


def _correction_dates(chunks: Sequence[tuple[date, ...]]) -> list[date]:
    """Ingest dates of corrections; two of them lie after the last file of first deliveries."""
    first, last = chunks[0][-1] + timedelta(days=2), chunks[-1][-1] + timedelta(days=1) + _LATE_AFTER
    dates = [first]
    while dates[-1] <= last:
        dates.append(dates[-1] + timedelta(days=_CORRECTIONS_EVERY))
    return [*dates, dates[-1] + timedelta(days=_CORRECTIONS_EVERY)]


def _targets(delivered: date, dates: Sequence[date], count: int) -> tuple[date, ...]:
    """When `count` rows come again: all on the next corrections date, every eighth once more on the one after."""
    later = [day for day in dates if day > delivered]
    twice = count // 8
    return (later[0],) * (count - twice) + (later[1],) * twice


def _first_delivery(dialect: Dialect, number: int, days: tuple[date, ...]) -> FilePlan:
    """The file that those days' trades come in, the day after; every fourteenth comes four days late."""
    is_late = number % 14 == _WHOLE_FILE_LATE
    day = days[-1] + timedelta(days=1) + (_LATE_AFTER if is_late else timedelta())
    ending = _ENDINGS[dialect.name][number % 7]
    return FilePlan(
        source=dialect.name,
        ingest_date=day,
        file=f"{dialect.name}/{day}/transactions_{days[0]:%Y%m%d}.csv{ending}",
        days=days,
        is_late=is_late,
        has_bom=dialect is STANDARD and number == 0,
        line_end="\r\n" if dialect is ESTANDAR and number % 3 == 1 else "\n",
    )


def _late_rest(dialect: Dialect, days: tuple[date, ...], rows: int) -> FilePlan:
    """The file of a few more trades of those days that comes late."""
    day = days[-1] + timedelta(days=1) + _LATE_AFTER
    file = f"{dialect.name}/{day}/transactions_{days[0]:%Y%m%d}_late.csv"
    return FilePlan(source=dialect.name, ingest_date=day, file=file, days=days, fresh=rows, is_late=True)


def _correction_files(dialect: Dialect, returns: Sequence[date]) -> list[FilePlan]:
    return [
        FilePlan(
            source=dialect.name,
            ingest_date=day,
            file=f"{dialect.name}/{day}/transactions_corrections.csv",
            again=returns.count(day),
        )
        for day in sorted(set(returns))
    ]
