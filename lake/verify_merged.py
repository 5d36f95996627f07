"""What `verify.py` has to know of processed files that a compaction merged: are they there, and whose rows do they hold."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from contracts import DELIVERED
from jobs.compacted import Member, Merged, all_merged, note_path, table_and_day
from jobs.ledger import Entry, Output
from jobs.storage import Storage
from jobs.zones import Zones
from transforms.totals import Totals, totals_by

__all__ = ["MergedFiles", "file_faults", "rows_faults"]

_TRADES = DELIVERED["transactions"]


class MergedFiles:
    """The merged files of a lake. Sums of trades are read once a file, for all deliveries in it."""

    def __init__(self, zones: Zones) -> None:
        self._zones = zones
        self._merged = [one for merged in all_merged(zones).values() for one in merged]
        self._of = {member.path: (one, member) for one in self._merged for member in one.members}
        self._faulty: set[str] = set()
        self._sums: dict[str, dict[str, Totals]] = {}

    @property
    def paths(self) -> set[str]:
        """Where they lie in the processed zone."""
        return {one.path for one in self._merged}

    def holds(self, output: Output) -> bool:
        """Whether the output has no file of its own."""
        return output.zone == "processed" and output.path in self._of

    def is_faulty(self, output: Output) -> bool:
        """Whether the output lies in a file that has a fault already, so that there is nothing to say of its sums."""
        return self.holds(output) and self._of[output.path][0].path in self._faulty

    def sums(self, output: Output) -> Totals:
        """Rows, energy and money of a held output of trades, as the file has them."""
        one, member = self._of[output.path]
        if one.path not in self._sums:
            columns = ["source_file", "currency", "quantity_mwh", "amount"]
            file = self._zones.processed.local(one.path)
            rows = pl.read_parquet(file, columns=columns, hive_partitioning=False, glob=False)
            self._sums[one.path] = totals_by(rows, "source_file", _TRADES)
        return self._sums[one.path].get(member.source_file, Totals())

    def faults(self, entries: Iterable[Entry]) -> list[str]:
        """What is wrong with the files and with the notes on them. Asked for first: `is_faulty` goes by it."""
        told = {
            output.path: Member(output.path, entry.file, output.rows) for entry in entries for output in entry.outputs
        }
        faults = []
        for one in self._merged:
            found = file_faults(
                self._zones.processed,
                one.path,
                f"processed/{one.path}",
                one.rows,
                f"remove {_note_on(one)} and verify again",
            )
            found += [
                f"{_note_on(one)} says that {member.rows} rows of {member.source_file} are merged, which no ledger "
                f"entry says; run `lake compact --apart`, then verify again"
                for member in one.members
                if told.get(member.path) != member
            ]
            if found:
                self._faulty.add(one.path)
            faults += found
        return faults


def file_faults(storage: Storage, path: str, name: str, rows: int, way_out: str) -> list[str]:
    """Whether a file of the lake is there, with its rows."""
    if not storage.exists(path):
        return [f"{name} is gone; {way_out}"]
    return rows_faults(storage.local(path), name, rows, way_out)


def rows_faults(file: Path, name: str, rows: int, way_out: str) -> list[str]:
    """Whether a file has as many rows as the books say."""
    try:
        found = pq.read_metadata(file).num_rows
    except pa.ArrowException as error:
        return [f"{name} cannot be read ({str(error).splitlines()[0]}); {way_out}"]
    return [f"{name} holds {found} rows, the books say {rows}; {way_out}"] if found != rows else []


def _note_on(one: Merged) -> str:
    return f"ledger/{note_path(*table_and_day(one.path))}"
