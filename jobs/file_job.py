"""One delivered file through raw-to-processed: read, accounted for, cut by date, written to a scratch folder.

`intake.py` makes the file readable, `file_pass.py` reads it. What is written depends on the file alone: not on what else
is in the lake, nor on how much memory its rows went through.
"""

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from contracts import DELIVERED
from contracts.model import Dataset, Severity
from contracts.source import Source
from jobs.file_pass import Pass, lineage, read_file
from jobs.intake import Prepared, Refused, prepare
from jobs.ledger import Entry, LedgerImbalanceError, Output, file_id
from jobs.parquet import by_day, write_parquets
from jobs.zones import RawFile
from transforms import lines, rules
from transforms.schema import dtype_of
from transforms.split import is_rejected, replaced_records, rule_counts
from transforms.totals import Totals, totals_of, totals_plan

__all__ = ["SUPERSEDED", "Written", "process_file"]

SUPERSEDED = "_superseded"
"""Ending of the processed table that keeps what a later row of the same file replaced.

One file a delivery, its dates inside: such rows are few, and a file for each of their dates would be as costly to write as
the ones that count.
"""


@dataclass(frozen=True)
class Written:
    """A processed file: its ledger entry, and where in the scratch folder each output lies."""

    entry: Entry
    files: dict[Output, Path]


@dataclass(frozen=True)
class _Counts:
    """What a pass found, before anything is written."""

    received: Totals
    rejected: Totals
    reasons: dict[str, int]
    warnings: dict[str, int]


@dataclass
class _Valid:
    """A file's valid rows as they are written: the sums of those that stay and of those a later row replaced."""

    files: dict[Output, Path] = field(default_factory=dict)
    current: Totals = field(default_factory=Totals)
    replaced: Totals = field(default_factory=Totals)
    keys: tuple[str, str] = ("", "")


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
    counts = _counts(passed, contract, source)
    _check_records(raw, prepared, counts)
    _check_limit(raw, counts, source.dataset(raw.dataset).reject_limit, reject_limit)
    identifier = file_id(raw.path, content)
    valid = _write_valid(passed, counts, contract, raw, source, identifier, scratch)
    if counts.rejected.rows:
        output = Output("quarantine", f"{raw.dataset}/{identifier}.parquet", counts.rejected.rows)
        valid.files[output] = passed.quarantine
    _check_written(raw, valid.files)
    entry = Entry(
        file=raw.path,
        dataset=raw.dataset,
        source=raw.source,
        ingest_date=raw.ingest_date,
        content=content,
        size_bytes=local.stat().st_size,
        received=counts.received,
        valid=valid.current,
        rejected=counts.rejected,
        duplicates=valid.replaced,
        reasons=counts.reasons,
        warnings=counts.warnings,
        outputs=tuple(sorted(valid.files)),
        key_range=valid.keys,
    )
    return Written(entry.checked(), valid.files)


def _counts(passed: Pass, contract: Dataset, source: Source) -> _Counts:
    """Sums over every row, and over the rejected ones; how many rows broke which rule."""
    mapping = source.dataset(contract.name)
    typed = pl.concat(passed.buckets)
    rejected = typed.filter(is_rejected(contract, source))
    valid = typed.filter(~is_rejected(contract, source))
    masks = {severity: rules.severity_mask(contract, mapping, severity) for severity in Severity}
    received, bad, reasons, warnings = pl.collect_all(
        [
            totals_plan(typed, contract),
            totals_plan(rejected, contract),
            rule_counts(rejected, contract, masks[Severity.REJECT]),
            rule_counts(valid, contract, masks[Severity.WARN]),
        ]
    )
    return _Counts(totals_of(received, contract), totals_of(bad, contract), _by_code(reasons), _by_code(warnings))


