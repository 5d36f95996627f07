"""A delivered file too large for one task: cut at line boundaries, typed piece by piece, written bucket of dates by bucket.

The phases, each a task for every one of its parts: make the text readable and cut it; type the rows of a piece, and put them
aside by dates; compare the keys of all pieces, in one shuffle of keys; write the dates of a bucket; join what was rejected or
replaced. What lies between phases is in the ledger's storage below `pieces/` and goes in the end. Pieces are a function of the
text alone and rows keep their numbers, so the file becomes the bytes that one task would make of it (`spark_piece.py`).
"""

import time
from collections.abc import Iterator
from functools import reduce
from typing import Any

import polars as pl

from contracts import DELIVERED
from jobs import spark_piece
from jobs.file_job import Counts, check_limit, check_records, entry_of, quarantined
from jobs.file_write import SUPERSEDED, Valid
from jobs.intake import Refused
from jobs.ledger import PIECES, Entry, Ledger, Output
from jobs.spark_piece import BUCKET, Cut, Place, Typed
from jobs.spark_session import spark_session
from jobs.spark_spread import batches_of, spread
from jobs.storage import Storage
from jobs.taking import DueFile, Known, Order, Taken, demote_others, refusal_of
from transforms import lines

__all__ = ["LARGE_BYTES", "PACKED_LARGE_BYTES", "is_large", "take_large"]

LARGE_BYTES = 1 << 30
"""A file of so many bytes keeps a core busy for a minute; others are rather taken whole, which writes less on the way."""
PACKED_LARGE_BYTES = LARGE_BYTES >> 3
"""The same of a packed file: CSV packs to about an eighth."""
PIECE_BYTES = 96 << 20
"""Text of a piece, whose typed rows a worker holds in memory."""
BUCKET_BYTES = 256 << 20
"""Text whose rows are a bucket of dates, which a worker holds in memory while it writes them."""
KEYS_PER_PART = 4_000_000
"""Keys that a task of the shuffle compares, in a few hundred MB."""


def is_large(file: DueFile) -> bool:
    """Whether the file is cut. Only datasets with a partition are, whose rows are written date by date anyway."""
    raw, size = file
    least = PACKED_LARGE_BYTES if raw.path.endswith((".gz", ".zst")) else LARGE_BYTES
    return bool(DELIVERED[raw.dataset].partition) and size >= least


def take_large(due: list[DueFile], order: Order, known: Known) -> Iterator[Taken]:
    """Takes large files: all are cut at once, then one goes after the other through the phases that use every machine.

    No two of them have the same content. Raises what `take_in_turn` raises.
    """
    work = [
        (Place(order.zones, raw, order.sources[raw.source]), known.get((raw.dataset, raw.source, size), []))
        for raw, size in due
    ]
    sizes = PIECE_BYTES, BUCKET_BYTES  # a worker's constants are not those that a test changed here
    cuts = spread(work, lambda item: _cut(*item, *sizes))
    for (raw, size), (place, others), cut in zip(due, work, cuts, strict=True):
        started = time.perf_counter()
        entry, refusal = None, ""
        try:
            entry = _take(place, size, cut, order.reject_limit) if isinstance(cut, Cut) else _said(cut)
            if not entry.repeats:
                demote_others(entry, order.zones, others)
        except (Refused, pl.exceptions.PolarsError) as error:
            refusal = refusal_of(raw, error)
        if isinstance(cut, Cut):
            _sweep(place, cut)
        yield Taken(raw, size, entry, refusal, time.perf_counter() - started)


def _cut(place: Place, known: list[Entry], piece_bytes: int, bucket_bytes: int) -> Cut | Entry | Exception:
    """Runs on a worker. That a file cannot be taken is a result."""
    try:
        return spark_piece.cut_file(place, known, piece_bytes, bucket_bytes)
    except (Refused, pl.exceptions.PolarsError) as error:
        return error


def _said(cut: Entry | Exception) -> Entry:
    if isinstance(cut, Exception):
        raise cut
    return cut


