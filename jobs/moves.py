"""Trades that lie on several market days because a correction moved them, kept with all their versions in the ledger.

They are few, and they are all that a day has to know of other days: which trades it lost, and what came before or after.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
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
_EPOCH = date(1970, 1, 1).toordinal()
HASH = pl.col(_KEY).hash()
"""Of a key. Two keys may share it, so it only says which need not be looked at."""
_ROWS_PER_PASS = 4_000_000
_ROWS_AT_ONCE, _FILES_AT_ONCE = 1_000_000, 128
"""What is read in one plan, in which all files are open. With a plan for each date reading keys takes half as long again."""

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
    numbers = _on_several_dates(zones, near)
    first, dates = _dates(near)
    since = {date.fromisoformat(day).toordinal() - first: day for day in near.files}
    days = [since[number] for number in (numbers % dates).unique().sort()]
    return _versions(zones, near, days, (HASH // dates).is_in((numbers // dates).unique().implode()))


def _on_several_dates(zones: Zones, near: Near) -> pl.Series:
    """The numbers of the keys that occur on more than one date: a key's hash, whose last bits say which date it is on.

    So one sort tells which hashes have neighbours of another date. The numbers are laid on disk, and those of all dates are
    sorted a range of them at a time, so that memory does not grow with the rows, and every key is read once.
    """
    passes = -(-near.rows // _ROWS_PER_PASS)
    first, dates = _dates(near)
    # between two hashes: within one, dates on either side of it would each be alone
    edges = [(1 << 64) * part // passes // dates * dates for part in range(passes + 1)]
    since = (pl.col("date").to_physical() + (_EPOCH - first)).cast(pl.UInt64)
    number = (HASH // dates * dates + since).alias("number")
    with tempfile.TemporaryDirectory(prefix="energy-lake-") as folder:
        laid: list[Path] = []
        for part in _parts(near, near.files):
            laid.append(Path(folder) / f"{len(laid)}.arrow")
            near.scan(zones, part).select(number).collect(engine="streaming").write_ipc(laid[-1])
        return pl.concat([_in_several(laid, low, beyond - 1, dates) for low, beyond in pairwise(edges)])


def _in_several(laid: Sequence[Path], low: int, high: int, dates: int) -> pl.Series:
    """Of the numbers between the two those whose hash another date has as well."""
    numbers = (pl.read_ipc(file)["number"] for file in laid)
    ordered = pl.concat([part.filter(part.is_between(low, high)) for part in numbers]).sort()
    hashes = ordered // dates
    is_again = (hashes == hashes.shift()) & (ordered != ordered.shift())
    return ordered.filter(is_again | is_again.shift(-1))


def _dates(near: Near) -> tuple[int, int]:
    """The first date, as an ordinal, and a power of two that is above the number of days to the last."""
    first, last = (date.fromisoformat(day).toordinal() for day in (min(near.files), max(near.files)))
    return first, 1 << (last - first).bit_length()


def _parts(near: Near, days: Iterable[str]) -> Iterator[dict[str, list[str]]]:
    """The files of some dates, in the order of dates, so many at a time as are read in one plan."""
    every = [(day, path) for day in days for path in near.files[day]]
    rows_per_file = max(1, near.rows // sum(map(len, near.files.values())))
    size = min(_FILES_AT_ONCE, max(1, _ROWS_AT_ONCE // rows_per_file))
    for start in range(0, len(every), size):
        part: dict[str, list[str]] = {}
        for day, path in every[start : start + size]:
            part.setdefault(day, []).append(path)
        yield part


def _versions(zones: Zones, near: Near, days: Iterable[str], is_wanted: pl.Expr) -> pl.DataFrame:
    """The versions of the wanted keys on these dates."""
    found = [near.scan(zones, part).filter(is_wanted).collect() for part in _parts(near, days)]
    return pl.concat([empty_frame(_TRADES), *found])


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
    days = [str(day) for day in several["date"].unique().sort()]
    return _versions(zones, near, days, HASH.is_in(several["hash"].unique().implode()))


def _hashes(zones: Zones, near: Near, condition: pl.Expr) -> pl.DataFrame:
    """`hash` and `date` of the keys that meet the condition."""
    keys = (near.scan(zones, part).select(HASH.alias("hash"), "date") for part in _parts(near, near.files))
    return pl.concat([of_part.filter(condition).collect(engine="streaming") for of_part in keys])


def _dates_beside(versions: pl.DataFrame, files: Sequence[str]) -> set[str]:
    """The dates of the versions that came in the files, and of those just before and after them in the life of a trade.

    Nothing else changes: what a version says of itself needs the next one, and which is first or newest is told by a neighbour.
    """
    ordered = versions.sort(_KEY, *VERSION_ORDER)
    is_new = pl.col("source_file").is_in(list(files))
    beside = [is_new.shift(step, fill_value=False) & (pl.col(_KEY) == pl.col(_KEY).shift(step)) for step in (1, -1)]
    found = ordered.filter(is_new | beside[0].fill_null(False) | beside[1].fill_null(False))
    return {str(day) for day in found["date"].unique()}
