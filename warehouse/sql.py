"""Words of SQL that are safe to put together: names, literals, and what the lake's schema is called."""

__all__ = ["LONGEST_IDENTIFIER", "SCHEMA", "DdlError", "identifier", "literal", "names", "qualified"]

SCHEMA = "analytics"
"""Where every table of the warehouse lives."""

LONGEST_IDENTIFIER = 127
"""Bytes (Redshift Developer Guide, "Names and identifiers")."""


class DdlError(ValueError):
    """A contract, or who may read it, cannot be said in Redshift's DDL: the author's mistake, never the data's."""


def identifier(name: str) -> str:
    """The name, quoted so that nothing in it can end it. Raises `DdlError` where Redshift could not have such a name."""
    if not name or "\0" in name or len(name.encode()) > LONGEST_IDENTIFIER:
        message = (
            f"{name!r} is no identifier: allowed are 1 to {LONGEST_IDENTIFIER} bytes without NUL; choose another name"
        )
        raise DdlError(message)
    return '"' + name.replace('"', '""') + '"'


def names(columns: tuple[str, ...]) -> str:
    """The names, quoted and separated by commas, as a column list wants them."""
    return ", ".join(identifier(column) for column in columns)


def literal(text: str) -> str:
    """The text as a string literal; Redshift reads a backslash as an escape, so it is doubled as the quote is."""
    if "\0" in text:
        message = f"{text!r} holds a NUL, which no text of Redshift's may; take it out"
        raise DdlError(message)
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def qualified(name: str, schema: str = SCHEMA) -> str:
    """The table, view or procedure of that name in the schema."""
    return f"{identifier(schema)}.{identifier(name)}"
