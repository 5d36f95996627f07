"""Redshift DDL from the contracts: schema, tables, comments, grants. Pure text; running it is the deployment's business.

Every statement can be run again at any time and then changes nothing. What Redshift can say idempotently by itself
(CREATE ... IF NOT EXISTS) is a statement of its own; the rest (columns that a contract has gained, comments, roles, grants)
has no such form, so it is the body of one stored procedure, which looks before it creates and runs in one transaction.
That also keeps a deployment short: the provider waits half a minute for each statement, and there is a comment a column.

A contract that gains a column is thereby applied to a table that exists. Another type, another key or a column less is
not: that table is dropped and loaded again from the curated zone (`docs/deploy.md`, "Upgrade").

How a load uses the tables: COPY is positional and has no TRUNCATECOLUMNS for Parquet, so it goes by manifest into a temporary
table (`create_staging`) with a column list in contract order, which is the order in the files; MERGE takes it from there.
"""

import hashlib
from collections.abc import Iterable

from contracts.model import Column, Dataset, Role
from warehouse.grants import Access, grants
from warehouse.sql import SCHEMA, DdlError, identifier, literal, names, qualified

__all__ = [
    "LONGEST_STATEMENT",
    "PROCEDURE",
    "Access",
    "DdlError",
    "byte_limit",
    "create_schema",
    "create_staging",
    "create_table",
    "redshift_type",
    "statements",
]

PROCEDURE = "apply_contracts"
"""The procedure that adds columns, comments, roles and grants. Names that begin with `sp_` are Redshift's to give."""

LONGEST_STATEMENT = 100_000
"""Bytes in one statement of the Data API (Redshift Management Guide, "Using the Amazon Redshift Data API")."""

# VARCHAR counts bytes, and a character of UTF-8 has up to four. A text that is longer aborts its COPY, one that is declared
# far too long only costs memory while it is sorted or joined, so limits are generous but not VARCHAR(MAX).
CLOSED_LIST_BYTES = 32
"""One of the contract's `allowed` values: room for new words without a new table."""
IDENTIFIER_BYTES = 512
"""A key, or what names one (`provider_id` in a trade): 128 characters of any script."""
OBJECT_KEY_BYTES = 1024
"""A path inside a bucket: S3's own limit for a key."""
FREE_TEXT_BYTES = 1024
"""A name or a place: 256 characters of any script."""

_TYPES = {"date": "DATE", "instant": "TIMESTAMP", "integer": "BIGINT", "boolean": "BOOLEAN"}


def byte_limit(column: Column) -> int:
    """The bytes of UTF-8 that a text column holds in the warehouse; a longer value would abort its COPY."""
    if column.allowed:
        return CLOSED_LIST_BYTES
    if column.role == Role.KEY or column.name.endswith("_id"):
        return IDENTIFIER_BYTES
    return OBJECT_KEY_BYTES if column.role == Role.LINEAGE else FREE_TEXT_BYTES


def redshift_type(column: Column) -> str:
    """The type that takes the values of the column's Parquet type without a loss.

    An instant is TIMESTAMP and not TIMESTAMPTZ: it is UTC by contract, and a session's time zone must not change it. Raises
    `DdlError` for a list of texts, which COPY loads into SUPER only and which no curated table has.
    """
    if column.type.name == "decimal":
        return f"DECIMAL({column.type.precision},{column.type.scale})"
    if column.type.name == "text":
        return f"VARCHAR({byte_limit(column)})"
    if column.type.name not in _TYPES:
        message = (
            f"{column.name} is {column.type}, which no column of the warehouse can be: allowed are text, decimal, "
            f"{', '.join(_TYPES)}; keep it out of the curated contract"
        )
        raise DdlError(message)
    return _TYPES[column.type.name]


def create_schema() -> str:
    """The statement that makes the schema."""
    return f"CREATE SCHEMA IF NOT EXISTS {identifier(SCHEMA)}"


def create_table(dataset: Dataset) -> str:
    """The statement that makes the dataset's table, columns in contract order.

    The primary key is what the planner relies on, not what Redshift enforces: the load keeps it. Foreign keys are left
    away, since a trade may name a provider that was never delivered.
    """
    lines = [*(_definition(column) for column in dataset.columns), f"PRIMARY KEY ({names(dataset.key)})"]
    body = ",\n  ".join(lines)
    return f"CREATE TABLE IF NOT EXISTS {qualified(dataset.name)} (\n  {body}\n)\n{_layout(dataset)}"


