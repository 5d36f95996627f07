"""Athena's statements that write rows: CREATE TABLE AS, INSERT INTO and UNLOAD.

Files are Parquet, named after the execution. Athena writes with the caller's own rights in S3, which are not asked here.
"""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from local_aws import lake_formation
from local_aws.sql import objects, trino
from local_aws.sql.definitions import definition_over, hive_type, words
from local_aws.sql.statements import NO_ROWS, Done, Request, query
from local_aws.sql.types import digits

__all__ = ["STATEMENTS"]

_WITH = r"(?:WITH\s*\((?P<options>.*?)\)\s*)?"
_OPTION = re.compile(r"(\w+)\s*=\s*(?:'([^']*)'|ARRAY\s*\[([^\]]*)\])", re.IGNORECASE)
_ARROW = {
    exp.DType.VARCHAR: pa.string(),
    exp.DType.BIGINT: pa.int64(),
    exp.DType.INT: pa.int32(),
    exp.DType.DOUBLE: pa.float64(),
    exp.DType.BOOLEAN: pa.bool_(),
    exp.DType.DATE: pa.date32(),
    exp.DType.TIMESTAMP: pa.timestamp("ms"),
}

Column = tuple[str, exp.DataType]


def _options(text: str | None) -> dict[str, str | list[str]]:
    """The settings behind WITH: texts, and lists of texts."""
    found: dict[str, str | list[str]] = {}
    for name, value, listed in _OPTION.findall(text or ""):
        found[name.lower()] = re.findall(r"'([^']*)'", listed) if listed else value
    return found


def _create_as(request: Request, found: re.Match[str]) -> Done:
    """CREATE TABLE AS: the rows below the folder of results, or where a workgroup lets the caller choose."""
    database, _, name = found["name"].replace('"', "").lower().rpartition(".")
    database = database or request.database
    catalog = request.reader.catalog
    lake_formation.may_create(request.reader.caller, request.reader.region, database)
    if name in catalog.tables(database):
        if found["exists"]:
            return NO_ROWS
        raise trino.SyntaxRefusedError(
            f"TABLE_ALREADY_EXISTS: line 1:1: Destination table '{database}.{name}' already exists"
        )
    options = _options(found["options"])
    form = str(options.get("format", "PARQUET")).upper()
    if form != "PARQUET":
        raise trino.SyntaxRefusedError(f"NOT_SUPPORTED: format {form}; PARQUET is answered here")
    if options.get("external_location") and request.is_enforced:
        raise trino.SyntaxRefusedError(
            "The Create Table As Select query failed because it was submitted with an 'external_location' property to an "
            "Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
            "'external_location' property and resubmit the query."
        )
    location = str(options.get("external_location") or f"{request.results}/tables/{request.id}/")
    _refuse_full(location)
    done = query(request, found["sql"])
    keys = _keys(done.columns, options.get("partitioned_by") or [])
    rest = [column for column in done.columns if column[0] not in dict(keys)]
    catalog.put_table(
        database,
        name,
        definition_over([(n, hive_type(k)) for n, k in rest], [(n, hive_type(k)) for n, k in keys], location, form),
    )
    for values in _write(done, keys, location, request.id):
        folder = _folder(keys, values)
        catalog.add_partition(catalog.table(database, name), values, f"{location.rstrip('/')}/{folder}")
    return Done(scanned_bytes=done.scanned_bytes)


def _insert(request: Request, found: re.Match[str]) -> Done:
    """INSERT INTO: one more file for every partition that gets rows; partition keys are the last columns."""
    database, _, name = found["name"].replace('"', "").lower().rpartition(".")
    catalog = request.reader.catalog
    table = catalog.table(database or request.database, name)
    lake_formation.may_create(request.reader.caller, request.reader.region, table.database)
    done = query(request, found["sql"])
    wanted = table.all_columns
    if len(wanted) != len(done.columns):
        raise trino.SyntaxRefusedError(
            f"TYPE_MISMATCH: Insert query has mismatched column types: Table has {len(wanted)} columns, "
            f"Query has {len(done.columns)}"
        )
    named = Done(columns=wanted, rows=done.rows, scanned_bytes=done.scanned_bytes)
    for values in _write(named, table.keys, table.location, request.id):
        catalog.add_partition(table, values, f"{table.location.rstrip('/')}/{_folder(table.keys, values)}")
    return Done(scanned_bytes=done.scanned_bytes)


