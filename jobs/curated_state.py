"""What the curated zone holds and from which deliveries: the value that `curated.json` keeps."""

from dataclasses import dataclass, field
from typing import Any

from transforms.totals import Totals

__all__ = ["CuratedState", "Day"]


@dataclass(frozen=True)
class Day:
    """What became of the processed trades of a market day.

    `current` counts in the lake; `superseded` was replaced by a newer delivery. `unknown_counterparties` is how many
    current trades name a provider or client that was never delivered.
    """

    current: Totals
    superseded: Totals
    unknown_counterparties: int = 0

    def to_json(self) -> dict[str, Any]:
        """As the state is stored."""
        return {
            "current": self.current.to_json(),
            "superseded": self.superseded.to_json(),
            "unknown_counterparties": self.unknown_counterparties,
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Day":
        """What `to_json` wrote."""
        current, superseded = Totals.from_json(content["current"]), Totals.from_json(content["superseded"])
        return cls(current, superseded, content["unknown_counterparties"])


@dataclass
class CuratedState:
    """`inputs`: ids of the ledger entries that are in, by dataset. `files`: rows by path, by table. `days`: see `Day`."""

    inputs: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, dict[str, int]] = field(default_factory=dict)
    days: dict[str, Day] = field(default_factory=dict)

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        return sum(self.files.get(table, {}).values())

    def to_json(self) -> dict[str, Any]:
        """As `curated.json` stores it."""
        return {
            "inputs": {dataset: sorted(ids) for dataset, ids in self.inputs.items()},
            "files": self.files,
            "days": {day: content.to_json() for day, content in sorted(self.days.items())},
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "CuratedState":
        """What `to_json` wrote, or an empty state of an empty object."""
        days = {day: Day.from_json(value) for day, value in content.get("days", {}).items()}
        return cls(content.get("inputs", {}), content.get("files", {}), days)