def create_staging(dataset: Dataset) -> str:
    """The statement that makes the temporary table a load COPYs into: same columns, distribution and sort keys, empty.

    Being distributed alike, staging and table MERGE without moving rows between nodes. It lives as long as the session:
    COPY and MERGE belong into the same batch.
    """
    return f"CREATE TEMP TABLE {identifier(f'stage_{dataset.name}')} (LIKE {qualified(dataset.name)})"


def statements(datasets: Iterable[Dataset], access: Access) -> dict[str, str]:
    """Everything the warehouse needs, in the order to run it, by names that stay the same while their texts change.

    Raises:
        DdlError: A statement is longer than the Data API takes, or a description would end the procedure's body.
    """
    tables = list(datasets)
    procedure = _procedure(tables, access)
    named = {
        "schema": create_schema(),
        **{f"table-{dataset.name.replace('_', '-')}": create_table(dataset) for dataset in tables},
        "procedure": procedure,
        # The digest makes the call another text whenever the procedure is one, so that a changed contract is applied.
        "apply": f"CALL {qualified(PROCEDURE)}() /* {hashlib.sha256(procedure.encode()).hexdigest()[:12]} */",
    }
    for name, text in named.items():
        size = len(text.encode())
        if size > LONGEST_STATEMENT:
            message = (
                f"statement {name!r} has {size} bytes, the Data API takes {LONGEST_STATEMENT}: "
                "shorten descriptions, or give part of the tables a procedure of their own"
            )
            raise DdlError(message)
    return named


def _definition(column: Column) -> str:
    return f"{identifier(column.name)} {redshift_type(column)}{'' if column.nullable else ' NOT NULL'}"


def _layout(dataset: Dataset) -> str:
    """Where rows lie and in which order, by what kind of table it is."""
    if not dataset.partition:
        # Providers, clients: small and joined with every trade. A copy on each node makes those joins local.
        return f"DISTSTYLE ALL\nSORTKEY ({names(dataset.key)})"
    if dataset.partition in dataset.key:
        # A mart has a few rows a day: AUTO keeps a copy on each node while that is cheap and spreads them when it no
        # longer is. Questions name days, so blocks of other days are skipped.
        rest = tuple(name for name in dataset.key if name != dataset.partition)
        return f"DISTSTYLE AUTO\nCOMPOUND SORTKEY ({names((dataset.partition, *rest))})"
    # Trades: spread by their identifier, which is even and lets MERGE find a row's older version on its own node; sorted by
    # day, since questions and corrections name days, and by identifier within it, since MERGE looks for that.
    order = names((dataset.partition, *dataset.key))
    return f"DISTSTYLE KEY\nDISTKEY ({identifier(dataset.key[0])})\nCOMPOUND SORTKEY ({order})"


def _procedure(tables: list[Dataset], access: Access) -> str:
    lines = [*(line for table in tables for line in _gained(table)), *(c for table in tables for c in _comments(table))]
    body = "\n".join(f"  {line};" for line in [*lines, *grants(tables, access)])
    if "$$" in body:
        message = "a name or description holds $$, which ends a procedure's body; write it in another way"
        raise DdlError(message)
    return (
        f"CREATE OR REPLACE PROCEDURE {qualified(PROCEDURE)}() AS $$\n"
        f"DECLARE found INTEGER;\nBEGIN\n{body}\nEND;\n$$ LANGUAGE plpgsql SECURITY INVOKER"
    )


def _gained(dataset: Dataset) -> list[str]:
    """Columns that the contract has and the table has not. Without NOT NULL, which rows that are there could not keep."""
    lines = []
    for column in dataset.columns:
        if column.name in {*dataset.key, dataset.partition}:
            continue
        where = f"table_schema = {literal(SCHEMA)} AND table_name = {literal(dataset.name)}"
        added = f"ALTER TABLE {qualified(dataset.name)} ADD COLUMN {identifier(column.name)} {redshift_type(column)}"
        lines += [
            f"SELECT INTO found COUNT(*) FROM svv_columns WHERE {where} AND column_name = {literal(column.name)}",  # noqa: S608 - quoted
            f"IF found = 0 THEN {added}; END IF",
        ]
    return lines


def _comments(dataset: Dataset) -> list[str]:
    table = qualified(dataset.name)
    lines = [f"COMMENT ON TABLE {table} IS {literal(f'{dataset.description} Grain: {dataset.grain}.')}"]
    for column in dataset.columns:
        text = f"{column.description} [{column.unit}]" if column.unit else column.description
        lines.append(f"COMMENT ON COLUMN {table}.{identifier(column.name)} IS {literal(text)}")
    return lines
