"""One question in Trino's SQL, put into DuckDB's words without changing what it asks.

sqlglot translates the syntax; what means something else in DuckDB is rewritten here, node by node, by the types that
`inference.py` found. What Trino refuses is refused; what is not known here is refused too, with another name.
"""

import re
from functools import partial

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError, ParseError, TokenError
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema
from sqlglot.tokenizer_core import TokenType

from local_aws.sql.arithmetic import NotSupportedError, tried
from local_aws.sql.inference import TypeMismatchError, annotated
from local_aws.sql.rewriting import (
    Placed,
    Rewrites,
    as_typed,
    averaged,
    call,
    divided,
    known,
    multiplied,
    remaining,
    rewrite,
    summed,
)
from local_aws.sql.types import TRINO, cast, common, is_integer
from local_aws.sql.vocabulary import ANONYMOUS, KNOWN

__all__ = ["SyntaxRefusedError", "checked", "columns_of", "duckdb_sql", "parse"]

_UNRESOLVED = re.compile(
    r"(?:Column '|Unknown column: )\"?([^'\"\n]*?)\"?(?:' could not be resolved|$)(?:.*Line: (\d+), Col: (\d+))?",
    re.DOTALL,
)
_NOT_TRINO = {TokenType.DCOLON: "::", TokenType.QUALIFY: "QUALIFY", TokenType.ILIKE: "ILIKE"}


class SyntaxRefusedError(ValueError):
    """A statement that Athena would not take; the text is the reason as Athena gives it."""


def parse(text: str) -> exp.Expr:
    """The one statement of a text, as Trino reads it.

    Raises:
        SyntaxRefusedError: It is none, or more than one, or in words of another engine.
    """
    try:
        tokens = sqlglot.tokenize(text, read="trino")
        found = [tree for tree in sqlglot.parse(text, read="trino") if tree is not None]
    except (ParseError, TokenError) as error:
        raise SyntaxRefusedError(f"SYNTAX_ERROR: {_where(error)}") from error
    for token in tokens:
        if token.token_type in _NOT_TRINO:
            raise SyntaxRefusedError(
                f"SYNTAX_ERROR: line {token.line}:{token.col - len(token.text) + 1}: mismatched input '{token.text}'"
            )
    if len(found) != 1:
        raise SyntaxRefusedError(f"Only one sql statement is allowed. Got: {len(found)}")
    return found[0]


def checked(tree: exp.Expr, schema: MappingSchema, *, may_call: frozenset[str] = frozenset()) -> exp.Expr:
    """A parsed query with every column named in full and every expression typed: what Athena's analysis lets through.

    Args:
        tree: A SELECT, a set operation or VALUES, whose tables say their database. It is changed.
        schema: The tables with the columns that the caller may see.
        may_call: Functions that are no functions of Trino and may stand in it all the same.

    Raises:
        SyntaxRefusedError: A column is not there, or types do not fit.
        NotSupportedError: It uses what is not known here.
    """
    _refuse_strangers(tree, may_call)
    _name_columns(tree)
    try:
        tree = qualify(tree, dialect="trino", schema=schema, expand_alias_refs=False, identify=True)
        return annotated(tree, schema, TRINO)
    except TypeMismatchError as error:
        raise SyntaxRefusedError(f"TYPE_MISMATCH: {error}") from error
    except OptimizeError as error:
        raise SyntaxRefusedError(_not_found(str(error))) from error


def duckdb_sql(tree: exp.Expr) -> str:
    """A checked query in DuckDB's words. The tree is changed.

    Raises:
        NotSupportedError: What an expression means depends on types that are not known here.
    """
    rewrite(tree, _REWRITES)
    return tree.sql("duckdb")


def columns_of(tree: exp.Expr) -> list[tuple[str, exp.DataType]]:
    """Name and Trino type of every column of a checked query; UNKNOWN where only DuckDB knows it."""
    if isinstance(tree, exp.Subquery):
        return columns_of(tree.this)
    if isinstance(tree, exp.SetOperation):
        left, right = columns_of(tree.left), columns_of(tree.right)
        return [(name, common(kind, other)) for (name, kind), (_, other) in zip(left, right, strict=True)]
    selects = tree.selects if isinstance(tree, exp.Query) else []
    return [(select.alias_or_name, known(select.unalias())) for select in selects]


def _where(error: Exception) -> str:
    details = getattr(error, "errors", None)
    if details and details[0].get("line"):
        return f"line {details[0]['line']}:{details[0]['col']}: {details[0]['description']}"
    return str(error).split("\n", maxsplit=1)[0]


