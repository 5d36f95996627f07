"""Redshift DDL from the contracts: schema, tables, comments, grants. Pure text; running it is the deployment's business.

Every statement can be run again at any time and then changes nothing. What Redshift can say idempotently by itself
(CREATE ... IF NOT EXISTS) is a statement of its own; the rest (columns that a contract has gained, comments, roles, grants,
views) has no such form, so it is the body of stored procedures, which look before they create and each run in one
transaction. That also keeps a deployment short: the provider waits half a minute for each statement, and there is a comment a
column. As many procedures are made as it takes, since a statement of the Data API has a longest size.

A contract that gains a column that may be null is thereby applied to a table that exists. Another type, another key or a
column less is not: that table is dropped and loaded again from the curated zone (`docs/deploy.md`, "Upgrade").

How a load uses the tables: COPY is positional and has no TRUNCATECOLUMNS for Parquet, so it goes by manifest into a temporary
table (`create_staging`) with a column list in contract order, which is the order in the files; MERGE takes it from there
(`transaction.py`).
"""

from collections.abc import Iterable, Mapping

from contracts.model import Column, Dataset, Role
from warehouse.books import BOOKS, LOAD_STATE
from warehouse.grants import Access, grants, readers
from warehouse.procedures import LONGEST_STATEMENT, procedures
from warehouse.sql import SCHEMA, DdlError, identifier, literal, names, qualified
from warehouse.views import REPORTING, comment_of, create_view, plain, table_comment_of, view_comments

__all__ = [
    "LONGEST_STATEMENT",
    "Access",
    "DdlError",
    "byte_limit",
    "create_schema",
    "create_staging",
    "create_table",
    "redshift_type",
    "statements",
]

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

_TYPES = {"date": "DATE", "instant": "TIMESTAMP", "integer": "BIGINT", "boolean": "BOOLEAN", "texts": "SUPER"}


def byte_limit(column: Column) -> int:
    """The bytes of UTF-8 that a text column holds in the warehouse; a longer value would abort its COPY."""
    if column.allowed:
        return CLOSED_LIST_BYTES
    if column.role == Role.KEY or column.name.endswith("_id"):
        return IDENTIFIER_BYTES
    return OBJECT_KEY_BYTES if column.role == Role.LINEAGE else FREE_TEXT_BYTES


def redshift_type(column: Column) -> str:
    """The type that takes the values of the column's Parquet type without a loss.

    An instant is TIMESTAMP and not TIMESTAMPTZ: it is UTC by contract, and a session's time zone must not change it. A list
    of texts is SUPER, the only type that COPY puts a list of Parquet's into.
    """
    if column.type.name == "decimal":
        return f"DECIMAL({column.type.precision},{column.type.scale})"
    if column.type.name == "text":
        return f"VARCHAR({byte_limit(column)})"
    return _TYPES[column.type.name]


def create_schema(name: str = SCHEMA) -> str:
    """The statement that makes a schema."""
    return f"CREATE SCHEMA IF NOT EXISTS {identifier(name)}"


def create_table(dataset: Dataset) -> str:
    """The statement that makes the dataset's table, columns in contract order.

    The primary key is what the planner relies on, not what Redshift enforces: the load keeps it. Foreign keys are left
    away, since a trade may name a provider that was never delivered.
    """
    lines = [*(_definition(column) for column in dataset.columns), f"PRIMARY KEY ({names(dataset.key)})"]
    body = ",\n  ".join(lines)
    return f"CREATE TABLE IF NOT EXISTS {qualified(dataset.name)} (\n  {body}\n)\n{_layout(dataset)}"


def create_staging(dataset: Dataset, leaving: Mapping[str, str]) -> str:
    """The statement that makes the temporary table a load COPYs into: same columns, none of them required.

    `leaving` are further columns, for keys of rows that leave: what each is called, by the key's own column. Distributed and
    sorted as the table is, MERGE inserts without moving rows between nodes. It lives as long as the session.
    """
    columns = [*((c.name, c) for c in dataset.columns), *((leaving[key], dataset.column(key)) for key in leaving)]
    body = ",\n  ".join(f"{identifier(name)} {redshift_type(column)}" for name, column in columns)
    return f"CREATE TEMP TABLE {identifier(f'stage_{dataset.name}')} (\n  {body}\n)\n{_layout(dataset)}"


def statements(datasets: Iterable[Dataset], access: Access) -> dict[str, str]:
    """Everything the warehouse needs, in the order to run it, by names that stay the same while their texts change.

    Raises:
        DdlError: A statement is longer than the Data API takes, a description would end a procedure's body, a key may be
            null, or a table is called like one of the warehouse's books.
    """
    tables = list(datasets)
    for dataset in tables:
        _refuse(dataset)
    everything = [*tables, *BOOKS.values()]
    columns = [[*_gained(table), *_comments(table)] for table in everything]
    bodies = [*columns, _first_state(), grants(tables, access), *(_view(table, access) for table in tables)]
    return {
        "schema": create_schema(),
        "schema-reporting": create_schema(REPORTING),
        **{f"table-{dataset.name.replace('_', '-')}": create_table(dataset) for dataset in everything},
        **procedures(bodies),
    }


def _refuse(dataset: Dataset) -> None:
    nullable = [name for name in dataset.key if dataset.column(name).nullable]
    if nullable:
        raise DdlError(f"key {', '.join(nullable)} of {dataset.name} may be null, which no key of the warehouse may")
    if dataset.name in BOOKS:
        raise DdlError(f"{dataset.name} is a book of the warehouse's own; call the table something else")


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


def _gained(dataset: Dataset) -> list[str]:
    """Columns that the contract has and the table has not, if they may be null. A load refuses a table that lacks others."""
    lines = []
    for column in dataset.columns:
        if not column.nullable:
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
    columns = [(identifier(column.name), comment_of(column)) for column in dataset.columns]
    return [
        f"COMMENT ON TABLE {table} IS {literal(table_comment_of(dataset))}",
        *(f"COMMENT ON COLUMN {table}.{name} IS {literal(comment)}" for name, comment in columns),
    ]


def _first_state() -> list[str]:
    """The row that every load changes."""
    state = qualified(LOAD_STATE.name)
    return [
        f"SELECT INTO found COUNT(*) FROM {state}",  # noqa: S608 - quoted
        f"IF found = 0 THEN INSERT INTO {state} (load_number) VALUES (0); END IF",  # noqa: S608 - quoted
    ]


def _view(dataset: Dataset, access: Access) -> list[str]:
    """The view anew, since Redshift cannot give one that is there other columns; who may read it in the same transaction."""
    view = qualified(plain(dataset.name), REPORTING)
    return [
        f"DROP VIEW IF EXISTS {view}",
        create_view(dataset),
        *(f"COMMENT ON {what} IS {literal(comment)}" for what, comment in view_comments(dataset)),
        *(f"GRANT SELECT ON {view} TO ROLE {identifier(role)}" for role in readers(access)),
    ]
