"""Statements in Redshift's SQL that read and write rows, put into DuckDB's words.

As with Athena (`trino.py`), what means something else in DuckDB is rewritten by the types of its operands: quotients of decimals
have Redshift's digits, integers are cut, means of integers are integers. Definitions of tables are in `redshift_tables.py`.
"""

from collections.abc import Callable, Iterator
from functools import partial

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError, ParseError, TokenError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.qualify_tables import qualify_tables
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

from local_aws.sql.arithmetic import NotSupportedError
from local_aws.sql.inference import TypeMismatchError, annotated
from local_aws.sql.redshift_rights import Need
from local_aws.sql.rewriting import Placed, Rewrites, averaged, call, divided, multiplied, remaining, rewrite, summed
from local_aws.sql.types import REDSHIFT, cast, is_integer
from local_aws.sql.vocabulary import KNOWN, REDSHIFT_ANONYMOUS, REDSHIFT_KNOWN

__all__ = ["TEMPORARY", "Columns", "RedshiftError", "needs_of", "parse", "query_sql", "resolve", "row_sql", "to_duckdb"]

TEMPORARY = "pg_temp"
"""The schema of a session's own tables."""

Columns = Callable[[str, str], dict[str, exp.DataType] | None]
"""Schema and table -> its columns; None where there is no such table. The schema is empty for a name without one."""


class RedshiftError(ValueError):
    """A statement that Redshift would not do; the text is its error."""


def parse(text: str) -> exp.Expr:
    """The one statement of a text. Raises `RedshiftError` for none and for several, of which the Data API takes one at a time."""
    try:
        found = [tree for tree in sqlglot.parse(text, read="redshift") if tree is not None]
    except (ParseError, TokenError) as error:
        raise RedshiftError(f"ERROR: syntax error: {str(error).splitlines()[0]}") from error
    if len(found) != 1:
        raise RedshiftError("ERROR: cannot insert multiple commands into a prepared statement")
    return found[0]


def resolve(tree: exp.Expr, columns: Columns) -> exp.Expr:
    """The statement with a schema for every table: a session's own tables go before those of `public`.

    Raises:
        RedshiftError: A table is not there.
    """
    for node in _tables_without_schema(tree):
        name = node.name.lower()
        home = next(
            (schema for schema in (TEMPORARY, "pg_catalog", "public") if columns(schema, name) is not None), None
        )
        if home is None:
            raise RedshiftError(f'ERROR: relation "{name}" does not exist')
        node.set("db", exp.to_identifier(home))
    for node in tree.find_all(exp.Table):
        node.set("catalog", None)
        if node.db and columns(node.db.lower(), node.name.lower()) is None:
            raise RedshiftError(f'ERROR: relation "{node.db}.{node.name}" does not exist')
    return tree


def _tables_without_schema(tree: exp.Expr) -> list[exp.Table]:
    own = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    return [node for node in tree.find_all(exp.Table) if not node.db and node.name and node.name.lower() not in own]


def query_sql(tree: exp.Expr, columns: Columns) -> tuple[str, list[tuple[str, exp.DataType]], list[Need]]:
    """A question whose tables are resolved: DuckDB's SQL, the columns of the answer, and the rights it needs.

    Raises:
        RedshiftError: A column is not there, or types do not fit.
        NotSupportedError: It uses what is not known here.
    """
    _refuse_strangers(tree)
    _name_columns(tree)
    schema = MappingSchema(dialect="redshift")
    for node in tree.find_all(exp.Table):
        if node.db:
            known = columns(node.db.lower(), node.name.lower()) or {}
            schema.add_table(f'"{node.db.lower()}"."{node.name.lower()}"', known, match_depth=False)
    try:
        tree = qualify_tables(tree, dialect="redshift")
        tree = qualify(tree, dialect="redshift", schema=schema, identify=True)
        tree = annotated(tree, schema, REDSHIFT)
    except TypeMismatchError as error:
        raise RedshiftError(f"ERROR: operator does not exist: {error}") from error
    except OptimizeError as error:
        raise RedshiftError(f"ERROR: {str(error).splitlines()[0]}") from error
    needs = list(_reads(tree))
    selects = tree.selects if isinstance(tree, exp.Query) else []
    told = [(select.alias_or_name, select.unalias().type or exp.DType.UNKNOWN.into_expr()) for select in selects]
    rewrite(tree, _REWRITES)
    to_duckdb(tree)
    return tree.sql("duckdb"), told, needs


def _name_columns(tree: exp.Expr) -> None:
    """What has no name is called after its function, or `?column?`."""
    for place in list(tree.expressions) if isinstance(tree, exp.Select) else []:
        if not isinstance(place, exp.Alias | exp.Column | exp.Star):
            name = (
                place.sql_name().lower()
                if isinstance(place, exp.Func) and not isinstance(place, exp.Cast)
                else "?column?"
            )
            place.replace(exp.alias_(place.copy(), name, quoted=True))


