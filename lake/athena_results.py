"""What Athena answers, as values: decimals, dates and instants as themselves, as rows, as a polars frame or as Arrow.

`GetQueryResults` gives every value as a text beside its column's type, and no text for null. Lists, maps and rows come in a
notation that cannot be read back without guessing, so they stay text here; an answer by UNLOAD (`athena_unload.py`) has them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from lake.result import Result

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

__all__ = ["Kind", "Table", "table_of"]

_LETTERS_OF_A_DAY = 10


@dataclass(frozen=True)
class Kind:
    """A column's name and its Trino type; `precision` and `scale` belong to `decimal` alone."""

    name: str
    type: str
    precision: int = 0
    scale: int = 0


@dataclass(frozen=True)
class Table:
    """An answer: columns in order, and rows of Python values. Null is None; instants without a zone are UTC by contract."""

    kinds: tuple[Kind, ...]
    rows: list[tuple[Any, ...]]

    @property
    def result(self) -> Result:
        """As `lake query` prints it."""
        return Result([kind.name for kind in self.kinds], self.rows)

    def frame(self) -> "pl.DataFrame":
        """A polars frame with a dtype for every type, whatever the values. Raises polars' `DuplicateError` for a name twice."""
        import polars as pl

        schema = {kind.name: _dtype(kind) for kind in self.kinds}
        if len(schema) < len(self.kinds):
            raise pl.exceptions.DuplicateError("two columns of the answer have one name; name them apart with AS")
        return pl.DataFrame(self.rows, schema=schema, orient="row")

    def arrow(self) -> "pa.Table":
        """An Arrow table of the same types."""
        return self.frame().to_arrow()


def table_of(pages: Iterable[Mapping[str, Any]], *, has_header: bool) -> Table:
    """The pages of `GetQueryResults` as one table.

    Athena's first row repeats the names for a SELECT (`has_header`) and not for SHOW or DESCRIBE; a first row that is no
    repetition is data all the same.
    """
    kinds: tuple[Kind, ...] = ()
    readers: list[Callable[[str], Any]] = []
    rows: list[tuple[Any, ...]] = []
    is_first = True
    for page in pages:
        content = page["ResultSet"]
        if not kinds:
            kinds = tuple(_kind(column) for column in content.get("ResultSetMetadata", {}).get("ColumnInfo", ()))
            readers = [_READERS.get(kind.type, str) for kind in kinds]
        texts = [[cell.get("VarCharValue") for cell in row.get("Data", ())] for row in content.get("Rows", ())]
        if is_first and has_header and texts and texts[0] == [kind.name for kind in kinds]:
            del texts[0]
        is_first = is_first and not content.get("Rows")
        rows += [_values(readers, row) for row in texts]
    return Table(kinds, rows)


def _kind(column: Mapping[str, Any]) -> Kind:
    kind = column["Type"].lower()
    if kind == "decimal":
        return Kind(column["Name"], kind, column.get("Precision", 38), column.get("Scale", 0))
    return Kind(column["Name"], kind)


def _values(readers: Sequence[Callable[[str], Any]], texts: Sequence[str | None]) -> tuple[Any, ...]:
    missing = len(readers) - len(texts)
    padded = (*texts, *[None] * missing)  # DESCRIBE leaves out what is empty at a row's end
    return tuple(None if text is None else read(text) for read, text in zip(readers, padded, strict=True))


def _boolean(text: str) -> bool:
    return text.lower() == "true"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _zoned(text: str) -> datetime:
    """`2024-05-01 23:00:00.000 UTC`, `… Europe/Madrid` or `… +02:00`."""
    local, _, zone = text.rpartition(" ")
    if zone[:1] in "+-":
        return datetime.fromisoformat(f"{local}{zone}")
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))


def _day(text: str) -> date:
    return date.fromisoformat(text[:_LETTERS_OF_A_DAY])


def _bytes(text: str) -> bytes:
    """Athena writes each byte as two digits, with blanks between."""
    return bytes.fromhex(text)


_READERS: Mapping[str, Callable[[str], Any]] = {
    "boolean": _boolean,
    **dict.fromkeys(("tinyint", "smallint", "integer", "int", "bigint"), int),
    **dict.fromkeys(("float", "real", "double"), float),
    "decimal": Decimal,
    "date": _day,
    "timestamp": _instant,
    "timestamp with time zone": _zoned,
    "time": time.fromisoformat,
    "varbinary": _bytes,
}


def _dtype(kind: Kind) -> "pl.DataType | type[pl.DataType]":
    import polars as pl

    if kind.type == "decimal":
        return pl.Decimal(kind.precision, kind.scale)
    kinds: dict[str, pl.DataType | type[pl.DataType]] = {
        "boolean": pl.Boolean,
        "tinyint": pl.Int8,
        "smallint": pl.Int16,
        "integer": pl.Int32,
        "int": pl.Int32,
        "bigint": pl.Int64,
        "float": pl.Float32,
        "real": pl.Float32,
        "double": pl.Float64,
        "date": pl.Date,
        "timestamp": pl.Datetime("us"),
        "timestamp with time zone": pl.Datetime("us", "UTC"),
        "time": pl.Time,
        "varbinary": pl.Binary,
    }
    return kinds.get(kind.type, pl.String)
