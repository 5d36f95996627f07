"""One reading of a table by a query: its files brought next to DuckDB, and the SELECT that shows them as the catalog says.

Only registered partitions are read, and of them those that the query's own conditions on partition keys leave. Parquet columns
are found by name, as Athena finds them; the bytes counted are those of the columns read.
"""

import csv
import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from sqlglot import exp

from local_aws.sql import objects
from local_aws.sql.arithmetic import NotSupportedError
from local_aws.sql.catalog import Partition, Table
from local_aws.sql.types import of_hive

__all__ = ["BadDataError", "Files", "Scan", "cells", "identifier", "literal"]

PARQUET = "ParquetHiveSerDe"
OPEN_CSV = "OpenCSVSerde"
LAZY = "LazySimpleSerDe"

_COMPATIBLE = {
    exp.DType.VARCHAR: ("string", "large_string", "string_view", "dictionary"),
    exp.DType.BIGINT: ("int64", "int32", "int16", "int8"),
    exp.DType.INT: ("int32", "int16", "int8"),
    exp.DType.SMALLINT: ("int16", "int8"),
    exp.DType.TINYINT: ("int8",),
    exp.DType.DOUBLE: ("double", "float"),
    exp.DType.FLOAT: ("float",),
    exp.DType.BOOLEAN: ("bool",),
    exp.DType.DATE: ("date32",),
    exp.DType.TIMESTAMP: ("timestamp",),
    exp.DType.DECIMAL: ("decimal", "int32", "int64"),
    exp.DType.ARRAY: ("list", "large_list"),
    exp.DType.BINARY: ("binary", "large_binary"),
}
"""Trino type -> the beginnings of the names of the Parquet types that Athena reads as it."""


class BadDataError(ValueError):
    """Files that are not as the catalog says; the text is the reason as Athena gives it."""


@dataclass(frozen=True)
class _File:
    path: Path
    url: str
    schema: pa.Schema
    bytes_of: dict[str, int]


@dataclass(kw_only=True)
class Files:
    """The objects that queries have read, in a folder of this machine, each brought once.

    Attributes:
        folder: Where they are put.
    """

    folder: Path
    _known: dict[str, _File] = field(default_factory=dict)

    def bring(self, place: objects.Place, table: Table) -> _File:
        """The object as a Parquet file of the folder: as it is, or made of delimited text.

        Raises:
            BadDataError: It is not what the table's class reads.
        """
        key = f"{table.serde} {sorted(table.settings.items())} {place.url}"
        if key not in self._known:
            path = self.folder / f"{len(self._known)}.parquet"
            self._known[key] = _brought(place, table, path)
        return self._known[key]


@dataclass(frozen=True, kw_only=True)
class Scan:
    """A table as one place of a query reads it.

    Attributes:
        table: What is read.
        needed: The columns asked for, in the table's order.
        partitions: The partitions that are read; none for a table that has no keys.
    """

    table: Table
    needed: tuple[str, ...]
    partitions: tuple[Partition, ...] = ()

    def select(self, files: Files) -> tuple[str, int]:
        """The DuckDB query that shows the needed columns, and the bytes that Athena would have scanned for it.

        Raises:
            BadDataError: A file or a partition does not fit the catalog.
            NoSuchObjectError: The bucket is not there.
        """
        self._refuse_other_types()
        brought: list[tuple[_File, Partition | None]] = []
        for partition in self.partitions if self.table.keys else (None,):
            folder = partition.location if partition else self.table.location
            found = objects.listed(objects.place_of(folder))
            brought += [(files.bring(one.place, self.table), partition) for one in found]
        if not brought:
            return self._empty(), 0
        read = [name for name, _ in self.table.columns if name in self.needed]
        scanned = sum(file.bytes_of.get(name, 0) for file, _ in brought for name in read)
        if self.table.serde != PARQUET:
            scanned = sum(file.bytes_of[""] for file, _ in brought)
        return self._over(brought), scanned

    def _empty(self) -> str:
        columns = ", ".join(f"CAST(NULL AS {kind.sql('duckdb')}) AS {identifier(name)}" for name, kind in self._shown())
        return f"SELECT {columns or '1'} WHERE false"

    def _shown(self) -> list[tuple[str, exp.DataType]]:
        return [(name, kind) for name, kind in self.table.all_columns if name in self.needed]

    def _over(self, brought: Sequence[tuple[_File, Partition | None]]) -> str:
        names = {name for name, _ in self.table.columns}
        schemas = [file.schema for file, _ in brought]
        columns = [
            self._column(name, kind, schemas) if name in names else f"k.{identifier(name)}"
            for name, kind in self._shown()
        ]
        paths = ", ".join(literal(str(path)) for path in dict.fromkeys(file.path for file, _ in brought))
        source = f"read_parquet([{paths}], union_by_name = true, hive_partitioning = false, filename = 'aws_file') AS f"
        if self.table.keys:
            source += f" INNER JOIN ({self._values(brought)}) AS k ON f.aws_file = k.aws_file"
        return f"SELECT {', '.join(columns) or '1'} FROM {source}"  # noqa: S608 - every name and value is quoted

    def _values(self, brought: Sequence[tuple[_File, Partition | None]]) -> str:
        keys = self.table.keys
        rows = []
        for file, partition in brought:
            if partition:
                rows.append(f"({literal(str(file.path))}, {cells(partition, self.table)})")
        names = ", ".join(identifier(name) for name, _ in keys)
        return f"SELECT * FROM (VALUES {', '.join(rows)}) AS v(aws_file, {names})"  # noqa: S608 - quoted

    def _column(self, name: str, kind: exp.DataType, schemas: Sequence[pa.Schema]) -> str:
        """A column of the files as its type in the catalog; null where no file has it."""
        quoted, wanted = identifier(name), kind.sql("duckdb")
        found = [schema.field(i).type for schema in schemas for i, n in enumerate(schema.names) if n.lower() == name]
        if not found:
            return f"CAST(NULL AS {wanted}) AS {quoted}"
        if self.table.serde == LAZY:
            return f"TRY_CAST(f.{quoted} AS {wanted}) AS {quoted}"
        value = f"f.{quoted}"
        if kind.is_type(exp.DType.TIMESTAMP) and pa.types.is_timestamp(found[0]):
            value = f"{value} AT TIME ZONE 'UTC'" if found[0].tz else value
            if found[0].unit in {"us", "ns"}:  # Athena's timestamps have milliseconds
                value = f"date_trunc('millisecond', {value} + INTERVAL 500 MICROSECOND)"
        return f"CAST({value} AS {wanted}) AS {quoted}"

    def _refuse_other_types(self) -> None:
        """A partition that was registered with other types than the table has now is refused by Athena."""
        for partition in self.partitions:
            for name, kind in self.table.columns:
                own = partition.types.get(name)
                if own is not None and of_hive(own) != kind:
                    raise BadDataError(
                        f"HIVE_PARTITION_SCHEMA_MISMATCH: There is a mismatch between the table and partition schemas. The "
                        f"column '{name}' in table '{self.table.database}.{self.table.name}' is declared as type "
                        f"'{kind.sql('hive').lower()}', but partition '{'/'.join(partition.values)}' declared it as '{own}'"
                    )


