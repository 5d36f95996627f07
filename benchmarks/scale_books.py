"""The lake's books at a size that cannot be run here: made up, then written and read by the lake's own code.

    python benchmarks/scale_books.py ledger FOLDER ENTRIES OUTPUTS
    python benchmarks/scale_books.py state FOLDER DATES ENTRIES

print one line of JSON: bytes, seconds to write and to read, and the resident memory that reading added, in MiB.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from contracts import CURATED
from jobs.curated_state import CuratedState, Day
from jobs.ledger import Entry, Ledger, Output, file_id
from jobs.publish import Publication, load_state
from jobs.zones import Zones
from transforms.totals import Totals

_FIRST = date(2026, 1, 1)


def _ledger(folder: Path, entries: int, outputs: int) -> dict[str, float]:
    """Entries of deliveries that hold `outputs` dates each, and rows that were rejected."""
    ledger = Ledger(Zones.under(str(folder)).ledger)
    wrote = _took(lambda: [ledger.commit(_entry(number, outputs)) for number in range(entries)])
    read = _took(lambda: _keep(ledger.entries()))
    return {"bytes": sum(stored.size_bytes for stored in ledger.storage.listed())} | _told(wrote, read)


def _state(folder: Path, dates: int, entries: int) -> dict[str, float]:
    """The state of a lake with so many dates in every table and so many deliveries, and the commit of a run that changed all."""
    zones = Zones.under(str(folder))
    days = [str(_FIRST + timedelta(number)) for number in range(dates)]
    tables = [name for name, contract in CURATED.items() if contract.partition]
    totals = Totals(
        1_000_000, Decimal("1234567.123456"), {"EUR": Decimal("123456789.12"), "USD": Decimal("-9876543.21")}
    )
    state = CuratedState(
        inputs={"transactions": [_entry(number, 3).stamp for number in range(entries)]},
        files={table: {f"{table}/date={day}/{table}.parquet": 1_000_000 for day in days} for table in tables},
        days={day: Day(totals, totals, totals, 7, (("standard", day, 12),)) for day in days},
        reporting_currency="EUR",
    )
    publication = Publication(zones)
    for files in state.files.values():
        for path in files:
            publication.note("curated", path)
    wrote = _took(lambda: publication.commit(state.to_json()))
    read = _took(lambda: _keep(CuratedState.from_json(load_state(zones))))
    return {"bytes": sum(stored.size_bytes for stored in zones.ledger.listed())} | _told(wrote, read)


def _entry(number: int, outputs: int) -> Entry:
    path = f"transactions/source=standard/ingest_date={_FIRST + timedelta(number // 10_000)}/trades-{number:08d}.csv"
    name = file_id(path, f"{number:016x}")
    totals = Totals(1_250_000, Decimal("3124999.123456"), {"EUR": Decimal("312499999.12")})
    some = Totals(25_000, Decimal("62499.123456"), {"EUR": Decimal("6249999.12")})
    found = [
        Output("processed", f"transactions/date={day}/{name}.parquet", 408_333, str(day))
        for day in (_FIRST + timedelta(number // 10_000 + step) for step in range(outputs))
    ]
    return Entry(
        file=path,
        dataset="transactions",
        source="standard",
        ingest_date=_FIRST + timedelta(number // 10_000),
        content=f"{number:032x}",
        size_bytes=100_000_000 + number,
        received=totals + some,
        valid=totals,
        rejected=some,
        reasons=dict.fromkeys(
            ("quantity_bad_number", "energy_type_unknown", "total_mismatch", "currency_unknown"), 6_250
        ),
        outputs=(*found, Output("quarantine", f"transactions/{name}.parquet", 25_000)),
        key_range=(f"TRX{number:09d}", f"TRX{number + 1:09d}"),
    )


_KEPT: list[Any] = []


def _keep(read: object) -> None:
    _KEPT.append(read)


def _took(step: Callable[[], object]) -> tuple[float, float]:
    """Wall seconds, and MiB of resident memory that are held afterwards and were not before."""
    before, started = _resident(), time.perf_counter()
    step()
    return time.perf_counter() - started, _resident() - before


def _told(wrote: tuple[float, float], read: tuple[float, float]) -> dict[str, float]:
    return {"write_s": round(wrote[0], 3), "read_s": round(read[0], 3), "held_mib": round(read[1])}


def _resident() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("/proc/self/status has no VmRSS; this needs Linux")


if __name__ == "__main__":
    _, what, folder, *numbers = sys.argv
    made = {"ledger": _ledger, "state": _state}[what](Path(folder), *map(int, numbers))
    print(json.dumps(made))
