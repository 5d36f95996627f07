"""The first job, raw-to-processed: every delivered file that is due becomes typed Parquet, quarantine and a ledger entry.

Work is found by comparing the raw zone with the ledger, never from an event, so that an event lost or sent twice costs
nothing. What is done with a file is in `taking.py`; which machine does it is the engine's choice. A run that is killed
anywhere leaves files that no entry stands for, and the next run removes them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from contracts import DELIVERED
from contracts.source import Source
from jobs.engine import is_spark
from jobs.intake import Refused
from jobs.ledger import PIECES, Entry, Ledger
from jobs.locking import only_run
from jobs.observe import Observer, Steps, counts_of_file, unobserved
from jobs.rearrange import finish_rearranging, release_rivals
from jobs.reports import DatasetReport, FileRefusal, RunReport
from jobs.taking import DueFile, Known, Order, Taken, demote, remove, take_in_turn
from jobs.zones import RawFile, RawPathError, Zones, printable, raw_file

__all__ = ["DEFAULT_REJECT_LIMIT", "Due", "due_files", "effective", "run"]

DEFAULT_REJECT_LIMIT = 0.2
"""A file of which more than a fifth is rejected was probably read the wrong way: nothing of it is published."""

Progress = Callable[[str, int, int], None]
"""Told the file's name, bytes done and bytes in all, after each file."""

TakeFiles = Callable[[list[DueFile], Order, Known, Callable[[RawFile], None]], Iterator[Taken]]
"""What an engine is to this job: due files in, what became of each out. `Known` is of the deliveries before."""


@dataclass(frozen=True)
class Due:
    """What the raw zone holds that the ledger does not: files to process, and places where no delivery belongs."""

    files: list[DueFile]
    refused: list[FileRefusal]


def run(
    zones: Zones,
    sources: Mapping[str, Source],
    *,
    reject_limit: float | None = DEFAULT_REJECT_LIMIT,
    engine: str = "polars",
    progress: Progress = lambda *_: None,
    observe: Observer = unobserved,
) -> RunReport:
    """Processes every due file. A file that cannot be taken is reported, the others go on.

    `reject_limit` null publishes a file whatever share of it is rejected. `engine` is one of `engine.ENGINES`; the lake is
    the same by any. Raises `LakeBusyError` where another run holds the lake, and `EngineError` where the engine is missing.
    """
    with only_run(zones, "raw-to-processed"):
        return _run(zones, sources, reject_limit, engine, progress, Steps(observe))


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


def recover(zones: Zones, ledger: Ledger) -> dict[str, Entry]:
    """Removes what a killed run left: outputs of files that were not committed, pieces, repeats that were committed twice.

    Returns the entries that there are then, as `Ledger.entries` does.
    """
    finish_rearranging(zones)
    for identifier, outputs in ledger.left_behind():
        remove(zones, outputs)
        ledger.done(identifier)
    for stored in list(zones.ledger.listed(PIECES)):
        zones.ledger.delete(stored.path)
    entries = ledger.entries()
    standing = effective(entries)
    twice = [entry for entry in entries.values() if not entry.repeats and entry.id not in standing]
    for entry in twice:
        demote(zones, entry)
    return ledger.entries() if twice else entries


def _run(
    zones: Zones,
    sources: Mapping[str, Source],
    reject_limit: float | None,
    engine: str,
    progress: Progress,
    steps: Steps,
) -> RunReport:
    ledger = Ledger(zones.ledger)
    entries = recover(zones, ledger)
    due = due_files(zones, entries, sources)
    release_rivals(zones, due.files, entries.values())
    known: Known = {}
    for entry in entries.values():
        known.setdefault((entry.dataset, entry.source, entry.size_bytes), []).append(entry)
    report = RunReport(refused=list(due.refused))
    total = sum(size for _, size in due.files)
    done = 0
    steps.done("due", due_files=len(due.files), refused=len(due.refused))
    order = Order(zones, sources, reject_limit)

    def begins(raw: RawFile) -> None:
        progress(raw.path, done, total)

    for taken in _engine(engine, total)(due.files, order, known, begins):
        dataset = report.datasets.setdefault(taken.raw.dataset, DatasetReport())
        if taken.entry is None:
            report.refused.append(FileRefusal(f"raw/{taken.raw.path}", taken.refusal))
        else:
            _count(dataset, taken.entry)
        dataset.seconds += taken.seconds
        counts = counts_of_file(taken.size_bytes, taken.entry)
        steps.done("file", taken.raw.dataset, taken.raw.path, **counts)
        done += taken.size_bytes
        progress(taken.raw.path, done, total)
    return report


def _engine(name: str, bytes_due: int) -> TakeFiles:
    if not is_spark(name, bytes_due):
        return take_in_turn
    from jobs.spark_files import take_by_spark  # most machines have no Spark

    return take_by_spark


def _content_of(entry: Entry) -> tuple[str, str, str]:
    """What two deliveries share that are the same file to the lake."""
    return entry.dataset, entry.source, entry.content


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
