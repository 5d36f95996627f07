"""Values for the `?` of a question: as they are written on the command line, and as the literals that Athena is given.

Athena takes execution parameters as texts that it reads as SQL expressions ("Use parameterized queries", Athena User Guide), so
a text has to arrive as a literal: in quotes, each quote inside it doubled, which is all that Trino's literals know.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

__all__ = ["ParameterError", "Value", "literal_of", "parameter_of"]

Value = str | int | Decimal | bool | date | datetime | None
"""What can be bound: an instant (`datetime`) is UTC, with or without a zone."""


class ParameterError(ValueError):
    """A value cannot be read as what it is said to be, or has no literal."""


def parameter_of(written: str) -> Value:
    """The value of `date:2026-01-31`, `timestamp:2026-01-31 10:00:00`, `decimal:1.50`, `integer:5`, `boolean:true`, `null:`.

    Anything else is a text, and `text:` before it says so where it would be read as one of the others. Raises
    `ParameterError`.
    """
    kind, colon, value = written.partition(":")
    if not colon or kind not in _KINDS:
        return written
    try:
        return _KINDS[kind](value)
    except (ValueError, InvalidOperation) as error:
        raise ParameterError(
            f"{value!r} is no {kind}; {_NOTATION[kind]}, or text:{written} where a text is meant"
        ) from error


def literal_of(value: Value) -> str:
    """The value as a literal of Trino. Raises `ParameterError` for a number that is none (`NaN`)."""
    match value:
        case None:
            literal = "NULL"
        case bool():
            literal = "true" if value else "false"
        case int():
            literal = str(value)
        case Decimal():
            if not value.is_finite():
                raise ParameterError(f"{value} is no number that a decimal can hold; give digits")
            literal = f"{value:f}" if "." in f"{value:f}" else f"DECIMAL '{value:f}'"
        case datetime():
            instant = value.astimezone(UTC) if value.tzinfo else value
            literal = f"TIMESTAMP '{instant.replace(tzinfo=None).isoformat(' ', 'microseconds')}'"
        case date():
            literal = f"DATE '{value.isoformat()}'"
        case _:
            literal = "'" + value.replace("'", "''") + "'"
    return literal


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _null(text: str) -> None:
    if text:
        raise ValueError(text)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant


_KINDS: dict[str, Callable[[str], Value]] = {
    "text": str,
    "integer": int,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": date.fromisoformat,
    "timestamp": _instant,
    "null": _null,
}
_NOTATION = {
    "integer": "write digits",
    "decimal": "write digits, with a point before the fraction",
    "boolean": "write true or false",
    "date": "write YYYY-MM-DD",
    "timestamp": "write YYYY-MM-DD HH:MM:SS in UTC",
    "null": "nothing comes after null:",
}
