"""The embedded warehouse's tables, books, comments and views: made from the contracts, in DuckDB's words."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from contracts.model import Dataset
from warehouse.books import BOOKS, LOAD_STATE
from warehouse.duck import duck_type, text
from warehouse.evolution import Live, gained
from warehouse.sql import SCHEMA, identifier, qualified
from warehouse.views import REPORTING, comment_of, create_view, plain, shown, table_comment_of, view_comments

__all__ = ["define", "is_defined"]


def is_defined(connection: duckdb.DuckDBPyConnection, datasets: Mapping[str, Dataset]) -> bool:
    """Whether the file's catalog says what the contracts do: tables, columns, types, comments, views."""
    return _told(connection) == _wanted(datasets)


def define(connection: duckdb.DuckDBPyConnection, datasets: Mapping[str, Dataset], file: Path) -> None:
    """Makes the catalog what the contracts say, inside the caller's transaction.

    Raises `LoadError` where a table that is there cannot follow its contract.
    """
    for schema in (SCHEMA, REPORTING):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {identifier(schema)}")
    for (view,) in _rows(connection, "SELECT view_name FROM duckdb_views() WHERE schema_name = ?", REPORTING):
        connection.execute(f"DROP VIEW {qualified(view, REPORTING)}")
    live = _live(connection)
    for dataset in (*datasets.values(), *BOOKS.values()):
        if dataset.name in live:
            _follow(connection, dataset, live[dataset.name], file)
        else:
            connection.execute(_create_table(dataset))
        _comment(connection, _comments(dataset))
    if not _rows(connection, f"SELECT 1 FROM {qualified(LOAD_STATE.name)}"):  # noqa: S608 - quoted
        connection.execute(f"INSERT INTO {qualified(LOAD_STATE.name)} (load_number) VALUES (0)")  # noqa: S608 - quoted
    for dataset in datasets.values():
        connection.execute(create_view(dataset))
        _comment(connection, view_comments(dataset))


def _create_table(dataset: Dataset) -> str:
    """Without a primary key: DuckDB refuses to delete and insert a key in one transaction. A load checks keys itself."""
    columns = ", ".join(
        f"{identifier(c.name)} {duck_type(c)}{'' if c.nullable else ' NOT NULL'}" for c in dataset.columns
    )
    return f"CREATE TABLE {qualified(dataset.name)} ({columns})"


def _comments(dataset: Dataset) -> Iterable[tuple[str, str]]:
    table = qualified(dataset.name)
    yield f"TABLE {table}", table_comment_of(dataset)
    for column in dataset.columns:
        yield f"COLUMN {table}.{identifier(column.name)}", comment_of(column)


def _comment(connection: duckdb.DuckDBPyConnection, comments: Iterable[tuple[str, str]]) -> None:
    for what, comment in comments:
        connection.execute(f"COMMENT ON {what} IS {text(comment)}")


def _follow(connection: duckdb.DuckDBPyConnection, dataset: Dataset, live: Mapping[str, Live], file: Path) -> None:
    way_out = f"Remove {file} and run `lake load`: the curated zone holds everything that the warehouse does"
    for column in gained(dataset, live, duck_type, way_out):
        added = f"{identifier(column.name)} {duck_type(column)}"
        connection.execute(f"ALTER TABLE {qualified(dataset.name)} ADD COLUMN {added}")


def _live(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Live]]:
    question = "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() WHERE schema_name = ?"
    found: dict[str, dict[str, Live]] = {}
    for table, column, kind, nullable in _rows(connection, question, SCHEMA):
        found.setdefault(table, {})[column] = Live(kind, nullable)
    return found


def _told(connection: duckdb.DuckDBPyConnection) -> set[tuple[Any, ...]]:
    """Every table, view and column of the two schemas, with its type, whether it may be null, and its comment."""
    columns = (
        "SELECT schema_name, table_name, column_name, CASE WHEN schema_name = ? THEN data_type END, "
        "is_nullable, comment FROM duckdb_columns() WHERE schema_name IN (?, ?)"
    )
    tables = "SELECT schema_name, table_name, comment FROM duckdb_tables() WHERE schema_name = ?"
    views = "SELECT schema_name, view_name, comment FROM duckdb_views() WHERE schema_name = ?"
    return {
        *_rows(connection, columns, SCHEMA, SCHEMA, REPORTING),
        *_rows(connection, tables, SCHEMA),
        *_rows(connection, views, REPORTING),
    }


def _wanted(datasets: Mapping[str, Dataset]) -> set[tuple[Any, ...]]:
    """What `_told` says where all is as it should be."""
    wanted: set[tuple[Any, ...]] = set()
    for dataset in (*datasets.values(), *BOOKS.values()):
        wanted.add((SCHEMA, dataset.name, table_comment_of(dataset)))
        wanted |= {(SCHEMA, dataset.name, c.name, duck_type(c), c.nullable, comment_of(c)) for c in dataset.columns}
    for dataset in datasets.values():
        view = plain(dataset.name)
        wanted.add((REPORTING, view, table_comment_of(dataset)))
        wanted |= {(REPORTING, view, plain(c.name), None, True, comment_of(c)) for c in shown(dataset)}
    return wanted


def _rows(connection: duckdb.DuckDBPyConnection, question: str, *given: str) -> list[tuple[Any, ...]]:
    return connection.execute(question, list(given)).fetchall()
