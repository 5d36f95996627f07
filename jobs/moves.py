"""Trades that lie on several market days because a correction moved them, kept with all their versions in the ledger.

They are few, and they are all that a day has to know of other days: which trades it lost, and what came before or after.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from contracts import DELIVERED
from jobs.curated_state import CuratedState
from jobs.curated_tables import scan_processed
from jobs.ledger import Entry, Redo
from jobs.parquet import write_parquet
from jobs.publish import Publication, curated_file
from jobs.zones import Zones
from transforms.newest import VERSION_ORDER, occurs_again, on_several
from transforms.schema import empty_frame

__all__ = ["HASH", "MOVED", "FindVersions", "Near", "bring_moves_up_to_date", "near_files", "versions_of_keys"]

MOVED = "_moved_transactions.parquet"
"""In the ledger: every version of the trades that lie on several market days."""

_TRADES = DELIVERED["transactions"]
_KEY = "transaction_id"
HASH = pl.col(_KEY).hash()
"""Of a key. Two keys may share it, so it only says which need not be looked at."""
_ROWS_PER_PASS = 4_000_000

FindVersions = Callable[[Zones, Sequence[tuple[str, str]], Sequence[Entry]], pl.DataFrame]


def bring_moves_up_to_date(
    zones: Zones,
    state: CuratedState,
    entries: Mapping[str, Entry],
    redos: Sequence[Redo],
    publication: Publication,
    scratch: Path,
    find: "FindVersions",
) -> tuple[pl.DataFrame, set[str]]:
    """All versions of the trades on several dates, and the dates that are touched.

    Touched are the dates of every delivery that is new or was replayed, and those of the versions before and after each of
    its trades. `redos` are the notes on what replayed deliveries were before. `find` is `versions_of_keys`, or what an engine
    has in its place.
    """
    known = set(state.inputs.get(_TRADES.name, []))
    trades = [entry for entry in entries.values() if entry.dataset == _TRADES.name]
    new = [entry for entry in trades if entry.stamp not in known]
    redos = [redo for redo in redos if redo.dataset == _TRADES.name]
    moved = (
        pl.read_parquet(curated_file(zones, MOVED, "ledger"), glob=False)
        if zones.ledger.exists(MOVED) or known
        else None
    )
    touched = {output.date for entry in new for output in entry.processed()}
    touched |= {day for redo in redos for day in redo.dates}
    if not new and not redos and moved is not None:
        return moved, touched
    ranges = [entry.key_range for entry in new if entry.valid.rows]
    ranges += [redo.key_range for redo in redos if redo.key_range != ("", "")]
    is_few = moved is not None and not redos and sum(entry.valid.rows for entry in new) <= _ROWS_PER_PASS
    versions = _versions_of_few(zones, new, trades) if is_few else find(zones, ranges, trades)
    several = on_several(versions, _KEY, "date")
    touched |= _dates_beside(several, [entry.file for entry in new])
    if moved is not None:
        touched |= _dates_beside(moved, [redo.file for redo in redos])
        gone = moved.filter(pl.col("source_file").is_in([redo.file for redo in redos]))
        moved = moved.join(gone, on=_KEY, how="anti")
        several = pl.concat([moved.join(versions.select(_KEY).unique(), on=_KEY, how="anti"), several])
    several = several.sort(_KEY, *VERSION_ORDER)
    target = scratch / "moved.parquet"
    write_parquet(several, target)
    publication.stage("ledger", MOVED, target)
    return several, touched


def versions_of_keys(zones: Zones, ranges: Sequence[tuple[str, str]], entries: Sequence[Entry]) -> pl.DataFrame:
    """Every version of the trades within `ranges` of keys that could lie on several dates, as delivered trades.

    Only keys between the smallest and the largest of them, and only files whose own range touches that, are looked at: of any
    key beyond it the files at hand may lack versions, and a key that is half seen would be moved to the wrong date. A first
    look at hashes leaves the keys that occur on more than one date; the versions returned are compared by key.
    """
    near = near_files(ranges, entries)
    if not near.files:
        return empty_frame(_TRADES)
    scanned = near.scan(zones, near.files)
    passes = -(-near.rows // _ROWS_PER_PASS)
    hashed = scanned.select(HASH.alias("hash"), "date")
    several = []
    for part in range(passes):
        seen = hashed.filter(pl.col("hash") % passes == part) if passes > 1 else hashed
        several.append(_on_several_dates(seen.collect(engine="streaming")))
    candidates = pl.concat(several)
    if candidates.is_empty():
        return empty_frame(_TRADES)
    return scanned.filter(HASH.is_in(candidates.implode())).collect(engine="streaming")


def _versions_of_few(zones: Zones, new: Sequence[Entry], entries: Sequence[Entry]) -> pl.DataFrame:
    """What `versions_of_keys` finds of the keys that new entries deliver, where what others hold was looked at before.

    Other keys lie where they lay, so of a year only its key column is read, and kept of it what is also new; the rows
    themselves are read on the dates of a key that lies on several.
    """
    near = near_files([entry.key_range for entry in new if entry.valid.rows], entries)
    own = near_files([entry.key_range for entry in new if entry.valid.rows], new)
    if not own.files:
        return empty_frame(_TRADES)
    keys = scan_processed(zones, own.files).select(HASH.unique()).collect(engine="streaming").to_series()
    hashed = near.scan(zones, near.files).select(HASH.alias("hash"), "date")
    seen = hashed.filter(pl.col("hash").is_in(keys.implode())).collect(engine="streaming")
    candidates = _on_several_dates(seen)
    if candidates.is_empty():
        return empty_frame(_TRADES)
    days = seen.filter(pl.col("hash").is_in(candidates.implode()))["date"].unique()
    files = {str(day): near.files[str(day)] for day in days.sort()}
    return near.scan(zones, files).filter(HASH.is_in(candidates.implode())).collect(engine="streaming")


@dataclass(frozen=True)
class Near:
    """What is looked at for keys between `low` and `high`: processed files by date, and how many rows they have."""

    low: str
    high: str
    files: dict[str, list[str]]
    rows: int

    def scan(self, zones: Zones, files: Mapping[str, list[str]]) -> pl.LazyFrame:
        """The trades of some of the files whose keys are between."""
        return scan_processed(zones, files).filter(pl.col(_KEY).is_between(pl.lit(self.low), pl.lit(self.high)))


def near_files(ranges: Sequence[tuple[str, str]], entries: Sequence[Entry]) -> Near:
    """The files that may hold versions of the keys within `ranges`."""
    low = min((first for first, _ in ranges), default="")
    high = max((last for _, last in ranges), default="")
    near = [e for e in entries if e.valid.rows and e.key_range[0] <= high and e.key_range[1] >= low]
    files: dict[str, list[str]] = {}
    for entry in near:
        for output in entry.processed():
            files.setdefault(output.date, []).append(output.path)
    return Near(low, high, files, sum(entry.valid.rows for entry in near))


def _dates_beside(versions: pl.DataFrame, files: Sequence[str]) -> set[str]:
    """The dates of the versions that came in the files, and of those just before and after them in the life of a trade.

    Nothing else changes: what a version says of itself needs the next one, and which is first or newest is told by a neighbour.
    """
    ordered = versions.sort(_KEY, *VERSION_ORDER)
    is_new = pl.col("source_file").is_in(list(files))
    beside = [is_new.shift(step, fill_value=False) & (pl.col(_KEY) == pl.col(_KEY).shift(step)) for step in (1, -1)]
    found = ordered.filter(is_new | beside[0].fill_null(False) | beside[1].fill_null(False))
    return {str(day) for day in found["date"].unique()}


def _on_several_dates(seen: pl.DataFrame) -> pl.Series:
    """The hashes that occur on more than one date."""
    dates = seen.filter(occurs_again(seen["hash"])).unique()
    return dates.filter(pl.col("hash").is_duplicated())["hash"].unique()
