"""SQL over the folder lake: DuckDB views that show what the ledger says is in it, and nothing else.

Tables are `processed_<dataset>` (every valid version; `processed_<dataset>_superseded` what a later row of the same file
replaced), `quarantine_<dataset>` and `curated_<table>`. A question in Athena's SQL (`trino.py` translates it) may also name them
as Athena does: `transactions`, or `energy_lake_<stack>_curated.transactions`. Instants are `TIMESTAMP` in UTC, as Athena shows
them.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from contracts import CURATED, DELIVERED, QUARANTINE
from contracts.model import Column, Dataset
from jobs.compacted import not_meant, places
from jobs.curated_state import CuratedState
from jobs.file_job import SUPERSEDED
from jobs.ledger import Entry, Ledger
from jobs.publish import curated_file, load_state
from jobs.raw_to_processed import effective
from jobs.zones import Zones
from lake.result import Result

__all__ = ["DIALECTS", "QueryError", "connect", "run_query"]

DIALECTS = ("trino", "duckdb")
"""What a question may be written in: Athena's SQL, or the folder lake's own."""

_ZONES = ("processed", "quarantine", "curated")
_Files = tuple[list[Path], list[tuple[list[str], list[str]]]]
"""The files of a table, and which rows in which of them are not meant (`compacted.not_meant`)."""
_DATABASE = re.compile(rf"energy_lake_\w+_({'|'.join(_ZONES)})")
"""The databases of any stack; the folder lake answers for all of them."""

_DUCKDB = {
    "text": "VARCHAR",
    "date": "DATE",
    "instant": "TIMESTAMP",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "texts": "VARCHAR[]",
}
_WITH_ZONE = "TIMESTAMP WITH TIME ZONE"


class QueryError(ValueError):
    """A question that cannot be asked. The text says what is wrong with it, and where that helps, what could be asked."""


def connect(zones: Zones, *, for_trino: bool = False) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection with a view for every table of the lake, empty tables included.

    After the views are made the connection can open the files that the books name and no other of this machine. It could
    still write to them: `run_query` is what keeps strangers' SQL from that. With `for_trino` it has each table once more, in a
    schema named as its zone; `curated` is looked in without being named.
    """
    scratch = Path(tempfile.gettempdir()) / f"energy-lake-query-{os.getpid()}"
    connection = duckdb.connect(config={"temp_directory": str(scratch)})
    entries = effective(Ledger(zones.ledger).entries())
    state = CuratedState.from_json(load_state(zones))
    allowed: list[str] = []
    for name, found, dataset in _tables(zones, entries, state):
        files, _ = found
        allowed += [_quoted(str(file)) for file in files]
        connection.execute(_view(name, found, dataset))
    if for_trino:
        _name_as_athena(connection)
    connection.execute(f"SET allowed_paths = [{', '.join(allowed)}]")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def run_query(zones: Zones, sql: str, parameters: Sequence[Any] = (), *, dialect: str = "duckdb") -> Result:
    """The answer to one SELECT, with values for its `?` in order; they are bound and never part of the text.

    Raises `QueryError` for anything else, for one that cannot be answered, and for a dialect that is not in `DIALECTS`.
    """
    if dialect not in DIALECTS:
        raise QueryError(f"{dialect!r} is no dialect; there are {' and '.join(DIALECTS)}")
    in_trino = dialect == "trino"
    words = _in_duckdb(sql) if in_trino else sql
    values = list(parameters)
    try:
        try:
            return _answer(zones, words, values, in_trino=in_trino)
        except (FileNotFoundError, duckdb.IOException):
            # a compaction or a replay may have moved rows between the look where they lie and the reading of them
            return _answer(zones, words, values, in_trino=in_trino)
    except duckdb.Error as error:
        raise QueryError(_explained(error)) from error


def _answer(zones: Zones, words: str, values: list[Any], *, in_trino: bool) -> Result:
    with connect(zones, for_trino=in_trino) as connection:
        if "trino_" in words:
            _prepare(connection)
        question = _only_select(connection, words, len(values))
        found = connection.sql(question, params=values)
        columns = found.columns
        if any(str(kind) == _WITH_ZONE for kind in found.types):
            found = connection.sql(_in_utc(question, [str(kind) for kind in found.types]), params=values)
        return Result(columns, found.fetchall())


def _in_duckdb(sql: str) -> str:
    """A question in Athena's SQL for a connection that is `for_trino`."""
    from lake.trino import (
        TrinoError,
        to_duckdb,
    )  # sqlglot takes a moment to load, which other questions need not wait for

    try:
        return to_duckdb(sql, database=_zone_of)
    except TrinoError as error:
        raise QueryError(str(error)) from error


def _zone_of(database: str) -> str:
    """The schema that stands for a database of Athena. Raises `QueryError` where the lake has none of it."""
    found = _DATABASE.fullmatch(database)
    if found is None:
        raise QueryError(
            f"{database} is no database of the lake; there are energy_lake_<stack>_ followed by {', '.join(_ZONES)}, and "
            f"a table of the curated zone needs none before it"
        )
    return found[1]


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """What a translated question may call; making it takes longer than many questions."""
    from lake.trino_macros import prepare

    prepare(connection)


def _name_as_athena(connection: duckdb.DuckDBPyConnection) -> None:
    for zone in _ZONES:
        connection.execute(f"CREATE SCHEMA {_identifier(zone)}")
    for table in _table_names():
        zone, _, name = table.partition("_")
        made = f"CREATE VIEW {_identifier(zone)}.{_identifier(name)} AS FROM {_identifier(table)}"
        connection.execute(made)
    connection.execute("SET search_path = 'main,curated'")