def cells(partition: Partition, table: Table) -> str:
    """The values of a partition's keys as DuckDB reads them, in the order of the keys."""
    return ", ".join(_key(value, kind) for value, (_, kind) in zip(partition.values, table.keys, strict=True))


def _key(value: str, kind: exp.DataType) -> str:
    if value == "__HIVE_DEFAULT_PARTITION__":
        return f"CAST(NULL AS {kind.sql('duckdb')})"
    return f"CAST({literal(value)} AS {kind.sql('duckdb')})"


def _brought(place: objects.Place, table: Table, path: Path) -> _File:
    content = objects.read(place)
    if table.serde == PARQUET:
        path.write_bytes(content)
        return _parquet(path, place, table)
    if table.serde in {OPEN_CSV, LAZY}:
        frame = _delimited(_unpacked(place, content), table)
        pq.write_table(frame, path)
        return _File(path, place.url, frame.schema, {"": len(content)})
    raise NotSupportedError(
        f"files of {table.serde or 'no class'} are not read here, only {PARQUET}, {OPEN_CSV} and {LAZY}: {place.url}"
    )


def _parquet(path: Path, place: objects.Place, table: Table) -> _File:
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise BadDataError(f"HIVE_BAD_DATA: {place.url} is not a valid Parquet File") from error
    with file:
        schema, metadata = file.schema_arrow, file.metadata
    sizes: dict[str, int] = {}
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(index)
            name = chunk.path_in_schema.split(".")[0].lower()
            sizes[name] = sizes.get(name, 0) + chunk.total_compressed_size
    _refuse_other_kinds(schema, place, table)
    return _File(path, place.url, schema, sizes)


def _refuse_other_kinds(schema: pa.Schema, place: objects.Place, table: Table) -> None:
    declared = dict(table.columns)
    for column in schema:
        kind = declared.get(column.name.lower())
        if kind is None or not isinstance(kind.this, exp.DType):
            continue
        if not str(column.type).startswith(_COMPATIBLE.get(kind.this, ("",))):
            raise BadDataError(
                f"HIVE_BAD_DATA: Field {column.name}'s type {column.type} in parquet file {place.url} is incompatible with "
                f"type {kind.sql('trino').lower()} defined in table schema"
            )


def _unpacked(place: objects.Place, content: bytes) -> str:
    """The text of a delimited file; bytes that are no UTF-8 show as Athena shows them, as the replacement character."""
    if place.key.endswith(".gz"):
        content = gzip.decompress(content)
    elif place.key.endswith((".zst", ".zstd")):
        content = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content)).read()
    return content.decode("utf-8", errors="replace")


def _delimited(text: str, table: Table) -> pa.Table:
    """Columns by position, all of them texts; what a line lacks is null, what it has too much is left away."""
    settings: dict[str, Any] = {"delimiter": table.settings.get("field.delim", "\x01"), "quoting": csv.QUOTE_NONE}
    if table.serde == OPEN_CSV:
        settings = {
            "delimiter": table.settings.get("separatorChar", ","),
            "quotechar": table.settings.get("quoteChar", '"'),
            "escapechar": table.settings.get("escapeChar"),
        }
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))  # the whole process's: other readers rely on it
    lines = list(csv.reader(io.StringIO(text, newline=""), **settings))
    rows = [line for line in lines[int(table.settings.get("skip.header.line.count", "0")) :] if line]
    width = len(table.columns)
    filled = [[*line[:width], *[None] * (width - len(line))] for line in rows]
    cells = list(zip(*filled, strict=True)) if filled else [()] * width
    arrays = [pa.array(cells[index], pa.string()) for index in range(width)]
    return pa.table(arrays, names=[name for name, _ in table.columns])


def identifier(name: str) -> str:
    """A name, quoted so that nothing in it can end it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as a string literal of DuckDB."""
    return "'" + text.replace("'", "''") + "'"
