"""Athena's statements that show what is in the catalog: SHOW, DESCRIBE, EXPLAIN. Their answers are texts in one column."""

import re
from collections.abc import Callable

from local_aws.sql import trino
from local_aws.sql.definitions import NAME, place, table_of, words
from local_aws.sql.statements import Done, Request, query, texts

__all__ = ["STATEMENTS"]

_COLUMN_WIDTH = 20


def _show_tables(request: Request, found: re.Match[str]) -> Done:
    database = (found["database"] or request.database).strip('`"').lower()
    names = request.reader.catalog.tables(database)
    pattern = (found["pattern"] or "*").replace("*", ".*").replace("|", "$|^")
    return texts("tab_name", [name for name in names if re.match(f"^{pattern}$", name)])


def _show_views(request: Request, found: re.Match[str]) -> Done:
    database = (found["database"] or request.database).strip('`"').lower()
    catalog = request.reader.catalog
    return texts("views", [name for name in catalog.tables(database) if catalog.table(database, name).view])


def _show_databases(request: Request, _found: re.Match[str]) -> Done:
    return texts("database_name", request.reader.catalog.databases())


def _show_partitions(request: Request, found: re.Match[str]) -> Done:
    table = table_of(request, found["name"])
    if not table.keys:
        raise trino.SyntaxRefusedError(f"FAILED: SemanticException Table {table.name} is not a partitioned table")
    names = [name for name, _ in table.keys]
    return texts(
        "partition",
        [
            "/".join(f"{name}={value}" for name, value in zip(names, partition.values, strict=True))
            for partition in request.reader.catalog.partitions(table)
        ],
    )


def _show_columns(request: Request, found: re.Match[str]) -> Done:
    table = table_of(request, found["name"])
    return texts("field", [f"{name:<{_COLUMN_WIDTH}}" for name, _ in table.all_columns])


def _show_create_view(request: Request, found: re.Match[str]) -> Done:
    view = table_of(request, found["name"]).view
    if view is None:
        raise trino.SyntaxRefusedError(f"SYNTAX_ERROR: {found['name']} is not a view")
    return texts("Create View", [f"CREATE VIEW {found['name']} AS", *view.sql.splitlines()])


def _describe(request: Request, found: re.Match[str]) -> Done:
    """A line a column, tabs between its name, type and comment; partition keys once more at the end, as Hive has it."""
    described = request.reader.catalog.description(*place(request, found["name"]))
    columns = described["StorageDescriptor"]["Columns"]
    keys = described.get("PartitionKeys") or []
    lines = [_described(column) for column in [*columns, *keys]]
    if keys:
        lines += [
            "\t \t ",
            "# Partition Information\t \t ",
            "# col_name            \tdata_type           \tcomment             ",
        ]
        lines += ["\t \t ", *(_described(key) for key in keys)]
    return texts("col_name", lines)


def _described(column: dict[str, str]) -> str:
    return "\t".join(f"{column.get(part) or '':<{_COLUMN_WIDTH}}" for part in ("Name", "Type", "Comment"))


def _explain(request: Request, found: re.Match[str]) -> Done:
    """Checks the question as EXPLAIN does; the plan that it shows is DuckDB's and not Trino's."""
    query(request, found["sql"])
    return texts("Query Plan", ["checked; plans are not shown here"])


STATEMENTS: tuple[tuple[re.Pattern[str], Callable[[Request, re.Match[str]], Done]], ...] = (
    (words(r"SHOW TABLES(?: (?:IN|FROM) (?P<database>[\w`\"]+))?(?: '(?P<pattern>[^']*)')?"), _show_tables),
    (words(r"SHOW VIEWS(?: (?:IN|FROM) (?P<database>[\w`\"]+))?"), _show_views),
    (words(r"SHOW (?:DATABASES|SCHEMAS)"), _show_databases),
    (words(rf"SHOW PARTITIONS {NAME}"), _show_partitions),
    (words(rf"SHOW COLUMNS (?:IN|FROM) {NAME}"), _show_columns),
    (words(rf"SHOW CREATE VIEW {NAME}"), _show_create_view),
    (words(rf"DESC(?:RIBE)? {NAME}"), _describe),
    (words(r"EXPLAIN (?P<sql>(?:SELECT|WITH|VALUES).*)"), _explain),
)
"""A statement's whole text -> what does it."""
