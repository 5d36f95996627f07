"""What the curated zone holds and from which deliveries: the value that `curated.json` keeps."""

from dataclasses import dataclass, field
from typing import Any

from transforms.totals import Totals

__all__ = ["CuratedState", "Day"]


@dataclass(frozen=True)
class Day:
    """What became of the processed trades of a market day.

    `current` counts in the lake; `superseded` was replaced by a newer delivery; `cancelled` are cancellations that stand.
    `unknown_counterparties` is how many current trades name a provider or client that was never delivered. `restated` is how
    many corrections each source delivered on which day, as (source, ingest date, trades).
    """

    current: Totals = field(default_factory=Totals)
    superseded: Totals = field(default_factory=Totals)
    cancelled: Totals = field(default_factory=Totals)
    unknown_counterparties: int = 0
    restated: tuple[tuple[str, str, int], ...] = ()

    @property
    def all(self) -> Totals:
        """Everything that was published for the day."""
        return self.current + self.superseded + self.cancelled

    def to_json(self) -> dict[str, Any]:
        """As the state is stored."""
        return {
            "current": self.current.to_json(),
            "superseded": self.superseded.to_json(),
            "cancelled": self.cancelled.to_json(),
            "unknown_counterparties": self.unknown_counterparties,
            "restated": [list(item) for item in self.restated],
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Day":
        """What `to_json` wrote."""
        current, superseded, cancelled = (
            Totals.from_json(content[name]) for name in ("current", "superseded", "cancelled")
        )
        restated = tuple((source, day, count) for source, day, count in content["restated"])
        return cls(current, superseded, cancelled, content["unknown_counterparties"], restated)


@dataclass
class CuratedState:
    """`inputs`: stamps of the ledger entries that are in, by dataset. `files`: rows by path, by table. `days`: see `Day`.

    `reporting_currency` is what amounts were converted to. `quality` has, for each ingest date, a hash of what the quality
    marts say of it, by which a run knows the dates to write anew.
    """

    inputs: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, dict[str, int]] = field(default_factory=dict)
    days: dict[str, Day] = field(default_factory=dict)
    reporting_currency: str = ""
    quality: dict[str, str] = field(default_factory=dict)

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        return sum(self.files.get(table, {}).values())

    def to_json(self) -> dict[str, Any]:
        """As `curated.json` stores it."""
        return {
            "inputs": {dataset: sorted(ids) for dataset, ids in self.inputs.items()},
            "files": {table: files for table, files in self.files.items() if files},
            "days": {day: content.to_json() for day, content in sorted(self.days.items())},
            "reporting_currency": self.reporting_currency,
            "quality": self.quality,
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "CuratedState":
        """What `to_json` wrote, or an empty state of an empty object."""
        days = {day: Day.from_json(value) for day, value in content.get("days", {}).items()}
        return cls(
            content.get("inputs", {}),
            content.get("files", {}),
            days,
            content.get("reporting_currency", ""),
            content.get("quality", {}),
        )
