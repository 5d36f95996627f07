"""Counting the truth while records are made: by the lake's written order, but from what was planted, not from files.

Files must be counted in order of delivery. Only keys that are delivered more than once are remembered.
"""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal

from lake.generator.truth import DatasetTruth

__all__ = ["Figures", "Tally", "TradeTally"]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a trade adds to the sums while it is current: thousandths of kWh, hundredths of the currency.

    `is_cancelled` is of a version that takes the trade away: while it is the newest, the trade adds nothing.
    """

    quantity: int
    cents: int
    currency: str
    entity: str
    is_cancelled: bool = False


class Tally:
    """The counts of one dataset."""

    def __init__(self) -> None:
        self._files = self._rows = self._rejected = self._duplicates = self._superseded = 0
        self._current = self._cancelled = 0
        self._reasons: Counter[str] = Counter()
        self._warnings: Counter[str] = Counter()
        self._in_file: dict[Hashable, Figures | None] = {}
        self._versions: dict[Hashable, Figures | None] = {}

    def reject(self, reasons: tuple[str, ...]) -> None:
        """Count a record that breaks those rules."""
        self._rows += 1
        self._rejected += 1
        self._reasons.update(reasons)

    def keep(self, key: Hashable, figures: Figures | None, *, warnings: tuple[str, ...], is_repeated: bool) -> None:
        """Count a valid record. `is_repeated` must be true where the key is delivered more than once."""
        self._rows += 1
        self._warnings.update(warnings)
        if not is_repeated:
            self._count(figures, 1)
            return
        self._duplicates += key in self._in_file
        self._in_file[key] = figures

    def end_file(self) -> None:
        """The file is complete: its last version of each key replaces those of earlier files."""
        for key, figures in self._in_file.items():
            if key in self._versions:
                self._superseded += 1
                self._count(self._versions[key], -1)
            self._count(figures, 1)
            self._versions[key] = figures
        self._in_file.clear()
        self._files += 1

    def truth(self) -> DatasetTruth:
        """The counts so far, codes in alphabetical order."""
        return DatasetTruth(
            files=self._files,
            rows_in=self._rows,
            rejected=self._rejected,
            rejected_by_reason=dict(sorted(self._reasons.items())),
            warned_by_code=dict(sorted(self._warnings.items())),
            duplicates=self._duplicates,
            superseded=self._superseded,
            cancelled=self._cancelled,
            current=self._current,
        )

    def _count(self, figures: Figures | None, sign: int) -> None:
        """A version became the newest (1) or no longer is (-1)."""
        if figures is not None and figures.is_cancelled:
            self._cancelled += sign
            return
        self._current += sign
        self._add(figures, sign)

    def _add(self, figures: Figures | None, sign: int) -> None:
        """A version became current (1) or no longer is (-1); only trades have figures."""


class TradeTally(Tally):
    """The counts of transactions, with energy, money and unknown counterparties of what is current."""

    def __init__(self, unknown: frozenset[str]) -> None:
        super().__init__()
        self._unknown = unknown
        self._quantity = 0
        self._cents: Counter[str] = Counter()
        self._orphans: Counter[str] = Counter()

    @property
    def quantity_mwh(self) -> Decimal:
        """Energy of the current trades."""
        return Decimal(self._quantity).scaleb(-6)

    @property
    def amounts(self) -> dict[str, Decimal]:
        """Money of the current trades by currency, for each currency that one of them has."""
        return {currency: Decimal(cents).scaleb(-2) for currency, cents in sorted(self._cents.items())}

    def unknown(self, prefix: str) -> int:
        """Current trades whose counterparty begins with `prefix` (`PRV`, `CLI`) and was never validly delivered."""
        return sum(count for entity, count in self._orphans.items() if entity.startswith(prefix))

    def _add(self, figures: Figures | None, sign: int) -> None:
        if figures is None:
            raise TypeError("a trade that is kept needs its figures")
        self._quantity += sign * figures.quantity
        self._cents[figures.currency] += sign * figures.cents
        if figures.entity in self._unknown:
            self._orphans[figures.entity] += sign
