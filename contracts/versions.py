"""The contracts of what trades used to be: versions that count no more, and what each correction changed.

`transactions` and `transactions_history` together are every delivered version of every trade with the days between which
it was the one that counted, so the lake as it was known on a day is a question in SQL (`queries/transactions_as_of.sql`).
"""

from contracts.lineage import LINEAGE
from contracts.model import Column, ColumnType, Dataset, Kind, Role
from contracts.transactions import ACTION, TRANSACTION_COLUMNS

__all__ = ["FATES", "RESTATEMENTS", "RESTATEMENT_KINDS", "TRANSACTIONS_HISTORY"]

FATES = ("repeated", "amended", "moved", "cancelled", "cancellation")
"""What became of a version: a newer one says the same, says another thing, lies on another market day, or takes the trade
back; `cancellation` is that version itself, which counts nothing."""

RESTATEMENT_KINDS = ("amended", "moved", "cancelled", "reinstated")
"""`reinstated` is a trade that was cancelled and delivered anew."""

TRANSACTIONS_HISTORY = Dataset(
    name="transactions_history",
    kind=Kind.CURATED,
    grain="one row per delivered version of a trade that does not count now",
    description="Versions that a newer delivery replaced, and cancellations. Of several rows of one file with one "
    "identifier only the last is a version.",
    key=("transaction_id", "source_file", "source_row"),
    partition="date",
    columns=(
        *TRANSACTION_COLUMNS,
        ACTION,
        Column(
            name="fate",
            type=ColumnType.text(),
            allowed=FATES,
            description="What became of the version.",
        ),
        Column(
            name="known_to",
            type=ColumnType.date(),
            nullable=True,
            description="The day the next version was delivered; the version counted from `ingest_date` until the day before. "
            "Null for a cancellation that stands.",
        ),
        *LINEAGE,
    ),
)


def _compared(name: str, kind: ColumnType, what: str, unit: str = "") -> tuple[Column, Column]:
    """What a correction may change, as it was and as it became."""
    was = f"{what} before; null where the trade was cancelled before."
    now = f"{what} after; null where the correction cancels the trade."
    return (
        Column(name=f"old_{name}", type=kind, nullable=True, unit=_of(unit, "old"), description=was),
        Column(name=f"new_{name}", type=kind, nullable=True, unit=_of(unit, "new"), description=now),
    )


def _of(unit: str, when: str) -> str:
    """Money before is in the currency before."""
    return unit.replace("currency", f"{when}_currency")


RESTATEMENTS = Dataset(
    name="restatements",
    kind=Kind.CURATED,
    grain="one row per correction of a trade that changed something",
    description="What each correction changed, and which delivery brought it. A version that only repeats is none.",
    key=("transaction_id", "source_file", "source_row"),
    partition="date",
    columns=(
        Column(
            name="transaction_id",
            type=ColumnType.text(),
            role=Role.KEY,
            description="The trade.",
        ),
        Column(
            name="kind",
            type=ColumnType.text(),
            allowed=RESTATEMENT_KINDS,
            description="What the correction did; a trade that moved to another day may have changed in other ways too.",
        ),
        Column(
            name="restated_on",
            type=ColumnType.date(),
            description="The day the correction was delivered.",
        ),
        Column(
            name="date",
            type=ColumnType.date(),
            role=Role.PARTITION,
            description="The market day of the version that was replaced. The partition.",
        ),
        Column(
            name="new_date",
            type=ColumnType.date(),
            description="The market day of the version that replaced it.",
        ),
        *_compared("transaction_type", ColumnType.text(), "`buy` or `sell`"),
        *_compared("quantity_mwh", ColumnType.decimal(18, 6), "Energy", "MWh"),
        *_compared("price_per_mwh", ColumnType.decimal(18, 6), "Price", "currency/MWh"),
        *_compared("currency", ColumnType.text(), "ISO 4217 code of price and amount"),
        *_compared("amount", ColumnType.decimal(18, 2), "Amount", "currency"),
        Column(
            name="difference_mwh",
            type=ColumnType.decimal(19, 6),
            unit="MWh",
            description="Energy after less energy before; a cancelled trade counts 0.",
        ),
        Column(
            name="difference_amount",
            type=ColumnType.decimal(19, 2),
            nullable=True,
            unit="new_currency",
            description="Amount after less amount before, a cancelled trade counting 0; null where the currency changed.",
        ),
        Column(
            name="old_source_file",
            type=ColumnType.text(),
            description="The delivery that the replaced version came in.",
        ),
        Column(
            name="old_source_row",
            type=ColumnType.integer(),
            description="Its row there.",
        ),
        *(column for column in LINEAGE if column.name != "ingest_date"),
    ),
)
