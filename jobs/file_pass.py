"""The one pass over a delivered file: every row typed, and the rejected ones as text.

A small file's typed rows stay in memory. A large one's go to scratch in buckets of dates, because writing hundreds of
partitions straight from unsorted rows would cut every batch into slivers, and memory must not grow with the file.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from contracts.model import Dataset
from contracts.source import Source
from jobs.intake import Prepared
from jobs.zones import RawFile
from transforms import lines
from transforms.normalise import OVERFLOW, normalise
from transforms.plain import plain_rows
from transforms.split import split
from transforms.text import RAW

__all__ = ["Pass", "joined_quarantine", "lineage", "read_file"]

_IN_MEMORY_BYTES = 128 << 20
"""Text of up to this size is held typed in memory, which takes about twice its size; more goes through scratch buckets."""
_AT_ONCE_BYTES = 8 << 20
"""Text of up to this size is not worth the streaming engine, whose start costs more than the work."""
_BUCKET_BYTES = 96 << 20
_QUARANTINE_ROW_GROUP = 20_000
"""Small row groups: a rejected row that waits in a buffer pins the whole piece of text it was read from."""


@dataclass(frozen=True)
class Pass:
    """What one pass gave: every typed row, packed and in any order, in buckets of dates, and the file of rejected rows."""

    buckets: list[pl.LazyFrame]
    quarantine: Path


def read_file(prepared: Prepared, raw: RawFile, contract: Dataset, source: Source, scratch: Path) -> Pass:
    """Reads a prepared file once and leaves its rejected rows, in the quarantine's contract, in the scratch folder."""
    quarantine = scratch / "quarantine.parquet"
    scanned = _scan(prepared)
    told = plain_rows(scanned, contract, source, prepared.header) if prepared.text_bytes > _AT_ONCE_BYTES else None
    others = normalise(told.others if told else scanned, contract, source, prepared.header)
    typed, rejected = split(others, contract, source, prepared.header)
    ways = [typed, told.typed] if told else [typed]
    kept = _quarantined(rejected, prepared, raw)
    if prepared.text_bytes > _IN_MEMORY_BYTES and contract.partition:
        folders = [scratch / f"buckets{number}" for number in range(len(ways))]
        sinks = [_bucket_sink(rows, contract, folder, prepared) for rows, folder in zip(ways, folders, strict=True)]
        pl.collect_all([*sinks, _quarantine_sink(kept, quarantine)], engine="streaming")
        return Pass(_buckets(folders), quarantine)
    engine: Literal["in-memory", "streaming"] = "in-memory" if prepared.text_bytes <= _AT_ONCE_BYTES else "streaming"
    text, *rows = pl.collect_all([kept, *ways], engine=engine)
    _quarantine_sink(text.lazy(), quarantine).collect()
    return Pass([pl.concat(rows).lazy()], quarantine)


def joined_quarantine(pieces: list[Path], target: Path) -> None:
    """The rejected rows of a file's pieces as one file, the same that a pass over all of it leaves."""
    _quarantine_sink(pl.scan_parquet(pieces, glob=False, hive_partitioning=False), target).collect(engine="streaming")


def lineage(raw: RawFile) -> list[pl.Expr]:
    """The columns that say where a row came from. Those that are one text throughout are words."""
    return [
        pl.lit(raw.source, pl.Enum([raw.source])).alias("source"),
        pl.lit(raw.path, pl.Enum([raw.path])).alias("source_file"),
        (pl.col(lines.RECORD).cast(pl.Int64) + 1).alias("source_row"),
        pl.lit(raw.ingest_date).alias("ingest_date"),
    ]


def _scan(prepared: Prepared) -> pl.LazyFrame:
    """Every record as text. Lines that are too long or too short for the header are kept for the rules to find."""
    scanned = pl.scan_csv(
        prepared.path,
        has_header=False,
        skip_lines=prepared.skip_lines,
        separator=prepared.delimiter,
        quote_char=prepared.quote,
        schema={RAW + name: pl.String for name in prepared.header} | {OVERFLOW: pl.String},
        missing_columns="insert",
        truncate_ragged_lines=True,
        row_index_name=lines.RECORD,
        row_index_offset=prepared.first,
        glob=False,
    )
    if not prepared.continuations:
        return scanned
    return scanned.filter(~lines.is_continuation(pl.col(RAW + prepared.header[0])))


def _quarantined(rejected: pl.LazyFrame, prepared: Prepared, raw: RawFile) -> pl.LazyFrame:
    """Rejected rows in the quarantine's contract. What a marker line stands for gets its own text back."""
    if prepared.broken.height:
        text = pl.struct(pl.col(lines.LINE).alias("line")).struct.json_encode().alias("_line")
        broken = prepared.broken.lazy().select(lines.RECORD, text)
        rejected = rejected.join(broken, on=lines.RECORD, how="left", maintain_order="left")
        rejected = rejected.with_columns(pl.coalesce("_line", "raw").alias("raw"))
    return rejected.select(*lineage(raw), "reasons", "raw").cast({"source": pl.String, "source_file": pl.String})


def _quarantine_sink(kept: pl.LazyFrame, target: Path) -> pl.LazyFrame:
    return kept.sink_parquet(target, row_group_size=_QUARANTINE_ROW_GROUP, maintain_order=True, lazy=True)


def _bucket_sink(typed: pl.LazyFrame, contract: Dataset, folder: Path, prepared: Prepared) -> pl.LazyFrame:
    """Typed rows by date, so many dates a bucket that each stays small. Rows without a date, all rejected, share the first."""
    buckets = -(-prepared.text_bytes // _BUCKET_BYTES)
    bucket = (pl.col(contract.partition).to_physical() % buckets).fill_null(0)
    return typed.with_columns(bucket.alias("_bucket")).sink_ipc(
        pl.PartitionBy(folder, key="_bucket", include_key=False, approximate_bytes_per_file=None),
        mkdir=True,
        maintain_order=True,
        lazy=True,
    )


def _buckets(folders: list[Path]) -> list[pl.LazyFrame]:
    """Each bucket's rows, from all folders that have some of them."""
    files: dict[str, list[Path]] = {}
    for folder in folders:
        for file in sorted(folder.rglob("*.ipc")):
            files.setdefault(file.parent.name, []).append(file)
    return [pl.concat(pl.scan_ipc(file) for file in files[name]) for name in sorted(files)]
