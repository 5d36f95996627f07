"""Merges processed files of a date and takes merged ones apart again, at once (`publish.py`), whatever kills the run.

The bytes of a processed file depend on its rows and its contract alone, so what is taken apart is byte for byte what was merged.
"""

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from contracts import DELIVERED
from jobs.compacted import Member, Merged, merged_in, note_path, noted, notes_of, table_and_day
from jobs.file_write import SUPERSEDED
from jobs.ledger import Entry, LedgerImbalanceError
from jobs.parquet import write_parquet, write_parquets
from jobs.publish import Publication, finish, is_publishing, zones_publishing
from jobs.zones import RawFile, Zones
from transforms.packed import word_type

__all__ = ["ZONES", "finish_rearranging", "rearrange", "release", "release_rivals"]

_ONE_THROUGHOUT = ("source", "source_file")
"""Texts that all rows of a delivery share."""
ZONES = ("ledger", "processed")
"""Where a rearrangement stages and moves."""


def rearrange(zones: Zones, table: str, day: str, wanted: Sequence[Merged]) -> bool:
    """Makes `wanted` the merged files of a table's date; every other output lies in a file of its own afterwards.

    Whether anything changed. Nothing may be half published (`finish`), and the caller holds the lake. Raises
    `LedgerImbalanceError`, with nothing changed, where a file has not the rows that the ledger says.
    """
    old = merged_in(zones, table, day)
    if list(wanted) == old:
        return False
    gone, made = ([one for one in a if one not in b] for a, b in ((old, wanted), (wanted, old)))
    members = {member for one in made for member in one.members}
    alone = [member for one in gone for member in one.members if member not in members]
    rows = _Rows(zones, gone)
    alone = [member for member in alone if rows.is_inside(member)]
    publication = Publication(zones)
    scratch = Path(tempfile.mkdtemp(prefix="energy-lake-"))
    try:
        target = scratch / "out.parquet"
        for one in made:
            write_parquet(pl.concat([rows.of(member) for member in one.members]), target)
            publication.stage("processed", one.path, target)
        for member in alone:
            write_parquets({target: _as_first_held(rows.of(member), table)}, lists_are_fixed=True)
            publication.stage("processed", member.path, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    left = {one.path for one in gone} | {member.path for member in members if not rows.is_inside(member)}
    for path in sorted(left - {one.path for one in made}):
        publication.remove("processed", path)
    if wanted:
        publication.stage("ledger", note_path(table, day), noted(wanted))
    else:
        publication.remove("ledger", note_path(table, day))
    publication.commit(None)
    return True


def release(zones: Zones, entries: Iterable[Entry]) -> None:
    """Sees to it that no output of these entries lies in a merged file, before it is replaced or removed.

    The caller holds the lake.
    """
    paths = {output.path for entry in entries for output in entry.outputs if output.zone == "processed"}
    days = {table_and_day(path) for path in paths}
    notes = {
        stored.path for table in sorted({table for table, _ in days}) for stored in zones.ledger.listed(notes_of(table))
    }
    for table, day in sorted(days):
        if note_path(table, day) in notes:
            if is_publishing(zones):
                finish(zones, ZONES)
            merged = merged_in(zones, table, day)
            kept = [one for one in merged if not paths & {member.path for member in one.members}]
            rearrange(zones, table, day, kept)


def release_rivals(zones: Zones, due: Iterable[tuple[RawFile, int]], entries: Iterable[Entry]) -> None:
    """Releases the outputs of deliveries that one of the due files, with their sizes, may turn into mere repeats.

    Only an earlier delivery does that, and only one of the same size. It is done before the first file is taken: engines take
    many at once, and the notes on one date can be changed by one at a time.
    """
    first: dict[tuple[str, str, int], tuple[date, str]] = {}
    for raw, size in due:
        key, place = (raw.dataset, raw.source, size), (raw.ingest_date, raw.path)
        first[key] = min(first.get(key, place), place)
    rivals = []
    for entry in entries:
        earliest = first.get((entry.dataset, entry.source, entry.size_bytes))
        if earliest and earliest < (entry.ingest_date, entry.file):
            rivals.append(entry)
    release(zones, rivals)


def finish_rearranging(zones: Zones) -> None:
    """Completes what a killed compaction committed, and leaves to its own job what any other run did."""
    moving = zones_publishing(zones)
    if moving and moving <= set(ZONES):
        finish(zones, ZONES)


def _as_first_held(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """The rows of one delivery as `file_write.py` had them when it wrote them: which words a file lists is part of its bytes."""
    contract = DELIVERED[table.removesuffix(SUPERSEDED)]
    held = {
        column.name: word_type(column) for column in contract.columns if column.name in rows.columns and column.allowed
    } | {name: pl.Enum(rows[name].head(1)) for name in _ONE_THROUGHOUT}
    return rows.with_columns(pl.col(name).cast(dtype) for name, dtype in held.items())


class _Rows:
    """The rows of outputs, some of which lie inside of merged files. Each merged file is read once.

    An output that has a file of its own all the same was taken in anew, after its ledger entry was removed by hand: the file
    is what counts.
    """

    def __init__(self, zones: Zones, merged: Iterable[Merged]) -> None:
        self._zones = zones
        self._inside = {
            member.path: one for one in merged for member in one.members if not zones.processed.exists(member.path)
        }
        self._last: tuple[str, pl.DataFrame] | None = None

    def is_inside(self, member: Member) -> bool:
        """Whether the output has no file of its own."""
        return member.path in self._inside

    def of(self, member: Member) -> pl.DataFrame:
        """The rows of an output, in their order."""
        one = self._inside.get(member.path)
        if one is None:
            return self._read(member.path, member.rows)
        if self._last is None or self._last[0] != one.path:
            self._last = None
            self._last = one.path, self._read(one.path, one.rows)
        first = sum(other.rows for other in one.members[: one.members.index(member)])
        return self._last[1].slice(first, member.rows)

    def _read(self, path: str, rows: int) -> pl.DataFrame:
        way_out = "`lake status --verify` says how to mend it"
        try:
            file = self._zones.processed.local(path)
        except FileNotFoundError as error:
            raise LedgerImbalanceError(f"{error}, but the ledger says it is part of the lake; {way_out}") from error
        frame = pl.read_parquet(file, hive_partitioning=False, glob=False)
        if frame.height != rows:
            raise LedgerImbalanceError(
                f"processed/{path} holds {frame.height} rows, the books say {rows}; nothing was changed, {way_out}"
            )
        return frame
