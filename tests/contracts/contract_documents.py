"""What the tests of contracts for others share: a document to change, and ways to change it."""

import copy
from typing import Any

from contracts.odcs import ZONES, document

ID = "energy-lake.curated.transactions"


def doc(zone: str = "curated", name: str = "transactions") -> dict[str, Any]:
    """A document of its own, so that a test may change it."""
    return copy.deepcopy(document(ZONES[zone][name], zone, "1.2.3"))


def table(document: dict[str, Any]) -> dict[str, Any]:
    """The document's one table."""
    return document["schema"][0]


def column(document: dict[str, Any], name: str) -> dict[str, Any]:
    """One of its columns."""
    [found] = [column for column in table(document)["properties"] if column["name"] == name]
    return found


def rule(document: dict[str, Any], code: str) -> dict[str, Any]:
    """One of its rules."""
    [found] = [rule for rule in table(document)["quality"] if rule["name"] == code]
    return found