def _take(place: Place, size_bytes: int, cut: Cut, limit: float | None) -> Entry:
    """All that follows the cutting; the entry is committed last."""
    raw = place.raw
    typed = spread(cut.pieces, lambda piece: spark_piece.typed(place, cut, piece))
    counts = reduce(Counts.__add__, (part.counts for part in typed))
    check_records(raw, cut.records, counts)
    check_limit(raw, counts, place.source, limit)
    parts = _replaced(place, cut, counts.received.rows - counts.rejected.rows)
    ledger = Ledger(place.zones.ledger)
    rejected = quarantined(raw, cut.identifier, counts)
    ledger.intend(raw, cut.identifier, _possible(place, cut, typed, rejected))
    buckets = sorted({bucket for part in typed for bucket in part.buckets})
    holders = {bucket: [k for k, part in enumerate(typed) if bucket in part.buckets] for bucket in buckets}
    written = spread(buckets, lambda bucket: spark_piece.bucket_written(place, cut, bucket, holders[bucket], parts))
    pieces = [k for k, part in enumerate(typed) if part.counts.rejected.rows]
    written += spread([None], lambda _: spark_piece.joined(place, cut, buckets, pieces, rejected))
    entry = entry_of(raw, cut.content, size_bytes, counts, reduce(_together, written, Valid()))
    ledger.intend(raw, cut.identifier, list(entry.outputs))  # with their rows, by which a committed output is known
    ledger.commit(entry)
    ledger.done(cut.identifier)
    return entry


def _replaced(place: Place, cut: Cut, rows: int) -> list[int]:
    """The shuffle: all rows of a key come to one task, which finds those that a later row replaces; the tasks that found any."""
    contract = place.contract
    schema = dict.fromkeys(contract.key, "string") | {lines.RECORD: "long", BUCKET: "int"}
    described = ", ".join(f"`{name}` {kind}" for name, kind in schema.items())
    session = spark_session()
    numbers = session.sparkContext.parallelize([(piece.number,) for piece in cut.pieces], len(cut.pieces))

    def keys(parts: Iterator[Any]) -> Iterator[Any]:
        for part in parts:
            for number in part.column(0).to_pylist():
                yield from batches_of(spark_piece.key_frame(place, cut, number), schema)

    def compared(parts: Iterator[Any]) -> Iterator[Any]:
        from pyspark import TaskContext

        frames = [pl.DataFrame(part) for part in parts]  # a batch is not a partition: keys repeat across batches
        number = TaskContext.get().partitionId()
        if frames and spark_piece.put_replaced(place, cut, pl.concat(frames), number):
            yield from batches_of(pl.DataFrame({"part": [number]}), {"part": "int"})

    given = session.createDataFrame(numbers, "number int").mapInArrow(keys, described)
    shuffled = given.repartition(-(-rows // KEYS_PER_PART) or 1, *contract.key)
    return sorted(row[0] for row in shuffled.mapInArrow(compared, "part int").collect())


def _possible(place: Place, cut: Cut, typed: list[Typed], rejected: Output) -> list[Output]:
    """Every file that may be written, for a run that is killed before it knows how many rows each has."""
    dataset, name = place.raw.dataset, f"{cut.identifier}.parquet"
    days = sorted({day for part in typed for day in part.days})
    dated = [Output("processed", f"{dataset}/date={day}/{name}", 0, day) for day in days]
    return [*dated, Output("processed", f"{dataset}{SUPERSEDED}/{name}", 0), rejected]


def _together(one: Valid, other: Valid) -> Valid:
    low = min(filter(None, (one.keys[0], other.keys[0])), default="")
    return Valid(
        {**one.files, **other.files},
        one.current + other.current,
        one.replaced + other.replaced,
        (low, max(one.keys[1], other.keys[1])),
    )


def _sweep(place: Place, cut: Cut) -> None:
    """Removes what lay between the phases; there may be thousands of files, so that tasks do it."""
    ledger = place.zones.ledger
    paths = [stored.path for stored in ledger.listed(f"{PIECES}{cut.identifier}/")]
    size = max(1, len(paths) // 100)
    groups = [paths[start : start + size] for start in range(0, len(paths), size)]
    spread(groups, lambda group: _delete(ledger, group))


def _delete(storage: Storage, paths: list[str]) -> None:
    for path in paths:
        storage.delete(path)
