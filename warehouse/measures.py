"""What is counted and added up to know that a table is what its files are: rows, MWh and money, exactly.

Amounts are never added across currencies: where a table has a column `currency`, every sum is one of a currency.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from contracts.model import Dataset
from warehouse.books import SUM_TYPE
from warehouse.duck import columns_of, text_list
from warehouse.plan import CuratedFile, LoadError
from warehouse.sql import DdlError, identifier

__all__ = ["ROWS", "Known", "Sum", "check_against", "currency_of", "measure", "summed"]

ROWS = "row_count"
_CURRENCY = "currency"

Known = Mapping[tuple[str, date | None, str, str], Decimal]
"""What other books say: table, partition, measure, currency (empty: over all currencies) -> sum."""


@dataclass(frozen=True, order=True)
class Sum:
    """One sum over the rows of a file that are of one currency."""

    table: str
    path: str
    currency: str
    measure: str
    amount: Decimal


def summed(dataset: Dataset) -> tuple[str, ...]:
    """The columns that are added up: decimals of energy and of money. Raises `DdlError` for one with too many decimals."""
    found = []
    for column in dataset.columns:
        if column.type.name == "decimal" and (column.unit == "MWh" or _is_money(column.unit)):
            if column.type.scale > SUM_TYPE.scale:
                message = (
                    f"{dataset.name}.{column.name} has {column.type.scale} decimals, sums are kept with {SUM_TYPE.scale}; "
                    f"widen warehouse.books.SUM_TYPE"
                )
                raise DdlError(message)
            found.append(column.name)
    return tuple(found)


def currency_of(dataset: Dataset) -> str:
    """The SQL that tells a row's currency; an empty text where the table has no such column."""
    return f"COALESCE({identifier(_CURRENCY)}, '')" if _CURRENCY in dataset.column_names else "CAST('' AS VARCHAR)"


def measure(dataset: Dataset, files: Mapping[CuratedFile, Path]) -> list[Sum]:
    """The sums of each file, read from the file itself.

    Raises `LoadError` where a file has another number of rows than the curated state says, or other columns than the
    contract (`columns_of`).
    """
    if not files:
        return []
    connection = duckdb.connect()
    columns_of(connection, dataset, files.values())
    totals = [f"CAST(COALESCE(SUM({identifier(name)}), 0) AS {_type()})" for name in summed(dataset)]
    question = (
        f"SELECT filename, {currency_of(dataset)}, {', '.join([f'CAST(COUNT(*) AS {_type()})', *totals])} "  # noqa: S608 - quoted
        f"FROM read_parquet({text_list(files.values())}, filename = true, hive_partitioning = false, "
        f"union_by_name = true) GROUP BY 1, 2"
    )
    names = (ROWS, *summed(dataset))
    by_name = {str(local): file for file, local in files.items()}
    found = [
        Sum(dataset.name, by_name[name].path, currency, measured, amount)
        for name, currency, *amounts in connection.execute(question).fetchall()
        for measured, amount in zip(names, amounts, strict=True)
    ]
    _check_rows(files, found)
    return sorted(found)


def check_against(known: Known, files: Iterable[CuratedFile], sums: Iterable[Sum]) -> None:
    """Compares what files hold with what the ledger says of their partition. Raises `LoadError` at the first difference."""
    days = {file.path: (file.table, file.day) for file in files}
    found: dict[tuple[str, date | None, str, str], Decimal] = {}
    for part in sums:
        for currency in {part.currency, ""}:
            key = (*days[part.path], part.measure, currency)
            found[key] = found.get(key, Decimal(0)) + part.amount
    for (table, day, measured, currency), amount in known.items():
        held = found.get((table, day, measured, currency), Decimal(0))
        if (table, day) in days.values() and held != amount:
            raise LoadError(
                f"curated {table} of {day} holds {held:f} {measured} {currency}".rstrip()
                + f", the ledger says {amount:f}; nothing was loaded. `lake status --verify` says which file is wrong"
            )


def _is_money(unit: str) -> bool:
    """`currency`, `reporting_currency` and their like; not a rate or a price, of which a sum would say nothing."""
    return unit.endswith(_CURRENCY) and "/" not in unit


def _check_rows(files: Iterable[CuratedFile], sums: list[Sum]) -> None:
    rows = dict.fromkeys((file.path for file in files), Decimal(0))
    for part in sums:
        if part.measure == ROWS:
            rows[part.path] += part.amount
    for file in files:
        if rows[file.path] != file.rows:
            raise LoadError(
                f"curated/{file.path} has {rows[file.path]:f} rows, the curated state says {file.rows}; nothing was loaded. "
                f"`lake status --verify` says what is wrong"
            )


def _type() -> str:
    return f"DECIMAL({SUM_TYPE.precision},{SUM_TYPE.scale})"
