"""The columns of a Parquet object by its footer, with the Hive types that Glue's classifier gives them."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["columns_of"]

_SIMPLE = {
    pa.int8(): "tinyint",
    pa.int16(): "smallint",
    pa.int32(): "int",
    pa.int64(): "bigint",
    pa.uint8(): "smallint",
    pa.uint16(): "int",
    pa.uint32(): "bigint",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.string(): "string",
    pa.large_string(): "string",
    pa.binary(): "binary",
    pa.large_binary(): "binary",
}


def columns_of(tail: bytes) -> list[tuple[str, str]] | None:
    """The names, in lower case, and types of the columns; None where the end of the object is no Parquet footer."""
    try:
        schema = pq.read_schema(pa.BufferReader(tail))
    except pa.ArrowInvalid:
        return None
    return [(column.name.lower(), _hive(column.type)) for column in schema]


def _hive(kind: pa.DataType) -> str:
    """The Hive type that Glue gives a Parquet column; `string` for what it has no type for."""
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    return next((named(kind) for is_one, named in _NESTED if is_one(kind)), "string")


_NESTED: tuple[tuple[Callable[[Any], bool], Callable[[Any], str]], ...] = (
    (pa.types.is_timestamp, lambda _kind: "timestamp"),
    (pa.types.is_decimal, lambda kind: f"decimal({kind.precision},{kind.scale})"),
    (pa.types.is_dictionary, lambda kind: _hive(kind.value_type)),
    (pa.types.is_map, lambda kind: f"map<{_hive(kind.key_type)},{_hive(kind.item_type)}>"),
    (pa.types.is_list, lambda kind: f"array<{_hive(kind.value_type)}>"),
    (pa.types.is_large_list, lambda kind: f"array<{_hive(kind.value_type)}>"),
    (pa.types.is_struct, lambda kind: f"struct<{','.join(f'{part.name}:{_hive(part.type)}' for part in kind)}>"),
)
