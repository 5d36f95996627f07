"""The demo's last delivery: a correction that comes weeks late, moves one trade by a day, and touches nothing else."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from jobs import processed_to_curated, raw_to_processed
from jobs.curated_state import CuratedState
from jobs.deliver import deliver
from jobs.marts import MONTH_MARTS
from jobs.publish import curated_file, load_state
from jobs.source_files import load_sources
from jobs.zones import Zones
from lake import console

__all__ = ["Correction", "correct_late", "show_correction"]

_HEADER = (
    "transaction_id,transaction_date,transaction_type,entity_id,quantity_kwh,price_per_kwh,energy_type,total_amount,"
    "currency,action"
)
_DAYS_LATE = 14
_KWH = 1000
_CARRIED = {mart.contract.name for mart in MONTH_MARTS}


@dataclass(frozen=True)
class Correction:
    """What the late delivery did: the trade, its market day before and after, and the dates that each table got anew.

    `redone` are the dates whose trades were read again; of `changed` the month marts run on to the end of their month, and
    the marts on deliveries have the day of delivery.
    """

    transaction_id: str
    old_date: date
    new_date: date
    delivered: date
    redone: list[str]
    changed: dict[str, list[str]]

    @property
    def is_contained(self) -> bool:
        """Whether both dates, and no other, were done anew, and no table by date changed on any other date."""
        moved = {str(self.old_date), str(self.new_date)}
        by_date = {table: days for table, days in self.changed.items() if table not in _CARRIED}
        allowed = moved | {str(self.delivered)}
        carried = [day for table in _CARRIED for day in self.changed.get(table, []) if day < min(moved)]
        return set(self.redone) == moved and all(set(days) <= allowed for days in by_date.values()) and not carried


def correct_late(zones: Zones, folder: Path) -> Correction:
    """Writes the correction into `folder`, delivers it and runs both jobs."""
    before = _files(zones)
    trade = _some_trade(zones)
    local = trade["delivery_start"].astimezone(ZoneInfo(trade["market_zone"])) + timedelta(days=1)
    delivered = max(date.fromisoformat(day) for day in before["transactions"]) + timedelta(days=_DAYS_LATE)
    file = folder / f"transactions_correction_{delivered:%Y%m%d}.csv"
    file.write_text(f"{_HEADER}\n{_line(trade, f'{local:%Y-%m-%d %H:%M:%S}')}\n", encoding="utf-8")
    sources = load_sources()
    deliver(zones, sources, dataset="transactions", source="standard", ingest_date=delivered, file=file)
    raw_to_processed.run(zones, sources)
    report = processed_to_curated.run(zones)
    after = _files(zones)
    changed = {
        table: sorted(day for day in {*days, *before.get(table, {})} if days.get(day) != before.get(table, {}).get(day))
        for table, days in after.items()
    }
    return Correction(trade["transaction_id"], trade["date"], local.date(), delivered, report.dates, changed)


def show_correction(found: Correction) -> None:
    """One sentence, and which dates each table got anew."""
    console.say(
        f"{found.delivered}: trade {found.transaction_id} was of {found.old_date}, says a correction; it belongs to "
        f"{found.new_date}, with half the energy. Done anew: {', '.join(found.redone)}, and no other date."
    )
    table = console.table("dates with other bytes than before", "table", "dates", "which", text=(0,), prose=(2,))
    for name, days in found.changed.items():
        if days:
            shown = (
                ", ".join(days) if len(days) <= len({found.old_date, found.new_date}) else f"{days[0]} to {days[-1]}"
            )
            why = " (carried to the end of the month)" if name in _CARRIED else ""
            table.add_row(name, f"{len(days)}", shown + why)
    console.print_table(table)
    if not found.is_contained:
        console.complain("touched more than it should:", f"{found.changed}")


def _some_trade(zones: Zones) -> dict[str, Any]:
    """A sale of the standard export in the middle of a month, in euro."""
    days = sorted(_files(zones)["transactions"])
    same_month = [day for day in days[: len(days) // 2 + 1] if day[:7] == days[len(days) // 2][:7]]
    path = "transactions/date={day}/transactions.parquet"
    for day in reversed(same_month):
        trades = pl.read_parquet(curated_file(zones, path.format(day=day)), hive_partitioning=False, glob=False)
        wanted = trades.filter(
            (pl.col("source") == "standard") & (pl.col("transaction_type") == "sell") & (pl.col("quantity_mwh") > 0)
        )
        if not wanted.is_empty():
            return wanted.sort("transaction_id").row(0, named=True)
    raise ValueError(f"no sale of the standard export lies between {days[0]} and {days[-1]}; generate more records")


def _line(trade: dict[str, Any], stamp: str) -> str:
    half = (trade["quantity_mwh"] / 2).quantize(Decimal("0.000001"))
    return ",".join(
        (
            trade["transaction_id"],
            stamp,
            trade["transaction_type"],
            trade["counterparty_id"],
            f"{half * _KWH:f}",
            f"{trade['price_per_mwh'] / _KWH:f}",
            trade["energy_type"],
            "",
            trade["currency"],
            "amend",
        )
    )


def _files(zones: Zones) -> dict[str, dict[str, str]]:
    """A hash of every dated curated file, by table and date."""
    state = CuratedState.from_json(load_state(zones))
    return {
        table: {
            path.split("date=")[1][:10]: hashlib.sha256(curated_file(zones, path).read_bytes()).hexdigest()
            for path in files
            if "date=" in path
        }
        for table, files in state.files.items()
    }