def _refuse_strangers(tree: exp.Expr, may_call: frozenset[str]) -> None:
    """Functions that Trino does not have, or that are not answered here with Trino's meaning."""
    for node in tree.find_all(exp.Func):
        if isinstance(node, exp.Anonymous):
            name = node.name.lower()
            if name not in ANONYMOUS and name not in may_call:
                raise NotSupportedError(
                    f"function {name} is not answered here: Trino has no such function, or this stand-in does not know it"
                )
        elif type(node) not in KNOWN:
            raise NotSupportedError(f"function {node.sql_name().lower()} is not answered by this stand-in")
    for group in tree.find_all(exp.Group):
        if group.args.get("all"):
            raise SyntaxRefusedError("SYNTAX_ERROR: GROUP BY ALL is not known to Athena")


def _name_columns(tree: exp.Expr) -> None:
    """What has no name is called _col0, _col1 … as Athena calls it, by its place."""
    for select in tree.find_all(exp.Select):
        for place, shown in enumerate(select.expressions):
            if not isinstance(shown, exp.Alias | exp.Column | exp.Star | exp.Dot | exp.Aliases):
                shown.replace(exp.alias_(shown.copy(), f"_col{place}", quoted=True))


def _not_found(text: str) -> str:
    found = _UNRESOLVED.match(text)
    if not found:
        return f"SYNTAX_ERROR: {text.splitlines()[0]}"
    where = f"line {found[2]}:{int(found[3]) - len(found[1]) + 1}: " if found[2] else ""
    return (
        f"COLUMN_NOT_FOUND: {where}Column '{found[1]}' cannot be resolved or requester is not authorized to access "
        "requested resources"
    )


def _cast(node: exp.Expr) -> Placed:
    """DuckDB's DECIMAL is (18, 3) where Trino's is (38, 0); it rounds doubles to even, and keeps texts that are too long."""
    kind, source = node.args["to"], node.this
    if kind.is_type(exp.DType.DECIMAL) and not kind.expressions:
        kind.replace(exp.DataType.build("DECIMAL(38, 0)"))
    if is_integer(kind) and source.is_type(exp.DType.DOUBLE, exp.DType.FLOAT):
        source.replace(exp.Round(this=source.copy()))
    if kind.is_type(*exp.DataType.TEXT_TYPES):
        return node, _cast_to_text(node, kind)
    return node, node


def _cast_to_text(node: exp.Expr, kind: exp.DataType) -> exp.Expr:
    source = node.this
    if source.is_type(exp.DType.DOUBLE, exp.DType.FLOAT):
        raise NotSupportedError("the text of a double is not answered here; cast it to a decimal first")
    if source.is_type(exp.DType.TIMESTAMP):
        return call("strftime", source.copy(), exp.Literal.string("%Y-%m-%d %H:%M:%S.%g"))
    if kind.expressions:
        return call("left", cast(source.copy(), exp.DType.VARCHAR), kind.expressions[0].this.copy())
    return node


def _date_diff(node: exp.Expr) -> Placed:
    """Trino counts whole units between two instants, DuckDB's function of that name the boundaries crossed."""
    unit = exp.Literal.string(node.text("unit").lower())
    return node, call("date_sub", unit, node.expression.copy(), node.this.copy())


def _quantile(node: exp.Expr) -> Placed:
    if node.args.get("weight") or node.args.get("accuracy"):
        raise NotSupportedError("approx_percentile is answered here with a value and a percentage only")
    return node, call("quantile_disc", node.this.copy(), node.args["quantile"].copy())


def _distinct(node: exp.Expr) -> Placed:
    return node, exp.Count(this=exp.Distinct(expressions=[node.this.copy()]))


def _try(node: exp.Expr) -> Placed:
    return node, tried(node)


def _renamed(node: exp.Expr) -> Placed:
    name = ANONYMOUS.get(node.name.lower())
    return node, call(name, *(part.copy() for part in node.expressions)) if name else node


_REWRITES: Rewrites = {
    exp.Div: partial(divided, TRINO),
    exp.Mod: remaining,
    exp.Avg: averaged,
    exp.Mul: multiplied,
    exp.Sum: summed,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Try: _try,
    exp.DateDiff: _date_diff,
    exp.ApproxQuantile: _quantile,
    exp.ApproxDistinct: _distinct,
    exp.Anonymous: _renamed,
    **dict.fromkeys((exp.Round, exp.Ceil, exp.Floor, exp.Trunc, exp.Add, exp.Sub, exp.DateAdd), as_typed),
    **dict.fromkeys((exp.DateTrunc, exp.TimestampTrunc, exp.LastDay), as_typed),
}
