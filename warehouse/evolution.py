"""A table that is there against its contract: what may be added to it, and what is refused.

A new column that may be null is added; rows that are there have null, as their files have. Everything else would need
values that nobody has or would change what is there, and the curated zone holds all of it: drop the table, load it again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contracts.model import Column, Dataset
from warehouse.plan import LoadError

__all__ = ["Live", "gained"]


@dataclass(frozen=True)
class Live:
    """A column as the database has it."""

    type: str
    nullable: bool


def gained(
    dataset: Dataset, live: Mapping[str, Live], type_of: Callable[[Column], str], way_out: str
) -> tuple[Column, ...]:
    """The columns to add to the table, in contract order.

    Raises `LoadError` naming every other difference, with the way out: a column that the contract does not have or that
    must not be null, another type, a column that may be null in the contract and must not in the table.
    """
    faults, new = [], []
    for column in dataset.columns:
        there = live.get(column.name)
        wanted = type_of(column)
        if there is None and column.nullable:
            new.append(column)
        elif there is None:
            faults.append(f"{column.name} is new and must not be null, so rows that are there cannot have it")
        elif there.type != wanted:
            faults.append(f"{column.name} is {there.type}, the contract says {wanted}")
        elif column.nullable and not there.nullable:
            faults.append(f"{column.name} may be null by now, the table refuses that")
    strangers = sorted(set(live) - set(dataset.column_names))
    faults += [f"{name} is in no contract any more" for name in strangers]
    if faults:
        raise LoadError(
            f"table {dataset.name} cannot follow its contract: {'; '.join(faults)}. Only a column that may be null is "
            f"added; nothing was changed. {way_out}"
        )
    return tuple(new)
