"""Groups of trades by one whole number instead of by several texts and times.

A number is hashed and compared at a tenth of the price of a row of texts. It is made of the places that words have in their
lists (`words.py`) and of the places of days and delivery periods, which are looked up once a batch and shared by all marts.
"""

from collections.abc import Sequence
from math import prod

import polars as pl

__all__ = ["DAY", "GROUP", "group_of", "grouped", "in_order_of", "with_places"]

DAY, PERIOD, GROUP = "_day_place", "_period_place", "_group"
_OF_PERIOD = ("date", "market_zone", "delivery_start", "delivery_end")
_MOST = 2**31
"""What 64 bits hold beside a place of 32."""


def with_places(trades: pl.DataFrame) -> pl.DataFrame:
    """The trades with a number for each day and, where they have its columns, each delivery period of a zone.

    Trades in the order of days and times come in runs of equal ones, so that few of them are looked at.
    """
    placed = trades.with_columns(_place(trades, ("date",)).alias(DAY))
    if set(_OF_PERIOD) <= set(trades.columns):
        placed = placed.with_columns(_place(trades, _OF_PERIOD).alias(PERIOD))
    return placed


def group_of(schema: pl.Schema, key: Sequence[str]) -> list[pl.Expr]:
    """What to group trades of this schema by: one number where they have places and words, else the key as it is.

    The number says of which group of the key a row is, and only together with the same schema. Numbers are in the order of
    the period or the day, then of the other columns as the key names them.
    """
    parts = _parts(schema, key)
    if parts is None:
        return [pl.col(name) for name in key]
    first, sizes = parts
    number = pl.col(first).cast(pl.Int64)
    for name, size in sizes.items():
        number = number * size + pl.col(name).to_physical().cast(pl.Int64).fill_null(size - 1)
    return [number.alias(GROUP)]


def grouped(trades: pl.LazyFrame, key: Sequence[str], *sums: pl.Expr) -> pl.LazyFrame:
    """One row per key with the sums. Where the trades have places it has those that are the row's, too."""
    schema = trades.collect_schema()
    parts = _parts(schema, key)
    if parts is None:
        return trades.group_by(key).agg(*sums)
    first, sizes = parts
    kept = {
        *key,
        *(_OF_PERIOD if first == PERIOD else ()),
        *((first, DAY) if DAY in schema else (first,)),
    } - sizes.keys()
    groups = trades.group_by(group_of(schema, key)).agg(*(pl.col(name).first() for name in sorted(kept)), *sums)
    words: list[pl.Expr] = []
    number = pl.col(GROUP)
    for name, size in reversed(sizes.items()):
        place = number % size
        physical = pl.Series(dtype=schema[name]).to_physical().dtype
        words.append(pl.when(place < size - 1).then(place).cast(physical).cat.to(schema[name]).alias(name))
        number = number // size
    return groups.with_columns(words)


def in_order_of(groups: pl.LazyFrame, key: Sequence[str]) -> pl.LazyFrame:
    """What `grouped` made in the order of the key, which is that of its numbers where it has any."""
    return groups.sort(GROUP if GROUP in groups.collect_schema() else list(key))


def _parts(schema: pl.Schema, key: Sequence[str]) -> tuple[str, dict[str, int]] | None:
    """The column of places that a key's number begins with, and its other columns with one more than they have words."""
    if PERIOD in schema and set(_OF_PERIOD) <= set(key):
        first, rest = PERIOD, [name for name in key if name not in _OF_PERIOD]
    elif DAY in schema and "date" in key:
        first, rest = DAY, [name for name in key if name != "date"]
    else:
        return None
    sizes = {name: len(dtype.categories) + 1 for name in rest if isinstance(dtype := schema[name], pl.Enum)}
    return (first, sizes) if len(sizes) == len(rest) and prod(sizes.values()) < _MOST else None


def _place(trades: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    columns = [pl.col(name) for name in names]
    is_new = pl.any_horizontal(column.ne_missing(column.shift()) for column in columns)
    starts = trades.select(is_new.fill_null(True) | (pl.int_range(pl.len()) == 0)).to_series()
    heads = trades.select(names).filter(starts)
    places = heads.join(
        heads.unique().sort(names).with_row_index("place"),
        on=names,
        how="left",
        maintain_order="left",
        nulls_equal=True,
    )["place"]
    return places.gather(starts.cast(pl.UInt32).cum_sum() - 1)
