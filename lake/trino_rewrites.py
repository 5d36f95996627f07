"""What Trino and DuckDB mean differently by the same words: one function a kind of node, listed in `REWRITES`.

Each gives the node that takes the place of its own, in DuckDB's words; what is inside it is in these words already.
"""

from collections.abc import Callable

from sqlglot import exp

__all__ = ["REWRITES", "TrinoError", "mean"]

_CATALOG = "awsdatacatalog"
_TWO = 2
_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.NullSafeEQ, exp.NullSafeNEQ)
_BY_INSTANT = (*_COMPARED, exp.TimeToUnix, exp.DateDiff)
"""What looks at the instant only, whatever the zone it is shown in."""


class TrinoError(ValueError):
    """A question that Athena would not take, or that has no equal in DuckDB. The text says which part of it, and why."""


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))


def mean(node: exp.Avg) -> None:
    """`AVG(x)` is a sum over a count, each with the window or filter that the mean has."""
    outer: exp.Expr = node
    while isinstance(outer.parent, exp.Window | exp.Filter) and outer.arg_key == "this":
        outer = outer.parent

    def instead(aggregate: type[exp.AggFunc]) -> exp.Expr:
        other = aggregate(this=node.this.copy())
        if outer is node:
            return other
        copied = inner = outer.copy()
        while isinstance(inner, exp.Window | exp.Filter):
            inner = inner.this
        inner.replace(other)
        return copied

    outer.replace(_call("trino_mean", instead(exp.Sum), instead(exp.Count), instead(exp.Min)))


def _quotient(node: exp.Expr) -> exp.Expr:
    return _call("trino_divide", node.this, node.expression)


def _product(node: exp.Expr) -> exp.Expr:
    """One factor is made wide, the simpler one, because the macro names it twice."""
    if _is_span(node.this) or _is_span(node.expression):
        return node
    simple = "this" if isinstance(node.this, exp.Column | exp.Literal) else "expression"
    node.set(simple, _call("trino_wide", node.args[simple].copy()))
    return node


def _cast(node: exp.Expr) -> exp.Expr:
    """DuckDB's plain DECIMAL is (18, 3), Trino's (38, 0); it rounds half a DOUBLE to even and keeps texts that are too long."""
    kind, source = node.args["to"], node.this
    sizes = [parameter.name for parameter in kind.expressions] if not kind.args.get("nested") else []
    if kind.is_type(exp.DType.DECIMAL) and not sizes:
        node.set("to", exp.DataType.build("DECIMAL(38, 0)"))
    elif kind.is_type(exp.DType.CHAR, exp.DType.NCHAR):
        raise TrinoError("CHAR fills up with blanks, for which DuckDB has no type; cast to VARCHAR")
    elif kind.is_type(exp.DType.VARCHAR) and sizes:
        node.set("to", exp.DataType.build("VARCHAR"))
        return _call("left", node.copy(), exp.Literal.number(sizes[0]))
    elif kind.is_type(exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ) and isinstance(source, exp.Literal):
        node.set("to", exp.DataType(this=kind.this))  # DuckDB takes the digits of `TIMESTAMP '…'` for another type
    elif kind.is_type(*exp.DataType.INTEGER_TYPES) and not source.is_string and not source.is_int:
        node.set("this", _call("trino_whole", source.copy()))
    return node


def _is_span(node: exp.Expr | None) -> bool:
    return isinstance(node, exp.Interval) or (
        isinstance(node, exp.Mul | exp.Neg | exp.Paren)
        and (_is_span(node.this) or _is_span(node.args.get("expression")))
    )


def _moved(node: exp.Expr) -> exp.Expr:
    """A day moved by a span is a day; DuckDB makes an instant of it."""
    left, right = node.this, node.expression
    if _is_span(left) == _is_span(right):
        return node
    moved, span = (right, left) if _is_span(left) else (left, right)
    return _call(
        "trino_move", moved.copy(), exp.Neg(this=exp.paren(span.copy())) if isinstance(node, exp.Sub) else span.copy()
    )


