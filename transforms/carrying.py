"""Day rows carried through their calendar month: every key on each later date, sums of a date 0 where it had no trade.

A position and an exposure are read on any day, not only on those with a trade, and they run over the month, so that a
change of one date redoes the rest of its month and no other. Used by `positions.py` and `exposure.py`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

__all__ = ["carried_through_month", "opening"]

_KEY = "_key"


def carried_through_month(
    days: pl.LazyFrame, key: Sequence[str], sums: Sequence[str], running: Mapping[str, str]
) -> pl.LazyFrame:
    """One row per key and date, from the key's first date within the month over all later dates that the month has.

    `days` has `date`, the columns of `key` (which do not name `date`), `sums` and the number of `trades`, and holds whole
    months, of which an `opening` may stand for the first dates; a month's dates are those of any of its keys. Rows without
    trades are left out of it, so that what this once returned may be given again. `running` names the columns to add and
    which of the sums each adds up from the first of the month. Ordered by date and key. Held in memory, because keys are
    numbered over a whole month.
    """
    own = days.filter(pl.col("trades") > 0).select(*key, "date", *sums, "trades")
    schema = own.collect_schema()
    schema = pl.Schema({**schema, **{total: schema[name] for total, name in running.items()}})

    def carry(rows: pl.DataFrame) -> pl.DataFrame:
        rows = rows.sort("date", maintain_order=True)
        months = [month for _, month in _runs(rows, rows["date"].dt.truncate("1mo"))]
        carried = [day for month in months for day in _carried(month, list(key), running)]
        return pl.concat(carried).select(schema.names()) if carried else schema.to_frame()

    return own.map_batches(
        carry, schema=schema, predicate_pushdown=False, projection_pushdown=False, slice_pushdown=False
    )


def opening(day: pl.LazyFrame, running: Mapping[str, str]) -> pl.LazyFrame:
    """A date that `carried_through_month` made, as it is given again in the place of all dates of its month up to itself.

    Later dates come out as they do of all of those. The date itself does not, and is to be left out of what comes out.
    """
    totals = [pl.col(total).alias(name) for total, name in running.items()]
    return day.with_columns(*totals, pl.lit(1, pl.Int64).alias("trades"))


def _carried(own: pl.DataFrame, key: list[str], running: Mapping[str, str]) -> Iterator[pl.DataFrame]:
    """The dates of one month, from rows in the order of dates. Each is laid out over all keys of the month, in their order.

    Numbers stand for keys meanwhile: joining and sorting each date by its texts took several times as long.
    """
    keys = own.select(key).unique().sort(key)
    numbered = keys.with_row_index(_KEY)
    numbers = own.select(key).join(numbered, on=key, how="left", maintain_order="left")[_KEY]
    sums = own.drop(key).with_columns(numbers)
    nothing = sums.clear(1).fill_null(0).drop("date", _KEY)
    totals = nothing.select(pl.col(name).alias(total) for total, name in running.items())[[0] * keys.height]
    is_known = pl.repeat(False, keys.height, dtype=pl.Boolean, eager=True)  # whether a key had its first date
    for date, rows in _runs(sums, sums["date"]):
        place = pl.int_range(1, rows.height + 1, dtype=pl.UInt32, eager=True)
        laid = pl.repeat(0, keys.height, dtype=pl.UInt32, eager=True).scatter(rows[_KEY], place)
        day = pl.concat([nothing, rows.select(nothing.columns)], rechunk=True)[laid]
        is_known = is_known | (laid > 0)
        totals = totals.select(pl.col(total) + day[name] for total, name in running.items())
        shown = pl.concat([keys, day, totals], how="horizontal").with_columns(pl.lit(date).alias("date"))
        yield shown.filter(is_known)


def _runs(rows: pl.DataFrame, by: pl.Series) -> Iterator[tuple[Any, pl.DataFrame]]:
    """The rows of each run of one value, cut without a copy."""
    start = 0
    for run in by.rle().to_list():
        yield run["value"], rows.slice(start, run["len"])
        start += run["len"]
