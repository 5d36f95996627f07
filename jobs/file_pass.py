"""The one pass over a delivered file: every row typed, and the rejected ones as text.

A small file's typed rows stay in memory. A large one is read piece by piece, and its typed rows go to scratch in buckets of
dates, because writing hundreds of partitions straight from unsorted rows would cut every batch into slivers, and memory must
not grow with the file.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

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
_PIECE_BYTES = 64 << 20
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
    if prepared.text_bytes <= _IN_MEMORY_BYTES or not contract.partition:
        kept, rows = _typed(prepared, prepared.path, raw, contract, source)
        _quarantine_sink(kept.lazy(), quarantine).collect()
        return Pass([rows.lazy()], quarantine)
    folder, rejected, first = scratch / "buckets", [], prepared.first
    for number, text in enumerate(_pieces(prepared)):
        piece = replace(prepared, skip_lines=0, first=first, text_bytes=len(text))
        kept, rows = _typed(piece, text, raw, contract, source)
        rejected.append(scratch / f"quarantine{number}.parquet")
        _quarantine_sink(kept.lazy(), rejected[-1]).collect()
        _put_in_buckets(rows, contract, folder, number, -(-prepared.text_bytes // _BUCKET_BYTES))
        first += text.count(b"\n") + (not text.endswith(b"\n"))
    joined_quarantine(rejected, quarantine)
    return Pass(_buckets(folder), quarantine)


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


def _scan(prepared: Prepared, text: Path | bytes) -> pl.LazyFrame:
    """Every record as text. Lines that are too long or too short for the header are kept for the rules to find."""
    scanned = pl.scan_csv(
        text,
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


def _typed(
    prepared: Prepared, text: Path | bytes, raw: RawFile, contract: Dataset, source: Source
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rejected rows of a text, in the quarantine's contract and in order, and all rows, packed and in any order."""
    scanned = _scan(prepared, text)
    is_small = prepared.text_bytes <= _AT_ONCE_BYTES
    told = None if is_small else plain_rows(scanned, contract, source, prepared.header)
    others = normalise(told.others if told else scanned, contract, source, prepared.header)
    typed, rejected = split(others, contract, source, prepared.header)
    plans = [_quarantined(rejected, prepared, raw), typed, *([told.typed] if told else [])]
    kept, *rows = pl.collect_all(plans, engine="in-memory" if is_small else "streaming")
    return kept, pl.concat(rows)


def _pieces(prepared: Prepared) -> Iterator[bytes]:
    """The records' text in pieces of whole lines. One sink by date for all of it would hold the file: 2.3 GB for 10 M rows."""
    with prepared.path.open("rb") as stream:
        for _ in range(prepared.skip_lines):
            stream.readline()
        while piece := stream.read(_PIECE_BYTES):
            yield piece + stream.readline()


def _put_in_buckets(rows: pl.DataFrame, contract: Dataset, folder: Path, number: int, buckets: int) -> None:
    """Typed rows by date, so many dates a bucket that each stays small. Rows without a date, all rejected, share the first."""
    bucket = (pl.col(contract.partition).to_physical() % buckets).fill_null(0)
    parts = rows.with_columns(bucket.alias("_bucket")).partition_by("_bucket", as_dict=True, include_key=False)
    for (name,), part in parts.items():
        (folder / str(name)).mkdir(parents=True, exist_ok=True)
        part.write_ipc(folder / str(name) / f"{number}.ipc")


def _buckets(folder: Path) -> list[pl.LazyFrame]:
    """Each bucket's rows, from all pieces that have some of them."""
    buckets = sorted(folder.iterdir()) if folder.exists() else []
    return [pl.concat(pl.scan_ipc(file) for file in sorted(bucket.iterdir())) for bucket in buckets]
