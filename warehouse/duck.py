"""DuckDB's words for the contracts: types, texts, and what columns a curated file has.

DuckDB is the warehouse of a lake without AWS (`embedded.py`), and it reads the footers and sums of curated files for either.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from contracts.model import Column, Dataset
from warehouse.plan import LoadError

__all__ = ["columns_of", "duck_type", "text", "text_list"]

_TYPES = {
    "text": "VARCHAR",
    "date": "DATE",
    "instant": "TIMESTAMP",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "texts": "VARCHAR[]",
}
_STORED = {"TIMESTAMP": "TIMESTAMP WITH TIME ZONE"}
"""Parquet says that an instant is UTC; the warehouse's column is UTC by contract."""


def duck_type(column: Column) -> str:
    """The type of the column in the embedded warehouse. An instant is a TIMESTAMP in UTC, as in Redshift."""
    if column.type.name == "decimal":
        return f"DECIMAL({column.type.precision},{column.type.scale})"
    return _TYPES[column.type.name]


def text(value: str) -> str:
    """The value as DuckDB's string literal, in which a backslash is one."""
    return "'" + value.replace("'", "''") + "'"


def text_list(values: Iterable[object]) -> str:
    """The values as a list of literals; Parquet is read by such lists, in which nothing stands for something else."""
    return f"[{', '.join(text(str(value)) for value in values)}]"


def columns_of(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, files: Iterable[Path]
) -> Mapping[Path, tuple[str, ...]]:
    """The columns that each file has, in its order, which is the contract's.

    A file that was written before the contract gained a column that may be null lacks it. Anything else raises `LoadError`:
    COPY goes by position, so a file with other columns would be loaded wrong or not at all.
    """
    by_name = {str(file): file for file in files}
    if not by_name:
        return {}
    question = (
        "SELECT file_name, name, duckdb_type, num_children FROM parquet_schema("  # noqa: S608 - quoted
        f"{text_list(by_name)}) ORDER BY file_name, column_id"
    )
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in by_name}
    nested: dict[str, int] = {}
    for name, column, kind, children in connection.execute(question).fetchall():
        if kind is None:
            continue  # the root
        if nested.get(name):
            nested[name] += (children or 0) - 1
            continue
        nested[name] = children or 0
        found[name].append((column, kind))
    return {by_name[name]: _fitting(dataset, by_name[name], columns) for name, columns in found.items()}


def _fitting(dataset: Dataset, file: Path, columns: list[tuple[str, str]]) -> tuple[str, ...]:
    there = dict(columns)
    expected = [
        (column.name, _STORED.get(duck_type(column), duck_type(column)))
        for column in dataset.columns
        if column.name in there or not column.nullable
    ]
    if columns != expected:
        wrong = next((has for has in columns if has not in expected), None) or next(
            (wants for wants in expected if wants not in columns), ("the order of columns", "another")
        )
        raise LoadError(
            f"{file.name} of {dataset.name} is not what the contract says ({wrong[0]}: {wrong[1]}); nothing was loaded. "
            f"Remove ledger/curated.json and run `lake run`, which makes the curated zone anew"
        )
    return tuple(name for name, _ in columns)
