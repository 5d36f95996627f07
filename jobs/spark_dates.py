"""Processed-to-curated on Spark: keys on several dates by one shuffle of keys, then a task a batch of dates, then one a month.

Tasks compute and stage what the polars engine computes and stages, and return what a date has now: sums and the names of its
files, whatever its rows. The driver notes it and commits. What it holds grows with dates, with the small datasets, and with
the trades that corrections moved between dates, as it does on one machine.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from contracts import DELIVERED
from jobs.curated_state import Day
from jobs.curated_tables import BY_DATE, compute_batch
from jobs.dimensions import Dimensions
from jobs.ledger import Entry
from jobs.locking import remove_unfinished
from jobs.marts import MONTH_MARTS
from jobs.month_marts import carry_month, limits, rows_of_month
from jobs.moves import HASH, Near, near_files
from jobs.observe import Steps
from jobs.parquet import write_parquet
from jobs.processed_to_curated import Progress, Work, note_days
from jobs.spark_session import spark_session
from jobs.spark_spread import anywhere, batches_of, spread
from jobs.staging import Made, note_dates, stage_files, write_tables
from jobs.zones import Zones
from transforms.schema import empty_frame
from transforms.totals import Totals

__all__ = ["compute_by_spark", "versions_by_spark"]

_TRADES = DELIVERED["transactions"]
_KEYS = {"hash": "long", "day": "int"}
_SIGNED_HASH = HASH.reinterpret(signed=True)
_ROWS_PER_TASK = 2_000_000
"""Keys that a task hashes: some seconds of work, so that starting it does not count."""
_ROWS_PER_SHUFFLED_PART = 4_000_000
"""Hashes and dates that one task of the shuffle compares, 64 MB of them."""
_OF_DAYS = "_staging/_of_days/"
"""In the curated zone: rows that batches made for month marts, on their way to the tasks that carry them."""

Files = dict[str, list[str]]
"""Processed files by date."""
Found = tuple[list[Made], dict[str, Day], int]
"""What a batch became: its staged files, what each date has now, and how many current trades there are."""
Month = tuple[str, list[str], dict[str, dict[str, int]], set[str], dict[str, Totals]]
"""A month: its name, first days of its batches, by mart the dates before and their rows, touched dates, and what each has."""


def versions_by_spark(zones: Zones, ranges: Sequence[tuple[str, str]], entries: Sequence[Entry]) -> pl.DataFrame:
    """What `versions_of_keys` finds: every version of the trades within `ranges` that could lie on several dates."""
    near = near_files(ranges, entries)
    if not near.files:
        return empty_frame(_TRADES)
    zones = anywhere(zones)
    cut = _cut(near)
    hashes = _hashes_on_several_dates(zones, near, cut)
    if not hashes:
        return empty_frame(_TRADES)
    wanted = spark_session().sparkContext.broadcast(hashes)
    return pl.concat(spread(cut, lambda files: _versions(zones, near, files, wanted.value)))


def compute_by_spark(work: Work, progress: Progress, steps: Steps) -> dict[str, int]:
    """Computes, stages and notes every touched date; how many dates of each month mart changed."""
    zones, total = anywhere(work.zones), len(work.touched)
    given = spark_session().sparkContext.broadcast((work.elsewhere, work.dimensions, work.state.reporting_currency))
    if work.batches:
        progress(f"{min(work.touched)} to {max(work.touched)}", 0, total)
    found = spread(work.batches, lambda files: _batch(zones, files, *given.value))
    done = 0
    for files, (made, days_made, rows) in zip(work.batches, found, strict=True):
        days = list(files)
        note_dates(BY_DATE, days, made, work.state, work.publication)
        note_days(days_made, work.state)
        done += len(days)
        steps.done("dates", _TRADES.name, f"{days[0]} to {days[-1]}", dates=len(days), rows=rows)
        progress(f"{days[0]} to {days[-1]}", done, total)
    redone = _carry(work, zones)
    for stored in list(zones.curated.listed(_OF_DAYS)):
        zones.curated.delete(stored.path)
    remove_unfinished(zones)
    return redone


def _cut(near: Near) -> list[Files]:
    """The files, in parts that are a task's work."""
    every = [(day, path) for day, paths in near.files.items() for path in paths]
    size = max(1, len(every) * _ROWS_PER_TASK // max(1, near.rows))
    parts = []
    for start in range(0, len(every), size):
        part: Files = {}
        for day, path in every[start : start + size]:
            part.setdefault(day, []).append(path)
        parts.append(part)
    return parts


def _hashes_on_several_dates(zones: Zones, near: Near, cut: list[Files]) -> list[int]:
    """The only shuffle: hashes of keys and their dates. Spark compares across batches and partitions, so none of them has to."""
    from pyspark.sql import functions

    session = spark_session()
    session.conf.set("spark.sql.shuffle.partitions", str(-(-near.rows // _ROWS_PER_SHUFFLED_PART)))
    rows = session.sparkContext.parallelize([(json.dumps(files),) for files in cut], len(cut))
    schema = ", ".join(f"{name} {kind}" for name, kind in _KEYS.items())
    keys = session.createDataFrame(rows, "files string").mapInArrow(lambda parts: _keys(zones, near, parts), schema)
    ends = keys.groupBy("hash").agg(functions.min("day").alias("first"), functions.max("day").alias("last"))
    return sorted(row[0] for row in ends.where("first <> last").select("hash").collect())


def _keys(zones: Zones, near: Near, parts: Iterable[Any]) -> Iterator[Any]:
    """Runs on a worker: hash and date of every key in the files that the Arrow batches name; a batch may name any number."""
    for part in parts:
        for files in part.column(0).to_pylist():
            found = near.scan(zones, json.loads(files))
            keys = found.select(_SIGNED_HASH.alias("hash"), pl.col("date").to_physical().alias("day")).unique()
            yield from batches_of(keys.collect(engine="streaming"), _KEYS)


def _versions(zones: Zones, near: Near, files: Files, hashes: Sequence[int]) -> pl.DataFrame:
    """Runs on a worker: the versions of the keys with these hashes."""
    wanted = pl.Series(hashes, dtype=pl.Int64)
    return near.scan(zones, files).filter(_SIGNED_HASH.is_in(wanted.implode())).collect(engine="streaming")


def _batch(zones: Zones, files: Files, elsewhere: pl.DataFrame, dimensions: Dimensions, currency: str) -> Found:
    """Runs on a worker: computes a batch and stages its files, those of month marts for the task of their month."""
    with tempfile.TemporaryDirectory(prefix="energy-lake-") as folder:
        batch = compute_batch(zones, files, elsewhere, dimensions, currency)
        made = write_tables(batch.tables, Path(folder))
        stage_files(zones, made)
        for name, frame in batch.of_days.items():
            for month in _months(files):
                target = Path(folder) / "of-days.parquet"
                write_parquet(frame.filter(pl.col("date").dt.strftime("%Y-%m") == month), target)
                zones.curated.take(_of_days(month, name, min(files)), target)
        return made, batch.days, batch.tables[_TRADES.name].height


def _carry(work: Work, zones: Zones) -> dict[str, int]:
    """A task a month: carries its marts and stages their files."""
    state, redone = work.state, dict.fromkeys((mart.contract.name for mart in MONTH_MARTS), 0)
    months = [_month(work, month) for month in sorted({day[:7] for day in work.touched})]
    given = spark_session().sparkContext.broadcast(limits(work.dimensions))
    for month, found in zip(months, spread(months, lambda month: _carried(zones, month, given.value)), strict=True):
        _, _, before, _, trades = month
        for name, made in found.items():
            note_dates([name], {*before[name], *trades}, made, state, work.publication)
            redone[name] += sum(one.file is not None for one in made)
    return redone


def _month(work: Work, month: str) -> Month:
    """What the task of a month has to know."""
    starts = [min(files) for files in work.batches if month in _months(files)]
    names = [mart.contract.name for mart in MONTH_MARTS]
    before = {name: rows_of_month(work.state, name, month) for name in names}
    trades = {day: made.current for day, made in work.state.days.items() if day.startswith(month)}
    return month, starts, before, {day for day in work.touched if day.startswith(month)}, trades


def _carried(zones: Zones, month: Month, credit: pl.DataFrame) -> dict[str, list[Made]]:
    """Runs on a worker."""
    name_of_month, starts, before, touched, trades = month
    made = {}
    with tempfile.TemporaryDirectory(prefix="energy-lake-") as folder:
        for name, days in before.items():
            files = [zones.curated.local(_of_days(name_of_month, name, start)) for start in starts]
            fresh = [pl.read_parquet(file, glob=False, hive_partitioning=False) for file in files]
            made[name] = carry_month(zones, name, fresh, days, touched, trades, credit, Path(folder))
            stage_files(zones, made[name])
    return made


def _months(files: Mapping[str, list[str]]) -> list[str]:
    return sorted({day[:7] for day in files})


def _of_days(month: str, mart: str, start: str) -> str:
    return f"{_OF_DAYS}{month}/{mart}/{start}.parquet"