def _date_add(node: exp.Expr) -> exp.Expr:
    count = exp.cast(node.expression.copy(), exp.DType.BIGINT)
    span = exp.Mul(this=count, expression=_one(node.text("unit")))
    return _call("trino_move", node.this.copy(), span)


def _one(unit: str) -> exp.Expr:
    return exp.Interval(this=exp.Literal.string("1"), unit=exp.var(unit.upper()))


def _date_diff(node: exp.Expr) -> exp.Expr:
    """Trino counts whole units between two instants; DuckDB's function of that name counts the boundaries crossed."""
    return _call("date_sub", exp.Literal.string(node.text("unit").lower()), node.expression.copy(), node.this.copy())


def _date_trunc(node: exp.Expr) -> exp.Expr:
    return _call("trino_truncate", exp.Literal.string(node.text("unit").lower()), node.this.copy())


def _in_zone(node: exp.Expr) -> exp.Expr:
    """Trino shows an instant in a zone; DuckDB, for an instant without a zone, means the opposite by the same words."""
    if isinstance(node.parent, exp.AtTimeZone):
        return node
    instant = node.this
    while isinstance(instant, exp.AtTimeZone | exp.Paren):
        instant = instant.this
    asker = node.parent
    while isinstance(asker, exp.Paren):
        asker = asker.parent
    absolute = exp.cast(instant.copy(), exp.DType.TIMESTAMPTZ)
    if isinstance(asker, _BY_INSTANT):
        return absolute
    if isinstance(asker, exp.Add | exp.Sub | exp.DateAdd):
        raise TrinoError("a span is added to an instant in a zone; add it first, and then say AT TIME ZONE")
    return _call("timezone", node.args["zone"].copy(), absolute)


def _extract(node: exp.Expr) -> exp.Expr:
    """Null where nothing matches; DuckDB gives an empty text."""
    asked = exp.RegexpLike(this=node.this.copy(), expression=node.expression.copy())
    return exp.Case().when(asked, node.copy())


def _part(node: exp.Expr) -> exp.Expr:
    """Null where there are not so many parts; DuckDB gives an empty text."""
    parts = _call("string_split", node.this.copy(), node.args["delimiter"].copy())
    return _call("list_extract", parts, node.args["part_index"].copy())


def _table(node: exp.Expr) -> exp.Expr:
    catalog = node.args.get("catalog")
    if catalog is not None:
        if catalog.name.lower() != _CATALOG:
            raise TrinoError(f"{catalog.name} is no catalog here; the one there is is called {_CATALOG}")
        node.set("catalog", None)
    return node


def _column(node: exp.Expr) -> exp.Expr:
    node.set("catalog", None)
    return node


def _anonymous(node: exp.Expr) -> exp.Expr:
    """Functions that sqlglot leaves as they are."""
    name = node.name.lower()
    if name in _RENAMED:
        return _call(_RENAMED[name], *(argument.copy() for argument in node.expressions))
    if name == "at_timezone" and len(node.expressions) == _TWO:
        instant, zone = node.expressions
        made = exp.AtTimeZone(this=instant.copy(), zone=zone.copy())
        made.parent = node.parent
        return _in_zone(made)
    if name == "with_timezone" and len(node.expressions) == _TWO:
        local, zone = node.expressions
        return _call("timezone", zone.copy(), exp.cast(local.copy(), exp.DType.TIMESTAMP))
    return node


_RENAMED = {"every": "bool_and", "codepoint": "unicode", "is_finite": "isfinite", "is_infinite": "isinf"}

REWRITES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Div: _quotient,
    exp.Mul: _product,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Add: _moved,
    exp.Sub: _moved,
    exp.DateAdd: _date_add,
    exp.DateDiff: _date_diff,
    exp.DateTrunc: _date_trunc,
    exp.TimestampTrunc: _date_trunc,
    exp.AtTimeZone: _in_zone,
    exp.RegexpExtract: _extract,
    exp.SplitPart: _part,
    exp.Table: _table,
    exp.Column: _column,
    exp.Anonymous: _anonymous,
}
