"""Day rows carried through their calendar month: every key on each later date, sums of a date 0 where it had no trade.

A position and an exposure are read on any day, not only on those with a trade, and they run over the month, so that a
change of one date redoes the rest of its month and no other. Used by `positions.py` and `exposure.py`.
"""

from collections.abc import Mapping, Sequence

import polars as pl

__all__ = ["carried_through_month"]

_MONTH, _FIRST = "_month", "_first"


def carried_through_month(
    days: pl.LazyFrame, key: Sequence[str], sums: Sequence[str], running: Mapping[str, str]
) -> pl.LazyFrame:
    """One row per key and date, from the key's first date within the month over all later dates that the month has.

    `days` has `date`, the columns of `key` (which do not name `date`), `sums` and the number of `trades`, and holds whole
    months; a month's dates are those of any of its keys. Rows without trades are left out of it, so that what this once
    returned may be given again. `running` names the columns to add and which of the sums each adds up from the first of
    the month. In no order.
    """
    own = days.filter(pl.col("trades") > 0).select(*key, "date", *sums, "trades")
    month = pl.col("date").dt.truncate("1mo").alias(_MONTH)
    dates = own.select(month, "date").unique()
    firsts = own.group_by(month, *key).agg(pl.col("date").min().alias(_FIRST))
    grid = firsts.join(dates, on=_MONTH).filter(pl.col("date") >= pl.col(_FIRST))
    filled = grid.join(own, on=[*key, "date"], how="left", validate="1:1").with_columns(
        pl.col(*sums, "trades").fill_null(0)
    )
    return filled.sort(*key, "date").with_columns(
        pl.col(name).cum_sum().over(_MONTH, *key).alias(total) for total, name in running.items()
    )
