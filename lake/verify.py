"""Compares the books with the files themselves: every delivered byte, every row count, every MWh and every cent.

Reads all raw data and the sums of all trades, so it takes about as long as reading the lake once.
"""

from collections.abc import Iterable
from functools import reduce
from pathlib import Path

import polars as pl

from contracts import CURATED, DELIVERED
from contracts.model import Dataset
from jobs.curated_state import CuratedState
from jobs.intake import content_hash
from jobs.ledger import Entry, Ledger, Output
from jobs.publish import curated_file, load_state, zones_publishing
from jobs.storage import Storage
from jobs.zones import Zones
from lake.verify_merged import MergedFiles, file_faults, rows_faults
from transforms.totals import Totals, totals_of

__all__ = ["faults_of", "unreadable_entries"]

_TRADES = "transactions"
_PASSING = ("_staging/", "_manifests/")
"""Beside the tables of a zone: what a run is publishing, and what a load says to Redshift."""


def faults_of(zones: Zones) -> list[str]:
    """Every difference, as a sentence with the way out; empty where the files are what the books say."""
    if "processed" in zones_publishing(zones):
        return ["a compaction or a replay was killed while its files moved; `lake run` finishes it, then verify again"]
    entries = Ledger(zones.ledger).entries()
    state = CuratedState.from_json(load_state(zones))
    merged = MergedFiles(zones)
    faults = merged.faults(entries.values())
    for entry in entries.values():
        faults += _raw_faults(zones, entry)
        faults += _output_faults(zones, entry, merged)
    return faults + _curated_faults(zones, state) + _strangers(zones, entries.values(), state, merged)


def unreadable_entries(zones: Zones) -> list[str]:
    """Ledger files that are no entries any more, as sentences. Without them nothing else can be said of a lake."""
    faults = []
    for stored in zones.ledger.listed():
        folder, _, name = stored.path.partition("/")
        if folder in DELIVERED and name.endswith(".json"):
            try:
                Entry.from_json(zones.ledger.read(stored.path))
            except (ValueError, KeyError, TypeError) as error:
                faults.append(
                    f"ledger/{stored.path} is no ledger entry any more ({type(error).__name__}: {error}); put the file back "
                    f"from a backup, or remove it and run `lake run`, which takes the delivered file in again"
                )
    return faults


def _raw_faults(zones: Zones, entry: Entry) -> list[str]:
    if not zones.raw.exists(entry.file):
        return [f"raw/{entry.file} is gone; put it back, replay and audits need it"]
    if content_hash(zones.raw.local(entry.file)) != entry.content:
        return [f"raw/{entry.file} is not what was processed; put the delivered file back"]
    return []


def _output_faults(zones: Zones, entry: Entry, merged: MergedFiles) -> list[str]:
    """The files of an entry: there, with the rows they should have, and with the energy and money of their rows."""
    way_out = f"remove ledger/{entry.dataset}/{entry.id}.json and run `lake run`"
    faults = []
    for output in entry.outputs:
        if merged.holds(output):
            continue
        storage = _storage(zones, output)
        faults += file_faults(storage, output.path, f"{output.zone}/{output.path}", output.rows, way_out)
    if faults or entry.dataset != _TRADES or any(merged.is_faulty(output) for output in entry.outputs):
        return faults
    current = set(entry.processed())
    replaced = [o for o in entry.outputs if o.zone == "processed" and o not in current]
    for became, outputs, counted in (("valid", current, entry.valid), ("duplicates", replaced, entry.duplicates)):
        alone = [zones.processed.local(output.path) for output in outputs if not merged.holds(output)]
        found = reduce(
            Totals.__add__, (merged.sums(o) for o in outputs if merged.holds(o)), _sums(alone, DELIVERED[_TRADES])
        )
        if found != counted:
            faults.append(
                f"{entry.file}: the ledger says that {became} are {counted.to_json()}, the files hold {found.to_json()}; {way_out}"
            )
    return faults


def _curated_faults(zones: Zones, state: CuratedState) -> list[str]:
    way_out = "remove ledger/curated.json and run `lake run`, which makes the curated zone anew"
    faults = []
    for files in state.files.values():
        for path, rows in files.items():
            try:
                file = curated_file(zones, path)
            except FileNotFoundError:
                faults.append(f"curated/{path} is gone; {way_out}")
                continue
            faults += rows_faults(file, f"curated/{path}", rows, way_out)
    if faults:
        return faults
    for day, known in sorted(state.days.items()):
        path = f"{_TRADES}/date={day}/{_TRADES}.parquet"
        there = [curated_file(zones, path)] if path in state.files.get(_TRADES, {}) else []
        found = _sums(there, CURATED[_TRADES])
        if found != known.current:
            faults.append(f"curated/{path} holds {found.to_json()}, the books say {known.current.to_json()}; {way_out}")
    return faults


def _strangers(zones: Zones, entries: Iterable[Entry], state: CuratedState, merged: MergedFiles) -> list[str]:
    """Files that no book knows. What a run is writing, or a killed one left, is known: the next run removes it."""
    left = [output for _, outputs in Ledger(zones.ledger).left_behind() for output in outputs]
    outputs = [*(output for entry in entries for output in entry.outputs), *left]
    known = {(output.zone, output.path) for output in outputs if not merged.holds(output)}
    known |= {("processed", path) for path in merged.paths}
    known |= {("curated", path) for files in state.files.values() for path in files}
    return [
        f"{zone}/{stored.path} is in no book, but whoever reads the folder sees it; remove it"
        for zone, storage in (
            ("processed", zones.processed),
            ("quarantine", zones.quarantine),
            ("curated", zones.curated),
        )
        for stored in storage.listed()
        if (zone, stored.path) not in known and not stored.path.startswith(_PASSING)
    ]


def _sums(files: list[Path], dataset: Dataset) -> Totals:
    if not files:
        return Totals()
    columns = ["currency", "quantity_mwh", "amount"]
    return totals_of(pl.scan_parquet(sorted(files), hive_partitioning=False, glob=False).select(columns), dataset)


def _storage(zones: Zones, output: Output) -> Storage:
    return zones.quarantine if output.zone == "quarantine" else zones.processed
