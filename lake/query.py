"""SQL over the folder lake: DuckDB views that show what the ledger says is in it, and nothing else.

Tables are `processed_<dataset>` (every valid version; `processed_<dataset>_superseded` what a later row of the same file
replaced), `quarantine_<dataset>` and `curated_<table>`. Instants are `TIMESTAMP` in UTC, as Athena shows them.
"""

import csv
import io
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from contracts import CURATED, DELIVERED, QUARANTINE
from contracts.model import Column, Dataset
from jobs.curated_state import CuratedState
from jobs.file_job import SUPERSEDED
from jobs.ledger import Entry, Ledger
from jobs.publish import curated_file, load_state
from jobs.raw_to_processed import effective
from jobs.zones import Zones

__all__ = ["Result", "as_csv", "as_json", "connect", "run_query"]

_DUCKDB = {
    "text": "VARCHAR",
    "date": "DATE",
    "instant": "TIMESTAMP",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "texts": "VARCHAR[]",
}


class Result:
    """A query's answer: the columns' names, and the rows as Python values (decimals and dates as themselves)."""

    def __init__(self, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
        self.columns = columns
        self.rows = rows


def connect(zones: Zones) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection with a view for every table of the lake, empty tables included.

    After the views are made the connection can read the lake's own files and nothing else of this machine.
    """
    connection = duckdb.connect()
    entries = effective(Ledger(zones.ledger).entries())
    state = CuratedState.from_json(load_state(zones))
    folders: set[str] = set()
    for name, files, dataset in _tables(zones, entries, state):
        folders |= {str(file.parent) for file in files}
        connection.execute(_view(name, files, dataset))
    allowed = ", ".join(_quoted(folder + "/") for folder in sorted(folders))
    connection.execute(f"SET allowed_directories = [{allowed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def run_query(zones: Zones, sql: str) -> Result:
    """The answer to one SQL statement. Raises `duckdb.Error`, whose text says what is wrong with the statement."""
    with connect(zones) as connection:
        answer = connection.execute(sql)
        columns = [column[0] for column in answer.description or []]
        return Result(columns, answer.fetchall())


def as_csv(result: Result) -> str:
    """The answer as CSV with a header; null is an empty field."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(result.columns)
    writer.writerows(result.rows)
    return out.getvalue()


def as_json(result: Result) -> str:
    """The answer as a JSON array of objects. Decimals are JSON numbers with all their digits; dates and times are text."""
    rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
    text = json.dumps(rows, default=_jsonable, ensure_ascii=False, indent=1)
    return re.sub(r'"\\u0000(-?[0-9]+(?:\.[0-9]+)?)\\u0000"', r"\1", text)


def _jsonable(value: object) -> object:
    """Decimals are marked here and unquoted afterwards, because `json` would only write them as floats."""
    return f"\0{value:f}\0" if isinstance(value, Decimal) else str(value)


def _tables(zones: Zones, entries: dict[str, Entry], state: CuratedState) -> list[tuple[str, list[Path], Dataset]]:
    """Every table of the lake: name, files, contract."""
    outputs = [output for entry in entries.values() for output in entry.outputs]
    tables = []
    for name, dataset in DELIVERED.items():
        for table in (name, name + SUPERSEDED):
            paths = [o.path for o in outputs if o.zone == "processed" and o.path.startswith(f"{table}/")]
            tables.append((f"processed_{table}", [zones.processed.local(path) for path in sorted(paths)], dataset))
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
