"""The standard source's file with one slip in it, for tests of what its reader says."""

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from contracts import DELIVERED
from contracts.source import SourceError
from contracts.source_reader import read_source

__all__ = ["ABSENT", "FOLDER", "STAMP", "changed", "refusal"]

STAMP = "transactions.columns.delivery_start"
FOLDER = Path(__file__).parents[2] / "sources"
STANDARD = tomllib.loads((FOLDER / "standard.toml").read_text(encoding="utf-8"))
ABSENT = object()


def changed(path: str, value: object) -> dict[str, Any]:
    """The standard source with one value replaced, or, with `ABSENT`, taken away."""
    content = copy.deepcopy(STANDARD)
    *way, last = path.split(".")
    table = content
    for part in way:
        table = table.setdefault(part, {})
    if value is ABSENT:
        del table[last]
    else:
        table[last] = value
    return content


def refusal(path: str, value: object) -> str:
    """What the reader says to the change."""
    with pytest.raises(SourceError) as caught:
        read_source("mine", changed(path, value), DELIVERED)
    return str(caught.value)
