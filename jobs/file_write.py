"""The valid rows of one delivered file, bucket after bucket, to the Parquet files that readers will see.

Rows are held packed (`transforms/packed.py`) and are put in order, given their types and cut by date a few dates at a time: what
is in memory twice is then a few megabytes, and they are the same ones again and again. New memory is dear: the system hands
it out and clears it page by page, which took as long as half of all the work when a whole file was sorted at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from polars import selectors

from contracts.model import Dataset
from contracts.source import Source
from jobs.file_pass import lineage
from jobs.ledger import Output
from jobs.parquet import by_day, write_parquets
from jobs.zones import RawFile
from transforms import lines
from transforms.packed import unpacked
from transforms.split import is_rejected, replaced_records
from transforms.totals import Totals, totals_of

__all__ = ["SUPERSEDED", "Target", "Valid", "write_bucket", "write_superseded", "write_valid"]

SUPERSEDED = "_superseded"
"""Ending of the processed table that keeps what a later row of the same file replaced.

One file a delivery, its dates inside: such rows are few, and a file for each of their dates would be as costly to write as
the ones that count.
"""

_ROWS_AT_ONCE = 100_000
"""Dates are taken together until they have so many rows, which `write_parquets` writes in one plan."""
_MOST = 2**63


@dataclass
class Valid:
    """A file's valid rows as they are written: the sums of those that stay and of those a later row replaced."""

    files: dict[Output, Path] = field(default_factory=dict)
    current: Totals = field(default_factory=Totals)
    replaced: Totals = field(default_factory=Totals)
    keys: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Target:
    """What a file's rows become: columns and order of `contract`, names from `identifier`, below `scratch`."""

    raw: RawFile
    contract: Dataset
    source: Source
    identifier: str
    scratch: Path


def write_valid(buckets: list[pl.LazyFrame], rows: int, target: Target) -> Valid:
    """Writes the valid ones among packed rows: what counts, and beside it what a later row of the file replaced.

    `rows` is how many are valid.
    """
    contract = target.contract
    keys = pl.concat(bucket.filter(~is_rejected(contract, target.source)) for bucket in buckets)
    replaced = replaced_records(keys, contract, rows)
    valid = Valid()
    earlier = [write_bucket(bucket.collect(), replaced, target, valid) for bucket in buckets]
    write_superseded(pl.concat(earlier), target, valid)
    return valid


def write_bucket(rows: pl.DataFrame, replaced: pl.DataFrame, target: Target, valid: Valid) -> pl.DataFrame:
    """Writes the rows of a bucket that count, each date to its file, and gives those in `replaced`, packed as they came."""
    contract = target.contract
    is_valid = ~is_rejected(contract, target.source)
    earlier = rows.clear()
    if not replaced.is_empty():
        is_earlier = pl.col(lines.RECORD).is_in(replaced[lines.RECORD].implode())
        earlier = rows.filter(is_valid & is_earlier)
        is_valid &= ~is_earlier
    for part in _in_order(rows, is_valid, contract.partition):
        _write(part, contract.partition, target.raw.dataset, target, valid)
    return earlier


def write_superseded(earlier: pl.DataFrame, target: Target, valid: Valid) -> None:
    """Writes the replaced rows of all buckets to one file."""
    current, valid.current = valid.current, Totals()
    if not earlier.is_empty():
        _write(earlier.sort(lines.RECORD), "", target.raw.dataset + SUPERSEDED, target, valid)
    valid.current, valid.replaced = current, valid.current


def _in_order(rows: pl.DataFrame, chosen: pl.Expr, cut_by: str) -> Iterator[pl.DataFrame]:
    """The chosen rows date after date, each in the order of the delivered file, as many whole dates at once as are few rows."""
    rows = rows.rechunk()
    if not cut_by:
        yield rows.filter(chosen).sort(lines.RECORD)
        return
    at, days = _order(rows, chosen, cut_by)
    rows = _dense(rows, chosen)
    start = end = 0
    for run in days.rle().struct.field("len"):
        end += run
        if end - start >= _ROWS_AT_ONCE:
            yield rows[at.slice(start, end - start)]
            start = end
    if end > start:
        yield rows[at.slice(start, end - start)]


def _order(rows: pl.DataFrame, chosen: pl.Expr, cut_by: str) -> tuple[pl.Series, pl.Series]:
    """Where the chosen rows stand, in the order of dates and records, and a number for each one's date.

    Date, record and place are sorted as one number, of 64 bits where their product fits: in less than half the time of a frame.
    """
    days, records = pl.col(cut_by).to_physical().cast(pl.Int64), pl.col(lines.RECORD).cast(pl.Int64)
    keys = rows.select(days.alias("day"), records.alias("record"), chosen.alias("chosen"), at=pl.int_range(pl.len()))
    keys = keys.filter("chosen")
    if keys.is_empty():
        return keys["at"], keys["day"]
    day, record, at = pl.col("day") - keys["day"].min(), pl.col("record") - keys["record"].min(), pl.col("at")
    span = keys.select(record.max() + 1).item()
    number = pl.Int64 if keys.select(day.max() + 1).item() * span * rows.height < _MOST else pl.Int128
    order = keys.select((day.cast(number) * span + record) * rows.height + at).to_series().sort()
    return (order % rows.height).cast(pl.UInt32), order // (span * rows.height)


def _dense(rows: pl.DataFrame, chosen: pl.Expr) -> pl.DataFrame:
    """The rows with something in place of nulls that none of the chosen has.

    Numbers and times are gathered at a fifth of the speed from a column with nulls, and nearly all nulls are in rejected rows.
    """
    names = [name for name in rows.columns if rows[name].null_count()]
    fixed = rows.select(selectors.by_name(names) & (selectors.numeric() | selectors.temporal()))
    if fixed.is_empty():
        return rows
    remain = rows.select((pl.col(fixed.columns).is_null() & chosen).any()).row(0)
    filled = [name for name, stays in zip(fixed.columns, remain, strict=True) if not stays]
    return rows.with_columns(pl.col(name).fill_null(pl.lit(0).cast(rows.schema[name])) for name in filled)


def _write(part: pl.DataFrame, cut_by: str, table: str, target: Target, valid: Valid) -> None:
    """One Parquet file a value of `cut_by`, or one in all where that is empty, of packed rows in the order they have there."""
    columns = list(target.contract.column_names)
    rows = part.lazy().select(*unpacked(target.contract), *lineage(target.raw)).select(columns).collect()
    days = by_day(rows, cut_by, keep=False) if cut_by else [("", rows)]
    frames = {}
    for day, of_day in days:
        folder = f"{table}/date={day}" if day else table
        file = target.scratch / "out" / f"{table}{day}.parquet"
        valid.files[Output("processed", f"{folder}/{target.identifier}.parquet", of_day.height, day)] = file
        frames[file] = of_day
    write_parquets(frames, lists_are_fixed=True)
    valid.current += totals_of(rows, target.contract)
    valid.keys = _widened(valid.keys, rows[target.contract.key[0]])


def _widened(keys: tuple[str, str], found: pl.Series) -> tuple[str, str]:
    if found.is_empty():
        return keys
    first, last = str(found.min()), str(found.max())
    return min(keys[0] or first, first), max(keys[1], last)
