"""The lake's books: what was received, what became of it, whether it balances, and what is due."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from contracts.source import Source
from jobs.compacted import all_merged
from jobs.curated_state import CuratedState
from jobs.ledger import Entry, Ledger
from jobs.processed_to_curated import is_due
from jobs.publish import load_state
from jobs.raw_to_processed import due_files, effective
from jobs.reports import FileRefusal
from jobs.zones import Zones
from transforms.totals import Totals

__all__ = ["Account", "DatasetAccount", "account_of"]


@dataclass
class DatasetAccount:
    """One dataset's rows since the lake began. `received` = `current` + `superseded` + `duplicates` + `rejected`.

    `superseded` are valid rows that a newer delivery replaced; they are known after processed-to-curated ran, and for
    providers and clients as rows only.
    """

    files: int = 0
    received: Totals = field(default_factory=Totals)
    valid: Totals = field(default_factory=Totals)
    rejected: Totals = field(default_factory=Totals)
    duplicates: Totals = field(default_factory=Totals)
    current_rows: int = 0
    superseded_rows: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)


@dataclass
class Account:
    """The whole lake: datasets, rows of every curated table, files due and refused, and whether it balances.

    `merged` says by table of the processed zone how many files stand for how many, where files were merged.
    """

    datasets: dict[str, DatasetAccount]
    curated_rows: dict[str, int]
    due: list[str]
    refused: list[FileRefusal]
    is_curated_due: bool
    faults: list[str]
    merged: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def balances(self) -> bool:
        """Whether every row, MWh and cent that came in is accounted for."""
        return not self.faults

    def to_json(self) -> dict[str, Any]:
        """As `lake status --json` prints it."""
        return {
            "datasets": {name: _dataset_json(account) for name, account in self.datasets.items()},
            "curated": self.curated_rows,
            "due": self.due,
            "refused": [{"file": r.file, "why": r.why} for r in self.refused],
            "curated_due": self.is_curated_due,
            "balances": self.balances,
            "faults": self.faults,
            "merged": {table: {"files": files, "of": of} for table, (files, of) in self.merged.items()},
        }


def account_of(zones: Zones, sources: Mapping[str, Source]) -> Account:
    """Reads the books. Nothing is changed and no data file is opened; `verify.py` compares the books with the files."""
    entries = Ledger(zones.ledger).entries()
    state = CuratedState.from_json(load_state(zones))
    due = due_files(zones, entries, sources)
    standing = effective(entries)
    curated_due = is_due(zones)
    datasets: dict[str, DatasetAccount] = {}
    for entry in standing.values():
        _add(datasets.setdefault(entry.dataset, DatasetAccount()), entry)
    if not curated_due:
        for name, account in datasets.items():
            account.current_rows = state.rows(name)
            account.superseded_rows = account.valid.rows - account.current_rows
    return Account(
        datasets=dict(sorted(datasets.items())),
        curated_rows={table: state.rows(table) for table in state.files},
        due=[raw.path for raw, _ in due.files],
        refused=due.refused,
        is_curated_due=curated_due,
        faults=_imbalances(standing, state, curated_due=curated_due),
        merged=_merged(zones),
    )


def _merged(zones: Zones) -> dict[str, tuple[int, int]]:
    counts: dict[str, tuple[int, int]] = {}
    for (table, _), merged in sorted(all_merged(zones).items()):
        files, of = counts.get(table, (0, 0))
        counts[table] = files + len(merged), of + sum(len(one.members) for one in merged)
    return counts


def _imbalances(entries: Mapping[str, Entry], state: CuratedState, *, curated_due: bool) -> list[str]:
    faults = [fault for entry in entries.values() for fault in _entry_faults(entry)]
    if not curated_due:
        published = reduce(Totals.__add__, (e.valid for e in entries.values() if e.dataset == "transactions"), Totals())
        curated = reduce(Totals.__add__, (day.all for day in state.days.values()), Totals())
        if published != curated:
            faults.append(
                f"current + superseded + cancelled trades are {curated.to_json()}, published were {published.to_json()}"
            )
    return faults


def _entry_faults(entry: Entry) -> list[str]:
    """What an entry says twice must be the same: its totals, and the rows of the files it stands for."""
    faults = []
    if entry.received != entry.valid + entry.rejected + entry.duplicates:
        out = entry.valid + entry.rejected + entry.duplicates
        faults.append(
            f"{entry.file}: received {entry.received.to_json()} is not valid + rejected + duplicates {out.to_json()}"
        )
    current = set(entry.processed())
    rows = {"valid": 0, "rejected": 0, "duplicates": 0}
    for output in entry.outputs:
        became = "rejected" if output.zone == "quarantine" else "valid" if output in current else "duplicates"
        rows[became] += output.rows
    for became, count in rows.items():
        counted = getattr(entry, became).rows
        if count != counted:
            faults.append(f"{entry.file}: {counted} rows are {became}, but the entry {entry.id} names files of {count}")
    return faults


def _add(account: DatasetAccount, entry: Entry) -> None:
    account.files += 1
    account.received += entry.received
    account.valid += entry.valid
    account.rejected += entry.rejected
    account.duplicates += entry.duplicates
    for total, counts in ((account.reasons, entry.reasons), (account.warnings, entry.warnings)):
        for code, count in counts.items():
            total[code] = total.get(code, 0) + count


def _dataset_json(account: DatasetAccount) -> dict[str, Any]:
    return {
        "files": account.files,
        "rows_in": account.received.rows,
        "valid": account.valid.rows,
        "rejected": account.rejected.rows,
        "duplicates": account.duplicates.rows,
        "current": account.current_rows,
        "superseded": account.superseded_rows,
        "received": account.received.to_json(),
        "published": account.valid.to_json(),
        "reasons": dict(sorted(account.reasons.items())),
        "warnings": dict(sorted(account.warnings.items())),
    }
