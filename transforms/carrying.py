"""Day rows carried through their calendar month: every key on each later date, sums of a date 0 where it had no trade.

A position and an exposure are read on any day, not only on those with a trade, and they run over the month, so that a
change of one date redoes the rest of its month and no other. Used by `positions.py` and `exposure.py`.
"""

from collections.abc import Mapping, Sequence

import polars as pl

__all__ = ["carried_through_month"]

_KEY, _DAY, _OWN, _LAST, _FIRST = "_key", "_day", "_own", "_last", "_first"


def carried_through_month(
    days: pl.LazyFrame, key: Sequence[str], sums: Sequence[str], running: Mapping[str, str]
) -> pl.LazyFrame:
    """One row per key and date, from the key's first date within the month over all later dates that the month has.

    `days` has `date`, the columns of `key` (which do not name `date`), `sums` and the number of `trades`, and holds whole
    months; a month's dates are those of any of its keys. Rows without trades are left out of it, so that what this once
    returned may be given again. `running` names the columns to add and which of the sums each adds up from the first of
    the month. Ordered by date and key. Held in memory, because a month is laid out key by date.
    """
    own = days.filter(pl.col("trades") > 0).select(*key, "date", *sums, "trades")
    schema = own.collect_schema()
    schema = pl.Schema({**schema, **{total: schema[name] for total, name in running.items()}})

    def carry(rows: pl.DataFrame) -> pl.DataFrame:
        months = rows.with_columns(pl.col("date").dt.truncate("1mo").alias("_month")).partition_by(
            "_month", as_dict=True, include_key=False
        )
        carried = [_carried(month, list(key), [*sums, "trades"], running) for _, month in sorted(months.items())]
        return pl.concat(carried).select(schema.names()) if carried else schema.to_frame()

    return own.map_batches(
        carry, schema=schema, predicate_pushdown=False, projection_pushdown=False, slice_pushdown=False
    )


def _carried(own: pl.DataFrame, key: list[str], sums: list[str], running: Mapping[str, str]) -> pl.DataFrame:
    """One month, laid out as a table of keys by dates whose cells say which row of `own` is theirs and which the last before.

    Numbers stand for keys and dates meanwhile: joining and sorting the panel by its texts took ten times as long.
    """
    keys = own.select(key).unique().sort(key).with_row_index(_KEY)
    dates = own["date"].unique().sort()
    placed = own.join(keys, on=key, how="left", validate="m:1").with_columns(
        pl.col("date").replace_strict(dates, pl.int_range(dates.len(), dtype=pl.UInt32, eager=True)).alias(_DAY)
    )
    own = _running(placed.sort(_KEY, _DAY), running)
    cells = own.select(pl.col(_KEY) * dates.len() + pl.col(_DAY)).to_series()
    empty = pl.repeat(None, keys.height * dates.len(), dtype=pl.UInt32, eager=True)
    laid = empty.scatter(cells, pl.int_range(own.height, dtype=pl.UInt32, eager=True))
    place = pl.int_range(pl.len(), dtype=pl.UInt32)  # of a cell, in the order of the mart
    panel = (
        pl.LazyFrame({_OWN: laid})
        .with_columns(pl.col(_OWN).forward_fill().alias(_LAST))
        .with_columns((place % keys.height).alias(_KEY), (place // keys.height).alias(_DAY))
        .with_columns(pl.col(_OWN, _LAST).gather(pl.col(_KEY) * dates.len() + pl.col(_DAY)))
        # before the first row of a key the last one is another key's
        .filter(pl.col(_KEY) == pl.lit(own[_KEY]).gather(pl.col(_LAST)))
    ).collect()
    of_own, last = panel[_OWN], panel[_LAST]
    return pl.DataFrame(
        [
            *(keys[name].gather(panel[_KEY]) for name in key),
            dates.gather(panel[_DAY]).alias("date"),
            *(own[name].gather(of_own).fill_null(0) for name in sums),
            *(own[total].gather(last) for total in running),
        ]
    )


def _running(own: pl.DataFrame, running: Mapping[str, str]) -> pl.DataFrame:
    """Adds the running sums of each key to rows that are in its order: those over everything, less what is of other keys."""
    is_first = pl.col(_KEY) != pl.col(_KEY).shift()
    return own.with_columns(pl.col(name).cum_sum().alias(total) for total, name in running.items()).with_columns(
        pl.col(total) - pl.when(is_first.fill_null(True)).then(pl.col(total) - pl.col(name)).forward_fill()
        for total, name in running.items()
    )
