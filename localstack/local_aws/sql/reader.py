"""One query of one caller over the catalog: what it may see, what it reads, and its answer.

The order is Athena's: tables and views are found, what Lake Formation hides is taken away, names and types are checked, then only
the registered partitions that the conditions leave are read, row filters included. Rows are what the query sees; the bytes
that Athena would have scanned are counted before it runs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp
from sqlglot.optimizer.qualify_tables import qualify_tables
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.schema import MappingSchema

from local_aws import lake_formation
from local_aws.identity import Caller
from local_aws.sql import trino
from local_aws.sql.arithmetic import MACROS
from local_aws.sql.catalog import CATALOG, Catalog, NotInCatalogError, Partition, Table
from local_aws.sql.scans import Files, Scan, cells, identifier, literal
from local_aws.sql.types import of_duckdb

__all__ = ["Answer", "Reader", "ScanLimitError", "connection"]

_DEEPEST_VIEW = 16


class ScanLimitError(RuntimeError):
    """The query would read more bytes than its workgroup lets it."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a query gives.

    Attributes:
        columns: Name and Trino type of every column.
        rows: The rows, as DuckDB gives them to Python.
        scanned_bytes: What Athena would have read.
    """

    columns: tuple[tuple[str, exp.DataType], ...]
    rows: list[tuple[Any, ...]]
    scanned_bytes: int


@dataclass(kw_only=True)
class Reader:
    """Runs queries of a caller.

    Attributes:
        caller: Whose rights hold.
        region: Where the catalog is.
        folder: Where files may be put while a query runs.
        scan_limit_bytes: What a query may read at most; None for as much as it likes.
        started: Is given DuckDB's connection before a query runs, so that it can be interrupted.
    """

    caller: Caller
    region: str
    folder: Path
    scan_limit_bytes: int | None = None
    started: Callable[[duckdb.DuckDBPyConnection], None] = lambda _: None
    catalog: Catalog = field(init=False)

    def __post_init__(self) -> None:
        """Opens the catalog."""
        self.catalog = Catalog(self.region)

    def answer(self, tree: exp.Expr, database: str) -> Answer:
        """The answer to a parsed query whose unqualified tables are in a database.

        Raises:
            ValueError: It is not a query that Athena would run; the text is Athena's reason.
            LookupError: A table is not there.
            PermissionError: Lake Formation shows the caller nothing of a table.
            ScanLimitError: It reads too much.
        """
        with connection() as lake:
            self.started(lake)
            tree = self.checked(tree, database)
            columns = trino.columns_of(tree)
            scanned = self._prepare(lake, tree)
            lake.execute(f"SET allowed_directories = [{literal(str(self.folder))}]")
            lake.execute("SET enable_external_access = false")
            if self.scan_limit_bytes is not None and scanned > self.scan_limit_bytes:
                raise ScanLimitError("Query cancelled! : Bytes scanned limit was exceeded")
            result = lake.execute(trino.duckdb_sql(tree))
            found = [str(entry[1]) for entry in result.description or ()]
            kinds = [_told(kind, other) for (_, kind), other in zip(columns, found, strict=True)]
            names = [name for name, _ in columns]
            return Answer(columns=tuple(zip(names, kinds, strict=True)), rows=result.fetchall(), scanned_bytes=scanned)

    def checked(self, tree: exp.Expr, database: str) -> exp.Expr:
        """The query with views replaced by what they stand for, and everything that Athena checks before it reads."""
        lake_formation.may_ask(self.caller, self.region, self.catalog.databases())
        tree = self._with_views(qualify_tables(tree, db=database, dialect="trino"), 0)
        schema = MappingSchema(dialect="trino")
        for node in _tables_in(tree):
            table = self._table(node)
            shown = self._access(table).columns
            columns = {name: kind for name, kind in table.all_columns if name in shown}
            schema.add_table(f"{identifier(table.database)}.{identifier(table.name)}", columns, match_depth=False)
        return trino.checked(tree, schema)

    def _with_views(self, tree: exp.Expr, depth: int) -> exp.Expr:
        """Views are read with the reader's own rights on the tables beneath, and need one on themselves too."""
        if depth > _DEEPEST_VIEW:
            raise ValueError("INVALID_VIEW: Statement has too many views inside of views")
        for node in _tables_in(tree):
            if node.catalog and node.catalog.lower() != CATALOG:
                raise NotInCatalogError(f"CATALOG_NOT_FOUND: Catalog '{node.catalog}' does not exist")
            node.set("catalog", None)
            table = self._table(node)
            if table.view:
                self._access(table)
                inner = qualify_tables(trino.parse(table.view.sql), db=table.view.database, dialect="trino")
                inner = self._with_views(inner, depth + 1)
                alias = exp.TableAlias(this=exp.to_identifier(node.alias_or_name, quoted=True))
                node.replace(exp.Subquery(this=inner, alias=alias))
        return tree

    def _table(self, node: exp.Table) -> Table:
        try:
            return self.catalog.table(node.db.lower(), node.name.lower())
        except NotInCatalogError as error:
            first = min(
                (part for part in node.parts if "col" in part.meta), key=lambda p: p.meta["start"], default=None
            )
            where = f"line {first.meta['line']}:{first.meta['col'] - len(first.name) + 1}: " if first else ""
            reason, _, text = str(error).partition(": ")
            raise NotInCatalogError(f"{reason}: {where}{text}") from error

    def _access(self, table: Table) -> lake_formation.Access:
        names = [name for name, _ in table.all_columns]
        keys = [name for name, _ in table.keys]
        return lake_formation.access(self.caller, self.region, table.database, table.name, names, keys)

    def _prepare(self, lake: duckdb.DuckDBPyConnection, tree: exp.Expr) -> int:
        """Makes a view in DuckDB for every place that reads a table, and points the place to it. Gives the bytes scanned."""
        files, scanned = Files(folder=self.folder), 0
        for number, (node, names, conditions) in enumerate(list(_places(tree))):
            table = self._table(node)
            partitions = _left(lake, table, self.catalog.partitions(table), conditions, node.alias_or_name)
            scanned += self._view(lake, f"scan_{number}", table, names, partitions, files)
            node.set("this", exp.to_identifier(f"scan_{number}", quoted=True))
            node.set("db", None)
        return scanned

    def _view(
        self,
        lake: duckdb.DuckDBPyConnection,
        name: str,
        table: Table,
        names: set[str],
        partitions: Sequence[Partition],
        files: Files,
    ) -> int:
        """The view of one reading: the needed columns of the rows that the caller may see."""
        rows = self._access(table).rows
        if not rows:
            needed = tuple(column for column, _ in table.all_columns if column in names)
            sql, scanned = Scan(table=table, needed=needed, partitions=tuple(partitions)).select(files)
            lake.execute(f"CREATE VIEW {identifier(name)} AS {sql}")
            return scanned
        shown = ", ".join(identifier(column) for column, _ in table.all_columns if column in names) or "1 AS one"
        meets = " OR ".join(f"({condition})" for condition in rows)
        filtered = trino.parse(f"SELECT {shown} FROM governed WHERE {meets}")  # noqa: S608 - Lake Formation's own condition
        schema = MappingSchema({"governed": dict(table.all_columns)}, dialect="trino")
        filtered = trino.checked(filtered, schema)
        needed_here = {column.name for column in filtered.find_all(exp.Column)}
        needed = tuple(column for column, _ in table.all_columns if column in needed_here)
        sql, scanned = Scan(table=table, needed=needed, partitions=tuple(partitions)).select(files)
        body = trino.duckdb_sql(filtered)
        lake.execute(f"CREATE VIEW {identifier(name)} AS WITH governed AS ({sql}) {body}")
        return scanned


