"""What a comparison of contracts finds, and how it looks into a document of the Open Data Contract Standard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from contracts.model import ContractError

__all__ = ["Change", "Level", "properties_of", "said", "table_of"]

_MOST_SAID = 8


class Level(IntEnum):
    """What a change does to those who read the data, the worst first."""

    BREAKING = 0
    """Something that worked fails, or gives other numbers."""
    WARNING = 1
    """It may, for some readers or for an exporter; they have to be told before."""
    COMPATIBLE = 2
    """Nobody has to do anything."""


@dataclass(frozen=True)
class Change:
    """One difference.

    `dataset` is a document's id, `column` is empty for the table as a whole; `sentence` says of it what changed, what breaks
    for whom, and what to do instead.
    """

    dataset: str
    column: str
    level: Level
    sentence: str

    def __str__(self) -> str:
        """The whole sentence, with its subject."""
        subject = f"{self.dataset}.{self.column}" if self.column else self.dataset
        return f"{subject} {self.sentence}"


def table_of(contract: Mapping[str, Any]) -> Mapping[str, Any]:
    """The table that the document is about. Raises `ContractError` for one with none, or with several."""
    tables = contract.get("schema") or []
    if len(tables) != 1:
        raise ContractError(
            f"{contract.get('id')} has {len(tables)} schemas; a contract of one dataset has one, in the list `schema`"
        )
    table: Mapping[str, Any] = tables[0]
    return table


def properties_of(table: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The columns of a table by name, in their order."""
    return {column["name"]: column for column in table.get("properties") or ()}


def said(values: Sequence[str]) -> str:
    """The values one after the other, the first of many."""
    if not values:
        return "none"
    rest = len(values) - _MOST_SAID
    shown = ", ".join(values[:_MOST_SAID])
    return f"{shown} and {rest} more" if rest > 0 else shown
