"""Rows and columns in the words of `GetStatementResult`: numbers that are exact come as texts, as AWS gives them."""

import datetime as dt
from typing import Any

from sqlglot import exp

from local_aws.sql.types import digits

__all__ = ["column_metadata", "record"]

_NAMES = {
    exp.DType.BIGINT: "int8",
    exp.DType.INT: "int4",
    exp.DType.SMALLINT: "int2",
    exp.DType.DECIMAL: "numeric",
    exp.DType.DOUBLE: "float8",
    exp.DType.FLOAT: "float4",
    exp.DType.BOOLEAN: "bool",
    exp.DType.TEXT: "varchar",
    exp.DType.TIMESTAMPTZ: "timestamptz",
}


def column_metadata(name: str, kind: exp.DataType) -> dict[str, Any]:
    """A column; what only a table's column has (its default, its place) is empty for one of an answer."""
    own = kind.this if isinstance(kind.this, exp.DType) else None
    named = _NAMES.get(own) if own else None
    found = digits(kind) or (0, 0)
    return {
        "isCaseSensitive": kind.is_type(*exp.DataType.TEXT_TYPES),
        "isCurrency": False,
        "isSigned": digits(kind) is not None,
        "label": name,
        "length": 0,
        "name": name,
        "nullable": 1,
        "precision": found[0],
        "scale": found[1],
        "schemaName": "",
        "tableName": "",
        "typeName": named or str(getattr(own, "value", kind.this)).lower(),
    }


def record(value: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever DuckDB gives
    """A value as a field."""
    if value is None:
        return {"isNull": True}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int):
        return {"longValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, dt.datetime):
        return {
            "stringValue": f"{value:%Y-%m-%d %H:%M:%S}"
            + (f".{value.microsecond:06d}".rstrip("0") if value.microsecond else "")
        }
    return {"stringValue": str(value)}
