"""A due file: processed and committed, or noted as a repeat, or refused. What every engine does with a file.

A file is published in the order: note what will be written, write it, commit the entry, forget the note. All of it depends
on the file and on other deliveries of the same content alone, so that doing it again, or twice at once, changes nothing.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from contracts.source import Source
from jobs.file_job import Written, process_file
from jobs.intake import Refused, content_hash
from jobs.ledger import Entry, Ledger, Output
from jobs.storage import Storage
from jobs.zones import RawFile, Zones

__all__ = [
    "DueFile",
    "Known",
    "Order",
    "Taken",
    "demote",
    "demote_others",
    "publish",
    "refusal_of",
    "remove",
    "repeated",
    "take_in_turn",
    "zone_of",
]

DueFile = tuple[RawFile, int]
"""A file that is due, and its size in bytes."""

Known = dict[tuple[str, str, int], list[Entry]]
"""Entries by dataset, source and size: deliveries of one content are alike in all three."""


@dataclass(frozen=True)
class Order:
    """What all due files of a run share. `reject_limit` null publishes a file whatever share of it is rejected."""

    zones: Zones
    sources: Mapping[str, Source]
    reject_limit: float | None


@dataclass(frozen=True)
class Taken:
    """What became of a due file: its entry, or null where it was refused, and then why. `seconds` is wall time."""

    raw: RawFile
    size_bytes: int
    entry: Entry | None
    refusal: str
    seconds: float


def take_in_turn(
    due: Iterable[DueFile], order: Order, known: Known, begins: Callable[[RawFile], None] = lambda _: None
) -> Iterator[Taken]:
    """Takes one file after the other, the oldest delivery first; adds to `known` what it commits. `begins` is told each file.

    A file that cannot be taken is a result like any other. Raises `LedgerImbalanceError`, and what is no file's fault.
    """
    for raw, size in due:
        begins(raw)
        started = time.perf_counter()
        entry, refusal = None, ""
        try:
            entry = _take(raw, order, known.get((raw.dataset, raw.source, size), []))
            known.setdefault((raw.dataset, raw.source, size), []).append(entry)
        except (Refused, pl.exceptions.PolarsError) as error:
            refusal = refusal_of(raw, error)
        yield Taken(raw, size, entry, refusal, time.perf_counter() - started)


def refusal_of(raw: RawFile, error: Exception) -> str:
    """Why nothing of a file was taken, as a report says it."""
    if isinstance(error, Refused):
        return str(error)
    return f"{raw.path} cannot be read ({error}); nothing of it was published. Correct the export, or its source"


def publish(written: Written, raw: RawFile, zones: Zones) -> None:
    """Moves what a file became into the lake, and commits its entry."""
    ledger = Ledger(zones.ledger)
    ledger.intend(raw, written.entry.id, list(written.entry.outputs))
    for output, path in sorted(written.files.items()):
        zone_of(zones, output).take(output.path, path)
    ledger.commit(written.entry)
    ledger.done(written.entry.id)


def demote(zones: Zones, entry: Entry) -> None:
    """An earlier delivery of the same content turned up: the later one now only repeats it, and its outputs go."""
    ledger = Ledger(zones.ledger)
    raw = RawFile(entry.ingest_date, entry.file, entry.dataset, entry.source)
    ledger.intend(raw, entry.id, list(entry.outputs))
    ledger.commit(_repeat(raw, entry.content, entry.size_bytes))
    remove(zones, entry.outputs)
    ledger.done(entry.id)


def repeated(raw: RawFile, content: str, size_bytes: int, zones: Zones, known: list[Entry]) -> Entry | None:
    """The entry, committed, of a file whose content was delivered before; null for one that is the first. `known` has its size."""
    if not any((entry.ingest_date, entry.file) < (raw.ingest_date, raw.path) for entry in _standing(content, known)):
        return None
    repeat = _repeat(raw, content, size_bytes)
    Ledger(zones.ledger).commit(repeat)
    return repeat


def demote_others(first: Entry, zones: Zones, known: list[Entry]) -> None:
    """What stood for the content of an earlier delivery, which is now committed, only repeats it from here on."""
    for entry in _standing(first.content, known):
        demote(zones, entry)


def remove(zones: Zones, outputs: Iterable[Output]) -> None:
    """Removes what no entry stands for."""
    for output in outputs:
        zone_of(zones, output).delete(output.path)


def _take(raw: RawFile, order: Order, known: list[Entry]) -> Entry:
    """Processes and commits one file, or only notes that its content was delivered before. `known` has its size."""
    local = order.zones.raw.local(raw.path)
    scratch = Path(tempfile.mkdtemp(prefix="energy-lake-"))
    try:
        content = content_hash(local)
        repeat = repeated(raw, content, local.stat().st_size, order.zones, known)
        if repeat is not None:
            return repeat
        written = process_file(raw, local, content, order.sources[raw.source], scratch, order.reject_limit)
        publish(written, raw, order.zones)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        order.zones.raw.release(raw.path)
    demote_others(written.entry, order.zones, known)
    return written.entry


def _standing(content: str, known: list[Entry]) -> list[Entry]:
    return [entry for entry in known if entry.content == content and not entry.repeats]


def _repeat(raw: RawFile, content: str, size_bytes: int) -> Entry:
    return Entry(
        file=raw.path,
        dataset=raw.dataset,
        source=raw.source,
        ingest_date=raw.ingest_date,
        content=content,
        size_bytes=size_bytes,
        repeats=True,
    )


def zone_of(zones: Zones, output: Output) -> Storage:
    """Where an output lies."""
    return zones.quarantine if output.zone == "quarantine" else zones.processed
