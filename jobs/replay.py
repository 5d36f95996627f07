"""Replay: what was rejected goes through the rules and sources of today once more.

A row alone cannot be brought back: whether it counts depends on the rows of its file. So the delivered file is processed
again as if it came for the first time, and what it becomes replaces what it was, at once (`publish.py`). Files whose
outcome is the same are left alone. The curated zone follows with the next processed-to-curated, which finds a note on what
the file was before.
"""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from contracts.source import Source
from jobs.file_job import Written, process_file
from jobs.intake import Refused, content_hash
from jobs.ledger import Entry, Ledger, Redo
from jobs.locking import only_run
from jobs.publish import Publication, finish
from jobs.raw_to_processed import effective, recover
from jobs.rearrange import release
from jobs.reports import FileRefusal
from jobs.zones import RawFile, Zones

__all__ = ["ReplayReport", "replay"]

Progress = Callable[[str, int, int], None]


@dataclass
class ReplayReport:
    """What a replay did: `looked_at` files, of which `changed` became something else, and what their rows became.

    `accepted` rows are no more rejected, `rejected` rows are now; `reasons` are the codes of what is still rejected.
    """

    looked_at: int = 0
    changed: list[str] = field(default_factory=list)
    accepted: int = 0
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    refused: list[FileRefusal] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As `lake replay --json` prints it."""
        return {
            "files": self.looked_at,
            "changed": self.changed,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "reasons": dict(sorted(self.reasons.items())),
            "refused": [{"file": refusal.file, "why": refusal.why} for refusal in self.refused],
        }


def replay(
    zones: Zones,
    sources: Mapping[str, Source],
    *,
    dataset: str | None = None,
    reason: str | None = None,
    every: bool = False,
    progress: Progress = lambda *_: None,
) -> ReplayReport:
    """Processes again the files with rejected rows, or only those of a `dataset` or with a `reason`, or `every` file.

    `every` is for a rule that became stricter: a file without rejected rows may have some now. A file is published whatever
    share of it is rejected, as it was before. Raises `LakeBusyError` where another run holds the lake.
    """
    with only_run(zones, "replay"):
        finish(zones, ("curated", "ledger", "processed", "quarantine"))
        ledger = Ledger(zones.ledger)
        recover(zones, ledger)
        chosen = [entry for entry in effective(ledger.entries()).values() if _is_chosen(entry, dataset, reason, every)]
        report = ReplayReport()
        for done, entry in enumerate(sorted(chosen, key=lambda e: (e.ingest_date, e.file))):
            progress(entry.file, done, len(chosen))
            try:
                _replay_file(zones, ledger, sources, entry, report)
            except Refused as refusal:
                report.refused.append(FileRefusal(f"raw/{entry.file}", str(refusal)))
            except pl.exceptions.PolarsError as error:
                why = f"{entry.file} cannot be read ({error}); what it was before stands"
                report.refused.append(FileRefusal(f"raw/{entry.file}", why))
            progress(entry.file, done + 1, len(chosen))
    return report


def _is_chosen(entry: Entry, dataset: str | None, reason: str | None, every: bool) -> bool:  # noqa: FBT001
    if dataset is not None and entry.dataset != dataset:
        return False
    return every or (bool(entry.reasons) if reason is None else reason in entry.reasons)


def _replay_file(zones: Zones, ledger: Ledger, sources: Mapping[str, Source], old: Entry, report: ReplayReport) -> None:
    report.looked_at += 1
    raw = RawFile(old.ingest_date, old.file, old.dataset, old.source)
    source = sources.get(old.source)
    if source is None or old.dataset not in source.datasets:
        raise Refused(
            f"{old.file}: no source says any more how {old.source} delivers {old.dataset}; what it was before stands"
        )
    local = zones.raw.local(old.file)
    if content_hash(local) != old.content:
        raise Refused(f"{old.file} is not what was processed; put the delivered file back. What it was before stands")
    scratch = Path(tempfile.mkdtemp(prefix="energy-lake-"))
    try:
        written = process_file(raw, local, old.content, source, scratch, None)
        if written.entry != old:
            _publish(zones, ledger, old, written)
            report.changed.append(old.file)
            report.accepted += max(0, old.rejected.rows - written.entry.rejected.rows)
            report.rejected += max(0, written.entry.rejected.rows - old.rejected.rows)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    for code, count in written.entry.reasons.items():
        report.reasons[code] = report.reasons.get(code, 0) + count


def _publish(zones: Zones, ledger: Ledger, old: Entry, written: Written) -> None:
    """What the file becomes replaces what it was, with a note for the curated zone."""
    release(zones, [old])
    publication = Publication(zones)
    for output, path in sorted(written.files.items()):
        publication.stage(output.zone, output.path, path)
    kept = {(output.zone, output.path) for output in written.files}
    for output in old.outputs:
        if (output.zone, output.path) not in kept:
            publication.remove(output.zone, output.path)
    note = Redo(
        id=old.id,
        file=old.file,
        dataset=old.dataset,
        dates=tuple(sorted(output.date for output in old.processed() if output.date)),
        key_range=old.key_range,
    )
    for earlier in ledger.redos():
        note = note.merged(earlier) if earlier.id == note.id else note
    publication.stage("ledger", note.path, note.to_json())
    publication.stage("ledger", ledger.path_of(written.entry), written.entry.checked().to_json())
    publication.commit(None)
