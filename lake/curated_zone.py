"""The curated zone as a load of the warehouse sees it: files with their content, and what the ledger says they hold."""

from datetime import date
from decimal import Decimal

from contracts import CURATED
from jobs.curated_state import CuratedState
from jobs.intake import content_hash
from jobs.publish import curated_file, load_state
from jobs.zones import Zones
from warehouse.load import Curated
from warehouse.measures import ROWS, Known
from warehouse.plan import CuratedFile

__all__ = ["curated_of"]

_TRADES = "transactions"


def curated_of(zones: Zones) -> Curated:
    """Every file that the state names, wherever an unfinished commit still has it; nothing else that lies in the folder.

    A file's content is told by S3's entity tag, or by a hash of its bytes where it lies in a folder.
    """
    state = CuratedState.from_json(load_state(zones))
    stored = {item.path: item for table in state.files for item in zones.curated.listed(f"{table}/")}
    files = []
    for table, paths in state.files.items():
        partition = CURATED[table].partition if table in CURATED else ""
        for path, rows in paths.items():
            known = stored.get(path)
            if known and known.etag:
                content, size = known.etag, known.size_bytes
            else:
                local = curated_file(zones, path)
                content, size = content_hash(local), local.stat().st_size
            files.append(CuratedFile(table, path, rows, content, size, _day_of(path) if partition else None))
    return Curated(
        datasets=CURATED,
        files=tuple(sorted(files)),
        ledger=_ledger(state),
        local=lambda path: curated_file(zones, path),
    )


def _day_of(path: str) -> date:
    """The partition, as in `transactions/date=2026-10-24/transactions.parquet`."""
    return date.fromisoformat(path.split("/")[1].partition("=")[2])


def _ledger(state: CuratedState) -> Known:
    """Rows, MWh and money of the current trades of each market day."""
    known: dict[tuple[str, date | None, str, str], Decimal] = {}
    for text, told in state.days.items():
        day = date.fromisoformat(text)
        known[_TRADES, day, ROWS, ""] = Decimal(told.current.rows)
        known[_TRADES, day, "quantity_mwh", ""] = told.current.mwh
        for currency, amount in told.current.money.items():
            known[_TRADES, day, "amount", currency] = amount
    return known