def _unload(request: Request, found: re.Match[str]) -> Done:
    """UNLOAD: the rows of a question as files in a folder that is empty."""
    options = _options(found["options"])
    form = str(options.get("format", "")).upper()
    if form != "PARQUET":
        raise trino.SyntaxRefusedError(f"NOT_SUPPORTED: UNLOAD with format {form or 'none'}; PARQUET is answered here")
    _refuse_full(found["location"])
    done = query(request, found["sql"])
    _write(done, _keys(done.columns, options.get("partitioned_by") or []), found["location"], request.id)
    return Done(scanned_bytes=done.scanned_bytes)


def _refuse_full(location: str) -> None:
    if objects.listed(objects.place_of(location)):
        raise trino.SyntaxRefusedError(
            f"HIVE_PATH_ALREADY_EXISTS: Target directory for table '{location}' already exists and is not empty"
        )


def _keys(columns: Sequence[Column], names: str | Sequence[str]) -> list[Column]:
    wanted = [names] if isinstance(names, str) else list(names)
    last = [name for name, _ in columns[len(columns) - len(wanted) :]]
    if wanted != last:
        raise trino.SyntaxRefusedError(
            f"INVALID_TABLE_PROPERTY: partition keys {', '.join(wanted)} must be the last columns"
        )
    return list(columns[len(columns) - len(wanted) :])


def _write(done: Done, keys: Sequence[Column], location: str, name: str) -> list[tuple[str, ...]]:
    """Writes the rows, a file a partition, and gives the partitions' values."""
    rest = [(place, column) for place, column in enumerate(done.columns) if column[0] not in dict(keys)]
    key_places = [place for place, column in enumerate(done.columns) if column[0] in dict(keys)]
    groups: dict[tuple[str, ...], list[Sequence[Any]]] = {} if keys else {(): []}
    for row in done.rows:
        groups.setdefault(tuple(str(row[place]) for place in key_places), []).append(row)
    for values, rows in groups.items():
        arrays = [pa.array([row[place] for row in rows], _arrow(kind)) for place, (_, kind) in rest]
        buffer = io.BytesIO()
        pq.write_table(pa.table(arrays, names=[column for _, (column, _) in rest]), buffer, compression="snappy")
        folder = objects.place_of(f"{location.rstrip('/')}/{_folder(keys, values)}")
        objects.write(objects.Place(folder.bucket, f"{folder.key}{name}.snappy.parquet"), buffer.getvalue())
    return list(groups) if keys else []


def _folder(keys: Sequence[Column], values: Sequence[str]) -> str:
    return "".join(f"{name}={value}/" for (name, _), value in zip(keys, values, strict=True))


def _arrow(kind: exp.DataType) -> pa.DataType:
    found = digits(kind)
    if kind.is_type(exp.DType.DECIMAL) and found:
        return pa.decimal128(*found)
    known: Mapping[Any, pa.DataType] = _ARROW
    if kind.this not in known:
        raise trino.SyntaxRefusedError(
            f"NOT_SUPPORTED: a column of type {kind.sql('trino').lower()} is not written here"
        )
    return known[kind.this]


STATEMENTS: tuple[tuple[re.Pattern[str], Callable[[Request, re.Match[str]], Done]], ...] = (
    (
        words(rf"CREATE\s+TABLE\s+(?P<exists>IF\s+NOT\s+EXISTS\s+)?(?P<name>[\w.\"]+)\s*{_WITH}AS\s+(?P<sql>.*)"),
        _create_as,
    ),
    (words(r"INSERT\s+INTO\s+(?P<name>[\w.\"]+)\s+(?P<sql>(?:SELECT|WITH|VALUES|\().*)"), _insert),
    (words(rf"UNLOAD\s*\((?P<sql>.*)\)\s*TO\s*'(?P<location>[^']+)'\s*{_WITH}"), _unload),
)
"""A statement's whole text -> what does it."""
