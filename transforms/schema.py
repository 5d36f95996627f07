"""A contract as a polars schema: the one place where a contract's type becomes a frame's type."""

import polars as pl

from contracts.model import Column, Dataset

__all__ = ["INSTANT", "dtype_of", "empty_frame", "file_columns", "file_schema", "frame_schema"]

INSTANT = pl.Datetime("us", "UTC")
"""Microseconds, because Spark, Athena and Redshift refuse or truncate nanoseconds."""

_DTYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "date": pl.Date(),
    "instant": INSTANT,
    "integer": pl.Int64(),
    "boolean": pl.Boolean(),
    "texts": pl.List(pl.String()),
}


def dtype_of(column: Column) -> pl.DataType:
    """The polars type that holds the column."""
    if column.type.name == "decimal":
        return pl.Decimal(column.type.precision, column.type.scale)
    return _DTYPES[column.type.name]


def frame_schema(dataset: Dataset) -> pl.Schema:
    """All columns of the dataset in contract order."""
    return pl.Schema({column.name: dtype_of(column) for column in dataset.columns})


def file_columns(dataset: Dataset) -> list[str]:
    """The columns inside a processed Parquet file: all but the partition.

    The partition is the folder's name there. Inside the file as well, a crawler would register it twice and Athena would
    refuse the table.
    """
    return [name for name in dataset.column_names if name != dataset.partition]


def file_schema(dataset: Dataset) -> pl.Schema:
    """`frame_schema` without the partition."""
    schema = frame_schema(dataset)
    return pl.Schema({name: schema[name] for name in file_columns(dataset)})


def empty_frame(dataset: Dataset) -> pl.DataFrame:
    """A frame of the dataset's schema without rows."""
    return pl.DataFrame(schema=frame_schema(dataset))
