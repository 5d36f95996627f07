"""One delivered file through raw-to-processed: read, typed, checked, split, written to a scratch folder, accounted for.

A file is read once, in a stream. A small file's valid rows stay in memory; a large one's go to scratch in buckets of
dates, because writing hundreds of partitions straight from unsorted rows would cut every batch into slivers. What is
written is the same bytes either way.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow.parquet

from contracts import DELIVERED
from contracts.model import Dataset, Severity
from contracts.source import Source
from jobs.intake import Prepared, Refused, prepare
from jobs.ledger import Entry, LedgerImbalanceError, Output, file_id
from jobs.zones import RawFile
from transforms import lines, rules
from transforms.normalise import OVERFLOW, normalise
from transforms.schema import dtype_of, file_columns
from transforms.split import Split, replaced_records, rule_counts, split
from transforms.text import RAW
from transforms.totals import Totals, totals_of, totals_plan

__all__ = ["SUPERSEDED", "Written", "process_file"]

SUPERSEDED = "_superseded"
"""Ending of the processed table that keeps what a later row of the same file replaced."""

_IN_MEMORY_BYTES = 128 << 20
"""Text of up to this size is held typed in memory (about twice its size); more goes through scratch buckets."""
_BUCKET_BYTES = 96 << 20
_QUARANTINE_ROW_GROUP = 20_000
"""Small row groups: a rejected row that waits in a buffer pins the whole piece of text it was read from."""


@dataclass(frozen=True)
class Written:
    """A processed file: its ledger entry, and where in the scratch folder each output lies."""

    entry: Entry
    files: dict[Output, Path]


@dataclass(frozen=True)
class _Parsed:
    """What one pass over a file gave: its valid rows in buckets, and everything that is counted."""

    buckets: list[pl.LazyFrame]
    received: Totals
    rejected: Totals
    reasons: dict[str, int]
    warnings: dict[str, int]


def process_file(
    raw: RawFile, local: Path, content: str, source: Source, scratch: Path, reject_limit: float | None
) -> Written:
    """Processes the delivered file at `local`, writing only below `scratch`.

    `reject_limit` is the largest share of rejected rows that is published, or null for any. Raises `Refused` where nothing
    of the file can be taken, and `LedgerImbalanceError` where rows or sums went astray.
    """
    contract = DELIVERED[raw.dataset]
    prepared = prepare(local, raw.path, raw.dataset, source, scratch)
    quarantine = scratch / "quarantine.parquet"
    parsed = _parse(prepared, raw, contract, source, quarantine)
    _check_limit(raw, parsed, source.dataset(raw.dataset).reject_limit, reject_limit)
    identifier = file_id(raw.path, content)
    rows = parsed.received.rows - parsed.rejected.rows
    replaced = replaced_records(pl.concat(parsed.buckets), contract, rows)
    files: dict[Output, Path] = {}
    valid = duplicates = Totals()
    low = high = ""
    for bucket in parsed.buckets:
        frame = bucket.collect()
        is_replaced = frame[lines.RECORD].is_in(replaced[lines.RECORD].implode())
        current, earlier = frame.filter(~is_replaced), frame.filter(is_replaced)
        files |= _write(current, contract, raw, raw.dataset, identifier, scratch)
        files |= _write(earlier, contract, raw, raw.dataset + SUPERSEDED, identifier, scratch)
        valid += totals_of(current, contract)
        duplicates += totals_of(earlier, contract)
        low, high = _widened(low, high, frame[contract.key[0]])
    if parsed.rejected.rows:
        files[Output("quarantine", f"{raw.dataset}/{identifier}.parquet", parsed.rejected.rows)] = quarantine
    _check_written(raw, files)
    entry = Entry(
        file=raw.path,
        dataset=raw.dataset,
        source=raw.source,
        ingest_date=raw.ingest_date,
        content=content,
        size_bytes=local.stat().st_size,
        received=parsed.received,
        valid=valid,
        rejected=parsed.rejected,
        duplicates=duplicates,
        reasons=parsed.reasons,
        warnings=parsed.warnings,
        outputs=tuple(sorted(files)),
        key_range=(low, high),
    )
    return Written(entry.checked(), files)


def _parse(prepared: Prepared, raw: RawFile, contract: Dataset, source: Source, quarantine: Path) -> _Parsed:
    """Streams the file once: valid rows to memory or to buckets, rejected ones to `quarantine`, sums beside them."""
    frame = normalise(_scan(prepared), contract, source, prepared.header)
    parts = split(frame, contract, source, prepared.header)
    mapping = source.dataset(contract.name)
    masks = [rules.severity_mask(contract, mapping, severity) for severity in (Severity.REJECT, Severity.WARN)]
    plans = [
        totals_plan(frame, contract),
        totals_plan(parts.rejected, contract),
        rule_counts(parts.rejected, contract, masks[0]),
        rule_counts(parts.valid, contract, masks[1]),
        _quarantine_sink(parts, prepared, raw, quarantine),
    ]
    buckets = -(-prepared.text_bytes // _BUCKET_BYTES) if prepared.text_bytes > _IN_MEMORY_BYTES else 1
    valid = parts.valid.drop(rules.BROKEN)
    if buckets > 1 and contract.partition:
        folder = quarantine.parent / "buckets"
        plans.append(_bucket_sink(valid, contract, folder, buckets))
        received, rejected, reasons, warnings, *_ = pl.collect_all(plans, engine="streaming")
        held = [pl.scan_ipc(file) for file in sorted(folder.rglob("*.arrow"))]
    else:
        received, rejected, reasons, warnings, _, rows = pl.collect_all([*plans, valid], engine="streaming")
        held = [rows.lazy()]
    return _Parsed(
        buckets=held or [valid.clear().lazy()],
        received=totals_of(received, contract),
        rejected=totals_of(rejected, contract),
        reasons=_counted(reasons),
        warnings=_counted(warnings),
    )


def _scan(prepared: Prepared) -> pl.LazyFrame:
    """Every record as text. Lines that are too long or too short for the header are kept for the rules to find."""
    schema = {RAW + name: pl.String for name in prepared.header} | {OVERFLOW: pl.String}
    scanned = pl.scan_csv(
        prepared.path,
        has_header=False,
        skip_lines=prepared.skip_lines,
        separator=prepared.delimiter,
        quote_char=prepared.quote,
        schema=schema,
        missing_columns="insert",
        truncate_ragged_lines=True,
        row_index_name=lines.RECORD,
        glob=False,
    )
    return (
        scanned.filter(~lines.is_continuation(pl.col(RAW + prepared.header[0])))
        if prepared.has_continuations
        else scanned
    )


def _quarantine_sink(parts: Split, prepared: Prepared, raw: RawFile, target: Path) -> pl.LazyFrame:
    """Rejected rows in the quarantine's contract. What a marker line stands for gets its own text back."""
    rows = parts.rejected.select(lines.RECORD, "reasons", "raw")
    if prepared.broken.height:
        broken = prepared.broken.lazy().select(
            lines.RECORD, pl.struct(pl.col(lines.LINE).alias("line")).struct.json_encode().alias("_line")
        )
        rows = rows.join(broken, on=lines.RECORD, how="left", maintain_order="left")
        rows = rows.with_columns(pl.coalesce("_line", "raw").alias("raw"))
    return rows.select(*_lineage(raw), "reasons", "raw").sink_parquet(
        target, row_group_size=_QUARANTINE_ROW_GROUP, maintain_order=True, lazy=True
    )


