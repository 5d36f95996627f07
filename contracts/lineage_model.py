"""The words in which `lineage_columns.py` says where columns come from. A column is named `<zone>/<dataset>.<column>`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["ENTRIES", "TRADES", "From", "How", "Rows", "aggregated", "made", "same"]

TRADES = "curated/transactions"
"""What nearly all marts are made of."""

ENTRIES = "ledger/entries"
"""What the marts on deliveries are made of; its columns are the fields of `jobs.ledger.Entry`."""


class How(StrEnum):
    """What is done with values on their way, in the words of OpenLineage's column lineage facet."""

    IDENTITY = "IDENTITY"
    """The value itself, or null."""
    TRANSFORMATION = "TRANSFORMATION"
    """Computed from the values of one row."""
    AGGREGATION = "AGGREGATION"
    """Computed from the values of many rows."""


@dataclass(frozen=True)
class From:
    """Where a column comes from.

    `inputs` are the columns whose values are in it, `decided_by` those that decide whether they are, or which of them.
    """

    how: How
    inputs: tuple[str, ...]
    decided_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rows:
    """Where a table comes from: its columns by name, and the columns that decide which rows there are."""

    columns: Mapping[str, From]
    decided_by: tuple[str, ...]


def same(of: str, *columns: str) -> dict[str, From]:
    """Columns that are what they were in the dataset `of`."""
    return {column: From(How.IDENTITY, (f"{of}.{column}",)) for column in columns}


def made(*inputs: str) -> From:
    """A column computed from others of one row."""
    return From(How.TRANSFORMATION, inputs)


def aggregated(*columns: str, by: str | tuple[str, ...] = ()) -> From:
    """A column computed from columns of many trades; `by` are the trade's columns that decide which of them."""
    decided = (by,) if isinstance(by, str) else by
    return From(
        How.AGGREGATION,
        tuple(f"{TRADES}.{column}" for column in columns),
        tuple(f"{TRADES}.{column}" for column in decided),
    )
