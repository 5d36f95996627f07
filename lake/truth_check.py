"""Compares a lake with what the generator planted: every number, kind by kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

from jobs.curated_state import CuratedState
from jobs.publish import load_state
from jobs.reports import FileRefusal
from jobs.zones import Zones
from lake.account import Account, DatasetAccount
from lake.generator import DatasetTruth, Truth
from transforms.totals import Totals

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True)
class Comparison:
    """One number: what was planted, what the lake says, and where it stands."""

    where: str
    what: str
    planted: str
    found: str

    @property
    def agrees(self) -> bool:
        """Whether the lake found exactly what was planted."""
        return self.planted == self.found


def compare(zones: Zones, account: Account, refused: list[FileRefusal], truth: Truth) -> list[Comparison]:
    """Every number that the truth knows beside the lake's own. Both jobs must have run."""
    found: list[Comparison] = []
    state = CuratedState.from_json(load_state(zones))
    cancelled = sum(day.cancelled.rows for day in state.days.values())
    for name, planted in truth.datasets.items():
        withdrawn = cancelled if name == "transactions" else 0
        found += _dataset(name, planted, account.datasets.get(name, DatasetAccount()), withdrawn)
    current = reduce(Totals.__add__, (day.current for day in state.days.values()), Totals())
    strangers = sum(day.unknown_counterparties for day in state.days.values())
    found.append(
        Comparison("curated trades", "unknown counterparties", str(truth.unknown_counterparties), str(strangers))
    )
    found.append(Comparison("curated trades", "MWh", f"{truth.quantity_mwh:.6f}", f"{current.mwh:.6f}"))
    for currency, amount in sorted(truth.amounts.items()):
        found.append(
            Comparison(
                "curated trades", f"amount in {currency}", f"{amount:.2f}", f"{current.money.get(currency, 0):.2f}"
            )
        )
    names = {refusal.file.rsplit("/", 1)[-1] for refusal in refused}
    expected = {file.file.rsplit("/", 1)[-1] for file in truth.refused}
    for name in sorted(names | expected):
        found.append(Comparison("files refused whole", name, _times(name in expected), _times(name in names)))
    return found


def _dataset(name: str, planted: DatasetTruth, books: DatasetAccount, cancelled: int) -> Iterator[Comparison]:
    """`cancelled` are cancellations that stand, which the books count among what newer deliveries replaced."""
    pairs = (
        ("files", planted.files, books.files),
        ("rows in", planted.rows_in, books.received.rows),
        ("current", planted.current, books.current_rows),
        ("superseded", planted.superseded, books.superseded_rows - cancelled),
        ("cancelled", planted.cancelled, cancelled),
        ("duplicates", planted.duplicates, books.duplicates.rows),
        ("rejected", planted.rejected, books.rejected.rows),
    )
    for what, expected, got in pairs:
        yield Comparison(name, what, str(expected), str(got))
    for effect, wanted, counted in (
        ("rejected", planted.rejected_by_reason, books.reasons),
        ("warned", planted.warned_by_code, books.warnings),
    ):
        for code in sorted({*wanted, *counted}):
            yield Comparison(name, f"{effect}: {code}", str(wanted.get(code, 0)), str(counted.get(code, 0)))


def _times(is_there: bool) -> str:  # noqa: FBT001 - the only thing it is about
    return "refused" if is_there else "taken"
