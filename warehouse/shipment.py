"""What a load brings along: the files as they can be read here, what they add up to, and the books' new rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from contracts.model import Column, Dataset
from warehouse.books import LOADED_FILES, LOADED_SUMS
from warehouse.measures import Sum
from warehouse.plan import CuratedFile, Plan

__all__ = ["Shipment", "staged_books"]


@dataclass
class Shipment:
    """The files that come, by where they are on this machine, and what they add up to."""

    files: dict[CuratedFile, Path] = field(default_factory=dict)
    sums: list[Sum] = field(default_factory=list)

    def files_of(self, table: str) -> Mapping[CuratedFile, Path]:
        """The files of a table."""
        return {file: local for file, local in self.files.items() if file.table == table}


def staged_books(plan: Plan, shipment: Shipment) -> dict[str, pa.Table]:
    """What is staged for the books, by book. A file that leaves stands there with an empty content."""
    files: list[tuple[Any, ...]] = []
    for change in plan.changes:
        files += [(f.table, f.path, f.day, f.rows, f.content, plan.number) for f in change.files]
        files += [(change.table, path, day, 0, "", plan.number) for path, day in change.gone]
    sums = [(part.table, part.path, part.currency, part.measure, part.amount) for part in shipment.sums]
    return {LOADED_FILES.name: _table(LOADED_FILES, files), LOADED_SUMS.name: _table(LOADED_SUMS, sums)}


def _table(book: Dataset, rows: list[tuple[Any, ...]]) -> pa.Table:
    schema = pa.schema([pa.field(c.name, _type(c), nullable=c.nullable) for c in book.columns])
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(book.columns)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)


def _type(column: Column) -> pa.DataType:
    plain = {"text": pa.string(), "date": pa.date32(), "integer": pa.int64()}
    return plain.get(column.type.name) or pa.decimal128(column.type.precision, column.type.scale)
