"""A curated zone in memory, made of the contracts' columns, that the query files run on as `lake query` runs them.

DuckDB stands in for Athena, with `lake/trino.py` between them; `test_both_engines.py` has the same files in the emulator's Athena.
Permissions are not proved here.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from components.athena_files import read_query
from contracts import CURATED
from contracts.model import Column, Dataset
from lake.trino import to_duckdb
from lake.trino_macros import prepare

__all__ = ["QUERIES", "TABLES", "answer", "lake_of", "market_day", "trade"]

QUERIES = Path(__file__).parents[2] / "queries"
TABLES: tuple[Dataset, ...] = tuple(CURATED.values())

_TYPES = {
    "text": "VARCHAR",
    "date": "DATE",
    "instant": "TIMESTAMP",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "texts": "VARCHAR[]",
}

Row = Mapping[str, Any]


def lake_of(rows: Mapping[str, Sequence[Row]]) -> duckdb.DuckDBPyConnection:
    """A lake with all curated tables and these rows; a column that a row leaves out is null."""
    lake = duckdb.connect()
    prepare(lake)
    for table in TABLES:
        columns = ", ".join(f'"{column.name}" {_type(column)}' for column in table.columns)
        lake.execute(f"CREATE TABLE {table.name} ({columns})")
        for row in rows.get(table.name, ()):
            strangers = set(row) - set(table.column_names)
            assert not strangers, f"{table.name} has no column {strangers}"
            values = [row.get(name) for name in table.column_names]
            lake.execute(f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608 - names of contracts
    return lake


def answer(lake: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """The rows that a query file answers with, by column name."""
    spec = read_query(query, (QUERIES / f"{query}.sql").read_text(encoding="utf-8"), "curated")
    if spec.view:
        lake.execute(to_duckdb(spec.sql))
        view = lake.table(spec.view)
        return [dict(zip(view.columns, row, strict=True)) for row in view.fetchall()]
    result = lake.execute(to_duckdb(spec.sql))
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def trade(identifier: str, side: str, mwh: str, price: str, **more: Any) -> dict[str, Any]:
    """A trade in wind power on 2 January 2026 in euro, unless `more` says otherwise."""
    quantity, unit = Decimal(mwh), Decimal(price)
    return {
        "transaction_id": identifier,
        "transaction_type": side,
        "energy_type": "wind",
        "date": date(2026, 1, 2),
        "delivery_start": datetime(2026, 1, 2, 10),  # noqa: DTZ001 - UTC by contract, stored without a zone
        "delivery_end": datetime(2026, 1, 2, 11),  # noqa: DTZ001
        "market_zone": "Europe/Madrid",
        "quantity_mwh": quantity,
        "price_per_mwh": unit,
        "currency": "EUR",
        "amount": (quantity * unit).quantize(Decimal("0.01")),
        "source": "exporter",
        "ingest_date": date(2026, 1, 3),
        **more,
    }


def market_day(day: date, bought: tuple[str, str] | None, sold: tuple[str, str] | None, **more: Any) -> dict[str, Any]:
    """A day of wind power in euro: MWh and money of what was bought and sold."""
    bought_mwh, bought_amount = (Decimal(part) for part in bought or ("0", "0"))
    sold_mwh, sold_amount = (Decimal(part) for part in sold or ("0", "0"))
    bought_vwap = bought_amount / bought_mwh if bought else None
    sold_vwap = sold_amount / sold_mwh if sold else None
    return {
        "date": day,
        "energy_type": "wind",
        "currency": "EUR",
        "bought_mwh": bought_mwh,
        "sold_mwh": sold_mwh,
        "bought_amount": bought_amount,
        "sold_amount": sold_amount,
        "bought_vwap": bought_vwap,
        "sold_vwap": sold_vwap,
        "margin_per_mwh": sold_vwap - bought_vwap if bought_vwap is not None and sold_vwap is not None else None,
        "trades": 1,
        **more,
    }


def _type(column: Column) -> str:
    if column.type.name == "decimal":
        return f"DECIMAL({column.type.precision}, {column.type.scale})"
    return _TYPES[column.type.name]
