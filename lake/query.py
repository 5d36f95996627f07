"""SQL over the folder lake: DuckDB views that show what the ledger says is in it, and nothing else.

Tables are `processed_<dataset>` (every valid version; `processed_<dataset>_superseded` what a later row of the same file
replaced), `quarantine_<dataset>` and `curated_<table>`. Instants are `TIMESTAMP` in UTC, as Athena shows them.
"""

import os
import tempfile
from dataclasses import replace
from pathlib import Path

import duckdb

from contracts import CURATED, DELIVERED, QUARANTINE
from contracts.model import Column, Dataset
from jobs.curated_state import CuratedState
from jobs.file_job import SUPERSEDED
from jobs.ledger import Entry, Ledger
from jobs.publish import curated_file, load_state
from jobs.raw_to_processed import effective
from jobs.zones import Zones
from lake.result import Result

__all__ = ["QueryError", "connect", "run_query"]

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


def connect(zones: Zones) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection with a view for every table of the lake, empty tables included.

    After the views are made the connection can open the files that the books name and no other of this machine. It could
    still write to them: `run_query` is what keeps strangers' SQL from that.
    """
    scratch = Path(tempfile.gettempdir()) / f"energy-lake-query-{os.getpid()}"
    connection = duckdb.connect(config={"temp_directory": str(scratch)})
    entries = effective(Ledger(zones.ledger).entries())
    state = CuratedState.from_json(load_state(zones))
    allowed: list[str] = []
    for name, files, dataset in _tables(zones, entries, state):
        allowed += [_quoted(str(file)) for file in files]
        connection.execute(_view(name, files, dataset))
    connection.execute(f"SET allowed_paths = [{', '.join(allowed)}]")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def run_query(zones: Zones, sql: str) -> Result:
    """The answer to one SELECT. Raises `QueryError` for anything else, and for one that cannot be answered."""
    try:
        with connect(zones) as connection:
            question = _only_select(connection, sql)
            found = connection.sql(question)
            columns = found.columns
            if any(str(kind) == _WITH_ZONE for kind in found.types):
                found = connection.sql(_in_utc(question, [str(kind) for kind in found.types]))
            return Result(columns, found.fetchall())
    except duckdb.Error as error:
        raise QueryError(_explained(error)) from error


def _only_select(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
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


def _tables(zones: Zones, entries: dict[str, Entry], state: CuratedState) -> list[tuple[str, list[Path], Dataset]]:
    """Every table of the lake: name, files, contract."""
    outputs = [output for entry in entries.values() for output in entry.outputs]
    tables = []
    for name, dataset in DELIVERED.items():
        for table, contract in ((name, dataset), (name + SUPERSEDED, replace(dataset, partition=""))):
            paths = [o.path for o in outputs if o.zone == "processed" and o.path.startswith(f"{table}/")]
            tables.append((f"processed_{table}", [zones.processed.local(path) for path in sorted(paths)], contract))
        kept = [o.path for o in outputs if o.zone == "quarantine" and o.path.startswith(f"{name}/")]
        tables.append((f"quarantine_{name}", [zones.quarantine.local(path) for path in sorted(kept)], QUARANTINE[name]))
    for name, dataset in CURATED.items():
        files = [curated_file(zones, path) for path in sorted(state.files.get(name, {}))]
        tables.append((f"curated_{name}", files, dataset))
    return tables


def _view(name: str, files: list[Path], dataset: Dataset) -> str:
    if not files:
        columns = ", ".join(f"NULL::{_type(column)} AS {_identifier(column.name)}" for column in dataset.columns)
        return f"CREATE VIEW {_identifier(name)} AS SELECT {columns} WHERE false"
    columns = ", ".join(_column(column) for column in dataset.columns)
    paths = ", ".join(_quoted(str(file)) for file in files)
    hive = "hive_partitioning = true, hive_types = {'date': DATE}" if dataset.partition else "hive_partitioning = false"
    return f"CREATE VIEW {_identifier(name)} AS SELECT {columns} FROM read_parquet([{paths}], {hive})"  # noqa: S608 - all quoted


def _column(column: Column) -> str:
    name = _identifier(column.name)
    return f"{name} AT TIME ZONE 'UTC' AS {name}" if column.type.name == "instant" else name


def _type(column: Column) -> str:
    if column.type.name == "decimal":
        return f"DECIMAL({column.type.precision},{column.type.scale})"
    return _DUCKDB[column.type.name]


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
