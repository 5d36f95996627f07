"""The lake as it was known on a day: what had been delivered by then, through the jobs of today.

The processed zone keeps every version for good, and each says when it was delivered, so the past is made from a part of the
ledger and never from a copy. A version becomes known on its file's ingest date; when it was processed plays no part.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

from jobs import processed_to_curated
from jobs.compacted import keep_layout
from jobs.curated_state import CuratedState
from jobs.ledger import Ledger
from jobs.locking import LakeBusyError
from jobs.processed_to_curated import Progress
from jobs.publish import load_state, zones_publishing
from jobs.storage import FolderStorage
from jobs.zones import Zones

__all__ = ["lake_as_of"]


def lake_as_of(zones: Zones, day: date, folder: Path, *, progress: Progress = lambda *_: None) -> Zones:
    """The zones with a ledger and a curated zone of their own in `folder`, made of what was delivered until `day`, inclusive.

    Raw, processed and quarantine are the lake's own, which nothing writes to; what the ledger does not name is not there.
    The reporting currency is the one of the lake. Takes as long as a first run of processed-to-curated. Raises
    `LakeBusyError` where a killed run left processed files between two places.
    """
    if "processed" in zones_publishing(zones):
        raise LakeBusyError(
            "a compaction or a replay has not finished moving its files, so the past cannot be read just now. Where none is "
            "running, one was killed: `lake run` finishes what it left"
        )
    past = replace(zones, curated=FolderStorage(folder / "curated"), ledger=FolderStorage(folder / "ledger"))
    then, now = Ledger(past.ledger), Ledger(zones.ledger)
    for entry in now.entries().values():
        if entry.ingest_date <= day:
            then.commit(entry)
    keep_layout(zones, past)
    currency = CuratedState.from_json(load_state(zones)).reporting_currency
    processed_to_curated.run(
        past, reporting_currency=currency or processed_to_curated.DEFAULT_REPORTING_CURRENCY, progress=progress
    )
    return past