def _write_valid(
    passed: Pass, counts: _Counts, contract: Dataset, raw: RawFile, source: Source, identifier: str, scratch: Path
) -> _Valid:
    """Writes the valid rows bucket after bucket: what counts, and beside it what a later row of the file replaced."""
    buckets = [bucket.filter(~is_rejected(contract, source)) for bucket in passed.buckets]
    if len(buckets) == 1:
        buckets = [buckets[0].collect().lazy()]  # it is in memory anyway, and is looked at twice
    rows = counts.received.rows - counts.rejected.rows
    replaced = replaced_records(pl.concat(buckets), contract, rows)
    written, kept = _Valid(), []
    for bucket in buckets:
        frame = bucket.collect()
        current, earlier = frame, frame.clear()
        if not replaced.is_empty():
            is_replaced = frame[lines.RECORD].is_in(replaced[lines.RECORD].implode())
            current, earlier = frame.filter(~is_replaced), frame.filter(is_replaced)
        written.files |= _write(current, contract, raw, raw.dataset, contract.partition, identifier, scratch)
        written.current += totals_of(current, contract)
        written.keys = _widened(written.keys, frame[contract.key[0]])
        kept.append(earlier)
    earlier = pl.concat(kept)
    written.files |= _write(earlier, contract, raw, raw.dataset + SUPERSEDED, "", identifier, scratch)
    written.replaced = totals_of(earlier, contract)
    return written


def _write(
    frame: pl.DataFrame, contract: Dataset, raw: RawFile, table: str, cut_by: str, identifier: str, scratch: Path
) -> dict[Output, Path]:
    """One Parquet file a value of `cut_by`, or one in all where that is empty; rows in the order of the delivered file."""
    if frame.is_empty():
        return {}
    columns = [pl.col(column.name).cast(dtype_of(column)) for column in contract.columns]
    rows = frame.sort(_place(cut_by)).with_columns(lineage(raw)).select(columns)
    parts = by_day(rows, cut_by) if cut_by else [("", rows)]
    files, frames = {}, {}
    for day, part in parts:
        folder = f"{table}/date={day}" if day else table
        target = scratch / "out" / f"{table}{day}.parquet"
        files[Output("processed", f"{folder}/{identifier}.parquet", part.height, day)] = target
        frames[target] = part.drop(cut_by) if day else part
    write_parquets(frames)
    return files


def _place(cut_by: str) -> pl.Expr:
    """Where a row stands in what is written: date after date, each in the order of the delivered file.

    One number, which sorts in half the time that two columns take.
    """
    record = pl.col(lines.RECORD).cast(pl.Int64)
    if not cut_by:
        return record
    return pl.col(cut_by).to_physical().cast(pl.Int64) * (1 << lines.RECORD_BITS) + record


def _check_records(raw: RawFile, prepared: Prepared, counts: _Counts) -> None:
    """The parser found every record that the file has: the one place where a row could be lost before it is counted."""
    if counts.received.rows != prepared.records:
        raise LedgerImbalanceError(
            f"{raw.path} has {prepared.records} records and {counts.received.rows} were read. Nothing of it was published; "
            f"this is a fault of the lake, please report it with the file."
        )


def _check_limit(raw: RawFile, counts: _Counts, own_limit: float | None, limit: float | None) -> None:
    """The source's own limit stands before the run's; null for the run means that the user accepts anything."""
    rows, rejected = counts.received.rows, counts.rejected.rows
    bound = limit if limit is None or own_limit is None else own_limit
    if bound is not None and rejected > bound * rows:
        most = ", ".join(f"{code} {count}" for code, count in sorted(counts.reasons.items(), key=lambda c: -c[1])[:3])
        raise Refused(
            f"{raw.path}: {rejected} of {rows} rows would be rejected ({rejected / rows:.0%}, the limit is {bound:.0%}; "
            f"mostly {most}). Nothing of it was published; correct the export or its source, or run again with --accept"
        )


def _check_written(raw: RawFile, files: dict[Output, Path]) -> None:
    """What the files say they hold is what was meant to be in them."""
    import pyarrow.parquet  # takes a tenth of a second to load, which a run with nothing due need not wait for

    for output, path in files.items():
        found = pyarrow.parquet.read_metadata(path).num_rows
        if found != output.rows:
            raise LedgerImbalanceError(
                f"{raw.path}: {output.path} holds {found} rows, {output.rows} were written to it"
            )


def _by_code(counts: pl.DataFrame) -> dict[str, int]:
    return {code: count for code, count in counts.row(0, named=True).items() if count} if counts.width else {}


def _widened(keys: tuple[str, str], found: pl.Series) -> tuple[str, str]:
    if found.is_empty():
        return keys
    first, last = str(found.min()), str(found.max())
    return min(keys[0] or first, first), max(keys[1], last)
