"""The life of one trade: every delivered row that names it, what became of each, and where it counts now.

Everything is read from the books' own files; nothing is computed that a run has not computed before.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from contracts import CURATED, DELIVERED
from jobs.compacted import meant, places
from jobs.curated_state import CuratedState
from jobs.ledger import Entry, Ledger, Output
from jobs.publish import curated_file, load_state
from jobs.raw_to_processed import effective
from jobs.zones import Zones

__all__ = ["Appearance", "Counted", "Life", "life_of"]

_TRADES = DELIVERED["transactions"]
_KEY = "transaction_id"


@dataclass(frozen=True)
class Appearance:
    """A delivered row that names the trade. `became` is a sentence; `values` what was read of it, or its raw text."""

    ingest_date: date
    source_file: str
    source_row: int
    became: str
    values: dict[str, Any]
    repeated_in: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counted:
    """A row of a curated table that the trade is, or counts in. `row` is the table's own."""

    table: str
    path: str
    row: dict[str, Any]


@dataclass(frozen=True)
class Life:
    """A trade from its first row to now. `appearances` in the order in which versions count, `counted` by table."""

    transaction_id: str
    appearances: list[Appearance]
    counted: list[Counted]
    is_due: bool


def life_of(zones: Zones, transaction_id: str) -> Life:
    """Everything the lake knows of the trade; without appearances where no delivered row names it.

    `is_due` says that deliveries wait for the second job, so that what became of the newest rows is not decided yet.
    """
    from jobs.processed_to_curated import is_due  # it loads every mart, which other commands need not wait for

    entries = Ledger(zones.ledger).entries()
    standing = effective(entries)
    state = CuratedState.from_json(load_state(zones))
    repeats: dict[tuple[str, str, str], list[str]] = {}
    for entry in entries.values():
        if entry.id not in standing:
            repeats.setdefault((entry.dataset, entry.source, entry.content), []).append(entry.file)
    found = []
    for entry in standing.values():
        if entry.dataset == _TRADES.name:
            again = tuple(sorted(repeats.get((entry.dataset, entry.source, entry.content), ())))
            found += list(_appearances(zones, entry, transaction_id, state, again))
    found.sort(key=lambda a: (a.ingest_date, a.source_file, a.source_row))
    days = {str(a.values["date"]) for a in found if "date" in a.values}
    return Life(transaction_id, found, list(_counted(zones, state, transaction_id, days)), is_due(zones))


def _appearances(
    zones: Zones, entry: Entry, key: str, state: CuratedState, again: tuple[str, ...]
) -> Iterator[Appearance]:
    for output in entry.outputs:
        if output.zone == "quarantine":
            yield from _quarantined(zones, entry, output, key, again)
        elif entry.key_range[0] <= key <= entry.key_range[1]:
            is_current = output in set(entry.processed())
            for row in _rows_of(zones, output, key):
                became = _fate(zones, state, row) if is_current else "replaced by a later row of the same file"
                yield Appearance(entry.ingest_date, entry.file, row["source_row"], became, row, again)


def _rows_of(zones: Zones, output: Output, key: str) -> list[dict[str, Any]]:
    found = places(zones, [output.path])
    file = curated_file(zones, found[0].path, "processed")
    scanned = pl.scan_parquet(file, hive_partitioning=False, include_file_paths="_path", glob=False)
    rows = meant(scanned.filter(pl.col(_KEY) == key), found, [file], "_path").collect()
    if output.date:
        rows = rows.with_columns(pl.lit(date.fromisoformat(output.date)).alias("date"))
    return [{name: row[name] for name in _TRADES.column_names} for row in rows.to_dicts()]


def _quarantined(zones: Zones, entry: Entry, output: Output, key: str, again: tuple[str, ...]) -> Iterator[Appearance]:
    file = curated_file(zones, output.path, "quarantine")
    rows = pl.scan_parquet(file, glob=False).filter(
        pl.col("raw").str.to_lowercase().str.contains(key.lower(), literal=True)
    )
    for row in rows.collect().to_dicts():
        raw = json.loads(row["raw"])
        if _names(raw, key):
            why = "; ".join(f"{code}: {_TRADES.rule(code).sentence}" for code in row["reasons"])
            yield Appearance(entry.ingest_date, entry.file, row["source_row"], f"rejected. {why}", raw, again)


def _names(raw: dict[str, str | None], key: str) -> bool:
    """Whether a field of the row is the identifier, or part of one that is joined of several; of a broken line, holds it."""
    if set(raw) == {"line"}:
        return True
    fields = {(value or "").strip().lower() for value in raw.values()}
    return key.lower() in fields or any(part.lower() in fields for part in key.split("/") if part != key)


def _fate(zones: Zones, state: CuratedState, row: dict[str, Any]) -> str:
    """What the second job made of a valid row."""
    place = (pl.col("source_file") == row["source_file"]) & (pl.col("source_row") == row["source_row"])
    day = str(row["date"])
    if not _day_of(zones, state, "transactions", day).filter(place).is_empty():
        return "counts: it is the trade now"
    past = _day_of(zones, state, "transactions_history", day).filter(place)
    if past.is_empty():
        return "not in the curated zone yet; `lake run` brings it there"
    fate, until = past.row(0, named=True)["fate"], past.row(0, named=True)["known_to"]
    return {
        "cancellation": "takes the trade back: it counts nothing any more",
        "cancelled": f"counted until {until}, when the trade was taken back",
        "moved": f"counted until {until}, when the trade moved to another market day",
        "repeated": f"counted until {until}, when a delivery said the same again",
        "amended": f"counted until {until}, when a delivery said otherwise",
    }[fate]


def _day_of(zones: Zones, state: CuratedState, table: str, day: str) -> pl.DataFrame:
    path = f"{table}/date={day}/{table}.parquet"
    if path not in state.files.get(table, {}):
        return pl.DataFrame(schema={"source_file": pl.String, "source_row": pl.Int64})
    return pl.read_parquet(curated_file(zones, path), hive_partitioning=False, glob=False)


def _counted(zones: Zones, state: CuratedState, key: str, days: set[str]) -> Iterator[Counted]:
    """The rows of curated tables that hold the trade, or sums with it, on the days its versions name."""
    for day in sorted(days):
        trades = _day_of(zones, state, "transactions", day)
        trade = trades.filter(pl.col(_KEY) == key) if _KEY in trades.columns else trades.clear()
        for table, contract in CURATED.items():
            path = f"{table}/date={day}/{table}.parquet"
            if contract.partition != "date" or path not in state.files.get(table, {}):
                continue
            rows = _day_of(zones, state, table, day)
            if _KEY in contract.column_names:
                chosen = rows.filter(pl.col(_KEY) == key)
            elif not trade.is_empty() and set(contract.key) <= set(trade.columns):
                chosen = rows.join(trade.select(contract.key), on=list(contract.key), how="semi", nulls_equal=True)
            else:
                continue
            yield from (Counted(table, path, row) for row in chosen.to_dicts())
