"""How a statement whose expressions have their types is put into DuckDB's words, node by node, and what both engines need of it."""

from collections.abc import Callable, Mapping

from sqlglot import exp

from local_aws.sql import arithmetic
from local_aws.sql.types import MOST_DIGITS, Engine, cast, decimal, digits, is_decimal

__all__ = [
    "Placed",
    "Rewrites",
    "as_typed",
    "averaged",
    "call",
    "divided",
    "known",
    "multiplied",
    "outermost",
    "remaining",
    "rewrite",
    "summed",
]

Placed = tuple[exp.Expr, exp.Expr]
"""The node to be replaced, and what comes in its place: the same node where nothing has to change."""
Rewrites = Mapping[type[exp.Expr], Callable[[exp.Expr], Placed]]


def rewrite(tree: exp.Expr, rewrites: Rewrites) -> None:
    """Puts every node into DuckDB's words, what is inside it first. What takes a node's place keeps its type.

    Raises:
        NotSupportedError: What an expression means depends on types that are not known.
    """
    for node in reversed(list(tree.dfs())):
        change = rewrites.get(type(node))
        if change is None:
            continue
        place, new = change(node)
        if new is not place:
            new.type = node.type
            place.replace(new)


def known(node: exp.Expr) -> exp.DataType:
    """The type of an expression, UNKNOWN where it has none."""
    return node.type or exp.DType.UNKNOWN.into_expr()


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """A function of DuckDB by its name, which sqlglot would otherwise take for one of its own."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def outermost(node: exp.Expr) -> exp.Expr:
    """The aggregate with the window or filter around it."""
    while isinstance(node.parent, exp.Window | exp.Filter) and node.arg_key == "this":
        node = node.parent
    return node


def _within(outer: exp.Expr, node: exp.Expr, other: exp.Expr) -> exp.Expr:
    """A copy of the window or filter around an aggregate, with another aggregate in it."""
    if outer is node:
        return other
    copied = outer.copy()
    inner = copied
    while isinstance(inner, exp.Window | exp.Filter):
        inner = inner.this
    inner.replace(other)
    return copied


def divided(engine: Engine, node: exp.Expr) -> Placed:
    """A division by the engine's rules."""
    return node, arithmetic.quotient(node, engine)


def remaining(node: exp.Expr) -> Placed:
    """A remainder, which is an error where the divisor is zero."""
    return node, arithmetic.remainder(node)


def multiplied(node: exp.Expr) -> Placed:
    """A product of decimals has up to 38 digits; DuckDB keeps one of two factors of 18 digits within 18."""
    factor = digits(node.this.type)
    if not is_decimal(node.type) or factor is None:
        return node, node
    wide = cast(node.this.copy(), decimal(MOST_DIGITS, factor[1]))
    return node, cast(exp.Mul(this=wide, expression=exp.Paren(this=node.expression.copy())), known(node))


def averaged(node: exp.Expr) -> Placed:
    """A mean of decimals is one; DuckDB's is a double."""
    if not is_decimal(node.type):
        return node, node
    outer = outermost(node)
    total = _within(outer, node, exp.Sum(this=node.this.copy()))
    count = _within(outer, node, exp.Count(this=node.this.copy()))
    return outer, arithmetic.mean(node.type, total, count)


def summed(node: exp.Expr) -> Placed:
    """A sum of integers has 64 bits; DuckDB's has 128."""
    if not node.is_type(exp.DType.BIGINT):
        return node, node
    outer = outermost(node)
    return outer, cast(outer.copy(), exp.DType.BIGINT)


def as_typed(node: exp.Expr) -> Placed:
    """DuckDB rounds decimals to fewer digits and moves days to instants; the type that the engine gives is asked for."""
    if is_decimal(node.type) or node.is_type(exp.DType.DATE):
        return node, cast(node.copy(), known(node))
    return node, node