def _only_select(connection: duckdb.DuckDBPyConnection, sql: str, given: int) -> str:
    """The text of the one statement, which reads. A lake is changed by deliveries and runs, never by a query."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise QueryError(f"one SELECT is expected, there are {len(statements)} statements")
    kind = statements[0].type
    if kind != duckdb.StatementType.SELECT:
        raise QueryError(
            f"{kind.name} is not allowed: a query only reads the lake, so one SELECT is expected (also WITH, FROM, VALUES, "
            f"DESCRIBE, SUMMARIZE, SHOW TABLES)"
        )
    holes = len(statements[0].named_parameters)
    if holes != given:
        raise QueryError(f"the question has {holes} ? and {given} values were given; give one for each, in order")
    return str(statements[0].query)


def _in_utc(question: str, kinds: list[str]) -> str:
    """The question with its zoned instants as UTC without a zone, as all of the lake's are."""
    names = [f"c{index}" for index in range(len(kinds))]
    columns = (
        f"{name} AT TIME ZONE 'UTC'" if kind == _WITH_ZONE else name for name, kind in zip(names, kinds, strict=True)
    )
    text = question.encode()
    ends = [
        at for at, kind in duckdb.tokenize(question) if kind == duckdb.token_type.operator and text[at : at + 1] == b";"
    ]
    inner = text[: ends[0]].decode() if ends else question
    return f"SELECT {', '.join(columns)} FROM ({inner}\n) AS answer({', '.join(names)})"  # noqa: S608 - names are our own


def _explained(error: duckdb.Error) -> str:
    text = str(error)
    if "Division by zero" in text:
        return (
            "Division by zero; NULLIF(…, 0) around the divisor makes the quotient null, so does TRY(…) around the whole"
        )
    if isinstance(error, duckdb.PermissionException):
        return f"{text}\nA query reads the tables of the lake and no other file."
    if isinstance(error, duckdb.CatalogException) and "Table with name" in text:
        return f"{text}\nThe tables are {', '.join(_table_names())}."
    if isinstance(error, duckdb.IOException):
        return f"{text}\nA file of the lake is missing or damaged; `lake status --verify` says which."
    return text


def _table_names() -> list[str]:
    return [
        *(f"curated_{name}" for name in CURATED),
        *(f"processed_{name}{suffix}" for name in DELIVERED for suffix in ("", SUPERSEDED)),
        *(f"quarantine_{name}" for name in QUARANTINE),
    ]


def _tables(zones: Zones, entries: dict[str, Entry], state: CuratedState) -> list[tuple[str, _Files, Dataset]]:
    """Every table of the lake: name, files, contract."""
    outputs = [output for entry in entries.values() for output in entry.outputs]
    tables = []
    for name, dataset in DELIVERED.items():
        for table, contract in ((name, dataset), (name + SUPERSEDED, replace(dataset, partition=""))):
            paths = [o.path for o in outputs if o.zone == "processed" and o.path.startswith(f"{table}/")]
            tables.append((f"processed_{table}", _processed(zones, paths), contract))
        kept = [o.path for o in outputs if o.zone == "quarantine" and o.path.startswith(f"{name}/")]
        tables.append((f"quarantine_{name}", _files(zones, "quarantine", kept), QUARANTINE[name]))
    for name, dataset in CURATED.items():
        tables.append((f"curated_{name}", _files(zones, "curated", state.files.get(name, {})), dataset))
    return tables


def _files(zones: Zones, zone: str, paths: Iterable[str]) -> _Files:
    return [curated_file(zones, path, zone) for path in sorted(paths)], []


def _processed(zones: Zones, paths: Iterable[str]) -> _Files:
    found = places(zones, sorted(paths))
    files = [curated_file(zones, place.path, "processed") for place in found]
    return files, not_meant(found, files)


def _view(name: str, found: _Files, dataset: Dataset) -> str:
    files, strange = found
    if not files:
        columns = ", ".join(f"NULL::{_type(column)} AS {_identifier(column.name)}" for column in dataset.columns)
        return f"CREATE VIEW {_identifier(name)} AS SELECT {columns} WHERE false"
    columns = ", ".join(_column(column) for column in dataset.columns)
    paths = ", ".join(_quoted(str(file)) for file in files)
    hive = "hive_partitioning = true, hive_types = {'date': DATE}" if dataset.partition else "hive_partitioning = false"
    meant = "".join(
        f" AND NOT (filename IN ({_listed(within)}) AND source_file IN ({_listed(strangers)}))"
        for within, strangers in strange
    )
    where = f" WHERE true{meant}" if meant else ""
    return f"CREATE VIEW {_identifier(name)} AS SELECT {columns} FROM read_parquet([{paths}], {hive}){where}"  # noqa: S608 - all quoted


def _column(column: Column) -> str:
    name = _identifier(column.name)
    return f"{name} AT TIME ZONE 'UTC' AS {name}" if column.type.name == "instant" else name


def _type(column: Column) -> str:
    if column.type.name == "decimal":
        return f"DECIMAL({column.type.precision},{column.type.scale})"
    return _DUCKDB[column.type.name]


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _listed(texts: list[str]) -> str:
    return ", ".join(_quoted(text) for text in texts)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
