"""What the generated files hold, known because it was planted: what a lake that took them in has to show.

The values are counted while the files are written (`tally.py`) and stand beside them in `truth.json`.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

__all__ = ["DatasetTruth", "Planted", "RefusedFile", "Truth"]


@dataclass(frozen=True, kw_only=True)
class DatasetTruth:
    """What became of one dataset's records, over all files that are not refused.

    Every record is valid, rejected or a duplicate: `rows_in` = `valid` + `rejected` + `duplicates`; and every valid one
    is current, superseded or a cancellation that stands: `valid` = `current` + `superseded` + `cancelled`.
    """

    files: int
    rows_in: int
    rejected: int
    rejected_by_reason: dict[str, int]
    """Rows per reason code of severity reject; a row with two reasons counts under both."""
    warned_by_code: dict[str, int]
    """Valid rows per reason code of severity warn; what rejected rows would also be warned of is not counted."""
    duplicates: int
    """Valid rows whose key stands again in a later valid row of the same file."""
    superseded: int
    """Valid rows, no duplicates, of a key that a newer file (ingest date, then path) delivers validly again."""
    cancelled: int
    """Valid rows that are the newest of their key and take it away."""
    current: int
    """Rows left: one per key that was ever delivered validly, but for those that are cancelled."""

    @property
    def valid(self) -> int:
        """Rows that reach the processed zone."""
        return self.rows_in - self.rejected - self.duplicates


@dataclass(frozen=True, kw_only=True)
class Planted:
    """One kind of what is not plain in the files: how often, and what the lake does with it.

    `effect` is one of rejected, warned, harmless, flagged, history, refused; `reasons` are the codes that each such
    row (or, for refused, no row) gets, empty where it gets none.
    """

    count: int
    sentence: str
    dataset: str
    effect: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RefusedFile:
    """A file that must be refused whole; `file` is relative to the generated folder, `hint` says what is wrong."""

    dataset: str
    source: str
    file: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What a lake must show after it took in every generated file.

    `quantity_mwh` and `amounts` (by currency) are exact sums over the current trades; `unknown_providers` and
    `unknown_clients` count current trades that name one that was never validly delivered. `first_day` and `days` say
    which local delivery days the trades were drawn for; a correction may move one to the day after.
    """

    seed: int
    rows: int
    dirt: float
    first_day: date
    days: int
    datasets: dict[str, DatasetTruth]
    unknown_providers: int
    unknown_clients: int
    quantity_mwh: Decimal
    amounts: dict[str, Decimal]
    planted: dict[str, Planted]
    refused: tuple[RefusedFile, ...]

    @property
    def unknown_counterparties(self) -> int:
        """Current trades that name a provider or a client that was never validly delivered."""
        return self.unknown_providers + self.unknown_clients

    def to_json(self) -> str:
        """The truth as a JSON object; exact numbers and dates are written as text."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False, default=str) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Truth":
        """The truth that `to_json` wrote. Raises `KeyError` or `TypeError` on any other JSON."""
        values: dict[str, Any] = json.loads(text)
        values["first_day"] = date.fromisoformat(values["first_day"])
        values["datasets"] = {name: DatasetTruth(**entry) for name, entry in values["datasets"].items()}
        values["quantity_mwh"] = Decimal(values["quantity_mwh"])
        values["amounts"] = {currency: Decimal(amount) for currency, amount in values["amounts"].items()}
        values["planted"] = {
            name: Planted(**{**entry, "reasons": tuple(entry["reasons"])}) for name, entry in values["planted"].items()
        }
        values["refused"] = tuple(RefusedFile(**entry) for entry in values["refused"])
        return cls(**values)
