"""What workers do with a piece of a large delivered file, or with a bucket of its dates. The phases are in `spark_pieces.py`.

Every function reads what earlier phases put below `pieces/<file id>/`, and overwrites what another attempt of itself put there.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import polars as pl

from contracts import DELIVERED
from contracts.model import Dataset
from contracts.source import Source
from jobs.file_job import Counts, check_written, counts_of
from jobs.file_pass import joined_quarantine, read_file
from jobs.file_write import Target, Valid, write_bucket, write_superseded
from jobs.intake import Prepared, content_hash, prepare
from jobs.ledger import PIECES, Entry, Output, file_id
from jobs.storage import Storage
from jobs.taking import repeated, zone_of
from jobs.zones import RawFile, Zones
from transforms import lines
from transforms.split import is_rejected, replaced_records

__all__ = [
    "BUCKET",
    "Cut",
    "Piece",
    "Place",
    "Typed",
    "bucket_written",
    "cut_file",
    "joined",
    "key_frame",
    "put_replaced",
    "typed",
]

BUCKET = "_bucket"
_CHUNK_BYTES = 4 << 20


@dataclass(frozen=True)
class Place:
    """A large file, and what its tasks need to know of the lake."""

    zones: Zones
    raw: RawFile
    source: Source

    @property
    def contract(self) -> Dataset:
        """What its rows have to be."""
        return DELIVERED[self.raw.dataset]


@dataclass(frozen=True)
class Piece:
    """Lines of a large file that follow each other; `first` of its lines, after the header, come before them."""

    number: int
    first: int
    size_bytes: int
    is_broken: bool


@dataclass(frozen=True)
class Cut:
    """A large file that was made readable (`Prepared`) and lies in pieces."""

    identifier: str
    content: str
    header: tuple[str, ...]
    continuations: int
    records: int
    buckets: int
    pieces: tuple[Piece, ...]

    def path(self, *parts: object) -> str:
        """Where something of the file lies between two phases."""
        return "/".join((PIECES.rstrip("/"), self.identifier, *map(str, parts)))


@dataclass(frozen=True)
class Typed:
    """What became of a piece: its counts, its dates, and the buckets that have some of its valid rows."""

    counts: Counts
    days: frozenset[str]
    buckets: frozenset[int]


def cut_file(place: Place, known: list[Entry], piece_bytes: int, bucket_bytes: int) -> Cut | Entry:
    """Makes the file readable and puts it aside in pieces; the committed entry of one whose content was delivered before.

    Raises `Refused` as `prepare` does.
    """
    raw, zones = place.raw, place.zones
    local = zones.raw.local(raw.path)
    content = content_hash(local)
    repeat = repeated(raw, content, local.stat().st_size, zones, known)
    if repeat is not None:
        return repeat
    with _scratch() as scratch:
        ready = prepare(local, raw.path, raw.dataset, place.source, scratch)
        buckets = -(-ready.text_bytes // bucket_bytes)
        cut = Cut(file_id(raw.path, content), content, ready.header, ready.continuations, ready.records, buckets, ())
        pieces = tuple(_put_pieces(ready, cut, zones.ledger, scratch, piece_bytes))
    return replace(cut, pieces=pieces)


def typed(place: Place, cut: Cut, piece: Piece) -> Typed:
    """Types the rows of a piece, and puts aside the valid ones by buckets of dates, their keys, and the rejected ones."""
    contract, ledger = place.contract, place.zones.ledger
    with _scratch() as scratch:
        broken = pl.DataFrame(schema={lines.RECORD: pl.UInt32, lines.LINE: pl.String})
        if piece.is_broken:
            broken = pl.read_ipc(ledger.local(cut.path("broken", piece.number)))
        prepared = Prepared(
            path=ledger.local(cut.path("text", piece.number)),
            header=cut.header,
            skip_lines=0,
            broken=broken,
            text_bytes=piece.size_bytes,
            delimiter=place.source.file.delimiter,
            quote=place.source.file.quote,
            continuations=cut.continuations,
            records=0,
            first=piece.first,
        )
        passed = read_file(prepared, place.raw, contract, place.source, scratch)
        counts = counts_of(passed, contract, place.source)
        if counts.rejected.rows:
            ledger.take(cut.path("rejected", piece.number), passed.quarantine)
        day = pl.col(contract.partition)
        valid = pl.concat(passed.buckets).filter(~is_rejected(contract, place.source))
        rows = valid.with_columns((day.to_physical() % cut.buckets).alias(BUCKET)).collect()
        keys = rows.select(*(pl.col(name).cast(pl.String) for name in contract.key), lines.RECORD, BUCKET)
        _put(ledger, cut.path("keys", piece.number), keys, scratch)
        found = rows.partition_by(BUCKET, as_dict=True, include_key=False)
        for (bucket,), part in found.items():
            _put(ledger, cut.path("rows", bucket, piece.number), part, scratch)
        days = frozenset(str(day) for day in rows[contract.partition].unique())
        return Typed(counts, days, frozenset(int(bucket) for (bucket,) in found))


def key_frame(place: Place, cut: Cut, number: int) -> pl.DataFrame:
    """The keys of a piece's valid rows, as text, with their `RECORD` and bucket."""
    return pl.read_ipc(place.zones.ledger.local(cut.path("keys", number)))


