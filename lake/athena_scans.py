"""Which columns and partitions of the curated tables a question reads, found from its text alone.

Conditions on the partition column that need no other column are tried on every partition there is; a condition that compares
it with another table's rows lets all partitions through, so what is found is never too little.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.pushdown_predicates import pushdown_predicates
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.schema import MappingSchema

from contracts import CURATED
from contracts.glue_types import hive_type
from lake.parameters import Value, literal_of
from lake.trino import TrinoError, parse, translated
from lake.trino_macros import prepare

__all__ = ["Scan", "scans_of"]


@dataclass(frozen=True)
class Scan:
    """One reading of a curated table: the columns, without the partition, which is in no file; and the partitions."""

    table: str
    columns: frozenset[str]
    days: frozenset[str]


def scans_of(
    sql: str, database: str, days: Mapping[str, Sequence[str]], parameters: Sequence[Value] = ()
) -> tuple[list[Scan], tuple[str, ...]]:
    """The readings of curated tables in a question, and the names of the tables that are not known.

    `days` are the partitions that each table has, as texts. Raises `TrinoError` for a question that cannot be read.
    """
    tree = _bound(parse(sql), parameters)
    if not isinstance(tree, exp.Query):
        return [], ()
    unknown = tuple(
        sorted(
            {
                table.name
                for table in _tables(tree)
                if table.name.lower() not in CURATED or not _is_here(table, database)
            }
        )
    )
    tables = {name: {c.name: hive_type(c) for c in table.columns} for name, table in CURATED.items()}
    schema = MappingSchema({database: tables}, dialect="trino")
    try:
        tree = qualify(tree, dialect="trino", schema=schema, db=database, validate_qualify_columns=False)
        tree = pushdown_projections(pushdown_predicates(tree, dialect="trino"))
    except OptimizeError as error:
        raise TrinoError(str(error)) from error
    found = []
    with duckdb.connect() as tester:
        prepare(tester)
        tester.execute("SET enable_external_access = false")
        for scope in traverse_scope(tree):
            for alias, source in scope.sources.items():
                if isinstance(source, exp.Table) and source.name in CURATED and source.text("db") == database:
                    found.append(_scan(scope, alias, source.name, days.get(source.name, ()), tester))
    return found, unknown


def _tables(tree: exp.Expr) -> list[exp.Table]:
    """The tables that are none of the question's own."""
    return [
        source for scope in traverse_scope(tree) for source in scope.sources.values() if isinstance(source, exp.Table)
    ]


def _is_here(table: exp.Table, database: str) -> bool:
    return table.text("db").lower() in ("", database)


def _bound(tree: exp.Expr, parameters: Sequence[Value]) -> exp.Expr:
    holes = list(tree.find_all(exp.Parameter))
    if len(holes) != len(parameters):
        raise TrinoError(
            f"the question has {len(holes)} ? and {len(parameters)} values were given; give one for each, in order"
        )
    for hole in holes:
        hole.replace(exp.paren(exp.maybe_parse(literal_of(parameters[int(hole.this.name) - 1]), dialect="trino")))
    return tree


def _scan(scope: Scope, alias: str, table: str, days: Sequence[str], tester: duckdb.DuckDBPyConnection) -> Scan:
    partition = CURATED[table].partition
    read = {column.name for column in scope.columns if column.table == alias}
    kept = set(days)
    if partition:
        for condition in _conditions(scope, alias):
            if {(column.table, column.name) for column in condition.find_all(exp.Column)} == {(alias, partition)}:
                kept &= _passing(condition, partition, days, tester)
    return Scan(table, frozenset(read - {partition}), frozenset(kept))


def _conditions(scope: Scope, alias: str) -> list[exp.Expr]:
    """What every row of the source that matters has to pass: of WHERE, and of its own join unless that keeps all rows."""
    query = scope.expression
    where = query.args.get("where")
    found = list(_conjuncts(where.this)) if where else []
    for join in query.args.get("joins") or []:
        if join.alias_or_name == alias and join.side.upper() in ("", "LEFT") and join.args.get("on"):
            found += _conjuncts(join.args["on"])
    return found


def _conjuncts(condition: exp.Expr) -> list[exp.Expr]:
    plain = condition.unnest()
    return list(plain.flatten()) if isinstance(plain, exp.And) else [plain]


def _passing(condition: exp.Expr, partition: str, days: Sequence[str], tester: duckdb.DuckDBPyConnection) -> set[str]:
    """The partitions for which the condition is true; all of them where it also is for a row that is not there."""
    plain = condition.copy()
    for column in plain.find_all(exp.Column):
        column.set("table", None)
    asked = exp.select(exp.column(partition)).from_("partitions").where(translated(plain))
    try:
        tester.execute(
            "CREATE OR REPLACE TEMP TABLE partitions AS SELECT CAST(unnest(?) AS DATE) AS date", [[*days, None]]
        )
        passed = {row[0] for row in tester.execute(asked.sql("duckdb")).fetchall()}
    except duckdb.Error:
        return set(days)  # Athena will say what is wrong with it
    return set(days) if None in passed else {day.isoformat() for day in passed}
