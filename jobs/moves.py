"""Trades that lie on several market days because a correction moved them, kept with all their versions in the ledger.

They are few, and they are all that a day has to know of other days: which trades it lost, and what came before or after.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import polars as pl

from contracts import DELIVERED
from jobs.curated_state import CuratedState
from jobs.curated_tables import scan_processed
from jobs.ledger import Entry, Redo
from jobs.parquet import write_parquet
from jobs.publish import Publication, curated_file
from jobs.zones import Zones
from transforms.newest import VERSION_ORDER, on_several
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


@dataclass(frozen=True)
class Near:
    """What is looked at for keys between `low` and `high`: processed files by date, and how many rows they have.

    `is_whole`: none of the files has a key beyond them.
    """

    low: str
    high: str
    files: dict[str, list[str]]
    rows: int
    is_whole: bool

    def scan(self, zones: Zones, files: Mapping[str, list[str]]) -> pl.LazyFrame:
        """The trades of some of the files whose keys are between."""
        scanned = scan_processed(zones, files)
        if self.is_whole:
            return scanned
        return scanned.filter(pl.col(_KEY).is_between(pl.lit(self.low), pl.lit(self.high)))


def near_files(ranges: Sequence[tuple[str, str]], entries: Sequence[Entry]) -> Near:
    """The files that may hold versions of the keys within `ranges`."""
    low = min((first for first, _ in ranges), default="")
    high = max((last for _, last in ranges), default="")
    near = [e for e in entries if e.valid.rows and e.key_range[0] <= high and e.key_range[1] >= low]
    files: dict[str, list[str]] = {}
    for entry in near:
        for output in entry.processed():
            files.setdefault(output.date, []).append(output.path)
    is_whole = all(low <= entry.key_range[0] and entry.key_range[1] <= high for entry in near)
    return Near(low, high, files, sum(entry.valid.rows for entry in near), is_whole)


def versions_of_keys(zones: Zones, ranges: Sequence[tuple[str, str]], entries: Sequence[Entry]) -> pl.DataFrame:
    """Every version of the trades within `ranges` of keys that could lie on several dates, as delivered trades.

    Only keys between the smallest and the largest of them, and only files whose own range touches that, are looked at: of any
    key beyond it the files at hand may lack versions, and a key that is half seen would be moved to the wrong date. A first
    look at hashes leaves the keys that occur on more than one date; the versions returned are compared by key.
    """
    near = near_files(ranges, entries)
    if not near.files:
        return empty_frame(_TRADES)
    return _versions(zones, near, near.files, _on_several_dates(zones, near))


def _on_several_dates(zones: Zones, near: Near) -> pl.Series:
    """The hashes of the keys that occur on more than one date.

    The hashes of each date are laid on disk, and those of all dates are compared a range of them at a time, so that memory does
    not grow with the rows, and every key is read once.
    """
    passes = -(-near.rows // _ROWS_PER_PASS)
    edges = [(1 << 64) * part // passes for part in range(passes + 1)]
    with tempfile.TemporaryDirectory(prefix="energy-lake-") as folder:
        files = [Path(folder) / f"{day}.arrow" for day in near.files]
        for file, (day, paths) in zip(files, near.files.items(), strict=True):
            near.scan(zones, {day: paths}).select(HASH.alias("hash")).collect().write_ipc(file)
        return pl.concat([_in_several(files, low, beyond - 1) for low, beyond in pairwise(edges)])


def _in_several(files: Sequence[Path], low: int, high: int) -> pl.Series:
    """The hashes between the two that are in more than one of the files. Most occur once, and sorting them tells which."""
    of_days = [hashes.filter(hashes.is_between(low, high)) for hashes in (pl.read_ipc(file)["hash"] for file in files)]
    again = _repeated(pl.concat(of_days))
    if again.is_empty():
        return again
    return _repeated(pl.concat([hashes.filter(hashes.is_in(again.implode())).unique() for hashes in of_days]))


def _repeated(hashes: pl.Series) -> pl.Series:
    ordered = hashes.sort()
    return ordered.filter(ordered == ordered.shift()).unique()


def _versions(zones: Zones, near: Near, files: Mapping[str, list[str]], hashes: pl.Series) -> pl.DataFrame:
    """The versions of the keys with these hashes, a date at a time: in one plan, hundreds of files would be open at once."""
    if hashes.is_empty():
        return empty_frame(_TRADES)
    wanted = HASH.is_in(hashes.implode())
    return pl.concat([near.scan(zones, {day: paths}).filter(wanted).collect() for day, paths in files.items()])


def _versions_of_few(zones: Zones, new: Sequence[Entry], entries: Sequence[Entry]) -> pl.DataFrame:
    """What `versions_of_keys` finds of the keys that new entries deliver, where what others hold was looked at before.

    Other keys lie where they lay, so of a year only its key column is read, and kept of it what is also new; the rows
    themselves are read on the dates of a key that lies on several.
    """
    near = near_files([entry.key_range for entry in new if entry.valid.rows], entries)
    own = near_files([entry.key_range for entry in new if entry.valid.rows], new)
    if not own.files:
        return empty_frame(_TRADES)
    keys = _hashes(zones, own, pl.lit(True))["hash"].unique().implode()
    seen = _hashes(zones, near, pl.col("hash").is_in(keys)).unique()
    several = seen.filter(pl.col("hash").is_duplicated())
    files = {str(day): near.files[str(day)] for day in several["date"].unique().sort()}
    return _versions(zones, near, files, several["hash"].unique())


def _hashes(zones: Zones, near: Near, condition: pl.Expr) -> pl.DataFrame:
    """`hash` and `date` of the keys that meet the condition, a date at a time."""
    keys = (near.scan(zones, {day: paths}).select(HASH.alias("hash"), "date") for day, paths in near.files.items())
    return pl.concat([of_day.filter(condition).collect() for of_day in keys])


def _dates_beside(versions: pl.DataFrame, files: Sequence[str]) -> set[str]:
    """The dates of the versions that came in the files, and of those just before and after them in the life of a trade.

    Nothing else changes: what a version says of itself needs the next one, and which is first or newest is told by a neighbour.
    """
    ordered = versions.sort(_KEY, *VERSION_ORDER)
    is_new = pl.col("source_file").is_in(list(files))
    beside = [is_new.shift(step, fill_value=False) & (pl.col(_KEY) == pl.col(_KEY).shift(step)) for step in (1, -1)]
    found = ordered.filter(is_new | beside[0].fill_null(False) | beside[1].fill_null(False))
    return {str(day) for day in found["date"].unique()}
