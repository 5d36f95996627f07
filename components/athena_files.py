"""Reads `*.sql` files with their headers into plain values; nothing is built here.

A file begins with a header of comment lines, each `-- <field>: <text>`, then any other comments, then one statement:

    -- question: what it answers, one sentence
    -- grain: what a row of the answer is
    -- reads: the tables it needs, with commas
    -- for: the personas whose workgroup has it, with commas
"""

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["QueryFileError", "QuerySpec", "read_queries", "read_query"]

FIELDS = ("question", "grain", "reads", "for")

QUERY_BYTES = 262_144
DESCRIPTION_CHARACTERS = 1024
NAME_CHARACTERS = 128
"""Athena API Reference, "NamedQuery"."""

_FIELD = re.compile(r"--\s*(question|grain|reads|for):\s*(.*\S)\s*")
_VIEW = re.compile(r"CREATE\s+OR\s+REPLACE\s+VIEW\s+([a-z_][a-z0-9_]*)\s+AS\b", re.IGNORECASE)


class QueryFileError(ValueError):
    """A query file does not say what it should."""


@dataclass(frozen=True, kw_only=True)
class QuerySpec:
    """One named query.

    Attributes:
        name: What it is called in every workgroup that has it.
        description: What it answers, what a row is, and which tables it reads.
        database: The database that its unqualified tables are in.
        sql: One statement, without a semicolon at its end.
        personas: Whose workgroups have it.
        reads: The tables it needs.
    """

    name: str
    description: str
    database: str
    sql: str
    personas: tuple[str, ...]
    reads: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what Athena refuses."""
        sizes = (
            ("name", len(self.name), NAME_CHARACTERS, "characters"),
            ("description", len(self.description), DESCRIPTION_CHARACTERS, "characters"),
            ("sql", len(self.sql.encode()), QUERY_BYTES, "bytes"),
        )
        for field, size, limit, unit in sizes:
            if not 1 <= size <= limit:
                raise QueryFileError(f"query {self.name}: {field} has {size} {unit}, Athena takes 1 to {limit}")
        if not self.personas:
            raise QueryFileError(f"query {self.name}: no persona has it; name at least one after `-- for:`")

    @property
    def view(self) -> str | None:
        """The view that it makes, or None for a question."""
        found = _VIEW.match(_statement_of(self.sql))
        return found.group(1) if found else None


def read_queries(folder: Path, database: str) -> tuple[QuerySpec, ...]:
    """Every `*.sql` file of a folder, in order of name.

    Raises:
        QueryFileError: There is none, or one of them is not as it should be.
    """
    files = sorted(folder.glob("*.sql"))
    if not files:
        raise QueryFileError(f"{folder} has no *.sql file; give the folder of the queries")
    return tuple(read_query(file.stem, file.read_text(encoding="utf-8"), database) for file in files)


def read_query(name: str, text: str, database: str) -> QuerySpec:
    """One file's text.

    Raises:
        QueryFileError: A field is missing or doubled, or there is more or less than one statement.
    """
    found = [(match[1], match[2]) for line in text.splitlines() if (match := _FIELD.fullmatch(line.strip()))]
    for field in FIELDS:
        times = sum(1 for key, _ in found if key == field)
        if times != 1:
            raise QueryFileError(f"query {name}: the header has `-- {field}:` {times} times, expected once")
    header = dict(found)
    sql = text.strip().removesuffix(";")
    statement = _statement_of(sql)
    if not statement or ";" in statement:
        raise QueryFileError(
            f"query {name}: expected one statement after the header; split the file or remove the semicolon"
        )
    return QuerySpec(
        name=name,
        description=f"{header['question']} Grain: {header['grain']}. Reads: {header['reads']}.",
        database=database,
        sql=sql,
        personas=_names(header["for"]),
        reads=_names(header["reads"]),
    )


def _statement_of(sql: str) -> str:
    """The statement without the comment lines."""
    return "\n".join(line for line in sql.splitlines() if not line.lstrip().startswith("--")).strip()


def _names(text: str) -> tuple[str, ...]:
    return tuple(sorted({name.strip() for name in text.split(",") if name.strip()}))
