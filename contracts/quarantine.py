"""The contract of the quarantine zone: what is kept of a row that broke a rule. One table per delivered dataset."""

from contracts.lineage import LINEAGE
from contracts.model import Column, ColumnType, Dataset, Kind, Sensitivity

__all__ = ["quarantine_of"]


def quarantine_of(dataset: Dataset) -> Dataset:
    """The table of `dataset`'s rejected rows: lineage, every reason, and the row as it was delivered."""
    return Dataset(
        name=dataset.name,
        kind=Kind.DELIVERED,
        grain="one row per rejected record",
        description=f"Records delivered as {dataset.name} that broke a rule, as text, with all their reasons.",
        key=("source_file", "source_row"),
        columns=(
            *LINEAGE,
            Column(
                name="reasons",
                type=ColumnType.texts(),
                description="The code of every rule that the row broke, in contract order; never empty.",
            ),
            Column(
                name="raw",
                type=ColumnType.text(),
                sensitivity=Sensitivity.PERSONAL,
                description='The record as a JSON object of header and text, or {"line": text} where it was no record.',
            ),
        ),
    )