def connection() -> duckdb.DuckDBPyConnection:
    """A DuckDB that computes as Athena does: in UTC, with Trino's arithmetic."""
    lake = duckdb.connect(config={"threads": 2})
    lake.execute("SET TimeZone = 'UTC'")
    lake.execute("SET python_enable_replacements = false")  # a name in a query is never a variable of this program
    for macro in MACROS:
        lake.execute(macro)
    return lake


def _tables_in(tree: exp.Expr) -> list[exp.Table]:
    """The tables of the catalog in a query; names of its own (WITH) have no database and are none."""
    return [node for node in tree.find_all(exp.Table) if node.db]


def _places(tree: exp.Expr) -> Iterator[tuple[exp.Table, set[str], list[exp.Expr]]]:
    """Every place that reads a table: the columns it needs, and the conditions that concern it alone."""
    for scope in traverse_scope(tree):
        for name, source in scope.sources.items():
            if isinstance(source, exp.Table) and source.db:
                yield (
                    source,
                    {column.name for column in scope.columns if column.table == name},
                    _conditions(scope, name),
                )


def _conditions(scope: Scope, name: str) -> list[exp.Expr]:
    """The parts of WHERE that name columns of one table only and ask nothing further."""
    where = scope.expression.args.get("where") if isinstance(scope.expression, exp.Select) else None
    if where is None:
        return []
    parts = where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    return [
        part
        for part in parts
        if not part.find(exp.Query) and {column.table for column in part.find_all(exp.Column)} == {name}
    ]


def _left(
    lake: duckdb.DuckDBPyConnection,
    table: Table,
    partitions: Sequence[Partition],
    conditions: Sequence[exp.Expr],
    alias: str,
) -> list[Partition]:
    """The partitions that conditions on partition keys leave."""
    keys = {name for name, _ in table.keys}
    usable = [part.copy() for part in conditions if {column.name for column in part.find_all(exp.Column)} <= keys]
    if not usable or not partitions:
        return list(partitions)
    rows = ", ".join(f"({number}, {cells(partition, table)})" for number, partition in enumerate(partitions))
    names = ", ".join(identifier(name) for name, _ in table.keys)
    wanted = exp.select("aws_number").where(*usable)
    question = trino.duckdb_sql(wanted).replace("SELECT aws_number", "", 1)
    source = f"(VALUES {rows}) AS {identifier(alias)}(aws_number, {names})"
    found = lake.execute(f"SELECT aws_number FROM {source}{question}")  # noqa: S608 - every name and value is quoted
    return [partitions[number] for (number,) in found.fetchall()]


def _told(kind: exp.DataType, found: str) -> exp.DataType:
    """The type as Trino has it; where it was not inferred, what DuckDB computed."""
    return of_duckdb(found) if kind.is_type(exp.DType.UNKNOWN, exp.DType.NULL) else kind
