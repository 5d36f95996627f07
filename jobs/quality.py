"""The marts on deliveries, made from the ledger: what came when and from whom, what became of it, what was restated.

They are small, and nearly all of their dates are as they were. A hash of what each date is made from tells which are not.
"""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import xxhash

from contracts import CURATED, DELIVERED
from jobs.curated_state import CuratedState
from jobs.ledger import Entry
from jobs.publish import Publication
from jobs.staging import stage_dates
from jobs.zones import Zones
from transforms.quality import data_quality_daily, rejections_daily

__all__ = ["LATE_AFTER", "QUALITY_MARTS", "bring_quality_up_to_date", "is_quality_due"]

LATE_AFTER = timedelta(days=1)
"""A trade is late that was delivered later than this after the market day it is of."""

QUALITY_MARTS = ("data_quality_daily", "rejections_daily")
_COUNTS = ("files", "repeated_files", "received", "valid", "rejected", "duplicates", "late", "restated")


def bring_quality_up_to_date(
    zones: Zones, state: CuratedState, entries: Mapping[str, Entry], publication: Publication, scratch: Path
) -> int:
    """Stages the dates of delivery that changed; how many. `entries` are all of the ledger, repeats included."""
    deliveries = _by_date(state, entries)
    hashes = _hashes(deliveries)
    changed = sorted(day for day in {*hashes, *state.quality} if hashes.get(day) != state.quality.get(day))
    lines = [line for day in changed for line in deliveries.get(day, [])]
    reasons = [
        {**{name: line[name] for name in ("dataset", "source", "ingest_date")}, "reason": code, "rows": rows}
        for line in lines
        for code, rows in line["reasons"].items()
    ]
    frames = {
        QUALITY_MARTS[0]: data_quality_daily(_counted(lines), CURATED[QUALITY_MARTS[0]]).collect(),
        QUALITY_MARTS[1]: rejections_daily(_reasoned(reasons), DELIVERED.values(), CURATED[QUALITY_MARTS[1]]).collect(),
    }
    stage_dates(frames, changed, zones, state, publication, scratch)
    state.quality = hashes
    return len(changed)


def is_quality_due(state: CuratedState, entries: Mapping[str, Entry]) -> bool:
    """Whether the marts say something else of a day than the ledger does. `entries` are all, repeats included."""
    return _hashes(_by_date(state, entries)) != state.quality


def _hashes(deliveries: Mapping[str, list[dict[str, Any]]]) -> dict[str, str]:
    return {
        day: xxhash.xxh3_64_hexdigest(json.dumps(lines, sort_keys=True, default=str).encode())
        for day, lines in deliveries.items()
    }


def _by_date(state: CuratedState, entries: Mapping[str, Entry]) -> dict[str, list[dict[str, Any]]]:
    """What each day's deliveries came to, by day: one line a ledger entry, and one for the corrections of each source."""
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in sorted(entries.values(), key=lambda e: e.file):
        found.setdefault(str(entry.ingest_date), []).append(_line(entry))
    restated: dict[tuple[str, str], int] = {}
    for day in state.days.values():
        for source, on, count in day.restated:
            restated[on, source] = restated.get((on, source), 0) + count
    for (on, source), count in sorted(restated.items()):
        line = dict.fromkeys(_COUNTS, 0) | {"restated": count, "reasons": {}}
        found.setdefault(on, []).append(
            line | {"dataset": "transactions", "source": source, "ingest_date": date.fromisoformat(on)}
        )
    return found


def _line(entry: Entry) -> dict[str, Any]:
    days = [(date.fromisoformat(output.date), output.rows) for output in entry.processed() if output.date]
    return {
        "dataset": entry.dataset,
        "source": entry.source,
        "ingest_date": entry.ingest_date,
        "files": 1,
        "repeated_files": int(entry.repeats),
        "received": entry.received.rows,
        "valid": entry.valid.rows,
        "rejected": entry.rejected.rows,
        "duplicates": entry.duplicates.rows,
        "late": sum(rows for day, rows in days if entry.ingest_date - day > LATE_AFTER),
        "restated": 0,
        "reasons": dict(sorted(entry.reasons.items())),
    }


def _counted(lines: list[dict[str, Any]]) -> pl.LazyFrame:
    schema = {"dataset": pl.String, "source": pl.String, "ingest_date": pl.Date, **dict.fromkeys(_COUNTS, pl.Int64)}
    return pl.LazyFrame([{name: line[name] for name in schema} for line in lines], schema=schema)


def _reasoned(reasons: list[dict[str, Any]]) -> pl.LazyFrame:
    schema = {"dataset": pl.String, "source": pl.String, "ingest_date": pl.Date, "reason": pl.String, "rows": pl.Int64}
    return pl.LazyFrame(reasons, schema=schema)
