"""The first job, raw-to-processed: every delivered file that is due becomes typed Parquet, quarantine and a ledger entry.

Work is found by comparing the raw zone with the ledger, never from an event, so that an event lost or sent twice costs
nothing. A file is published in the order: note what will be written, write it, commit the entry, forget the note. A run
that is killed anywhere leaves files that no entry stands for, and the next run removes them.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from contracts import DELIVERED
from contracts.source import Source
from jobs.file_job import Written, process_file
from jobs.intake import Refused, content_hash
from jobs.ledger import Entry, Ledger, Output
from jobs.locking import only_run
from jobs.observe import Observer, Steps, counts_of_file, unobserved
from jobs.reports import DatasetReport, FileRefusal, RunReport
from jobs.storage import Storage
from jobs.zones import RawFile, RawPathError, Zones, printable, raw_file

__all__ = ["DEFAULT_REJECT_LIMIT", "Due", "due_files", "effective", "run"]

DEFAULT_REJECT_LIMIT = 0.2
"""A file of which more than a fifth is rejected was probably read the wrong way: nothing of it is published."""

Progress = Callable[[str, int, int], None]
"""Told the file's name, bytes done and bytes in all, after each file."""


@dataclass(frozen=True)
class Due:
    """What the raw zone holds that the ledger does not: files to process, and places where no delivery belongs."""

    files: list[tuple[RawFile, int]]
    refused: list[FileRefusal]


def run(
    zones: Zones,
    sources: Mapping[str, Source],
    *,
    reject_limit: float | None = DEFAULT_REJECT_LIMIT,
    progress: Progress = lambda *_: None,
    observe: Observer = unobserved,
) -> RunReport:
    """Processes every due file, the oldest delivery first. A file that cannot be taken is reported, the others go on.

    `reject_limit` null publishes a file whatever share of it is rejected. Raises `LakeBusyError` where another run holds
    the lake.
    """
    with only_run(zones, "raw-to-processed"):
        return _run(zones, sources, reject_limit, progress, Steps(observe))


def due_files(zones: Zones, entries: Mapping[str, Entry], sources: Mapping[str, Source]) -> Due:
    """Compares the raw zone with the ledger. A processed file that has another size now is refused: raw data never change."""
    files, refused = [], []
    for stored in zones.raw.listed():
        try:
            raw = raw_file(stored.path)
            _check_known(raw, sources)
        except (RawPathError, Refused) as error:
            refused.append(FileRefusal(f"raw/{printable(stored.path)}", str(error)))
            continue
        entry = entries.get(raw.path)
        if entry is None:
            files.append((raw, stored.size_bytes))
        elif entry.size_bytes != stored.size_bytes:
            why = (
                f"{raw.path} was {entry.size_bytes} bytes when it was processed and is {stored.size_bytes} now; delivered "
                f"files must not change. Put the old one back and deliver the new one under another name or date"
            )
            refused.append(FileRefusal(f"raw/{raw.path}", why))
    return Due(sorted(files, key=lambda item: item[0]), refused)


