"""The contracts of the marts on the deliveries themselves: how much of them was good, and what was wrong with the rest.

What a column means as a formula stands in `transforms/quality.py`.
"""

from contracts.model import Column, ColumnType, Dataset, Kind, Role

__all__ = ["DATA_QUALITY_DAILY", "REJECTIONS_DAILY"]


def _count(name: str, description: str) -> Column:
    return Column(name=name, type=ColumnType.integer(), description=description)


def _share(name: str, description: str) -> Column:
    """A part of a number of rows, from 0 to 1."""
    return Column(name=name, type=ColumnType.decimal(7, 6), nullable=True, description=description)


_DELIVERED_ON = (
    Column(
        name="date",
        type=ColumnType.date(),
        role=Role.PARTITION,
        description="The day of the delivery, which is no market day. The partition.",
    ),
    Column(
        name="source",
        type=ColumnType.text(),
        role=Role.KEY,
        description="The exporter, as `sources/<source>.toml` names it.",
    ),
    Column(
        name="dataset",
        type=ColumnType.text(),
        role=Role.KEY,
        description="What was delivered, as the contract of the processed zone names it.",
    ),
)

DATA_QUALITY_DAILY = Dataset(
    name="data_quality_daily",
    kind=Kind.CURATED,
    grain="one row per day of delivery, source and dataset",
    description="What came in and what became of it, by the ledger: received_rows = valid_rows + rejected_rows + "
    "duplicate_rows.",
    key=("date", "source", "dataset"),
    partition="date",
    columns=(
        *_DELIVERED_ON,
        _count("files", "Files delivered, repeated ones included."),
        _count("repeated_files", "Files with the content of an earlier one; their rows count nowhere."),
        _count("received_rows", "Records in the files that were not repeated."),
        _count("valid_rows", "Records that became part of the processed zone."),
        _count("rejected_rows", "Records that broke a rule and lie in quarantine now."),
        _count("duplicate_rows", "Records that a later record of the same file replaced."),
        _count(
            "late_rows", "Valid trades delivered more than a day after their market day ended; 0 of other datasets."
        ),
        _count("restated_rows", "Valid trades that changed, moved or took back what an earlier delivery said."),
        _share("valid_share", "valid_rows as a part of received_rows; null where nothing was received."),
        _share("rejected_share", "rejected_rows as a part of received_rows; null where nothing was received."),
        _share("duplicate_share", "duplicate_rows as a part of received_rows; null where nothing was received."),
        _share("late_share", "late_rows as a part of valid_rows; null where none was valid."),
        _share("restated_share", "restated_rows as a part of valid_rows; null where none was valid."),
    ),
)

REJECTIONS_DAILY = Dataset(
    name="rejections_daily",
    kind=Kind.CURATED,
    grain="one row per day of delivery, source, dataset and reason",
    description="Why records were rejected. A record with several reasons counts under each of them.",
    key=("date", "source", "dataset", "reason"),
    partition="date",
    columns=(
        *_DELIVERED_ON,
        Column(
            name="reason",
            type=ColumnType.text(),
            role=Role.KEY,
            description="The code of the rule that was broken.",
        ),
        _count("rows", "Records that broke it."),
        Column(
            name="sentence",
            type=ColumnType.text(),
            nullable=True,
            description="What the rule says; null for a rule that there is no more.",
        ),
    ),
)