def put_replaced(place: Place, cut: Cut, keys: pl.DataFrame, part: int) -> int:
    """Puts aside which rows a later row of the file replaces, by all rows of some keys; how many there are."""
    found = replaced_records(keys.lazy(), place.contract, keys.height)
    replaced = keys.join(found, on=lines.RECORD, how="semi").select(lines.RECORD, BUCKET)
    with _scratch() as scratch:
        _put(place.zones.ledger, cut.path("replaced", part), replaced, scratch)
    return replaced.height


def bucket_written(place: Place, cut: Cut, bucket: int, pieces: Sequence[int], parts: Sequence[int]) -> Valid:
    """Writes the dates of a bucket into the lake; what a later row replaced waits for `joined`.

    `pieces` are those with rows of the bucket, `parts` those of the keys with replaced rows.
    """
    ledger = place.zones.ledger
    rows = pl.concat(pl.read_ipc(ledger.local(cut.path("rows", bucket, k))) for k in pieces)
    replaced = pl.DataFrame(schema={lines.RECORD: rows.schema[lines.RECORD]})
    if parts:
        found = [pl.read_ipc(ledger.local(cut.path("replaced", part))) for part in parts]
        replaced = pl.concat(found).filter(pl.col(BUCKET) == bucket).select(lines.RECORD)
    with _scratch() as scratch:
        valid = Valid()
        target = Target(place.raw, place.contract, place.source, cut.identifier, scratch)
        earlier = write_bucket(rows, replaced, target, valid)
        _put(ledger, cut.path("earlier", bucket), earlier, scratch)
        _publish(place, valid)
    return valid


def joined(place: Place, cut: Cut, buckets: Sequence[int], pieces: Sequence[int], rejected: Output) -> Valid:
    """Writes what was replaced in any bucket, and what was rejected in any piece, each to one file of the lake."""
    ledger = place.zones.ledger
    with _scratch() as scratch:
        valid = Valid()
        if buckets:
            earlier = [pl.read_ipc(ledger.local(cut.path("earlier", bucket))) for bucket in buckets]
            target = Target(place.raw, place.contract, place.source, cut.identifier, scratch)
            write_superseded(pl.concat(earlier), target, valid)
        if pieces:
            found = [ledger.local(cut.path("rejected", number)) for number in pieces]
            valid.files[rejected] = scratch / "quarantine.parquet"
            joined_quarantine(found, valid.files[rejected])
        _publish(place, valid)
    return valid


def _publish(place: Place, valid: Valid) -> None:
    check_written(place.raw, valid.files)
    for output, path in sorted(valid.files.items()):
        zone_of(place.zones, output).take(output.path, path)


def _put_pieces(ready: Prepared, cut: Cut, ledger: Storage, scratch: Path, least: int) -> Iterator[Piece]:
    """Each piece ends with the first line that ends at or after `least` bytes of its text."""
    target = scratch / "piece"
    first = number = 0
    with ready.path.open("rb") as text:
        for _ in range(ready.skip_lines):
            text.readline()
        while count := _copied(text, target, least):
            size = target.stat().st_size
            broken = ready.broken.filter(pl.col(lines.RECORD).is_between(first, first + count - 1))
            ledger.take(cut.path("text", number), target)
            if broken.height:
                _put(ledger, cut.path("broken", number), broken, scratch)
            yield Piece(number, first, size, bool(broken.height))
            first, number = first + count, number + 1


def _copied(text: BinaryIO, target: Path, least: int) -> int:
    """Copies the lines of a piece; how many they are."""
    count, left, last = 0, least, b""
    with target.open("wb") as out:
        while left > 0 and (chunk := text.read(min(left, _CHUNK_BYTES))):
            out.write(chunk)
            left -= len(chunk)
            count += chunk.count(b"\n")
            last = chunk[-1:]
        if last and last != b"\n":
            out.write(text.readline())
            count += 1
    return count


def _put(storage: Storage, path: str, frame: pl.DataFrame, scratch: Path) -> None:
    file = scratch / "frame.ipc"
    frame.write_ipc(file, compression="lz4")
    storage.take(path, file)


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="energy-lake-") as folder:
        yield Path(folder)