def _bucket_sink(valid: pl.LazyFrame, contract: Dataset, folder: Path, buckets: int) -> pl.LazyFrame:
    bucket = pl.col(contract.partition).to_physical() % buckets
    return valid.with_columns(bucket.alias("_bucket")).sink_ipc(
        pl.PartitionBy(folder, key="_bucket", include_key=False, approximate_bytes_per_file=None),
        mkdir=True,
        maintain_order=True,
        lazy=True,
    )


def _write(
    frame: pl.DataFrame, contract: Dataset, raw: RawFile, table: str, identifier: str, scratch: Path
) -> dict[Output, Path]:
    """One Parquet file a date, rows in the order of the delivered file."""
    if frame.is_empty():
        return {}
    rows = frame.with_columns(_lineage(raw)).sort(lines.RECORD)
    columns = [pl.col(c.name).cast(dtype_of(c)) for c in contract.columns if c.name in file_columns(contract)]
    if not contract.partition:
        return _write_one(rows.select(columns), table, "", identifier, scratch)
    files: dict[Output, Path] = {}
    for (day,), part in rows.partition_by(contract.partition, as_dict=True, maintain_order=True).items():
        files |= _write_one(part.select(columns), table, str(day), identifier, scratch)
    return files


def _write_one(part: pl.DataFrame, table: str, day: str, identifier: str, scratch: Path) -> dict[Output, Path]:
    folder = f"{table}/date={day}" if day else table
    target = scratch / "out" / folder / f"{identifier}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    part.write_parquet(target)
    return {Output("processed", f"{folder}/{identifier}.parquet", part.height, day): target}


def _lineage(raw: RawFile) -> list[pl.Expr]:
    return [
        pl.lit(raw.source).alias("source"),
        pl.lit(raw.path).alias("source_file"),
        (pl.col(lines.RECORD).cast(pl.Int64) + 1).alias("source_row"),
        pl.lit(raw.ingest_date).alias("ingest_date"),
    ]


def _check_limit(raw: RawFile, parsed: _Parsed, own_limit: float | None, limit: float | None) -> None:
    """The source's own limit stands before the run's; null for the run means that the user accepts anything."""
    rows, rejected = parsed.received.rows, parsed.rejected.rows
    bound = limit if limit is None or own_limit is None else own_limit
    if bound is not None and rejected > bound * rows:
        most = ", ".join(f"{code} {count}" for code, count in sorted(parsed.reasons.items(), key=lambda c: -c[1])[:3])
        raise Refused(
            f"{raw.path}: {rejected} of {rows} rows would be rejected ({rejected / rows:.0%}, the limit is {bound:.0%}; "
            f"mostly {most}). Nothing of it was published; correct the export or its source, or run again with --accept"
        )


def _check_written(raw: RawFile, files: dict[Output, Path]) -> None:
    """What the files say they hold is what was meant to be in them."""
    for output, path in files.items():
        found = pyarrow.parquet.read_metadata(path).num_rows
        if found != output.rows:
            raise LedgerImbalanceError(
                f"{raw.path}: {output.path} holds {found} rows, {output.rows} were written to it"
            )


def _counted(counts: pl.DataFrame) -> dict[str, int]:
    return {code: count for code, count in counts.row(0, named=True).items() if count} if counts.width else {}


def _widened(low: str, high: str, keys: pl.Series) -> tuple[str, str]:
    if keys.is_empty():
        return low, high
    first, last = str(keys.min()), str(keys.max())
    return min(low or first, first), max(high, last)
