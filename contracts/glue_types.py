"""Contracts in the words of the Glue Data Catalog (Hive types), for the components that declare tables.

Plain names and types, so that `components/` needs to know nothing of contracts: `__main__.py` passes them on.
"""

from dataclasses import dataclass

from contracts.model import Column, Dataset

__all__ = ["CatalogColumn", "columns_of", "hive_type", "partition_keys_of"]

_HIVE = {
    "text": "string",
    "date": "date",
    "instant": "timestamp",
    "integer": "bigint",
    "boolean": "boolean",
    "texts": "array<string>",
}


@dataclass(frozen=True)
class CatalogColumn:
    """A column as the catalog wants it: lower-case name, Hive type, comment (at most 255 bytes, Glue's limit), sensitivity."""

    name: str
    type: str
    comment: str
    sensitivity: str


def hive_type(column: Column) -> str:
    """The Hive type Athena and Spectrum read the column's Parquet type as."""
    if column.type.name == "decimal":
        return f"decimal({column.type.precision},{column.type.scale})"
    return _HIVE[column.type.name]


def columns_of(dataset: Dataset) -> list[CatalogColumn]:
    """The table's columns in contract order, without the partition key, which is not in the files."""
    return [_catalog_column(column) for column in dataset.columns if column.name != dataset.partition]


def partition_keys_of(dataset: Dataset) -> list[CatalogColumn]:
    """The partition key, or an empty list for a table in one piece."""
    return [_catalog_column(column) for column in dataset.columns if column.name == dataset.partition]


def _catalog_column(column: Column) -> CatalogColumn:
    comment = f"{column.description} [{column.unit}]" if column.unit else column.description
    return CatalogColumn(
        column.name, hive_type(column), comment.encode()[:255].decode(errors="ignore"), column.sensitivity
    )
