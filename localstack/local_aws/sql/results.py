"""Answers as Athena gives them: every value a text, the file of results, and what `GetQueryResults` says of the columns.

The texts are those of Athena's engine 3: Java's doubles, milliseconds in timestamps, decimals with all digits of their scale. The
file `<id>.csv.metadata` that Athena writes beside a result is of a format that it does not document; here it is JSON.
"""

import datetime as dt
import json
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from sqlglot import exp

from local_aws.sql.types import digits

__all__ = ["Column", "as_csv", "as_metadata", "column_info", "text"]

Column = tuple[str, exp.DataType]

_NAMES = {
    exp.DType.INT: "integer",
    exp.DType.FLOAT: "float",
    exp.DType.TEXT: "varchar",
    exp.DType.TIMESTAMPTZ: "timestamp with time zone",
    exp.DType.TIMESTAMPNTZ: "timestamp",
    exp.DType.STRUCT: "row",
    exp.DType.BINARY: "varbinary",
    exp.DType.INTERVAL: "interval day to second",
    exp.DType.INT128: "bigint",
}
_PRECISION = {
    "varchar": 2_147_483_647,
    "bigint": 19,
    "integer": 10,
    "smallint": 5,
    "tinyint": 3,
    "double": 17,
    "float": 17,
    "timestamp": 3,
    "timestamp with time zone": 3,
    "varbinary": 1_073_741_824,
}
_PLAIN_DOUBLES = (Decimal("1e-3"), Decimal("1e7"))
"""Between these Java writes a double without an exponent."""


def text(value: Any, kind: exp.DataType) -> str | None:  # noqa: ANN401 - whatever DuckDB gives
    """A value as Athena writes it; None for null."""
    if value is None:
        return None
    write = _WRITERS.get(type(value))
    return write(value, kind) if write else str(value)


def _decimal(value: Decimal, kind: exp.DataType) -> str:
    found = digits(kind)
    return f"{value:.{found[1]}f}" if found else f"{value:f}"


def _list(value: list[Any], kind: exp.DataType) -> str:
    inner = kind.expressions[0] if kind.expressions and isinstance(kind.expressions[0], exp.DataType) else _UNKNOWN
    return "[" + ", ".join(text(part, inner) or "null" for part in value) + "]"


def _map(value: dict[Any, Any], _kind: exp.DataType) -> str:
    return "{" + ", ".join(f"{key}={text(part, _UNKNOWN) or 'null'}" for key, part in value.items()) + "}"


def _interval(value: dt.timedelta, _kind: exp.DataType) -> str:
    seconds = value.seconds
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{value.microseconds // 1000:03d}"
    return f"{value.days} {clock}"


_UNKNOWN = exp.DType.UNKNOWN.into_expr()


def _double(value: float, _kind: exp.DataType) -> str:
    """As `Double.toString` of Java writes it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    exact = Decimal(repr(value))
    if exact == 0 or _PLAIN_DOUBLES[0] <= abs(exact) < _PLAIN_DOUBLES[1]:
        plain = f"{exact:f}"
        return plain if "." in plain else f"{plain}.0"
    sign, figures, _ = exact.normalize().as_tuple()
    rest = "".join(str(figure) for figure in figures[1:]) or "0"
    return f"{'-' if sign else ''}{figures[0]}.{rest}E{exact.adjusted()}"


def _instant(value: dt.datetime, _kind: exp.DataType) -> str:
    written = f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03d}"
    return f"{written} UTC" if value.tzinfo else written


_WRITERS: dict[type, Callable[[Any, exp.DataType], str]] = {
    bool: lambda value, _: "true" if value else "false",
    Decimal: _decimal,
    float: _double,
    dt.datetime: _instant,
    bytes: lambda value, _: " ".join(f"{byte:02x}" for byte in value),
    list: _list,
    dict: _map,
    dt.timedelta: _interval,
}


def as_csv(columns: Sequence[Column], rows: Sequence[Sequence[str | None]]) -> bytes:
    """The file of results: everything in quotes, null as nothing at all, names in the first line."""
    lines = [_line([name for name, _ in columns]), *(_line(row) for row in rows)]
    return "".join(lines).encode()


def _line(cells: Sequence[str | None]) -> str:
    quoted = ("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in cells)
    return ",".join(quoted) + "\n"


def as_metadata(columns: Sequence[Column]) -> bytes:
    """What stands beside the file of results."""
    return json.dumps([column_info(name, kind) for name, kind in columns]).encode()


def column_info(name: str, kind: exp.DataType) -> dict[str, Any]:
    """A column in the words of `GetQueryResults`."""
    written = _NAMES.get(kind.this) if isinstance(kind.this, exp.DType) else None
    named = written or str(getattr(kind.this, "value", kind.this)).lower()
    found = digits(kind) if named == "decimal" else None
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": named,
        "Precision": found[0] if found else _PRECISION.get(named, 0),
        "Scale": found[1] if found else 0,
        "Nullable": "UNKNOWN",
        "CaseSensitive": named == "varchar",
    }