def effective(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """The entries that stand for rows, by id: of several deliveries of one content the earliest."""
    first: dict[tuple[str, str, str], Entry] = {}
    for entry in entries.values():
        if not entry.repeats:
            content = _content_of(entry)
            known = first.get(content)
            if known is None or (entry.ingest_date, entry.file) < (known.ingest_date, known.file):
                first[content] = entry
    return {entry.id: entry for entry in first.values()}


def recover(zones: Zones, ledger: Ledger) -> None:
    """Removes what a killed run left: outputs of files that were not committed, and repeats that were committed twice."""
    for identifier, outputs in ledger.left_behind():
        _remove(zones, outputs)
        ledger.done(identifier)
    entries = ledger.entries()
    standing = effective(entries)
    for entry in entries.values():
        if not entry.repeats and entry.id not in standing:
            _demote(zones, ledger, entry)


def _run(
    zones: Zones, sources: Mapping[str, Source], reject_limit: float | None, progress: Progress, steps: Steps
) -> RunReport:
    ledger = Ledger(zones.ledger)
    recover(zones, ledger)
    entries = ledger.entries()
    due = due_files(zones, entries, sources)
    by_content: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in entries.values():
        by_content.setdefault(_content_of(entry), []).append(entry)
    report = RunReport(refused=list(due.refused))
    total = sum(size for _, size in due.files)
    done = 0
    steps.done("due", due_files=len(due.files), refused=len(due.refused))
    for raw, size in due.files:
        progress(raw.path, done, total)
        started = time.perf_counter()
        taken: Entry | None = None
        dataset = report.datasets.setdefault(raw.dataset, DatasetReport())
        try:
            taken = _take(raw, zones, ledger, by_content, sources[raw.source], reject_limit)
            by_content.setdefault(_content_of(taken), []).append(taken)
            _count(dataset, taken)
        except Refused as refusal:
            report.refused.append(FileRefusal(f"raw/{raw.path}", str(refusal)))
        except pl.exceptions.PolarsError as error:
            why = f"{raw.path} cannot be read ({error}); nothing of it was published. Correct the export, or its source"
            report.refused.append(FileRefusal(f"raw/{raw.path}", why))
        dataset.seconds += time.perf_counter() - started
        steps.done("file", raw.dataset, raw.path, **counts_of_file(size, taken))
        done += size
        progress(raw.path, done, total)
    return report


def _take(
    raw: RawFile,
    zones: Zones,
    ledger: Ledger,
    by_content: Mapping[tuple[str, str, str], list[Entry]],
    source: Source,
    reject_limit: float | None,
) -> Entry:
    """Processes and commits one file, or only notes that its content was delivered before."""
    local = zones.raw.local(raw.path)
    content = content_hash(local)
    same = [entry for entry in by_content.get((raw.dataset, raw.source, content), []) if not entry.repeats]
    if any((entry.ingest_date, entry.file) < (raw.ingest_date, raw.path) for entry in same):
        repeat = _repeat(raw, content, local.stat().st_size)
        ledger.commit(repeat)
        return repeat
    scratch = Path(tempfile.mkdtemp(prefix="energy-lake-"))
    try:
        written = process_file(raw, local, content, source, scratch, reject_limit)
        _publish(written, raw, zones, ledger)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for entry in same:
        _demote(zones, ledger, entry)
    return written.entry


def _content_of(entry: Entry) -> tuple[str, str, str]:
    """What two deliveries share that are the same file to the lake."""
    return entry.dataset, entry.source, entry.content


def _publish(written: Written, raw: RawFile, zones: Zones, ledger: Ledger) -> None:
    ledger.intend(raw, written.entry.id, list(written.entry.outputs))
    for output, path in sorted(written.files.items()):
        _zone(zones, output).take(output.path, path)
    ledger.commit(written.entry)
    ledger.done(written.entry.id)


def _demote(zones: Zones, ledger: Ledger, entry: Entry) -> None:
    """An earlier delivery of the same content turned up: the later one now only repeats it, and its outputs go."""
    raw = RawFile(entry.ingest_date, entry.file, entry.dataset, entry.source)
    ledger.intend(raw, entry.id, list(entry.outputs))
    ledger.commit(_repeat(raw, entry.content, entry.size_bytes))
    _remove(zones, entry.outputs)
    ledger.done(entry.id)


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


def _remove(zones: Zones, outputs: Iterable[Output]) -> None:
    for output in outputs:
        _zone(zones, output).delete(output.path)


def _zone(zones: Zones, output: Output) -> Storage:
    return zones.quarantine if output.zone == "quarantine" else zones.processed


def _check_known(raw: RawFile, sources: Mapping[str, Source]) -> None:
    if raw.dataset not in DELIVERED:
        raise Refused(f"{raw.path}: no dataset is called {raw.dataset!r}; there are {', '.join(DELIVERED)}")
    if raw.source not in sources:
        raise Refused(
            f"{raw.path}: no source is called {raw.source!r}; there are {', '.join(sources)}. A new exporter needs a file "
            f"sources/{raw.source}.toml"
        )
    if raw.dataset not in sources[raw.source].datasets:
        raise Refused(
            f"{raw.path}: sources/{raw.source}.toml does not say how {raw.dataset} are delivered; add [{raw.dataset}.columns]"
        )


def _count(report: DatasetReport, entry: Entry) -> None:
    if entry.repeats:
        report.known += 1
        return
    report.files += 1
    report.received += entry.received
    report.valid += entry.valid
    report.rejected += entry.rejected
    report.duplicates += entry.duplicates
    for total, counts in ((report.reasons, entry.reasons), (report.warnings, entry.warnings)):
        for code, count in counts.items():
            total[code] = total.get(code, 0) + count
