"""The type of every expression of a statement, decimals with their digits, as Trino or Redshift type it.

sqlglot infers most of it; what it does not do is here: digits of decimals through arithmetic, sums and means, decimal
literals, and the refusal of operands that the engine would refuse. An expression whose type is not known stays UNKNOWN,
and whoever needs it says so rather than guess.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.annotate_types import TypeAnnotator
from sqlglot.schema import MappingSchema

from local_aws.sql.types import (
    MOST_DIGITS,
    Digits,
    Engine,
    common,
    decimal,
    digits,
    family,
    is_decimal,
    is_integer,
)

__all__ = ["TypeMismatchError", "annotated"]

_LARGEST_INT = 2**31 - 1
_DOUBLES = {exp.DType.FLOAT, exp.DType.DOUBLE}


class TypeMismatchError(ValueError):
    """Operands that the engine does not bring together: there is no cast between them that it makes by itself."""


def annotated(tree: exp.Expr, schema: MappingSchema, engine: Engine) -> exp.Expr:
    """The same tree, every expression of it with its type.

    Args:
        tree: A statement whose columns name their tables (sqlglot's `qualify`).
        schema: The types of the tables' columns.
        engine: Whose rules hold.

    Raises:
        TypeMismatchError: An operator or comparison has operands that the engine refuses.
    """
    return _Annotator(schema, engine).annotate(tree)


class _Annotator(TypeAnnotator):
    """sqlglot's annotator with the rules of one engine."""

    def __init__(self, schema: MappingSchema, engine: Engine) -> None:
        metadata = dict(schema.dialect.EXPRESSION_METADATA)
        metadata.update({kind: {"annotator": annotator} for annotator, kinds in _ANNOTATORS.items() for kind in kinds})
        metadata.update({kind: {"returns": exp.DType.BIGINT} for kind in _COUNTS})
        metadata.update({kind: {"returns": exp.DType.TIMESTAMPTZ} for kind in _INSTANTS})
        super().__init__(schema, expression_metadata=metadata)
        self.engine = engine

    def _maybe_coerce(
        self, type1: exp.DataType | exp.DType, type2: exp.DataType | exp.DType
    ) -> exp.DataType | exp.DType:
        """What a column of a union is: sqlglot keeps the first decimal's digits, an engine takes room for both."""
        return common(_built(type1), _built(type2))


def _built(kind: exp.DataType | exp.DType) -> exp.DataType:
    return kind if isinstance(kind, exp.DataType) else kind.into_expr()


def _type(node: Any) -> exp.DataType:  # noqa: ANN401 - an argument of a node, which may be missing
    return node.type if isinstance(node, exp.Expr) and node.type is not None else exp.DType.UNKNOWN.into_expr()


def _arithmetic(self: _Annotator, node: exp.Binary) -> exp.Expr:
    left, right = _type(node.left), _type(node.right)
    if {family(left), family(right)} & {"time", "interval"}:
        return self._set_type(node, _moved(node, left, right))
    if None not in (family(left), family(right)) and {family(left), family(right)} != {"number"}:
        raise TypeMismatchError(f"Cannot apply operator: {_named(left)} {_sign(node)} {_named(right)}")
    if left.this in _DOUBLES or right.this in _DOUBLES:
        known = None not in (family(left), family(right))
        return self._set_type(node, exp.DType.DOUBLE if known else exp.DType.UNKNOWN)
    if is_decimal(left) or is_decimal(right):
        one, two = digits(left), digits(right)
        return self._set_type(node, decimal(*_grown(self.engine, node, one, two)) if one and two else None)
    if is_integer(left) and is_integer(right):
        return self._set_type(node, common(left, right))
    return self._set_type(node, None)


def _sign(node: exp.Binary) -> str:
    signs = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%", exp.IntDiv: "/"}
    return signs[type(node)]


def _named(kind: exp.DataType) -> str:
    text = kind.sql("trino").lower()
    return "integer" if text == "int" else text


def _moved(node: exp.Binary, left: exp.DataType, right: exp.DataType) -> exp.DataType | None:
    """What a day or an instant is after an interval: a day stays one, as Trino has it, unless hours are added to it."""
    if family(left) == family(right) == "time":
        return exp.DType.INTERVAL.into_expr() if isinstance(node, exp.Sub) else None
    if family(left) == "time" and family(right) == "interval":
        return left
    if family(right) == "time" and family(left) == "interval":
        return right
    if {family(left), family(right)} <= {"interval", "number"}:
        return exp.DType.INTERVAL.into_expr()
    if None not in (family(left), family(right)):
        raise TypeMismatchError(f"Cannot apply operator: {_named(left)} {_sign(node)} {_named(right)}")
    return None


def _grown(engine: Engine, node: exp.Binary, one: Digits, two: Digits) -> Digits:
    scale = max(one[1], two[1])
    if isinstance(node, exp.Mul):
        grown = engine.multiplied(one, two)
        if grown[1] > MOST_DIGITS:
            raise TypeMismatchError(
                f"DECIMAL scale must be in range [0, precision (38)]: {grown[1]}, of decimal{one} * decimal{two}"
            )
        return grown
    if isinstance(node, exp.Div | exp.IntDiv):
        return engine.divided(one, two)
    if isinstance(node, exp.Mod):
        return min(one[0] - one[1], two[0] - two[1]) + scale, scale
    return max(one[0] - one[1], two[0] - two[1]) + scale + 1, scale


def _comparison(self: _Annotator, node: exp.Binary) -> exp.Expr:
    _comparable(self, _sign_of_comparison(node), node.left, node.right)
    return self._set_type(node, exp.DType.BOOLEAN)


def _sign_of_comparison(node: exp.Binary) -> str:
    signs = {exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="}
    return signs.get(type(node), "IS DISTINCT FROM")


def _comparable(self: _Annotator, sign: str, *nodes: exp.Expr) -> None:
    """Trino compares within a family only. Redshift reads a literal as what it is compared with."""
    kinds = [(_type(node), node) for node in nodes if family(_type(node))]
    for (left, one), (right, two) in pairwise(kinds):
        literal = one.is_string or two.is_string
        if family(left) != family(right) and not (self.engine.name == "redshift" and literal):
            raise TypeMismatchError(f"Cannot apply operator: {_named(left)} {sign} {_named(right)}")


def _in(self: _Annotator, node: exp.In) -> exp.Expr:
    for option in node.expressions:
        _comparable(self, "IN", node.this, option)
    return self._set_type(node, exp.DType.BOOLEAN)


def _between(self: _Annotator, node: exp.Between) -> exp.Expr:
    _comparable(self, "BETWEEN", node.this, node.args["low"])
    _comparable(self, "BETWEEN", node.this, node.args["high"])
    return self._set_type(node, exp.DType.BOOLEAN)


def _literal(self: _Annotator, node: exp.Literal) -> exp.Expr:
    """A number with a point is a decimal with the digits it is written with, one with an exponent a double."""
    if node.is_string:
        return self._set_type(node, exp.DType.VARCHAR)
    text = node.this.lower()
    if "e" in text:
        return self._set_type(node, exp.DType.DOUBLE)
    whole, point, fraction = text.partition(".")
    if point:
        significant = len(whole.lstrip("0")) + len(fraction)
        return self._set_type(node, decimal(max(significant, len(fraction), 1), len(fraction)))
    return self._set_type(node, exp.DType.INT if int(whole) <= _LARGEST_INT else exp.DType.BIGINT)


def _sum(self: _Annotator, node: exp.Sum) -> exp.Expr:
    kind = _type(node.this)
    found = digits(kind)
    if is_decimal(kind) and found:
        return self._set_type(node, decimal(MOST_DIGITS, found[1]))
    if is_integer(kind):
        return self._set_type(node, exp.DType.BIGINT)
    return self._set_type(node, kind)


def _mean(self: _Annotator, node: exp.Avg) -> exp.Expr:
    kind = _type(node.this)
    if is_decimal(kind):
        return self._set_type(node, kind)
    if is_integer(kind):
        return self._set_type(node, self.engine.averaged_integer)
    return self._set_type(node, exp.DType.DOUBLE if kind.this in _DOUBLES else kind)


def _rounded(self: _Annotator, node: exp.Round) -> exp.Expr:
    kind, places = _type(node.this), node.args.get("decimals")
    found = digits(kind)
    if is_decimal(kind) and found:
        precision, scale = found
        if places is None:
            return self._set_type(node, decimal(precision - scale + min(1, scale), 0))
        return self._set_type(node, decimal(precision + 1, scale))
    return self._set_type(node, kind)


def _whole(self: _Annotator, node: exp.Ceil | exp.Floor) -> exp.Expr:
    kind = _type(node.this)
    found = digits(kind)
    if is_decimal(kind) and found:
        return self._set_type(node, decimal(found[0] - found[1] + min(1, found[1]), 0))
    return self._set_type(node, kind)


def _as_first_argument(self: _Annotator, node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Distinct):
        return self._set_type(node, _type(node.expressions[0]) if node.expressions else None)
    if isinstance(node, exp.ApproxQuantile) and _type(node.args["quantile"]).is_type(exp.DType.ARRAY):
        return self._set_type(node, None)
    if isinstance(node, exp.Max | exp.Min) and node.expressions:
        return self._set_type(node, None)
    return self._set_type(node, _type(node.this))


def _case(self: _Annotator, node: exp.Case) -> exp.Expr:
    branches = [branch.args["true"] for branch in node.args["ifs"]]
    return _chosen(self, node, [*branches, node.args.get("default")])


def _if(self: _Annotator, node: exp.If) -> exp.Expr:
    return _chosen(self, node, [node.args.get("true"), node.args.get("false")])


def _any_of_all(self: _Annotator, node: exp.Func) -> exp.Expr:
    return _chosen(self, node, [node.this, *node.expressions])


def _chosen(self: _Annotator, node: exp.Expr, options: list[exp.Expr | None]) -> exp.Expr:
    """One of several values: the type they have in common. Options of two families are refused."""
    kinds = [_type(option) for option in options if option is not None]
    found = exp.DType.NULL.into_expr()
    for kind in kinds:
        if None not in (family(found), family(kind)) and family(found) != family(kind):
            raise TypeMismatchError(
                f"All branches of a {node.key.upper()} must have the same type: {_named(found)}, {_named(kind)}"
            )
        found = common(found, kind)
    return self._set_type(node, found)


_ANNOTATORS: dict[Callable[..., exp.Expr], tuple[type[exp.Expr], ...]] = {
    _arithmetic: (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.IntDiv),
    _comparison: (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ),
    _as_first_argument: (
        *(exp.Max, exp.Min, exp.AnyValue, exp.First, exp.Last, exp.FirstValue, exp.LastValue, exp.NthValue),
        *(exp.Lag, exp.Lead, exp.Abs, exp.ArgMax, exp.ArgMin, exp.Nullif, exp.Filter, exp.IgnoreNulls),
        *(exp.RespectNulls, exp.ApproxQuantile, exp.Distinct, exp.Neg, exp.Paren, exp.DateAdd, exp.DateTrunc),
        *(exp.TimestampTrunc, exp.Trunc),
    ),
    _literal: (exp.Literal,),
    _sum: (exp.Sum,),
    _mean: (exp.Avg,),
    _rounded: (exp.Round,),
    _whole: (exp.Ceil, exp.Floor),
    _case: (exp.Case,),
    _if: (exp.If,),
    _any_of_all: (exp.Coalesce, exp.Greatest, exp.Least),
    _in: (exp.In,),
    _between: (exp.Between,),
}
_COUNTS = (
    *(exp.Count, exp.CountIf, exp.ApproxDistinct, exp.DateDiff),
    *(exp.RowNumber, exp.Rank, exp.DenseRank, exp.Ntile),
)
_INSTANTS = (exp.CurrentTimestamp, exp.UnixToTime, exp.FromISO8601Timestamp, exp.AtTimeZone)
