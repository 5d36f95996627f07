"""Columns that need each row's market zone by name, for frames whose zones are only known once they are computed."""

from collections.abc import Callable, Mapping

import polars as pl

from transforms.calendar import of_zone

__all__ = ["with_zoned"]

_ZONE = "market_zone"


def with_zoned(frame: pl.LazyFrame, made: Mapping[str, tuple[Callable[[str], pl.Expr], pl.DataType]]) -> pl.LazyFrame:
    """The frame with a column for each name: what the function makes for the row's `market_zone`, as the type given.

    polars needs a zone's name when it plans and the rows have it when it runs, so the zones that occur are looked up in
    between. That holds the frame in memory: use it on groups, not on trades. Raises what polars raises for a zone that no
    time zone database knows.
    """
    schema = {**frame.collect_schema(), **{name: dtype for name, (_, dtype) in made.items()}}

    def add(rows: pl.DataFrame) -> pl.DataFrame:
        zones = rows[_ZONE].drop_nulls().unique().to_list()
        if not zones:
            return rows.with_columns(pl.lit(None, dtype).alias(name) for name, (_, dtype) in made.items())
        return rows.with_columns(of_zone(make, zones).cast(dtype).alias(name) for name, (make, dtype) in made.items())

    return frame.map_batches(add, projection_pushdown=False, schema=schema)