def row_sql(tree: exp.Expr, columns: Columns) -> tuple[str, list[Need]]:
    """An INSERT, UPDATE, DELETE or MERGE whose tables are resolved: DuckDB's SQL, and the rights it needs.

    Only the question of an INSERT may compute quotients and means: elsewhere the types that decide them are not known.
    """
    needs = list(needs_of(tree))
    if isinstance(tree, exp.Insert) and isinstance(tree.expression, exp.Query):
        sql, _, read = query_sql(tree.expression, columns)
        target = tree.copy()
        to_duckdb(target)
        place = target.this.sql("duckdb")
        return f"INSERT INTO {place} {sql}", [*needs, *read]
    _refuse_strangers(tree)
    for node in tree.find_all(exp.Div, exp.Avg, exp.Mod):
        raise NotSupportedError(
            f"{node.sql('redshift')} in {tree.key.upper()} is not answered here; stage it by INSERT ... SELECT"
        )
    to_duckdb(tree)
    return tree.sql("duckdb"), needs


def needs_of(tree: exp.Expr) -> Iterator[Need]:
    """The rights that a change of rows needs on its target and on the tables it reads."""
    privileges: dict[type[exp.Expr], tuple[str, ...]] = {
        exp.Insert: ("INSERT",),
        exp.Update: ("UPDATE",),
        exp.Delete: ("DELETE",),
        exp.Merge: ("SELECT", "INSERT", "UPDATE", "DELETE"),
    }
    target = tree.find(exp.Table) if isinstance(tree, exp.Delete) else tree.this.find(exp.Table)
    if target is not None:
        for privilege in privileges[type(tree)]:
            yield from _on(target, privilege)
    read = tree.expression if isinstance(tree, exp.Insert) else tree
    for node in read.find_all(exp.Table) if read is not None and not isinstance(tree, exp.Insert) else ():
        if node is not target:
            yield from _on(node, "SELECT")


def _on(node: exp.Table, privilege: str, columns: tuple[str, ...] = ()) -> Iterator[Need]:
    schema = node.db.lower()
    if schema in {TEMPORARY, "pg_catalog", ""}:
        return
    yield Need("USAGE", schema)
    yield Need(privilege, schema, node.name.lower(), columns)


def _reads(tree: exp.Expr) -> Iterator[Need]:
    """SELECT on the columns that a question looks at."""
    for scope in traverse_scope(tree):
        for name, source in scope.sources.items():
            if isinstance(source, exp.Table):
                looked_at = {column.name for column in scope.columns if column.table == name}
                yield from _on(source, "SELECT", tuple(sorted(looked_at)))


def _refuse_strangers(tree: exp.Expr) -> None:
    for node in tree.find_all(exp.Func):
        if isinstance(node, exp.Anonymous):
            if node.name.lower() not in REDSHIFT_ANONYMOUS:
                raise NotSupportedError(f"function {node.name.lower()} is not answered by this stand-in")
        elif type(node) not in KNOWN and type(node) not in REDSHIFT_KNOWN:
            raise NotSupportedError(f"function {node.sql_name().lower()} is not answered by this stand-in")


def to_duckdb(tree: exp.Expr) -> None:
    """Points a session's own tables to where DuckDB has them, and turns what only Redshift has."""
    for node in tree.find_all(exp.Table, exp.Column):
        home = node.args.get("db")
        if home is not None and home.name.lower() in {TEMPORARY, "pg_catalog"}:
            if isinstance(node, exp.Table):
                node.set("catalog", exp.to_identifier("temp"))
                node.set("db", exp.to_identifier("main"))
            else:
                node.set("db", None)


def _averaged(node: exp.Expr) -> Placed:
    """The mean of integers is cut to an integer."""
    if not node.is_type(exp.DType.BIGINT):
        return averaged(node)
    outer = node
    while isinstance(outer.parent, exp.Window | exp.Filter) and outer.arg_key == "this":
        outer = outer.parent
    return outer, cast(call("trunc", outer.copy()), exp.DType.BIGINT)


def _now(node: exp.Expr) -> Placed:
    """GETDATE and SYSDATE give UTC without a zone."""
    return node, call("timezone", exp.Literal.string("UTC"), call("get_current_timestamp"))


def _cast(node: exp.Expr) -> Placed:
    """DuckDB's DECIMAL is (18, 3) where Redshift's is (18, 0), and it rounds doubles to even."""
    kind, source = node.args["to"], node.this
    if kind.is_type(exp.DType.DECIMAL) and not kind.expressions:
        kind.replace(exp.DataType.build("DECIMAL(18, 0)"))
    if is_integer(kind) and source.is_type(exp.DType.DOUBLE, exp.DType.FLOAT):
        source.replace(exp.Round(this=source.copy()))
    return node, node


_REWRITES: Rewrites = {
    exp.Div: partial(divided, REDSHIFT),
    exp.Mod: remaining,
    exp.Mul: multiplied,
    exp.Avg: _averaged,
    exp.Sum: summed,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.CurrentTimestamp: _now,
}
