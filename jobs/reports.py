"""What a run says it did: plain values that the command line prints, the Glue job logs and tests compare."""

from dataclasses import dataclass, field
from typing import Any

from transforms.totals import Totals

__all__ = ["CuratedReport", "DatasetReport", "FileRefusal", "RunReport", "TableReport"]


@dataclass(frozen=True)
class FileRefusal:
    """A file of which nothing was taken, and why, with the way out."""

    file: str
    why: str


@dataclass
class DatasetReport:
    """What raw-to-processed did with one dataset's files in this run.

    `duplicates` are rows that a later row of the same file replaced. `known` counts files whose very content had been
    delivered before; they add nothing. `seconds` is wall time.
    """

    files: int = 0
    known: int = 0
    received: Totals = field(default_factory=Totals)
    valid: Totals = field(default_factory=Totals)
    rejected: Totals = field(default_factory=Totals)
    duplicates: Totals = field(default_factory=Totals)
    reasons: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """As `lake run --json` prints it."""
        return {
            "files": self.files,
            "files_known": self.known,
            "rows_in": self.received.rows,
            "valid": self.valid.rows,
            "rejected": self.rejected.rows,
            "duplicates": self.duplicates.rows,
            "received": self.received.to_json(),
            "published": self.valid.to_json(),
            "reasons": dict(sorted(self.reasons.items())),
            "warnings": dict(sorted(self.warnings.items())),
            "seconds": round(self.seconds, 3),
        }


@dataclass
class TableReport:
    """What processed-to-curated did with one table: `rows` is all it has now, `redone` the partitions written anew."""

    rows: int = 0
    redone: int = 0
    superseded: int = 0
    cancelled: int = 0
    unknown_counterparties: int = 0

    def to_json(self) -> dict[str, Any]:
        """As `lake run --json` prints it."""
        return {
            "rows": self.rows,
            "partitions_redone": self.redone,
            "superseded": self.superseded,
            "cancelled": self.cancelled,
            "unknown_counterparties": self.unknown_counterparties,
        }


@dataclass
class CuratedReport:
    """What processed-to-curated did: by table, with the dates it touched. `seconds` is wall time."""

    tables: dict[str, TableReport] = field(default_factory=dict)
    dates: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class RunReport:
    """One run of one or both jobs."""

    datasets: dict[str, DatasetReport] = field(default_factory=dict)
    refused: list[FileRefusal] = field(default_factory=list)
    curated: CuratedReport | None = None

    def to_json(self) -> dict[str, Any]:
        """The one object that `lake run --json` prints."""
        curated = self.curated.tables if self.curated else {}
        return {
            "datasets": {name: report.to_json() for name, report in self.datasets.items()},
            "refused": [{"file": refusal.file, "why": refusal.why} for refusal in self.refused],
            "curated": {name: table.to_json() for name, table in curated.items()},
        }
