"""Compaction: the many small processed files of a date become few of a target size.

A delivery leaves a file of its own on every date it holds, and small deliveries leave small files, which cost every later
reader a request and a footer each. Which outputs are merged depends on the ledger's entries alone, in the order of their
deliveries, so whatever compactions came before, the last one leaves the same files. Rows, their order and their lineage
stay, no entry changes, and nothing becomes due. Each date is published by itself, at once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import xxhash

from jobs.compacted import Member, Merged, all_merged, table_and_day
from jobs.ledger import Entry, Ledger
from jobs.locking import only_run
from jobs.publish import finish
from jobs.raw_to_processed import effective, recover
from jobs.rearrange import ZONES, rearrange
from jobs.zones import Zones

__all__ = ["DEFAULT_TARGET_ROWS", "CompactReport", "Compaction", "compact", "planned"]

DEFAULT_TARGET_ROWS = 1_000_000
"""Some 17 MB of trades: large enough that a request costs little beside the bytes, small enough to be held in memory."""

Progress = Callable[[str, int, int], None]


@dataclass
class Compaction:
    """One table of the processed zone: its files before and after, and the dates whose files changed."""

    files_before: int = 0
    files_after: int = 0
    dates_changed: int = 0


@dataclass
class CompactReport:
    """What a compaction did, by table of the processed zone."""

    tables: dict[str, Compaction] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As `lake compact --json` prints it."""
        return {name: dict(vars(done)) for name, done in sorted(self.tables.items())}


def compact(
    zones: Zones, *, target_rows: int = DEFAULT_TARGET_ROWS, progress: Progress = lambda *_: None
) -> CompactReport:
    """Merges the processed files of every table and date into files of about `target_rows`; 0 takes all merged ones apart.

    Raises `LakeBusyError` where another run holds the lake, and `LedgerImbalanceError`, with the date as it was, where a file
    has not the rows that the ledger says.
    """
    with only_run(zones, "compact"):
        finish(zones, ZONES)
        ledger = Ledger(zones.ledger)
        recover(zones, ledger)
        outputs = _outputs(effective(ledger.entries()).values())
        merged = all_merged(zones)
        report = CompactReport()
        for done, (table, day) in enumerate(keys := sorted({*outputs, *merged})):
            members, old = outputs.get((table, day), []), merged.get((table, day), [])
            wanted = planned(members, target_rows)
            told = report.tables.setdefault(table, Compaction())
            told.files_before += _files(members, old)
            told.files_after += _files(members, wanted)
            progress(f"{table} {day}", done, len(keys))
            told.dates_changed += rearrange(zones, table, day, wanted) if wanted != old else 0
            progress(f"{table} {day}", done + 1, len(keys))
    return report


def planned(members: Iterable[Member], target_rows: int) -> list[Merged]:
    """Which of a date's outputs, in the order of their deliveries, go together.

    Neighbours are put together until they reach the target, and never to more than twice it. Two neighbouring files are
    therefore always larger together than the target: a date has at most 2 × rows ÷ target + 1 of them.
    """
    together: list[list[Member]] = []
    rows = 0
    for member in members:
        if together and rows < target_rows and rows + member.rows <= 2 * target_rows:
            together[-1].append(member)
            rows += member.rows
        else:
            together.append([member])
            rows = member.rows
    return [Merged(_path(group), tuple(group)) for group in together if len(group) > 1]


def _outputs(entries: Iterable[Entry]) -> dict[tuple[str, str], list[Member]]:
    """The processed outputs of each table and date, in the order of deliveries."""
    found: dict[tuple[str, str], list[Member]] = {}
    for entry in sorted(entries, key=lambda e: (e.ingest_date, e.file)):
        for output in entry.outputs:
            if output.zone == "processed":
                members = found.setdefault(table_and_day(output.path), [])
                members.append(Member(output.path, entry.file, output.rows))
    return found


def _files(members: list[Member], merged: list[Merged]) -> int:
    return len(members) - sum(len(one.members) - 1 for one in merged)


def _path(group: list[Member]) -> str:
    """Named by what is in it, beside what it stands for."""
    folder = group[0].path.rpartition("/")[0]
    name = xxhash.xxh3_64_hexdigest("\n".join(member.path for member in group).encode())
    return f"{folder}/merged-{name}.parquet"
