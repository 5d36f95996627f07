"""One delivered file through raw-to-processed: read, accounted for, cut by date, written to a scratch folder.

`intake.py` makes the file readable, `file_pass.py` reads it, `file_write.py` writes its valid rows. What is written depends
on the file alone: not on what else is in the lake, nor on how much memory its rows went through.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from contracts import DELIVERED
from contracts.model import Dataset, Severity
from contracts.source import Source
from jobs.file_pass import Pass, read_file
from jobs.file_write import SUPERSEDED, Target, Valid, write_valid
from jobs.intake import Refused, prepare
from jobs.ledger import Entry, LedgerImbalanceError, Output, file_id
from jobs.parquet import stored_rows
from jobs.zones import RawFile
from transforms import rules
from transforms.packed import unpacked
from transforms.split import is_rejected, rule_counts
from transforms.totals import Totals, totals_of, totals_plan

__all__ = [
    "SUPERSEDED",
    "Counts",
    "Written",
    "check_limit",
    "check_records",
    "check_written",
    "counts_of",
    "entry_of",
    "process_file",
    "quarantined",
]


@dataclass(frozen=True)
class Written:
    """A processed file: its ledger entry, and where in the scratch folder each output lies."""

    entry: Entry
    files: dict[Output, Path]


@dataclass(frozen=True)
class Counts:
    """What a pass over a file, or a piece of one, found before anything is written."""

    received: Totals
    rejected: Totals
    reasons: dict[str, int]
    warnings: dict[str, int]

    def __add__(self, other: "Counts") -> "Counts":
        """Those of two pieces."""
        return Counts(
            self.received + other.received,
            self.rejected + other.rejected,
            _added(self.reasons, other.reasons),
            _added(self.warnings, other.warnings),
        )


def process_file(
    raw: RawFile, local: Path, content: str, source: Source, scratch: Path, reject_limit: float | None
) -> Written:
    """Processes the delivered file at `local`, writing only below `scratch`.

    `reject_limit` is the largest share of rejected rows that is published, or null for any. Raises `Refused` where nothing
    of the file can be taken, and `LedgerImbalanceError` where rows or sums went astray.
    """
    contract = DELIVERED[raw.dataset]
    prepared = prepare(local, raw.path, raw.dataset, source, scratch)
    passed = read_file(prepared, raw, contract, source, scratch)
    counts = counts_of(passed, contract, source)
    check_records(raw, prepared.records, counts)
    check_limit(raw, counts, source, reject_limit)
    identifier = file_id(raw.path, content)
    target = Target(raw, contract, source, identifier, scratch)
    valid = write_valid(passed.buckets, counts.received.rows - counts.rejected.rows, target)
    if counts.rejected.rows:
        valid.files[quarantined(raw, identifier, counts)] = passed.quarantine
    check_written(raw, valid.files)
    return Written(entry_of(raw, content, local.stat().st_size, counts, valid), valid.files)


def entry_of(raw: RawFile, content: str, size_bytes: int, counts: Counts, valid: Valid) -> Entry:
    """The file's ledger entry. Raises `LedgerImbalanceError` where in is not out."""
    entry = Entry(
        file=raw.path,
        dataset=raw.dataset,
        source=raw.source,
        ingest_date=raw.ingest_date,
        content=content,
        size_bytes=size_bytes,
        received=counts.received,
        valid=valid.current,
        rejected=counts.rejected,
        duplicates=valid.replaced,
        reasons=counts.reasons,
        warnings=counts.warnings,
        outputs=tuple(sorted(valid.files)),
        key_range=valid.keys,
    )
    return entry.checked()


def quarantined(raw: RawFile, identifier: str, counts: Counts) -> Output:
    """Where a file's rejected rows go."""
    return Output("quarantine", f"{raw.dataset}/{identifier}.parquet", counts.rejected.rows)


def counts_of(passed: Pass, contract: Dataset, source: Source) -> Counts:
    """Sums over every row, and over the rejected ones; how many rows broke which rule.

    Rows are added up by mask and currency first, of which there are few.
    """
    mapping = source.dataset(contract.name)
    masks = {severity: rules.severity_mask(contract, mapping, severity) for severity in Severity}
    typed = pl.concat(passed.buckets).select(rules.BROKEN, *unpacked(contract))
    groups = totals_plan(typed, contract, rules.BROKEN).collect()
    rejected, valid = groups.filter(is_rejected(contract, source)), groups.filter(~is_rejected(contract, source))
    return Counts(
        totals_of(groups, contract),
        totals_of(rejected, contract),
        rule_counts(rejected, contract, masks[Severity.REJECT]),
        rule_counts(valid, contract, masks[Severity.WARN]),
    )


def check_records(raw: RawFile, records: int, counts: Counts) -> None:
    """The parser found every record that the file has: the one place where a row could be lost before it is counted."""
    if counts.received.rows != records:
        raise LedgerImbalanceError(
            f"{raw.path} has {records} records and {counts.received.rows} were read. Nothing of it was published; "
            f"this is a fault of the lake, please report it with the file."
        )


def check_limit(raw: RawFile, counts: Counts, source: Source, limit: float | None) -> None:
    """The source's own limit stands before the run's; null for the run means that the user accepts anything."""
    rows, rejected = counts.received.rows, counts.rejected.rows
    own_limit = source.dataset(raw.dataset).reject_limit
    bound = limit if limit is None or own_limit is None else own_limit
    if bound is not None and rejected > bound * rows:
        most = ", ".join(
            f"{code} {count}" for code, count in sorted(counts.reasons.items(), key=lambda c: (-c[1], c[0]))[:3]
        )
        raise Refused(
            f"{raw.path}: {rejected} of {rows} rows would be rejected ({rejected / rows:.0%}, the limit is {bound:.0%}; "
            f"mostly {most}). Nothing of it was published; correct the export or its source, or run again with --accept"
        )


def check_written(raw: RawFile, files: dict[Output, Path]) -> None:
    """What the files say they hold is what was meant to be in them. Raises `LedgerImbalanceError`."""
    for (output, _), found in zip(files.items(), stored_rows(list(files.values())), strict=True):
        if found != output.rows:
            raise LedgerImbalanceError(
                f"{raw.path}: {output.path} holds {found} rows, {output.rows} were written to it"
            )


def _added(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {code: one.get(code, 0) + other.get(code, 0) for code in {**one, **other}}
