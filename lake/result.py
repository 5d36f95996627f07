"""A query's answer, and how it is written for other programs: exact decimals, UTC instants, no value lost or changed."""

import csv
import io
import json
import math
from decimal import Decimal
from typing import Any

__all__ = ["Result", "as_csv", "as_json", "as_text"]


class Result:
    """A query's answer: the columns' names, and the rows as Python values (decimals and dates as themselves)."""

    def __init__(self, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
        self.columns = columns
        self.rows = rows


def as_csv(result: Result) -> str:
    """The answer as CSV with a header. Null is an empty field, a list or a struct is JSON inside its field."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(result.columns)
    writer.writerows([as_text(value) for value in row] for row in result.rows)
    return out.getvalue()


def as_json(result: Result) -> str:
    """The answer as a JSON array with an object a row.

    Decimals are numbers with all their digits; dates, instants and what JSON has no number for (`nan`, `inf`) are text. Of columns
    with one name the second gets `_1`, the third `_2`, since an object has each name once.
    """
    names = [json.dumps(name, ensure_ascii=False) for name in _unique(result.columns)]
    lines = [
        "{" + ", ".join(f"{name}: {_json(value)}" for name, value in zip(names, row, strict=True)) + "}"
        for row in result.rows
    ]
    return "[" + ",".join(f"\n {line}" for line in lines) + ("\n]" if lines else "]")


def as_text(value: object) -> str:
    """One value as CSV and tables show it; null is empty."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool() | list() | tuple() | dict():
            return _json(value)
        case Decimal():
            return f"{value:f}"
        case bytes():
            return value.hex()
        case _:
            return str(value)


def _json(value: object) -> str:
    """`json` itself would write decimals as floats, so it is used for texts only."""
    match value:
        case None:
            text = "null"
        case bool():
            text = str(value).lower()
        case int():
            text = str(value)
        case Decimal() | float() if math.isfinite(value):
            text = f"{value:f}" if isinstance(value, Decimal) else repr(value)
        case list() | tuple():
            text = "[" + ", ".join(_json(item) for item in value) + "]"
        case dict():
            text = "{" + ", ".join(f"{_quoted(as_text(key))}: {_json(item)}" for key, item in value.items()) + "}"
        case _:
            text = _quoted(as_text(value))
    return text


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _unique(names: list[str]) -> list[str]:
    unique: list[str] = []
    for name in names:
        candidate, count = name, 0
        while candidate in unique:
            count += 1
            candidate = f"{name}_{count}"
        unique.append(candidate)
    return unique
