"""A curated zone written by hand: any contract, any rows, no jobs. What a load must make of it is what was put there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from contracts.model import Column, ColumnType, Dataset, Kind, Role
from warehouse.load import Curated
from warehouse.measures import Known
from warehouse.plan import CuratedFile
from warehouse.sql import qualified

Row = dict[str, Any]

_ARROW = {
    "text": pa.large_string(),
    "date": pa.date32(),
    "instant": pa.timestamp("us", "UTC"),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "texts": pa.large_list(pa.large_string()),
}


def column(name: str, kind: ColumnType | None = None, **more: Any) -> Column:
    return Column(name=name, type=kind or ColumnType.text(), description=f"The {name}.", **more)


def dataset(name: str, *columns: Column, key: tuple[str, ...], partition: str = "") -> Dataset:
    return Dataset(
        name=name,
        kind=Kind.CURATED,
        grain="one row per row",
        description=f"What {name} says.",
        columns=columns,
        key=key,
        partition=partition,
    )


TRADES = dataset(
    "trades",
    column("id", role=Role.KEY),
    column("date", ColumnType.date(), role=Role.PARTITION),
    column("currency"),
    column("quantity_mwh", ColumnType.decimal(18, 6), unit="MWh"),
    column("amount", ColumnType.decimal(18, 2), unit="currency", nullable=True),
    column("start", ColumnType.instant(), nullable=True),
    column("reasons", ColumnType.texts(), nullable=True),
    column("is_known", ColumnType.boolean(), nullable=True),
    column("source_row", ColumnType.integer(), nullable=True, role=Role.LINEAGE),
    key=("id",),
    partition="date",
)
PARTIES = dataset("parties", column("id"), column("name", nullable=True), key=("id",))


@dataclass
class Zone:
    """Files below a folder, their contracts, and what a ledger would say of them."""

    root: Path
    datasets: dict[str, Dataset] = field(default_factory=lambda: {"trades": TRADES, "parties": PARTIES})
    files: dict[str, CuratedFile] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    ledger: Known = field(default_factory=dict)

    def put(self, table: str, day: date | None, rows: Sequence[Row], contract: Dataset | None = None) -> None:
        """Writes the rows of a partition, in the columns of the contract or of another one; without rows it goes."""
        wanted = contract or self.datasets[table]
        folder = f"{table}/date={day}" if day else table
        path = f"{folder}/{table}.parquet"
        if day and not rows:
            self.files.pop(path, None)
            self.rows.pop(path, None)
            return
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        arrays = [pa.array([row.get(c.name) for row in rows], _type(c)) for c in wanted.columns]
        pq.write_table(pa.table(arrays, names=list(wanted.column_names)), file)
        content = file.read_bytes()
        self.files[path] = CuratedFile(table, path, len(rows), sha256(content).hexdigest(), len(content), day)
        self.rows[path] = [dict(row) for row in rows]

    def curated(self) -> Curated:
        return Curated(
            datasets=self.datasets,
            files=tuple(self.files.values()),
            ledger=self.ledger,
            local=lambda path: self.root / path,
        )

    def table(self, name: str) -> list[tuple[Any, ...]]:
        """Every row that was put into a table, as the warehouse has to hold it."""
        columns = self.datasets[name].column_names
        rows = [row for path, file in self.files.items() if file.table == name for row in self.rows[path]]
        return ordered(tuple(_plain(row.get(column)) for column in columns) for row in rows)


def _plain(value: Any) -> Any:
    return value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value


def _type(given: Column) -> pa.DataType:
    if given.type.name == "decimal":
        return pa.decimal128(given.type.precision, given.type.scale)
    return _ARROW[given.type.name]


def ordered(rows: Any) -> list[tuple[Any, ...]]:
    """The rows in an order that depends on nothing but their values."""
    return sorted((tuple(row) for row in rows), key=repr)


def held(file: Path, given: Dataset) -> list[tuple[Any, ...]]:
    """Every row of a table of the warehouse, in the order of `ordered`."""
    columns = ", ".join('"' + name.replace('"', '""') + '"' for name in given.column_names)
    with duckdb.connect(str(file), read_only=True) as connection:
        return ordered(connection.execute(f"SELECT {columns} FROM {qualified(given.name)}").fetchall())  # noqa: S608 - quoted


def asked(file: Path, question: str) -> list[tuple[Any, ...]]:
    """The answer of the warehouse to a question."""
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(question).fetchall()


def trade(key: str, day: date, **changes: Any) -> Row:
    """A trade of 1.5 MWh for 30.25 EUR, but for the changes."""
    row: dict[str, Any] = {"id": key, "date": day, "currency": "EUR"}
    return row | {"quantity_mwh": Decimal("1.5"), "amount": Decimal("30.25")} | changes


def sums_of(rows: Mapping[str, Sequence[Row]]) -> Decimal:
    """The MWh of all rows."""
    return sum((row["quantity_mwh"] for part in rows.values() for row in part), Decimal(0))
